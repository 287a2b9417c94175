package extract

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/ledongthuc/pdf"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// readPDF reads the text of a PDF with its headings, as far as sizes and weights
// of letters tell them, each section with its page.
func readPDF(l Limits, name string, b []byte) (*content, error) {
	b, err := mended(b)
	if err != nil {
		return nil, err
	}
	r, err := pdf.NewReader(bytes.NewReader(b), int64(len(b)))
	switch {
	case errors.Is(err, pdf.ErrInvalidPassword):
		return nil, refuse(knowledge.CodeEncrypted, "the PDF has a password; save it without one")
	case err != nil:
		return nil, err
	}
	pages, err := pagesOf(r, l.Pages)
	if err != nil {
		return nil, err
	}
	c := &content{}
	t := &pdfText{fonts: map[string]*pdfFont{}}
	var lines []line
	size, unreadable := 0, 0
	for i, p := range pages {
		found, err := t.lines(p, i+1)
		if err != nil {
			unreadable++
			c.warn(knowledge.CodeBroken, "", "page %d cannot be read and was left out", i+1)
			continue
		}
		for _, f := range found {
			size += len(f.text)
		}
		if int64(size) > l.Text {
			return nil, refuse(knowledge.CodeTooLarge, "the PDF has more than %d MB of text; split it", l.Text/1_000_000)
		}
		lines = append(lines, found...)
	}
	if unreadable > 0 && unreadable == len(pages) {
		return nil, refuse(knowledge.CodeBroken, "none of the pages can be read")
	}
	if garbled(lines) {
		return nil, refuse(knowledge.CodeEncoding, "the PDF does not say which letters its text is made of; export it again with fonts embedded as text")
	}
	lines = withoutRunning(lines, len(pages))
	if len(lines) == 0 {
		return nil, refuse(knowledge.CodeEmpty, "the PDF has no text; a scan has to go through text recognition first")
	}
	d := knowledge.Document{Kind: knowledge.KindPage, Path: name}
	d.Sections, d.Title = layOut(lines)
	if t := infoTitle(r); t != "" {
		d.Title = t
	}
	return c, c.page(d, "")
}

// mended moves a PDF to where the reader looks for it: nothing before its header
// or behind its end, and a version that it knows.
func mended(b []byte) ([]byte, error) {
	start := bytes.Index(b[:min(len(b), 1024)], []byte("%PDF-"))
	end := bytes.LastIndex(b, []byte("%%EOF"))
	if start < 0 || end < start+9 {
		return nil, refuse(knowledge.CodeBroken, "the file is damaged or cut off, or is no PDF")
	}
	b = bytes.Clone(b[start : end+len("%%EOF")])
	copy(b, "%PDF-1.7\n")
	return b, nil
}

// pagesOf walks the page tree once; asking for page after page would walk it anew
// each time.
func pagesOf(r *pdf.Reader, limit int) (pages []pdf.Page, err error) {
	defer func() {
		if p := recover(); p != nil {
			pages, err = nil, fmt.Errorf("page tree: %v", p)
		}
	}()
	seen := 0
	var walk func(v pdf.Value, depth int) error
	walk = func(v pdf.Value, depth int) error {
		if seen++; depth > 60 || seen > 4*limit+100 || len(pages) > limit {
			return refuse(knowledge.CodeTooMany, "the PDF has more than %d pages; split it", limit)
		}
		kids := v.Key("Kids")
		if v.Key("Type").Name() == "Page" || kids.IsNull() {
			if !v.IsNull() {
				pages = append(pages, pdf.Page{V: v})
			}
			return nil
		}
		for i := range kids.Len() {
			if err := walk(kids.Index(i), depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	err = walk(r.Trailer().Key("Root").Key("Pages"), 0)
	if err == nil && len(pages) == 0 {
		err = errors.New("no pages")
	}
	return pages, err
}

// infoTitle is the title among the file's properties, unless a program made it up.
func infoTitle(r *pdf.Reader) (title string) {
	defer func() {
		if recover() != nil {
			title = ""
		}
	}()
	t := strings.Join(strings.Fields(r.Trailer().Key("Info").Key("Title").Text()), " ")
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

// line is a line of text on a page.
type line struct {
	page int
	y    float64 // of its letters' feet, from the bottom
	size float64 // of its letters
	bold bool
	text string
}

// garbled reports whether most of the text is letters that nobody can read, as
// when fonts say how letters look and not which they are.
func garbled(lines []line) bool {
	bad, all := 0, 0
	for _, l := range lines {
		for _, r := range l.text {
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
func withoutRunning(lines []line, pages int) []line {
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
		for end < len(lines) && lines[end].page == lines[i].page {
			end++
		}
		seen := map[string]bool{}
		for k := i; k < end; k++ {
			if edge[k] = outermost(lines[i:end], lines[k].y); !edge[k] {
				continue
			}
			if s := key(lines[k].text); !seen[s] {
				seen[s] = true
				on[s]++
			}
		}
		i = end
	}
	var kept []line
	for i, l := range lines {
		n := on[key(l.text)]
		if edge[i] && (n >= 3 || n >= 2 && 2*n >= pages || pages > 2 && strings.Trim(l.text, "0123456789ivxlc-–—· ") == "") {
			continue
		}
		kept = append(kept, l)
	}
	return kept
}

// outermost reports whether a line at y is among the two highest or the two
// lowest of its page.
func outermost(page []line, y float64) bool {
	above, below := map[float64]bool{}, map[float64]bool{}
	for _, l := range page {
		if l.y > y {
			above[l.y] = true
		} else if l.y < y {
			below[l.y] = true
		}
	}
	return len(above) < 2 || len(below) < 2
}
