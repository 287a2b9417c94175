package knowledge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// slug is a question as part of a path and as what duplicates are found by:
// folded letters and digits of any script, all else a hyphen. Long ones are cut
// and told apart by a hash.
func slug(question string) string {
	var b strings.Builder
	gap := false
	for _, r := range text.Fold(PlainText(question)) {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte('-')
			gap = false
		}
		b.WriteRune(r)
	}
	s := b.String()
	if s == "" { // nothing but marks: "?"
		s = "row"
	}
	if utf8.RuneCountInString(s) <= 80 {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return strings.Trim(string([]rune(s)[:60]), "-") + "-" + hex.EncodeToString(sum[:4])
}

// rows gives the rows of one table their paths and finds those that ask the same.
type rows struct {
	source string
	lines  map[string][]row // by slug and audience
}

type row struct {
	line int
	doc  *Document
}

// place sets d.Path, which stays the same when rows move. It returns the line of
// an earlier row that answers the same question to the same people, 0 for none.
func (r *rows) place(d *Document, line int) int {
	key := slug(d.Question)
	if d.Audience != "" {
		key += "@" + slug(d.Audience)
	}
	if r.lines == nil {
		r.lines = map[string][]row{}
	}
	for _, o := range r.lines[key] {
		if o.doc.Language == d.Language && overlap(o.doc, d) {
			d.Path = o.doc.Path
			return o.line
		}
	}
	r.lines[key] = append(r.lines[key], row{line, d})
	d.Path = r.source + "#" + key
	if n := len(r.lines[key]); n > 1 {
		d.Path += fmt.Sprintf("-%d", n)
	}
	return 0
}

// overlap reports whether there is a time at which both are valid.
func overlap(a, b *Document) bool {
	before := func(x, y *Document) bool { // x ends before y begins
		return !x.ValidUntil.IsZero() && !y.ValidFrom.IsZero() && !x.ValidUntil.After(y.ValidFrom)
	}
	return !before(a, b) && !before(b, a)
}

// questions knows which sources of a workspace answer which question.
type questions struct {
	from map[string]map[string]string // slug, language and audience → source → path
}

func (q *questions) load(ctx context.Context, store Store, ws id.Workspace) error {
	if q.from != nil {
		return nil
	}
	heads, err := store.Heads(ctx, ws, "")
	if err != nil {
		return err
	}
	q.from = map[string]map[string]string{}
	for _, h := range heads {
		if h.Kind == KindEntry {
			q.add(&Document{Question: h.Question, Language: h.Language, Audience: h.Audience, Source: h.Source, Path: h.Path})
		}
	}
	return nil
}

func questionKey(d *Document) string {
	return slug(d.Question) + "\x00" + d.Language + "\x00" + d.Audience
}

func (q *questions) add(d *Document) {
	k := questionKey(d)
	if q.from[k] == nil {
		q.from[k] = map[string]string{}
	}
	q.from[k][d.Source] = d.Path
}

// elsewhere returns the path of an entry of another source that answers the same
// question, the first by name; "" for none.
func (q *questions) elsewhere(d *Document) string {
	first := ""
	for source, path := range q.from[questionKey(d)] {
		if source != d.Source && (first == "" || path < first) {
			first = path
		}
	}
	return first
}

// QuestionKey is the same for questions that an import takes for one: letters and
// digits decide, not case, marks, widths and the form of Chinese characters.
func QuestionKey(question string) string { return slug(question) }
