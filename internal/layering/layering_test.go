package layering

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/frontdesk-chat/frontdesk"

// source is one parsed file.
type source struct {
	path string // relative to the module
	room string
	test bool
	file *ast.File
}

func sources(t *testing.T) []source {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	var out []source
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata" || name == "data") {
				return filepath.SkipDir
			}
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && path != root {
				return filepath.SkipDir // a module of its own: tools
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		dir := filepath.ToSlash(filepath.Dir(rel))
		if dir == "." {
			dir = ""
		}
		out = append(out, source{path: filepath.ToSlash(rel), room: dir, test: strings.HasSuffix(name, "_test.go"), file: f})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 50 {
		t.Fatalf("only %d Go files found: the walk is broken", len(out))
	}
	return out
}

func find(path string) (room, bool) {
	for _, r := range rooms {
		if r.path == path {
			return r, true
		}
	}
	return room{}, false
}

func TestArrows(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sources(t) {
		seen[s.room] = true
		r, ok := find(s.room)
		if !ok {
			t.Errorf("%s: room %q is not in the table; say what it may import and why", s.path, s.room)
			continue
		}
		if s.test {
			continue // tests may use the shared suites and kits
		}
		for _, imp := range s.file.Imports {
			to, _ := strconv.Unquote(imp.Path.Value)
			switch {
			case to == module || strings.HasPrefix(to, module+"/"):
				inner := strings.TrimPrefix(strings.TrimPrefix(to, module), "/")
				if inner != s.room && !mayImport(r, inner) {
					t.Errorf("%s: %q must not import %q (%s)", s.path, s.room, inner, r.why)
				}
			case strings.Contains(strings.SplitN(to, "/", 2)[0], "."):
				if !slices.ContainsFunc(r.foreign, func(f string) bool {
					return f == "*" || to == f || strings.HasPrefix(to, f+"/")
				}) {
					t.Errorf("%s: %q must not import %q; a dependency of a room is a decision (%s)", s.path, s.room, to, r.why)
				}
			}
		}
	}
	for _, r := range rooms {
		if !seen[r.path] {
			t.Errorf("the table names room %q, which is gone", r.path)
		}
	}
}

func mayImport(r room, to string) bool {
	if slices.Contains(r.may, to) {
		return true
	}
	return slices.Contains(r.may, "*") && to != "" && !strings.HasPrefix(to, "cmd/") && to != "internal/storetest"
}

func TestEveryPackageHasOneComment(t *testing.T) {
	comments := map[string][]string{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		if _, ok := comments[s.room]; !ok {
			comments[s.room] = nil
		}
		if s.file.Doc != nil {
			comments[s.room] = append(comments[s.room], s.path)
		}
	}
	for dir, files := range comments {
		if len(files) != 1 {
			t.Errorf("package in %q has %d package comments, want one: %v", dir, len(files), files)
		}
	}
}

func TestNoInitNoExit(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		text, err := os.ReadFile(filepath.Join("../..", s.path))
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), s.path, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if fn, ok := n.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: has an init function; wire it where it is used", s.path)
			}
			if call, ok := n.(*ast.SelectorExpr); ok && f.Name.Name != "main" {
				if x, ok := call.X.(*ast.Ident); ok && (x.Name == "os" && call.Sel.Name == "Exit" || x.Name == "log" && strings.HasPrefix(call.Sel.Name, "Fatal")) {
					t.Errorf("%s: %s.%s outside cmd", s.path, x.Name, call.Sel.Name)
				}
			}
			return true
		})
	}
}
