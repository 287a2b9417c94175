package storetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

func testTicketLife(t *testing.T, s Stores) {
	d := newTicketDesk(t, s, workspace)
	d.hire(t, "lin", 2)
	if _, err := d.SetDuty(t.Context(), d.ws, "lin", handoff.DutyOff); err != nil {
		t.Fatal(err)
	}
	// A message for later is a ticket in the same transaction, with the visitor's address.
	c := d.leave(t, "My parcel is wet.\nThe box too.")
	f := d.ticketOf(t, c)
	want := handoff.Ticket{
		Workspace: d.ws, ID: f.Ticket.ID, Number: 1, Conversation: c.ID, Version: 1, Status: handoff.TicketOpen, Subject: "My parcel is wet.",
		Language: "en", Email: "ann@example.com", Origin: handoff.TicketMessage, Due: start.Add(4 * time.Hour), DueFor: handoff.LevelFirst,
		Clock: handoff.Clock{Wished: start, Owed: start, Running: start}, CreatedAt: start, UpdatedAt: start,
	}
	if diff := cmp.Diff(want, f.Ticket); diff != "" {
		t.Error("made", diff)
	}
	d.tellsNumber(t, c, "left_message", 1)
	// An answer goes by e-mail and waits for the visitor.
	d.clock.pass(time.Hour)
	k1 := key(lin, "We send another one.")
	f, err := d.Answer(t.Context(), d.ws, f.Ticket.ID, lin, k1, bot.Body{Text: "We send another one.", Written: "我们再寄一个。"}, "")
	if err != nil || len(f.Mails) != 1 || f.Mails[0].State != handoff.MailDue || f.Mails[0].Address != "ann@example.com" || f.Mails[0].Text != "We send another one." {
		t.Errorf("mails %+v", f.Mails)
	}
	if owed := d.owed(t); owed != handoff.JobMail+" "+f.Mails[0].ID {
		t.Errorf("the outbox has %q", owed)
	}
	k := f.Ticket.Clock
	if f.Ticket.Status != handoff.TicketPending || f.Ticket.Assignee != "lin" || k.FirstTook != time.Hour || k.FirstLate || !k.Owed.IsZero() || !f.Ticket.Due.IsZero() {
		t.Errorf("answered %+v", f.Ticket)
	}
	d.is(t, c, bot.ServiceBot, bot.SpeakerBot, "") // the live line need not do it too
	again, err := d.Answer(t.Context(), d.ws, f.Ticket.ID, lin, k1, bot.Body{Text: "We send another one.", Written: "我们再寄一个。"}, "")
	if err != nil || len(again.Mails) != 1 {
		t.Errorf("the same answer again: %d mails, %v", len(again.Mails), err)
	}
	all := timeline(t, s, c, bot.ViewAgent, 100)
	if i := slices.IndexFunc(all, func(e bot.Event) bool { return e.Body.Text == "We send another one." }); i < 0 || all[i].Body.Written != "我们再寄一个。" {
		t.Errorf("what the agent wrote is not with what was sent: %+v", all)
	}
	_, err = d.Answer(t.Context(), d.ws, f.Ticket.ID, lin, key(lin, "files"), bot.Body{Written: "我们再寄一个。", Attachments: []bot.Attachment{{ID: "f"}}}, "")
	wantKind(t, "a translation of nothing", err, fault.Invalid)
	// What they write in the chat is found within seconds.
	write(t, s, d.row(t, c), key(visitor, "Which one?"), bot.Change{Events: []bot.NewEvent{
		{Kind: bot.EventMessage, Author: visitor, Visible: true, At: d.clock.now().Add(time.Second), Body: bot.Body{Text: "Which one?"}},
	}})
	d.clock.pass(10 * time.Second)
	for range 2 {
		d.sweep(t)
	}
	if f = d.file(t, f.Ticket.ID); f.Ticket.Status != handoff.TicketOpen || !f.Ticket.Clock.Owed.Equal(d.clock.now()) {
		t.Errorf("after words in the chat %+v", f.Ticket)
	}
	f = d.answer(t, f.Ticket.ID, "The blue one.", "")
	// What the visitor answers by e-mail is taken once, and is the team's turn.
	d.clock.pass(time.Hour)
	d.comes(t, f.Ticket.ID, "a@mail", "To the old address, please.")
	if w := d.comes(t, f.Ticket.ID, "a@mail", "To the old address, please."); !w.Dup {
		t.Error("a mail was taken twice")
	}
	f = d.file(t, f.Ticket.ID)
	if f.Ticket.Status != handoff.TicketOpen || f.Ticket.DueFor != handoff.LevelNext || !f.Ticket.Due.Equal(d.clock.now().Add(8*time.Hour)) {
		t.Errorf("after the visitor's mail %+v", f.Ticket)
	}
	// Nine hours are too long for a later answer; it is solved with it.
	d.clock.pass(9 * time.Hour)
	f = d.answer(t, f.Ticket.ID, "Done.", handoff.TicketSolved)
	if k := f.Ticket.Clock; !k.NextLate || k.NextTook != 9*time.Hour || k.Worked != 10*time.Hour || k.ResolveLate || !k.Solved.Equal(d.clock.now()) {
		t.Errorf("solved %+v", k)
	}
	solved := func(want int) {
		t.Helper()
		r, err := d.Report(t.Context(), handoff.ReportQuery{Workspace: d.ws})
		if err != nil || r.Total.Solved != want {
			t.Errorf("%d solved in the report, %v; want %d", r.Total.Solved, err, want)
		}
	}
	solved(1)
	// In time it was not solved after all, and the report forgets that it was.
	d.clock.pass(71 * time.Hour)
	d.comes(t, f.Ticket.ID, "b@mail", "It is wet again.")
	f = d.file(t, f.Ticket.ID)
	if f.Ticket.Status != handoff.TicketOpen || f.Ticket.Clock.Reopened != 1 || !f.Ticket.Clock.Solved.IsZero() {
		t.Errorf("reopened %+v", f.Ticket)
	}
	solved(0)
	// Too late it is a new ticket, linked to the old one, which stays solved.
	f = d.answer(t, f.Ticket.ID, "Now it is dry.", handoff.TicketSolved)
	d.clock.pass(73 * time.Hour)
	d.comes(t, f.Ticket.ID, "c@mail", "And another thing.")
	old, made := d.file(t, f.Ticket.ID), d.ticketOf(t, c)
	if old.Ticket.Status != handoff.TicketClosed || made.Ticket.Number != 2 || made.Ticket.Origin != handoff.TicketByMail || made.Ticket.Email != "ann@example.com" {
		t.Errorf("old %+v\nnew %+v", old.Ticket, made.Ticket)
	}
	if len(old.Linked) != 1 || old.Linked[0].ID != made.Ticket.ID || len(made.Linked) != 1 || made.Linked[0].ID != old.Ticket.ID {
		t.Errorf("links %+v, %+v", old.Linked, made.Linked)
	}
	solved(1)
	wantSame(t, "changes", d.changes(t, c), "opened open, answered pending, changed open, answered pending, changed open, solved solved, reopened open, solved solved, closed closed, opened open")
	var read []string
	for _, e := range timeline(t, s, c, bot.ViewVisitor, 500) {
		if e.Kind == bot.EventMessage {
			read = append(read, e.Body.Text)
		}
	}
	wantSame(t, "what the visitor reads", read, []string{
		"My parcel is wet.\nThe box too.", "We send another one.", "Which one?", "The blue one.", "To the old address, please.", "Done.", "It is wet again.", "Now it is dry.", "And another thing.",
	})
}

func testTicketNobody(t *testing.T, s Stores) {
	d := newTicketDesk(t, s, workspace)
	d.hire(t, "lin", 2)
	if err := d.PutQueue(t.Context(), handoff.Queue{Workspace: d.ws, Hours: handoff.Hours{
		Zone: "UTC", Weeks: []handoff.Span{{Day: time.Thursday, Open: 9 * time.Hour, Close: 17 * time.Hour}, {Day: time.Friday, Open: 9 * time.Hour, Close: 17 * time.Hour}},
	}}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.SetDuty(t.Context(), d.ws, "lin", handoff.DutyOff); err != nil {
		t.Fatal(err)
	}
	// A wish that nobody can fulfil is a ticket. start is a Wednesday: the clock
	// stands until Thursday at nine.
	c := d.ask(t, func(e *bot.Escalation) {
		e.Summary = bot.Summary{Problem: "refund", Fields: map[string]string{"email": "ann@example.com", "phone": "no"}}
	})
	f := d.ticketOf(t, c)
	if f.Ticket.Origin != handoff.TicketNobody || f.Ticket.Subject != "refund" || f.Ticket.Email != "ann@example.com" || f.Ticket.Phone != "" {
		t.Errorf("made %+v", f.Ticket)
	}
	if want := time.Date(2026, 3, 5, 13, 0, 0, 0, time.UTC); !f.Ticket.Due.Equal(want) {
		t.Errorf("due %v, want %v", f.Ticket.Due, want)
	}
	d.tellsNumber(t, c, "parked", f.Ticket.Number)
	// A second wish makes no second one.
	d.enqueue(t, c, nil)
	if got := d.changes(t, c); got != "opened open" {
		t.Errorf("changes %s", got)
	}
	// Who comes on duty meanwhile answers in the chat; with its end it is solved.
	if _, err := d.SetDuty(t.Context(), d.ws, "lin", handoff.DutyOn); err != nil {
		t.Fatal(err)
	}
	d.sweep(t)
	d.sweep(t)
	d.accept(t, "lin")
	if _, err := d.Say(t.Context(), d.ws, c.ID, lin, key(lin, "Hello."), bot.Body{Text: "Hello."}, false); err != nil {
		t.Fatal(err)
	}
	if f = d.file(t, f.Ticket.ID); f.Ticket.Clock.First.IsZero() || len(f.Mails) != 1 {
		t.Errorf("an answer in the chat: %+v, mails %+v", f.Ticket.Clock, f.Mails)
	}
	if _, err := d.Close(t.Context(), d.ws, c.ID, lin); err != nil {
		t.Fatal(err)
	}
	if f = d.file(t, f.Ticket.ID); f.Ticket.Status != handoff.TicketSolved || f.Ticket.Clock.ResolveLate {
		t.Errorf("closed: %+v", f.Ticket)
	}
	wantSame(t, "changes", d.changes(t, c), "opened open, answered open, solved solved")
	// Parked later, it is about what it was when it was handed over, not what the bot said last.
	if _, err := d.SetDuty(t.Context(), d.ws, "lin", handoff.DutyOn); err != nil {
		t.Fatal(err)
	}
	handed := d.ask(t, nil)
	write(t, s, d.row(t, handed), key(bot.Author{Kind: bot.AuthorBot}, "next"), bot.Change{
		Events: []bot.NewEvent{{Kind: bot.EventMessage, Author: bot.Author{Kind: bot.AuthorBot}, Visible: true, At: d.clock.now(), Body: bot.Body{Text: "You are next."}}},
		Row:    func(c *bot.Conversation) { c.Memory.Handed = "My bowl is cracked.\nAnd one more thing." },
	})
	if _, err := d.SetDuty(t.Context(), d.ws, "lin", handoff.DutyOff); err != nil {
		t.Fatal(err)
	}
	d.sweep(t)
	if f := d.ticketOf(t, handed); f.Ticket.Subject != "My bowl is cracked." {
		t.Errorf("parked as %q", f.Ticket.Subject)
	}
	// Words that stand in the conversation already are not said again.
	said := newConversation(t, d.Stores, d.ws)
	k, contact := key(visitor, "left"), handoff.Contact{Email: "ann@example.com", Text: "My parcel is wet.", Said: true}
	for _, dup := range []bool{false, true} {
		w, err := d.LeaveMessage(t.Context(), d.ws, said.ID, k, contact)
		if err != nil || w.Dup != dup {
			t.Fatalf("left with said words: %+v, %v; want dup %v", w, err, dup)
		}
	}
	for _, e := range timeline(t, d.Stores, said, bot.ViewVisitor, 500) {
		if e.Kind == bot.EventMessage {
			t.Errorf("said again: %+v", e)
		}
	}
	if f := d.ticketOf(t, said); f.Ticket.Subject != contact.Text {
		t.Errorf("kept as %+v", f.Ticket)
	}
}

func testTicketLists(t *testing.T, s Stores) {
	d := newTicketDesk(t, s, workspace)
	d.hire(t, "lin", 2)
	var made []handoff.Ticket
	for i, subject := range []string{"wet parcel", "lost parcel", "100% wool_x", "a lamp"} {
		c := newConversation(t, s, workspace)
		f, err := d.OpenTicket(t.Context(), d.ws, c.ID, lin, handoff.TicketDraft{Subject: subject, Email: strings.Repeat("a", i+1) + "@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, f.Ticket)
		d.clock.pass(time.Hour)
	}
	patch := func(i int, p handoff.TicketPatch) {
		t.Helper()
		if _, err := d.ChangeTicket(t.Context(), d.ws, made[i].ID, lin, p); err != nil {
			t.Fatal(err)
		}
	}
	solved, who := handoff.TicketSolved, bot.AgentID("lin")
	patch(0, handoff.TicketPatch{Status: &solved})
	patch(1, handoff.TicketPatch{Assignee: &who})
	list := func(q handoff.TicketQuery) []int64 {
		t.Helper()
		q.Workspace, q.Limit = d.ws, 2
		var out []int64
		for { // in pages of two
			got, err := d.Desk.Tickets(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range got {
				out = append(out, x.Number)
			}
			if len(got) < 2 {
				return out
			}
			q.After = &got[1]
		}
	}
	for _, c := range []struct {
		name string
		q    handoff.TicketQuery
		want []int64
	}{
		{"all", handoff.TicketQuery{}, []int64{4, 3, 2, 1}},
		{"by service level", handoff.TicketQuery{Sort: handoff.SortDue}, []int64{2, 3, 4, 1}},
		{"status", handoff.TicketQuery{Statuses: []handoff.TicketStatus{handoff.TicketOpen, handoff.TicketPending}}, []int64{4, 3, 2}},
		{"assignee", handoff.TicketQuery{Assignee: "lin"}, []int64{2}},
		{"nobody's", handoff.TicketQuery{Unassigned: true, Statuses: []handoff.TicketStatus{handoff.TicketOpen}}, []int64{4, 3}},
		{"late", handoff.TicketQuery{Late: start.Add(6 * time.Hour)}, []int64{3, 2}},
		{"subject", handoff.TicketQuery{Text: "PARCEL"}, []int64{2, 1}},
		{"signs", handoff.TicketQuery{Text: "0% wool_"}, []int64{3}},
		{"address", handoff.TicketQuery{Text: "aaaa@"}, []int64{4}},
		{"number", handoff.TicketQuery{Text: "#2"}, []int64{2}},
	} {
		wantSame(t, c.name, list(c.q), c.want)
	}
	_, err := d.Desk.Tickets(t.Context(), handoff.TicketQuery{Workspace: d.ws, Limit: 201})
	wantKind(t, "a long list", err, fault.Invalid)
	if other, err := d.Desk.Tickets(t.Context(), handoff.TicketQuery{Workspace: "other", Limit: 10}); err != nil || len(other) != 0 {
		t.Errorf("another workspace sees %d tickets, %v", len(other), err)
	}
	_, err = d.Ticket(t.Context(), "other", made[0].ID)
	wantKind(t, "from another workspace", err, fault.NotFound)
}
