package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// ask appends a visitor's message that the bot owes an answer to.
func ask(t tester, s Stores, c bot.Conversation, text string) bot.Written {
	t.Helper()
	return write(t, s, c, key(visitor, text), bot.Change{Events: []bot.NewEvent{says(visitor, text)}, Owe: true})
}

func claim(t tester, s Stores, owner string) bot.Run {
	t.Helper()
	r, ok, err := s.Runs.ClaimRun(t.Context(), owner, start)
	if err != nil || !ok {
		t.Fatalf("claim: %v, %v; want a run", ok, err)
	}
	return r
}

func wantNoRun(t tester, s Stores) {
	t.Helper()
	if r, ok, err := s.Runs.ClaimRun(t.Context(), "p1", start); err != nil || ok {
		t.Errorf("claimed %+v, %v; want nothing to claim", r, err)
	}
}

// update is the fenced move of a claimed run.
func update(r bot.Run, state bot.RunState) *bot.RunUpdate {
	return &bot.RunUpdate{ID: r.ID, Attempt: r.Attempt, Epoch: r.Epoch, State: state}
}

func wantState(t tester, s Stores, run bot.RunID, want bot.RunState) bot.Run {
	t.Helper()
	r, err := s.Runs.Run(t.Context(), workspace, run)
	if err != nil {
		t.Fatalf("run: %v", err)
	}
	if r.State != want {
		t.Errorf("run is %s, want %s", r.State, want)
	}
	return r
}

var botAuthor = bot.Author{Kind: bot.AuthorBot}

// placeholder starts the streaming of a claimed run and returns the event.
func placeholder(t tester, s Stores, c bot.Conversation, r bot.Run) bot.EventID {
	t.Helper()
	ev := bot.EventID("answer-" + string(r.ID) + fmt.Sprint(r.Attempt))
	u := update(r, bot.RunStreaming)
	u.Placeholder = ev
	write(t, s, c, bot.Key{}, bot.Change{
		Events: []bot.NewEvent{{ID: ev, Kind: bot.EventAnswer, Author: botAuthor, Visible: true, At: start, Body: bot.Body{Run: r.ID}}},
		Run:    u,
	})
	return ev
}

func testRunLife(t *testing.T, s Stores) {
	wantNoRun(t, s)
	c := newConversation(t, s, workspace)
	first := ask(t, s, c, "one")
	second := ask(t, s, c, "two")
	if first.Run == "" || second.Run != first.Run {
		t.Fatalf("runs %q and %q: the second message should find the first one's run queued", first.Run, second.Run)
	}
	r := claim(t, s, "p1")
	want := bot.Run{
		Workspace: workspace, ID: first.Run, Conversation: c.ID, Trigger: first.Events[0].ID, From: 1, Through: 2,
		Attempt: 1, Owner: "p1", State: bot.RunActive, CreatedAt: r.CreatedAt, UpdatedAt: start,
	}
	wantSame(t, "claimed", r, want)
	wantSame(t, "stored", wantState(t, s, r.ID, bot.RunActive), want)

	// While it speaks, one more may wait, and none of them can be claimed.
	third := ask(t, s, c, "three")
	if third.Run == r.ID || ask(t, s, c, "four").Run != third.Run {
		t.Error("messages during an answer should share one new run")
	}
	wantNoRun(t, s)
	d := newConversation(t, s, workspace)
	ask(t, s, d, "elsewhere")
	if other := claim(t, s, "p1"); other.Conversation != d.ID {
		t.Errorf("claimed %+v, want the run of the other conversation", other)
	} else {
		write(t, s, d, bot.Key{}, bot.Change{Run: update(other, bot.RunFailed)})
	}

	ev := placeholder(t, s, c, r)
	p, err := s.Timeline.Events(t.Context(), bot.EventQuery{Workspace: workspace, Conversation: c.ID, View: bot.ViewVisitor, Limit: 10})
	if err != nil || p.Run == nil || p.Run.ID != r.ID || p.Run.State != bot.RunStreaming || p.Run.Placeholder != ev {
		t.Errorf("page's run %+v, %v; want the streaming one", p.Run, err)
	}
	if ok, err := s.Runs.Checkpoint(t.Context(), workspace, r.ID, r.Attempt, "so far", start.Add(time.Second)); err != nil || !ok {
		t.Errorf("checkpoint: %v, %v", ok, err)
	}
	if got := wantState(t, s, r.ID, bot.RunStreaming); got.Text != "so far" || !got.UpdatedAt.Equal(start.Add(time.Second)) {
		t.Errorf("text %q at %v", got.Text, got.UpdatedAt)
	}
	u := update(r, bot.RunComplete)
	u.Text = "all of it"
	w := write(t, s, c, bot.Key{}, bot.Change{
		Run:    u,
		Events: []bot.NewEvent{{Kind: bot.EventFinished, Author: botAuthor, Visible: true, At: start, Body: bot.Body{Of: ev, Run: r.ID, State: bot.RunComplete, Text: "all of it"}}},
	})
	if w.Conversation.LastText != "all of it" || w.Conversation.LastBy != bot.AuthorBot {
		t.Errorf("last %q by %s", w.Conversation.LastText, w.Conversation.LastBy)
	}
	if got := wantState(t, s, r.ID, bot.RunComplete); got.Text != "all of it" || got.Placeholder != ev || !got.State.Done() {
		t.Errorf("%+v", got)
	}
	next := claim(t, s, "p1")
	if next.ID != third.Run || next.From != 3 || next.Through != 4 {
		t.Errorf("next run %+v; want the third message's, 3 to 4", next)
	}
	write(t, s, c, bot.Key{}, bot.Change{Run: update(next, bot.RunComplete)})
	wantNoRun(t, s)
	if p, err := s.Timeline.Events(t.Context(), bot.EventQuery{Workspace: workspace, Conversation: c.ID, View: bot.ViewVisitor, Limit: 10}); err != nil || p.Run != nil {
		t.Errorf("page's run %+v, %v; want none", p.Run, err)
	}
	_, err = s.Runs.Run(t.Context(), workspace, "nobody")
	wantKind(t, "no run", err, fault.NotFound)
}

func testRunFences(t *testing.T, s Stores) {
	c := newConversation(t, s, workspace)
	ask(t, s, c, "one")
	r := claim(t, s, "p1")
	reply := func(u bot.RunUpdate) bot.Change {
		return bot.Change{Run: &u, Events: []bot.NewEvent{says(botAuthor, "late")}}
	}
	good := *update(r, bot.RunComplete)
	for name, spoil := range map[string]func(*bot.RunUpdate){
		"older attempt": func(u *bot.RunUpdate) { u.Attempt-- },
		"later attempt": func(u *bot.RunUpdate) { u.Attempt++ },
		"older epoch":   func(u *bot.RunUpdate) { u.Epoch-- },
		"unknown run":   func(u *bot.RunUpdate) { u.ID = "nobody" },
	} {
		u := good
		spoil(&u)
		wantKind(t, name, tryWrite(t, s, c, bot.Key{}, reply(u)), fault.Conflict)
	}
	d := newConversation(t, s, workspace)
	wantKind(t, "another conversation", tryWrite(t, s, d, bot.Key{}, reply(good)), fault.Conflict)

	// The process dies; the next life of it takes the run, and the old one is fenced off.
	if n, err := s.Runs.ReleaseRuns(t.Context(), "p2", start); err != nil || n != 1 {
		t.Fatalf("released %d, %v; want 1", n, err)
	}
	wantKind(t, "released", tryWrite(t, s, c, bot.Key{}, reply(good)), fault.Conflict)
	again := claim(t, s, "p2")
	if again.ID != r.ID || again.Attempt != 2 || again.Owner != "p2" {
		t.Errorf("claimed again: %+v", again)
	}
	wantKind(t, "the first attempt", tryWrite(t, s, c, bot.Key{}, reply(good)), fault.Conflict)
	if ok, err := s.Runs.Checkpoint(t.Context(), workspace, r.ID, 1, "late", start); err != nil || ok {
		t.Errorf("checkpoint of the first attempt: %v, %v; want false", ok, err)
	}
	// A person takes over: nothing of the bot gets through.
	write(t, s, c, bot.Key{}, bot.Change{Row: func(c *bot.Conversation) { c.Speaker = bot.SpeakerHuman }})
	wantKind(t, "after a take-over", tryWrite(t, s, c, bot.Key{}, reply(*update(again, bot.RunComplete))), fault.Conflict)
	u := *update(again, bot.RunComplete)
	u.Epoch = 1
	write(t, s, c, bot.Key{}, bot.Change{Run: &u})
	wantKind(t, "done", tryWrite(t, s, c, bot.Key{}, reply(u)), fault.Conflict)
	wantSame(t, "timeline", texts(timeline(t, s, c, bot.ViewAgent, 10)), []string{"1/1 visitor one"})
}

func testRunCancel(t *testing.T, s Stores) {
	c := newConversation(t, s, workspace)
	ask(t, s, c, "one")
	r := claim(t, s, "p1")
	ev := placeholder(t, s, c, r)
	if _, err := s.Runs.Checkpoint(t.Context(), workspace, r.ID, 1, "half an ans", start); err != nil {
		t.Fatal(err)
	}
	waiting := ask(t, s, c, "two")
	take := bot.NewEvent{Kind: bot.EventService, Author: bot.Author{Kind: bot.AuthorAgent, ID: "a1"}, Visible: true, At: start, Body: bot.Body{Change: "taken"}}
	k := key(take.Author, "take")
	ch := bot.Change{Cancel: true, Events: []bot.NewEvent{take}, Row: func(c *bot.Conversation) { c.Speaker = bot.SpeakerHuman }}
	w := write(t, s, c, k, ch)
	wantState(t, s, r.ID, bot.RunCancelled)
	wantState(t, s, waiting.Run, bot.RunCancelled)
	wantNoRun(t, s)
	if len(w.Events) != 2 {
		t.Fatalf("%d events, want the placeholder's end and the change's own", len(w.Events))
	}
	end, own := w.Events[0], w.Events[1]
	wantSame(t, "end of the placeholder", end, bot.Event{
		ID: end.ID, Conversation: c.ID, Seq: 4, VSeq: 4, Kind: bot.EventFinished, Author: botAuthor, At: end.At,
		Body: bot.Body{Text: "half an ans", Of: ev, Run: r.ID, State: bot.RunCancelled},
	})
	if own.Body.Change != "taken" || own.Epoch != 1 || own.ClientMsgID != k.ClientMsgID {
		t.Errorf("own event %+v: want it under the new epoch with the sender's id", own)
	}
	again := write(t, s, c, k, ch)
	if !again.Dup {
		t.Error("want a repetition")
	}
	wantSame(t, "events of the repetition", again.Events, w.Events)
	checkDense(t, s, c)

	// A message after it is owed an answer again.
	write(t, s, c, bot.Key{}, bot.Change{Row: func(c *bot.Conversation) { c.Speaker = bot.SpeakerBot }})
	ask(t, s, c, "three")
	if r := claim(t, s, "p1"); r.Epoch != 2 || r.From != 6 {
		t.Errorf("claimed %+v, want epoch 2 from 6", r)
	}
}

func testRunRelease(t *testing.T, s Stores) {
	c, d, mine := newConversation(t, s, workspace), newConversation(t, s, workspace), newConversation(t, s, workspace)
	ask(t, s, c, "one")
	old := claim(t, s, "p1")
	ev := placeholder(t, s, c, old)
	if _, err := s.Runs.Checkpoint(t.Context(), workspace, old.ID, 1, "half", start); err != nil {
		t.Fatal(err)
	}
	newer := ask(t, s, c, "two")
	ask(t, s, d, "alone")
	alone := claim(t, s, "p1")
	kept := placeholder(t, s, d, alone)
	ask(t, s, mine, "mine")
	own := claim(t, s, "p2")

	if n, err := s.Runs.ReleaseRuns(t.Context(), "p2", start); err != nil || n != 2 {
		t.Fatalf("released %d, %v; want 2", n, err)
	}
	wantState(t, s, own.ID, bot.RunActive)
	wantState(t, s, old.ID, bot.RunSuperseded)
	wantState(t, s, alone.ID, bot.RunQueued)
	// The newer run answers the messages of both; the lost answer's place ends.
	r := wantState(t, s, newer.Run, bot.RunQueued)
	if r.From != 1 {
		t.Errorf("from %d, want 1", r.From)
	}
	ends := 0
	for _, e := range timeline(t, s, c, bot.ViewVisitor, 10) {
		if e.Kind == bot.EventFinished {
			ends++
			if e.Body.Of != ev || e.Body.State != bot.RunSuperseded || e.Body.Text != "half" {
				t.Errorf("end %+v", e.Body)
			}
		}
	}
	if ends != 1 {
		t.Errorf("%d ends of the placeholder, want 1", ends)
	}
	// A run that waits again keeps its place in the timeline.
	if a := wantState(t, s, alone.ID, bot.RunQueued); a.Placeholder != kept {
		t.Errorf("placeholder %q, want %q", a.Placeholder, kept)
	}
	if n, err := s.Runs.ReleaseRuns(t.Context(), "p2", start); err != nil || n != 0 {
		t.Errorf("released again %d, %v; want none", n, err)
	}
	got := map[bot.RunID]bot.Run{}
	for range 2 {
		r := claim(t, s, "p2")
		got[r.ID] = r
	}
	if a := got[alone.ID]; a.Attempt != 2 || a.Placeholder != kept {
		t.Errorf("second attempt %+v", a)
	}
	if b := got[newer.Run]; b.From != 1 || b.Attempt != 1 {
		t.Errorf("merged run %+v", b)
	}
	wantNoRun(t, s)
}

func testRunsInParallel(t *testing.T, s Stores) {
	const n = 30
	convs := map[bot.ConversationID]bool{}
	for range n {
		c := newConversation(t, s, workspace)
		convs[c.ID] = true
		ask(t, s, c, "one")
	}
	var (
		mu   sync.Mutex
		seen = map[bot.RunID]bool{}
		wg   sync.WaitGroup
	)
	for w := range 8 {
		wg.Go(func() {
			for {
				r, ok, err := s.Runs.ClaimRun(t.Context(), fmt.Sprint(w), start)
				if err != nil {
					t.Error(err)
				}
				if !ok || err != nil {
					return
				}
				mu.Lock()
				if seen[r.ID] || !convs[r.Conversation] {
					t.Errorf("run %s was claimed twice", r.ID)
				}
				seen[r.ID] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(seen) != n {
		t.Errorf("%d runs claimed, want %d", len(seen), n)
	}
}
