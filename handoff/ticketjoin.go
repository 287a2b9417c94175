package handoff

import (
	"context"
	"slices"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Merge closes a ticket and goes on with another one of the same visitor: what
// comes in for the first is taken for the second. Errors: NotFound; Invalid for one
// and the same; Conflict when one of them is closed, or they are of two visitors,
// who must not come to read each other's words.
func (d *Desk) Merge(ctx context.Context, ws bot.WorkspaceID, from, into TicketID, by bot.Author) (TicketFile, error) {
	a, b, err := d.pair(ctx, ws, from, into)
	if err != nil {
		return TicketFile{}, err
	}
	if b.Status == TicketClosed {
		return TicketFile{}, errClosed(b)
	}
	if err := d.sameVisitor(ctx, a, b); err != nil {
		return TicketFile{}, err
	}
	_, err = d.onTicket(ctx, ws, from, bot.Key{}, nil, func(s *step, t Ticket) error {
		t.turn(TicketClosed, s.now, s.terms(t))
		t.Clock.Solved, t.Clock.ResolveLate = time.Time{}, false // the other one will be solved
		t.MergedInto = into
		s.put(t, "merged", by).Other = b.Number
		return nil
	})
	if err != nil {
		return TicketFile{}, err
	}
	return d.Ticket(ctx, ws, into)
}

// Link says that two tickets belong together. Doing it twice changes nothing.
// Errors: NotFound; Invalid for one and the same.
func (d *Desk) Link(ctx context.Context, ws bot.WorkspaceID, ticket, other TicketID, by bot.Author) (TicketFile, error) {
	a, b, err := d.pair(ctx, ws, ticket, other)
	if err != nil {
		return TicketFile{}, err
	}
	file, err := d.Ticket(ctx, ws, ticket)
	if err != nil || slices.ContainsFunc(file.Linked, func(t Ticket) bool { return t.ID == other }) {
		return file, err
	}
	_, err = d.onTickets(ctx, Ask{Workspace: ws, Conversation: a.Conversation}, func(s *step) error {
		t, ok := s.ticket(ticket)
		if !ok {
			return fault.New(fault.NotFound, "There is no such ticket.")
		}
		s.links = append(s.links, TicketLink{ticket, other})
		s.put(t, "linked", by).Other = b.Number
		return nil
	})
	if err != nil {
		return TicketFile{}, err
	}
	return d.Ticket(ctx, ws, ticket)
}

// pair reads two different tickets.
func (d *Desk) pair(ctx context.Context, ws bot.WorkspaceID, one, other TicketID) (a, b Ticket, err error) {
	if one == other {
		return a, b, fault.New(fault.Invalid, "A ticket cannot be joined with itself.").WithField("other", "another ticket")
	}
	x, err := d.Ticket(ctx, ws, one)
	if err != nil {
		return a, b, err
	}
	y, err := d.Ticket(ctx, ws, other)
	return x.Ticket, y.Ticket, err
}

func (d *Desk) sameVisitor(ctx context.Context, a, b Ticket) error {
	one, err := d.timeline.Conversation(ctx, a.Workspace, a.Conversation)
	if err != nil {
		return err
	}
	other, err := d.timeline.Conversation(ctx, b.Workspace, b.Conversation)
	if err != nil {
		return err
	}
	if one.Visitor != other.Visitor {
		return fault.New(fault.Conflict, "#%d and #%d are of two visitors. Link them instead.", a.Number, b.Number)
	}
	return nil
}
