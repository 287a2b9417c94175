package training

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestReadTaskRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, c := range []struct{ name, json, want string }{
		{"unknown key", "{\"name\":\"x\",\"kind\":\"sentiment\",\n\"test\":\"a\",\n\"tset\":\"b\"}", `line 3: unknown key "tset"`},
		{"file of another kind", `{"name":"x","kind":"sentiment","test":"a","oos":"b"}`, `unknown key "oos"`},
		{"unknown kind", `{"name":"x","kind":"mood","test":"a"}`, `kind "mood" is not known`},
		{"missing file", `{"name":"x","kind":"intent","test":"a"}`, `needs the key "train"`},
		{"no name", `{"kind":"sentiment","test":"a"}`, `"name" is missing`},
		{"language", `{"name":"x","kind":"sentiment","test":"a","language":"fr"}`, `language "fr"`},
		{"not text", `{"name":"x","kind":"sentiment","test":["a"]}`, `"test" must be a text`},
		{"not JSON", "{\n\n nonsense", `line 3`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadTask(folder(t, map[string]string{"task.json": c.json}))
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "task.json") {
				t.Errorf("error %v, want one of kind invalid that names task.json and says %q", err, c.want)
			}
		})
	}
}

func TestReadLinesNamesFileAndLine(t *testing.T) {
	const task = `{"name":"x","kind":"handoff-request","test":"t.jsonl"}`
	for _, c := range []struct{ name, lines, want string }{
		{"missing key", "{\"text\":\"a\",\"wants_person\":true}\n\n{\"text\":\"b\"}\n", `t.jsonl line 3: the key "wants_person" is missing`},
		{"null", `{"text":null,"wants_person":true}`, `line 1: the key "text" is missing`},
		{"wrong type", `{"text":7,"wants_person":true}`, `line 1: the key "text" holds a number`},
		{"broken", "{\"text\":\"a\",\"wants_person\":true}\n{\"text\":\n", "line 2: not a JSON object"},
		{"empty", "\n\n", "holds no lines"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tk, err := ReadTask(folder(t, map[string]string{"task.json": task, "t.jsonl": c.lines}))
			if err != nil {
				t.Fatal(err)
			}
			_, err = readLines[handoffLine](tk, "test", []string{"text", "wants_person"}, nil)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// keyword reads a wish for a person out of one word; enough to see the path
// from file to report.
type keyword struct{}

func (keyword) Read(_ context.Context, in intents.Input) (intents.Reading, error) {
	var r intents.Reading
	if strings.Contains(in.Text, "person") {
		r.Signals.WantsPerson = .9
	}
	return r, nil
}

func TestEvaluateAllRunsTheOthersWhenOneCannotBeRead(t *testing.T) {
	good := folder(t, map[string]string{
		"task.json": `{"name":"good","kind":"handoff-request","test":"t.jsonl"}`,
		"t.jsonl": `{"text":"a person please","wants_person":true,"slice":"direct","note":"kept out"}
{"text":"where is my parcel","wants_person":false,"slice":"plain"}
{"text":"somebody real","wants_person":true,"slice":"indirect"}
{"text":"a person called me","wants_person":false,"slice":"plain"}
`,
	})
	bad := folder(t, map[string]string{"task.json": `{"name":"bad","kind":"nothing"}`})
	parts := Parts{Version: "v", NewReader: func(context.Context) (Reader, error) { return keyword{}, nil }}
	var out, table bytes.Buffer
	err := EvaluateAll(t.Context(), []string{bad, good}, parts, &out, &EvaluateOptions{Table: &table})
	if err == nil || !strings.Contains(err.Error(), bad) || strings.Contains(err.Error(), good) {
		t.Errorf("error %v, want one that names only %s", err, bad)
	}
	var got struct {
		Name      string                        `json:"name"`
		N         map[string]int                `json:"n"`
		Metrics   map[string]float64            `json:"metrics"`
		Intervals map[string][2]float64         `json:"intervals"`
		Slices    map[string]map[string]float64 `json:"slices"`
		Version   string                        `json:"version"`
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("standard output is not one JSON object: %v\n%s", err, out.String())
	}
	if got.Name != "good" || got.N["test"] != 4 || got.Version != "v" {
		t.Errorf("got %+v, want task good of 4 lines by version v", got)
	}
	if got.Metrics["recall"] != .5 || got.Metrics["precision"] != .5 {
		t.Errorf("recall %v precision %v, want .5 and .5", got.Metrics["recall"], got.Metrics["precision"])
	}
	if i := got.Intervals["recall"]; i[0] >= i[1] {
		t.Errorf("interval of recall %v has no width", i)
	}
	if s := got.Slices["direct"]; s["recall"] != 1 || s["n"] != 1 {
		t.Errorf("slice direct %v, want recall 1 of 1", s)
	}
	if _, ok := got.Slices["plain"]["recall"]; ok {
		t.Error("slice plain has a recall although nothing in it wants a person")
	}
	if !strings.Contains(table.String(), "good (handoff-request; test 4)") {
		t.Errorf("table misses its heading:\n%s", table.String())
	}
}

func TestCheckPartsNamesTheUnknownOne(t *testing.T) {
	if err := CheckParts([]string{"lexical", "vector"}); err != nil {
		t.Error(err)
	}
	if err := CheckParts([]string{"lexical", "magic"}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), `"magic"`) {
		t.Errorf("error %v, want invalid naming magic", err)
	}
}
