package extract

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// TestMain lets the test binary be the child that a Runner starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "extract-child":
			if Child(os.Stdin, os.Stdout) != nil {
				os.Exit(1)
			}
			os.Exit(0)
		case "misbehave":
			misbehave(os.Args[2])
			os.Exit(0)
		case "dies":
			dies()
		}
	}
	os.Exit(m.Run())
}

// misbehave tries what a hijacked parser would, under the child's restrictions,
// and says how each attempt ended.
func misbehave(dir string) {
	l := Limits{}.filled()
	restrict(l)
	tried := map[string]error{}
	_, tried["socket"] = net.Dial("tcp", "127.0.0.1:1")
	tried["program"] = exec.Command("/bin/true").Run()
	tried["write"] = os.WriteFile(filepath.Join(dir, "written"), []byte("x"), 0o600)
	tried["remove"] = os.Remove(filepath.Join(dir, "victim"))
	tried["rename"] = os.Rename(filepath.Join(dir, "victim"), filepath.Join(dir, "renamed"))
	_, tried["read"] = os.ReadFile(filepath.Join(dir, "victim"))
	said := map[string]string{}
	for what, err := range tried {
		if said[what] = "done"; err != nil {
			said[what] = err.Error()
		}
	}
	_ = json.NewEncoder(os.Stdout).Encode(said)
}

// dies is a child whose reader hits the files' names: it crashes, hangs or eats
// memory over those that say so.
func dies() {
	var req request
	if err := json.NewDecoder(os.Stdin).Decode(&req); err != nil {
		os.Exit(1)
	}
	out := &writer{enc: json.NewEncoder(os.Stdout)}
	for i, f := range req.Files {
		if i < req.Skip {
			continue
		}
		_ = out.send(message{Begin: &beginning{f.Name, f.Name}})
		switch f.Name {
		case "crash":
			panic(errors.New("a broken invariant"))
		case "hang":
			select {}
		case "eat":
			fmt.Fprintln(os.Stderr, "fatal error: runtime: out of memory")
			os.Exit(2)
		}
		_ = out.send(message{Done: &knowledge.Extracted{Name: f.Name, Code: knowledge.CodeOK}})
	}
	_ = out.send(message{End: true})
	os.Exit(0)
}

// runner runs the test binary as the child.
func runner(t testing.TB, mode string, l Limits) Runner {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Runner{Command: []string{self, mode}, Limits: l}
}

// files writes contents to a folder and names them.
func files(t testing.TB, contents ...any) []knowledge.File {
	t.Helper()
	dir := t.TempDir()
	var out []knowledge.File
	for i := 0; i < len(contents); i += 2 {
		name := contents[i].(string)
		var b []byte
		switch v := contents[i+1].(type) {
		case string:
			b = []byte(v)
		case []byte:
			b = v
		}
		p := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(p, b, 0o600); err != nil {
			t.Fatal(err)
		}
		out = append(out, knowledge.File{Name: name, Path: p})
	}
	return out
}

// codes extracts files and returns "name code" for each.
func codes(t testing.TB, x knowledge.Extractor, in []knowledge.File) []string {
	t.Helper()
	var out []string
	err := x.Extract(t.Context(), in, func(x knowledge.Extracted) error {
		if (x.Code == knowledge.CodeOK) == (x.Message != "") {
			t.Errorf("%s: code %s with message %q", x.Name, x.Code, x.Message)
		}
		if x.Code != knowledge.CodeOK && len(x.Documents) > 0 {
			t.Errorf("%s: code %s with %d documents", x.Name, x.Code, len(x.Documents))
		}
		out = append(out, x.Name+" "+string(x.Code))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
