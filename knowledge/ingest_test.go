package knowledge_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// file is a page as an extractor hands it over.
func file(name, text string) knowledge.Extracted {
	return knowledge.Extracted{Name: name, Source: name, Code: knowledge.CodeOK, Documents: []knowledge.Document{
		{Kind: knowledge.KindPage, Path: name, Title: "Title of " + name, Sections: []knowledge.Section{{Text: text}}},
	}}
}

// faq is a table; each row is "question=answer".
func faq(name string, rows ...string) knowledge.Extracted {
	x := knowledge.Extracted{Name: name, Source: name, Code: knowledge.CodeOK, Table: true}
	for i, r := range rows {
		q, a, _ := strings.Cut(r, "=")
		x.Documents = append(x.Documents, knowledge.Document{Kind: knowledge.KindEntry, Question: q, Answer: a})
		x.Lines = append(x.Lines, i+2)
	}
	return x
}

// run imports files and returns the reports in one line each.
func (b *bench) run(t testing.TB, files ...knowledge.Extracted) []string {
	t.Helper()
	out, err := b.try(t, files...)
	if err != nil {
		t.Fatalf("import: %v", err)
	}
	return out
}

func (b *bench) try(t testing.TB, files ...knowledge.Extracted) ([]string, error) {
	t.Helper()
	b.files.files = files
	var out []string
	err := b.Import(t.Context(), knowledge.Upload{Workspace: ws}, func(r knowledge.FileReport) error {
		s := fmt.Sprintf("%s %s +%d ~%d =%d -%d skipped %d", r.Name, r.Code, r.Added, r.Changed, r.Unchanged, r.Removed, r.Skipped)
		for _, p := range r.Problems {
			s += fmt.Sprintf("; %d %s", p.Line, p.Code)
		}
		out = append(out, s)
		return nil
	})
	return out, err
}

func TestImportIsIdempotent(t *testing.T) {
	b := newBench(t)
	files := []knowledge.Extracted{file("help/a.md", "one"), file("help/b.md", "two"), faq("faq.csv", "A?=a", "B?=b")}
	got := b.run(t, files...)
	want := []string{"help/a.md ok +1 ~0 =0 -0 skipped 0", "help/b.md ok +1 ~0 =0 -0 skipped 0", "faq.csv ok +2 ~0 =0 -0 skipped 0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("first time (-want +got):\n%s", diff)
	}
	if want := []string{"faq.csv#a", "faq.csv#b", "help/a.md", "help/b.md"}; !slices.Equal(b.index.paths(), want) {
		t.Errorf("indexed %q, want %q", b.index.paths(), want)
	}
	b.embedder.texts = nil
	got = b.run(t, files...)
	want = []string{"help/a.md ok +0 ~0 =1 -0 skipped 0", "help/b.md ok +0 ~0 =1 -0 skipped 0", "faq.csv ok +0 ~0 =2 -0 skipped 0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("again (-want +got):\n%s", diff)
	}
	if len(b.embedder.texts) != 0 {
		t.Errorf("unchanged files were embedded: %q", b.embedder.texts)
	}
	got = b.run(t, file("help/a.md", "one more"))
	if want := []string{"help/a.md ok +0 ~1 =0 -0 skipped 0"}; !slices.Equal(got, want) {
		t.Errorf("changed %q, want %q", got, want)
	}
	heads, err := b.store.Heads(t.Context(), ws, "help/a.md")
	if err != nil || len(heads) != 1 || heads[0].Version != 2 || heads[0].Status != knowledge.StatusPublished {
		t.Errorf("heads %+v, %v", heads, err)
	}
}

func TestTableReplacesItsOwnRows(t *testing.T) {
	b := newBench(t)
	b.run(t, faq("faq.csv", "A?=a", "B?=b", "C?=c"), faq("other.csv", "D?=d"))
	got := b.run(t, faq("faq.csv", "New?=n", "C?=changed", "A?=a"))
	if want := []string{"faq.csv ok +1 ~1 =1 -1 skipped 0; 0 removed"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if want := []string{"faq.csv#a", "faq.csv#c", "faq.csv#new", "other.csv#d"}; !slices.Equal(b.index.paths(), want) {
		t.Errorf("indexed %q, want %q", b.index.paths(), want)
	}
	unsure := faq("faq.csv", "A?=a")
	unsure.Unsure = true
	got = b.run(t, unsure)
	if want := []string{"faq.csv ok +0 ~0 =1 -0 skipped 0; 0 kept"}; !slices.Equal(got, want) {
		t.Errorf("a file that could not be read whole: %q, want %q", got, want)
	}
	got = b.run(t, knowledge.Extracted{Name: "faq.csv", Source: "faq.csv", Code: knowledge.CodeMissingColumn, Message: "no answer"})
	if want := []string{"faq.csv missing_column +0 ~0 =0 -0 skipped 0"}; !slices.Equal(got, want) || len(b.index.docs) != 4 {
		t.Errorf("a file that could not be read: %q with %d documents left, want %q with 4", got, len(b.index.docs), want)
	}
}

func TestDuplicateQuestions(t *testing.T) {
	b := newBench(t)
	x := faq("faq.csv", "Can I return it?=yes", "can i RETURN it=no", "Can I return it?=staff only", "B?=b")
	x.Documents[2].Audience = "staff"
	got := b.run(t, x, faq("old.csv", "B？=other"))
	want := []string{"faq.csv ok +3 ~0 =0 -0 skipped 1; 3 duplicate", "old.csv ok +1 ~0 =0 -0 skipped 0; 2 duplicate"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if want := []string{"faq.csv#b", "faq.csv#can-i-return-it", "faq.csv#can-i-return-it@staff", "old.csv#b"}; !slices.Equal(b.index.paths(), want) {
		t.Errorf("indexed %q, want %q", b.index.paths(), want)
	}
	for _, d := range b.index.docs {
		if d.doc.Path == "faq.csv#can-i-return-it" && d.doc.Answer != "yes" {
			t.Errorf("the later row was taken: %q", d.doc.Answer)
		}
	}
	seasons := faq("hours.csv", "Open?=long", "Open?=short")
	seasons.Documents[0].ValidUntil, seasons.Documents[1].ValidFrom = b.now, b.now
	if got, want := b.run(t, seasons), []string{"hours.csv ok +2 ~0 =0 -0 skipped 0"}; !slices.Equal(got, want) {
		t.Errorf("the same question in two seasons: %q, want %q", got, want)
	}
}

func TestImportAndEditors(t *testing.T) {
	b := newBench(t)
	b.run(t, file("a.md", "one"))
	heads, err := b.store.Heads(t.Context(), ws, "a.md")
	if err != nil {
		t.Fatal(err)
	}
	edit := aPage("Better title", "one, edited")
	edit.ID = heads[0].ID
	b.put(t, edit, 1)
	if got, want := b.run(t, file("a.md", "one")), []string{"a.md ok +0 ~0 =1 -0 skipped 0"}; !slices.Equal(got, want) {
		t.Errorf("the same file after an edit: %q, want %q", got, want)
	}
	if got := b.index.docs[edit.ID].doc; got.Title != "Better title" {
		t.Errorf("an unchanged file undid the editor's work: %+v", got)
	}
	if got, want := b.run(t, file("a.md", "two")), []string{"a.md ok +0 ~1 =0 -0 skipped 0; 0 edited"}; !slices.Equal(got, want) {
		t.Errorf("a changed file after an edit: %q, want %q", got, want)
	}
	got := b.index.docs[edit.ID].doc
	if got.Version != 3 || got.Sections[0].Text != "two" {
		t.Errorf("document = %+v, want version 3 of the file", got)
	}
	if _, err := b.SetStatus(t.Context(), ws, edit.ID, 3, knowledge.StatusDraft, "ann"); err != nil {
		t.Fatal(err)
	}
	b.run(t, file("a.md", "three"))
	if got := b.index.docs[edit.ID].doc; got.Status != knowledge.StatusDraft {
		t.Errorf("an import published a draft: %+v", got)
	}
}

func TestOneFileDoesNotStopTheOthers(t *testing.T) {
	b := newBench(t)
	bad := file("bad.md", "x")
	bad.Documents[0].URL = "javascript:alert(1)"
	broken := knowledge.Extracted{Name: "broken.pdf", Source: "broken.pdf", Code: knowledge.CodeBroken, Message: "damaged"}
	got := b.run(t, broken, bad, file("good.md", "y"), file("good.md", "z"))
	want := []string{
		"broken.pdf broken +0 ~0 =0 -0 skipped 0", "bad.md failed +0 ~0 =0 -0 skipped 0",
		"good.md ok +1 ~0 =0 -0 skipped 0", "good.md failed +0 ~0 =0 -0 skipped 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestInterruptedImportGoesOn(t *testing.T) {
	b := newBench(t)
	var files []knowledge.Extracted
	for i := range 200 {
		files = append(files, file(fmt.Sprintf("p%03d.md", i), fmt.Sprint("page ", i)))
	}
	b.embedder.fail, b.embedder.failFrom = fault.New(fault.Unavailable, "away"), 150
	done, err := b.try(t, files...)
	wantKind(t, "an import whose model goes away", err, fault.Unavailable)
	if len(done) == 0 || len(done) == 200 || len(b.index.docs) != len(done) {
		t.Fatalf("%d files reported, %d documents indexed; want the same, some of 200", len(done), len(b.index.docs))
	}
	b.embedder.fail = nil
	again := b.run(t, files...)
	unchanged := 0
	for _, s := range again {
		if strings.Contains(s, "=1") {
			unchanged++
		}
	}
	if len(again) != 200 || unchanged != len(done) || len(b.index.docs) != 200 {
		t.Errorf("second run: %d reports, %d unchanged, %d indexed; want 200, %d, 200", len(again), unchanged, len(b.index.docs), len(done))
	}
	stop := errors.New("stop")
	if err := b.Import(t.Context(), knowledge.Upload{Workspace: ws}, func(knowledge.FileReport) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("error of report: %v, want it back", err)
	}
}

func TestLanguageOfDocuments(t *testing.T) {
	b := newBench(t)
	tests := []struct{ path, language, text, want string }{
		{"a.md", "zh_Hant", "English words", "zh"},
		{"zh/b.md", "", "English words", "zh"},
		{"help/zh-cn/x/c.md", "", "English", "zh"},
		{"faq.en.md", "", "中文内容", "en"},
		{"faq-zh.md", "", "English", "zh"},
		{"d.md", "", "怎么退货？请在订单页申请，App 内操作。", "zh"},
		{"e.md", "", "How do I return it?", "en"},
		{"english/f.md", "", "这里是中文", "zh"},
		{"g.md", "", "12345", "en"},
	}
	for _, tt := range tests {
		x := file(tt.path, tt.text)
		x.Documents[0].Language, x.Documents[0].Title = tt.language, "1"
		b.run(t, x)
		heads, err := b.store.Heads(t.Context(), ws, tt.path)
		if err != nil || len(heads) != 1 || heads[0].Language != tt.want {
			t.Errorf("%s %q %q: %+v, %v; want %s", tt.path, tt.language, tt.text, heads, err, tt.want)
		}
	}
}
