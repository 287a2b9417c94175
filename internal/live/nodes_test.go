package live_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/live"
	"github.com/frontdesk-chat/frontdesk/internal/pubsub"
	"github.com/frontdesk-chat/frontdesk/internal/sqlite"
)

// deskNode is one of several nodes over one store, with nothing between them.
type deskNode struct {
	hub  *live.Hub
	desk *handoff.Desk
}

func newDeskNode(t *testing.T, db *sqlite.DB) deskNode {
	t.Helper()
	hub := live.New(db.Conversations(), plain{}, now, &live.Options{Bus: pubsub.Polling{}, Offers: db.Handoff()})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- hub.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return deskNode{hub, handoff.New(db.Handoff(), db.Conversations(), hub, now, nil, &handoff.Options{Notifier: hub, Seen: hub.Seen, Here: hub.VisitorWatches})}
}

func (n deskNode) sweep(t *testing.T) {
	t.Helper()
	if err := n.desk.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (n deskNode) connect(t *testing.T, who live.Who, r *reader) *live.Peer {
	t.Helper()
	p, err := n.hub.Connect(who, &socket{r})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// queueUp makes a conversation of a visitor and puts it in line.
func queueUp(t *testing.T, db *sqlite.DB, n deskNode, visitor bot.VisitorID) bot.Conversation {
	t.Helper()
	w, err := db.Conversations().Open(t.Context(), bot.Conversation{
		Workspace: ws, Inbox: "shop", Visitor: visitor, ClientConvID: id.New(), CreatedAt: now(),
	}, bot.Key{}, change(true, "hello"))
	if err == nil {
		w, err = n.desk.Enqueue(t.Context(), bot.Escalation{
			Workspace: ws, Conversation: w.Conversation.ID, Reason: bot.ReasonAsked, Language: "en", Summary: bot.Summary{Problem: "a parcel"},
			Turn: func(bot.Conversation, bot.Outlook) (bot.Change, error) { return bot.Change{}, nil },
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return w.Conversation
}

// last returns the newest frame of a kind.
func last[T any](t *testing.T, r *reader, kind string) (m T) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.frames {
		if f.Type == kind {
			if err := json.Unmarshal(f.Body, &m); err != nil {
				t.Fatal(err)
			}
		}
	}
	return m
}

// TestDeskAcrossNodesWithoutABus: what the desk of one node does reaches consoles
// and visitors on another although every frame between them is lost.
func TestDeskAcrossNodesWithoutABus(t *testing.T) {
	db, err := sqlite.Open(t.Context(), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	a, b := newDeskNode(t, db), newDeskNode(t, db)
	if _, err := a.desk.PutAgent(t.Context(), handoff.Agent{Workspace: ws, ID: "a1", Name: "Lin", Capacity: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.desk.SetDuty(t.Context(), ws, "a1", handoff.DutyOn); err != nil {
		t.Fatal(err)
	}
	console, visitor := newReader(t, bot.ViewAgent), newReader(t, bot.ViewVisitor)
	b.connect(t, live.Who{Workspace: ws, View: bot.ViewAgent, Agent: "a1"}, console)

	first := queueUp(t, db, a, "v1")
	a.sweep(t) // offers it
	b.sweep(t)
	console.wait("the offer", func() bool { return console.count("live.Offer") == 1 })
	offer := last[live.Offer](t, console, "live.Offer")
	if offer.Reservation.Conversation != first.ID || offer.Conversation.LastText == "" || offer.Summary == nil || offer.Summary.Problem != "a parcel" {
		t.Errorf("offer %+v; want the whole of it", offer)
	}
	console.wait("own state", func() bool { return console.count("live.Agent") > 0 })
	if got := last[live.Agent](t, console, "live.Agent"); got.Reserved != 1 || got.Duty != handoff.DutyOn {
		t.Errorf("own state %+v; want one chat reserved", got.Agent)
	}

	// A second visitor waits on the other node, and learns its place there.
	second := queueUp(t, db, a, "v2")
	p := b.connect(t, live.Who{Workspace: ws, View: bot.ViewVisitor, Visitor: "v2"}, visitor)
	if _, err := b.hub.Watch(t.Context(), p, second.ID, live.Cursor{}); err != nil {
		t.Fatal(err)
	}
	b.sweep(t)
	visitor.wait("the place", func() bool { return visitor.count("live.Place") == 1 })
	if got := last[live.Place](t, visitor, "live.Place"); got.Position != 2 {
		t.Errorf("place %d, want 2: behind the one who is offered", got.Position)
	}

	// The first node saw an older connection of that visitor end.
	if err := a.desk.Presence(t.Context(), ws, second.ID, false); err != nil {
		t.Fatal(err)
	}
	away := func() bool {
		f, err := db.Handoff().Floor(t.Context(), ws, now(), now())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range f.Line {
			if s.Conversation.ID == second.ID {
				return !s.Wait.Away.IsZero()
			}
		}
		t.Fatal("the visitor is not in line")
		return false
	}
	a.sweep(t)
	if !away() {
		t.Error("the first node knows of no other connection, and yet the visitor is not away")
	}
	b.sweep(t)
	if away() {
		t.Error("the visitor is away although connected to the second node")
	}

	// The offer is accepted by a call to the first node; nothing is said twice.
	if _, err := a.desk.Accept(t.Context(), ws, offer.Reservation.ID, "a1"); err != nil {
		t.Fatal(err)
	}
	b.sweep(t)
	console.wait("its end", func() bool { return console.count("live.OfferEnd") == 1 })
	if got := last[live.OfferEnd](t, console, "live.OfferEnd"); got.Reservation.ID != offer.Reservation.ID || got.Reservation.State != handoff.ReservationAccepted {
		t.Errorf("end %+v; want it accepted", got.Reservation)
	}
	console.wait("own state", func() bool { return ownState(console).Load == 1 })
	b.sweep(t)
	b.sweep(t)
	console.mu.Lock()
	defer console.mu.Unlock()
	if offers, ends, states := console.count("live.Offer"), console.count("live.OfferEnd"), console.count("live.Agent"); offers != 1 || ends != 1 || states != 2 {
		t.Errorf("%d offers, %d ends, %d states told; want 1, 1 and 2", offers, ends, states)
	}
}

// ownState is the newest own state; the caller holds mu.
func ownState(r *reader) (m live.Agent) {
	for _, f := range r.frames {
		if f.Type == "live.Agent" {
			_ = json.Unmarshal(f.Body, &m)
		}
	}
	return m
}

// TestWithoutABusTheFeedIsPolled: a node that hears nothing delivers what others
// wrote within its polls.
func TestWithoutABusTheFeedIsPolled(t *testing.T) {
	b := newBench(t, 2, live.Options{Sweep: time.Hour, Poll: time.Millisecond}, plain{})
	r := newReader(t, bot.ViewVisitor)
	b.connect(b.hubs[1], r)
	b.bus[0].lose(true)
	if got := b.hubs[1].Mode(); got != "bus" {
		t.Errorf("the node hears by %q", got)
	}
	b.bus[1].fail(true)
	if got := b.hubs[1].Mode(); got != "polling" {
		t.Errorf("without a bus the node hears by %q", got)
	}
	for range 20 {
		b.hubs[0].Published(b.write(true, "lost on the way"))
	}
	b.settled(r)
	// The bus is back: one look at once, although the next one is an hour away.
	b.hubs[0].Published(b.write(true, "lost just before"))
	b.bus[1].fail(false)
	b.settled(r)
}

// TestWithoutABusAnAnswerIsSeenGrowing: who is connected to another node than the one
// that streams an answer reads it as far as its checkpoints go.
func TestWithoutABusAnAnswerIsSeenGrowing(t *testing.T) {
	b := newBench(t, 2, live.Options{Sweep: time.Hour, Poll: time.Millisecond}, plain{})
	b.bus[0].lose(true)
	b.bus[1].fail(true)
	r, late := newReader(t, bot.ViewVisitor), newReader(t, bot.ViewVisitor)
	b.connect(b.hubs[1], r)
	sees := func(r *reader, run bot.RunID, want string) {
		t.Helper()
		r.wait(want, func() bool { text, _ := assemble(r, run); return text == want })
	}
	write := func(c bot.Change) bot.Written {
		t.Helper()
		w, err := b.tl.Write(t.Context(), ws, b.conv.ID, bot.Key{}, func(bot.Conversation) (bot.Change, error) { return c, nil })
		if err != nil {
			t.Fatal(err)
		}
		b.hubs[0].Published(w)
		return w
	}
	claim := func(attempt int) bot.Run {
		t.Helper()
		run, ok, err := b.tl.ClaimRun(t.Context(), "node", time.Hour, now())
		if err != nil || !ok || run.Attempt != attempt {
			t.Fatalf("%+v, %v, %v; want attempt %d", run, ok, err, attempt)
		}
		return run
	}
	streaming := func(run bot.Run, words string) *bot.RunUpdate {
		return &bot.RunUpdate{ID: run.ID, Attempt: run.Attempt, Epoch: run.Epoch, State: bot.RunStreaming, Text: words, Placeholder: "answer"}
	}
	write(bot.Change{Owe: true, Events: []bot.NewEvent{{
		Kind: bot.EventMessage, Visible: true, At: now(), Author: bot.Author{Kind: bot.AuthorVisitor, ID: "v1"}, Body: bot.Body{Text: "where is it"},
	}}})
	run := claim(1)
	write(bot.Change{Run: streaming(run, "It is 📦 "), Events: []bot.NewEvent{{
		ID: "answer", Kind: bot.EventAnswer, Visible: true, At: now(), Author: bot.Author{Kind: bot.AuthorBot}, Body: bot.Body{Run: run.ID, State: bot.RunStreaming},
	}}})
	sees(r, run.ID, "It is 📦 ")
	if ok, err := b.tl.Checkpoint(t.Context(), ws, run.ID, 1, "It is 📦 on its way", now()); err != nil || !ok {
		t.Fatal(ok, err)
	}
	sees(r, run.ID, "It is 📦 on its way")
	r.mu.Lock()
	if _, holes := assemble(r, run.ID); holes > 0 {
		t.Errorf("%d pieces did not fit", holes)
	}
	r.mu.Unlock()
	b.connect(b.hubs[1], late)
	sees(late, run.ID, "It is 📦 on its way")

	// Another attempt starts over.
	if n, err := b.tl.ReleaseRuns(t.Context(), "node", now()); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	run = claim(2)
	write(bot.Change{Run: streaming(run, "It is")})
	sees(r, run.ID, "It is")

	write(bot.Change{
		Run: &bot.RunUpdate{ID: run.ID, Attempt: 2, Epoch: run.Epoch, State: bot.RunComplete},
		Events: []bot.NewEvent{{
			Kind: bot.EventFinished, Visible: true, At: now(), Author: bot.Author{Kind: bot.AuthorBot},
			Body: bot.Body{Run: run.ID, Of: "answer", State: bot.RunComplete, Text: "It is here"},
		}},
	})
	b.settled(r)
	b.settled(late)
}
