package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestUserImport(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "people.csv")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("email,name,skills\nlin@x.example,Lin,lang:zh=9\nlin,,\n")
	_, said := command(t, 2, "user", "import", "--data", dir, file)
	for _, want := range []string{"line 2, column 3 (skills)", "line 3, column 1 (email)", "line 3, column 2 (name)"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in\n%s", want, said)
		}
	}
	write("email,name,shifts,zone\nlin@x.example,Lin,Mon 22-6,UTC\n")
	if _, said = command(t, 2, "user", "import", "--data", dir, file); !strings.Contains(said, "line 2, column 3 (shifts)") {
		t.Errorf("shifts past midnight: %s", said)
	}
	write("email,name,skills,shifts,zone\nlin@x.example,Lin,lang:zh=5,Mon-Fri 9-17,UTC\nmax@x.example,Max,,,\n")
	out, said := command(t, 0, "user", "import", "--data", dir, file)
	if lines := strings.Split(strings.TrimSpace(out), "\n"); len(lines) != 2 || !strings.HasPrefix(lines[0], "lin@x.example\t") || !strings.Contains(said, "2 people added, 0 changed") {
		t.Errorf("printed %q, said %s", out, said)
	}
	if out, said = command(t, 0, "user", "import", "--data", dir, file); out != "" || !strings.Contains(said, "0 people added, 2 changed") {
		t.Errorf("again: printed %q, said %s", out, said)
	}
	command(t, 2, "user", "import", "--data", dir, filepath.Join(dir, "none.csv"))
}
