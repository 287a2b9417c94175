package training

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// words is a reader that takes a message for a wish for a person when it has one of the words.
type words []string

func (w words) Read(_ context.Context, in intents.Input) (intents.Reading, error) {
	var r intents.Reading
	for _, word := range w {
		if strings.Contains(in.Text, word) {
			r.Signals.WantsPerson = 1
		}
	}
	return r, nil
}

// wishes is a task of forty messages, half of which want a person: half of those
// say "person", the others "human".
func wishes(t *testing.T, lines int) string {
	var b strings.Builder
	for i := range lines {
		text, wants := "hello", false
		switch i % 4 {
		case 0:
			text, wants = "a person please", true
		case 1:
			text, wants = "a human please", true
		}
		fmt.Fprintf(&b, "{\"text\":\"%s %d\",\"wants_person\":%t}\n", text, i, wants)
	}
	return folder(t, map[string]string{"task.json": `{"name":"a/wishes","kind":"handoff-request","test":"t.jsonl"}`, "t.jsonl": b.String()})
}

// evaluated runs a task with a reader and returns the folder of lines and the report.
func evaluated(t *testing.T, task string, r Reader) (lines, report string) {
	t.Helper()
	dir := t.TempDir()
	lines, report = filepath.Join(dir, "lines"), filepath.Join(dir, "report.jsonl")
	out, err := os.Create(report)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	parts := Parts{NewReader: func(context.Context) (Reader, error) { return r, nil }}
	if err := EvaluateAll(t.Context(), []string{task}, parts, out, &EvaluateOptions{Lines: lines, Table: io.Discard}); err != nil {
		t.Fatal(err)
	}
	return lines, report
}

func difference(t *testing.T, c *Comparison, metric string) Difference {
	t.Helper()
	for _, d := range c.Differences {
		if d.Metric == metric {
			return d
		}
	}
	t.Fatalf("%s is not compared", metric)
	return Difference{}
}

func TestCompareTellsBetterWorseAndSame(t *testing.T) {
	task := wishes(t, 40)
	some, someReport := evaluated(t, task, words{"person"})
	all, allReport := evaluated(t, task, words{"person", "human"})
	c, err := Compare(some, all)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Apart) > 0 || !c.Paired {
		t.Errorf("apart %v, paired %t; want a paired comparison of everything", c.Apart, c.Paired)
	}
	if d := difference(t, c, "recall"); d.Standing != IsBetter || d.A != .5 || d.B != 1 || d.N != 40 || d.Interval[0] <= 0 || d.Interval[1] < d.Value {
		t.Errorf("recall %+v, want from .5 to 1 of 40, better", d)
	}
	if d := difference(t, c, "precision"); d.Standing != IsSame || d.Interval != [2]float64{} {
		t.Errorf("precision %+v, want the same in every draw", d)
	}
	if turned := c.Turned["a/wishes"]; len(turned.Right) != 10 || len(turned.Wrong) != 0 || turned.Right[0] != "a human please 1" {
		t.Errorf("turned %+v, want ten right, \"a human please 1\" the first", turned)
	}
	back, err := Compare(all, some)
	if err != nil {
		t.Fatal(err)
	}
	if d := difference(t, back, "recall"); d.Standing != IsWorse {
		t.Errorf("recall the other way round %+v, want worse", d)
	}
	loose, err := Compare(someReport, allReport)
	if err != nil {
		t.Fatal(err)
	}
	d, paired := difference(t, loose, "recall"), difference(t, c, "recall")
	if loose.Paired || d.Standing != IsBetter || d.Value != .5 || d.Interval == paired.Interval {
		t.Errorf("recall of the reports %+v, want better by an interval of their own", d)
	}
}

func TestCompareKnowsWhichWayIsUp(t *testing.T) {
	for metric, want := range map[string]Standing{
		"accuracy": IsBetter, "arms.lexical.r1": IsBetter, "false_answers": IsWorse, "ece": IsWorse, "trained.ece": IsWorse, "clarified": IsHigher,
	} {
		if got := judge(metric, .1); got != want {
			t.Errorf("%s up is %s, want %s", metric, got, want)
		}
	}
}

func TestCompareNamesWhatDoesNotFit(t *testing.T) {
	forty, _ := evaluated(t, wishes(t, 40), words{"person"})
	eighty, _ := evaluated(t, wishes(t, 80), words{"person"})
	reworded := wishes(t, 40)
	data, err := os.ReadFile(filepath.Join(reworded, "t.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(reworded, "t.jsonl"), []byte(strings.Replace(string(data), "hello", "good day", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	other, _ := evaluated(t, reworded, words{"person"})
	for _, c := range []struct{ name, b, want string }{
		{"n", eighty, "other files: test 40 against test 80"},
		{"texts", other, "not the same ones"},
		{"empty", t.TempDir(), "holds no run"},
		{"gone", filepath.Join(t.TempDir(), "gone"), "cannot be read"},
	} {
		if _, err := Compare(forty, c.b); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
	broken := filepath.Join(t.TempDir(), "r.jsonl")
	if err := os.WriteFile(broken, []byte("{\"name\":\"x\",\"n\":{},\"metrics\":{}}\n{\"name\":\"y\"}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Compare(broken, broken); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "r.jsonl line 2: the key \"n\" is missing") {
		t.Errorf("error %v, want one that names line 2", err)
	}
}

func TestLinesSayWhatBecameOfEach(t *testing.T) {
	lines, _ := evaluated(t, wishes(t, 4), words{"person"})
	got, err := readLineOutcomes(lines, "a/wishes")
	if err != nil {
		t.Fatal(err)
	}
	right, wrong := true, false
	want := []lineOutcome{
		{Text: "a person please 0", Right: &right, Want: "true", Got: "true", Scores: map[string]float64{"wants_person": 1}},
		{Text: "a human please 1", Right: &wrong, Want: "true", Got: "false", Scores: map[string]float64{"wants_person": 0}},
		{Text: "hello 2", Right: &right, Want: "false", Got: "false", Scores: map[string]float64{"wants_person": 0}},
		{Text: "hello 3", Right: &right, Want: "false", Got: "false", Scores: map[string]float64{"wants_person": 0}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}
