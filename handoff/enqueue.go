package handoff

import (
	"context"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Enqueue puts the conversation in line for a person and writes the turn's own
// change in the same transaction. When nobody is there the conversation is
// parked: kept, with a follow-up promised. The workspace's rules say into which
// queue, with which skills and priority it goes, and whether it becomes a ticket, as
// well or, unless the visitor asked for a person, instead. One that waits already keeps its
// place; one that a person has stays with them.
func (d *Desk) Enqueue(ctx context.Context, e bot.Escalation) (bot.Written, error) {
	asked := d.ask(ctx, e)
	return d.looking(ctx, Ask{Workspace: e.Workspace, Conversation: e.Conversation, Key: e.Key, Tickets: true}, func(s *step) error {
		before := s.next
		var (
			placing *bot.Placing
			o       bot.Outlook
		)
		s.view.see(func(b *board) {
			x := Standing{Conversation: s.next, Wait: s.wait}
			placing = b.joins(&x, asked, e, s.now)
			s.next, s.wait = x.Conversation, x.Wait
			o = b.outlook(x, s.now)
		})
		var order *bot.TicketOrder
		if placing != nil {
			order = placing.Ticket
		}
		o.Ticket = instead(placing, before)
		if e.Turn != nil {
			turn, err := e.Turn(before, o)
			if err != nil {
				return err
			}
			s.change = turn
			if turn.Trace != nil && placing != nil {
				turn.Trace.Placing = placing
			}
			if turn.Row != nil {
				turn.Row(&s.next)
			}
		}
		summary := e.Summary
		summary.Topics, summary.Page = e.Topics, e.Page
		switch {
		case inLine(before) || with(before):
		case o.Ticket:
			contact := contactIn(summary)
			mark := s.keep(TicketByRule, summary.Problem, contact, order)
			body := s.happened("ticketed", "", sayTicketed(s.next.Language, contact))
			body.Summary, body.Placing, body.Ticket = &summary, placing, mark
			s.next.Skills, s.next.Priority = nil, 0 // it waits in no line
		case o.Open:
			s.queue()
			p := Place{Position: o.Position, Wait: o.Wait, WaitUpper: o.WaitUpper}
			s.tells(p)
			body := s.happened("enqueued", "", sayWaiting(s.next.Language, p))
			body.Summary, body.Placing = &summary, placing
			if order != nil {
				s.keep(TicketByRule, summary.Problem, contactIn(summary), order)
			}
		case before.Service == bot.ServiceParked:
			// It was said already; a second wish changes nothing.
		default:
			s.park(ParkedNobody)
			mark := s.keep(TicketNobody, summary.Problem, contactIn(summary), order)
			body := s.happened("parked", "", sayNobody(s.next.Language, o.Opens, s.now))
			body.Summary, body.Placing, body.Ticket, body.Why = &summary, placing, mark, string(ParkedNobody)
		}
		return nil
	})
}

// joins puts a conversation where rules and its own urgency say, unless it waits
// already or a person has it; nil when there is nothing to explain.
func (b *board) joins(s *Standing, a asked, e bot.Escalation, now time.Time) *bot.Placing {
	c := &s.Conversation
	if e.Language != "" {
		c.Language = e.Language
	}
	if inLine(*c) || with(*c) {
		return nil
	}
	p := place(a.rules, a.known, bot.Placing{Queue: c.Queue, Skills: e.Skills, Priority: e.Priority}, b, now)
	c.Reason, c.Queue, c.Skills, c.Priority = e.Reason, p.Queue, p.Skills, p.Priority
	// Somebody who comes back soon, or was promised an answer, keeps their age.
	if c.Service == bot.ServiceParked && !s.Wait.Promised && now.Sub(s.Wait.Parked) > keptFor {
		s.Wait.Since, s.Wait.Told = time.Time{}, Told{}
	}
	s.Wait.Away = time.Time{}
	if p.Empty() {
		return nil
	}
	return &p
}

// instead reports whether a rule makes a ticket of the conversation rather than have
// it wait. One who was promised a person is not told otherwise.
func instead(p *bot.Placing, before bot.Conversation) bool {
	return p != nil && p.Ticket != nil && p.Ticket.Instead && before.Service != bot.ServiceParked
}

// contactIn is how the visitor may be reached, as far as they said it in the chat.
func contactIn(s bot.Summary) (c Contact) {
	if e := s.Fields["email"]; len(e) <= maxAddress && address(e) {
		c.Email = e
	}
	if p := s.Fields["phone"]; len(p) <= maxPhone && phone(p) {
		c.Phone = p
	}
	return c
}

// with reports whether a person has the conversation.
func with(c bot.Conversation) bool {
	return c.Service == bot.ServiceActive || c.Service == bot.ServiceWrapup
}

// Leave takes the visitor out of the line; the bot goes on. Outside the line it
// does nothing. Error: Conflict when a person has the conversation, or the bot was stopped in it.
func (d *Desk) Leave(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, key bot.Key) (bot.Written, error) {
	return d.move(ctx, Ask{Workspace: ws, Conversation: conv, Key: key}, func(s *step) error {
		switch s.next.Service {
		case bot.ServiceWaiting, bot.ServiceOffered, bot.ServiceParked:
		case bot.ServiceActive, bot.ServiceWrapup:
			return errWithPerson(s)
		default:
			return nil
		}
		if s.next.Agent != "" {
			return errWithPerson(s)
		}
		if s.wait.Stopped {
			return fault.New(fault.Conflict, "The assistant does not answer in this conversation any more. A person will.")
		}
		s.leaves()
		s.end(bot.ServiceBot)
		s.happened("left_queue", "", sayLeft(s.next.Language))
		return nil
	})
}

// LeaveMessage keeps the visitor's words and address for the team: the
// conversation is parked, with an answer promised. Errors: Invalid; Conflict
// when a person has the conversation.
func (d *Desk) LeaveMessage(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, key bot.Key, contact Contact) (bot.Written, error) {
	if err := contact.check(); err != nil {
		return bot.Written{}, err
	}
	return d.looking(ctx, Ask{Workspace: ws, Conversation: conv, Key: key, Tickets: true}, func(s *step) error {
		if s.next.Agent != "" {
			return errWithPerson(s)
		}
		s.endOffer(ReservationRescinded)
		s.leaves()
		if s.next.Reason == "" {
			s.next.Reason = bot.ReasonAsked
		}
		s.park(ParkedMessage)
		s.wait.Contact = contact
		by := key.Sender
		if by.Kind == "" {
			by = bot.Author{Kind: bot.AuthorVisitor, ID: string(s.next.Visitor)}
		}
		if !contact.Said {
			s.events = append(s.events, bot.NewEvent{
				Kind: bot.EventMessage, Author: by, Visible: true, At: s.now, Body: bot.Body{Text: contact.Text, Language: s.next.Language},
			})
		}
		summary := bot.Summary{Problem: contact.Text, Fields: map[string]string{}, Sentiment: s.next.Sentiment}
		if contact.Email != "" {
			summary.Fields["email"] = contact.Email
		}
		if contact.Phone != "" {
			summary.Fields["phone"] = contact.Phone
		}
		mark := s.keep(TicketMessage, contact.Text, contact, nil)
		body := s.happened("left_message", "", sayMessage(s.next.Language, contact))
		body.Summary, body.Ticket = &summary, mark
		return nil
	})
}

// Presence says that a waiting visitor's last connection closed, or that one
// opened again. One who stays away for two minutes is parked; one who is back
// goes on at the old place if it was kept. Presence of others changes nothing.
func (d *Desk) Presence(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, present bool) error {
	// Sockets come and go by the thousand; few of them are of somebody who waits.
	c, err := d.timeline.Conversation(ctx, ws, conv)
	if err != nil {
		return err
	}
	parked := c.Service == bot.ServiceParked
	if c.Service != bot.ServiceWaiting && c.Service != bot.ServiceOffered && (!parked || !present) {
		return nil
	}
	_, err = d.looking(ctx, Ask{Workspace: ws, Conversation: conv}, func(s *step) error {
		inLine := s.next.Service == bot.ServiceWaiting || s.next.Service == bot.ServiceOffered
		switch {
		case !present && inLine && s.wait.Away.IsZero():
			s.wait.Away = s.now
		case present && inLine:
			s.wait.Away = time.Time{}
		case present && parked && s.next.Service == bot.ServiceParked && s.wait.Why == ParkedAway && s.now.Sub(s.wait.Parked) <= keptFor:
			s.wait.Away = time.Time{}
			if open, _ := s.waits(); open {
				s.queue()
				p := s.joining()
				s.tells(p)
				s.happened("enqueued", "", standing(s.next.Language, p))
			}
		}
		return nil
	})
	return err
}
