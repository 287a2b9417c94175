package storetest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// testDeskUsed refuses to take away what is used, and names by whom.
func testDeskUsed(t *testing.T, s Stores) {
	ctx := t.Context()
	d := newDesk(s, workspace)
	put := func(id bot.QueueID, name string, settings handoff.QueueSettings) {
		t.Helper()
		if err := d.PutQueue(ctx, handoff.Queue{Workspace: workspace, ID: id, Name: name, QueueSettings: settings}); err != nil {
			t.Fatal(err)
		}
	}
	put("money", "Money", handoff.QueueSettings{Skills: []string{"billing>=5"}})
	put("shop", "Shop", handoff.QueueSettings{Overflow: []handoff.Overflow{{After: time.Minute, To: "money"}}})
	book, err := d.PutRules(ctx, workspace, []handoff.Rule{{Name: "First", Queue: "shop"}, {Name: "Invoices", Queue: "money"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	err = d.DeleteQueue(ctx, workspace, "money")
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind != fault.Conflict || len(e.Fields) != 2 || e.Fields[0].Name != "rules[1].queue" || e.Fields[1].Name != "queues[shop].overflow[0]" ||
		!strings.Contains(e.Message, "rule 2, “Invoices”") || !strings.Contains(e.Message, "the queue “Shop”") {
		t.Errorf("deleting a queue that is used: %v, %+v", err, e)
	}
	put("shop", "Shop", handoff.QueueSettings{})
	book.Rules[1].Off = true
	if _, err := d.PutRules(ctx, workspace, book.Rules, book.Version); err != nil {
		t.Fatal(err)
	}
	if err := d.DeleteQueue(ctx, workspace, "money"); err != nil {
		t.Errorf("a rule that is switched off keeps a queue: %v", err)
	}

	// A queue that nobody can serve is told, whether somebody is on duty or not.
	put("money", "Money", handoff.QueueSettings{Skills: []string{"billing>=5", "vip?"}, Strict: true})
	d.hire(t, "lin", 1, "lang:en", "billing=4")
	able := func(queue bot.QueueID) handoff.Ability {
		t.Helper()
		all, err := d.Abilities(ctx, workspace)
		if err != nil {
			t.Fatal(err)
		}
		return all[queue]
	}
	if a := able("money"); a.Able != 0 || len(a.None) != 1 || a.None[0] != "billing>=5" {
		t.Errorf("nobody can: %+v", a)
	}
	c := d.ask(t, nil)
	if _, err := d.Transfer(ctx, workspace, d.taken(t, c, "lin").ID, "lin", "", "money", ""); err != nil {
		t.Fatal(err)
	}
	d.sweep(t)
	d.clock.pass(2 * time.Second)
	wall, err := d.Wall(ctx, workspace)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range wall.Queues {
		if want := map[bot.QueueID]int{"money": 1}[q.Queue.ID]; q.Never != want || (q.Able == 0) != (q.Queue.ID == "money") {
			t.Errorf("queue %q: %d wait for nobody, %d could serve it", q.Queue.ID, q.Never, q.Able)
		}
	}
	d.is(t, c, bot.ServiceWaiting, bot.SpeakerHuman, "lin") // who passed it on answers for it until somebody can
	if _, err := d.SetDuty(ctx, workspace, "lin", handoff.DutyOff); err != nil {
		t.Fatal(err)
	}
	d.hire(t, "wei", 1, "lang:en", "billing=5")
	if _, err := d.SetDuty(ctx, workspace, "wei", handoff.DutyOff); err != nil {
		t.Fatal(err)
	}
	if a := able("money"); a.Able != 1 || len(a.None) != 0 {
		t.Errorf("somebody could who is not there: %+v", a)
	}
}

// taken has an agent take a conversation.
func (d *desk) taken(t tester, c bot.Conversation, agent bot.AgentID) bot.Conversation {
	t.Helper()
	w, err := d.Take(t.Context(), d.ws, c.ID, agent, 0, handoff.TakeOptions{})
	if err != nil {
		t.Fatalf("take: %v", err)
	}
	return w.Conversation
}

// testDeskAskCode has agents say what a chat was about where its queue wants that.
func testDeskAskCode(t *testing.T, s Stores) {
	ctx := t.Context()
	d := newDesk(s, workspace)
	d.hire(t, "lin", 5)
	lin := bot.Author{Kind: bot.AuthorAgent, ID: "lin", Name: "Lin"}
	boss := bot.Author{Kind: bot.AuthorAgent, ID: "boss", Name: "Boss"}
	d.care(t, handoff.QueueSettings{AskCode: true, WrapUp: time.Minute})
	c := d.taken(t, d.ask(t, nil), "lin")
	if _, err := d.Close(ctx, workspace, c.ID, lin); err != nil {
		t.Fatalf("there is no code to pick: %v", err)
	}
	if _, err := d.Close(ctx, workspace, c.ID, lin); err != nil {
		t.Fatalf("after notes: %v", err)
	}
	codes, version, err := d.PutCodes(ctx, workspace, []handoff.Code{{Name: "Refund"}, {Name: "Old", Off: true}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	c = d.taken(t, d.ask(t, nil), "lin")
	_, err = d.Close(ctx, workspace, c.ID, lin)
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind != fault.Invalid || len(e.Fields) != 1 || e.Fields[0].Name != "code" {
		t.Errorf("closed without a code: %v", err)
	}
	d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "lin")
	_, err = d.CloseAs(ctx, workspace, c.ID, lin, codes[1].ID)
	wantKind(t, "a code that is switched off", err, fault.Invalid)
	if _, err := d.CloseAs(ctx, workspace, c.ID, lin, codes[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Close(ctx, workspace, c.ID, lin); err != nil { // notes are done; the code is told already
		t.Errorf("after notes: %v", err)
	}
	// Nobody else is asked: not who closes what the bot has, nor the visitor.
	for _, by := range []bot.Author{boss, visitor} {
		c := newConversation(t, s, workspace)
		if _, err := d.Close(ctx, workspace, c.ID, by); err != nil {
			t.Errorf("closed by %s: %v", by.Kind, err)
		}
	}
	if _, _, err := d.PutCodes(ctx, workspace, nil, version); err != nil {
		t.Fatal(err)
	}
	c = d.taken(t, d.ask(t, nil), "lin")
	if _, err := d.Close(ctx, workspace, c.ID, lin); err != nil {
		t.Errorf("no code is left to pick: %v", err)
	}
}

// testDeskTrial tries a rule out on what went to people, without changing anything.
func testDeskTrial(t *testing.T, s Stores) {
	ctx := t.Context()
	d := newDesk(s, workspace)
	d.hire(t, "lin", 5, "lang:en", "billing=4")
	if err := d.PutQueue(ctx, handoff.Queue{Workspace: workspace, ID: "money", Name: "Money"}); err != nil {
		t.Fatal(err)
	}
	one, five := 1, 5
	book, err := d.PutRules(ctx, workspace, []handoff.Rule{{Name: "All", Priority: &one}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	asks := func(topic, page string) bot.Conversation {
		d.clock.pass(time.Second)
		return d.ask(t, func(e *bot.Escalation) {
			e.Topics, e.Page, e.Summary = []string{topic}, page, bot.Summary{Fields: map[string]string{"order": "7"}, Sentiment: -.8}
		})
	}
	invoice := asks("invoice", "https://shop.example.com/pay")
	asks("parcel", "https://shop.example.com/")
	closed := asks("invoice", "")
	lin := bot.Author{Kind: bot.AuthorAgent, ID: "lin"}
	if _, err := d.Close(ctx, workspace, d.taken(t, closed, "lin").ID, lin); err != nil {
		t.Fatal(err)
	}
	newConversation(t, s, workspace) // never went to anybody
	d.taken(t, newConversation(t, s, workspace), "lin")

	rule := handoff.Rule{
		Name: "Money", Queue: "money", Priority: &five,
		When: []handoff.Condition{{Kind: handoff.WhenIntent, Values: []string{"invoice"}}, {Kind: handoff.WhenEntity, Name: "order"}},
	}
	before := d.row(t, invoice)
	trial, err := d.TryRule(ctx, workspace, rule, -1)
	if err != nil || trial.Looked != 3 || len(trial.Tried) != 2 {
		t.Fatalf("looked at %d, %+v, %v", trial.Looked, trial.Tried, err)
	}
	got := trial.Tried[1] // the newest first
	if got.Conversation.ID != invoice.ID || len(got.Because) != 2 || got.Before.Queue != "" || got.After.Queue != "money" {
		t.Errorf("tried %+v", got)
	}
	if got.Before.Priority != 2 || got.After.Priority != 2 { // one and a step for the mood: the rule before it decides
		t.Errorf("priorities %d and %d", got.Before.Priority, got.After.Priority)
	}
	if trial, err = d.TryRule(ctx, workspace, rule, 0); err != nil || len(trial.Tried) != 2 || trial.Tried[0].After.Priority != 6 {
		t.Errorf("in first place: %+v, %v", trial.Tried, err)
	}
	rule.When = append(rule.When, handoff.Condition{Kind: handoff.WhenPage, Values: []string{"/pay"}})
	if trial, err = d.TryRule(ctx, workspace, rule, 0); err != nil || len(trial.Tried) != 1 {
		t.Errorf("by page: %+v, %v", trial.Tried, err)
	}
	// Nothing was changed, and one that is among the rules is taken as it is now.
	if after := d.row(t, invoice); after.Version != before.Version {
		t.Error("a trial changed a conversation")
	}
	changed := book.Rules[0]
	changed.Queue = "money"
	if trial, err = d.TryRule(ctx, workspace, changed, -1); err != nil || len(trial.Tried) != 3 || trial.Tried[0].After.Queue != "money" || len(trial.Tried[0].After.Rules) != 1 {
		t.Errorf("changed: %+v, %v", trial.Tried, err)
	}
	if again, err := d.Rules(ctx, workspace); err != nil || again.Version != book.Version {
		t.Errorf("a trial saved rules: %+v, %v", again, err)
	}
	_, err = d.TryRule(ctx, workspace, handoff.Rule{Name: "Nothing"}, -1)
	wantKind(t, "a rule that does nothing", err, fault.Invalid)
}

// testDeskTold keeps what a visitor was told first through restarts, on every node,
// and forgets it with the wait.
func testDeskTold(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 1)
	d.taken(t, d.ask(t, nil), "lin")
	c := d.ask(t, nil)
	told := func() handoff.Told {
		t.Helper()
		d.clock.pass(2 * time.Second) // a wall is made once a second
		w, err := d.Wall(t.Context(), workspace)
		if err != nil || len(w.Waits) != 1 || w.Waits[0].Conversation.ID != c.ID {
			t.Fatalf("waits %+v, %v", w.Waits, err)
		}
		return w.Waits[0].Told
	}
	first := told()
	if first.Wait <= 0 || first.Upper < first.Wait {
		t.Fatalf("told %+v", first)
	}
	d.after(t, time.Minute, "lin")
	d.restart()
	other := &desk{Stores: s, ws: workspace, clock: d.clock, heard: d.heard}
	other.restart()
	for name, node := range map[string]*desk{"after a restart": d, "another node": other} {
		node.sweep(t)
		d.clock.pass(2 * time.Second)
		if w, err := node.Wall(t.Context(), workspace); err != nil || len(w.Waits) != 1 || w.Waits[0].Told != first {
			t.Errorf("%s: told %+v, %v; want %+v", name, w.Waits, err, first)
		}
	}
	if _, err := d.Leave(t.Context(), workspace, c.ID, bot.Key{}); err != nil {
		t.Fatal(err)
	}
	if w := d.wait(t, c); w.Told != (handoff.Told{}) {
		t.Errorf("told %+v after the wait", w.Told)
	}
}

// testDeskTakeBack lets whoever passes a chat on think better of it, before a
// colleague or the line has it.
func testDeskTakeBack(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 1)
	d.hire(t, "wei", 1)
	c := d.taken(t, d.ask(t, nil), "lin")
	pass := func(to bot.AgentID) {
		t.Helper()
		if _, err := d.Transfer(t.Context(), workspace, c.ID, "lin", to, "", ""); err != nil {
			t.Fatal(err)
		}
		d.sweep(t)
		d.offerOf(t, "wei")
	}
	for _, to := range []bot.AgentID{"wei", ""} { // asked by name, and by the line
		pass(to)
		d.taken(t, c, "lin")
		d.noOffer(t, "wei")
		if got := d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "lin"); !got.Enqueued.IsZero() {
			t.Errorf("still in line since %v", got.Enqueued)
		}
		d.wantTold(t, c, "kept", "Lin stays with you.")
		if a := d.agent(t, "lin"); a.Load != 1 || a.Left() != 0 {
			t.Errorf("the agent has %+v", a)
		}
		d.recount(t)
	}
	d.after(t, 5*time.Second, "lin", "wei")
	d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "lin") // nobody is asked any more
	d.noOffer(t, "wei")
}

// testDeskClock sets the clock forward and back: nobody is lost, and nobody waits
// until it is as late again.
func testDeskClock(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 1)
	d.hire(t, "wei", 1)
	held := d.taken(t, d.ask(t, nil), "lin")
	offered := d.ask(t, nil)
	d.sweep(t)
	d.offerOf(t, "wei")
	d.clock.pass(-2 * time.Hour)
	d.after(t, time.Second, "lin", "wei")
	d.is(t, held, bot.ServiceActive, bot.SpeakerHuman, "lin")
	if a := d.agent(t, "wei"); a.Missed != 0 || a.Duty != handoff.DutyOn {
		t.Errorf("the agent is blamed: %+v", a)
	}
	// The offer that was made two hours from now has ended, and there is one of today.
	if r := d.offerOf(t, "wei"); r.Conversation != offered.ID || r.Deadline.Sub(d.clock.now()) > time.Minute {
		t.Errorf("offered until %v, it is %v", r.Deadline, d.clock.now())
	}
	if err := d.Decline(t.Context(), workspace, d.offerOf(t, "wei").ID, "wei"); err != nil {
		t.Fatal(err)
	}
	d.clock.pass(-2 * time.Hour) // who passed on it is not kept from it for two hours
	d.after(t, time.Second, "lin", "wei")
	d.accept(t, "wei")
	d.recount(t)
	// A night forward: both are taken for gone, their chats wait at their age, and go on
	// when somebody says that they are there.
	d.clock.pass(10 * time.Hour)
	d.sweep(t)
	for _, c := range []bot.Conversation{held, offered} {
		if got := d.row(t, c); got.Agent != "" || got.Service != bot.ServiceWaiting && got.Service != bot.ServiceParked {
			t.Errorf("%s is %s with %q", c.ID, got.Service, got.Agent)
		}
	}
	d.recount(t)
	for _, a := range []bot.AgentID{"lin", "wei"} {
		if _, err := d.SetDuty(t.Context(), workspace, a, handoff.DutyOn); err != nil {
			t.Fatal(err)
		}
	}
	d.after(t, time.Second, "lin", "wei")
	d.accept(t, "lin")
	d.accept(t, "wei")
	d.recount(t)
}

// testDeskRetired disables an agent in the middle of a chat: it goes on with
// somebody else, and what they would do then is refused.
func testDeskRetired(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 2)
	d.hire(t, "wei", 1)
	if _, err := d.SetDuty(t.Context(), workspace, "wei", handoff.DutyAway); err != nil {
		t.Fatal(err)
	}
	c := d.taken(t, d.ask(t, nil), "lin")
	d.ask(t, nil)
	d.sweep(t)
	r := d.offerOf(t, "lin")
	if err := d.Retire(t.Context(), workspace, "lin"); err != nil {
		t.Fatal(err)
	}
	d.sweep(t)
	if got := d.row(t, c); got.Agent != "" || got.Service != bot.ServiceWaiting && got.Service != bot.ServiceParked {
		t.Errorf("it is %s with %q", got.Service, got.Agent)
	}
	d.noOffer(t, "lin")
	if a := d.agent(t, "lin"); a.Load != 0 || a.Reserved != 0 || a.Duty != handoff.DutyOff {
		t.Errorf("the agent has %+v", a)
	}
	_, err := d.Accept(t.Context(), workspace, r.ID, "lin")
	wantKind(t, "accepting a dead offer", err, fault.Conflict)
	wantKind(t, "declining it", d.Decline(t.Context(), workspace, r.ID, "lin"), fault.Conflict)
	_, err = d.Accept(t.Context(), workspace, "no-such-offer", "wei")
	wantKind(t, "accepting what never was", err, fault.NotFound)
	if _, err := d.SetDuty(t.Context(), workspace, "wei", handoff.DutyOn); err != nil {
		t.Fatal(err)
	}
	d.after(t, time.Second, "wei")
	if o := d.offerOf(t, "wei"); o.Conversation != c.ID { // it came first
		t.Errorf("offered %+v", o)
	}
	d.recount(t)
}
