package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/training"
)

// newCatalogue is one over the world's database, with two intents that come with it.
func (w *world) newCatalogue() *training.Catalogue {
	var version int
	model := &intents.Model{}
	starter := intents.Set{Intents: []intents.Intent{{Name: "greeting", Class: intents.ClassSmalltalk}, {Name: "thanks", Class: intents.ClassSmalltalk}}}
	for intent, texts := range map[string]string{"greeting": "hello|hi there|good morning", "thanks": "thank you|many thanks|cheers"} {
		for text := range strings.SplitSeq(texts, "|") {
			starter.Examples = append(starter.Examples, intents.Example{Intent: intent, Text: text, File: "starter.yml"})
		}
	}
	store := w.db.Training()
	return &training.Catalogue{
		Examples: store, Jobs: store, Base: func() (training.Base, error) { return training.Base{Starter: starter}, nil }, Now: w.now, Beat: time.Millisecond,
		Serving: func(bot.WorkspaceID) (int, *intents.Model) { return version, model },
		Trainer: &training.Trainer{Artefacts: store, Vectors: store, Embedder: hashes{}, Now: w.now, Use: func(_ bot.WorkspaceID, v int, m *intents.Model) error {
			version, model = v, m
			return nil
		}},
	}
}

// work does what lies in the outbox.
func (w *world) work() {
	w.t.Helper()
	if err := w.db.Outbox(context.Background(), func(kind, workspace, subject string) (bool, error) {
		return true, w.catalogue.Work(context.Background(), ws, subject)
	}); err != nil {
		w.t.Fatal(err)
	}
}

// An editor teaches an intent, trains, looks at what came of it and goes back.
func TestTeachAndTrain(t *testing.T) {
	w := newWorld(t, setup{})
	me := w.console(account.RoleEditor)
	var in api.TaughtIntent
	me.do("POST", "/intents", map[string]any{"name": "faq/opening", "description": "when the shop is open"}).want(t, 201).into(t, &in)
	if !in.Own || in.Class != "business" || in.Trained || in.Examples != 0 {
		t.Errorf("made %+v", in)
	}
	me.do("POST", "/intents", map[string]any{"name": "faq/opening"}).want(t, 409)
	me.do("POST", "/intents", map[string]any{"name": "greeting"}).want(t, 409)
	me.do("POST", "/intents", map[string]any{"name": "training"}).want(t, 422)
	me.do("POST", "/intents", map[string]any{"name": "a b"}).want(t, 422)

	add := func(intent, text, event string) answer {
		return me.do("POST", "/intents/"+intent+"/examples", map[string]any{"text": text, "from_event": event})
	}
	var first api.IntentExample
	add("faq%2Fopening", "when do you open", "").want(t, 201).into(t, &first)
	if first.From != "person" || first.By != "Lin" || first.Intent != "faq/opening" || !first.New {
		t.Errorf("added %+v", first)
	}
	var again api.IntentExample
	if add("faq%2Fopening", "  When do  you OPEN ", "").want(t, 201).into(t, &again); again.ID != first.ID || again.Text != first.Text {
		t.Errorf("the same words: %+v, want what is there", again)
	}
	var filed api.IntentExample
	if add("faq%2Fopening", "are you open on sundays", "event-1").want(t, 201).into(t, &filed); filed.From != "review" || filed.Event != "event-1" {
		t.Errorf("filed %+v", filed)
	}
	// The same words cannot be two intents'; those of the starting set give way.
	if a := add("thanks", "when do you open", "").want(t, 409); !strings.Contains(string(a.body), "faq/opening") || !strings.Contains(string(a.body), "thanks") {
		t.Errorf("contradiction without both names: %s", a)
	}
	add("faq%2Fopening", "hello", "").want(t, 201)
	add("nothing", "x", "").want(t, 404)
	for text, part := range map[string]string{
		"": "is empty", "😀😀": "neither letters nor digits", "a\x07b": "U+0007", strings.Repeat("long ", 10_000): "49999 characters, more than 4000",
		strings.Repeat("长", 50_000): "50000 characters",
	} {
		if a := add("faq%2Fopening", text, "").want(t, 422); !strings.Contains(string(a.body), part) {
			t.Errorf("%.10q: %s, want %q", text, a, part)
		}
	}

	var list api.TaughtIntents
	me.do("GET", "/intents", nil).want(t, 200).into(t, &list)
	if list.Version != nil || *list.Added != 3 || *list.Removed != 1 || len(list.Items) != 3 || list.Items[0].Stored != 3 || list.Items[1].Examples != 2 {
		t.Errorf("before the first training %+v", list)
	}
	var job api.Training
	if me.do("GET", "/intents/training", nil).want(t, 200).into(t, &job); job.State != "none" {
		t.Errorf("before the first training %+v", job)
	}
	me.do("DELETE", "/intents/training", nil).want(t, 409)
	if me.do("POST", "/intents/train", map[string]any{"note": "opening hours"}).want(t, 202).into(t, &job); job.State != "queued" || job.By != "Lin" {
		t.Errorf("asked for %+v", job)
	}
	me.do("POST", "/intents/train", nil).want(t, 409)
	w.work()
	if me.do("GET", "/intents/training", nil).want(t, 200).into(t, &job); job.State != "done" || job.Version != 1 || !job.Changed {
		t.Fatalf("trained %+v", job)
	}
	me.do("GET", "/intents", nil).want(t, 200).into(t, &list)
	if list.Version == nil || list.Version.Note != "opening hours" || list.Version.Examples != 8 || *list.Added+*list.Removed != 0 ||
		!list.Items[0].Trained || list.Items[0].HeldBack == nil || list.Items[0].HeldBack.Checked == 0 {
		t.Errorf("after the training %+v, %+v", list, list.Version)
	}

	me.do("DELETE", "/intents/faq%2Fopening/examples/"+first.ID, nil).want(t, 204)
	me.do("DELETE", "/intents/faq%2Fopening/examples/"+first.ID, nil).want(t, 404)
	me.do("DELETE", "/intents/greeting/examples/"+training.ExampleID("hi there"), nil).want(t, 409)
	me.do("PUT", "/intents/faq%2Fopening", map[string]any{"name": "opening", "class": "other"}).want(t, 200)
	me.do("PUT", "/intents/greeting", map[string]any{"name": "hail"}).want(t, 409)
	me.do("PUT", "/intents/greeting", map[string]any{"name": "greeting", "class": "smalltalk", "description": "says hello"}).want(t, 200)
	me.do("DELETE", "/intents/greeting", nil).want(t, 409)
	var page struct {
		Items []api.IntentExample
		Next  string
	}
	me.do("GET", "/intents/opening/examples?limit=1", nil).want(t, 200).into(t, &page)
	if len(page.Items) != 1 || page.Next == "" {
		t.Fatalf("first page %+v", page)
	}
	me.do("GET", "/intents/opening/examples?limit=1&cursor="+page.Next, nil).want(t, 200).into(t, &page)
	if len(page.Items) != 1 || page.Next != "" && page.Items[0].ID == "" {
		t.Errorf("second page %+v", page)
	}
	me.do("POST", "/intents/train", nil).want(t, 202)
	w.work()
	me.do("GET", "/intents/training", nil).want(t, 200).into(t, &job)
	if job.State != "done" || job.Version != 2 {
		t.Fatalf("trained again %+v", job)
	}
	var v api.IntentVersion
	if me.do("POST", "/intents/versions/1/activate", nil).want(t, 200).into(t, &v); !v.Active || v.Version != 1 {
		t.Errorf("put back %+v", v)
	}
	me.do("POST", "/intents/versions/9/activate", nil).want(t, 404)
	var versions struct{ Items []api.IntentVersion }
	me.do("GET", "/intents/versions", nil).want(t, 200).into(t, &versions)
	if len(versions.Items) != 2 || versions.Items[0].Active || !versions.Items[1].Active || versions.Items[1].By != "Lin" {
		t.Errorf("versions %+v", versions)
	}
	// What version 2 was trained on is there already: it goes back in service.
	me.do("POST", "/intents/train", nil).want(t, 202)
	w.work()
	if me.do("GET", "/intents/training", nil).want(t, 200).into(t, &job); job.Version != 2 || !job.Changed {
		t.Errorf("trained a third time %+v, want version 2 again", job)
	}
	me.do("DELETE", "/intents/opening", nil).want(t, 204)
	me.do("GET", "/intents/opening/examples", nil).want(t, 404)
}

// A training that waits is cancelled at once; what cannot be trained says why.
func TestTrainingThatDoesNotEndWell(t *testing.T) {
	w := newWorld(t, setup{})
	me := w.console(account.RoleAdministrator)
	me.do("POST", "/intents/train", nil).want(t, 202)
	var job api.Training
	if me.do("DELETE", "/intents/training", nil).want(t, 200).into(t, &job); job.State != "cancelled" || job.EndedAt == nil {
		t.Errorf("cancelled %+v", job)
	}
	w.work() // the queue still has it
	if me.do("GET", "/intents/training", nil).want(t, 200).into(t, &job); job.State != "cancelled" {
		t.Errorf("worked on in spite of it: %+v", job)
	}
	// What was imported before the folder said otherwise.
	store := w.db.Training()
	if err := store.ChangeExamples(t.Context(), ws, nil, []training.Example{{ID: "x", Intent: "other", Text: "a\x07b", From: training.FromImport}}); err != nil {
		t.Fatal(err)
	}
	me.do("POST", "/intents/train", nil).want(t, 202)
	w.work()
	me.do("GET", "/intents/training", nil).want(t, 200).into(t, &job)
	if job.State != "failed" || len(job.Problems) != 1 || !strings.Contains(job.Problems[0].Message, "U+0007") || job.Version != 0 {
		t.Errorf("unusable %+v", job)
	}
	if a := me.do("GET", "/intents/versions", nil).want(t, http.StatusOK); strings.Contains(string(a.body), `"version"`) {
		t.Errorf("a failed training left %s", a)
	}
}
