package knowledge_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/internal/extract"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// imports works over a bench with the real reader of files.
func imports(t testing.TB, b *bench, dir string, x knowledge.Extractor) *knowledge.Imports {
	t.Helper()
	clock := func() time.Time { b.now = b.now.Add(time.Second); return b.now }
	log := slog.New(slog.DiscardHandler)
	lib := knowledge.NewLibrary(b.store, b.embedder, b.index, clock, log, &knowledge.Options{Extractor: x})
	return knowledge.NewImports(b.store, lib, dir, clock, log)
}

// parts hands over names and contents in turn.
func parts(contents ...string) func() (string, io.Reader, error) {
	return func() (string, io.Reader, error) {
		if len(contents) == 0 {
			return "", nil, io.EOF
		}
		name, text := contents[0], contents[1]
		contents = contents[2:]
		return name, strings.NewReader(text), nil
	}
}

func start(t testing.TB, m *knowledge.Imports, contents ...string) knowledge.Import {
	t.Helper()
	imp, err := m.Start(t.Context(), knowledge.NewImport{Workspace: ws, By: "ann"}, parts(contents...))
	if err != nil {
		t.Fatal(err)
	}
	return imp
}

// kept lists the folders of uploads.
func kept(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestImportOfBadFiles(t *testing.T) {
	b := newBench(t)
	dir := filepath.Join(t.TempDir(), "imports")
	m := imports(t, b, dir, extract.Local{})
	imp := start(t, m,
		"help/returns.md", "# Returns\n\nWithin 30 days.",
		"broken.pdf", "%PDF-1.4 and no more",
		"empty.txt", "",
		"../../etc/passwd.md", "text",
		"stray.csv", "question,answer\nCan I pay by card?,\"Yes\nMay I return it?,Yes\nmay i return it,No\n",
		"columns.csv", "name,text\na,b\n",
		`win\path.md`, "Words.",
	)
	if imp.State != knowledge.ImportQueued || len(imp.Files) != 7 || len(imp.Reports) != 1 || imp.Reports[0].Code != knowledge.CodeUnsafePath {
		t.Errorf("started %+v", imp)
	}
	if err := m.Work(t.Context(), ws, imp.ID); err != nil {
		t.Fatal(err)
	}
	got, err := m.Get(t.Context(), ws, imp.ID)
	if err != nil {
		t.Fatal(err)
	}
	var reports []string
	for _, r := range got.Reports {
		s := fmt.Sprintf("%s %s +%d", r.Name, r.Code, r.Added)
		for _, p := range r.Problems {
			s += fmt.Sprintf("; %d %s", p.Line, p.Code)
		}
		reports = append(reports, s)
		if r.Code != knowledge.CodeOK && r.Message == "" {
			t.Errorf("%s: no message", r.Name)
		}
	}
	want := []string{
		"../../etc/passwd.md unsafe_path +0", "help/returns.md ok +1", "broken.pdf broken +0", "empty.txt empty +0",
		"stray.csv ok +1; 2 row; 4 duplicate", "columns.csv missing_column +0", "win/path.md ok +1",
	}
	if diff := cmp.Diff(want, reports); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
	if got.State != knowledge.ImportDone || got.Attempts != 1 || got.FinishedAt.IsZero() || got.Error != "" {
		t.Errorf("import at its end: %+v", got)
	}
	if want := []string{"help/returns.md", "stray.csv#may-i-return-it", "win/path.md"}; !slices.Equal(b.index.paths(), want) {
		t.Errorf("indexed %q, want %q", b.index.paths(), want)
	}
	if left := kept(t, dir); len(left) != 0 {
		t.Errorf("files left behind: %q", left)
	}
	if err := m.Work(t.Context(), ws, imp.ID); err != nil {
		t.Errorf("working on a finished import: %v", err)
	}
	list, err := m.List(t.Context(), ws, time.Time{}, "", 0)
	if err != nil || len(list) != 1 || list[0].State != knowledge.ImportDone {
		t.Errorf("list %+v, %v", list, err)
	}
}

func TestImportGoesOnAfterARestart(t *testing.T) {
	b := newBench(t)
	dir := filepath.Join(t.TempDir(), "imports")
	var contents []string
	for i := range 150 {
		contents = append(contents, fmt.Sprintf("p%03d.md", i), fmt.Sprintf("# Page %d\n\nText %d.", i, i))
	}
	m := imports(t, b, dir, extract.Local{})
	imp := start(t, m, contents...)
	ctx, cancel := context.WithCancel(t.Context())
	m = imports(t, b, dir, stopping{extract.Local{}, 100, cancel})
	if err := m.Work(ctx, ws, imp.ID); !errors.Is(err, context.Canceled) {
		t.Fatalf("stopped in the middle: %v", err)
	}
	mid, err := m.Get(t.Context(), ws, imp.ID)
	if err != nil || mid.State != knowledge.ImportQueued || mid.Attempts != 0 || len(mid.Reports) == 0 || len(mid.Reports) >= 150 {
		t.Fatalf("in the middle: %+v, %v", mid, err)
	}
	m = imports(t, b, dir, extract.Local{})
	open, err := m.Sweep(t.Context(), 0)
	if err != nil || len(open) != 1 || open[0].ID != imp.ID || len(kept(t, dir)) != 1 {
		t.Fatalf("open imports %+v, %v; kept %q", open, err, kept(t, dir))
	}
	if err := m.Work(t.Context(), ws, imp.ID); err != nil {
		t.Fatal(err)
	}
	end, err := m.Get(t.Context(), ws, imp.ID)
	if err != nil {
		t.Fatal(err)
	}
	added := 0
	for _, r := range end.Reports {
		added += r.Added
	}
	if len(end.Reports) != 150 || added != 150 || end.State != knowledge.ImportDone {
		t.Errorf("%d reports, %d added, %s; want 150, 150, done", len(end.Reports), added, end.State)
	}
}

// stopping cancels a context after some files.
type stopping struct {
	knowledge.Extractor
	after  int
	cancel func()
}

func (s stopping) Extract(ctx context.Context, files []knowledge.File, visit func(knowledge.Extracted) error) error {
	n := 0
	return s.Extractor.Extract(ctx, files, func(x knowledge.Extracted) error {
		if n++; n > s.after {
			s.cancel()
		}
		return visit(x)
	})
}

func TestImportThatCannotGoOn(t *testing.T) {
	b := newBench(t)
	dir := filepath.Join(t.TempDir(), "imports")
	m := imports(t, b, dir, extract.Local{})
	b.embedder.fail = fault.New(fault.Unavailable, "the model is away")
	imp := start(t, m, "a.md", "Text.")
	for attempt := 1; attempt < 5; attempt++ {
		wantKind(t, "an attempt without a model", m.Work(t.Context(), ws, imp.ID), fault.Unavailable)
		got, err := m.Get(t.Context(), ws, imp.ID)
		if err != nil || got.State != knowledge.ImportQueued || got.Attempts != attempt || !strings.Contains(got.Error, "the model is away") {
			t.Errorf("after attempt %d: %+v, %v", attempt, got, err)
		}
	}
	if err := m.Work(t.Context(), ws, imp.ID); err != nil {
		t.Errorf("the last attempt: %v", err)
	}
	got, err := m.Get(t.Context(), ws, imp.ID)
	if err != nil || got.State != knowledge.ImportFailed || got.Error != "the model is away" || len(kept(t, dir)) != 0 {
		t.Errorf("given up: %+v, %v", got, err)
	}

	b.embedder.fail = nil
	crashed := start(t, m, "b.md", "Text.")
	crashed.State, crashed.Attempts = knowledge.ImportRunning, 5 // as a program leaves it that died five times
	if err := b.store.UpdateImport(t.Context(), crashed); err != nil {
		t.Fatal(err)
	}
	if err := m.Work(t.Context(), ws, crashed.ID); err != nil {
		t.Fatal(err)
	}
	if got, err = m.Get(t.Context(), ws, crashed.ID); err != nil || got.State != knowledge.ImportFailed || !strings.Contains(got.Error, "5 times") {
		t.Errorf("after five crashes: %+v, %v", got, err)
	}
	_, err = m.Get(t.Context(), ws, "nowhere")
	wantKind(t, "an import that never was", err, fault.NotFound)
}

func TestStartRefuses(t *testing.T) {
	b := newBench(t)
	dir := filepath.Join(t.TempDir(), "imports")
	m := imports(t, b, dir, extract.Local{})
	broken := errors.New("the connection broke")
	endless := func() (string, io.Reader, error) { return "a.md", strings.NewReader("x"), nil }
	tests := map[string]struct {
		next func() (string, io.Reader, error)
		kind fault.Kind
	}{
		"no files":        {parts(), fault.Invalid},
		"too many":        {endless, fault.Limited},
		"cut off between": {func() (string, io.Reader, error) { return "", nil, broken }, fault.Internal},
		"cut off within":  {func() (string, io.Reader, error) { return "a.md", cutOff{broken}, nil }, fault.Internal},
	}
	for name, tt := range tests {
		_, err := m.Start(t.Context(), knowledge.NewImport{Workspace: ws}, tt.next)
		wantKind(t, name, err, tt.kind)
		if strings.HasPrefix(name, "cut") && !errors.Is(err, broken) {
			t.Errorf("%s: %v, want the cause back", name, err)
		}
	}
	_, err := m.Start(t.Context(), knowledge.NewImport{Workspace: ws, Status: "gone"}, parts("a.md", "x"))
	wantKind(t, "an unknown status", err, fault.Invalid)
	if left := kept(t, dir); len(left) != 0 {
		t.Errorf("files left behind: %q", left)
	}
	list, err := m.List(t.Context(), ws, time.Time{}, "", 0)
	if err != nil || len(list) != 0 {
		t.Errorf("imports after refusals: %+v, %v", list, err)
	}
}

type cutOff struct{ err error }

func (c cutOff) Read([]byte) (int, error) { return 0, c.err }

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestStartRefusesLargeFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 200 MB")
	}
	b := newBench(t)
	dir := filepath.Join(t.TempDir(), "imports")
	m := imports(t, b, dir, extract.Local{})
	n := 0
	imp, err := m.Start(t.Context(), knowledge.NewImport{Workspace: ws}, func() (string, io.Reader, error) {
		switch n++; n {
		case 1:
			return "huge.pdf", zeros{}, nil
		case 2:
			return "small.md", strings.NewReader("Text."), nil
		}
		return "", nil, io.EOF
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Work(t.Context(), ws, imp.ID); err != nil {
		t.Fatal(err)
	}
	got, err := m.Get(t.Context(), ws, imp.ID)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, r := range got.Reports {
		codes = append(codes, r.Name+" "+string(r.Code))
	}
	if want := []string{"huge.pdf too_large", "small.md ok"}; !slices.Equal(codes, want) {
		t.Errorf("reports %q, want %q", codes, want)
	}
}

func TestSweepRemovesOrphans(t *testing.T) {
	b := newBench(t)
	dir := t.TempDir()
	m := imports(t, b, dir, extract.Local{})
	imp := start(t, m, "a.md", "x")
	for _, name := range []string{id.New(), "not-ours"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := m.Sweep(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	want := []string{string(imp.ID), "not-ours"}
	if got := kept(t, dir); !slices.Equal(got, want) {
		t.Errorf("kept %q, want %q", got, want)
	}
}
