package extract

import (
	"fmt"
	"slices"
	"strings"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// faqTable turns the rows of one FAQ table into entries.
type faqTable struct {
	*content
	sheet   string  // name of the sheet, "" for files without sheets
	columns []field // of each cell
	header  []string
	rows    int
}

// useHeader reads the header row. It reports false when question or answer is
// not in it.
func (t *faqTable) useHeader(cells []string) bool {
	t.header, t.columns = cells, make([]field, len(cells))
	for i, c := range cells {
		f := fieldOf(c)
		switch {
		case f == fieldTitle || f == fieldDescription || f == fieldDraft: // of pages only
			f = fieldNone
		case f != fieldNone && slices.Contains(t.columns[:i], f) && (f == fieldQuestion || f == fieldAnswer):
			f = fieldNone // the first one counts
		}
		t.columns[i] = f
	}
	return slices.Contains(t.columns, fieldQuestion) && slices.Contains(t.columns, fieldAnswer)
}

// warnUnknown says which columns are not read.
func (t *faqTable) warnUnknown(line int) {
	for i, f := range t.columns {
		if name := strings.TrimSpace(t.header[i]); f == fieldNone && name != "" {
			t.problems = append(t.problems, knowledge.Problem{Line: line, Field: name, Code: knowledge.CodeUnknownColumn, Message: t.where() + fmt.Sprintf("the column %q is not read", name)})
		}
	}
}

func (t *faqTable) where() string {
	if t.sheet == "" {
		return ""
	}
	return "sheet " + t.sheet + ": "
}

func (t *faqTable) skip(line int, field string, code knowledge.Code, format string, args ...any) {
	t.unsure = true
	t.problems = append(t.problems, knowledge.Problem{Line: line, Field: field, Code: code, Message: t.where() + fmt.Sprintf(format, args...), Skipped: true})
}

// add reads one row. Empty rows are passed over; what is wrong with a row is a
// problem of that row alone.
func (t *faqTable) add(line int, cells []string) {
	filled := 0
	for i, c := range cells {
		if strings.TrimSpace(c) != "" {
			filled = i + 1
		}
	}
	if filled == 0 {
		return
	}
	t.rows++
	if filled > len(t.columns) {
		t.skip(line, "", knowledge.CodeRow, "has %d cells where the header has %d: text with a comma in it needs quotes around it", filled, len(t.columns))
		return
	}
	d := knowledge.Document{Kind: knowledge.KindEntry}
	for i, c := range cells[:filled] {
		if c = strings.TrimSpace(c); c == "" {
			continue
		}
		if problem := t.cell(&d, t.columns[i], c); problem != "" {
			t.skip(line, t.header[i], knowledge.CodeBadValue, "%s", problem)
			return
		}
	}
	switch {
	case d.Question == "":
		t.skip(line, t.name(fieldQuestion), knowledge.CodeMissingValue, "has no question")
	case d.Answer == "":
		t.skip(line, t.name(fieldAnswer), knowledge.CodeMissingValue, "has no answer")
	case !d.ValidFrom.IsZero() && !d.ValidUntil.IsZero() && !d.ValidFrom.Before(d.ValidUntil):
		t.skip(line, t.name(fieldUntil), knowledge.CodeBadValue, "ends before it begins")
	default:
		t.docs = append(t.docs, d)
		t.lines = append(t.lines, line)
	}
}

// cell sets what a cell says; it returns what is wrong with it.
func (t *faqTable) cell(d *knowledge.Document, f field, c string) (problem string) {
	switch f {
	case fieldQuestion:
		d.Question = strings.Join(strings.Fields(c), " ")
	case fieldAnswer:
		d.Answer = strings.ReplaceAll(c, "\r\n", "\n")
	case fieldParaphrases:
		d.Paraphrases = append(d.Paraphrases, splitList(c, questionMarks)...)
	case fieldNegatives:
		d.Negatives = append(d.Negatives, splitList(c, questionMarks)...)
	case fieldTags:
		d.Tags = append(d.Tags, splitList(c, tagMarks)...)
	case fieldAudience:
		d.Audience = c
	case fieldLanguage:
		if d.Language = knowledge.Language(c); d.Language == "" {
			return fmt.Sprintf("%q is neither en nor zh", c)
		}
	case fieldURL:
		if !knowledge.Address(c) {
			return fmt.Sprintf("%q is no address: it has to begin with https:// or /", c)
		}
		d.URL = c
	case fieldFrom, fieldUntil:
		at, day, err := parseTime(c)
		if err != nil {
			return fmt.Sprintf("%q is no date; write it as 2026-12-31", c)
		}
		if f == fieldFrom {
			d.ValidFrom = at
		} else if d.ValidUntil = at; day {
			d.ValidUntil = at.AddDate(0, 0, 1) // a last day is meant to count
		}
	}
	return ""
}

// name is how the file calls a column.
func (t *faqTable) name(f field) string {
	if i := slices.Index(t.columns, f); i >= 0 {
		return strings.TrimSpace(t.header[i])
	}
	return ""
}

// finish closes a file of one or more tables.
func (c *content) finish() (*content, error) {
	c.table = true
	if len(c.docs) == 0 && len(c.problems) == 0 {
		return nil, refuse(knowledge.CodeEmpty, "the table has a header and no rows")
	}
	return c, nil
}

// missing explains a header that cannot be used.
func missing(cells []string) error {
	var found []string
	for _, c := range cells {
		if c = strings.TrimSpace(c); c != "" && len(found) < 12 {
			if r := []rune(c); len(r) > 40 {
				c = string(r[:40]) + "…"
			}
			found = append(found, c)
		}
	}
	return refuse(knowledge.CodeMissingColumn, "the first row has to name the columns, question and answer among them; found: %s", strings.Join(found, ", "))
}
