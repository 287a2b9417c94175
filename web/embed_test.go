//go:build !noweb

package web_test

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/frontdesk-chat/frontdesk/web"
)

// packed is the size of b as a server would send it, in bytes.
func packed(t *testing.T, b []byte) int {
	t.Helper()
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}

func TestPagesAreCompleteAndLoadNothingFromElsewhere(t *testing.T) {
	pages := map[string]struct {
		files fs.FS
		base  string
	}{
		"widget":  {web.Widget(), "/widget/"},
		"console": {web.Console(), "/console/"},
		"demo":    {web.Demo(), "/"},
	}
	asset := regexp.MustCompile(`(?:src|href)="([^"#?]+)"`)
	for name, p := range pages {
		t.Run(name, func(t *testing.T) {
			index, err := fs.ReadFile(p.files, "index.html")
			if err != nil {
				t.Fatal(err)
			}
			if regexp.MustCompile(`<script(?:\s[^>]*)?>[^<]`).Match(index) || bytes.Contains(index, []byte(" style=")) || bytes.Contains(index, []byte("<style")) {
				t.Error("the page has an inline script or style, which its content security policy forbids")
			}
			for _, m := range asset.FindAllStringSubmatch(string(index), -1) {
				ref := m[1]
				if strings.Contains(ref, "//") {
					t.Errorf("the page refers to another host: %s", ref)
					continue
				}
				if ref == "/widget.js" || ref == "/" || ref == "/console/" {
					continue // served by the program itself
				}
				if _, err := fs.Stat(p.files, strings.TrimPrefix(ref, p.base)); err != nil {
					t.Errorf("the page refers to %s, which is not in the build: %v", ref, err)
				}
			}
		})
	}
}

func TestSizes(t *testing.T) {
	if got, most := packed(t, web.Loader()), 3*1024; got == 0 || got > most {
		t.Errorf("loader is %d bytes gzipped, want at most %d", got, most)
	}
	total := 0
	err := fs.WalkDir(web.Widget(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(web.Widget(), path)
		total += packed(t, b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if most := 50 * 1024; total == 0 || total > most {
		t.Errorf("widget is %d bytes gzipped, want at most %d", total, most)
	}
}
