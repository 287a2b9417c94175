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

// TrainingStores are the contracts of package training over one empty database.
type TrainingStores struct {
	Artefacts      training.ArtefactStore
	Reviewed       training.ReviewStore
	Checks         training.CheckStore
	Releases       training.ReleaseStore
	Vectors        training.VectorStore
	Documents      knowledge.Store
	Examples       training.ExampleStore
	ExampleVectors training.ExampleVectorStore
	Jobs           training.JobStore
	Outbox         Outbox
}

// RunTraining exercises an engine's training stores.
func RunTraining(t *testing.T, open func(t *testing.T) TrainingStores) {
	t.Run("Artefacts", func(t *testing.T) { testArtefacts(t, open(t).Artefacts) })
	t.Run("KeptArtefacts", func(t *testing.T) { testKeptArtefacts(t, open(t).Artefacts) })
	t.Run("Reviewed", func(t *testing.T) { testReviewed(t, open(t).Reviewed) })
	t.Run("Checks", func(t *testing.T) { testChecks(t, open(t)) })
	t.Run("Releases", func(t *testing.T) { testReleases(t, open(t)) })
	t.Run("PutVectors", func(t *testing.T) { testPutVectors(t, open(t)) })
	t.Run("Examples", func(t *testing.T) { testExamples(t, open(t).Examples) })
	t.Run("Contradictions", func(t *testing.T) { testContradictions(t, open(t).Examples) })
	t.Run("ExampleVectors", func(t *testing.T) { testExampleVectors(t, open(t).ExampleVectors) })
	t.Run("Jobs", func(t *testing.T) { s := open(t); testTrainingJobs(t, s.Jobs, s.Outbox) })
}

func testArtefacts(t *testing.T, s training.ArtefactStore) {
	ctx := t.Context()
	if _, err := s.Artefact(ctx, "w", "intents", 0); !fault.Is(err, fault.NotFound) {
		t.Errorf("nothing trained: got %v, want not found", err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	for i, blob := range []string{"one", "two"} {
		v, err := s.PutArtefact(ctx, training.Artefact{
			Workspace: "w", Kind: "intents", Hash: blob, Note: "n " + blob, By: "a", Intents: 2, Examples: 9, HeldBack: 5, Accuracy: .75, Blob: []byte(blob), CreatedAt: at,
		})
		if err != nil || v != i+1 {
			t.Fatalf("PutArtefact %q = %d, %v; want version %d", blob, v, err, i+1)
		}
	}
	if v, err := s.PutArtefact(ctx, training.Artefact{Workspace: "other", Kind: "intents", Blob: []byte("x"), CreatedAt: at}); err != nil || v != 1 {
		t.Errorf("another workspace starts at %d, %v; want 1", v, err)
	}
	want := training.Artefact{
		Workspace: "w", Kind: "intents", Version: 2, Hash: "two", Note: "n two", By: "a", Intents: 2, Examples: 9, HeldBack: 5, Accuracy: .75,
		Active: true, Blob: []byte("two"), CreatedAt: at,
	}
	got, err := s.Artefact(ctx, "w", "intents", 0)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("active (-want +got):\n%s", d)
	}
	if err := s.ActivateArtefact(ctx, "w", "intents", 1); err != nil {
		t.Fatal(err)
	}
	if got, err = s.Artefact(ctx, "w", "intents", 0); err != nil || got.Version != 1 {
		t.Errorf("after going back: version %d, %v; want 1", got.Version, err)
	}
	if err := s.ActivateArtefact(ctx, "w", "intents", 9); !fault.Is(err, fault.NotFound) {
		t.Errorf("unknown version: got %v, want not found", err)
	}
	if got, err = s.Artefact(ctx, "w", "intents", 0); err != nil || got.Version != 1 {
		t.Errorf("a refused change left version %d, %v in service; want 1", got.Version, err)
	}
	list, err := s.Artefacts(ctx, "w", "intents", 10)
	if err != nil || len(list) != 2 || list[0].Version != 2 || list[0].Active || list[1].Version != 1 || !list[1].Active || list[0].Blob != nil {
		t.Errorf("Artefacts = %+v, %v; want versions 2 and 1, the latter active, without blobs", list, err)
	}
	if got, err = s.Artefact(ctx, "w", "intents", 2); err != nil || got.Version != 2 || got.Active || string(got.Blob) != "two" {
		t.Errorf("version 2: %+v, %v", got, err)
	}
	if _, err = s.Artefact(ctx, "w", "intents", 9); !fault.Is(err, fault.NotFound) {
		t.Errorf("version 9: %v, want not found", err)
	}
}

// Old versions go, the one in service never does, and numbers are not used twice.
func testKeptArtefacts(t *testing.T, s training.ArtefactStore) {
	ctx := t.Context()
	put := func() int {
		t.Helper()
		v, err := s.PutArtefact(ctx, training.Artefact{Workspace: "w", Kind: "intents", Blob: []byte("x"), CreatedAt: time.Unix(1, 0)})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for range training.KeepArtefacts + 2 {
		put()
	}
	if err := s.ActivateArtefact(ctx, "w", "intents", 3); err != nil {
		t.Fatal(err)
	}
	if v := put(); v != training.KeepArtefacts+3 {
		t.Errorf("next version %d, want %d", v, training.KeepArtefacts+3)
	}
	list, err := s.Artefacts(ctx, "w", "intents", 200)
	if err != nil || len(list) != training.KeepArtefacts || list[len(list)-1].Version != 4 {
		t.Errorf("%d versions kept, %v; want %d down to version 4", len(list), err, training.KeepArtefacts)
	}
}

func testReviewed(t *testing.T, s training.ReviewStore) {
	ctx := t.Context()
	at := time.Unix(1, 0).UTC()
	for range 2 { // repeating it changes nothing
		if err := s.MarkReviewed(ctx, "w", []bot.EventID{"a", "b"}, "editor", at); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Reviewed(ctx, "w", []bot.EventID{"b", "c"})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[bot.EventID]bool{"b": true}, got); d != "" {
		t.Errorf("reviewed (-want +got):\n%s", d)
	}
	if got, err = s.Reviewed(ctx, "other", []bot.EventID{"a"}); err != nil || len(got) != 0 {
		t.Errorf("another workspace sees %v, %v", got, err)
	}
	if got, err = s.Reviewed(ctx, "w", nil); err != nil || len(got) != 0 {
		t.Errorf("no events: %v, %v", got, err)
	}
}
