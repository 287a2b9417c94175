package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/frontdesk-chat/frontdesk/training"
)

func TestThresholdOverAStoredLibrary(t *testing.T) {
	data, dir := t.TempDir(), t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	faq := put("faq.csv", "question,answer\nHow long is the warranty?,Two years.\nWhat does a puncture cost?,Twelve euros.\nWhen do you open?,At nine.\n")
	command(t, 0, "ingest", faq, "--data", data)
	questions := put("questions.csv", "question;document\nhow long is the warranty;How long is the warranty?\nwhat does a puncture cost;faq.csv#what-does-a-puncture-cost\n"+
		"when do you open;When do you open?\nwho won the match last night;\n")
	out, _ := command(t, 0, "threshold", questions, "--data", data, "--precision", "1", "--json")
	a := decode[training.Advice](t, out)
	if a.Questions != 4 || a.Answerable != 3 || a.Chosen == nil || a.Chosen.Right != 3 || a.Chosen.FalseAnswers != 0 {
		t.Errorf("advice %+v, chosen %+v; want three right answers of three", a, a.Chosen)
	}
	out, _ = command(t, 0, "threshold", questions, "--data", data, "--precision", "1")
	if !strings.Contains(out, "policy:\n    answer: 0.") {
		t.Errorf("it does not say what to set:\n%s", out)
	}
	config := put("frontdesk.yaml", "policy:\n  answer: 0.99\n")
	out, _ = command(t, 0, "threshold", questions, "--data", data, "--precision", "1", "--json", "--config", config)
	if a := decode[training.Advice](t, out); a.Now.Threshold != .99 {
		t.Errorf("as configured it answers from %v, want .99", a.Now.Threshold)
	}
	for _, c := range []struct{ text, want string }{
		{"question,document\nwhen,nowhere.md\n", "line 2: no published document has the path, title or question \"nowhere.md\""},
		{"question,document\n,x\n", ":2: has no question"},
		{"a,b\n1,2\n", "the first row has to name the columns question and document"},
		{"question,document\n", "there are no questions"},
	} {
		if _, said := command(t, 2, "threshold", put("bad.csv", c.text), "--data", data); !strings.Contains(said, c.want) {
			t.Errorf("it says %q, want %q", said, c.want)
		}
	}
}
