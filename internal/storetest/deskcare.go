package storetest

import (
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// care puts the main queue's settings in place.
func (d *desk) care(t tester, s handoff.QueueSettings) {
	t.Helper()
	if err := d.PutQueue(t.Context(), handoff.Queue{Workspace: d.ws, Name: "Main", QueueSettings: s}); err != nil {
		t.Fatalf("put queue: %v", err)
	}
}

// testDeskFirstReply takes a chat from an agent who accepts it and then writes
// nothing, and leaves it with one who does.
func testDeskFirstReply(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 1)
	d.care(t, handoff.QueueSettings{FirstReply: time.Minute})
	quiet := d.ask(t, nil)
	d.sweep(t)
	d.accept(t, "lin")
	d.after(t, 50*time.Second, "lin")
	d.is(t, quiet, bot.ServiceActive, bot.SpeakerHuman, "lin")
	d.hire(t, "wei", 1)
	d.after(t, 20*time.Second, "lin", "wei")
	d.wantTold(t, quiet, "agent_slow", "Lin could not answer. You keep your place; someone else is on the way.")
	if r := d.offerOf(t, "wei"); r.Conversation != quiet.ID {
		t.Errorf("offered %+v", r)
	}
	d.noOffer(t, "lin") // who let it lie gets no more until they are back
	if a := d.agent(t, "lin"); a.Load != 0 || a.Duty != handoff.DutyMissed {
		t.Errorf("agent %+v", a)
	}
	d.accept(t, "wei")
	if _, err := d.Say(t.Context(), workspace, quiet.ID, bot.Author{Kind: bot.AuthorAgent, ID: "wei"},
		bot.Key{ClientMsgID: id.New()}, bot.Body{Text: "here I am"}, false); err != nil {
		t.Fatal(err)
	}
	d.after(t, 2*time.Minute, "lin", "wei")
	if got := d.is(t, quiet, bot.ServiceActive, bot.SpeakerHuman, "wei"); !got.Enqueued.IsZero() {
		t.Errorf("enqueued %v", got.Enqueued)
	}
	// Who takes a chat by hand silences the bot as well, and must write too.
	for _, c := range []bot.Conversation{newConversation(t, s, workspace), d.ask(t, nil)} {
		d.hire(t, "mei", 1)
		if _, err := d.Take(t.Context(), workspace, c.ID, "mei", 0, handoff.TakeOptions{}); err != nil {
			t.Fatal(err)
		}
		d.after(t, 50*time.Second, "wei", "mei")
		d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "mei")
		d.after(t, 20*time.Second, "wei", "mei")
		if got := d.row(t, c); got.Agent != "" || got.Service != bot.ServiceWaiting && got.Service != bot.ServiceOffered && got.Service != bot.ServiceParked {
			t.Errorf("it is %s with %q", got.Service, got.Agent)
		}
		if _, err := d.Close(t.Context(), workspace, c.ID, bot.Author{Kind: bot.AuthorSystem}); err != nil {
			t.Fatal(err)
		}
	}
	d.recount(t)
}

// testDeskWrapUp keeps an agent's place while they finish notes.
func testDeskWrapUp(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 1)
	d.care(t, handoff.QueueSettings{WrapUp: time.Minute})
	lin := bot.Author{Kind: bot.AuthorAgent, ID: "lin"}
	end := func(c bot.Conversation) {
		t.Helper()
		if _, err := d.Close(t.Context(), workspace, c.ID, lin); err != nil {
			t.Fatal(err)
		}
	}
	first := d.ask(t, nil)
	d.sweep(t)
	d.accept(t, "lin")
	second := d.ask(t, nil)
	end(first)
	d.is(t, first, bot.ServiceWrapup, bot.SpeakerHuman, "lin")
	d.wantTold(t, first, "wrap_up", "This chat has ended.")
	d.after(t, 50*time.Second, "lin")
	d.noOffer(t, "lin") // their place is taken still
	d.after(t, 10*time.Second, "lin")
	d.is(t, first, bot.ServiceClosed, bot.SpeakerBot, "")
	if r := d.offerOf(t, "lin"); r.Conversation != second.ID {
		t.Errorf("offered %+v", r)
	}
	// The agent may be done sooner.
	d.accept(t, "lin")
	end(second)
	end(second)
	d.is(t, second, bot.ServiceClosed, bot.SpeakerBot, "")
	if a := d.agent(t, "lin"); a.Load != 0 {
		t.Errorf("agent %+v", a)
	}
	// Who has had it takes it up again, and its visitor is known to them.
	third := d.ask(t, nil)
	d.sweep(t)
	d.accept(t, "lin")
	end(third)
	if _, err := d.Take(t.Context(), workspace, third.ID, "lin", 0, handoff.TakeOptions{}); err != nil {
		t.Fatal(err)
	}
	d.is(t, third, bot.ServiceActive, bot.SpeakerHuman, "lin")
	d.after(t, 2*time.Minute, "lin")
	d.is(t, third, bot.ServiceActive, bot.SpeakerHuman, "lin")
	d.recount(t)
}

// testDeskLast gives a conversation that comes back to whom it was with.
func testDeskLast(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "ann", 2)
	c := d.ask(t, nil)
	d.sweep(t)
	d.accept(t, "ann")
	if _, err := d.HandBack(t.Context(), workspace, c.ID, "ann", ""); err != nil {
		t.Fatal(err)
	}
	d.hire(t, "bob", 2) // without a chat for longer
	d.clock.pass(time.Second)
	w := d.enqueue(t, c, nil)
	d.sweep(t)
	if r := d.offerOf(t, "ann"); r.Conversation != w.Conversation.ID {
		t.Errorf("offered %+v", r)
	}
	// The offer says why.
	page := timeline(t, s, c, bot.ViewAgent, 100)
	last := page[len(page)-1]
	if r := last.Body.Routing; last.Body.Change != "offered" || r == nil || len(r.Candidates) != 2 || r.Candidates[0].Agent != "ann" ||
		!r.Candidates[0].Last || r.Candidates[1].Not != bot.NotBest {
		t.Errorf("offered event %+v with %+v", last.Body, last.Body.Routing)
	}
}

// testDeskShift ends an agent's duty with their shift: no more offers, the chats
// they have to the end, and then off.
func testDeskShift(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 2)
	shift := handoff.Hours{Zone: "UTC", Weeks: []handoff.Span{{Day: start.Weekday(), Close: start.Sub(start.Truncate(24*time.Hour)) + time.Minute}}}
	seen := func(n int) func(handoff.Hours) bool {
		return func(old handoff.Hours) bool { return len(old.Weeks) == n }
	}
	if a, err := d.SetRoster(t.Context(), workspace, "lin", shift, seen(0)); err != nil || len(a.Roster.Weeks) != 1 {
		t.Fatalf("roster %+v, %v", a.Roster, err)
	}
	_, err := d.SetRoster(t.Context(), workspace, "lin", shift, seen(0))
	wantKind(t, "over somebody else's", err, fault.Conflict)
	_, err = d.SetRoster(t.Context(), workspace, "nobody", shift, seen(0))
	wantKind(t, "of nobody", err, fault.NotFound)
	// What is changed of an agent otherwise leaves their shifts alone.
	if a, err := d.PutAgent(t.Context(), handoff.Agent{Workspace: workspace, ID: "lin", Name: "Lin", Capacity: 2}); err != nil || len(a.Roster.Weeks) != 1 {
		t.Fatalf("roster %+v, %v", a.Roster, err)
	}
	c := d.ask(t, nil)
	d.sweep(t)
	d.accept(t, "lin")
	d.hire(t, "wei", 1)
	d.after(t, time.Minute, "lin", "wei")
	if a := d.agent(t, "lin"); a.Duty != handoff.DutyDrain || a.Load != 1 {
		t.Errorf("at the end of the shift: %+v", a)
	}
	// With a chat still open they may stay on by their own word, and go off again.
	if _, err := d.SetDuty(t.Context(), workspace, "lin", handoff.DutyOn); err != nil {
		t.Fatal(err)
	}
	d.after(t, 20*time.Second, "lin", "wei")
	if a := d.agent(t, "lin"); a.Duty != handoff.DutyOn {
		t.Errorf("overtime with a chat: %+v", a)
	}
	if _, err := s.Desk.ChangeAgent(t.Context(), workspace, "lin", false, func(a *handoff.Agent) error {
		a.Duty = handoff.DutyDrain
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	next := d.ask(t, nil)
	d.sweep(t)
	if r := d.offerOf(t, "wei"); r.Conversation != next.ID {
		t.Errorf("offered %+v", r)
	}
	d.noOffer(t, "lin")
	d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "lin")
	if _, err := d.Close(t.Context(), workspace, c.ID, bot.Author{Kind: bot.AuthorAgent, ID: "lin"}); err != nil {
		t.Fatal(err)
	}
	d.sweep(t)
	if a := d.agent(t, "lin"); a.Duty != handoff.DutyOff || !a.OnSince.IsZero() {
		t.Errorf("after the last chat: %+v", a)
	}
	// Who stays on by their own word stays on.
	if _, err := d.SetDuty(t.Context(), workspace, "lin", handoff.DutyOn); err != nil {
		t.Fatal(err)
	}
	d.after(t, 20*time.Second, "lin", "wei")
	if a := d.agent(t, "lin"); a.Duty != handoff.DutyOn {
		t.Errorf("overtime: %+v", a)
	}
}

// testDeskRamp begins an agent's ramp-up when they are new and after a long absence,
// and not when they come back from less or stay after their shift.
func testDeskRamp(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	began := func(what string, want time.Time) {
		t.Helper()
		if a := d.agent(t, "lin"); !a.RampFrom.Equal(want) || a.Duty == handoff.DutyOn && a.OnSince.IsZero() {
			t.Errorf("%s: the ramp-up began at %v, want %v: %+v", what, a.RampFrom, want, a)
		}
	}
	duty := func(is handoff.Duty) {
		t.Helper()
		if _, err := d.SetDuty(t.Context(), workspace, "lin", is); err != nil {
			t.Fatal(err)
		}
	}
	d.hire(t, "lin", 4)
	first := d.clock.now()
	began("who is new", first)

	d.clock.pass(5 * time.Minute)
	duty(handoff.DutyAway)
	d.clock.pass(2 * time.Hour)
	duty(handoff.DutyOn)
	began("who was away", first)

	d.clock.pass(5 * time.Minute)
	if _, err := s.Desk.ChangeAgent(t.Context(), workspace, "lin", false, func(a *handoff.Agent) error {
		a.Duty = handoff.DutyDrain
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	duty(handoff.DutyOn)
	began("who stays after a shift", first)
	if a := d.agent(t, "lin"); !a.OnSince.Equal(d.clock.now()) {
		t.Errorf("stays since %v", a.OnSince)
	}

	duty(handoff.DutyOff)
	d.clock.pass(59 * time.Minute)
	duty(handoff.DutyOff) // signing out says it again
	duty(handoff.DutyOn)
	began("who was off for less than an hour", first)

	duty(handoff.DutyOff)
	d.clock.pass(time.Hour)
	duty(handoff.DutyOn)
	began("who was off for an hour", d.clock.now())
}
