package storetest

import (
	"strings"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
)

// newTicketDesk is a desk that keeps tickets.
func newTicketDesk(t tester, s Stores, ws bot.WorkspaceID) *desk {
	t.Helper()
	d := newDesk(s, ws)
	d.Desk = handoff.New(s.Desk, s.Timeline, d.heard, d.clock.now, nil, &handoff.Options{Notifier: d.heard, Tickets: s.Tickets, Reports: s.Reports, Mails: true})
	return d
}

// ticketOf returns the newest ticket of a conversation with what belongs to it.
func (d *desk) ticketOf(t tester, c bot.Conversation) handoff.TicketFile {
	t.Helper()
	got, err := d.Desk.Tickets(t.Context(), handoff.TicketQuery{Workspace: d.ws, Conversation: c.ID, Limit: 1})
	if err != nil || len(got) != 1 {
		t.Fatalf("%d tickets, %v; want one", len(got), err)
	}
	return d.file(t, got[0].ID)
}

func (d *desk) file(t tester, ticket handoff.TicketID) handoff.TicketFile {
	t.Helper()
	f, err := d.Ticket(t.Context(), d.ws, ticket)
	if err != nil {
		t.Fatalf("ticket: %v", err)
	}
	return f
}

// changes lists what a timeline says of tickets.
func (d *desk) changes(t tester, c bot.Conversation) string {
	t.Helper()
	var out []string
	for _, e := range timeline(t, d.Stores, c, bot.ViewAgent, 500) {
		if e.Kind != bot.EventTicket {
			continue
		}
		if e.VSeq != 0 || e.Body.Ticket == nil || e.Body.Ticket.Number == 0 {
			t.Errorf("a ticket's event %+v", e)
		} else if e.Body.Ticket.Assignee == "Our colleague" {
			t.Errorf("%s does not name the assignee", e.Body.Change)
		}
		out = append(out, e.Body.Change+" "+e.Body.Ticket.Status)
	}
	return strings.Join(out, ", ")
}

var lin = bot.Author{Kind: bot.AuthorAgent, ID: "lin", Name: "Lin"}

// leave leaves a message in a new conversation.
func (d *desk) leave(t tester, text string) bot.Conversation {
	t.Helper()
	c := newConversation(t, d.Stores, d.ws)
	if _, err := d.LeaveMessage(t.Context(), d.ws, c.ID, key(visitor, text), handoff.Contact{Email: "ann@example.com", Text: text}); err != nil {
		t.Fatalf("leave message: %v", err)
	}
	return c
}

func (d *desk) comes(t tester, ticket handoff.TicketID, message, text string) bot.Written {
	t.Helper()
	w, err := d.MailCame(t.Context(), d.ws, handoff.MailIn{Ticket: ticket, Message: message, From: "ann@example.com", Text: text})
	if err != nil {
		t.Fatalf("mail: %v", err)
	}
	return w
}

func (d *desk) answer(t tester, ticket handoff.TicketID, text string, status handoff.TicketStatus) handoff.TicketFile {
	t.Helper()
	f, err := d.Answer(t.Context(), d.ws, ticket, lin, key(lin, text), bot.Body{Text: text}, status)
	if err != nil {
		t.Fatalf("answer: %v", err)
	}
	return f
}

// owed returns what the outbox holds.
func (d *desk) owed(t tester) string {
	t.Helper()
	var out []string
	if err := d.Outbox.Outbox(t.Context(), func(kind, _, subject string) (bool, error) {
		out = append(out, kind+" "+subject)
		return false, nil
	}); err != nil {
		t.Fatalf("outbox: %v", err)
	}
	return strings.Join(out, ", ")
}

// tellsNumber wants the visitor told, with the change, under which number their wish
// is kept.
func (d *desk) tellsNumber(t tester, c bot.Conversation, change string, number int64) {
	t.Helper()
	for _, e := range timeline(t, d.Stores, c, bot.ViewVisitor, 500) {
		if e.Kind == bot.EventService && e.Body.Change == change {
			if e.Body.Ticket == nil || e.Body.Ticket.Number != number {
				t.Errorf("%s tells of the ticket %+v, want number %d", change, e.Body.Ticket, number)
			}
			return
		}
	}
	t.Errorf("the visitor was not told %s", change)
}
