package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-chat/frontdesk"
	"github.com/frontdesk-chat/frontdesk/intents"
)

// fixtures are the projects of internal/foreign.
const fixtures = "../../internal/foreign/testdata/"

func TestImportIntoTheStore(t *testing.T) {
	data := t.TempDir()
	out, _ := command(t, 0, "import", fixtures+"rasa", "--data", data, "--json")
	got := decode[importReport](t, out)
	if got.Examples != 10 || got.Entries != 3 || got.Added != 3 || got.Model == nil || !got.Model.Changed {
		t.Errorf("got %+v, want 10 examples trained and 3 entries added", got)
	}
	out, _ = command(t, 0, "ask", "--data", data, "--json", "what does a repair cost")
	if answer := decode[askReport](t, out); answer.Decision != "answer" || !strings.HasPrefix(answer.Answer, "A puncture costs 12 euros.") {
		t.Errorf("answered %q by %s", answer.Answer, answer.Decision)
	}
	out, _ = command(t, 0, "import", fixtures+"rasa", "--data", data)
	if !strings.Contains(out, "Documents: 0 added, 0 changed, 3 unchanged, 0 removed.") || !strings.Contains(out, "nothing changed, version 1 stays") {
		t.Errorf("the same import again:\n%s", out)
	}
	out, _ = command(t, 0, "ingest", fixtures+"chatterbot/bicycles.yml", "--data", data)
	if !strings.Contains(out, "4 documents added") || !strings.Contains(out, "line 11: not taken over: turns 3 to 4") {
		t.Errorf("a corpus that is ingested:\n%s", out)
	}
}

func TestImportIntoAFolderThatTrainAndIngestRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	out, _ := command(t, 0, "import", fixtures+"dialogflow", fixtures+"tables", "--out", dir)
	if !strings.Contains(out, "Written to "+dir+" and read again to the same: intents.yaml, faq.csv") {
		t.Errorf("report:\n%s", out)
	}
	set, _, err := frontdesk.Examples([]string{dir}) // what train trains on
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(set.Examples, func(e intents.Example) bool { return e.Intent == "pickup" && e.Text == "is it ready" }) {
		t.Error("the written examples are not among those to train on")
	}
	out, _ = command(t, 0, "ingest", filepath.Join(dir, "faq.csv"), "--data", t.TempDir())
	if !strings.Contains(out, "4 documents added") {
		t.Errorf("ingest:\n%s", out)
	}
}

func TestImportTakesTheOthersWhenOneFileIsBroken(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"bad.yml": "nlu: [\n", "good.csv": "question,answer\nwhere,here\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, _ := command(t, 1, "import", dir, "--out", filepath.Join(t.TempDir(), "out"))
	if !strings.Contains(out, "bad.yml: not YAML") || !strings.Contains(out, "1 FAQ entries were taken over") {
		t.Errorf("report:\n%s", out)
	}
	_, said := command(t, 2, "import", filepath.Join(dir, "bad.yml"), "--out", filepath.Join(t.TempDir(), "out"))
	if !strings.Contains(said, "Nothing could be taken over") {
		t.Errorf("said %q", said)
	}
}

func TestTrainNamesWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.csv")
	if err := os.WriteFile(path, []byte("text,label\nbroken chain,a\nflat tyre,a\nBroken  chain,b\n"+strings.Repeat("x", 50_000)+",b\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, said := command(t, 2, "train", path, "--data", t.TempDir())
	for _, part := range []string{"x.csv:4: the same words are an example of \"b\" and, at x.csv:2, of \"a\"", "x.csv:5: the example has 50000 characters"} {
		if !strings.Contains(said, part) {
			t.Errorf("it does not say %q:\n%s", part, said)
		}
	}
}
