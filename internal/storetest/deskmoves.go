package storetest

import (
	"context"
	"fmt"
	"strings"
	"sync"
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
	// An offer to somebody who filled up by themselves is taken back.
	other := d.ask(t, nil)
	d.sweep(t)
	d.offerOf(t, "lin")
	wantKind(t, "take another meanwhile", take(newConversation(t, s, workspace), "lin", 0, handoff.TakeOptions{}), "")
	d.sweep(t)
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
	// To a colleague, who declines: the line takes over, the first agent stays responsible.
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
	d.sweep(t)
	d.is(t, c, bot.ServiceWaiting, bot.SpeakerHuman, "lin")
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
	if err := d.PutQueue(t.Context(), handoff.Queue{Workspace: workspace, ID: "customs", Name: "Customs", OfferFor: 5 * time.Second}); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "into a queue", move("zoe", "", "customs"), "")
	if _, err := d.SetDuty(t.Context(), workspace, "lin", handoff.DutyAway); err != nil {
		t.Fatal(err)
	}
	d.after(t, time.Second, "zoe", "lin", "wei")
	d.noOffer(t, "zoe")
	d.after(t, 60*time.Second, "zoe", "lin", "wei") // wei declined this one a moment ago
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

func testDeskOrder(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 1)
	var want []bot.ConversationID
	line := map[string]bot.Conversation{}
	for _, x := range []struct {
		name     string
		priority int
	}{{"old", 0}, {"younger", 0}, {"urgent", 1}, {"new", 0}} {
		line[x.name] = d.ask(t, func(e *bot.Escalation) { e.Priority = x.priority })
		d.clock.pass(10 * time.Second)
	}
	for _, n := range []string{"urgent", "old", "younger", "new"} {
		want = append(want, line[n].ID)
	}
	got := func() (out []bot.ConversationID) {
		all, err := d.Line(t.Context(), workspace)
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range all {
			if x.Position != i+1 {
				t.Errorf("position %d at %d", x.Position, i)
			}
			out = append(out, x.Conversation.ID)
		}
		return out
	}
	wantSame(t, "line", got(), want)
	// Served in this order; each gives way to the next.
	for i, c := range want[:2] {
		d.after(t, time.Second, "lin")
		if r := d.offerOf(t, "lin"); r.Conversation != c {
			t.Fatalf("offer %d is for another", i)
		}
		d.accept(t, "lin")
		if _, err := d.Close(t.Context(), workspace, c, bot.Author{Kind: bot.AuthorAgent, ID: "lin"}); err != nil {
			t.Fatal(err)
		}
	}
	// Age overtakes priority: five minutes are worth one step.
	if _, err := d.SetDuty(t.Context(), workspace, "lin", handoff.DutyAway); err != nil {
		t.Fatal(err)
	}
	if err := d.PutQueue(t.Context(), handoff.Queue{Workspace: workspace, Name: "Main", Hours: handoff.Hours{Zone: "UTC",
		Weeks: []handoff.Span{{Day: time.Wednesday, Close: 24 * time.Hour}}}}); err != nil {
		t.Fatal(err)
	}
	d.after(t, 6*time.Minute, "lin")
	late := d.ask(t, func(e *bot.Escalation) { e.Priority = 1 })
	wantSame(t, "line with age", got(), append(append([]bot.ConversationID{}, want[2:]...), late.ID))
}

func testDeskSkills(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 2, "lang:zh", "billing")
	d.hire(t, "wei", 2, "lang:en")
	// The language's agent first, though the other is as free.
	zh := d.ask(t, func(e *bot.Escalation) { e.Language = "zh" })
	d.sweep(t)
	if r := d.offerOf(t, "lin"); r.Conversation != zh.ID {
		t.Error("the Chinese chat should go to the agent who speaks it")
	}
	d.accept(t, "lin")
	bill := d.ask(t, func(e *bot.Escalation) { e.Language = "zh"; e.Skills = []string{"billing"} })
	d.sweep(t)
	d.accept(t, "lin")
	d.is(t, bill, bot.ServiceActive, bot.SpeakerHuman, "lin")
	// Nobody else speaks it and lin is full: it holds out for 30 s, then takes whom it gets.
	zh2 := d.ask(t, func(e *bot.Escalation) { e.Language = "zh" })
	d.after(t, 29*time.Second, "lin", "wei")
	d.noOffer(t, "wei")
	d.after(t, time.Second, "lin", "wei")
	if r := d.offerOf(t, "wei"); r.Conversation != zh2.ID {
		t.Error("after 30 s any language will do")
	}
	d.accept(t, "wei")
	// A skill is required for a minute.
	bill2 := d.ask(t, func(e *bot.Escalation) { e.Skills = []string{"billing", "lang:en"} })
	d.after(t, 59*time.Second, "lin", "wei")
	d.noOffer(t, "wei")
	d.after(t, time.Second, "lin", "wei")
	if r := d.offerOf(t, "wei"); r.Conversation != bill2.ID {
		t.Error("after a minute anybody will do")
	}
	d.accept(t, "wei")
	// What nobody on duty has is not waited for.
	d.hire(t, "zoe", 1)
	odd := d.ask(t, func(e *bot.Escalation) { e.Skills = []string{"astronomy"} })
	d.sweep(t)
	if r := d.offerOf(t, "zoe"); r.Conversation != odd.ID {
		t.Error("a skill that nobody has should not keep anybody waiting")
	}
	// Equals: the most spare capacity in proportion, then the longest idle.
	d.accept(t, "zoe")
	d.hire(t, "ann", 4)
	d.hire(t, "bob", 2)
	for i, want := range []bot.AgentID{"ann", "bob", "ann", "bob"} { // 4 of 4, 2 of 2, 3 of 4; then half each, bob idle longer
		d.clock.pass(time.Second)
		d.ask(t, nil)
		d.sweep(t)
		var got bot.AgentID
		for _, a := range []bot.AgentID{"ann", "bob"} {
			if all, err := d.Offers(t.Context(), workspace, a); err != nil {
				t.Fatal(err)
			} else if len(all) > 0 {
				got = a
			}
		}
		d.accept(t, got)
		if got != want {
			t.Errorf("chat %d went to %s, want %s", i, got, want)
		}
	}
}

// testDeskCapacity lets four desks match at once over a crowd that keeps
// changing (I-15, I-16).
func testDeskCapacity(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	const agents, chats, nodes = 5, 60, 4
	for i := range agents {
		d.hire(t, bot.AgentID(fmt.Sprint("agent", i)), 3)
	}
	desks := []*desk{d}
	for range nodes - 1 {
		o := &desk{Stores: s, ws: workspace, clock: d.clock, heard: d.heard}
		o.restart()
		desks = append(desks, o)
	}
	var wg sync.WaitGroup
	for i := range chats {
		wg.Go(func() {
			d.ask(t, nil)
			_ = desks[i%nodes].Sweep(t.Context())
		})
	}
	wg.Wait()
	served := map[bot.ConversationID]int{}
	for round := 0; len(served) < chats && round < 10*chats; round++ {
		for i := range agents {
			a := bot.AgentID(fmt.Sprint("agent", i))
			wg.Go(func() {
				offers, err := d.Offers(t.Context(), workspace, a)
				if err != nil {
					t.Error(err)
				}
				for _, r := range offers {
					// Twice, on two desks at once: accepted once.
					var both sync.WaitGroup
					for _, at := range []*desk{desks[i%nodes], desks[(i+1)%nodes]} {
						both.Go(func() {
							if _, err := at.Accept(t.Context(), workspace, r.ID, a); err != nil {
								t.Error(err)
							}
						})
					}
					both.Wait()
				}
			})
		}
		for _, o := range desks {
			wg.Go(func() {
				if err := o.Sweep(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		d.recount(t)
		for i := range agents {
			a := d.agent(t, bot.AgentID(fmt.Sprint("agent", i)))
			if a.Load+a.Reserved > a.Capacity {
				t.Fatalf("%s has %d chats and %d offers with room for %d", a.ID, a.Load, a.Reserved, a.Capacity)
			}
			held, err := d.Timeline.Conversations(t.Context(), bot.ConversationQuery{Workspace: workspace, Agent: a.ID, Limit: 50})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range held {
				served[c.ID]++
				if _, err := d.Close(t.Context(), workspace, c.ID, bot.Author{Kind: bot.AuthorAgent, ID: string(a.ID)}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if len(served) != chats {
		t.Errorf("%d of %d chats were served", len(served), chats)
	}
	for c, n := range served {
		if n != 1 {
			t.Errorf("%s was served %d times", c, n)
		}
	}
}

func testDeskClose(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 2)
	d.hire(t, "wei", 2)
	c := newConversation(t, s, workspace)
	if _, err := d.Take(t.Context(), workspace, c.ID, "lin", 0, handoff.TakeOptions{}); err != nil {
		t.Fatal(err)
	}
	lin, wei := bot.Author{Kind: bot.AuthorAgent, ID: "lin", Name: "Lin"}, bot.Author{Kind: bot.AuthorAgent, ID: "wei"}
	end := func(by bot.Author) error {
		_, err := d.Close(t.Context(), workspace, c.ID, by)
		return err
	}
	wantKind(t, "by another agent", end(wei), fault.Denied)
	wantKind(t, "by its agent", end(lin), "")
	got := d.is(t, c, bot.ServiceClosed, bot.SpeakerBot, "")
	if got.ControlEpoch != 2 || got.Memory.Segment != 1 {
		t.Errorf("closed: %+v", got)
	}
	d.wantTold(t, c, "closed", "This chat has ended.")
	wantKind(t, "again", end(wei), "")
	if d.row(t, c).Version != got.Version {
		t.Error("closing a closed conversation should change nothing")
	}
	_, err := d.Take(t.Context(), workspace, c.ID, "wei", 0, handoff.TakeOptions{})
	wantKind(t, "take a closed one", err, fault.Conflict)
	if _, err := d.Reopen(t.Context(), workspace, c.ID, "wei"); err != nil {
		t.Fatal(err)
	}
	d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "wei")
	_, err = d.Reopen(t.Context(), workspace, c.ID, "wei")
	wantKind(t, "reopen an open one", err, fault.Conflict)
	wantKind(t, "by the visitor", end(visitor), "")
	d.recount(t)
	// The visitor writes again, as the engine lets them; then asks for a person anew.
	write(t, s, c, key(visitor, "hi"), bot.Change{Owe: true, Events: []bot.NewEvent{says(visitor, "hi")},
		Row: func(c *bot.Conversation) { c.Service = bot.ServiceBot }})
	d.clock.pass(time.Hour)
	d.hire(t, "lin", 2)
	d.enqueue(t, c, nil)
	if got := d.row(t, c); !got.Enqueued.Equal(d.clock.now()) {
		t.Errorf("enqueued %v, want a new wait", got.Enqueued)
	}
	// Closed while it is offered: the agent is free again.
	d.sweep(t)
	d.offerOf(t, "lin")
	wantKind(t, "close an offered one", end(visitor), "")
	d.noOffer(t, "lin")
	d.recount(t)
}

func testDeskSay(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 2)
	c := newConversation(t, s, workspace)
	lin, wei := bot.Author{Kind: bot.AuthorAgent, ID: "lin", Name: "Lin"}, bot.Author{Kind: bot.AuthorAgent, ID: "wei", Name: "Wei"}
	say := func(by bot.Author, text string, note bool) (bot.Written, error) {
		return d.Say(t.Context(), workspace, c.ID, by, key(by, text), bot.Body{Text: text, Decision: bot.DecideAnswer, Change: "closed"}, note)
	}
	_, err := say(lin, "hello", false)
	wantKind(t, "while the bot speaks", err, fault.Denied)
	w, err := say(wei, "a note", true)
	if err != nil || w.Events[0].Kind != bot.EventNote || w.Events[0].VSeq != 0 {
		t.Errorf("note %+v, %v", w, err)
	}
	if _, err := d.Take(t.Context(), workspace, c.ID, "lin", 0, handoff.TakeOptions{}); err != nil {
		t.Fatal(err)
	}
	_, err = say(wei, "hello", false)
	wantKind(t, "by another", err, fault.Denied)
	w, err = say(lin, "hello", false)
	if err != nil || w.Events[0].VSeq == 0 || w.Events[0].Author != lin || w.Events[0].Body.Decision != "" || w.Events[0].Body.Change != "" {
		t.Errorf("message %+v, %v", w, err)
	}
	n := len(d.heard.written)
	k := key(lin, "once")
	for range 2 {
		if _, err := d.Say(t.Context(), workspace, c.ID, lin, k, bot.Body{Text: "once"}, false); err != nil {
			t.Fatal(err)
		}
	}
	if len(d.heard.written) != n+1 {
		t.Errorf("published %d times, want once", len(d.heard.written)-n)
	}
	for _, bad := range []string{"", " \n\t", strings.Repeat("x", 8001)} {
		_, err := say(lin, bad, false)
		wantKind(t, fmt.Sprintf("%d bytes", len(bad)), err, fault.Invalid)
	}
	w, err = d.Say(t.Context(), workspace, c.ID, lin, key(lin, ""), bot.Body{Attachments: []bot.Attachment{{ID: "f1", Name: "a.png"}}}, false)
	if err != nil || len(w.Events[0].Body.Attachments) != 1 {
		t.Errorf("a file alone: %+v, %v", w, err)
	}
}

func testDeskRefuses(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	good := handoff.Agent{Workspace: workspace, ID: "lin", Name: "Lin"}
	for _, spoil := range []func(*handoff.Agent){
		func(a *handoff.Agent) { a.Workspace = "" },
		func(a *handoff.Agent) { a.ID = "" },
		func(a *handoff.Agent) { a.Name = " " },
		func(a *handoff.Agent) { a.Capacity = 51 },
		func(a *handoff.Agent) { a.Capacity = -1 },
		func(a *handoff.Agent) { a.Weight = 1001 },
	} {
		a := good
		spoil(&a)
		_, err := d.PutAgent(t.Context(), a)
		wantKind(t, fmt.Sprintf("put %+v", a), err, fault.Invalid)
	}
	a, err := d.PutAgent(t.Context(), good)
	if err != nil || a.Capacity != 4 || a.Weight != 100 || a.Duty != handoff.DutyOff {
		t.Errorf("put: %+v, %v", a, err)
	}
	d.hire(t, "lin", 3, "lang:en")
	c := d.ask(t, nil)
	d.sweep(t)
	// Administrators change what is theirs; what the desk keeps stays.
	good.Capacity, good.Duty, good.Load = 2, handoff.DutyOff, 40
	if a, err = d.PutAgent(t.Context(), good); err != nil || a.Duty != handoff.DutyOn || a.Reserved != 1 || a.Load != 0 || a.Capacity != 2 || len(a.Skills) != 0 {
		t.Errorf("put again: %+v, %v", a, err)
	}
	_, err = d.SetDuty(t.Context(), workspace, "lin", handoff.DutyMissed)
	wantKind(t, "duty that is not chosen", err, fault.Invalid)
	_, err = d.SetDuty(t.Context(), workspace, "nobody", handoff.DutyOn)
	wantKind(t, "duty of nobody", err, fault.NotFound)
	if err := d.Beat(t.Context(), workspace, []bot.AgentID{"lin", "nobody"}); err != nil {
		t.Errorf("beat: %v", err)
	}
	_, err = d.Accept(t.Context(), workspace, "nothing", "lin")
	wantKind(t, "accept nothing", err, fault.NotFound)
	_, err = d.Accept(t.Context(), "other", d.offerOf(t, "lin").ID, "lin")
	wantKind(t, "accept in another workspace", err, fault.NotFound)
	for name, q := range map[string]handoff.Queue{
		"no workspace": {}, "no time": {Workspace: workspace, OfferFor: -1},
		"no zone":   {Workspace: workspace, Hours: handoff.Hours{Zone: "Mars/Base"}},
		"backwards": {Workspace: workspace, Hours: handoff.Hours{Weeks: []handoff.Span{{Open: 5, Close: 4}}}},
		"too long":  {Workspace: workspace, Hours: handoff.Hours{Weeks: []handoff.Span{{Open: 5, Close: 25 * time.Hour}}}},
	} {
		wantKind(t, name, d.PutQueue(t.Context(), q), fault.Invalid)
	}
	// Nothing of it crosses to another workspace.
	if line, err := d.Line(t.Context(), "other"); err != nil || len(line) != 0 {
		t.Errorf("line of another workspace: %d, %v", len(line), err)
	}
	_, err = d.Close(t.Context(), "other", c.ID, visitor)
	wantKind(t, "close in another workspace", err, fault.NotFound)
	if all, err := s.Desk.Workspaces(t.Context()); err != nil || len(all) != 1 || all[0] != workspace {
		t.Errorf("workspaces %v, %v", all, err)
	}
}

// testDeskRun lets the desk run by itself: offers come without anybody asking
// for a sweep, and it ends when it is told to.
func testDeskRun(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.heard.offered = make(chan handoff.Reservation, 10)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	c := d.ask(t, nil) // parked: nobody is there
	d.hire(t, "lin", 1)
	if r := <-d.heard.offered; r.Conversation != c.ID || r.Agent != "lin" {
		t.Errorf("offer %+v", r)
	}
	d.accept(t, "lin")
	next := d.ask(t, nil)
	if _, err := d.Close(t.Context(), workspace, c.ID, visitor); err != nil {
		t.Fatal(err)
	}
	if r := <-d.heard.offered; r.Conversation != next.ID {
		t.Errorf("offer %+v", r)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("run: %v", err)
	}
}
