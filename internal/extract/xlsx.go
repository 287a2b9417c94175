package extract

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// readXLSX reads the FAQ tables of a workbook: every sheet with question and
// answer in its first row that has any cell. Other sheets are passed over with a
// warning.
func readXLSX(l Limits, b []byte) (*content, error) {
	if err := officeFile(l, b); err != nil {
		return nil, err
	}
	// One limit for both keeps big sheets in memory, where the process's own limit
	// counts them, instead of in files.
	f, err := excelize.OpenReader(bytes.NewReader(b), excelize.Options{UnzipSizeLimit: l.Archive, UnzipXMLSizeLimit: l.Archive})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c := &content{}
	var header []string // of the first sheet with cells, to explain what is missing
	tables := 0
	for _, sheet := range f.GetSheetList() {
		found, cells, err := c.sheet(l, f, sheet)
		if err != nil {
			return nil, err
		}
		if found {
			tables++
		} else if len(cells) > 0 {
			if header == nil {
				header = cells
			}
			c.warn(knowledge.CodeUnknownColumn, "", "the sheet %s has no columns question and answer and was left out", sheet)
		}
	}
	if tables == 0 && header == nil {
		return nil, refuse(knowledge.CodeEmpty, "the workbook has no cells")
	}
	if tables == 0 {
		return nil, missing(header)
	}
	return c.finish()
}

// sheet reads one sheet; found is false when it is no FAQ table.
func (c *content) sheet(l Limits, f *excelize.File, name string) (found bool, header []string, err error) {
	rows, err := f.Rows(name)
	if err != nil {
		return false, nil, err
	}
	defer rows.Close()
	// A second pass beside the first: dates are read as they are stored, since
	// what a cell shows depends on the country its author works in.
	raw, err := f.Rows(name)
	if err != nil {
		return false, nil, err
	}
	defer raw.Close()
	t := &faqTable{content: c, sheet: name}
	size := 0
	for line := 1; rows.Next() && raw.Next(); line++ {
		cells, err := rows.Columns()
		if err != nil {
			return false, nil, err
		}
		stored, err := raw.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return false, nil, err
		}
		for _, s := range cells {
			size += len(s)
		}
		if int64(size) > l.Text {
			return false, nil, refuse(knowledge.CodeTooLarge, "the workbook has more than %d MB of text; split it", l.Text/1_000_000)
		}
		if t.columns == nil {
			if strings.TrimSpace(strings.Join(cells, "")) == "" {
				continue
			}
			if !t.useHeader(cells) {
				return false, cells, nil
			}
			t.warnUnknown(line)
			continue
		}
		for i := range cells {
			if i < len(t.columns) && i < len(stored) && (t.columns[i] == fieldFrom || t.columns[i] == fieldUntil) {
				cells[i] = date(cells[i], stored[i])
			}
		}
		t.add(line, cells)
		if t.rows > l.Rows {
			return false, nil, refuse(knowledge.CodeTooMany, "the table has more than %d rows; split it", l.Rows)
		}
	}
	if err := errors.Join(rows.Error(), raw.Error()); err != nil {
		return false, nil, err
	}
	return t.columns != nil, nil, nil
}

// date writes a cell that holds a day as a number the way parseTime reads it.
func date(shown, stored string) string {
	n, err := strconv.ParseFloat(stored, 64)
	if err != nil || n < 1 || n > 200_000 {
		return shown
	}
	t, err := excelize.ExcelDateToTime(n, false)
	if err != nil {
		return shown
	}
	if t.Equal(t.Truncate(24 * time.Hour)) {
		return t.Format("2006-01-02")
	}
	return t.Round(time.Second).Format("2006-01-02 15:04:05")
}
