package bottest

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// World is an engine with everything around it, and one visitor.
type World struct {
	T         testing.TB
	Store     *Store // what keeps it; nil when an engine of the product does
	Desk      *Desk
	Publisher *Publisher
	Library   *Library
	Reader    Reader
	Clock     *Clock
	Engine    *bot.Engine

	kept   storage
	conv   string // the visitor's own id of the conversation
	cancel context.CancelFunc
	ended  chan error
}

// Workspace and Visitor are whom a World is about.
const (
	Workspace = bot.WorkspaceID("shop")
	Visitor   = bot.VisitorID("visitor-1")
)

// NewWorld returns a world at rest; Start runs its engine.
func NewWorld(t testing.TB, docs []Document) *World {
	clock := newClock()
	store := NewStore(clock.Now)
	w := newWorld(t, docs, clock, store)
	w.Store = store
	return w
}

// NewWorldIn is NewWorld in another store.
func NewWorldIn(t testing.TB, docs []Document, open Open) *World {
	clock := newClock()
	return newWorld(t, docs, clock, &watched{Storage: open(clock.Now), moved: make(chan struct{})})
}

func newWorld(t testing.TB, docs []Document, clock *Clock, kept storage) *World {
	return &World{
		T: t, Desk: newDesk(kept, clock.Now), Publisher: NewPublisher(), Library: &Library{Documents: docs}, Clock: clock, kept: kept, conv: id.New(),
	}
}

// Build makes the engine. It may be called again after Stop: the next life of
// the process.
func (w *World) Build(o *bot.Options) {
	w.T.Helper()
	opts := bot.Options{}
	if o != nil {
		opts = *o
	}
	opts.Alone = true
	if opts.Lease == 0 {
		opts.Lease = 24 * time.Hour // Send moves the clock
	}
	e, err := bot.New(bot.Parts{
		Timeline: w.kept, Runs: w.kept, Translations: w.kept, Understander: w.Reader, Retriever: w.Library, Embedder: Embedder{},
		Escalator: w.Desk, Publisher: w.Publisher, Now: w.Clock.Now, Logger: slog.New(slog.NewTextHandler(w.T.Output(), nil)),
	}, &opts)
	if err != nil {
		w.T.Fatal(err)
	}
	w.Engine = e
}

// Start builds the engine and runs it until Stop or the end of the test.
func (w *World) Start(o *bot.Options) {
	w.T.Helper()
	w.Build(o)
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel, w.ended = cancel, make(chan error, 1)
	go func() { w.ended <- w.Engine.Run(ctx) }()
	w.T.Cleanup(w.Stop)
}

// Stop ends the engine and waits for it. Stopping twice is no mistake.
func (w *World) Stop() {
	if w.cancel == nil {
		return
	}
	w.cancel()
	if err := <-w.ended; err != nil {
		w.T.Errorf("the engine ended with %v", err)
	}
	w.cancel = nil
}

// Send sends words of the visitor and returns what was stored.
func (w *World) Send(text string) bot.Written {
	w.T.Helper()
	w.Clock.Advance(10 * time.Second)
	written, err := w.Engine.Receive(context.Background(), bot.Inbound{
		Workspace: Workspace, Inbox: "site", Visitor: Visitor, ClientConvID: w.conv, ClientMsgID: id.New(), Text: text,
	})
	if err != nil {
		w.T.Fatalf("send %q: %v", text, err)
	}
	return written
}

// Say sends words and waits until the bot owes nothing for them.
func (w *World) Say(text string) bot.Trace {
	w.T.Helper()
	written := w.Send(text)
	if written.Run == "" {
		return bot.Trace{}
	}
	return w.Answer(written.Run)
}

// Answer waits until a run has ended and returns the trace that it left, the
// zero Trace when it left none.
func (w *World) Answer(run bot.RunID) bot.Trace {
	w.T.Helper()
	r := w.Wait(run, bot.RunState.Done)
	turns, err := w.kept.Turns(context.Background(), bot.TurnQuery{Workspace: Workspace, Limit: 500, Before: w.Clock.Now().Add(time.Hour)})
	if err != nil {
		w.T.Fatal(err)
	}
	for _, tr := range turns {
		if tr.Run == r.ID {
			return tr
		}
	}
	return bot.Trace{}
}

// Wait waits until a run is in a state that fits.
func (w *World) Wait(run bot.RunID, fits func(bot.RunState) bool) bot.Run {
	w.T.Helper()
	deadline := time.After(20 * time.Second)
	for {
		changed := w.kept.Changed()
		r, err := w.kept.Run(context.Background(), Workspace, run)
		if err != nil {
			w.T.Fatal(err)
		}
		if fits(r.State) {
			return r
		}
		select {
		case <-changed:
		case <-deadline:
			w.T.Fatalf("run %s is still %s", run, r.State)
		}
	}
}

// Conversation returns the visitor's conversation.
func (w *World) Conversation() bot.Conversation {
	w.T.Helper()
	list, err := w.kept.Conversations(context.Background(), bot.ConversationQuery{Workspace: Workspace, Visitor: Visitor, Limit: 200})
	if err != nil {
		w.T.Fatal(err)
	}
	at := slices.IndexFunc(list, func(c bot.Conversation) bool { return c.ClientConvID == w.conv }) // a store may have those of other worlds
	if at < 0 {
		w.T.Fatal("the visitor has said nothing yet")
	}
	return list[at]
}

// Events returns the timeline as the view has it.
func (w *World) Events(view bot.View) []bot.Event {
	w.T.Helper()
	p, err := w.kept.Events(context.Background(), bot.EventQuery{Workspace: Workspace, Conversation: w.Conversation().ID, View: view, Limit: 500})
	if err != nil {
		w.T.Fatal(err)
	}
	return p.Events
}

// Clock is a clock that tests move.
type Clock struct {
	mu sync.Mutex
	at time.Time // guarded by mu
}

func newClock() *Clock { return &Clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)} }

// Now returns the present time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}
