package handoff

import (
	"cmp"
	"context"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// maxSubject bounds a ticket's subject, in characters.
const maxSubject = 200

func errNoTickets() error { return fault.New(fault.Unavailable, "This desk keeps no tickets.") }

// Tickets lists tickets.
func (d *Desk) Tickets(ctx context.Context, q TicketQuery) ([]Ticket, error) {
	if d.tickets == nil {
		return nil, errNoTickets()
	}
	return d.tickets.Tickets(ctx, q)
}

// Ticket returns one ticket with what belongs to it. Error: NotFound.
func (d *Desk) Ticket(ctx context.Context, ws bot.WorkspaceID, ticket TicketID) (TicketFile, error) {
	if d.tickets == nil {
		return TicketFile{}, errNoTickets()
	}
	return d.tickets.Ticket(ctx, ws, ticket)
}

// OpenTicket makes a ticket of a conversation by hand. Errors: Invalid; NotFound;
// Conflict when the conversation has an unfinished one.
func (d *Desk) OpenTicket(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, by bot.Author, draft TicketDraft) (TicketFile, error) {
	var made TicketID
	_, err := d.onTickets(ctx, Ask{Workspace: ws, Conversation: conv, Agents: some(draft.Assignee)}, func(s *step) error {
		if t := s.current(); t != nil && t.Status.unfinished() {
			return fault.New(fault.Conflict, "This conversation has ticket #%d already.", t.Number)
		}
		t := s.newTicket(TicketByHand, draft.Subject, Contact{Email: draft.Email, Phone: draft.Phone}, cmp.Or(s.wait.Since, s.now))
		t.Priority, t.Assignee, t.Queue = draft.Priority, draft.Assignee, cmp.Or(draft.Queue, t.Queue)
		if err := s.checkTicket(t); err != nil {
			return err
		}
		made = t.ID
		s.put(t, "opened", by)
		return nil
	})
	if err != nil {
		return TicketFile{}, err
	}
	return d.Ticket(ctx, ws, made)
}

// ChangeTicket changes a ticket by hand. Errors: Invalid; NotFound; Conflict for
// one that is closed, or that moved on since the agent saw it.
func (d *Desk) ChangeTicket(ctx context.Context, ws bot.WorkspaceID, ticket TicketID, by bot.Author, p TicketPatch) (TicketFile, error) {
	var agents []bot.AgentID
	if p.Assignee != nil {
		agents = some(*p.Assignee)
	}
	return d.onTicket(ctx, ws, ticket, bot.Key{}, agents, func(s *step, t Ticket) error {
		if p.Version != 0 && p.Version != t.Version {
			return fault.New(fault.Conflict, "Ticket #%d was changed meanwhile; look at it again.", t.Number)
		}
		before := t
		patch(&t.Assignee, p.Assignee)
		patch(&t.Queue, p.Queue)
		patch(&t.Priority, p.Priority)
		patch(&t.Subject, p.Subject)
		patch(&t.Email, p.Email)
		if err := s.checkTicket(t); err != nil {
			return err
		}
		change := "changed"
		if p.Status != nil && *p.Status != t.Status {
			if !p.Status.valid() {
				return fault.New(fault.Invalid, "There is no status %q.", *p.Status).WithField("status", "open, pending, solved or closed")
			}
			change = map[TicketStatus]string{TicketSolved: "solved", TicketClosed: "closed"}[*p.Status]
			if t.Status == TicketSolved && p.Status.unfinished() {
				change = "reopened"
			}
			t.turn(*p.Status, s.now, s.terms(t))
		}
		if t != before {
			s.put(t, cmp.Or(change, "changed"), by)
		}
		return nil
	})
}

// Answer writes to the visitor of a ticket: into the conversation, and by e-mail
// where the ticket has an address. The status is what the ticket has afterwards,
// "" for pending; of body count Text, which may be missing with Attachments, and Written
// when Text is a translation. A repeated key changes nothing. Errors: Invalid; NotFound; Denied
// while a colleague has the conversation; Conflict for a closed ticket, or when the
// key exists with another body.
func (d *Desk) Answer(ctx context.Context, ws bot.WorkspaceID, ticket TicketID, by bot.Author, key bot.Key, body bot.Body, status TicketStatus) (TicketFile, error) {
	if err := sayableWhole(body, false); err != nil {
		return TicketFile{}, err
	}
	text, files := body.Text, body.Attachments
	if status = cmp.Or(status, TicketPending); !status.valid() {
		return TicketFile{}, fault.New(fault.Invalid, "There is no status %q.", status).WithField("status", "open, pending, solved or closed")
	}
	return d.onTicket(ctx, ws, ticket, key, some(bot.AgentID(by.ID)), func(s *step, t Ticket) error {
		if s.next.Agent != "" && s.next.Agent != bot.AgentID(by.ID) {
			return fault.New(fault.Denied, "%s has this conversation. Write a note, or take it over.", s.name(s.next.Agent))
		}
		if s.mailing && t.Email != "" && bytesOf(files) > MaxMailBytes {
			return fault.New(fault.Invalid, "The files of an e-mail may have 15 MB together, these have %d.", bytesOf(files)>>20).
				WithField("attachments", "send fewer, or several answers")
		}
		s.says(by, bot.Body{Text: text, Written: body.Written, Language: t.Language, Attachments: files})
		s.mail(t, by, text, files)
		t.answered(s.now, s.terms(t))
		change := "answered"
		if t.Status == TicketSolved && status.unfinished() {
			change = "reopened"
		} else if status == TicketSolved || status == TicketClosed {
			change = string(status)
		}
		t.turn(status, s.now, s.terms(t))
		if t.Assignee == "" {
			t.Assignee = bot.AgentID(by.ID)
		}
		// What the visitor was promised is done here; the live line need not do it too.
		if s.next.Service == bot.ServiceParked {
			s.end(bot.ServiceBot)
		}
		s.put(t, change, by)
		return nil
	})
}

// unassign takes the tickets that are not closed from an agent who works on none any
// more: in the list of somebody who is gone nobody would look for them.
func (d *Desk) unassign(ctx context.Context, ws bot.WorkspaceID, agent bot.AgentID) error {
	if d.tickets == nil {
		return nil
	}
	q := TicketQuery{Workspace: ws, Assignee: agent, Statuses: []TicketStatus{TicketOpen, TicketPending, TicketSolved}, Limit: 200}
	for {
		theirs, err := d.tickets.Tickets(ctx, q)
		if err != nil || len(theirs) == 0 {
			return err
		}
		if _, err := each(theirs, func(x Ticket) error {
			_, err := d.onTickets(ctx, Ask{Workspace: ws, Conversation: x.Conversation}, func(s *step) error {
				if t, ok := s.ticket(x.ID); ok && t.Assignee == agent {
					t.Assignee = ""
					s.put(t, "changed", bot.Author{Kind: bot.AuthorSystem})
				}
				return nil
			})
			return err
		}); err != nil {
			return err
		}
		q.After = &theirs[len(theirs)-1]
	}
}

func errClosed(t Ticket) error {
	return fault.New(fault.Conflict, "Ticket #%d is closed. Make a new one.", t.Number)
}

// onTickets is a move that may look at and write the conversation's tickets.
func (d *Desk) onTickets(ctx context.Context, ask Ask, decide func(s *step) error) (bot.Written, error) {
	if d.tickets == nil {
		return bot.Written{}, errNoTickets()
	}
	ask.Tickets = true
	return d.looking(ctx, ask, decide)
}

// onTicket is a move of one ticket that is not closed.
func (d *Desk) onTicket(ctx context.Context, ws bot.WorkspaceID, ticket TicketID, key bot.Key, agents []bot.AgentID, decide func(s *step, t Ticket) error) (TicketFile, error) {
	file, err := d.Ticket(ctx, ws, ticket)
	if err != nil {
		return TicketFile{}, err
	}
	_, err = d.onTickets(ctx, Ask{Workspace: ws, Conversation: file.Ticket.Conversation, Agents: agents, Key: key}, func(s *step) error {
		t, ok := s.ticket(ticket)
		switch {
		case !ok:
			return fault.New(fault.NotFound, "There is no such ticket.")
		case t.Status == TicketClosed:
			return errClosed(t)
		}
		return decide(s, t)
	})
	if err != nil {
		return TicketFile{}, err
	}
	return d.Ticket(ctx, ws, ticket)
}

func some(a bot.AgentID) []bot.AgentID {
	if a == "" {
		return nil
	}
	return []bot.AgentID{a}
}

func patch[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// lookEach is how often the chats of pending tickets are looked at.
const lookEach = 10 * time.Second

// wroteInChat gives pending tickets back to the team whose visitor wrote in the chat,
// where messages know nothing of tickets. E-mails do so at once.
func (d *Desk) wroteInChat(ctx context.Context, ws bot.WorkspaceID) error {
	if d.tickets == nil {
		return nil
	}
	d.mu.Lock()
	due := d.now().Sub(d.looked[ws]) >= lookEach
	if due {
		d.looked[ws] = d.now()
	}
	d.mu.Unlock()
	if !due {
		return nil
	}
	heard, err := d.tickets.Tickets(ctx, TicketQuery{Workspace: ws, Heard: true, Limit: 200})
	if err != nil {
		return err
	}
	_, err = each(heard, func(x Ticket) error {
		_, err := d.onTickets(ctx, Ask{Workspace: ws, Conversation: x.Conversation}, func(s *step) error {
			t, ok := s.ticket(x.ID)
			if !ok || t.Version != x.Version {
				return nil // it is looked at again
			}
			t.heard(s.now, s.terms(t))
			s.put(t, "changed", bot.Author{Kind: bot.AuthorSystem})
			return nil
		})
		return err
	})
	return err
}
