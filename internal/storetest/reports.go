package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// reportRig is a desk whose days are reported on.
type reportRig struct {
	*desk
	t *testing.T
}

// begin begins a conversation now.
func (r reportRig) begin(inbox string) bot.Conversation {
	r.t.Helper()
	w, err := r.Timeline.Open(r.t.Context(), bot.Conversation{
		Workspace: r.ws, Inbox: bot.InboxID(inbox), Visitor: "v1", ClientConvID: id.New(), Language: "en", CreatedAt: r.clock.now(),
	}, bot.Key{}, nothing)
	if err != nil {
		r.t.Fatal(err)
	}
	return w.Conversation
}

// turn has the bot decide something.
func (r reportRig) turn(c bot.Conversation, d bot.Decision) {
	r.t.Helper()
	write(r.t, r.Stores, r.row(r.t, c), bot.Key{}, bot.Change{
		Events: []bot.NewEvent{{ID: bot.EventID(id.New()), Kind: bot.EventMessage, Author: bot.Author{Kind: bot.AuthorBot}, Visible: true, At: r.clock.now(), Body: bot.Body{Text: "x"}}},
		Trace:  &bot.Trace{At: r.clock.now(), Decision: d},
	})
}

func (r reportRig) rate(c bot.Conversation, about bot.AuthorKind, agent bot.AgentID, score int) {
	r.t.Helper()
	write(r.t, r.Stores, r.row(r.t, c), bot.Key{}, bot.Change{Events: []bot.NewEvent{{
		Kind: bot.EventRating, Author: visitor, Visible: true, At: r.clock.now(), Body: bot.Body{Score: score, About: about, Agent: agent, Text: "so \x00 so"},
	}}})
}

func (r reportRig) say(c bot.Conversation, agent bot.AgentID, text string) {
	r.t.Helper()
	by := bot.Author{Kind: bot.AuthorAgent, ID: string(agent)}
	if _, err := r.Say(r.t.Context(), r.ws, c.ID, by, key(by, text+id.New()), bot.Body{Text: text}, false); err != nil {
		r.t.Fatal(err)
	}
}

func (r reportRig) do(_ any, err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// Two days at a desk, and what is told of them: all of it, a queue, an agent.
func testReports(t *testing.T, s Stores) {
	ctx := t.Context()
	r := reportRig{newTicketDesk(t, s, workspace), t}
	r.hire(t, "lin", 4)
	level := handoff.QueueSettings{Answer: 30 * time.Second, WrapUp: time.Minute}
	r.do(nil, r.PutQueue(ctx, handoff.Queue{Workspace: r.ws, ID: "money", Name: "Money", QueueSettings: level}))
	r.do(r.PutRules(ctx, r.ws, []handoff.Rule{{Name: "Money", When: []handoff.Condition{{Kind: handoff.WhenIntent, Values: []string{"invoice"}}}, Queue: "money"}}, 0))
	codes, _, err := r.PutCodes(ctx, r.ws, []handoff.Code{{Name: "Refund"}}, 0)
	r.do(nil, err)
	lin, wei := bot.Author{Kind: bot.AuthorAgent, ID: "lin", Name: "Lin"}, bot.Author{Kind: bot.AuthorAgent, ID: "wei", Name: "Wei"}
	pass := func(d time.Duration) { r.clock.pass(d) }

	// The queue of money: 20 s to Lin, 10 s more to the first words, five minutes and a half with the notes.
	c := r.begin("site")
	r.enqueue(t, c, func(e *bot.Escalation) { e.Topics = []string{"invoice"} })
	pass(20 * time.Second)
	r.sweep(t)
	r.accept(t, "lin")
	pass(10 * time.Second)
	r.say(c, "lin", "Hello.")
	pass(5 * time.Minute)
	r.do(r.CloseAs(ctx, r.ws, c.ID, lin, codes[0].ID))
	pass(20 * time.Second)
	r.do(r.Close(ctx, r.ws, c.ID, lin))
	r.rate(c, bot.AuthorAgent, "lin", 5)

	// The main queue: 90 s to Lin, who passes it on to Wei.
	r.do(r.Beat(ctx, r.ws, []bot.AgentID{"lin"}), nil)
	c = r.begin("site")
	r.enqueue(t, c, nil)
	pass(80 * time.Second)
	r.do(nil, r.Beat(ctx, r.ws, []bot.AgentID{"lin"}))
	r.sweep(t)
	pass(10 * time.Second)
	r.accept(t, "lin")
	r.say(c, "lin", "One moment.")
	r.hire(t, "wei", 4)
	pass(10 * time.Second)
	r.do(r.Transfer(ctx, r.ws, c.ID, "lin", "wei", "", ""))
	pass(5 * time.Second)
	r.accept(t, "wei")
	pass(time.Minute)
	r.say(c, "wei", "Here I am.")
	r.do(r.Close(ctx, r.ws, c.ID, wei))
	r.rate(c, bot.AuthorAgent, "wei", 2)

	// One gives up in line, one goes away, one leaves a message.
	for _, a := range []bot.AgentID{"lin", "wei"} {
		r.do(r.SetDuty(ctx, r.ws, a, handoff.DutyAway))
	}
	r.do(nil, r.PutQueue(ctx, handoff.Queue{Workspace: r.ws, Hours: handoff.Hours{Zone: "UTC", Weeks: []handoff.Span{
		{Day: time.Wednesday, Close: 24 * time.Hour}, {Day: time.Thursday, Close: 24 * time.Hour},
	}}}))
	c = r.begin("app")
	r.enqueue(t, c, nil)
	pass(40 * time.Second)
	r.do(r.Leave(ctx, r.ws, c.ID, key(visitor, "leave")))
	c = r.begin("app")
	r.enqueue(t, c, nil)
	r.do(nil, r.Presence(ctx, r.ws, c.ID, false))
	for range 13 {
		pass(10 * time.Second)
		r.sweep(t)
	}
	r.is(t, c, bot.ServiceParked, bot.SpeakerBot, "")
	r.leave(t, "Call me.") // in a conversation that began at the start
	r.turn(r.begin("site"), bot.DecideRefuse)
	alone := r.begin("app")
	r.turn(alone, bot.DecideAnswer)
	r.turn(alone, bot.DecideSmalltalk)
	r.rate(alone, bot.AuthorBot, "", 4)

	// Tickets: one in time and solved, one too late, solved and opened again.
	ticket := func(subject string) handoff.TicketID {
		f, err := r.OpenTicket(ctx, r.ws, r.begin("site").ID, lin, handoff.TicketDraft{Subject: subject, Assignee: "lin"})
		r.do(f, err)
		return f.Ticket.ID
	}
	r.answer(t, ticket("soon"), "Done.", handoff.TicketSolved)
	late := ticket("late")
	pass(5 * time.Hour)
	r.answer(t, late, "Sorry.", handoff.TicketSolved)
	r.comes(t, late, "late@mail", "It is not.")

	// The next day Wei takes a chat from the bot and gives it back.
	pass(15 * time.Hour)
	c = r.begin("app")
	r.do(r.Take(ctx, r.ws, c.ID, "wei", 0, handoff.TakeOptions{}))
	pass(30 * time.Second)
	r.say(c, "wei", "Hi.")
	pass(30 * time.Second)
	r.do(r.HandBack(ctx, r.ws, c.ID, "wei", ""))

	query := handoff.ReportQuery{Workspace: r.ws, From: "2026-03-04", To: "2026-03-05"}
	got, err := r.Report(ctx, query)
	r.do(nil, err)
	sec := time.Second
	want := handoff.Figures{
		Begun: 10, Bot: 1, Handed: 6, Handled: 3, Handle: handoff.Spread{N: 3, P50: 75 * sec, P90: 330 * sec}, Transfers: 1,
		Reply: handoff.Spread{N: 3, P50: 30 * sec, P90: 90 * sec}, Wait: handoff.Spread{N: 2, P50: 20 * sec, P90: 90 * sec}, InTime: 1,
		Abandoned: 2, Messages: 1, OfBot: handoff.Ratings{N: 1, Good: 1, Sum: 4}, OfPeople: handoff.Ratings{N: 2, Good: 1, Sum: 7},
		Made: 3, Solved: 1, Reopened: 1, First: handoff.Kept{N: 3, Kept: 1}, Next: handoff.Kept{N: 1}, Resolve: handoff.Kept{N: 1, Kept: 1},
	}
	if diff := cmp.Diff(want, got.Total); diff != "" {
		t.Errorf("in all (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]handoff.CodeCount{{N: 2}, {Code: codes[0].ID, Name: "Refund", N: 1}}, got.Codes); diff != "" {
		t.Error("codes", diff)
	}
	if got.Zone != "UTC" || got.Past || len(got.Days) != 2 || got.Days[0].Begun != 9 || got.Days[1].Begun != 1 || got.Days[1].Handled != 1 {
		t.Errorf("days %+v, zone %s", got.Days, got.Zone)
	}
	if want := (handoff.Backlog{Open: 2, Late: 2}); got.Backlog != want {
		t.Errorf("backlog %+v, want %+v", got.Backlog, want)
	}
	ids := func(all []handoff.Group) (out []string) {
		for _, g := range all {
			out = append(out, g.ID)
		}
		return out
	}
	wantSame(t, "queues", ids(got.Queues), []string{"", "money"})
	wantSame(t, "agents", ids(got.Agents), []string{"lin", "wei"})
	wantSame(t, "inboxes", ids(got.Inboxes), []string{"app", "site"})
	if l := got.Agents[0]; l.Handled != 2 || l.Handle.P50 != 15*sec || l.Transfers != 1 || l.OfPeople.N != 1 || l.Made != 2 || l.Wait.N != 2 {
		t.Errorf("Lin %+v", l)
	}

	money := bot.QueueID("money")
	query.Queue = &money
	got, err = r.Report(ctx, query)
	r.do(nil, err)
	if x := got.Total; x.Handled != 1 || x.InTime != 1 || x.Begun != 1 || x.Handed != 1 || x.OfPeople.Sum != 5 || x.Made != 0 || len(got.Codes) != 1 || got.Backlog != (handoff.Backlog{}) {
		t.Errorf("of money %+v", x)
	}
	query.Queue, query.Agent, query.Inbox = nil, "wei", "site"
	got, err = r.Report(ctx, query)
	r.do(nil, err)
	if x := got.Total; x.Handled != 1 || x.Handle.P50 != 60*sec || x.Wait.N != 0 || x.OfPeople.Sum != 2 || x.Begun != 0 || len(got.Agents) != 1 {
		t.Errorf("of Wei on the site %+v", x)
	}
	// A day on which only the end of something lies, and one without anything.
	got, err = r.Report(ctx, handoff.ReportQuery{Workspace: r.ws, From: "2026-03-05", To: "2026-03-05"})
	r.do(nil, err)
	if x := got.Total; x.Begun != 1 || x.Handed != 1 || x.Handled != 1 || x.Made != 0 || x.Solved != 0 || got.Backlog.Open != 2 {
		t.Errorf("of the second day %+v", x)
	}
	r.before(pass)
	if got, err = r.Report(ctx, handoff.ReportQuery{Workspace: "other", From: "2026-03-04", To: "2026-03-05"}); err != nil || got.Total != (handoff.Figures{}) {
		t.Errorf("of another workspace %+v, %v", got.Total, err)
	}

	for field, q := range map[string]handoff.ReportQuery{
		"from":  {From: "4 March", To: "2026-03-05"},
		"to":    {From: "2026-03-04", To: "2026-06-04"},
		"queue": {From: "2026-03-04", To: "2026-03-05", Queue: ptr(bot.QueueID("attic"))},
	} {
		q.Workspace = r.ws
		_, err := r.Report(ctx, q)
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.Invalid || !slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Name == field }) {
			t.Errorf("a wrong %s: %v", field, err)
		}
	}
}

// before compares the second of the two days with the first: while it goes on, with as
// much of the first as there is of it.
func (r reportRig) before(pass func(time.Duration)) {
	r.t.Helper()
	of := func(from, to string) handoff.Report {
		r.t.Helper()
		got, err := r.Report(r.t.Context(), handoff.ReportQuery{Workspace: r.ws, From: from, To: to})
		r.do(nil, err)
		return got
	}
	first, second := "2026-03-04", "2026-03-05"
	if b := of(second, second).Before; b != nil { // it is half past one at night
		r.t.Errorf("before anything happened: %+v", b)
	}
	if b := of(first, second).Before; b != nil {
		r.t.Errorf("before the first day: %+v", b)
	}
	pass(5 * time.Hour)
	b := of(second, second).Before
	if b == nil || !b.From.Equal(start.Truncate(24*time.Hour)) || !b.To.Equal(r.clock.now().AddDate(0, 0, -1)) || b.Begun != 9 || b.Reopened != 0 {
		r.t.Errorf("the first day until the same time: %+v", b)
	}
	pass(24 * time.Hour)
	b = of(second, second).Before
	if b == nil || !b.To.Equal(start.Truncate(24*time.Hour).AddDate(0, 0, 1)) || b.Reopened != 1 {
		r.t.Fatalf("the first day: %+v", b)
	}
	wantSame(r.t, "the first day", b.Figures, of(first, first).Total)
}

func ptr[T any](v T) *T { return &v }
