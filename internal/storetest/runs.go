package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// lease is how long a claim of the suite holds.
const lease = 6 * time.Second

// ask appends a visitor's message that the bot owes an answer to.
func ask(t tester, s Stores, c bot.Conversation, text string) bot.Written {
	t.Helper()
	return write(t, s, c, key(visitor, text), bot.Change{Events: []bot.NewEvent{says(visitor, text)}, Owe: true})
}

func claim(t tester, s Stores, owner string) bot.Run {
	t.Helper()
	r, ok, err := s.Runs.ClaimRun(t.Context(), owner, lease, start)
	if err != nil || !ok {
		t.Fatalf("claim: %v, %v; want a run", ok, err)
	}
	return r
}

func wantNoRun(t tester, s Stores) {
	t.Helper()
	if r, ok, err := s.Runs.ClaimRun(t.Context(), "p1", lease, start); err != nil || ok {
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
		Attempt: 1, Owner: "p1", LeaseUntil: start.Add(lease), State: bot.RunActive, CreatedAt: r.CreatedAt, UpdatedAt: start,
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

	// The process gives the run back; another takes it, and the old one is fenced off.
	if n, err := s.Runs.ReleaseRuns(t.Context(), "p1", start); err != nil || n != 1 {
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

	if n, err := s.Runs.ReleaseRuns(t.Context(), "p1", start); err != nil || n != 2 {
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
	if a := wantState(t, s, alone.ID, bot.RunQueued); a.Placeholder != kept || a.Owner != "" || !a.LeaseUntil.IsZero() {
		t.Errorf("released %+v; want the placeholder %q, no owner and no lease", a, kept)
	}
	if n, err := s.Runs.ReleaseRuns(t.Context(), "p1", start); err != nil || n != 0 {
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
	// Where no other process lives, everything claimed was left by a dead one.
	if n, err := s.Runs.ReleaseRuns(t.Context(), "", start); err != nil || n != 3 {
		t.Errorf("released %d of all, %v; want 3", n, err)
	}
}

// claimAt claims at a time.
func claimAt(t tester, s Stores, owner string, at time.Time) (bot.Run, bool) {
	t.Helper()
	r, ok, err := s.Runs.ClaimRun(t.Context(), owner, lease, at)
	if err != nil {
		t.Fatalf("claim: %v", err)
	}
	return r, ok
}

func renew(t tester, s Stores, owner string, at time.Time, runs ...bot.RunID) []bot.RunID {
	t.Helper()
	held, err := s.Runs.RenewRuns(t.Context(), owner, runs, lease, at)
	if err != nil {
		t.Fatalf("renew: %v", err)
	}
	return held
}

// testRunLease: a claim holds while it is renewed; then one other takes the run
// over, and the former owner changes nothing any more (I-25, I-29).
func testRunLease(t *testing.T, s Stores) {
	c := newConversation(t, s, workspace)
	first := ask(t, s, c, "one")
	r := claim(t, s, "p1")
	ev := placeholder(t, s, c, r)
	if _, err := s.Runs.Checkpoint(t.Context(), workspace, r.ID, 1, "half", start); err != nil {
		t.Fatal(err)
	}
	ask(t, s, c, "two") // waits: the answer to the first is being given

	at := start.Add(lease - time.Microsecond)
	if got, ok := claimAt(t, s, "p2", at); ok {
		t.Fatalf("claimed %+v before its lease ended", got)
	}
	wantSame(t, "held", renew(t, s, "p1", at, r.ID, "nobody"), []bot.RunID{r.ID})
	wantSame(t, "held by a stranger", renew(t, s, "p2", at, r.ID), []bot.RunID(nil))
	wantSame(t, "held of none", renew(t, s, "p1", at), []bot.RunID(nil))
	if got := wantState(t, s, r.ID, bot.RunStreaming); !got.LeaseUntil.Equal(at.Add(lease)) || got.Owner != "p1" {
		t.Errorf("lease of %s until %v, want p1's until %v", got.Owner, got.LeaseUntil, at.Add(lease))
	}
	if got, ok := claimAt(t, s, "p2", start.Add(lease)); ok {
		t.Fatalf("claimed %+v although its lease was renewed", got)
	}
	// It ends, and nobody is there yet: the owner may still go on.
	at = at.Add(lease)
	wantSame(t, "held late", renew(t, s, "p1", at, r.ID), []bot.RunID{r.ID})
	at = at.Add(lease)

	over, _ := claimAt(t, s, "p2", at)
	want := bot.Run{
		Workspace: workspace, ID: r.ID, Conversation: c.ID, Trigger: first.Events[0].ID, From: 1, Through: 3,
		Attempt: 2, Owner: "p2", LeaseUntil: at.Add(lease), State: bot.RunActive, Text: "half", Placeholder: ev,
		CreatedAt: r.CreatedAt, UpdatedAt: at,
	}
	wantSame(t, "taken over", over, want)
	wantSame(t, "stored", wantState(t, s, r.ID, bot.RunActive), want)
	if got, ok := claimAt(t, s, "p3", at); ok {
		t.Errorf("claimed %+v; want nothing while the conversation has an active run", got)
	}

	// The former owner wakes up.
	wantSame(t, "held by the former owner", renew(t, s, "p1", at, r.ID), []bot.RunID(nil))
	if ok, err := s.Runs.Checkpoint(t.Context(), workspace, r.ID, 1, "half and more", at); err != nil || ok {
		t.Errorf("checkpoint of the former owner: %v, %v; want false", ok, err)
	}
	for _, state := range []bot.RunState{bot.RunStreaming, bot.RunComplete, bot.RunFailed, bot.RunCancelled, bot.RunQueued} {
		wantKind(t, "former owner to "+string(state), tryWrite(t, s, c, bot.Key{}, bot.Change{
			Run: update(r, state), Events: []bot.NewEvent{says(botAuthor, "late")},
		}), fault.Conflict)
	}
	if n, err := s.Runs.ReleaseRuns(t.Context(), "p1", at); err != nil || n != 0 {
		t.Errorf("the former owner released %d, %v; want none", n, err)
	}
	wantSame(t, "after the former owner", wantState(t, s, r.ID, bot.RunActive), want)

	// The new owner ends it, once.
	end := bot.Change{Run: update(over, bot.RunComplete), Events: []bot.NewEvent{{
		Kind: bot.EventFinished, Author: botAuthor, Visible: true, At: start, Body: bot.Body{Of: ev, Run: r.ID, State: bot.RunComplete, Text: "all"},
	}}}
	write(t, s, c, bot.Key{}, end)
	wantKind(t, "ended twice", tryWrite(t, s, c, bot.Key{}, end), fault.Conflict)
	wantSame(t, "held when done", renew(t, s, "p2", at, r.ID), []bot.RunID(nil))
	if got, ok := claimAt(t, s, "p3", at.Add(time.Hour)); !ok || got.ID == r.ID || got.Attempt != 1 {
		t.Errorf("claimed %+v, %v; want the second message's run", got, ok)
	}
	wantSame(t, "timeline", texts(timeline(t, s, c, bot.ViewAgent, 10)),
		[]string{"1/1 visitor one", "2/2 bot ", "3/3 visitor two", "4/4 bot all"})
}

// testRunTakenOnce: of many that would take over runs of a dead process, each
// run goes to one.
func testRunTakenOnce(t *testing.T, s Stores) {
	const n = 30
	for range n {
		ask(t, s, newConversation(t, s, workspace), "one")
		claim(t, s, "dead")
	}
	at := start.Add(lease)
	var (
		mu   sync.Mutex
		seen = map[bot.RunID]string{}
		wg   sync.WaitGroup
	)
	for w := range 8 {
		owner := fmt.Sprint("p", w)
		wg.Go(func() {
			for {
				r, ok, err := s.Runs.ClaimRun(t.Context(), owner, lease, at)
				if err != nil {
					t.Error(err)
				}
				if !ok || err != nil {
					return
				}
				mu.Lock()
				if former, twice := seen[r.ID]; twice || r.Attempt != 2 || r.Owner != owner {
					t.Errorf("%s took %+v, which %q has", owner, r, former)
				}
				seen[r.ID] = owner
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(seen) != n {
		t.Errorf("%d runs taken over, want %d", len(seen), n)
	}
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
				r, ok, err := s.Runs.ClaimRun(t.Context(), fmt.Sprint(w), lease, start)
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
