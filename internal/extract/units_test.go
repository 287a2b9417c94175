package extract

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

func TestBadFiles(t *testing.T) {
	var many []string
	for i := range 12 {
		many = append(many, fmt.Sprintf("%d.md", i), "text")
	}
	huge := files(t, "huge.pdf", "")
	if err := os.Truncate(huge[0].Path, 201_000_000); err != nil { // sparse: nothing is written
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("/etc/passwd", link); err != nil {
		t.Fatal(err)
	}
	in := append(files(t,
		"empty.md", "",
		"spaces.txt", " \n\t ",
		"broken.pdf", "%PDF-1.4\ngarbage\n%%EOF",
		"notpdf.pdf", "hello",
		"cut.docx", archive(t, "word/document.xml", strings.Repeat("x", 5000))[:100],
		"nodoc.docx", archive(t, "other.xml", "<a/>"),
		"encoding.md", "\x8f\xfe\x80\x81\x99\xa0\xff\xd8\xe0"+strings.Repeat("\xffa\x81", 30),
		"binary.txt", "\x7fELF"+strings.Repeat("\x01\x02", 100),
		"columns.csv", "name,reply_to\nA,b\n",
		"picture.png", "\x89PNG\r\n\x1a\n",
		"disguised.md", "%PDF-1.4\nx",
		"program.exe", "MZ",
		"old.doc", "\xD0\xCF\x11\xE0",
		"old.xlsx", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
		"long.md", strings.Repeat("word ", 1_100_000),
		"bomb.zip", bomb(t, "a.md", 210_000_000),
		"bomb.docx", bomb(t, "word/document.xml", 210_000_000),
		"bomb.xlsx", bomb(t, "xl/workbook.xml", 210_000_000),
		"many.zip", archive(t, many...),
		"nested.zip", archive(t, "inner.zip", string(archive(t, "a.md", "x")), "b.md", "fine"),
		"hollow.zip", archive(t),
		"notzip.zip", "PK but no",
		"escape.zip", archive(t, "../../etc/cron.d/x.md", "text", "/abs.md", "text", `..\win.md`, "text"),
	), huge[0], knowledge.File{Name: "link.md", Path: link}, knowledge.File{Name: "gone.md", Path: link + "-not"}, knowledge.File{Name: "dir.md", Path: t.TempDir()})
	got := codes(t, Local{Limits{Entries: 10}}, in)
	want := []string{
		"empty.md empty", "spaces.txt empty", "broken.pdf broken", "notpdf.pdf broken", "cut.docx broken", "nodoc.docx broken", "encoding.md encoding",
		"binary.txt broken", "columns.csv missing_column", "picture.png unsupported", "disguised.md broken", "program.exe unsupported", "old.doc unsupported", "old.xlsx unsupported",
		"long.md too_large", "bomb.zip zip_bomb", "bomb.docx zip_bomb", "bomb.xlsx zip_bomb", "many.zip too_many", "nested.zip/inner.zip unsupported", "nested.zip/b.md ok", "hollow.zip empty", "notzip.zip broken",
		"escape.zip/../../etc/cron.d/x.md unsafe_path", "escape.zip//abs.md unsafe_path", "escape.zip/../win.md unsafe_path",
		"huge.pdf too_large", "link.md unsafe_path", "gone.md broken", "dir.md unsupported",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

func TestArchiveMembers(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	link := &zip.FileHeader{Name: "link.md"}
	link.SetMode(fs.ModeSymlink | 0o777)
	gbk, err := simplifiedchinese.GB18030.NewEncoder().String("退货.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range []*zip.FileHeader{link, {Name: gbk, NonUTF8: true}, {Name: "locked.md", Flags: 1}} {
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("/etc/passwd")); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	got := codes(t, Local{}, files(t, "a.zip", b.Bytes()))
	if diff := cmp.Diff([]string{"a.zip/link.md unsafe_path", "a.zip/退货.md ok", "a.zip/locked.md encrypted"}, got); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

func TestFolder(t *testing.T) {
	root := filepath.Join(t.TempDir(), "help")
	for _, name := range []string{"b.md", "zh/a.md", ".git/config", ".hidden.md", "zh/.DS_Store", "~$open.docx"} {
		p := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(root, "c.md")); err != nil {
		t.Fatal(err)
	}
	got, err := Folder(root, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range got {
		names = append(names, f.Name)
	}
	if diff := cmp.Diff([]string{"help/b.md", "help/c.md", "help/zh/a.md"}, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if got := codes(t, Local{}, got); got[1] != "help/c.md unsafe_path" {
		t.Errorf("a link in the folder: %q", got[1])
	}
	if _, err := Folder(root, Limits{Entries: 2}); err == nil {
		t.Error("a folder of more files than allowed was listed")
	}
	one, err := Folder(filepath.Join(root, "b.md"), Limits{})
	if err != nil || len(one) != 1 || one[0].Name != "b.md" {
		t.Errorf("a file: %+v, %v", one, err)
	}
	if _, err := Folder(filepath.Join(root, "nowhere"), Limits{}); err == nil {
		t.Error("nothing was listed")
	}
}
