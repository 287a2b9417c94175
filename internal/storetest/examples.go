package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/training"
)

func testExamples(t *testing.T, s training.ExampleStore) {
	ctx := t.Context()
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	taught := func(ws bot.WorkspaceID, wantIntents []intents.Intent, want ...training.Example) {
		t.Helper()
		declared, examples, err := s.Taught(ctx, ws)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(wantIntents, declared, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("intents (-want +got):\n%s", d)
		}
		if d := cmp.Diff(want, examples, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("examples (-want +got):\n%s", d)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	taught("w", nil)
	refund := intents.Intent{Name: "refund", Class: intents.ClassBusiness, Description: "money back"}
	must(s.PutIntent(ctx, "w", "", refund))
	must(s.PutIntent(ctx, "w", "", intents.Intent{Name: "delivery"}))
	must(s.PutIntent(ctx, "other", "", refund))
	if err := s.PutIntent(ctx, "w", "", refund); !fault.Is(err, fault.Conflict) {
		t.Errorf("the same name again: %v, want conflict", err)
	}
	if err := s.PutIntent(ctx, "w", "delivery", refund); !fault.Is(err, fault.Conflict) {
		t.Errorf("renamed to one that is there: %v, want conflict", err)
	}
	if err := s.PutIntent(ctx, "w", "gone", refund); !fault.Is(err, fault.NotFound) {
		t.Errorf("a change of what is not there: %v, want not found", err)
	}
	old := training.Example{ID: "1", Intent: "refund", Text: "money back", From: training.FromFile, At: at}
	young := training.Example{ID: "2", Intent: "refund", Text: "退款", From: training.FromReview, Event: "e", By: "a", At: at.Add(time.Second)}
	loose := training.Example{ID: "3", Intent: "chat", Text: "hi", From: training.FromPerson, By: "a", At: at}
	for range 2 { // again changes nothing
		must(s.ChangeExamples(ctx, "w", nil, []training.Example{old, young, loose}))
	}
	taught("w", []intents.Intent{{Name: "delivery"}, refund}, loose, young, old)
	taught("other", []intents.Intent{refund})

	must(s.PutIntent(ctx, "w", "refund", intents.Intent{Name: "returns", Class: intents.ClassBusiness}))
	old.Intent, young.Intent = "returns", "returns"
	taught("w", []intents.Intent{{Name: "delivery"}, {Name: "returns", Class: intents.ClassBusiness}}, loose, young, old)

	must(s.ChangeExamples(ctx, "w", []string{"1", "never there"}, nil))
	taught("w", []intents.Intent{{Name: "delivery"}, {Name: "returns", Class: intents.ClassBusiness}}, loose, young)

	must(s.DeleteIntent(ctx, "w", "returns"))
	must(s.DeleteIntent(ctx, "w", "chat")) // was never declared
	taught("w", []intents.Intent{{Name: "delivery"}})
	if err := s.DeleteIntent(ctx, "w", "returns"); !fault.Is(err, fault.NotFound) {
		t.Errorf("removed twice: %v, want not found", err)
	}
	taught("other", []intents.Intent{refund})
}

// Words have one intent, and a change that would give them two leaves everything as it is.
func testContradictions(t *testing.T, s training.ExampleStore) {
	ctx := t.Context()
	a := training.Example{ID: "1", Intent: "a", Text: "x", From: training.FromPerson, At: time.Unix(1, 0).UTC()}
	if err := s.ChangeExamples(ctx, "w", nil, []training.Example{a}); err != nil {
		t.Fatal(err)
	}
	b, c := a, a
	b.Intent, c.ID = "b", "2"
	err := s.ChangeExamples(ctx, "w", nil, []training.Example{c, b})
	if !fault.Is(err, fault.Conflict) || fault.Message(err) != fault.Message(training.Contradiction("b", "a")) {
		t.Errorf("the same words of another intent: %v, want conflict with both names", err)
	}
	if _, got, err := s.Taught(ctx, "w"); err != nil || !cmp.Equal(got, []training.Example{a}) {
		t.Errorf("afterwards %+v, %v; want the first alone", got, err)
	}
	// To move them is one change.
	if err := s.ChangeExamples(ctx, "w", []string{"1"}, []training.Example{b}); err != nil {
		t.Errorf("moved: %v", err)
	}
}

func testExampleVectors(t *testing.T, s training.ExampleVectorStore) {
	ctx := t.Context()
	look := func(model string, want map[string][]byte) {
		t.Helper()
		got, err := s.Vectors(ctx, "w", model)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", model, d)
		}
	}
	for _, put := range []struct {
		ws    bot.WorkspaceID
		model string
		rows  map[string][]byte
	}{
		{"w", "m", map[string][]byte{"a": {1}, "b": {2}}},
		{"w", "m", map[string][]byte{"b": {9}, "c": {3}}},
		{"w", "old", map[string][]byte{"a": {7}}},
		{"other", "m", map[string][]byte{"a": {8}}},
	} {
		if err := s.PutVectors(ctx, put.ws, put.model, put.rows); err != nil {
			t.Fatal(err)
		}
	}
	look("m", map[string][]byte{"a": {1}, "b": {2}, "c": {3}})
	if err := s.KeepVectors(ctx, "w", "m", []string{"b", "x"}); err != nil {
		t.Fatal(err)
	}
	look("m", map[string][]byte{"b": {2}})
	look("old", map[string][]byte{})
	if got, err := s.Vectors(ctx, "other", "m"); err != nil || len(got) != 1 {
		t.Errorf("another workspace has %v, %v; want its own", got, err)
	}
}

func testTrainingJobs(t *testing.T, s training.JobStore, outbox Outbox) {
	ctx := t.Context()
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	if j, err := s.Job(ctx, "w"); err != nil || !cmp.Equal(j, training.Job{Workspace: "w"}) {
		t.Errorf("before the first: %+v, %v", j, err)
	}
	j := training.Job{Workspace: "w", ID: "one", State: training.JobQueued, By: "a", QueuedAt: at}
	if err := s.PutJob(ctx, j, true); err != nil {
		t.Fatal(err)
	}
	if err := s.PutJob(ctx, j, true); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second first one: %v, want conflict", err)
	}
	j.Revision, j.State, j.Stage, j.Done, j.All, j.Attempt, j.Cancel, j.BeatAt = 1, training.JobRunning, "embed", 3, 7, 1, true, at
	j.Problems = []fault.Field{{Name: "f:1", Problem: "bad"}}
	if err := s.PutJob(ctx, j, false); err != nil {
		t.Fatal(err)
	}
	if err := s.PutJob(ctx, j, true); !fault.Is(err, fault.Conflict) {
		t.Errorf("what somebody else has changed: %v, want conflict", err)
	}
	j.Revision = 2
	got, err := s.Job(ctx, "w")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(j, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got, err := s.Job(ctx, "other"); err != nil || got.Revision != 0 {
		t.Errorf("another workspace: %+v, %v", got, err)
	}
	var asked []string
	if err := outbox.Outbox(ctx, func(kind, workspace, subject string) (bool, error) {
		asked = append(asked, kind+" "+workspace+" "+subject)
		return true, nil
	}); err != nil || !slices.Equal(asked, []string{"train w one"}) {
		t.Errorf("asked for %q, %v; want the first only: a refused change asks for nothing", asked, err)
	}
}
