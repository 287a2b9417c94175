// Package pdftext reads the lines of text on the pages of a PDF: what they say,
// where they stand and how large their letters are.
//
// It follows the operators that show text itself, over the objects that
// ledongthuc/pdf finds, as that library's own reading loses the widths of
// composite fonts and puts a letter of its own behind every string. What lines
// mean, headings and paragraphs, is for the caller to find out.
package pdftext

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/ledongthuc/pdf"
)

// Errors of Open beside those of damaged files.
var (
	ErrPassword = errors.New("the PDF has a password")
	ErrTooMany  = errors.New("the PDF has too many pages")
)

// Line is a line of text on a page.
type Line struct {
	Page int     // from 1
	Y    float64 // of its letters' feet, in points from the bottom
	Size float64 // of most of its letters, in half points
	Bold bool    // nearly all of it
	Text string
}

// File is an open PDF. It is not safe for concurrent use.
type File struct {
	reader *pdf.Reader
	pages  []pdf.Page
	fonts  map[string]*font
}

// Open reads the structure of a PDF of at most so many pages. It may change b,
// which the file then keeps.
func Open(b []byte, pages int) (*File, error) {
	b, err := mended(b)
	if err != nil {
		return nil, err
	}
	r, err := pdf.NewReader(bytes.NewReader(b), int64(len(b)))
	if errors.Is(err, pdf.ErrInvalidPassword) {
		return nil, ErrPassword
	}
	if err != nil {
		return nil, err
	}
	f := &File{reader: r, fonts: map[string]*font{}}
	f.pages, err = pagesOf(r, pages)
	return f, err
}

// mended moves a PDF to where the library looks for it: nothing before its header
// or behind its end, and a version that it knows.
func mended(b []byte) ([]byte, error) {
	start := bytes.Index(b[:min(len(b), 1024)], []byte("%PDF-"))
	end := bytes.LastIndex(b, []byte("%%EOF"))
	if start < 0 || end < start+9 {
		return nil, errors.New("no header or no end")
	}
	b = b[start : end+len("%%EOF")]
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
			return ErrTooMany
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

// Pages returns how many pages there are.
func (f *File) Pages() int { return len(f.pages) }

// Title is the title among the file's properties; "" when it has none.
func (f *File) Title() (title string) {
	defer func() {
		if recover() != nil {
			title = ""
		}
	}()
	return strings.Join(strings.Fields(f.reader.Trailer().Key("Info").Key("Title").Text()), " ")
}
