package extract

import (
	"errors"
	"strings"
	"unicode"

	"github.com/frontdesk-chat/frontdesk/internal/extract/pdftext"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// readPDF reads the text of a PDF with its headings, as far as sizes and weights
// of letters tell them, each section with its page.
func readPDF(l Limits, name string, b []byte) (*content, error) {
	f, err := pdftext.Open(b, l.Pages)
	switch {
	case errors.Is(err, pdftext.ErrPassword):
		return nil, refuse(knowledge.CodeEncrypted, "the PDF has a password; save it without one")
	case errors.Is(err, pdftext.ErrTooMany):
		return nil, refuse(knowledge.CodeTooMany, "the PDF has more than %d pages; split it", l.Pages)
	case err != nil:
		return nil, err
	}
	c := &content{}
	var lines []pdftext.Line
	size, unreadable := 0, 0
	for i := range f.Pages() {
		found, err := f.Lines(i)
		if err != nil {
			unreadable++
			c.warn(knowledge.CodeBroken, "", "page %d cannot be read and was left out", i+1)
			continue
		}
		for _, line := range found {
			size += len(line.Text)
		}
		if int64(size) > l.Text {
			return nil, refuse(knowledge.CodeTooLarge, "the PDF has more than %d MB of text; split it", l.Text/1_000_000)
		}
		lines = append(lines, found...)
	}
	if unreadable > 0 && unreadable == f.Pages() {
		return nil, refuse(knowledge.CodeBroken, "none of the pages can be read")
	}
	if garbled(lines) {
		return nil, refuse(knowledge.CodeEncoding, "the PDF does not say which letters its text is made of; export it again with fonts embedded as text")
	}
	lines = withoutRunning(lines, f.Pages())
	if len(lines) == 0 {
		return nil, refuse(knowledge.CodeEmpty, "the PDF has no text; a scan has to go through text recognition first")
	}
	d := knowledge.Document{Kind: knowledge.KindPage, Path: name}
	d.Sections, d.Title = layOut(lines)
	if t := ownTitle(f.Title()); t != "" {
		d.Title = t
	}
	return c, c.page(d, "")
}

// ownTitle is the title among a file's properties, "" for one that a program made up.
func ownTitle(t string) string {
	lower := strings.ToLower(t)
	if strings.Contains(lower, "microsoft word") || strings.Contains(lower, "untitled") || strings.Contains(lower, "anonymous") || strings.ContainsAny(t, "\\\uFFFD") || len([]rune(t)) < 3 || len(t) > 300 {
		return ""
	}
	for _, ending := range []string{".doc", ".docx", ".pdf", ".indd", ".tex", ".md", ".ppt", ".pptx"} {
		if strings.HasSuffix(lower, ending) {
			return ""
		}
	}
	return t
}

// garbled reports whether most of the text is letters that nobody can read, as
// when fonts say how letters look and not which they are.
func garbled(lines []pdftext.Line) bool {
	bad, all := 0, 0
	for _, l := range lines {
		for _, r := range l.Text {
			all++
			if r == unicode.ReplacementChar || unicode.Is(unicode.Co, r) || !unicode.IsPrint(r) {
				bad++
			}
		}
	}
	return bad*5 > all
}

// withoutRunning drops headers and footers: lines at the top or bottom that say
// the same, but for numbers, on half of the pages or on three, and page numbers.
func withoutRunning(lines []pdftext.Line, pages int) []pdftext.Line {
	if pages < 2 {
		return lines
	}
	key := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsDigit(r) {
				return '#'
			}
			return r
		}, s)
	}
	edge := make([]bool, len(lines))
	on := map[string]int{} // pages that have it at an edge
	for i := 0; i < len(lines); {
		end := i
		for end < len(lines) && lines[end].Page == lines[i].Page {
			end++
		}
		seen := map[string]bool{}
		for k := i; k < end; k++ {
			if edge[k] = outermost(lines[i:end], lines[k].Y); !edge[k] {
				continue
			}
			if s := key(lines[k].Text); !seen[s] {
				seen[s] = true
				on[s]++
			}
		}
		i = end
	}
	var kept []pdftext.Line
	for i, l := range lines {
		n := on[key(l.Text)]
		if edge[i] && (n >= 3 || n >= 2 && 2*n >= pages || pages > 2 && strings.Trim(l.Text, "0123456789ivxlc-–—· ") == "") {
			continue
		}
		kept = append(kept, l)
	}
	return kept
}

// outermost reports whether a line at y is among the two highest or the two
// lowest of its page.
func outermost(page []pdftext.Line, y float64) bool {
	above, below := map[float64]bool{}, map[float64]bool{}
	for _, l := range page {
		if l.Y > y {
			above[l.Y] = true
		} else if l.Y < y {
			below[l.Y] = true
		}
	}
	return len(above) < 2 || len(below) < 2
}
