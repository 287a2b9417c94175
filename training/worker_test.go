package training_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/sqlite"
	"github.com/frontdesk-chat/frontdesk/training"
)

// letters embeds a text by its letters, and can be held up.
type letters struct {
	texts atomic.Int32
	hold  chan chan struct{} // each call waits until what it sends is closed; nil: none waits
}

func (e *letters) Model() string { return "letters" }

func (e *letters) EmbedQueries(ctx context.Context, texts []string) ([][]float32, error) {
	if e.hold != nil {
		on := make(chan struct{})
		select {
		case e.hold <- on:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		select {
		case <-on:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	out := make([][]float32, len(texts))
	for i, s := range texts {
		e.texts.Add(1)
		out[i] = make([]float32, 27)
		out[i][26] = 1
		for _, r := range strings.ToLower(s) {
			if r >= 'a' && r <= 'z' {
				out[i][r-'a'] += .3
			}
		}
	}
	return out, nil
}

// desk is a catalogue over a real store.
type desk struct {
	*training.Catalogue
	store   *sqlite.Training
	db      *sqlite.DB
	embed   *letters
	version int
	ahead   time.Duration
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{embed: &letters{}}
	now := func() time.Time { return time.Unix(1_700_000_000, 0).Add(d.ahead).UTC() }
	db, err := sqlite.Open(t.Context(), t.TempDir(), &sqlite.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	d.db, d.store = db, db.Training()
	d.Catalogue = &training.Catalogue{
		Examples: d.store, Jobs: d.store, Base: func() (training.Base, error) { return training.Base{}, nil }, Now: now, Beat: time.Millisecond,
		Serving: func(bot.WorkspaceID) (int, *intents.Model) { return 0, &intents.Model{} },
		Trainer: &training.Trainer{Artefacts: d.store, Vectors: d.store, Embedder: d.embed, Now: now, Use: func(_ bot.WorkspaceID, v int, _ *intents.Model) error {
			d.version = v
			return nil
		}},
	}
	for _, name := range []string{"refund", "delivery"} {
		if err := d.AddIntent(t.Context(), "w", intents.Intent{Name: name}); err != nil {
			t.Fatal(err)
		}
		for i := range 8 {
			d.add(t, name, fmt.Sprintf("%s %c question", name, 'a'+i))
		}
	}
	return d
}

func (d *desk) add(t *testing.T, intent, text string) {
	t.Helper()
	if _, err := d.AddExample(t.Context(), "w", training.Example{Intent: intent, Text: text, From: training.FromPerson}); err != nil {
		t.Fatal(err)
	}
}

func (d *desk) start(t *testing.T) training.Job {
	t.Helper()
	j, err := d.Start(t.Context(), training.Service{Workspace: "w", By: "a"})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func (d *desk) state(t *testing.T) training.Job {
	t.Helper()
	j, err := d.Job(t.Context(), "w")
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// The dear part of a training is done once: after one more example only it is embedded.
func TestEmbeddingsAreRemembered(t *testing.T) {
	d := newDesk(t)
	if err := d.Work(t.Context(), "w", d.start(t).ID); err != nil || d.version != 1 {
		t.Fatalf("version %d, %v", d.version, err)
	}
	if n := d.embed.texts.Swap(0); n != 18 {
		t.Errorf("%d texts embedded, want 16 examples and two names", n)
	}
	d.add(t, "refund", "another one")
	if err := d.Work(t.Context(), "w", d.start(t).ID); err != nil || d.version != 2 {
		t.Fatalf("version %d, %v", d.version, err)
	}
	if n := d.embed.texts.Load(); n != 1 {
		t.Errorf("%d texts embedded, want the new one", n)
	}
	// What is not asked for any more is forgotten.
	if err := d.RemoveIntent(t.Context(), "w", "refund"); err != nil {
		t.Fatal(err)
	}
	d.add(t, "delivery", "where is it")
	if err := d.AddIntent(t.Context(), "w", intents.Intent{Name: "gift_card"}); err != nil {
		t.Fatal(err)
	}
	d.add(t, "gift_card", "something else")
	if err := d.Work(t.Context(), "w", d.start(t).ID); err != nil {
		t.Fatal(err)
	}
	if v, err := d.store.Vectors(t.Context(), "w", "letters"); err != nil || len(v) != 12 {
		t.Errorf("%d vectors kept, %v; want 10 examples and two names", len(v), err)
	}
}

func TestCancelWhileItRuns(t *testing.T) {
	d := newDesk(t)
	if err := d.Work(t.Context(), "w", d.start(t).ID); err != nil {
		t.Fatal(err)
	}
	d.add(t, "refund", "another one")
	d.embed.hold = make(chan chan struct{})
	j := d.start(t)
	ended := make(chan error, 1)
	go func() { ended <- d.Work(t.Context(), "w", j.ID) }()
	<-d.embed.hold
	if _, err := d.Start(t.Context(), training.Service{Workspace: "w", By: "a"}); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second training: %v, want conflict", err)
	}
	if j, err := d.Cancel(t.Context(), "w"); err != nil || !j.Cancel {
		t.Errorf("cancelled %+v, %v", j, err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if j := d.state(t); j.State != training.JobCancelled || d.version != 1 {
		t.Errorf("%+v with version %d in service, want it cancelled and version 1", j, d.version)
	}
	if v, err := d.Versions(t.Context(), "w"); err != nil || len(v) != 1 || !v[0].Active {
		t.Errorf("versions %+v, %v", v, err)
	}
}

// A training whose node went silent is taken up under another name; the old node,
// should it wake, changes nothing any more.
func TestSilentTrainingGoesOnElsewhere(t *testing.T) {
	d := newDesk(t)
	d.embed.hold = make(chan chan struct{})
	d.Beat = time.Hour // shows no sign of life
	old := d.start(t)
	ended := make(chan error, 1)
	go func() { ended <- d.Work(t.Context(), "w", old.ID) }()
	on := <-d.embed.hold
	if err := d.Sweep(t.Context(), "w", false); err != nil || d.state(t).ID != old.ID {
		t.Fatalf("swept at once: %+v, %v", d.state(t), err)
	}
	d.ahead = time.Minute
	if err := d.Sweep(t.Context(), "w", false); err != nil {
		t.Fatal(err)
	}
	taken := d.state(t)
	if taken.ID == old.ID || taken.State != training.JobQueued || taken.Attempt != 1 {
		t.Fatalf("swept: %+v", taken)
	}
	hold := d.embed.hold
	d.embed.hold = nil
	if err := d.Work(t.Context(), "w", taken.ID); err != nil || d.version != 1 {
		t.Fatalf("taken up: version %d, %v", d.version, err)
	}
	close(on)
	for {
		select {
		case on := <-hold:
			close(on)
			continue
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		}
		break
	}
	if j := d.state(t); j.ID != taken.ID || j.State != training.JobDone || j.Version != 1 || j.Attempt != 2 {
		t.Errorf("at the end %+v", j)
	}
	if v, err := d.Versions(t.Context(), "w"); err != nil || len(v) != 1 || d.version != 1 {
		t.Errorf("versions %+v, %v; want the one of who took it up", v, err)
	}
}

// A stop leaves the training to be taken up and uses up no attempt; a program that
// ends by itself does, and the third time is the last.
func TestClosingAndDying(t *testing.T) {
	d := newDesk(t)
	d.embed.hold = make(chan chan struct{})
	j := d.start(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Work(ctx, "w", j.ID) }()
	<-d.embed.hold
	stop()
	if err := <-ended; err == nil {
		t.Error("a training that was cut off reports that it is over")
	}
	if j := d.state(t); j.State != training.JobQueued || j.Attempt != 0 {
		t.Errorf("after a stop %+v", j)
	}
	for attempt := 1; attempt <= 3; attempt++ {
		j = d.state(t)
		j.State, j.Attempt = training.JobRunning, attempt // as a killed program leaves it
		if err := d.store.PutJob(t.Context(), j, false); err != nil {
			t.Fatal(err)
		}
		if err := d.Sweep(t.Context(), "w", true); err != nil {
			t.Fatal(err)
		}
	}
	d.embed.hold = nil
	if err := d.Work(t.Context(), "w", d.state(t).ID); err != nil {
		t.Fatal(err)
	}
	if j := d.state(t); j.State != training.JobFailed || !strings.Contains(j.Error, "three times") || d.version != 0 {
		t.Errorf("after three kills %+v", j)
	}
	// A person may ask again.
	if err := d.Work(t.Context(), "w", d.start(t).ID); err != nil || d.version != 1 {
		t.Errorf("asked again: version %d, %v", d.version, err)
	}
}

// Files replace what was stored from files before, and nothing else.
func TestAddSet(t *testing.T) {
	d := newDesk(t)
	file := func(pairs ...string) intents.Set {
		var s intents.Set
		for i := 0; i < len(pairs); i += 2 {
			s.Merge(intents.Set{Intents: []intents.Intent{{Name: pairs[i]}}, Examples: []intents.Example{{Intent: pairs[i], Text: pairs[i+1], File: "f.yml", Line: i + 1}}})
		}
		return s
	}
	texts := func(intent string) (out []string) {
		t.Helper()
		list, _, err := d.List(t.Context(), "w", intent)
		if err != nil {
			return nil
		}
		for _, e := range list {
			if e.From == training.FromFile {
				out = append(out, e.Text)
			}
		}
		return out
	}
	if _, err := d.AddSet(t.Context(), "w", file("refund", "money back please", "hours", "when open", "hours", "refund a question"), training.FromFile, "", true); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "f.yml:5") || !strings.Contains(err.Error(), `"refund"`) {
		t.Errorf("the same words as a stored example of another intent: %v, want invalid with the line", err)
	}
	if got := texts("refund"); got != nil {
		t.Errorf("a refused set left %q", got)
	}
	for _, set := range []intents.Set{file("refund", "money back please", "hours", "when open"), file("refund", "give it back")} {
		if _, err := d.AddSet(t.Context(), "w", set, training.FromFile, "", true); err != nil {
			t.Fatal(err)
		}
	}
	if got := texts("refund"); len(got) != 1 || got[0] != "give it back" {
		t.Errorf("refund has %q from files, want those of the second set", got)
	}
	o, err := d.Overview(t.Context(), "w")
	if err != nil || len(o.Intents) != 2 || o.Intents[1].Examples != 9 {
		t.Errorf("overview %+v, %v; want two intents, the one without examples gone", o.Intents, err)
	}
}
