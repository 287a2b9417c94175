package knowledge

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// wholeSection is how many characters a section may have to be quoted whole. It
// is what a language model is given of a passage; longer sections are quoted by
// the chunk that was found.
const wholeSection = 1600

// passages returns what a candidate quotes for each chunk: the section it was cut
// from, because a procedure that begins at its fourth step is no answer, or the
// chunk itself where the section is long.
func passages(d Document, chunks []Chunk) []string {
	out := make([]string, len(chunks))
	at := 0 // chunks are in the order of their sections
	for i, c := range chunks {
		out[i] = c.Text
		if c.Field != FieldBody {
			continue
		}
		start, _, _ := strings.Cut(c.Text, "\n")
		for k := at; k < len(d.Sections); k++ {
			s := d.Sections[k]
			if s.Page != c.Page || !slices.Equal(s.Heading, c.Heading) || !strings.Contains(s.Text, start) {
				continue
			}
			if at = k; utf8.RuneCountInString(s.Text) <= wholeSection {
				out[i] = s.Text
			}
			break
		}
	}
	return out
}
