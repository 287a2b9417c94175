package extract

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// archive packs names and contents in turn.
func archive(t testing.TB, contents ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(contents); i += 2 {
		w, err := z.Create(contents[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(contents[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bomb is a small archive whose files unpack to n bytes each.
func bomb(t testing.TB, name string, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 1<<20)
	for ; n > 0; n -= len(block) {
		if _, err := w.Write(block[:min(n, len(block))]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRunnerReadsWhatLocalReads(t *testing.T) {
	in := files(t,
		"help/a.md", "# Returns\n\nWithin 30 days.",
		"faq.csv", "question,answer\nA?,a\nB?,\"b\nC?,c\n",
		"page.html", "<title>Hours</title><p>Always open.</p>",
		"all.zip", archive(t, "zh/退货.md", "# 退货\n\n七天内可退。", "sub/faq.csv", "question,answer\nD?,d\n", "__MACOSX/x.md", "junk", "sub/", "", "pic.png", "\x89PNG\r\n\x1a\n"),
		"broken.pdf", "%PDF-1.4 nothing\n%%EOF",
		"last.txt", "The end.",
	)
	var want, got []knowledge.Extracted
	for x, list := range map[knowledge.Extractor]*[]knowledge.Extracted{Local{}: &want, runnerPointer(t): &got} {
		if err := x.Extract(t.Context(), in, func(x knowledge.Extracted) error { *list = append(*list, x); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b []string) bool { return len(a) == 0 && len(b) == 0 || cmp.Equal(a, b) })); diff != "" {
		t.Errorf("child differs from this process (-local +child):\n%s", diff)
	}
	var codes []string
	for _, x := range got {
		codes = append(codes, x.Name+" "+x.Source+" "+string(x.Code))
	}
	if diff := cmp.Diff([]string{
		"help/a.md help/a.md ok", "faq.csv faq.csv ok", "page.html page.html ok", "all.zip/zh/退货.md zh/退货.md ok",
		"all.zip/sub/faq.csv sub/faq.csv ok", "all.zip/pic.png pic.png unsupported", "broken.pdf broken.pdf broken", "last.txt last.txt ok",
	}, codes); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

func runnerPointer(t testing.TB) knowledge.Extractor {
	r := runner(t, "extract-child", Limits{})
	return &r
}

func TestRunnerSurvivesItsChildren(t *testing.T) {
	in := []knowledge.File{{Name: "a"}, {Name: "crash"}, {Name: "b"}, {Name: "hang"}, {Name: "eat"}, {Name: "c"}}
	got := codes(t, runner(t, "dies", Limits{Time: 300 * time.Millisecond}), in)
	if diff := cmp.Diff([]string{"a ok", "crash broken", "b ok", "hang timeout", "eat memory", "c ok"}, got); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	var many []knowledge.File
	for range 60 {
		many = append(many, knowledge.File{Name: "crash"})
	}
	err := runner(t, "dies", Limits{}).Extract(t.Context(), many, func(knowledge.Extracted) error { return nil })
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("60 crashes: %v, want unavailable", err)
	}
}

func TestRunnerStops(t *testing.T) {
	in := []knowledge.File{{Name: "a"}, {Name: "hang"}}
	ctx, cancel := context.WithCancel(t.Context())
	err := runner(t, "dies", Limits{}).Extract(ctx, in, func(knowledge.Extracted) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	stop := errors.New("stop")
	if err := runner(t, "dies", Limits{}).Extract(t.Context(), in, func(knowledge.Extracted) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("error of visit: %v, want it back", err)
	}
	err = Runner{Command: []string{filepath.Join(t.TempDir(), "nothing")}}.Extract(t.Context(), in, func(knowledge.Extracted) error { return nil })
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("no program: %v, want unavailable", err)
	}
}

func TestMemoryLimit(t *testing.T) {
	// One sheet of XML that unpacks to much more than the child may hold.
	var sheet strings.Builder
	sheet.WriteString(`<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">`)
	for range 300_000 {
		sheet.WriteString(`<c t="inlineStr"><is><t>x</t></is></c>`)
	}
	sheet.WriteString(`</row></sheetData></worksheet>`)
	b := archive(t, "[Content_Types].xml", `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`,
		"_rels/.rels", `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml", `<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml", sheet.String())
	got := codes(t, runner(t, "extract-child", Limits{Memory: 24 << 20}), files(t, "a.md", "Text one.", "wide.xlsx", b, "b.md", "Text two."))
	if diff := cmp.Diff([]string{"a.md ok", "wide.xlsx memory", "b.md ok"}, got); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

func TestRestrictions(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("restrictions by the kernel are of Linux")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "victim"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(self, "misbehave", dir).Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var said map[string]string
	if err := json.Unmarshal(out, &said); err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"socket", "program", "write", "remove", "rename"} {
		if said[what] == "done" || what != "write" && !strings.Contains(said[what], "not permitted") {
			t.Errorf("%s: %s; want it forbidden", what, said[what])
		}
	}
	if said["read"] != "done" {
		t.Errorf("read: %s; want it done", said["read"])
	}
}
