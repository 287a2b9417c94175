package handoff

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

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
	// What was so before may stay: a queue that is deleted must not hold up its tickets.
	var before Ticket
	if i := slices.IndexFunc(s.locked.Tickets, func(o Ticket) bool { return o.ID == t.ID }); i >= 0 {
		before = s.locked.Tickets[i]
	}
	if t.Assignee != "" && t.Assignee != before.Assignee {
		a, err := s.known(t.Assignee)
		if err != nil {
			return err
		}
		if a.Retired() {
			return fault.New(fault.Conflict, "%s works on no tickets any more.", s.name(t.Assignee)).WithField("assignee", "somebody who does, or nobody")
		}
	}
	if t.Queue != "" && t.Queue != before.Queue && s.queueOf(t.Queue).Workspace == "" {
		return fault.New(fault.NotFound, "There is no queue %q.", t.Queue).WithField("queue", "one that exists, or none for the main queue")
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
		mark.Assignee = s.colleague(t.Assignee)
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
		Workspace: s.next.Workspace, ID: TicketID(id.New()), Conversation: s.next.ID, Queue: s.there(s.next.Queue),
		Priority: max(min(s.next.Priority, maxPriority), -maxPriority), Language: cmp.Or(s.next.Language, "en"),
		Subject: headline(cmp.Or(strings.TrimSpace(subject), s.about(), words(s.next.Language, "A visitor wishes for an answer", "访客希望得到回复"))),
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

// there is the queue, or the main one when it was deleted meanwhile.
func (s *step) there(queue bot.QueueID) bot.QueueID {
	if s.queueOf(queue).Workspace == "" {
		return ""
	}
	return queue
}

// about is what the visitor wants of a person, in their words; "" when they said
// nothing that is known here.
func (s *step) about() string {
	if s.next.Memory.Handed == "" && s.next.LastBy == bot.AuthorVisitor {
		return s.next.LastText
	}
	return s.next.Memory.Handed
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

// mail sends words and files of the team by e-mail too, where the ticket has an
// address. Files that no mail server would take are named in it.
func (s *step) mail(t Ticket, by bot.Author, text string, files []bot.Attachment) {
	if !s.mailing || t.Email == "" || text == "" && len(files) == 0 {
		return
	}
	if bytesOf(files) > MaxMailBytes {
		var names []string
		for _, f := range files {
			names = append(names, f.Name)
		}
		text = strings.TrimSpace(text + "\n\n" + words(t.Language, "In the chat, too large for an e-mail: ", "文件较大，请在对话中查看：") + strings.Join(names, ", "))
		files = nil
	}
	if text == "" {
		text = words(t.Language, "(see the attachments)", "（见附件）")
	}
	s.mails = append(s.mails, Mail{
		Workspace: t.Workspace, ID: id.New(), Ticket: t.ID, Out: true, Address: t.Email,
		Text: text, Author: by.Name, Files: files, State: MailDue, CreatedAt: s.now,
	})
}

func bytesOf(files []bot.Attachment) (sum int64) {
	for _, f := range files {
		sum += f.Size
	}
	return sum
}
