package bottest

import (
	"context"
	"sort"
	"strconv"
	"strings"
	"unicode"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Library finds entries and pages by the share of the question's words that
// they have; that share is the confidence.
type Library struct {
	Documents []Document
	Err       error // when not nil, returned instead
}

// Document is an entry, or a page when it has no question.
type Document struct {
	Question string
	Answer   string
	Title    string
	Heading  string
	Text     string
}

var _ bot.Retriever = (*Library)(nil)

// Search implements bot.Retriever.
func (l *Library) Search(ctx context.Context, q knowledge.Query) (knowledge.Result, error) {
	if l.Err != nil {
		return knowledge.Result{}, l.Err
	}
	wanted := words(q.Text)
	var out []knowledge.Candidate
	for i, d := range l.Documents {
		c := knowledge.Candidate{
			Document: knowledge.DocumentID("doc" + strconv.Itoa(i+1)), Path: "help.csv#" + strconv.Itoa(i+1),
			Kind: knowledge.KindEntry, Title: d.Question, Matched: d.Question, Passage: d.Answer, Curated: true, Version: 1,
		}
		if d.Question == "" {
			c.Kind, c.Title, c.Passage, c.Curated, c.Matched = knowledge.KindPage, d.Title, d.Text, false, ""
			c.Path = "pages/" + strings.ToLower(strings.ReplaceAll(d.Title, " ", "-")) + ".md"
			if d.Heading != "" {
				c.Heading = []string{d.Heading}
			}
		}
		c.Language = language(c.Title)
		have := words(d.Question + " " + d.Title + " " + d.Heading + " " + d.Text)
		hits := 0
		for w := range wanted {
			if have[w] {
				hits++
			}
		}
		if hits == 0 {
			continue
		}
		c.Confidence = .95 * float64(hits) / float64(len(wanted))
		c.Score, c.Evidence.Coverage = c.Confidence, c.Confidence
		out = append(out, c)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Confidence > out[j].Confidence })
	limit := q.Limit
	if limit == 0 {
		limit = 8
	}
	return knowledge.Result{Candidates: out[:min(limit, len(out))], Vector: q.Vector}, ctx.Err()
}

// words are the longer English words of s, without a plural's s, and the pairs
// of its Han characters.
func words(s string) map[string]bool {
	out := map[string]bool{}
	var han []rune
	flush := func() {
		for i := 0; i+1 < len(han); i++ {
			if p := string(han[i : i+2]); !strings.ContainsAny(p, "吗呢的了我你您怎么什多少请问要可以几") {
				out[p] = true
			}
		}
		han = han[:0]
	}
	for _, field := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		latin := ""
		for _, r := range field {
			if unicode.Is(unicode.Han, r) {
				han = append(han, r)
			} else {
				latin += string(r)
			}
		}
		flush()
		switch latin {
		case "what", "how", "does", "your", "with", "have", "that", "this", "when", "much", "long", "about", "should", "know", "there", "which", "where":
			continue
		}
		if latin = strings.TrimSuffix(latin, "s"); len(latin) > 3 {
			out[latin] = true
		}
	}
	return out
}
