package handoff

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
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

// TicketReport counts the tickets of a stretch of time, from inclusive, to exclusive.
func (d *Desk) TicketReport(ctx context.Context, ws bot.WorkspaceID, from, to time.Time) (TicketReport, error) {
	if d.tickets == nil {
		return TicketReport{}, errNoTickets()
	}
	return d.tickets.TicketReport(ctx, ws, from, to, d.now())
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
// "" for pending. A repeated key changes nothing. Errors: Invalid; NotFound; Denied
// while a colleague has the conversation; Conflict for a closed ticket, or when the
// key exists with another body.
func (d *Desk) Answer(ctx context.Context, ws bot.WorkspaceID, ticket TicketID, by bot.Author, key bot.Key, text string, status TicketStatus) (TicketFile, error) {
	if err := sayable(text); err != nil {
		return TicketFile{}, err
	}
	if status = cmp.Or(status, TicketPending); !status.valid() {
		return TicketFile{}, fault.New(fault.Invalid, "There is no status %q.", status).WithField("status", "open, pending, solved or closed")
	}
	return d.onTicket(ctx, ws, ticket, key, some(bot.AgentID(by.ID)), func(s *step, t Ticket) error {
		if s.next.Agent != "" && s.next.Agent != bot.AgentID(by.ID) {
			return fault.New(fault.Denied, "%s has this conversation. Write a note, or take it over.", s.name(s.next.Agent))
		}
		s.says(by, bot.Body{Text: text, Language: t.Language})
		s.mail(t, by, text)
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

// checkTicket refuses what a ticket cannot say.
func (s *step) checkTicket(t Ticket) error {
	switch {
	case strings.TrimSpace(t.Subject) == "" || utf8.RuneCountInString(t.Subject) > maxSubject:
		return fault.New(fault.Invalid, "A ticket needs a subject of at most 200 characters.").WithField("subject", "1 to 200 characters")
	case t.Priority < -maxPriority || t.Priority > maxPriority:
		return fault.New(fault.Invalid, "A ticket's priority is -10 to 10, not %d.", t.Priority).WithField("priority", "-10 to 10")
	case t.Email != "" && (len(t.Email) > maxAddress || !address(t.Email)):
		return fault.New(fault.Invalid, "This is not an e-mail address.").WithField("email", "such as name@example.com")
	case t.Phone != "" && (len(t.Phone) > maxPhone || !phone(t.Phone)):
		return fault.New(fault.Invalid, "This is not a phone number.").WithField("phone", "digits, spaces, + - ( )")
	}
	if t.Assignee != "" {
		if _, err := s.known(t.Assignee); err != nil && !slices.ContainsFunc(s.locked.Tickets, func(o Ticket) bool { return o.ID == t.ID && o.Assignee == t.Assignee }) {
			return err
		}
	}
	if t.Queue != "" && s.queueOf(t.Queue).Workspace == "" {
		return fault.New(fault.NotFound, "There is no queue %q.", t.Queue)
	}
	return nil
}

// ticket returns one of the conversation's tickets as it stands in this move.
func (s *step) ticket(ticket TicketID) (Ticket, bool) {
	for _, list := range [][]Ticket{s.tickets, s.locked.Tickets} {
		if i := slices.IndexFunc(list, func(t Ticket) bool { return t.ID == ticket }); i >= 0 {
			return list[i], true
		}
	}
	return Ticket{}, false
}

// current is the conversation's ticket that is not closed, nil when there is none.
func (s *step) current() *Ticket {
	for i := len(s.locked.Tickets) - 1; i >= 0; i-- {
		if t, _ := s.ticket(s.locked.Tickets[i].ID); t.Status != TicketClosed {
			return &t
		}
	}
	return nil
}

// terms are what the ticket's clock runs by.
func (s *step) terms(t Ticket) terms { return s.queueOf(t.Queue).terms() }

// scheduled are the tickets to write, each with the service level that ends next.
func (s *step) scheduled() []Ticket {
	for i := range s.tickets {
		s.tickets[i].UpdatedAt = s.now
		s.tickets[i].schedule(s.terms(s.tickets[i]))
	}
	return s.tickets
}

// put stores a ticket and tells of it; the mark may be completed.
func (s *step) put(t Ticket, change string, by bot.Author) *bot.TicketMark {
	if i := slices.IndexFunc(s.tickets, func(o Ticket) bool { return o.ID == t.ID }); i >= 0 {
		s.tickets[i] = t
	} else {
		s.tickets = append(s.tickets, t)
	}
	mark := &bot.TicketMark{ID: string(t.ID), Number: t.Number, Status: string(t.Status)}
	if t.Assignee != "" {
		mark.Assignee = s.name(t.Assignee)
	}
	s.events = append(s.events, bot.NewEvent{
		Kind: bot.EventTicket, Author: by, At: s.now, Body: bot.Body{Change: change, Ticket: mark},
	})
	return mark
}

// newTicket is a ticket of the conversation that is yet to be put. A solved one is
// closed with it and linked to it.
func (s *step) newTicket(origin TicketOrigin, subject string, contact Contact, wished time.Time) Ticket {
	t := Ticket{
		Workspace: s.next.Workspace, ID: TicketID(id.New()), Conversation: s.next.ID, Queue: s.next.Queue,
		Priority: max(min(s.next.Priority, maxPriority), -maxPriority), Language: cmp.Or(s.next.Language, "en"),
		Subject: headline(cmp.Or(strings.TrimSpace(subject), s.next.LastText, words(s.next.Language, "A visitor wishes for an answer", "访客希望得到回复"))),
		Email:   contact.Email, Phone: contact.Phone, Origin: origin, CreatedAt: s.now,
	}
	t.begin(wished)
	if n := len(s.locked.Tickets); n > 0 {
		last, _ := s.ticket(s.locked.Tickets[n-1].ID)
		t.Email, t.Phone = cmp.Or(t.Email, last.Email), cmp.Or(t.Phone, last.Phone)
		s.links = append(s.links, TicketLink{last.ID, t.ID})
		if last.Status != TicketClosed {
			last.turn(TicketClosed, s.now, s.terms(last))
			s.put(last, "closed", bot.Author{Kind: bot.AuthorSystem})
		}
	}
	return t
}

// headline is the first line of a text, cut to what a subject may have.
func headline(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	line = strings.Join(strings.Fields(line), " ")
	if r := []rune(line); len(r) > maxSubject {
		return string(r[:maxSubject-1]) + "…"
	}
	return line
}

// keep has the visitor's wish followed by a ticket: the one that is unfinished, the
// one solved a while ago, or a new one, which is as a rule orders it. What it returns
// tells the visitor which, in the event that tells them the rest; nil when the desk
// makes no tickets.
func (s *step) keep(origin TicketOrigin, subject string, contact Contact, order *bot.TicketOrder) *bot.TicketMark {
	if !s.ticketing {
		return nil
	}
	system := bot.Author{Kind: bot.AuthorSystem}
	t := s.current()
	if t == nil || t.Status == TicketSolved && !t.reopens(s.now, s.terms(*t)) {
		made := s.newTicket(origin, subject, contact, cmp.Or(s.wait.Since, s.now))
		if order != nil {
			made.Origin, made.Queue = TicketByRule, cmp.Or(order.Queue, made.Queue)
			patch(&made.Priority, order.Priority)
			if TicketStatus(order.Status) == TicketPending {
				made.turn(TicketPending, s.now, s.terms(made))
				made.Clock.Owed = time.Time{} // the visitor's words are awaited first
			}
		}
		s.put(made, "opened", system)
		return &bot.TicketMark{ID: string(made.ID)} // numbered with the ticket
	}
	change := "changed"
	if t.Status == TicketSolved {
		change = "reopened"
	}
	before := *t
	t.heard(s.now, s.terms(*t))
	t.Email, t.Phone = cmp.Or(contact.Email, t.Email), cmp.Or(contact.Phone, t.Phone)
	if *t != before {
		s.put(*t, change, system)
	}
	return &bot.TicketMark{ID: string(t.ID), Number: t.Number}
}

// solve ends a ticket that was made because nobody was there, now that somebody
// was, and answered.
func (s *step) solve(by bot.Author) {
	if !s.ticketing {
		return
	}
	t := s.current()
	if t == nil || !t.Status.unfinished() || t.Clock.First.IsZero() || t.Origin != TicketNobody && t.Origin != TicketMessage {
		return
	}
	t.turn(TicketSolved, s.now, s.terms(*t))
	s.put(*t, "solved", by)
}

// says writes what an agent says to the visitor.
func (s *step) says(by bot.Author, body bot.Body) {
	s.events = append(s.events, bot.NewEvent{Kind: bot.EventMessage, Author: by, Visible: true, At: s.now, Body: body})
}

// mail sends words of the team by e-mail too, where the ticket has an address.
func (s *step) mail(t Ticket, by bot.Author, text string) {
	if !s.mailing || t.Email == "" || text == "" {
		return
	}
	s.mails = append(s.mails, Mail{
		Workspace: t.Workspace, ID: id.New(), Ticket: t.ID, Out: true, Address: t.Email,
		Text: text, Author: by.Name, State: MailDue, CreatedAt: s.now,
	})
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
