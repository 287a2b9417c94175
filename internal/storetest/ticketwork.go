package storetest

import (
	"strings"
	"testing"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

func testTicketByHand(t *testing.T, s Stores) {
	d := newTicketDesk(t, s, workspace)
	d.hire(t, "lin", 2)
	ctx := t.Context()
	c := newConversation(t, s, workspace)
	open := func(c bot.Conversation, draft handoff.TicketDraft) (handoff.TicketFile, error) {
		return d.OpenTicket(ctx, d.ws, c.ID, lin, draft)
	}
	for name, draft := range map[string]handoff.TicketDraft{
		"subject": {Subject: strings.Repeat("x", 201) + "\nmore"}, "priority": {Subject: "x", Priority: 11}, "email": {Subject: "x", Email: "nobody"},
	} {
		if name == "subject" { // cut rather than refused
			continue
		}
		_, err := open(c, draft)
		wantKind(t, name, err, fault.Invalid)
	}
	_, err := open(c, handoff.TicketDraft{Subject: "x", Assignee: "nobody"})
	wantKind(t, "unknown assignee", err, fault.NotFound)
	a, err := open(c, handoff.TicketDraft{Subject: "Broken lamp", Priority: 2, Assignee: "lin", Email: "ann@example.com"})
	if err != nil || a.Ticket.Number != 1 || a.Ticket.Assignee != "lin" || a.Ticket.Priority != 2 {
		t.Fatalf("made %+v, %v", a.Ticket, err)
	}
	_, err = open(c, handoff.TicketDraft{Subject: "again"})
	wantKind(t, "a second one", err, fault.Conflict)
	// Another conversation of the same visitor, and one of somebody else.
	b, err := open(newConversation(t, s, workspace), handoff.TicketDraft{Subject: "Lamp"})
	if err != nil || b.Ticket.Number != 2 {
		t.Fatalf("made %+v, %v", b.Ticket, err)
	}
	w, err := s.Timeline.Open(ctx, bot.Conversation{Workspace: d.ws, Inbox: "i1", Visitor: "stranger", ClientConvID: "s"}, bot.Key{}, nothing)
	if err != nil {
		t.Fatal(err)
	}
	x, err := open(w.Conversation, handoff.TicketDraft{Subject: "Other"})
	if err != nil {
		t.Fatal(err)
	}
	// Changes by hand, as the agent saw it.
	pending, subject := handoff.TicketPending, "Lamp, broken"
	got, err := d.ChangeTicket(ctx, d.ws, b.Ticket.ID, lin, handoff.TicketPatch{Status: &pending, Subject: &subject, Version: 1})
	if err != nil || got.Ticket.Status != pending || got.Ticket.Subject != subject || got.Ticket.Version != 2 || !got.Ticket.Clock.Running.IsZero() {
		t.Errorf("changed %+v, %v", got.Ticket, err)
	}
	_, err = d.ChangeTicket(ctx, d.ws, b.Ticket.ID, lin, handoff.TicketPatch{Subject: &subject, Version: 1})
	wantKind(t, "an old version", err, fault.Conflict)
	// Links go both ways, once.
	for range 2 {
		if _, err := d.Link(ctx, d.ws, a.Ticket.ID, x.Ticket.ID, lin); err != nil {
			t.Fatal(err)
		}
	}
	if f := d.file(t, x.Ticket.ID); len(f.Linked) != 1 || f.Linked[0].ID != a.Ticket.ID {
		t.Errorf("linked %+v", f.Linked)
	}
	_, err = d.Link(ctx, d.ws, a.Ticket.ID, a.Ticket.ID, lin)
	wantKind(t, "a link with itself", err, fault.Invalid)
	// Strangers' tickets are not merged.
	_, err = d.Merge(ctx, d.ws, x.Ticket.ID, a.Ticket.ID, lin)
	wantKind(t, "merging two visitors", err, fault.Conflict)
	if f, err := d.Merge(ctx, d.ws, b.Ticket.ID, a.Ticket.ID, lin); err != nil || f.Ticket.ID != a.Ticket.ID || len(f.Linked) != 2 {
		t.Errorf("merged %+v, %v", f, err)
	}
	if f := d.file(t, b.Ticket.ID); f.Ticket.Status != handoff.TicketClosed || f.Ticket.MergedInto != a.Ticket.ID || !f.Ticket.Clock.Solved.IsZero() {
		t.Errorf("the merged one %+v", f.Ticket)
	}
	_, err = d.Answer(ctx, d.ws, b.Ticket.ID, lin, key(lin, "x"), bot.Body{Text: "x"}, "")
	wantKind(t, "answering a closed one", err, fault.Conflict)
	// What comes for the merged one goes on with the other.
	d.comes(t, b.Ticket.ID, "m@mail", "Any news?")
	if got := texts(timeline(t, s, c, bot.ViewVisitor, 10)); !strings.Contains(strings.Join(got, "|"), "Any news?") {
		t.Errorf("the conversation says %q", got)
	}
	// What a machine writes is a note; one from elsewhere says so.
	if _, err := d.MailCame(ctx, d.ws, handoff.MailIn{Ticket: a.Ticket.ID, Message: "auto@mail", From: "ann@example.com", Text: "I am away.", Automatic: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.MailCame(ctx, d.ws, handoff.MailIn{Ticket: a.Ticket.ID, Message: "bob@mail", From: "bob@example.com", Text: "Me too.", Left: []handoff.LeftFile{{Name: "lamp.jpg"}}}); err != nil {
		t.Fatal(err)
	}
	notes := 0
	for _, e := range timeline(t, s, c, bot.ViewAgent, 100) {
		if e.Kind == bot.EventNote {
			notes++
		}
	}
	if notes != 3 {
		t.Errorf("%d notes, want 3: the absence, the other sender, the attachment", notes)
	}
	// A mail that nobody takes is the team's turn again.
	f := d.answer(t, a.Ticket.ID, "Sent.", "")
	out := f.Mails[len(f.Mails)-1]
	for range 2 {
		if err := d.MailLost(ctx, out, "no such mailbox"); err != nil {
			t.Fatal(err)
		}
	}
	if f = d.file(t, a.Ticket.ID); f.Ticket.Status != handoff.TicketOpen || f.Mails[len(f.Mails)-1].State != handoff.MailFailed {
		t.Errorf("after a lost mail %+v", f)
	}
	// So is one that bounces later; an absence is not.
	d.answer(t, a.Ticket.ID, "Sent again.", "")
	for _, in := range []handoff.MailIn{{Message: "away@mail"}, {Message: "bounce@mail", Bounced: true}} {
		in.Ticket, in.From, in.Automatic = a.Ticket.ID, "mailer-daemon@example.com", true
		if _, err := d.MailCame(ctx, d.ws, in); err != nil {
			t.Fatal(err)
		}
		want := handoff.TicketPending
		if in.Bounced {
			want = handoff.TicketOpen
		}
		if f = d.file(t, a.Ticket.ID); f.Ticket.Status != want {
			t.Errorf("after %s it is %s, want %s", in.Message, f.Ticket.Status, want)
		}
	}
	wantKind(t, "no such mail", d.MailSent(ctx, handoff.Mail{Workspace: d.ws, ID: "none"}), fault.NotFound)
}

// What a ticket names may go: its agent, whom nobody gives tickets any more, and its
// queue, without which it is worked on all the same.
func testTicketOutlives(t *testing.T, s Stores) {
	d := newTicketDesk(t, s, workspace)
	ctx := t.Context()
	d.hire(t, "lin", 2)
	d.hire(t, "wei", 2)
	if err := d.PutQueue(ctx, handoff.Queue{Workspace: d.ws, ID: "vip", Name: "VIP"}); err != nil {
		t.Fatal(err)
	}
	c := newConversation(t, s, workspace)
	f, err := d.OpenTicket(ctx, d.ws, c.ID, lin, handoff.TicketDraft{Subject: "Lamp", Assignee: "wei", Queue: "vip"})
	if err != nil {
		t.Fatal(err)
	}
	other, err := d.OpenTicket(ctx, d.ws, newConversation(t, s, workspace).ID, lin, handoff.TicketDraft{Subject: "Cup", Assignee: "lin"})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Retire(ctx, d.ws, "wei"); err != nil {
		t.Fatal(err)
	}
	if err := d.DeleteQueue(ctx, d.ws, "vip"); err != nil {
		t.Fatal(err)
	}
	if got := d.file(t, f.Ticket.ID).Ticket.Assignee; got != "" {
		t.Errorf("it is still with %q, who is gone", got)
	}
	if got := d.file(t, other.Ticket.ID).Ticket.Assignee; got != "lin" {
		t.Errorf("another one is with %q", got)
	}
	wei, vip, urgent, solved := bot.AgentID("wei"), bot.QueueID("vip"), 5, handoff.TicketSolved
	_, err = d.ChangeTicket(ctx, d.ws, f.Ticket.ID, lin, handoff.TicketPatch{Assignee: &wei})
	wantKind(t, "to who is gone", err, fault.Conflict)
	_, err = d.ChangeTicket(ctx, d.ws, other.Ticket.ID, lin, handoff.TicketPatch{Queue: &vip})
	wantKind(t, "into a queue that is gone", err, fault.NotFound)
	got, err := d.ChangeTicket(ctx, d.ws, f.Ticket.ID, lin, handoff.TicketPatch{Priority: &urgent, Status: &solved})
	if err != nil || got.Ticket.Status != solved || got.Ticket.Priority != urgent {
		t.Errorf("solved without its queue: %+v, %v", got.Ticket, err)
	}
	_, err = d.Say(ctx, d.ws, c.ID, lin, key(lin, "look"), bot.Body{Text: "look", Tell: []bot.AgentID{"wei"}}, true)
	wantKind(t, "mentioning who is gone", err, fault.Invalid)
}

// Made at once, tickets have numbers without gaps; one conversation gets one ticket,
// and one mail is taken once.
func testTicketsInParallel(t *testing.T, s Stores) {
	d := newTicketDesk(t, s, workspace)
	const many = 16
	together := func(do func(i int) error) (failed int) {
		t.Helper()
		errs := make(chan error, many)
		for i := range many {
			go func() { errs <- do(i) }()
		}
		for range many {
			if err := <-errs; err != nil {
				failed++
				wantKind(t, "in parallel", err, fault.Conflict)
			}
		}
		return failed
	}
	var convs []bot.Conversation
	for range many {
		convs = append(convs, newConversation(t, s, workspace))
	}
	open := func(c bot.Conversation) error {
		_, err := d.OpenTicket(t.Context(), d.ws, c.ID, lin, handoff.TicketDraft{Subject: "x"})
		return err
	}
	if failed := together(func(i int) error { return open(convs[i]) }); failed != 0 {
		t.Errorf("%d of %d tickets could not be made", failed, many)
	}
	numbers := map[int64]bool{}
	for _, c := range convs {
		numbers[d.ticketOf(t, c).Ticket.Number] = true
	}
	for n := range int64(many) {
		if !numbers[n+1] {
			t.Errorf("no ticket has number %d: %v", n+1, numbers)
		}
	}
	one := newConversation(t, s, workspace)
	if failed := together(func(int) error { return open(one) }); failed != many-1 {
		t.Errorf("%d of %d were refused, want all but one", failed, many)
	}
	f := d.ticketOf(t, one)
	if f.Ticket.Number != many+1 {
		t.Errorf("number %d, want %d", f.Ticket.Number, many+1)
	}
	together(func(int) error {
		_, err := d.MailCame(t.Context(), d.ws, handoff.MailIn{Ticket: f.Ticket.ID, Message: "m@mail", From: "ann@example.com", Text: "Hello."})
		return err
	})
	if got := texts(timeline(t, s, one, bot.ViewVisitor, 100)); len(got) != 1 {
		t.Errorf("the conversation says %q", got)
	}
}

// Two people merge two tickets into each other at the same moment; what the visitor
// writes then must not be lost.
func testTicketsMergedInACircle(t *testing.T, s Stores) {
	d := newTicketDesk(t, s, workspace)
	one, other := d.leave(t, "The lamp is broken."), d.leave(t, "About the lamp again.")
	a, b := d.ticketOf(t, one).Ticket, d.ticketOf(t, other).Ticket
	if _, err := d.Merge(t.Context(), d.ws, a.ID, b.ID, lin); err != nil {
		t.Fatal(err)
	}
	// The other merge, which had looked before the first was done.
	if _, err := s.Desk.Move(t.Context(), handoff.Ask{Workspace: d.ws, Conversation: other.ID, Tickets: true}, func(l handoff.Locked) (handoff.Outcome, error) {
		late := l.Tickets[0]
		late.Status, late.MergedInto = handoff.TicketClosed, a.ID
		return handoff.Outcome{Tickets: []handoff.Ticket{late}}, nil
	}); err != nil {
		t.Fatal(err)
	}
	w := d.comes(t, a.ID, "m@mail", "Any news?")
	if now := d.ticketOf(t, w.Conversation).Ticket; now.Status != handoff.TicketOpen || now.ID == a.ID || now.ID == b.ID {
		t.Errorf("the words are on %+v, want a new ticket", now)
	}
}
