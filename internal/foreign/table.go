package foreign

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/extract"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/text"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// table reads a text table: examples with their labels, or questions with answers.
func (r *reader) table(name string, data []byte) {
	words, guessed, err := extract.Text(data)
	if err != nil {
		r.unread(name, FormatUnknown, fault.Wrap(fault.Invalid, err, "%s: %s", name, err))
		return
	}
	t := labels{reader: r, report: File{Name: name, Format: FormatLabels}}
	if !t.open(words) {
		r.questions(name, data)
		return
	}
	if guessed {
		t.note(0, "read as Windows-1252; save it as UTF-8 if letters look wrong")
	}
	t.rest()
	r.report(t.report)
}

// questions reads a table of questions and answers as `frontdesk ingest` does.
func (r *reader) questions(name string, data []byte) {
	x := extract.Bytes(extract.Limits{}, name, data)
	if x.Code != knowledge.CodeOK {
		message := x.Message
		if x.Code == knowledge.CodeMissingColumn {
			message += "; for examples of intents they are text and label"
		}
		r.unread(name, FormatFAQ, fault.New(fault.Invalid, "%s: %s", name, message))
		return
	}
	report := File{Name: name, Format: FormatFAQ}
	for _, p := range x.Problems {
		what := p.Message
		if p.Field != "" && p.Code != knowledge.CodeUnknownColumn {
			what = p.Field + ": " + what
		}
		if p.Skipped {
			what = "left out: " + what
		}
		report.Notes = append(report.Notes, intents.Note{File: name, Line: p.Line, What: what})
	}
	for i, d := range x.Documents {
		r.Entries = append(r.Entries, Entry{
			Question: d.Question, Paraphrases: d.Paraphrases, Answer: d.Answer, Tags: d.Tags, Language: d.Language, File: name, Line: x.Lines[i],
			Negatives: d.Negatives, URL: d.URL, Audience: d.Audience, ValidFrom: d.ValidFrom, ValidUntil: d.ValidUntil,
		})
	}
	r.report(report)
}

// labels is a table of examples while it is read.
type labels struct {
	reader      *reader
	report      File
	rows        *extract.Rows
	text, label int // columns
	width       int
	broken      int
}

// maxBroken is after how many rows that cannot be read a table is given up.
const maxBroken = 100

func (t *labels) note(line int, format string, args ...any) {
	t.report.Notes = append(t.report.Notes, intents.Note{File: t.report.Name, Line: line, What: fmt.Sprintf(format, args...)})
}

// open finds the columns of text and label by the header, or where there is none
// by what the cells look like. It reports false for another kind of table.
func (t *labels) open(words string) bool {
	for _, comma := range []rune{',', ';', '\t', '|', '，'} {
		rows := extract.NewRows(words, comma)
		cells, line, err := rows.Next()
		for err == nil && blankRow(cells) {
			cells, line, err = rows.Next()
		}
		if err != nil {
			continue
		}
		if t.header(cells) {
			t.rows, t.width = rows, len(cells)
			for i, c := range cells {
				if c = strings.TrimSpace(c); i != t.text && i != t.label && c != "" {
					t.note(line, "the column %q is not read", c)
				}
			}
			return true
		}
	}
	return t.headless(words)
}

// header recognizes the names of the two columns. A table that has answers is
// another one.
func (t *labels) header(cells []string) bool {
	t.text, t.label = -1, -1
	for i, c := range cells {
		switch columnOf(c) {
		case "text":
			if t.text < 0 {
				t.text = i
			}
		case "label":
			if t.label < 0 {
				t.label = i
			}
		case "answer":
			return false
		}
	}
	return t.text >= 0 && t.label >= 0
}

// columnOf reads a column's name in English or Chinese.
func columnOf(name string) string {
	name = strings.NewReplacer(" ", "", "_", "", "-", "").Replace(text.Fold(strings.TrimSpace(name)))
	switch name {
	case "text", "utterance", "utterances", "query", "message", "example", "sentence", "phrase", "question", "userinput", "userutterance", "input",
		"文本", "语句", "例句", "问句", "问题", "用户说", "用户问法", "问法", "语料":
		return "text"
	case "label", "intent", "intents", "intentname", "class", "category", "target", "标签", "意图", "意图名称", "类别", "分类":
		return "label"
	case "answer", "answers", "reply", "response", "答案", "回答", "答复", "回复":
		return "answer"
	}
	return ""
}

// headless takes a table of two columns without a header for examples when the
// second one looks like labels: names without spaces, each of them several times.
func (t *labels) headless(words string) bool {
	for _, comma := range []rune{',', '\t', ';', '|'} {
		rows := extract.NewRows(words, comma)
		seen, n := map[string]bool{}, 0
		for n < 1000 {
			cells, _, err := rows.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || len(cells) != 2 || intents.BadName(strings.TrimSpace(cells[1])) != "" {
				n = 0
				break
			}
			seen[strings.TrimSpace(cells[1])] = true
			n++
		}
		if n >= 6 && len(seen) >= 2 && 2*len(seen) <= n {
			t.rows, t.text, t.label, t.width = extract.NewRows(words, comma), 0, 1, 2
			t.note(1, "no header row: the first column was read as the text and the second as the label; name them text and label to be sure")
			return true
		}
	}
	return false
}

func blankRow(cells []string) bool { return strings.TrimSpace(strings.Join(cells, "")) == "" }

// rest reads the rows.
func (t *labels) rest() {
	set := &intents.Set{}
	named := map[string]string{} // label as written → name
	used := map[string]bool{}
	for {
		cells, line, err := t.rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.note(line, "left out: a quote is out of place: a text with quotes in it stands between quotes, with each of its own written twice")
			if t.broken++; t.broken > maxBroken {
				t.note(line, "more than %d rows cannot be read; what comes after this line was not looked at", maxBroken)
				break
			}
			continue
		}
		if blankRow(cells) {
			continue
		}
		if len(cells) > t.width && !blankRow(cells[t.width:]) {
			t.note(line, "left out: has %d cells where the first row has %d: text with a comma in it needs quotes around it", len(cells), t.width)
			continue
		}
		if len(cells) <= max(t.text, t.label) || strings.TrimSpace(cells[t.label]) == "" {
			t.note(line, "left out: has no label")
			continue
		}
		label := strings.TrimSpace(cells[t.label])
		name, ok := named[label]
		if !ok {
			if name = tidyName(label, used); name != label {
				t.note(line, "intent %q is called %s here", cut(label), name)
			}
			named[label] = name
			set.Intents = append(set.Intents, intents.Intent{Name: name})
		}
		s := strings.TrimSpace(cells[t.text])
		set.Examples = append(set.Examples, intents.Example{Intent: name, Text: s, Language: text.Language(s), File: t.report.Name, Line: line})
	}
	t.reader.Set.Merge(*set)
}
