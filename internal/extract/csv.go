package extract

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// readCSV reads an FAQ table with commas, semicolons or tabs between its cells.
func readCSV(l Limits, text string) (*content, error) {
	if strings.TrimSpace(text) == "" {
		return nil, refuse(knowledge.CodeEmpty, "the file is empty")
	}
	c := &content{}
	t := &faqTable{content: c}
	comma := delimiter(text)
	r := NewRows(text, comma)
	header, line, err := r.Next()
	for err == nil && strings.TrimSpace(strings.Join(header, "")) == "" {
		header, line, err = r.Next()
	}
	if err != nil {
		return nil, refuse(knowledge.CodeBroken, "the header row cannot be read: a quote in it is not closed")
	}
	if !t.useHeader(header) {
		return nil, missing(header)
	}
	t.warnUnknown(line)
	for broken := 0; ; {
		cells, line, err := r.Next()
		switch {
		case err == nil:
			t.add(line, cells)
		case errors.Is(err, io.EOF):
			return c.finish()
		default:
			t.skip(line, "", knowledge.CodeRow, "a quote is out of place: a text with quotes in it stands between quotes, with each of its own written twice")
			if broken++; broken > 100 {
				return nil, refuse(knowledge.CodeBroken, "more than 100 rows have quotes out of place, the last one read is in line %d", line)
			}
		}
		if t.rows > l.Rows {
			return nil, refuse(knowledge.CodeTooMany, "the table has more than %d rows; split it", l.Rows)
		}
	}
}

// delimiter returns the mark between cells by which the first line names question
// and answer; a comma when none does.
func delimiter(text string) rune {
	first, _, _ := strings.Cut(strings.TrimLeft(text, "\r\n \t"), "\n")
	for _, comma := range []rune{',', ';', '\t', '，'} {
		cells, err := newCSV(first, comma).Read()
		if err == nil && (&faqTable{content: &content{}}).useHeader(cells) {
			return comma
		}
	}
	return ','
}

func newCSV(text string, comma rune) *csv.Reader {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord = comma, -1
	return r
}

// Rows reads records with the lines they begin in, and goes on after a broken
// one: a quote that never closes costs its line, not the rest of the file.
type Rows struct {
	text  string
	comma rune
	line  int // number of the first line of text
	r     *csv.Reader
}

// NewRows reads the rows of a table, whose cells comma stands between.
func NewRows(text string, comma rune) *Rows { return &Rows{text: text, comma: comma, line: 1} }

// Next returns the next row, io.EOF after the last, and another error, with its
// line, for one that cannot be read; the rows behind it can.
func (c *Rows) Next() (cells []string, line int, err error) {
	if c.r == nil {
		c.r = newCSV(c.text, c.comma)
	}
	before := c.r.InputOffset()
	cells, err = c.r.Read()
	if err == nil {
		at, _ := c.r.FieldPos(0)
		return cells, c.line + at - 1, nil
	}
	if errors.Is(err, io.EOF) {
		return nil, 0, io.EOF
	}
	// Begin again behind the line in which the broken record starts.
	rest := c.text[before:]
	skipped := strings.TrimLeft(rest, "\r\n")
	start := c.line + strings.Count(c.text[:before], "\n") + strings.Count(rest[:len(rest)-len(skipped)], "\n")
	_, after, _ := strings.Cut(skipped, "\n")
	c.text, c.line, c.r = after, start+1, nil
	return nil, start, err
}
