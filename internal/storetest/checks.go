package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/knowledge"
	"github.com/frontdesk-chat/frontdesk/training"
)

func testChecks(t *testing.T, s TrainingStores) {
	ctx := t.Context()
	r := page("fees.md", "Fees")
	r.Document.Audience = "members"
	if err := s.Documents.Save(ctx, []knowledge.Revision{r}); err != nil {
		t.Fatal(err)
	}
	doc := r.Document
	line := func(i int, wording string, d knowledge.DocumentID) training.Check {
		t.Helper()
		c := training.Check{
			Workspace: workspace, ID: training.CheckID("line " + wording), Question: wording + "?", Language: "en", Document: d, Event: "e", By: "ann",
			At: start.Add(time.Duration(i) * time.Second),
		}
		got, err := s.Checks.PutCheck(ctx, wording, c)
		if err != nil || got != c.ID {
			t.Fatalf("put %q: %q, %v", wording, got, err)
		}
		return c
	}
	first, second := line(1, "what does it cost", doc.ID), line(2, "who won", "")
	first.Title, first.Audience, first.Status = doc.Title, doc.Audience, doc.Status
	list := func(ws bot.WorkspaceID) []training.Check {
		t.Helper()
		lines, err := s.Checks.Checks(ctx, ws)
		if err != nil {
			t.Fatal(err)
		}
		return lines
	}
	if d := cmp.Diff([]training.Check{second, first}, list(workspace)); d != "" {
		t.Errorf("lines, newest first (-want +got):\n%s", d)
	}
	if got := list("other"); len(got) != 0 {
		t.Errorf("another workspace sees %+v", got)
	}

	ran := training.Outcome{At: start.Add(time.Hour), Right: true, Decision: bot.DecideAnswer, Document: doc.ID, Title: "t", Answer: "a", Confidence: .5}
	if err := s.Checks.PutOutcomes(ctx, workspace, map[training.CheckID]training.Outcome{first.ID: ran, "gone": ran}); err != nil {
		t.Fatal(err)
	}
	first.Last = &ran
	if d := cmp.Diff([]training.Check{second, first}, list(workspace)); d != "" {
		t.Errorf("after a run (-want +got):\n%s", d)
	}

	// The same wording moves to another document, keeps its ID, and has not run.
	again := first
	again.ID, again.Document, again.At, again.By = "another ID", "", start.Add(3*time.Second), "bob"
	if got, err := s.Checks.PutCheck(ctx, "what does it cost", again); err != nil || got != first.ID {
		t.Errorf("the same wording: %q, %v; want %q", got, err, first.ID)
	}
	again.ID, again.Title, again.Audience, again.Status, again.Last = first.ID, "", "", "", nil
	if d := cmp.Diff([]training.Check{again, second}, list(workspace)); d != "" {
		t.Errorf("after the same wording (-want +got):\n%s", d)
	}

	if err := s.Checks.DeleteCheck(ctx, "other", first.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("a line of another workspace: got %v, want not found", err)
	}
	if err := s.Checks.DeleteCheck(ctx, workspace, first.ID); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]training.Check{second}, list(workspace)); d != "" {
		t.Errorf("after a removal (-want +got):\n%s", d)
	}
}

func testReleases(t *testing.T, s TrainingStores) {
	ctx := t.Context()
	var want []training.Release
	for i, state := range []training.ReleaseState{training.ReleaseStopped, training.ReleaseDespite} {
		r := training.Release{
			Workspace: workspace, ID: string(state), Subject: "Fees", State: state, Despite: "因为", By: "ann", At: start.Add(time.Duration(i) * time.Second),
			Verdict: training.Verdict{Lines: 3, RightBefore: 2, RightAfter: 1, P: .5, Stops: true, Broken: []training.Flip{{
				Check: "c", Question: "q", Document: "d", Title: "t", Before: training.Outcome{Right: true, Answer: "a"}, After: training.Outcome{Decision: bot.DecideRefuse},
			}}},
		}
		if err := s.Releases.AddRelease(ctx, r); err != nil {
			t.Fatal(err)
		}
		want = append([]training.Release{r}, want...)
	}
	got, err := s.Releases.Releases(ctx, workspace, 10)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("releases, newest first (-want +got):\n%s", d)
	}
	if got, err = s.Releases.Releases(ctx, workspace, 1); err != nil || len(got) != 1 || got[0].ID != want[0].ID {
		t.Errorf("the newest: %+v, %v", got, err)
	}
	if got, err = s.Releases.Releases(ctx, "other", 10); err != nil || len(got) != 0 {
		t.Errorf("another workspace sees %+v, %v", got, err)
	}
}

func testPutVectors(t *testing.T, s TrainingStores) {
	ctx := t.Context()
	for _, v := range [][]float32{{1, .5}, {0, 0}} { // what is known stays as it is
		if err := s.Vectors.PutVectors(ctx, workspace, model, map[string][]float32{"h": v}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		ws    bot.WorkspaceID
		model string
		want  map[string][]float32
	}{{workspace, model, map[string][]float32{"h": {1, .5}}}, {"other", model, map[string][]float32{}}, {workspace, "other", map[string][]float32{}}} {
		got, err := s.Vectors.Vectors(ctx, c.ws, c.model, []string{"h", "absent"})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("vectors of %s by %s (-want +got):\n%s", c.ws, c.model, d)
		}
	}
}
