package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Ticket is work on a conversation that outlives the chat.
type Ticket struct {
	ID           string       `json:"id"`
	Number       int64        `json:"number" doc:"Dense from 1; for people."`
	Conversation string       `json:"conversation"`
	Version      int64        `json:"version"`
	Status       string       `json:"status" enum:"open,pending,solved,closed"`
	Assignee     *Person      `json:"assignee,omitempty"`
	Queue        string       `json:"queue,omitempty"`
	Priority     int          `json:"priority"`
	Subject      string       `json:"subject"`
	Language     string       `json:"language"`
	Email        string       `json:"email,omitempty"`
	Phone        string       `json:"phone,omitempty"`
	Origin       string       `json:"origin" enum:"nobody,message,rule,hand,mail"`
	MergedInto   string       `json:"merged_into,omitempty"`
	DueAt        *Time        `json:"due_at,omitempty" doc:"The next service level ends then; absent: none runs."`
	DueFor       string       `json:"due_for,omitempty" enum:"first,next,resolve"`
	Clock        TicketClock  `json:"clock"`
	CreatedAt    Time         `json:"created_at"`
	UpdatedAt    Time         `json:"updated_at"`
	Linked       []Ticket     `json:"linked,omitempty" doc:"Only of a single ticket: linked and merged ones."`
	Mails        []TicketMail `json:"mails,omitempty" doc:"Only of a single ticket."`
}

// TicketClock is how a ticket stands with its service levels; seconds are of time
// in which the queue was open.
type TicketClock struct {
	WishedAt    Time  `json:"wished_at"`
	FirstAt     *Time `json:"first_at,omitempty"`
	FirstS      int   `json:"first_s"`
	FirstLate   bool  `json:"first_late"`
	NextS       int   `json:"next_s"`
	NextLate    bool  `json:"next_late"`
	WorkedS     int   `json:"worked_s"`
	ResolveLate bool  `json:"resolve_late"`
	SolvedAt    *Time `json:"solved_at,omitempty"`
	Reopened    int   `json:"reopened"`
}

// TicketMail is an e-mail of a ticket.
type TicketMail struct {
	ID      string `json:"id"`
	Out     bool   `json:"out"`
	Address string `json:"address"`
	State   string `json:"state" enum:"due,sent,failed,came"`
	Failure string `json:"failure,omitempty"`
	At      Time   `json:"at"`
}

func seconds(d time.Duration) int { return int(d / time.Second) }

func (s *Server) ticketOf(t handoff.Ticket) Ticket {
	c := t.Clock
	out := Ticket{
		ID: string(t.ID), Number: t.Number, Conversation: string(t.Conversation), Version: t.Version, Status: string(t.Status),
		Queue: string(t.Queue), Priority: t.Priority, Subject: t.Subject, Language: t.Language, Email: t.Email, Phone: t.Phone,
		Origin: string(t.Origin), MergedInto: string(t.MergedInto), DueAt: timeOf(t.Due), DueFor: string(t.DueFor),
		Clock: TicketClock{
			WishedAt: Time{c.Wished}, FirstAt: timeOf(c.First), FirstS: seconds(c.FirstTook), FirstLate: c.FirstLate,
			NextS: seconds(c.NextTook), NextLate: c.NextLate, WorkedS: seconds(c.Worked), ResolveLate: c.ResolveLate,
			SolvedAt: timeOf(c.Solved), Reopened: c.Reopened,
		},
		CreatedAt: Time{t.CreatedAt}, UpdatedAt: Time{t.UpdatedAt},
	}
	if t.Assignee != "" {
		out.Assignee = &Person{ID: string(t.Assignee), Name: s.names.agent(t.Workspace, t.Assignee)}
	}
	return out
}

func (s *Server) fileOf(f handoff.TicketFile, err error) (*bodyOf[Ticket], error) {
	if err != nil {
		return nil, err
	}
	out := s.ticketOf(f.Ticket)
	for _, l := range f.Linked {
		out.Linked = append(out.Linked, s.ticketOf(l))
	}
	for _, m := range f.Mails {
		out.Mails = append(out.Mails, TicketMail{ID: m.ID, Out: m.Out, Address: m.Address, State: string(m.State), Failure: m.Failure, At: Time{m.CreatedAt}})
	}
	return &bodyOf[Ticket]{out}, nil
}

type ticketsIn struct {
	Paging
	View string `query:"view" enum:"open,mine,unassigned,late,pending,solved,all" default:"open" doc:"open: the team's turn; pending: the visitor's."`
	Sort string `query:"sort" enum:"due,newest" default:"due"`
	Text string `query:"text" maxLength:"200" doc:"Part of the subject or address, or a number such as #12."`

	Conversation string `query:"conversation" maxLength:"64" doc:"Only of this conversation, in any state."`
}

type ticketIn struct {
	Body struct {
		Conversation string `json:"conversation" minLength:"1" maxLength:"64"`
		Subject      string `json:"subject,omitempty" maxLength:"800" doc:"Absent: the visitor's last words."`
		Priority     int    `json:"priority,omitempty" minimum:"-10" maximum:"10"`
		Assignee     string `json:"assignee,omitempty" maxLength:"64"`
		Queue        string `json:"queue,omitempty" maxLength:"64"`
		Email        string `json:"email,omitempty" maxLength:"254"`
	}
}

type ticketPatchIn struct {
	ByID
	Body struct {
		Version  int64   `json:"version,omitempty" doc:"Of the ticket as it was seen: 409 when it moved on. 0: any."`
		Status   *string `json:"status,omitempty" enum:"open,pending,solved,closed"`
		Assignee *string `json:"assignee,omitempty" maxLength:"64" doc:"Empty: nobody."`
		Queue    *string `json:"queue,omitempty" maxLength:"64"`
		Priority *int    `json:"priority,omitempty" minimum:"-10" maximum:"10"`
		Subject  *string `json:"subject,omitempty" maxLength:"800"`
		Email    *string `json:"email,omitempty" maxLength:"254"`
	}
}

type ticketAnswerIn struct {
	ByID
	Body struct {
		ID          string   `json:"id" format:"uuid" doc:"Names this answer: sending it again changes nothing."`
		Text        string   `json:"text,omitempty" maxLength:"32000" doc:"May be empty with attachments."`
		Written     string   `json:"written,omitempty" maxLength:"32000" doc:"The agent's own words, when text is the translation of them. Kept for colleagues."`
		Attachments []string `json:"attachments,omitempty" maxItems:"10" nullable:"false" doc:"IDs of own uploads; they go by e-mail too, 15 MB together."`
		Status      string   `json:"status,omitempty" enum:"open,pending,solved,closed" doc:"Of the ticket afterwards; absent: pending."`
	}
}

type otherTicketIn struct {
	ByID
	Body struct {
		Other string `json:"other" minLength:"1" maxLength:"64"`
	}
}

func (s *Server) ticketRoutes(g *registrar) {
	handle(g, "GET", "/tickets", s.listTickets)
	handle(g, "POST", "/tickets", func(ctx context.Context, in *ticketIn) (*bodyOf[Ticket], error) {
		b := in.Body
		if err := s.mayBeMe(ctx, b.Assignee); err != nil {
			return nil, err
		}
		return s.fileOf(s.Desk.OpenTicket(ctx, s.ws, bot.ConversationID(b.Conversation), callOf(ctx).agent(), handoff.TicketDraft{
			Subject: b.Subject, Priority: b.Priority, Assignee: bot.AgentID(b.Assignee), Queue: bot.QueueID(b.Queue), Email: b.Email,
		}))
	}, status(http.StatusCreated))
	handle(g, "GET", "/tickets/{id}", func(ctx context.Context, in *ByID) (*bodyOf[Ticket], error) {
		return s.fileOf(s.Desk.Ticket(ctx, s.ws, handoff.TicketID(in.ID)))
	})
	handle(g, "PATCH", "/tickets/{id}", func(ctx context.Context, in *ticketPatchIn) (*bodyOf[Ticket], error) {
		b := in.Body
		if b.Assignee != nil {
			if err := s.mayBeMe(ctx, *b.Assignee); err != nil {
				return nil, err
			}
		}
		return s.fileOf(s.Desk.ChangeTicket(ctx, s.ws, handoff.TicketID(in.ID), callOf(ctx).agent(), handoff.TicketPatch{
			Status: (*handoff.TicketStatus)(b.Status), Assignee: (*bot.AgentID)(b.Assignee), Queue: (*bot.QueueID)(b.Queue),
			Priority: b.Priority, Subject: b.Subject, Email: b.Email, Version: b.Version,
		}))
	})
	handle(g, "POST", "/tickets/{id}/answers", func(ctx context.Context, in *ticketAnswerIn) (*bodyOf[Ticket], error) {
		b := in.Body
		if !id.Valid(b.ID) {
			return nil, fault.New(fault.Invalid, "The answer needs an ID of its own.").WithField("body.id", "a UUID that you made for it")
		}
		by := callOf(ctx).agent()
		if _, err := s.deskAgent(ctx, callOf(ctx).console.Account); err != nil {
			return nil, err
		}
		files, err := s.attachments(ctx, "", by.ID, b.Attachments)
		if err != nil {
			return nil, err
		}
		if len(files) > 0 {
			file, err := s.Desk.Ticket(ctx, s.ws, handoff.TicketID(in.ID))
			if err != nil {
				return nil, err
			}
			// Before the words are there to see: whoever reads them fetches the files at once.
			if err := s.Uploads.Used(ctx, s.ws, string(file.Ticket.Conversation), b.Attachments); err != nil {
				return nil, err
			}
		}
		what := strings.Join(append([]string{b.Status, b.Text}, b.Attachments...), "\x00")
		if b.Written == b.Text {
			b.Written = "" // nothing was translated
		} else if b.Written != "" {
			what += "\x00=" + b.Written
		}
		sum := sha256.Sum256([]byte(what))
		f, err := s.Desk.Answer(ctx, s.ws, handoff.TicketID(in.ID), by, bot.Key{Sender: by, ClientMsgID: b.ID, Digest: hex.EncodeToString(sum[:])}, bot.Body{Text: b.Text, Written: b.Written, Attachments: files}, handoff.TicketStatus(b.Status))
		if err == nil && s.Wake != nil {
			s.Wake() // the mail
		}
		return s.fileOf(f, err)
	}, body(128<<10))
	handle(g, "POST", "/tickets/{id}/merge", func(ctx context.Context, in *otherTicketIn) (*bodyOf[Ticket], error) {
		return s.fileOf(s.Desk.Merge(ctx, s.ws, handoff.TicketID(in.ID), handoff.TicketID(in.Body.Other), callOf(ctx).agent()))
	})
	handle(g, "POST", "/tickets/{id}/link", func(ctx context.Context, in *otherTicketIn) (*bodyOf[Ticket], error) {
		return s.fileOf(s.Desk.Link(ctx, s.ws, handoff.TicketID(in.ID), handoff.TicketID(in.Body.Other), callOf(ctx).agent()))
	})
}

// mayBeMe makes a desk agent of the caller, who may assign a ticket to themselves
// before they ever were on duty.
func (s *Server) mayBeMe(ctx context.Context, assignee string) error {
	if me := callOf(ctx).console.Account; assignee == me.ID {
		_, err := s.deskAgent(ctx, me)
		return err
	}
	return nil
}

func (s *Server) listTickets(ctx context.Context, in *ticketsIn) (*bodyOf[list[Ticket]], error) {
	m, err := in.mark()
	if err != nil {
		return nil, err
	}
	q := handoff.TicketQuery{
		Workspace: s.ws, Text: in.Text, Sort: handoff.TicketSort(in.Sort), Conversation: bot.ConversationID(in.Conversation), Limit: min(in.Limit+1, maxPage),
	}
	if in.Cursor != "" {
		n, err := strconv.ParseInt(m.Name, 10, 64)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "The cursor cannot be read.").WithField("query.cursor", "use the next of the page before")
		}
		q.After = &handoff.Ticket{Number: n, Due: m.time()}
	}
	unfinished := []handoff.TicketStatus{handoff.TicketOpen, handoff.TicketPending}
	switch {
	case in.Conversation != "":
	case in.View == "open":
		q.Statuses = unfinished[:1]
	case in.View == "pending":
		q.Statuses = unfinished[1:]
	case in.View == "mine":
		q.Statuses, q.Assignee = unfinished, callOf(ctx).agentID()
	case in.View == "unassigned":
		q.Statuses, q.Unassigned = unfinished, true
	case in.View == "late":
		q.Statuses, q.Late = unfinished, s.Now()
	case in.View == "solved":
		q.Statuses = []handoff.TicketStatus{handoff.TicketSolved, handoff.TicketClosed}
	}
	rows, err := s.Desk.Tickets(ctx, q)
	if err != nil {
		return nil, err
	}
	page := pageOf(rows, q.Limit-1, func(t handoff.Ticket) mark {
		at := int64(0)
		if !t.Due.IsZero() {
			at = t.Due.UnixMicro()
		}
		return mark{At: at, Name: strconv.FormatInt(t.Number, 10)}
	}, s.ticketOf)
	return &bodyOf[list[Ticket]]{page}, nil
}
