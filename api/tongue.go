package api

import (
	_ "embed"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// The rooms say in English what is wrong. Consoles and widgets that are read in Chinese
// get the Chinese sentence; what is in neither list stays English, which beats nothing.

//go:embed problems.zh.txt
var problemsZH string

// tongue says sentences in another language.
type tongue struct {
	whole map[string]string // without gaps
	gaps  []gapped
}

// gapped is a sentence with gaps for names and numbers.
type gapped struct {
	from *regexp.Regexp
	to   string // with {1} for the first gap
}

// verb is a gap in a sentence of the source.
var verb = regexp.MustCompile(`%[sdqv]`)

// readTongue reads sentences as the code writes them, each followed by a tab and the
// other language in the next line. Error: Internal, with the line.
func readTongue(text string) (*tongue, error) {
	t := &tongue{whole: map[string]string{}}
	from := ""
	for i, line := range strings.Split(text, "\n") {
		to, said := strings.CutPrefix(line, "\t")
		switch {
		case said && from != "" && to != "":
			t.add(from, to)
			from = ""
		case said || from != "":
			return nil, fault.New(fault.Internal, "The sentences of problems have no pair in line %d.", i+1)
		case line != "" && !strings.HasPrefix(line, "# "):
			from = line
		}
	}
	return t, nil
}

func (t *tongue) add(from, to string) {
	if !verb.MatchString(from) {
		t.whole[from] = to
		return
	}
	pattern, rest := "^", from
	for rest != "" {
		at := verb.FindStringIndex(rest)
		if at == nil {
			pattern += regexp.QuoteMeta(rest)
			break
		}
		gap := map[string]string{"%d": `(-?[\d,]+)`, "%q": `"(.*?)"`}[rest[at[0]:at[1]]]
		if gap == "" {
			gap = `(.+?)`
		}
		pattern += regexp.QuoteMeta(rest[:at[0]]) + gap
		rest = rest[at[1]:]
	}
	t.gaps = append(t.gaps, gapped{regexp.MustCompile("(?s)" + pattern + "$"), to})
}

// say returns the sentence in the other language, or as it is when it is not known.
func (t *tongue) say(text string) string {
	if to, ok := t.whole[text]; ok {
		return to
	}
	for _, g := range t.gaps {
		if m := g.from.FindStringSubmatch(text); m != nil {
			var fill []string
			for i, part := range m[1:] {
				fill = append(fill, "{"+strconv.Itoa(i+1)+"}", t.part(part))
			}
			return strings.NewReplacer(fill...).Replace(g.to)
		}
	}
	return text
}

// part says what stands in a gap, which may be a sentence itself, or a list of them.
func (t *tongue) part(text string) string {
	list := strings.Split(text, " and ")
	for i, x := range list {
		if list[i] = t.say(x); list[i] == x && len(list) > 1 {
			return t.say(text) // no list
		}
	}
	return strings.Join(list, "、")
}

// spoken returns the document with its sentences in the other language.
func (t *tongue) spoken(p Problem) Problem {
	p.Detail = t.say(p.Detail)
	p.Errors = slices.Clone(p.Errors)
	for i := range p.Errors {
		p.Errors[i].Message = t.say(p.Errors[i].Message)
	}
	return p
}

// readsChinese reports whether the first language of an Accept-Language is Chinese.
func readsChinese(accept string) bool {
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(accept)), "zh")
}
