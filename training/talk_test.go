package training_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/bot/bottest"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/knowledge"
	"github.com/frontdesk-chat/frontdesk/training"
)

// shelf is the kit's library as evaluation fills it; documents keep their ids.
type shelf struct {
	bottest.Library
	ids map[knowledge.DocumentID]knowledge.DocumentID
}

func (s *shelf) Add(_ context.Context, docs []knowledge.Document) error {
	for _, d := range docs {
		s.Documents = append(s.Documents, bottest.Document{Question: d.Question, Answer: d.Answer})
		s.ids[knowledge.DocumentID("doc"+string(rune('0'+len(s.Documents))))] = d.ID
	}
	return nil
}

func (s *shelf) Search(ctx context.Context, q knowledge.Query) (knowledge.Result, error) {
	r, err := s.Library.Search(ctx, q)
	for i := range r.Candidates {
		r.Candidates[i].Document = s.ids[r.Candidates[i].Document]
	}
	return r, err
}

func (s *shelf) Close() error { return nil }

func talkParts() training.Parts {
	return training.Parts{
		NewLibrary: func(context.Context) (training.Library, error) {
			return &shelf{ids: map[knowledge.DocumentID]knowledge.DocumentID{}}, nil
		},
		NewEngine: func(_ context.Context, l training.Library) (training.Engine, error) {
			return bot.New(bot.Parts{Understander: bottest.Reader{}, Retriever: l, Embedder: bottest.Embedder{}, Now: time.Now}, nil)
		},
	}
}

// folder writes a task: its kind, and files by role.
func folder(t *testing.T, kind string, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	task := `{"name":"small","kind":"` + kind + `"`
	for role, text := range files {
		task += `,"` + role + `":"` + role + `.jsonl"`
		if err := os.WriteFile(filepath.Join(dir, role+".jsonl"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "task.json"), []byte(task+"}"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

const talkDocuments = `{"id":"home","language":"en","question":"How long does delivery take within the country?","answer":"Two to four working days."}
{"id":"canada","language":"en","question":"How long does delivery to Canada take?","answer":"Nine working days."}
{"id":"pay","language":"en","question":"Which payment methods are there?","answer":"Cards and bank transfer."}
`

func evaluate(t *testing.T, dir string) *training.Result {
	t.Helper()
	r, err := training.Evaluate(t.Context(), dir, talkParts(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func wantMetrics(t *testing.T, r *training.Result, want map[string]float64) {
	t.Helper()
	for name, v := range want {
		if got, ok := r.Metrics[name]; !ok || got != v {
			t.Errorf("%s = %v (there: %v), want %v", name, got, ok, v)
		}
	}
}

func TestEvaluateFollowup(t *testing.T) {
	r := evaluate(t, folder(t, "followup", map[string]string{"documents": talkDocuments, "queries": `
{"context":[{"role":"visitor","text":"How long does delivery take within the country?"},{"role":"bot","text":"Two to four working days."}],"text":"and to Canada?","full":"How long does delivery to Canada take?","relevant":["canada"],"stands_alone":false,"slice":"a"}
{"context":[{"role":"visitor","text":"How long does delivery to Canada take?"},{"role":"bot","text":"Nine working days."}],"text":"Which payment methods are there?","full":"Which payment methods are there?","relevant":["pay"],"stands_alone":true,"slice":"b"}
`}))
	wantMetrics(t, r, map[string]float64{"r1_dependent": 1, "r1_complete": 1, "full_r1": 1, "alone_r1": 1, "needless": 0})
	if r.N["queries"] != 2 || r.N["documents"] != 3 || r.Slices["a"]["r1"] != 1 {
		t.Errorf("n %v, slices %v", r.N, r.Slices)
	}
}

func TestEvaluateEscalation(t *testing.T) {
	r := evaluate(t, folder(t, "escalation", map[string]string{"documents": talkDocuments, "scenarios": `
{"id":"1","trigger":"asked","turns":["hello","I want a person"],"expect":{"outcome":"handoff","turn":1,"tolerance":0}}
{"id":"2","trigger":"asked","turns":["I want a person"],"expect":{"outcome":"offer","turn":0,"tolerance":0}}
{"id":"3","trigger":"none","turns":["Which payment methods are there?","thanks"],"expect":{"outcome":"none","turn":null,"tolerance":0}}
{"id":"4","trigger":"none","turns":["I want a person"],"expect":{"outcome":"none","turn":null,"tolerance":0}}
{"id":"5","trigger":"unhappy","turns":["Which payment methods are there?","thanks"],"expect":{"outcome":"offer","turn":1,"tolerance":1}}
{"id":"6","trigger":"asked","turns":["I want a person","hello","hello"],"expect":{"outcome":"handoff","turn":2,"tolerance":1}}
`}))
	wantMetrics(t, r, map[string]float64{"met": .5, "exact": .5, "early": .25, "late": 0, "missed": .25, "needless": .5, "cost": 1, "doom_loops": 0})
	if r.Slices["asked"]["n"] != 3 || r.Slices["unhappy"]["met"] != 0 {
		t.Errorf("slices %v", r.Slices)
	}
}

func TestEvaluateRewrite(t *testing.T) {
	r := evaluate(t, folder(t, "rewrite", map[string]string{"test": `
{"context":[{"role":"visitor","text":"Do you sell tea?"}],"text":"How long does delivery to Canada take in winter?","rewrite":"How long does delivery to Canada take in winter?"}
{"context":[],"topic":["Tea"],"text":"绿茶用多少度的水泡比较好","rewrite":"绿茶用多少度的水泡比较好"}
`}))
	wantMetrics(t, r, map[string]float64{"exact": 1})
	if b := r.Metrics["bleu4"]; b < 99.99 || b > 100.01 {
		t.Errorf("bleu4 = %v of what was left as it is", b)
	}
}

func TestTalkTasksNameWhatIsWrong(t *testing.T) {
	good := `{"context":[{"role":"visitor","text":"a"}],"text":"b","full":"c","relevant":["pay"],"stands_alone":true}` + "\n"
	for want, c := range map[string]struct {
		kind  string
		files map[string]string
	}{
		`queries.jsonl line 2: the key "full" is missing`: {"followup", map[string]string{"documents": talkDocuments, "queries": good + `{"context":[],"text":"b","relevant":["pay"],"stands_alone":true}`}},
		`there is no document "nowhere"`:                  {"followup", map[string]string{"documents": talkDocuments, "queries": strings.ReplaceAll(good, "pay", "nowhere")}},
		`the role "cat" is not known`:                     {"followup", map[string]string{"documents": talkDocuments, "queries": strings.ReplaceAll(good, "visitor", "cat")}},
		`a document needs`:                                {"followup", map[string]string{"documents": `{"id":"x","language":"en"}`, "queries": good}},
		`outcome "maybe" is not known`:                    {"escalation", map[string]string{"documents": talkDocuments, "scenarios": `{"id":"1","trigger":"a","turns":["x"],"expect":{"outcome":"maybe","turn":0,"tolerance":0}}`}},
		`needs a turn from 0 to 0`:                        {"escalation", map[string]string{"documents": talkDocuments, "scenarios": `{"id":"1","trigger":"a","turns":["x"],"expect":{"outcome":"offer","turn":1,"tolerance":0}}`}},
		`a scenario needs turns`:                          {"escalation", map[string]string{"documents": talkDocuments, "scenarios": `{"id":"1","trigger":"a","turns":[],"expect":{"outcome":"none","turn":null,"tolerance":0}}`}},
	} {
		_, err := training.Evaluate(t.Context(), folder(t, c.kind, c.files), talkParts(), nil)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %q", err, want)
		}
	}
	if _, err := training.Evaluate(t.Context(), folder(t, "followup", map[string]string{"documents": talkDocuments, "queries": good}), training.Parts{}, nil); !fault.Is(err, fault.Unavailable) {
		t.Errorf("without an engine: %v, want unavailable", err)
	}
}
