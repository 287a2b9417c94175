package frontdesk

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/frontdesk-chat/frontdesk/training"
)

// ablationTasks are small tasks, by kind, in which every part has something to do.
func ablationTasks(t *testing.T) map[string]string {
	t.Helper()
	dir := t.TempDir()
	folder := func(kind string, files map[string]string) string {
		at := filepath.Join(dir, kind)
		if err := os.MkdirAll(at, 0o755); err != nil {
			t.Fatal(err)
		}
		spec := `{"name":"` + kind + `","kind":"` + kind + `"`
		for name, text := range files {
			spec += `,"` + name + `":"` + name + `.jsonl"`
			if err := os.WriteFile(filepath.Join(at, name+".jsonl"), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(at, "task.json"), []byte(spec+"}"), 0o644); err != nil {
			t.Fatal(err)
		}
		return at
	}
	var train strings.Builder
	for _, intent := range []struct {
		label string
		texts []string
	}{
		{"opening", []string{"when do you open", "are you open on sunday", "opening hours please", "what time do you close", "until when are you open tonight", "is the shop open today", "hours on holidays", "do you open early"}},
		{"repair", []string{"my chain broke", "fix a flat tyre", "the brakes squeak", "can you repair my bike", "my wheel is bent", "mend a puncture", "the gears slip", "replace my saddle"}},
		{"rent", []string{"rent a bike for a day", "how much is it to hire a bicycle", "do you rent helmets", "hire two bikes", "rental for a week", "can I borrow a bike", "renting an e-bike", "price of hiring"}},
	} {
		for _, s := range intent.texts {
			train.WriteString(`{"text":"` + s + `","label":"` + intent.label + `"}` + "\n")
		}
	}
	documents := `{"id":"hours","language":"en","question":"When do you open?","answer":"We open at nine."}
{"id":"sunday","language":"en","question":"Are you open on Sunday?","answer":"No, we are closed on Sunday."}
{"id":"puncture","language":"en","question":"What does mending a puncture cost?","answer":"Twelve euros."}
{"id":"rental","language":"en","question":"What does it cost to rent a bike?","answer":"Fifteen euros a day."}
{"id":"warranty","language":"en","question":"How long is the warranty?","answer":"Two years."}
{"id":"delivery","language":"en","question":"How long does delivery take?","answer":"Three days."}
`
	return map[string]string{
		"intent": folder("intent", map[string]string{"train": train.String(), "test": `{"text":"open on monday?","label":"opening"}
{"text":"the pedal fell off","label":"repair"}
{"text":"a bike for the weekend","label":"rent"}
`}),
		"sentiment": folder("sentiment", map[string]string{"test": `{"text":"NOT good at all!!! 😡","score":-0.9}
{"text":"great, thanks 😊","score":0.9}
`}),
		"retrieval": folder("retrieval", map[string]string{"documents": documents, "queries": `{"text":"flat tyre price","relevant":["puncture"]}
{"text":"warranty","relevant":["warranty"]}
`}),
		"answer": folder("answer", map[string]string{"documents": documents, "queries": `{"text":"how long","relevant":["warranty"]}
{"text":"what does it cost","relevant":["rental"]}
{"text":"what are the prices for a week with two children","relevant":[]}
{"text":"is the time on weekends another one","relevant":["sunday"]}
{"text":"how much for the bike","relevant":["rental"]}
{"text":"how soon can I have it","relevant":[]}
{"text":"I want to talk to a person","relevant":[]}
{"text":"this is awful, I am furious, you are useless and I hate it","relevant":[]}
{"text":"please cancel my order 4711 right now","relevant":[]}
`}),
		"followup": folder("followup", map[string]string{"documents": documents, "queries": `{"context":[{"role":"visitor","text":"What does it cost to rent a bike?"},{"role":"bot","text":"Fifteen euros a day."}],"text":"and mending a puncture?","full":"What does mending a puncture cost?","relevant":["puncture"],"stands_alone":false}
`}),
	}
}

// Every part that --without names must take something away, and be known here.
func TestEveryPartSwitchesSomethingOff(t *testing.T) {
	of := map[string]string{ // part → kind of task that shows it
		"intents-embedding": "intent", "intents-ngrams": "intent", "intents-neighbours": "intent", "intents-calibration": "intent",
		"sentiment-lexicon": "sentiment", "lexical": "retrieval", "vector": "retrieval", "confidence": "answer", "rewrite": "followup",
		"intents": "answer", "sentiment": "answer", "clarify": "answer", "offer": "answer",
	}
	tasks := ablationTasks(t)
	outcomes := func(kind string, without ...string) string {
		t.Helper()
		c := Defaults()
		parts, done, err := EvaluationParts(t.Context(), c, without, "test")
		if err != nil {
			t.Fatal(err)
		}
		defer done()
		dir := t.TempDir()
		if err := training.EvaluateAll(t.Context(), []string{tasks[kind]}, parts, io.Discard, &training.EvaluateOptions{Lines: dir}); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(dir, kind+".lines.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	whole := map[string]string{}
	for kind := range tasks {
		whole[kind] = outcomes(kind)
		if again := outcomes(kind); again != whole[kind] {
			t.Fatalf("two runs of one task differ:\n%s\n%s", whole[kind], again)
		}
	}
	for _, p := range training.PartNames() {
		kind, ok := of[p.Name]
		if !ok {
			t.Errorf("no task is named for part %s", p.Name)
			continue
		}
		if got := outcomes(kind, p.Name); got == whole[kind] {
			t.Errorf("without %s (%s) every line of the %s task is as with it:\n%s", p.Name, p.What, kind, got)
		}
	}
}
