package storetest

import (
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

func testDeskTake(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 1)
	d.hire(t, "wei", 1)
	c := newConversation(t, s, workspace)
	ask(t, s, c, "x")
	take := func(c bot.Conversation, a bot.AgentID, version int64, o handoff.TakeOptions) error {
		_, err := d.Take(t.Context(), workspace, c.ID, a, version, o)
		return err
	}
	// From the bot, which falls silent.
	wantKind(t, "take from the bot", take(c, "lin", 0, handoff.TakeOptions{}), "")
	if got := d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "lin"); got.Reason != bot.ReasonTaken || got.ControlEpoch != 1 {
		t.Errorf("taken: %+v", got)
	}
	wantNoRun(t, s)
	version := d.row(t, c).Version
	wantKind(t, "take one's own", take(c, "lin", 0, handoff.TakeOptions{}), "")
	if got := d.row(t, c); got.Version != version {
		t.Error("taking one's own conversation should change nothing")
	}
	// From another agent: only a supervisor, and only as they saw it.
	wantKind(t, "take from another", take(c, "wei", 0, handoff.TakeOptions{}), fault.Conflict)
	wantKind(t, "with an old version", take(c, "wei", version-1, handoff.TakeOptions{Supervisor: true}), fault.Conflict)
	wantKind(t, "as a supervisor", take(c, "wei", version, handoff.TakeOptions{Supervisor: true}), "")
	if got := d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "wei"); got.ControlEpoch != 2 {
		t.Errorf("epoch %d, want 2: the speaker changed", got.ControlEpoch)
	}
	d.wantTold(t, c, "taken", "Wei has taken over from Lin.")
	// From the line: the offer that was open for another ends, beyond one's capacity too.
	waits := d.ask(t, nil)
	d.sweep(t)
	r := d.offerOf(t, "lin")
	wantKind(t, "take one that is offered", take(waits, "wei", 1, handoff.TakeOptions{}), "")
	if got, err := s.Desk.Reservation(t.Context(), workspace, r.ID); err != nil || got.State != handoff.ReservationRescinded {
		t.Errorf("offer %+v, %v", got, err)
	}
	if a := d.agent(t, "wei"); a.Load != 2 {
		t.Errorf("load %d, want 2", a.Load)
	}
	// An offer to somebody who filled up by themselves goes back at once.
	other := d.ask(t, nil)
	d.sweep(t)
	d.offerOf(t, "lin")
	wantKind(t, "take another meanwhile", take(newConversation(t, s, workspace), "lin", 0, handoff.TakeOptions{}), "")
	d.noOffer(t, "lin")
	d.is(t, other, bot.ServiceWaiting, bot.SpeakerBot, "")
	d.recount(t)
	wantKind(t, "unknown agent", take(other, "nobody", 0, handoff.TakeOptions{}), fault.NotFound)
	_, err := d.Take(t.Context(), workspace, "nobody", "lin", 0, handoff.TakeOptions{})
	wantKind(t, "unknown conversation", err, fault.NotFound)
}

func testDeskGone(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 2)
	c := d.ask(t, func(e *bot.Escalation) { e.Language = "zh" })
	d.sweep(t)
	d.accept(t, "lin")
	second := d.ask(t, nil)
	d.sweep(t)
	d.offerOf(t, "lin")
	// Silent for 30 s: offers go back, chats stay; it is not held against the agent.
	d.after(t, 24*time.Second)
	d.clock.pass(6 * time.Second)
	d.sweep(t)
	d.noOffer(t, "lin")
	d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "lin")
	// Back within the grace: nothing happened.
	d.after(t, 50*time.Second)
	d.after(t, 10*time.Second, "lin")
	d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "lin")
	if a := d.agent(t, "lin"); a.Duty != handoff.DutyOn {
		t.Errorf("agent %+v", a)
	}
	d.offerOf(t, "lin")
	// Gone past it: back in line at the first age, the visitor told, the bot silent.
	d.hire(t, "wei", 1)
	d.after(t, 90*time.Second, "wei")
	got := d.row(t, c)
	if got.Agent != "" || got.Speaker != bot.SpeakerHuman || !got.Enqueued.Equal(start) {
		t.Errorf("lost: agent %q, %s speaks, enqueued %v", got.Agent, got.Speaker, got.Enqueued)
	}
	d.wantTold(t, c, "agent_gone", "客服 Lin 的连接中断了，您的位置保留")
	if a := d.agent(t, "lin"); a.Load != 0 || a.Reserved != 0 || a.Duty != handoff.DutyOff {
		t.Errorf("agent %+v", a)
	}
	d.recount(t)
	// The oldest is served first, by whoever is there.
	d.after(t, 10*time.Second, "wei")
	if r := d.offerOf(t, "wei"); r.Conversation != c.ID && r.Conversation != second.ID {
		t.Errorf("offer %+v", r)
	}
}

// A desk's own times are kept instead of the usual ones.
func testDeskTimes(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.Desk = handoff.New(d.Stores.Desk, d.Timeline, d.heard, d.clock.now, nil,
		&handoff.Options{Notifier: d.heard, OfferFor: 10 * time.Second, Grace: 5 * time.Second})
	d.hire(t, "lin", 1)
	c := d.ask(t, nil)
	d.sweep(t)
	if r := d.offerOf(t, "lin"); r.Deadline.Sub(r.OfferedAt) != 10*time.Second {
		t.Errorf("an offer from %v to %v, want 10 s", r.OfferedAt, r.Deadline)
	}
	d.accept(t, "lin")
	d.after(t, 34*time.Second)
	d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "lin")
	d.after(t, 2*time.Second)
	if got := d.row(t, c); got.Agent != "" {
		t.Errorf("36 s without a sign of life, and %s has the chat still", got.Agent)
	}
}

func testDeskRestart(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 1)
	c := d.ask(t, nil)
	d.sweep(t)
	d.accept(t, "lin")
	waits := d.ask(t, nil)
	// The process is away for five minutes: nobody could give a sign of life.
	d.clock.pass(5 * time.Minute)
	d.restart()
	d.sweep(t)
	d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "lin")
	d.is(t, waits, bot.ServiceWaiting, bot.SpeakerBot, "")
	d.after(t, 20*time.Second)
	d.after(t, 10*time.Second, "lin")
	d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "lin")
	// The forgiveness ends.
	d.clock.pass(5 * time.Minute)
	d.restart()
	d.after(t, 80*time.Second)
	if got := d.row(t, c); got.Agent != "" {
		t.Errorf("the agent did not come back, but still has it: %+v", got)
	}
	d.is(t, waits, bot.ServiceParked, bot.SpeakerBot, "")
}

func testDeskTransfer(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	for _, a := range []bot.AgentID{"lin", "wei", "zoe"} {
		d.hire(t, a, 1)
	}
	d.care(t, handoff.QueueSettings{PassBack: 20 * time.Second})
	c := newConversation(t, s, workspace)
	if _, err := d.Take(t.Context(), workspace, c.ID, "lin", 0, handoff.TakeOptions{}); err != nil {
		t.Fatal(err)
	}
	move := func(by, to bot.AgentID, q bot.QueueID) error {
		_, err := d.Transfer(t.Context(), workspace, c.ID, by, to, q, "knows about customs")
		return err
	}
	wantKind(t, "by somebody else", move("wei", "zoe", ""), fault.Denied)
	wantKind(t, "to oneself", move("lin", "lin", ""), fault.Invalid)
	wantKind(t, "to nobody", move("lin", "nobody", ""), fault.NotFound)
	wantKind(t, "to no queue", move("lin", "", "nowhere"), fault.NotFound)
	// To a colleague, who declines: it comes back, and when nothing is done with it the
	// line takes over. The first agent stays responsible all the time.
	wantKind(t, "to a colleague", move("lin", "wei", ""), "")
	d.is(t, c, bot.ServiceOffered, bot.SpeakerHuman, "lin")
	d.wantTold(t, c, "transferred", "Lin is passing you on to a colleague")
	busy := newConversation(t, s, workspace)
	if _, err := d.Take(t.Context(), workspace, busy.ID, "zoe", 0, handoff.TakeOptions{}); err != nil {
		t.Fatal(err)
	}
	r := d.offerOf(t, "wei")
	if err := d.Decline(t.Context(), workspace, r.ID, "wei"); err != nil {
		t.Fatal(err)
	}
	d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "lin")
	d.wantTold(t, c, "transfer_declined", "Wei can't take over right now; Lin stays with you.")
	d.after(t, 20*time.Second, "lin", "wei", "zoe")
	d.is(t, c, bot.ServiceWaiting, bot.SpeakerHuman, "lin")
	d.wantTold(t, c, "transferred", "Lin is passing you on to a colleague")
	if _, err := d.Say(t.Context(), workspace, c.ID, bot.Author{Kind: bot.AuthorAgent, ID: "lin"}, key(visitor, "x"), bot.Body{Text: "One moment"}, false); err != nil {
		t.Errorf("the responsible agent speaks until somebody accepts: %v", err)
	}
	wantKind(t, "to one without room", move("lin", "zoe", ""), fault.Conflict)
	if _, err := d.Close(t.Context(), workspace, busy.ID, bot.Author{Kind: bot.AuthorAgent, ID: "zoe"}); err != nil {
		t.Fatal(err)
	}
	d.sweep(t)
	before := d.row(t, c).ControlEpoch
	d.accept(t, "zoe")
	if got := d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "zoe"); got.ControlEpoch != before+1 {
		t.Errorf("epoch %d, want %d", got.ControlEpoch, before+1)
	}
	d.wantTold(t, c, "accepted", "Zoe has taken over from Lin.")
	d.recount(t)
	// Into a queue; the agent who passes it on is not asked.
	if err := d.PutQueue(t.Context(), handoff.Queue{Workspace: workspace, ID: "customs", Name: "Customs", QueueSettings: handoff.QueueSettings{OfferFor: 5 * time.Second}}); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "into a queue", move("zoe", "", "customs"), "")
	if _, err := d.SetDuty(t.Context(), workspace, "lin", handoff.DutyAway); err != nil {
		t.Fatal(err)
	}
	d.after(t, time.Second, "zoe", "lin", "wei")
	d.noOffer(t, "zoe")
	d.after(t, 40*time.Second, "zoe", "lin", "wei") // wei declined this one a moment ago
	if r := d.offerOf(t, "wei"); r.Deadline.Sub(r.OfferedAt) != 5*time.Second {
		t.Errorf("offer %+v; want the queue's five seconds", r)
	}
	// A hand-back in between ends it all.
	if _, err := d.HandBack(t.Context(), workspace, c.ID, "zoe", ""); err != nil {
		t.Fatal(err)
	}
	d.noOffer(t, "wei")
	d.is(t, c, bot.ServiceBot, bot.SpeakerBot, "")
	wantKind(t, "to one who is away", func() error {
		if _, err := d.Take(t.Context(), workspace, c.ID, "zoe", 0, handoff.TakeOptions{}); err != nil {
			return err
		}
		return move("zoe", "lin", "")
	}(), fault.Conflict)
	d.recount(t)
}

func testDeskAway(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 1)
	busy := newConversation(t, s, workspace)
	if _, err := d.Take(t.Context(), workspace, busy.ID, "lin", 0, handoff.TakeOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Say(t.Context(), workspace, busy.ID, lin, key(lin, "hello"), bot.Body{Text: "hello"}, false); err != nil {
		t.Fatal(err)
	}
	c := d.ask(t, nil)
	presence := func(present bool) {
		t.Helper()
		if err := d.Presence(t.Context(), workspace, c.ID, present); err != nil {
			t.Fatal(err)
		}
	}
	presence(false)
	d.after(t, 110*time.Second, "lin")
	d.is(t, c, bot.ServiceWaiting, bot.SpeakerBot, "")
	presence(true)
	d.after(t, 60*time.Second, "lin")
	d.is(t, c, bot.ServiceWaiting, bot.SpeakerBot, "")
	presence(false)
	d.after(t, 2*time.Minute, "lin")
	d.is(t, c, bot.ServiceParked, bot.SpeakerBot, "")
	d.wantTold(t, c, "parked", "Your place is kept for 30 minutes")
	d.after(t, 29*time.Minute, "lin")
	d.is(t, c, bot.ServiceParked, bot.SpeakerBot, "") // duty does not bring back who left
	presence(true)
	if got := d.is(t, c, bot.ServiceWaiting, bot.SpeakerBot, ""); !got.Enqueued.Equal(start) {
		t.Errorf("enqueued %v, want the old age", got.Enqueued)
	}
	presence(false)
	d.after(t, 2*time.Minute, "lin")
	d.after(t, 31*time.Minute, "lin")
	presence(true)
	d.is(t, c, bot.ServiceParked, bot.SpeakerBot, "")
	// Asking again later begins a new wait.
	d.enqueue(t, c, nil)
	if got := d.is(t, c, bot.ServiceWaiting, bot.SpeakerBot, ""); !got.Enqueued.Equal(d.clock.now()) {
		t.Errorf("enqueued %v, want now, %v", got.Enqueued, d.clock.now())
	}
	k := key(visitor, "leave")
	w, err := d.Leave(t.Context(), workspace, c.ID, k)
	if err != nil || w.Events[0].ClientMsgID != k.ClientMsgID {
		t.Errorf("leave: %+v, %v", w, err)
	}
	d.is(t, c, bot.ServiceBot, bot.SpeakerBot, "")
	d.wantTold(t, c, "left_queue", "You've left the line.")
	if w, err := d.Leave(t.Context(), workspace, c.ID, key(visitor, "again")); err != nil || len(w.Events) != 0 {
		t.Errorf("leave twice: %+v, %v", w, err)
	}
}
