package extract

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// told is what a table gave, in short.
func told(c *content) (rows, problems []string) {
	for i, d := range c.docs {
		rows = append(rows, fmt.Sprintf("%d %s → %s", c.lines[i], d.Question, d.Answer))
	}
	for _, p := range c.problems {
		s := fmt.Sprintf("%d %s", p.Line, p.Code)
		if p.Skipped {
			s += " skipped"
		}
		problems = append(problems, s)
	}
	return rows, problems
}

func TestReadCSV(t *testing.T) {
	tests := map[string]struct {
		in             string
		rows, problems []string
	}{
		"plain":                 {"question,answer\nA?,a\nB?,b\n", []string{"2 A? → a", "3 B? → b"}, nil},
		"Chinese, any order":    {"答案,问题\n七天,多久能退？\n", []string{"2 多久能退？ → 七天"}, nil},
		"traditional Chinese":   {"問題,答案\n多久？,七天\n", []string{"2 多久？ → 七天"}, nil},
		"semicolons":            {"Question;Answer\nA?;a, and more\n", []string{"2 A? → a, and more"}, nil},
		"tabs":                  {"Question\tAnswer\nA?\ta\n", []string{"2 A? → a"}, nil},
		"text over lines":       {"question,answer\n\"A?\",\"one\ntwo \"\"three\"\"\"\nB?,b\n", []string{"2 A? → one\ntwo \"three\"", "4 B? → b"}, nil},
		"empty lines and cells": {"\n\nquestion,answer\n,\n\nA?,a\n", []string{"6 A? → a"}, nil},
		"unknown column":        {"question,answer,owner\nA?,a,bob\n", []string{"2 A? → a"}, []string{"1 unknown_column"}},
		"no answer":             {"question,answer\nA?,\nB?,b\n,c\n", []string{"3 B? → b"}, []string{"2 missing_value skipped", "4 missing_value skipped"}},
		"comma without quotes":  {"question,answer\nA?,a, really\nB?,b\n", []string{"3 B? → b"}, []string{"2 row skipped"}},
		"stray quote":           {"question,answer\nA?,say \"a\"\nB?,b\n", []string{"3 B? → b"}, []string{"2 row skipped"}},
		"open quote":            {"question,answer\nA?,\"a\nB?,b\nC?,c\n", []string{"3 B? → b", "4 C? → c"}, []string{"2 row skipped"}},
		"open quote met later":  {"question,answer\nA?,\"a\nB?,\"b\"\nC?,c\n", []string{"3 B? → b", "4 C? → c"}, []string{"2 row skipped"}},
		"windows line ends":     {"question,answer\r\nA?,\"a\r\nb\"\r\nB?,\"x\r\nC?,c\r\n", []string{"2 A? → a\nb", "5 C? → c"}, []string{"4 row skipped"}},
		"bad date":              {"question,answer,valid_until\nA?,a,soon\nB?,b,2026-01-01\n", []string{"3 B? → b"}, []string{"2 bad_value skipped"}},
		"bad language":          {"question,answer,language\nA?,a,fr\n", nil, []string{"2 bad_value skipped"}},
		"ends before it begins": {"question,answer,valid_from,valid_until\nA?,a,2026-02-01,2026-01-01\n", nil, []string{"2 bad_value skipped"}},
		"short rows":            {"question,answer,tags\nA?,a\n", []string{"2 A? → a"}, nil},
	}
	for name, tt := range tests {
		c, err := readCSV(Limits{}.filled(), tt.in)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		rows, problems := told(c)
		if diff := cmp.Diff(tt.rows, rows); diff != "" {
			t.Errorf("%s: rows (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(tt.problems, problems); diff != "" {
			t.Errorf("%s: problems (-want +got):\n%s", name, diff)
		}
		skipped := strings.Contains(strings.Join(tt.problems, " "), "skipped")
		if !c.table || c.unsure != skipped {
			t.Errorf("%s: table %v, unsure %v; want true, %v", name, c.table, c.unsure, skipped)
		}
	}
}

func TestReadCSVRow(t *testing.T) {
	c, err := readCSV(Limits{}.filled(), "问题,答案,相似问法,反例,语言,受众,标签,生效,失效,网址\n"+
		"怎么  退货？,在订单页申请,\"如何退货|想退货\n退货流程\",怎么换货？,中文,会员,\"售后、退货\",2026年1月1日,2026-06-30,https://shop.example/r\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []knowledge.Document{{
		Kind: knowledge.KindEntry, Question: "怎么 退货？", Answer: "在订单页申请", Paraphrases: []string{"如何退货", "想退货", "退货流程"}, Negatives: []string{"怎么换货？"},
		Language: "zh", Audience: "会员", Tags: []string{"售后", "退货"}, URL: "https://shop.example/r",
		ValidFrom: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), ValidUntil: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC),
	}}
	if diff := cmp.Diff(want, c.docs); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
}

func TestReadCSVRefuses(t *testing.T) {
	tests := map[string]struct {
		in    string
		rows  int
		code  knowledge.Code
		words string
	}{
		"no answer column": {"question,reply_to\nA?,a\n", 0, knowledge.CodeMissingColumn, "found: question, reply_to"},
		"no header":        {"How?,So.\n", 0, knowledge.CodeMissingColumn, "How?"},
		"empty":            {" \n", 0, knowledge.CodeEmpty, "empty"},
		"header only":      {"question,answer\n", 0, knowledge.CodeEmpty, "no rows"},
		"broken header":    {"question,\"answer\nA?,a\n", 0, knowledge.CodeBroken, "header"},
		"too many rows":    {"question,answer\n" + strings.Repeat("A?,a\n", 12), 10, knowledge.CodeTooMany, "10 rows"},
		"too many quotes":  {"question,answer\n" + strings.Repeat("A?,\"a\n", 201), 0, knowledge.CodeBroken, "more than 100"},
	}
	for name, tt := range tests {
		_, err := readCSV(Limits{Rows: tt.rows}.filled(), tt.in)
		x := outcome("a.csv", "a.csv", nil, err)
		if err == nil || x.Code != tt.code || !strings.Contains(x.Message, tt.words) {
			t.Errorf("%s: %q %q, want %q with %q", name, x.Code, x.Message, tt.code, tt.words)
		}
	}
}

func workbook(t testing.TB, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	fill(f)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// put fills rows from A1 down.
func put(t testing.TB, f *excelize.File, sheet string, rows ...[]any) {
	t.Helper()
	for i, r := range rows {
		if err := f.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &r); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadXLSX(t *testing.T) {
	b := workbook(t, func(f *excelize.File) {
		put(t, f, "Sheet1", []any{}, []any{"Question", "Answer", "valid until"},
			[]any{"A?", "a", time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)}, []any{"B?", 12.5}, []any{"C?"})
		if _, err := f.NewSheet("退货"); err != nil {
			t.Fatal(err)
		}
		put(t, f, "退货", []any{"问题", "答案"}, []any{"能退吗？", "能"})
		if _, err := f.NewSheet("notes"); err != nil {
			t.Fatal(err)
		}
		put(t, f, "notes", []any{"remember the milk"})
	})
	c, err := readXLSX(Limits{}.filled(), b)
	if err != nil {
		t.Fatal(err)
	}
	rows, problems := told(c)
	if diff := cmp.Diff([]string{"3 A? → a", "4 B? → 12.5", "2 能退吗？ → 能"}, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"5 missing_value skipped", "0 unknown_column"}, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if got, want := c.docs[0].ValidUntil, time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("valid until %v, want the end of the last day, %v", got, want)
	}
}

func TestReadXLSXRefuses(t *testing.T) {
	secret := excelize.NewFile()
	defer secret.Close()
	var locked bytes.Buffer
	if err := secret.Write(&locked, excelize.Options{Password: "pw"}); err != nil {
		t.Fatal(err)
	}
	whole := workbook(t, func(f *excelize.File) { put(t, f, "Sheet1", []any{"question", "answer"}, []any{"A?", "a"}) })
	tests := map[string]struct {
		in   []byte
		code knowledge.Code
	}{
		"password":  {locked.Bytes(), knowledge.CodeEncrypted},
		"cut off":   {whole[:len(whole)/2], knowledge.CodeBroken},
		"not a zip": {[]byte("question,answer"), knowledge.CodeBroken},
		"no table":  {workbook(t, func(f *excelize.File) { put(t, f, "Sheet1", []any{"x", "y"}) }), knowledge.CodeMissingColumn},
		"no cells":  {workbook(t, func(*excelize.File) {}), knowledge.CodeEmpty},
	}
	for name, tt := range tests {
		_, err := readXLSX(Limits{}.filled(), tt.in)
		if x := outcome("a.xlsx", "a.xlsx", nil, err); err == nil || x.Code != tt.code {
			t.Errorf("%s: %q (%v), want %q", name, x.Code, err, tt.code)
		}
	}
	if _, err := readXLSX(Limits{Archive: 1000}.filled(), whole); outcome("", "", nil, err).Code != knowledge.CodeZipBomb {
		t.Errorf("beyond the limit: %v, want zip_bomb", err)
	}
}

func FuzzCSV(f *testing.F) {
	f.Add("question,answer\nA?,\"a\nB?,b\n")
	f.Add("问题;答案;失效\n\"\"\"\";b;2026年1月1日\n")
	f.Add("q\ta\n\r\n\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := readCSV(Limits{Rows: 1000}.filled(), text)
		if err != nil {
			return
		}
		lines := strings.Count(text, "\n") + 1
		for i, d := range c.docs {
			if d.Question == "" || d.Answer == "" || c.lines[i] < 1 || c.lines[i] > lines {
				t.Errorf("row %d in line %d of %d: %+v", i, c.lines[i], lines, d)
			}
			if i > 0 && c.lines[i] <= c.lines[i-1] {
				t.Errorf("row %d in line %d after line %d", i, c.lines[i], c.lines[i-1])
			}
		}
	})
}
