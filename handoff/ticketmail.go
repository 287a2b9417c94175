package handoff

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// MailIn is an e-mail that came in for a ticket. Who calls has proved that it
// belongs to the ticket.
type MailIn struct {
	Ticket    TicketID
	Message   string           // its Message-ID, without angle brackets: the mail is taken once
	From      string           // address of the sender
	Text      string           // what they wrote, without what they quoted
	Automatic bool             // a machine wrote it: an absence, a bounce. It answers nothing
	Bounced   bool             // of an automatic one: a mail of the ticket did not arrive, and never will
	Files     []bot.Attachment // that came with it, kept already
	Left      []LeftFile       // those that are not taken
}

// maxMerges bounds how far a mail follows tickets that were merged.
const maxMerges = 10

// MailCame takes an e-mail into the conversation of its ticket: as the visitor's
// words, once, however often it comes. A ticket that is solved opens again when the
// mail is in time; otherwise a new ticket is made and linked to it. What a machine
// wrote becomes a note for colleagues; when it says that our words did not arrive, it is
// the team's turn again. Error: NotFound.
func (d *Desk) MailCame(ctx context.Context, ws bot.WorkspaceID, in MailIn) (bot.Written, error) {
	t, err := d.goesOn(ctx, ws, in.Ticket)
	if err != nil {
		return bot.Written{}, err
	}
	c, err := d.timeline.Conversation(ctx, ws, t.Conversation)
	if err != nil {
		return bot.Written{}, err
	}
	by := bot.Author{Kind: bot.AuthorVisitor, ID: string(c.Visitor)}
	if in.Automatic {
		by = bot.Author{Kind: bot.AuthorSystem}
	}
	ask := Ask{Workspace: ws, Conversation: c.ID, Key: once(by, "mail in "+in.Message)}
	return d.onTickets(ctx, ask, func(s *step) error {
		mail := Mail{
			Workspace: ws, ID: id.New(), Ticket: t.ID, Address: in.From, Message: in.Message,
			State: MailCame, CreatedAt: s.now, DoneAt: s.now,
		}
		if in.Automatic {
			s.note(by, words(t.Language, "An automatic e-mail came from "+in.From+":\n", in.From+" 的自动邮件：\n")+in.Text)
			s.left(t, in)
			s.mails = append(s.mails, mail)
			if in.Bounced {
				s.undelivered(t.ID)
			}
			return nil
		}
		text := in.Text
		if strings.TrimSpace(text) == "" && len(in.Files) == 0 {
			text = words(t.Language, "(an e-mail without words)", "（没有文字的邮件）")
		}
		s.events = append(s.events, bot.NewEvent{
			Kind: bot.EventMessage, Author: by, Visible: true, At: s.now, Body: bot.Body{Text: text, Language: t.Language, Via: "mail", Attachments: in.Files},
		})
		s.aside(t, in)
		mail.Ticket = s.mailed(t.ID).ID
		s.mails = append(s.mails, mail)
		return nil
	})
}

// aside tells colleagues what the visitor's words do not show.
func (s *step) aside(t Ticket, in MailIn) {
	system := bot.Author{Kind: bot.AuthorSystem}
	if t.Email != "" && !strings.EqualFold(in.From, t.Email) {
		s.note(system, words(t.Language, "This e-mail came from "+in.From+", not from "+t.Email+".", "这封邮件来自 "+in.From+"，而不是 "+t.Email+"。"))
	}
	s.left(t, in)
}

// left names the attachments that were not taken.
func (s *step) left(t Ticket, in MailIn) {
	if len(in.Left) > 0 {
		var all []string
		for _, f := range in.Left {
			all = append(all, f.say(t.Language))
		}
		names := strings.Join(all, "\n")
		s.note(bot.Author{Kind: bot.AuthorSystem}, words(t.Language, "These attachments are in the mailbox only:\n"+names, "以下附件只在邮箱中：\n"+names))
	}
}

// mailed gives words that came for a ticket to the conversation's ticket that
// somebody works on, and returns that one.
func (s *step) mailed(ticket TicketID) Ticket {
	system := bot.Author{Kind: bot.AuthorSystem}
	t := s.current()
	switch {
	case t == nil, t.Status == TicketSolved && !t.reopens(s.now, s.terms(*t)):
		last, _ := s.ticket(ticket)
		made := s.newTicket(TicketByMail, last.Subject, Contact{Email: last.Email, Phone: last.Phone}, s.now)
		made.Assignee, made.Queue = s.stillHere(last.Assignee), s.there(last.Queue)
		s.put(made, "opened", system)
		return made
	case t.Status == TicketSolved:
		t.heard(s.now, s.terms(*t))
		s.put(*t, "reopened", system)
	default:
		t.heard(s.now, s.terms(*t))
		s.put(*t, "changed", system)
	}
	return *t
}

// stillHere is the agent, or nobody when they retired.
func (s *step) stillHere(agent bot.AgentID) (a bot.AgentID) {
	s.view.see(func(b *board) {
		if i, ok := b.index(agent); ok && !b.agents[i].Retired() {
			a = agent
		}
	})
	return a
}

// MailFor returns the conversation that a mail for the ticket goes into, so that its
// files can be kept as the visitor's; known reports that the mail was taken before,
// as far as the ticket's mails tell. Error: NotFound.
func (d *Desk) MailFor(ctx context.Context, ws bot.WorkspaceID, ticket TicketID, message string) (c bot.Conversation, known bool, err error) {
	t, err := d.goesOn(ctx, ws, ticket)
	if err != nil {
		return bot.Conversation{}, false, err
	}
	f, err := d.Ticket(ctx, ws, t.ID)
	if err != nil {
		return bot.Conversation{}, false, err
	}
	known = slices.ContainsFunc(f.Mails, func(m Mail) bool { return !m.Out && m.Message == message })
	c, err = d.timeline.Conversation(ctx, ws, t.Conversation)
	return c, known, err
}

// goesOn returns the ticket that goes on with one: itself, unless it was merged. Of
// tickets that two people merged into each other at the same moment any will do: all
// of them are closed, and new words open a new one.
func (d *Desk) goesOn(ctx context.Context, ws bot.WorkspaceID, ticket TicketID) (Ticket, error) {
	var t Ticket
	for range maxMerges {
		file, err := d.Ticket(ctx, ws, ticket)
		if err != nil || file.Ticket.MergedInto == "" {
			return file.Ticket, err
		}
		t, ticket = file.Ticket, file.Ticket.MergedInto
	}
	return t, nil
}

// MailSent notes that the mail server took a mail. Error: NotFound.
func (d *Desk) MailSent(ctx context.Context, m Mail) error {
	if d.tickets == nil {
		return errNoTickets()
	}
	return d.tickets.MailDone(ctx, m.Workspace, m.ID, MailSent, "", d.now())
}

// MailLost notes that a mail could not be delivered: colleagues read why, and it is
// their turn again. Error: NotFound.
func (d *Desk) MailLost(ctx context.Context, m Mail, why string) error {
	file, err := d.Ticket(ctx, m.Workspace, m.Ticket)
	if err != nil {
		return err
	}
	system := bot.Author{Kind: bot.AuthorSystem}
	ask := Ask{Workspace: m.Workspace, Conversation: file.Ticket.Conversation, Key: once(system, "mail lost "+m.ID)}
	_, err = d.onTickets(ctx, ask, func(s *step) error {
		s.note(system, words(file.Ticket.Language, "An e-mail to "+m.Address+" could not be delivered: "+why, "发给 "+m.Address+" 的邮件无法送达："+why))
		s.undelivered(m.Ticket)
		return nil
	})
	if err != nil {
		return err
	}
	return d.tickets.MailDone(ctx, m.Workspace, m.ID, MailFailed, why, d.now())
}

// undelivered gives a ticket back to the team that waits for an answer to what nobody read.
func (s *step) undelivered(ticket TicketID) {
	if t, ok := s.ticket(ticket); ok && t.Status == TicketPending {
		t.turn(TicketOpen, s.now, s.terms(t))
		s.put(t, "mail_failed", bot.Author{Kind: bot.AuthorSystem})
	}
}

// Outgoing returns a mail with its ticket's file. Error: NotFound.
func (d *Desk) Outgoing(ctx context.Context, ws bot.WorkspaceID, mail string) (Mail, TicketFile, error) {
	if d.tickets == nil {
		return Mail{}, TicketFile{}, errNoTickets()
	}
	m, err := d.tickets.Mail(ctx, ws, mail)
	if err != nil {
		return Mail{}, TicketFile{}, err
	}
	file, err := d.Ticket(ctx, ws, m.Ticket)
	return m, file, err
}

// once is a key that the same words always have, in the shape of a UUID.
func once(by bot.Author, words string) bot.Key {
	sum := sha256.Sum256([]byte(words))
	h := hex.EncodeToString(sum[:16])
	return bot.Key{
		Sender: by, ClientMsgID: h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:],
		Digest: hex.EncodeToString(sum[:]),
	}
}
