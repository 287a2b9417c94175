package knowledge

import (
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Limits of what a document may hold, generous beyond what people write.
const (
	maxTitle   = 500       // characters, of a title or question
	maxAnswer  = 100_000   // bytes
	maxText    = 5_000_000 // bytes of all sections
	maxAsked   = 200       // paraphrases, negatives, and confirmed questions
	maxTags    = 50
	maxSection = 20_000 // sections of a page
)

// tidy brings a document to the form it is kept in: trimmed, no empty items, UTC
// times, an entry's title its question.
func tidy(d *Document) {
	for _, s := range []*string{&d.Title, &d.URL, &d.Audience, &d.Question, &d.Answer} {
		*s = strings.TrimSpace(strings.ToValidUTF8(*s, "\uFFFD"))
	}
	d.Tags, d.Paraphrases, d.Negatives, d.Confirmed = trimmed(d.Tags), trimmed(d.Paraphrases), trimmed(d.Negatives), trimmed(d.Confirmed)
	if d.Kind == KindEntry {
		d.Title, d.Sections = d.Question, nil
	} else {
		d.Question, d.Answer, d.Paraphrases, d.Negatives = "", "", nil, nil
	}
	d.ValidFrom, d.ValidUntil = micros(d.ValidFrom), micros(d.ValidUntil)
	var kept []Section
	for _, s := range d.Sections {
		if s.Text = strings.TrimSpace(strings.ToValidUTF8(s.Text, "\uFFFD")); s.Text != "" {
			s.Heading = trimmed(s.Heading)
			kept = append(kept, s)
		}
	}
	d.Sections = kept
}

func micros(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Microsecond)
}

// trimmed drops what is empty or there already; nil when nothing is left.
func trimmed(list []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range list {
		if s = strings.TrimSpace(strings.ToValidUTF8(s, "\uFFFD")); s != "" && !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// check returns Invalid with every field that is wrong.
func check(d *Document) error {
	f := fault.New(fault.Invalid, "the document cannot be stored as it is")
	bad := func(field, format string, args ...any) { f = f.WithField(field, fmt.Sprintf(format, args...)) }
	if d.Workspace == "" {
		bad("workspace", "is missing")
	}
	switch d.Kind {
	case KindPage:
		if d.Title == "" && len(d.Sections) == 0 {
			bad("title", "is missing, and so is any text")
		}
	case KindEntry:
		if d.Question == "" {
			bad("question", "is missing")
		}
		if d.Answer == "" {
			bad("answer", "is missing")
		}
	default:
		bad("kind", "%q is neither page nor entry", d.Kind)
	}
	switch d.Status {
	case "", StatusDraft, StatusPublished:
	default:
		bad("status", "%q is neither draft nor published", d.Status)
	}
	if n := utf8.RuneCountInString(d.Title); n > maxTitle {
		bad("title", "has %d characters; at most %d are allowed", n, maxTitle)
	}
	if len(d.Answer) > maxAnswer {
		bad("answer", "has %d bytes; at most %d are allowed: make it a page", len(d.Answer), maxAnswer)
	}
	if d.Language != "" && Language(d.Language) == "" {
		bad("language", "%q is neither en nor zh", d.Language)
	}
	if d.URL != "" && !Address(d.URL) {
		bad("url", "must begin with https://, http:// or /")
	}
	if !d.ValidFrom.IsZero() && !d.ValidUntil.IsZero() && !d.ValidFrom.Before(d.ValidUntil) {
		bad("valid_until", "must be later than valid_from")
	}
	for name, list := range map[string][]string{"paraphrases": d.Paraphrases, "negatives": d.Negatives, "confirmed": d.Confirmed} {
		if len(list) > maxAsked {
			bad(name, "has %d items; at most %d are allowed", len(list), maxAsked)
		}
		for _, q := range list {
			if utf8.RuneCountInString(q) > maxTitle {
				bad(name, "has an item of more than %d characters", maxTitle)
				break
			}
		}
	}
	if len(d.Tags) > maxTags {
		bad("tags", "has %d items; at most %d are allowed", len(d.Tags), maxTags)
	}
	size := 0
	for _, s := range d.Sections {
		size += len(s.Text)
	}
	if size > maxText || len(d.Sections) > maxSection {
		bad("sections", "is longer than 5 MB or %d sections: split the page", maxSection)
	}
	if len(f.Fields) > 0 {
		return f
	}
	return nil
}

// Address reports whether s may stand as the link to a document: an http address
// or a path on the site that shows it.
func Address(s string) bool {
	u, err := url.Parse(s)
	if err != nil || strings.ContainsAny(s, " \t\n\"<>\\") {
		return false
	}
	if u.Scheme == "" && u.Host == "" {
		return strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//")
	}
	return (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
