package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

var _ handoff.TicketStore = (*Handoff)(nil)

const (
	ticketColumns = `workspace, id, number, conversation, version, status, assignee, queue, priority, subject, email, origin,
		merged_into, due_at, due_for, solved_at, first_late, next_late, resolve_late, reopened, more, created_at, updated_at`

	mailColumns = `workspace, id, ticket, outgoing, address, message, body, author, state, failure, files, created_at, done_at`
)

// ticketMore is what no list of tickets asks for.
type ticketMore struct {
	Language            string
	Phone               string
	Wished, Owed        int64
	First, Running      int64
	FirstTook, NextTook time.Duration
	Worked              time.Duration
}

func scanTicket(row pgx.CollectableRow) (handoff.Ticket, error) {
	var (
		t                             handoff.Ticket
		due, solved, created, updated int64
		more                          string
		m                             ticketMore
	)
	if err := row.Scan(&t.Workspace, &t.ID, &t.Number, &t.Conversation, &t.Version, &t.Status, &t.Assignee, &t.Queue, &t.Priority,
		&t.Subject, &t.Email, &t.Origin, &t.MergedInto, &due, &t.DueFor, &solved,
		&t.Clock.FirstLate, &t.Clock.NextLate, &t.Clock.ResolveLate, &t.Clock.Reopened, &more, &created, &updated); err != nil {
		return t, err
	}
	if err := cell.Decode(more, &m); err != nil {
		return t, err
	}
	t.Language, t.Phone = m.Language, m.Phone
	t.Due, t.CreatedAt, t.UpdatedAt = cell.Time(due), cell.Time(created), cell.Time(updated)
	c := &t.Clock
	c.Solved, c.Wished, c.Owed, c.First, c.Running = cell.Time(solved), cell.Time(m.Wished), cell.Time(m.Owed), cell.Time(m.First), cell.Time(m.Running)
	c.FirstTook, c.NextTook, c.Worked = m.FirstTook, m.NextTook, m.Worked
	return t, nil
}

func moreOf(t handoff.Ticket) (string, error) {
	c := t.Clock
	return cell.Encode(ticketMore{
		Language: t.Language, Phone: t.Phone, Wished: cell.Micros(c.Wished), Owed: cell.Micros(c.Owed), First: cell.Micros(c.First),
		Running: cell.Micros(c.Running), FirstTook: c.FirstTook, NextTook: c.NextTook, Worked: c.Worked,
	})
}

func scanMail(row pgx.CollectableRow) (handoff.Mail, error) {
	var m handoff.Mail
	var files string
	var created, done int64
	err := row.Scan(&m.Workspace, &m.ID, &m.Ticket, &m.Out, &m.Address, &m.Message, &m.Text, &m.Author, &m.State, &m.Failure, &files, &created, &done)
	if err != nil {
		return m, err
	}
	m.CreatedAt, m.DoneAt = cell.Time(created), cell.Time(done)
	return m, cell.Decode(files, &m.Files)
}

func ticketsOf(q queue, out *[]handoff.Ticket, ws bot.WorkspaceID, conv bot.ConversationID) {
	all(q, out, scanTicket, `
		SELECT `+ticketColumns+` FROM tickets WHERE workspace = $1 AND conversation = $2 ORDER BY number`, ws, conv)
}

// number gives new tickets their numbers. The workspace's counter stays locked until
// the commit, so that none is left out; it is the last lock that a move takes.
func number(ctx context.Context, t *tx, ws bot.WorkspaceID, o *handoff.Outcome) error {
	for i, ticket := range o.Tickets {
		if ticket.Number != 0 {
			continue
		}
		var (
			n     int64
			found bool
		)
		value(t, &found, []any{&n}, `
			INSERT INTO ticket_numbers (workspace, last) VALUES ($1, 1)
			ON CONFLICT (workspace) DO UPDATE SET last = ticket_numbers.last + 1 RETURNING last`, ws)
		if err := t.flush(ctx); err != nil {
			return err
		}
		o.Numbered(i, n)
	}
	return nil
}

// putTickets stores what a move did to tickets. Those that end go first, so that a
// new one is the only one of its conversation that is not closed.
func (db *DB) putTickets(t *tx, ws bot.WorkspaceID, o handoff.Outcome) error {
	for _, closed := range []bool{true, false} {
		for _, ticket := range o.Tickets {
			if (ticket.Status == handoff.TicketClosed) != closed {
				continue
			}
			if err := putTicket(t, ticket); err != nil {
				return err
			}
		}
	}
	for _, l := range o.Links {
		t.exec(`INSERT INTO ticket_links (workspace, ticket, other) VALUES ($1, $2, $3), ($1, $3, $2) ON CONFLICT DO NOTHING`, ws, l.A, l.B)
	}
	for _, m := range o.Mails {
		files := ""
		if len(m.Files) > 0 {
			var err error
			if files, err = cell.Encode(m.Files); err != nil {
				return err
			}
		}
		t.exec(`INSERT INTO mails (`+mailColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			m.Workspace, m.ID, m.Ticket, m.Out, m.Address, m.Message, m.Text, m.Author, m.State, m.Failure, files,
			cell.Micros(m.CreatedAt), cell.Micros(m.DoneAt))
		if m.State == handoff.MailDue {
			db.enqueue(t, handoff.JobMail, m.Workspace, m.ID)
		}
	}
	return nil
}

func putTicket(t *tx, ticket handoff.Ticket) error {
	more, err := moreOf(ticket)
	if err != nil {
		return err
	}
	c := ticket.Clock
	t.exec(`
		INSERT INTO tickets (`+ticketColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
		ON CONFLICT (workspace, id) DO UPDATE SET version = excluded.version, status = excluded.status, assignee = excluded.assignee,
			queue = excluded.queue, priority = excluded.priority, subject = excluded.subject, email = excluded.email,
			merged_into = excluded.merged_into, due_at = excluded.due_at, due_for = excluded.due_for, solved_at = excluded.solved_at,
			first_late = excluded.first_late, next_late = excluded.next_late, resolve_late = excluded.resolve_late,
			reopened = excluded.reopened, more = excluded.more, updated_at = excluded.updated_at`,
		ticket.Workspace, ticket.ID, ticket.Number, ticket.Conversation, ticket.Version+1, ticket.Status, ticket.Assignee, ticket.Queue,
		ticket.Priority, ticket.Subject, ticket.Email, ticket.Origin, ticket.MergedInto, cell.Micros(ticket.Due), ticket.DueFor,
		cell.Micros(c.Solved), c.FirstLate, c.NextLate, c.ResolveLate, c.Reopened, more, cell.Micros(ticket.CreatedAt), cell.Micros(ticket.UpdatedAt))
	return nil
}

// Tickets lists tickets.
func (s *Handoff) Tickets(ctx context.Context, q handoff.TicketQuery) ([]handoff.Ticket, error) {
	if q.Limit < 1 || q.Limit > 200 {
		return nil, fault.New(fault.Invalid, "A list has 1 to 200 rows, not %d.", q.Limit).WithField("limit", "1 to 200")
	}
	var f filter
	f.and(`workspace = ?`, q.Workspace)
	if len(q.Statuses) > 0 {
		f.and(`status = ANY(?)`, q.Statuses)
	}
	if q.Assignee != "" {
		f.and(`assignee = ?`, q.Assignee)
	}
	if q.Unassigned {
		f.and(`assignee = ''`)
	}
	if q.Conversation != "" {
		f.and(`conversation = ?`, q.Conversation)
	}
	if q.Heard {
		f.and(`status = 'pending' AND EXISTS (SELECT 1 FROM events e WHERE e.workspace = tickets.workspace AND e.conversation = tickets.conversation
			AND e.kind = 'message' AND e.author_kind = 'visitor' AND e.at > tickets.updated_at)`)
	}
	if !q.Late.IsZero() {
		f.and(`due_at > 0 AND due_at <= ?`, cell.Micros(q.Late))
	}
	if q.Text != "" {
		like := substring(q.Text)
		f.and(`(subject ILIKE ? OR email ILIKE ? OR number::text = ?)`, like, like, strings.TrimPrefix(q.Text, "#"))
	}
	order := `number DESC`
	switch a := q.After; {
	case q.Sort == handoff.SortDue:
		// Those without a service level come last.
		order = `due_at = 0, due_at, number`
		if a != nil {
			f.and(`(due_at = 0, due_at, number) > (?, ?, ?)`, a.Due.IsZero(), cell.Micros(a.Due), a.Number)
		}
	case a != nil:
		f.and(`number < ?`, a.Number)
	}
	limit := f.limit(q.Limit)
	var out []handoff.Ticket
	err := s.db.read(ctx, q.Workspace, func(r queue) {
		all(r, &out, scanTicket, `SELECT `+ticketColumns+` FROM tickets WHERE `+f.String()+` ORDER BY `+order+` LIMIT `+limit, f.args...)
	})
	return out, err
}

// Ticket returns one ticket with what belongs to it.
func (s *Handoff) Ticket(ctx context.Context, ws bot.WorkspaceID, ticket handoff.TicketID) (handoff.TicketFile, error) {
	var (
		f     handoff.TicketFile
		found bool
	)
	err := s.db.snapshot(ctx, ws, func(q queue) {
		one(q, &f.Ticket, &found, scanTicket, `SELECT `+ticketColumns+` FROM tickets WHERE workspace = $1 AND id = $2`, ws, ticket)
		all(q, &f.Linked, scanTicket, `
			SELECT `+ticketColumns+` FROM tickets
			WHERE workspace = $1 AND (id IN (SELECT other FROM ticket_links WHERE workspace = $1 AND ticket = $2)
				OR id IN (SELECT merged_into FROM tickets WHERE workspace = $1 AND id = $2 AND merged_into <> '')
				OR merged_into = $2 AND merged_into <> '')
			ORDER BY number`, ws, ticket)
		all(q, &f.Mails, scanMail, `SELECT `+mailColumns+` FROM mails WHERE workspace = $1 AND ticket = $2 ORDER BY id`, ws, ticket)
	})
	if err == nil && !found {
		err = fault.New(fault.NotFound, "There is no such ticket.")
	}
	return f, err
}

// MailDone notes what became of a mail that was due.
func (s *Handoff) MailDone(ctx context.Context, ws bot.WorkspaceID, mail string, state handoff.MailState, failure string, now time.Time) error {
	return s.db.write(ctx, ws, func(ctx context.Context, t *tx) error {
		var n int64
		t.count(&n, `
			UPDATE mails SET
				state = CASE state WHEN 'due' THEN $3 ELSE state END, failure = CASE state WHEN 'due' THEN $4 ELSE failure END,
				done_at = CASE state WHEN 'due' THEN $5::bigint ELSE done_at END
			WHERE workspace = $1 AND id = $2`, ws, mail, state, failure, cell.Micros(now))
		if err := t.flush(ctx); err != nil {
			return err
		}
		if n == 0 {
			return errNoMail
		}
		return nil
	})
}

var errNoMail = fault.New(fault.NotFound, "There is no such e-mail.")

// Mail returns one mail.
func (s *Handoff) Mail(ctx context.Context, ws bot.WorkspaceID, mail string) (handoff.Mail, error) {
	var (
		m     handoff.Mail
		found bool
	)
	err := s.db.read(ctx, ws, func(q queue) {
		one(q, &m, &found, scanMail, `SELECT `+mailColumns+` FROM mails WHERE workspace = $1 AND id = $2`, ws, mail)
	})
	if err == nil && !found {
		err = errNoMail
	}
	return m, err
}

// OldestMail says since when the oldest mail that is due waits to be sent.
func (s *Handoff) OldestMail(ctx context.Context) (time.Time, error) {
	var (
		since int64
		found bool
	)
	err := s.db.read(ctx, everywhere, func(q queue) {
		value(q, &found, []any{&since}, `SELECT coalesce(min(created_at), 0) FROM mails WHERE state = 'due'`)
	})
	return cell.Time(since), err
}
