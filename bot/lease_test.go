package bot_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/bot/bottest"
)

// cutOff is a store whose leases cannot be renewed while down is set: that of a
// process that is frozen or cut off.
type cutOff struct {
	*bottest.Store
	down atomic.Bool
}

func (c *cutOff) RenewRuns(ctx context.Context, owner string, runs []bot.RunID, lease time.Duration, now time.Time) ([]bot.RunID, error) {
	if c.down.Load() {
		return nil, errors.New("no answer")
	}
	return c.Store.RenewRuns(ctx, owner, runs, lease, now)
}

// process runs one more engine over the world's store until the returned
// function is called or the test ends.
func process(t *testing.T, w *bottest.World, runs bot.RunStore, o bot.Options) (stop func()) {
	t.Helper()
	e, err := bot.New(bot.Parts{
		Timeline: w.Store, Runs: runs, Understander: w.Reader, Retriever: w.Library, Embedder: bottest.Embedder{},
		Escalator: w.Desk, Publisher: w.Publisher, Now: w.Clock.Now, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}, &o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	var stopped atomic.Bool
	stop = func() {
		if stopped.Swap(true) {
			return
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// until waits until the run is as wanted.
func until(t *testing.T, w *bottest.World, run bot.RunID, what string, ok func(bot.Run) bool) bot.Run {
	t.Helper()
	late := time.After(20 * time.Second)
	for {
		changed := w.Store.Changed()
		r, err := w.Store.Run(t.Context(), bottest.Workspace, run)
		if err != nil {
			t.Fatal(err)
		}
		if ok(r) {
			return r
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("waited too long for %s: %+v", what, r)
		}
	}
}

// TestFrozenProcessLosesItsRun: a process that streams an answer is cut off;
// another takes the run over and makes the answer again at the same place. What
// the first one still says goes nowhere.
func TestFrozenProcessLosesItsRun(t *testing.T) {
	w := bottest.NewWorld(t, shop)
	w.Build(nil) // receives only
	store := &cutOff{Store: w.Store}
	store.down.Store(true)
	step := make(chan struct{})
	frozen := bottest.NewModel("frozen", bottest.Script{Step: step, Pieces: []string{"Rinse the pot first [1]. ", "Green", " tea wants water of 75 °C [1]. Black"}, Hang: true})
	stop := process(t, w, store, bot.Options{Models: []bot.Model{frozen}, Owner: "a", Lease: 30 * time.Millisecond})
	sent := w.Send(teaQuestion)
	step <- struct{}{}
	step <- struct{}{}
	until(t, w, sent.Run, "a stream", func(r bot.Run) bool { return r.State == bot.RunStreaming })

	w.Clock.Advance(time.Minute)
	process(t, w, w.Store, bot.Options{
		Models: []bot.Model{bottest.NewModel("scripted", bottest.Says("Green tea wants water of 75 °C [1]."))},
		Owner:  "b", Lease: time.Hour, Poll: 5 * time.Millisecond,
	})
	r := until(t, w, sent.Run, "the end", func(r bot.Run) bool { return r.State.Done() })
	if r.State != bot.RunComplete || r.Attempt != 2 || r.Owner != "b" {
		t.Errorf("%+v; want it completed by the second process at the second attempt", r)
	}
	if text, attempt, ok := w.Publisher.Text(sent.Run); !ok || attempt != 2 || text != r.Text {
		t.Errorf("pieces give %q of attempt %d, stored is %q", text, attempt, r.Text)
	}
	pieces := len(w.Publisher.Deltas())
	events := answerEvents(w)
	if len(events) != 2 || events[0].Kind != bot.EventAnswer || events[1].Body.Of != events[0].ID || events[1].Body.Text != r.Text {
		t.Errorf("events %+v; want one placeholder and its end", events)
	}

	// The first process goes on talking.
	select {
	case step <- struct{}{}:
	case <-time.After(20 * time.Second):
		t.Fatal("the first process is not listening")
	}
	stop() // returns when its turn has ended, and gives back what it holds: nothing
	if got, err := w.Store.Run(t.Context(), bottest.Workspace, sent.Run); err != nil || got != r {
		t.Errorf("after the late piece: %+v, %v; want %+v", got, err, r)
	}
	if late := w.Publisher.Deltas()[pieces:]; slices.ContainsFunc(late, func(d bot.Delta) bool { return d.Attempt == 1 }) {
		t.Errorf("pieces of the first attempt after the second ended: %+v", late)
	}
	if got := answerEvents(w); len(got) != 2 {
		t.Errorf("%d events after the late piece, want 2", len(got))
	}
}

// TestLostLeaseStopsTheTurn: the first thing a process hears of a takeover may
// be its next renewal; the model is not left talking to nobody.
func TestLostLeaseStopsTheTurn(t *testing.T) {
	w := bottest.NewWorld(t, shop)
	w.Build(nil)
	store := &cutOff{Store: w.Store}
	store.down.Store(true)
	asked, gone := make(chan struct{}), make(chan struct{})
	model := silent{asked: asked, gone: gone}
	process(t, w, store, bot.Options{Models: []bot.Model{model}, Owner: "a", Lease: 30 * time.Millisecond})
	sent := w.Send(teaQuestion)
	<-asked
	// Another process takes it, as after a freeze; the clock says that it may.
	w.Clock.Advance(time.Minute)
	if _, ok, err := w.Store.ClaimRun(t.Context(), "b", time.Hour, w.Clock.Now()); err != nil || !ok {
		t.Fatal(ok, err)
	}
	store.down.Store(false)
	select {
	case <-gone:
	case <-time.After(20 * time.Second):
		t.Fatal("the turn goes on although its run was taken over")
	}
	if r, err := w.Store.Run(t.Context(), bottest.Workspace, sent.Run); err != nil || r.Owner != "b" || r.State != bot.RunActive {
		t.Errorf("%+v, %v; want it as the other process has it", r, err)
	}
}

// silent is a model that says nothing until it is cancelled.
type silent struct{ asked, gone chan struct{} }

func (silent) Name() string { return "silent" }

func (s silent) Generate(ctx context.Context, _ bot.Prompt, _ func(string) error) (string, error) {
	close(s.asked)
	<-ctx.Done()
	close(s.gone)
	return "", ctx.Err()
}

// TestLeasesAreRenewed: a long answer is not taken from a living process.
func TestLeasesAreRenewed(t *testing.T) {
	w := bottest.NewWorld(t, shop)
	w.Build(nil)
	asked := make(chan struct{})
	process(t, w, w.Store, bot.Options{Models: []bot.Model{silent{asked, make(chan struct{})}}, Owner: "a", Lease: 90 * time.Millisecond, Drain: time.Millisecond})
	sent := w.Send(teaQuestion)
	<-asked
	for range 5 {
		w.Clock.Advance(60 * time.Millisecond)
		at := w.Clock.Now()
		r := until(t, w, sent.Run, "a renewal", func(r bot.Run) bool { return r.LeaseUntil.Equal(at.Add(90 * time.Millisecond)) })
		if r.Attempt != 1 || r.Owner != "a" {
			t.Fatalf("%+v; want the first attempt to go on", r)
		}
	}
}

// TestDrainGivesBack: what a closing process cannot finish is claimed by another
// one at once, without waiting for a lease to end.
func TestDrainGivesBack(t *testing.T) {
	w := bottest.NewWorld(t, shop)
	w.Build(nil)
	asked := make(chan struct{})
	stop := process(t, w, w.Store, bot.Options{Models: []bot.Model{silent{asked, make(chan struct{})}}, Owner: "a", Lease: time.Hour, Drain: time.Millisecond})
	sent := w.Send(teaQuestion)
	<-asked
	stop()
	if r, err := w.Store.Run(t.Context(), bottest.Workspace, sent.Run); err != nil || r.State != bot.RunQueued || r.Owner != "" {
		t.Errorf("%+v, %v; want it given back", r, err)
	}
	process(t, w, w.Store, bot.Options{Owner: "b"})
	if r := until(t, w, sent.Run, "the end", func(r bot.Run) bool { return r.State.Done() }); r.State != bot.RunComplete || r.Attempt != 2 {
		t.Errorf("%+v; want it completed", r)
	}
}
