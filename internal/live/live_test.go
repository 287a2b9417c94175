package live_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf16"

	"pgregory.net/rapid"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/live"
)

// Every view is a gap-free prefix without repeats at all times, and finally
// equals the database, whatever the bus loses, however late and mixed the
// publishing is, and however often sockets are cut (I-05, I-06, I-08, I-10, I-11).
func TestViewsStayTrueUnderCutsAndLosses(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBench(t, 2, live.Options{}, plain{})
		defer func() { b.stop(); b.stop = func() {} }()
		readers := []*reader{newReader(t, bot.ViewVisitor), newReader(t, bot.ViewAgent), newReader(t, bot.ViewVisitor), newReader(t, bot.ViewAgent)}
		peers := make([]*live.Peer, len(readers))
		hub := func(i int) *live.Hub { return b.hubs[i%2] }
		var unpublished []bot.Written
		var wg sync.WaitGroup
		defer wg.Wait()
		rt.Repeat(map[string]func(*rapid.T){
			"write": func(rt *rapid.T) {
				visible := rapid.Bool().Draw(rt, "visible")
				unpublished = append(unpublished, b.write(visible, "text"))
			},
			"publish one": func(rt *rapid.T) {
				if len(unpublished) == 0 {
					rt.Skip()
				}
				i := rapid.IntRange(0, len(unpublished)-1).Draw(rt, "which")
				hub(rapid.IntRange(0, 1).Draw(rt, "node")).Published(unpublished[i])
				unpublished = slices.Delete(unpublished, i, i+1)
			},
			"publish all at once": func(rt *rapid.T) {
				for i, w := range unpublished {
					wg.Go(func() { hub(i).Published(w) })
				}
				unpublished = nil
				wg.Wait()
			},
			"lose": func(rt *rapid.T) {
				b.bus[rapid.IntRange(0, 1).Draw(rt, "node")].lose(rapid.Bool().Draw(rt, "on"))
			},
			"cut": func(rt *rapid.T) {
				i := rapid.IntRange(0, len(readers)-1).Draw(rt, "reader")
				if peers[i] != nil {
					hub(i).Disconnect(peers[i])
					peers[i] = nil
				}
			},
			"connect while writing": func(rt *rapid.T) {
				i := rapid.IntRange(0, len(readers)-1).Draw(rt, "reader")
				if peers[i] != nil {
					hub(i).Disconnect(peers[i])
				}
				w := b.write(true, "during")
				wg.Go(func() { hub(0).Published(w) })
				peers[i] = b.connect(hub(i), readers[i])
			},
		})
		for _, w := range unpublished {
			hub(0).Published(w)
		}
		wg.Wait()
		for i, r := range readers {
			if peers[i] == nil {
				peers[i] = b.connect(hub(i), r)
			}
			b.settled(r)
		}
	})
}

// A lost last frame has nothing after it: only the sweep can find it.
func TestSweepFindsALostTail(t *testing.T) {
	b := newBench(t, 2, live.Options{}, plain{})
	r := newReader(t, bot.ViewVisitor)
	b.connect(b.hubs[1], r)
	feed := newReader(t, bot.ViewAgent)
	p, err := b.hubs[1].Connect(b.who(bot.ViewAgent), &socket{feed})
	if err != nil {
		t.Fatal(err)
	}
	b.hubs[1].Feed(p)
	b.bus[0].lose(true)
	b.hubs[0].Published(b.write(true, "lost on the way"))
	b.settled(r)
	feed.wait("the row in the feed", func() bool { return feed.count("live.Row") > 0 })
}

func TestResumeByDeltaOrSnapshot(t *testing.T) {
	b := newBench(t, 1, live.Options{}, plain{})
	h := b.hubs[0]
	for i := range 60 {
		b.write(i%2 == 0, "text")
	}
	epoch, _ := h.Epoch(t.Context())
	for _, c := range []struct {
		name string
		cur  live.Cursor
		mode live.Mode
		n    int
	}{
		{"no cursor", live.Cursor{}, live.ModeSnapshot, 50},
		{"near", live.Cursor{Epoch: epoch, N: 58}, live.ModeDelta, 3},
		{"at the top", live.Cursor{Epoch: epoch, N: 61}, live.ModeDelta, 0},
		{"above the top", live.Cursor{Epoch: epoch, N: 62}, live.ModeSnapshot, 50},
		{"another history", live.Cursor{Epoch: "other", N: 58}, live.ModeSnapshot, 50},
	} {
		r := newReader(t, bot.ViewAgent)
		r.base = c.cur.N
		p, err := h.Connect(b.who(bot.ViewAgent), &socket{r})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Watch(t.Context(), p, b.conv.ID, c.cur); err != nil {
			t.Fatal(err)
		}
		r.wait("synced", func() bool { return r.synced || r.problem != "" })
		var first live.Events
		if err := json.Unmarshal(r.frames[0].Body, &first); err != nil {
			t.Fatal(err)
		}
		if first.Mode != c.mode || len(first.List) != c.n || first.HasOlder != (c.mode == live.ModeSnapshot) || r.problem != "" {
			t.Errorf("%s: got %s of %d events, older %v, problem %q; want %s of %d", c.name, first.Mode, len(first.List), first.HasOlder, r.problem, c.mode, c.n)
		}
		h.Disconnect(p)
	}
	for range 500 {
		b.write(true, "text")
	}
	r := newReader(t, bot.ViewAgent)
	r.base = 10 // 551 behind: too many for a delta
	b.connect(h, r)
	r.wait("synced", func() bool { return r.synced })
	if r.base != 511 {
		t.Errorf("551 events behind: the view begins after %d, want the snapshot after 511", r.base)
	}
}

func TestForeignConversationIsGone(t *testing.T) {
	b := newBench(t, 1, live.Options{}, plain{})
	for name, who := range map[string]live.Who{
		"another visitor":   {Workspace: ws, View: bot.ViewVisitor, Visitor: "v2"},
		"another workspace": {Workspace: "other", View: bot.ViewAgent, Agent: "a1"},
	} {
		r := newReader(t, who.View)
		p, err := b.hubs[0].Connect(who, &socket{r})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.hubs[0].Watch(t.Context(), p, b.conv.ID, live.Cursor{}); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v, want not found", name, err)
		}
		b.hubs[0].Published(b.write(true, "secret"))
		r.wait("gone", func() bool { return len(r.frames) > 0 })
		b.hubs[0].Disconnect(p)
		if len(r.frames) != 1 || r.frames[0].Type != "live.Gone" {
			t.Errorf("%s got %v, want gone alone", name, r.frames)
		}
	}
}

// A reader that does not read is closed with 4008 while others go on, its queue
// stays bounded, and it resumes from its number (I-12, I-13).
func TestSlowReaderIsClosedAndResumes(t *testing.T) {
	b := newBench(t, 1, live.Options{QueueBytes: 32 << 10}, plain{pad: 4 << 10})
	h := b.hubs[0]
	slow, quick := newReader(t, bot.ViewVisitor), newReader(t, bot.ViewVisitor)
	p := b.connect(h, slow)
	slow.wait("synced", func() bool { return slow.synced })
	b.connect(h, quick)
	jam := make(chan struct{})
	slow.mu.Lock()
	slow.jam = jam
	slow.mu.Unlock()
	var most int64
	for range 40 {
		h.Published(b.write(true, "text"))
		most = max(most, h.Queued())
		b.settled(quick)
	}
	slow.mu.Lock()
	slow.jam = nil
	slow.mu.Unlock()
	close(jam)
	slow.wait("the goodbye", func() bool { return slow.closed != 0 })
	if slow.closed != live.CloseSlow {
		t.Errorf("closed with %d, want %d", slow.closed, live.CloseSlow)
	}
	// Both queues together: each at most its limit and one frame.
	if limit := int64(2 * (32<<10 + 32<<10)); most > limit {
		t.Errorf("%d bytes were queued, want at most %d", most, limit)
	}
	h.Disconnect(p)
	b.connect(h, slow)
	b.settled(slow)
}

// What piled up while a write took its time goes out together and in order, but not
// so much at once that the deadline of a write would be short.
func TestQueuedFramesAreWrittenTogether(t *testing.T) {
	b := newBench(t, 1, live.Options{}, plain{})
	r := newReader(t, bot.ViewVisitor)
	b.connect(b.hubs[0], r)
	r.wait("synced", func() bool { return r.synced })
	jam := make(chan struct{})
	r.mu.Lock()
	r.jam = jam
	r.mu.Unlock()
	for range 150 { // what fits into the queue as this encoder writes it
		b.hubs[0].Published(b.write(true, "text"))
	}
	r.mu.Lock()
	r.jam = nil
	r.mu.Unlock()
	close(jam)
	b.settled(r)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.most < 10 || r.most > 64 {
		t.Errorf("at most %d frames came in one write, want 10 to 64 of these 150", r.most)
	}
}

// first notes the frame that its socket is written first.
type first struct {
	got  chan string
	once sync.Once
}

func (f *first) Write(frames [][]byte) error {
	f.once.Do(func() { f.got <- string(frames[0]) })
	return nil
}

func (f *first) Close(int, string) {}

// A reader gets the welcome before anything that the hub tells at the same time.
func TestWelcomeComesFirst(t *testing.T) {
	// The flood below may fill any small queue before the writer runs.
	b := newBench(t, 1, live.Options{QueueSize: 1 << 20, QueueBytes: 1 << 30, TotalBytes: 1 << 31}, plain{})
	h := b.hubs[0]
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				h.AgentChanged(handoff.Agent{Workspace: ws, ID: "a1"})
			}
		}
	})
	for range 300 {
		f := &first{got: make(chan string, 1)}
		p, err := h.Connect(b.who(bot.ViewAgent), f, []byte("welcome"))
		if err != nil {
			t.Fatal(err)
		}
		if got := <-f.got; got != "welcome" {
			t.Errorf("the first frame is %s, want the welcome", got)
		}
		h.Disconnect(p)
	}
	close(stop)
	wg.Wait()
}

func TestNodeCapClosesTheLongestQueue(t *testing.T) {
	slow := make(chan struct{})
	b := newBench(t, 1, live.Options{TotalBytes: 64 << 10, QueueBytes: 1 << 20, Count: func(what string) {
		if what == "slow" {
			close(slow)
		}
	}}, plain{pad: 4 << 10})
	r := newReader(t, bot.ViewAgent)
	b.connect(b.hubs[0], r)
	r.wait("synced", func() bool { return r.synced })
	jam := make(chan struct{})
	r.mu.Lock()
	r.jam = jam
	r.mu.Unlock()
	for range 40 {
		b.hubs[0].Published(b.write(true, "text"))
	}
	<-slow // the hub gives the reader up while it is jammed
	r.mu.Lock()
	r.jam = nil
	r.mu.Unlock()
	close(jam)
	r.wait("the goodbye", func() bool { return r.closed != 0 })
	if r.closed != live.CloseSlow {
		t.Errorf("closed with %d, want %d", r.closed, live.CloseSlow)
	}
}

// assemble applies the deltas and resets of a run as a browser does.
func assemble(r *reader, run bot.RunID) (text string, holes int) {
	var units []uint16
	for _, f := range r.frames {
		switch f.Type {
		case "live.Delta":
			var d live.Delta
			_ = json.Unmarshal(f.Body, &d)
			if d.Run != run {
				continue
			}
			if d.Offset != len(units) {
				holes++
				continue
			}
			units = append(units, utf16.Encode([]rune(d.Text))...)
		case "live.Reset":
			var d live.Reset
			_ = json.Unmarshal(f.Body, &d)
			if d.Run == run {
				units = utf16.Encode([]rune(d.Text))
			}
		}
	}
	return string(utf16.Decode(units)), holes
}

func TestStreamedAnswer(t *testing.T) {
	b := newBench(t, 2, live.Options{}, plain{})
	early, late, far := newReader(t, bot.ViewVisitor), newReader(t, bot.ViewVisitor), newReader(t, bot.ViewAgent)
	b.connect(b.hubs[0], early)
	b.connect(b.hubs[1], far)
	pieces := []string{"您好", "，包裹", " 📦 is", " on its", " way ✓", "."}
	want := strings.Join(pieces, "")
	offset := 0
	for i, piece := range pieces {
		if i == 3 {
			p := b.connect(b.hubs[0], late)
			late.wait("the text so far", func() bool { return late.count("live.Reset") == 1 })
			b.hubs[0].Text(p, "r1") // asks for the whole text once more
			late.wait("the text again", func() bool { return late.count("live.Reset") == 2 })
		}
		b.hubs[0].Delta(bot.Delta{Workspace: ws, Conversation: b.conv.ID, Run: "r1", Event: "e1", Attempt: 1, Offset: offset, Text: piece})
		offset += len(piece)
	}
	for name, r := range map[string]*reader{"early": early, "late": late, "on the other node": far} {
		r.wait("the whole text", func() bool { text, _ := assemble(r, "r1"); return text == want })
		if _, holes := assemble(r, "r1"); holes > 0 {
			t.Errorf("%s: %d pieces did not fit", name, holes)
		}
	}
	// A second attempt replaces what the first one said.
	b.hubs[0].Delta(bot.Delta{Workspace: ws, Conversation: b.conv.ID, Run: "r1", Event: "e1", Attempt: 2, Offset: 0, Text: "Hello"})
	early.wait("the new attempt", func() bool { text, _ := assemble(early, "r1"); return text == "Hello" })
	b.hubs[0].Delta(bot.Delta{Workspace: ws, Conversation: b.conv.ID, Run: "r1", Event: "e1", Attempt: 1, Offset: offset, Text: "late piece of the old attempt"})
	b.hubs[0].Published(b.write(true, "after"))
	b.settled(early)
	if text, _ := assemble(early, "r1"); text != "Hello" {
		t.Errorf("a dead attempt changed the text to %q", text)
	}
}

func TestPiecesGiveWayAndTheWholeTextFollows(t *testing.T) {
	b := newBench(t, 1, live.Options{QueueSize: 8}, plain{})
	r := newReader(t, bot.ViewVisitor)
	b.connect(b.hubs[0], r)
	r.wait("synced", func() bool { return r.synced })
	jam := make(chan struct{})
	r.mu.Lock()
	r.jam = jam
	r.mu.Unlock()
	offset, want := 0, ""
	for i := range 30 {
		run := bot.RunID(fmt.Sprintf("r%d", i)) // a new run each: its first piece is not gathered
		if i >= 20 {
			run = "last"
		}
		piece := fmt.Sprintf("piece %d ", i)
		if i <= 20 {
			offset = 0
		}
		b.hubs[0].Delta(bot.Delta{Workspace: ws, Conversation: b.conv.ID, Run: run, Event: "e", Attempt: 1, Offset: offset, Text: piece})
		if run == "last" {
			offset += len(piece)
			want += piece
		}
	}
	r.mu.Lock()
	r.jam = nil
	r.mu.Unlock()
	close(jam)
	r.wait("the whole text of the last run", func() bool { text, _ := assemble(r, "last"); return text == want })
	if r.closed != 0 {
		t.Errorf("pieces closed the socket with %d", r.closed)
	}
}

func TestTypingOffersPlacesAndRights(t *testing.T) {
	b := newBench(t, 2, live.Options{}, plain{})
	visitor, agent, other := newReader(t, bot.ViewVisitor), newReader(t, bot.ViewAgent), newReader(t, bot.ViewAgent)
	vp := b.connect(b.hubs[0], visitor)
	b.connect(b.hubs[1], agent)
	op, err := b.hubs[1].Connect(live.Who{Workspace: ws, View: bot.ViewAgent, Agent: "a2"}, &socket{other})
	if err != nil {
		t.Fatal(err)
	}
	b.hubs[0].TypingFrom(vp, bot.Typing{Workspace: ws, Conversation: b.conv.ID, Author: bot.Author{Kind: bot.AuthorVisitor, ID: "v1"}, Stage: "typing"})
	agent.wait("typing", func() bool { return agent.count("live.Typing") == 1 })
	// Of the agents only the one who has the conversation is seen typing, and no notes.
	b.has("a1")
	visitor.wait("that a1 has it", func() bool { return visitor.count("live.Events") > 1 })
	types := func(who string, team bool) {
		b.hubs[1].TypingFrom(nil, bot.Typing{Workspace: ws, Conversation: b.conv.ID, Author: bot.Author{Kind: bot.AuthorAgent, ID: who}, Stage: "typing", Team: team})
	}
	types("a2", false)
	types("a1", true)
	types("a1", false)
	agent.wait("all of it", func() bool { return agent.count("live.Typing") == 4 })
	visitor.wait("typing", func() bool { return visitor.count("live.Typing") == 1 })

	r := handoff.Reservation{Workspace: ws, ID: "r1", Conversation: b.conv.ID, Agent: "a1", State: handoff.ReservationOpen}
	b.hubs[0].Offered(r, b.conv)
	agent.wait("the offer", func() bool { return agent.count("live.Offer") == 1 })
	r.State = handoff.ReservationMissed
	b.hubs[0].OfferEnded(r)
	agent.wait("its end", func() bool { return agent.count("live.OfferEnd") == 1 })
	b.hubs[0].PlacesChanged(ws, []handoff.Place{{Conversation: b.conv.ID, Position: 2}})
	visitor.wait("the place", func() bool { return visitor.count("live.Place") == 1 })
	b.hubs[0].AgentChanged(handoff.Agent{Workspace: ws, ID: "a1", Duty: handoff.DutyOn})
	agent.wait("own state", func() bool { return agent.count("live.Agent") == 1 })

	if got := b.hubs[1].Agents(ws, time.Minute); len(got) != 2 {
		t.Errorf("agents on the node: %v, want both", got)
	}
	b.hubs[0].CloseAgent(ws, "a1", live.CloseExpired, "signed out")
	agent.wait("the goodbye", func() bool { return agent.closed != 0 })
	if agent.closed != live.CloseExpired {
		t.Errorf("closed with %d, want %d", agent.closed, live.CloseExpired)
	}
	b.hubs[1].Disconnect(op)
	if len(other.frames) != 0 {
		t.Errorf("an agent who watches nothing and was offered nothing got %v", other.frames)
	}
}

func TestDrainSaysWhenToComeBack(t *testing.T) {
	b := newBench(t, 1, live.Options{}, plain{})
	readers := make([]*reader, 10)
	for i := range readers {
		readers[i] = newReader(t, bot.ViewVisitor)
		b.connect(b.hubs[0], readers[i])
	}
	b.hubs[0].Drain(t.Context(), 50*time.Millisecond)
	for _, r := range readers {
		r.wait("the goodbye", func() bool { return r.closed != 0 })
		if r.closed != live.CloseRestart || r.frames[len(r.frames)-1].Type != "live.Drain" {
			t.Errorf("closed with %d after %s", r.closed, r.frames[len(r.frames)-1].Type)
		}
	}
	if _, err := b.hubs[0].Connect(b.who(bot.ViewVisitor), &socket{readers[0]}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a new socket while draining: %v", err)
	}
}

func (r *reader) goodbye() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closed
}

func (r *reader) pings() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count("live.Ping")
}

// nothing is a timeline that is never read.
type nothing struct{}

func (nothing) Events(context.Context, bot.EventQuery) (bot.EventPage, error) {
	return bot.EventPage{}, fault.New(fault.NotFound, "No.")
}

func (nothing) Epoch(context.Context) (string, error) { return "e", nil }

// A console that is silent is no sign of life, however long its socket stays open.
func TestSilentAgents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := live.New(nothing{}, plain{}, time.Now, nil)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		reader := newReader(t, bot.ViewAgent)
		p, err := h.Connect(live.Who{Workspace: ws, View: bot.ViewAgent, Agent: "a1"}, &socket{reader})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			silent time.Duration
			want   int
		}{{0, 1}, {2 * time.Second, 1}, {2 * time.Second, 0}} {
			time.Sleep(c.silent) // of the bubble: no real time passes
			synctest.Wait()
			if got := h.Agents(ws, 3*time.Second); len(got) != c.want {
				t.Errorf("heard lately: %v, want %d", got, c.want)
			}
		}
		p.Heard()
		if got := h.Agents(ws, 3*time.Second); len(got) != 1 || reader.goodbye() != 0 {
			t.Errorf("after a sign of life %v were heard, and the socket was closed with %d", got, reader.goodbye())
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
}

func TestPingsZombiesAndExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := live.New(nothing{}, plain{}, time.Now, nil)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		alive, dead, brief := newReader(t, bot.ViewAgent), newReader(t, bot.ViewVisitor), newReader(t, bot.ViewAgent)
		ap, _ := h.Connect(live.Who{Workspace: ws, View: bot.ViewAgent, Agent: "a1"}, &socket{alive})
		h.Connect(live.Who{Workspace: ws, View: bot.ViewVisitor, Visitor: "v1"}, &socket{dead})
		bp, _ := h.Connect(live.Who{Workspace: ws, View: bot.ViewAgent, Agent: "a2", Expires: time.Now().Add(5 * time.Minute)}, &socket{brief})
		pings, since := 0, time.Now()
		var deadAfter, briefAfter time.Duration
		for range 10 * 60 {
			time.Sleep(time.Second) // of the bubble: no real time passes
			synctest.Wait()
			if n := alive.pings(); n > pings {
				pings = n
				ap.Heard()
			}
			if dead.goodbye() != 0 && deadAfter == 0 {
				deadAfter = time.Since(since)
			}
			switch {
			case brief.goodbye() == 0:
				bp.Heard()
			case briefAfter == 0:
				briefAfter = time.Since(since)
				h.Disconnect(bp)
			}
		}
		if alive.goodbye() != 0 || pings < 39 || pings > 41 {
			t.Errorf("a reader that answers was pinged %d times in 600 s and closed with %d, want 40 and open", pings, alive.goodbye())
		}
		if dead.goodbye() != live.CloseSlow || deadAfter > 36*time.Second {
			t.Errorf("a silent reader was closed with %d after %s, want %d within 36 s", dead.goodbye(), deadAfter, live.CloseSlow)
		}
		if got := h.Agents(ws, 16*time.Second); len(got) != 1 || got[0] != "a1" {
			t.Errorf("living agents: %v", got)
		}
		if brief.goodbye() != live.CloseExpired || briefAfter > 5*time.Minute+16*time.Second {
			t.Errorf("an expired session was closed with %d after %s, want %d", brief.goodbye(), briefAfter, live.CloseExpired)
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if alive.closed != live.CloseRestart {
			t.Errorf("at the end closed with %d, want %d", alive.closed, live.CloseRestart)
		}
	})
}
