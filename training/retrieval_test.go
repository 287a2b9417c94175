package training

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// letters is a library that ranks by how many letters of the question a document
// has: small enough to know every place beforehand.
type letters struct{ docs []knowledge.Document }

func (l *letters) Add(_ context.Context, docs []knowledge.Document) error {
	l.docs = append(l.docs, docs...)
	return nil
}

func (*letters) Close() error { return nil }

func (l *letters) Search(_ context.Context, q knowledge.Query) (knowledge.Result, error) {
	var r knowledge.Result
	for _, d := range l.docs {
		words := d.Question + d.Answer
		for _, s := range d.Sections {
			words += s.Text
		}
		n := 0
		for _, c := range q.Text {
			if strings.ContainsRune(words, c) {
				n++
			}
		}
		r.Candidates = append(r.Candidates, knowledge.Candidate{
			Document: d.ID, Title: string(d.ID), Score: float64(n), Confidence: float64(n) / float64(len(q.Text)),
		})
	}
	slices.SortStableFunc(r.Candidates, func(a, b knowledge.Candidate) int { return cmp.Compare(b.Score, a.Score) })
	for i := range r.Candidates { // the lexical arm agrees, the vector arm sees nothing
		r.Candidates[i].Evidence.LexicalRank = i + 1
	}
	return r, nil
}

// threshold is an engine that answers from .9, asks back from .5, else refuses.
type threshold struct{ lib Library }

func (e threshold) Turn(ctx context.Context, m bot.Memory, text string) (bot.Trace, bot.Memory, error) {
	r, err := e.lib.Search(ctx, knowledge.Query{Text: text})
	tr := bot.Trace{Candidates: r.Candidates, Decision: bot.DecideRefuse}
	switch best := r.Candidates[0]; {
	case best.Confidence >= .9:
		tr.Decision, tr.Sources = bot.DecideAnswer, []bot.Source{{Document: string(best.Document)}}
	case best.Confidence >= .5:
		tr.Decision = bot.DecideClarify
		for _, c := range r.Candidates[:2] {
			tr.Choices = append(tr.Choices, bot.Choice{Text: c.Title, Document: string(c.Document)})
		}
	}
	return tr, m, err
}

func letterParts() Parts {
	return Parts{
		NewLibrary: func(context.Context) (Library, error) { return &letters{}, nil },
		NewEngine:  func(_ context.Context, lib Library) (Engine, error) { return threshold{lib}, nil },
	}
}

const letterDocs = `{"id":"abc","language":"en","question":"a","answer":"bc"}
{"id":"def","language":"en","title":"t","text":"def"}
{"id":"xyz","language":"en","question":"xyz"}
`

func letterTask(t *testing.T, kind, queries string) string {
	return folder(t, map[string]string{
		"task.json": `{"name":"x","kind":"` + kind + `","documents":"d.jsonl","queries":"q.jsonl"}`, "d.jsonl": letterDocs, "q.jsonl": queries,
	})
}

func TestEvaluateRetrieval(t *testing.T) {
	r, err := Evaluate(t.Context(), letterTask(t, "retrieval", `{"text":"abc","relevant":["abc"],"slice":"first"}
{"text":"dea","relevant":["abc"]}
{"text":"xyz","relevant":["xyz","abc"]}
`), letterParts(), nil)
	if err != nil {
		t.Fatal(err)
	}
	second := 1 / math.Log2(3) // gain of the second place
	both := (1 + second) / (1 + second)
	for name, want := range map[string]float64{
		"r1": 2. / 3, "r5": 1, "mrr10": (1 + .5 + 1) / 3, "ndcg10": (1 + second + both) / 3,
		"arms.lexical.r1": 2. / 3, "arms.lexical.r5": 1, "arms.vector.r1": 0, "arms.vector.ndcg10": 0,
	} {
		if !near(r.Metrics[name], want) {
			t.Errorf("%s is %g, want %g", name, r.Metrics[name], want)
		}
	}
	if r.N["documents"] != 3 || r.N["queries"] != 3 || r.Slices["first"]["r1"] != 1 {
		t.Errorf("counts %v, slices %v", r.N, r.Slices)
	}
}

func TestEvaluateAnswer(t *testing.T) {
	r, err := Evaluate(t.Context(), letterTask(t, "answer", `{"text":"abc","relevant":["abc"],"slice":"plain"}
{"text":"def","relevant":["xyz"]}
{"text":"adeqq","relevant":["abc"]}
{"text":"qqqqq","relevant":["abc"]}
{"text":"xyz","relevant":[]}
{"text":"qqqq","relevant":[]}
`), letterParts(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{
		"right_at_1":    2. / 4, // abc, and qqqqq by the tie
		"coverage":      2. / 4, // abc and def are answered, def wrongly
		"precision":     1. / 3, // of abc, def and xyz
		"clarified":     0,
		"helped":        1. / 4,
		"false_answers": 1. / 2,
	} {
		if !near(r.Metrics[name], want) {
			t.Errorf("%s is %g, want %g", name, r.Metrics[name], want)
		}
	}
	if _, ok := r.Bands["ece_band"]; !ok {
		t.Errorf("no band beside the calibration error")
	}
	r, err = Evaluate(t.Context(), letterTask(t, "answer", `{"text":"adeq","relevant":["abc"]}
{"text":"xyqq","relevant":["def"]}
`), letterParts(), nil)
	if err != nil {
		t.Fatal(err)
	}
	// Both are asked back; abc is the second suggestion of the first, def is none of the second's.
	if !near(r.Metrics["clarified"], 1) || !near(r.Metrics["helped"], .5) || !near(r.Metrics["coverage"], 0) {
		t.Errorf("clarified %g, helped %g, coverage %g; want 1, .5 and 0", r.Metrics["clarified"], r.Metrics["helped"], r.Metrics["coverage"])
	}
}

func TestRetrievalTasksNameWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ kind, queries, want string }{
		{"retrieval", `{"text":"a","relevant":["nobody"]}`, `q.jsonl line 1: there is no document "nobody"`},
		{"retrieval", `{"text":"a","relevant":[]}`, `q.jsonl line 1: the key "relevant" is empty`},
		{"answer", "{\"text\":\"a\",\"relevant\":[]}\n{\"text\":\"b\"}", `q.jsonl line 2: the key "relevant" is missing`},
	} {
		_, err := Evaluate(t.Context(), letterTask(t, c.kind, c.queries), letterParts(), nil)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	if _, err := Evaluate(t.Context(), letterTask(t, "retrieval", `{"text":"a","relevant":["abc"]}`), Parts{}, nil); !fault.Is(err, fault.Unavailable) {
		t.Errorf("error %v without a library, want unavailable", err)
	}
}
