package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"

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

func scanTicket(scan func(...any) error) (handoff.Ticket, error) {
	var (
		t                             handoff.Ticket
		due, solved, created, updated int64
		more                          string
		m                             ticketMore
	)
	if err := scan(&t.Workspace, &t.ID, &t.Number, &t.Conversation, &t.Version, &t.Status, &t.Assignee, &t.Queue, &t.Priority,
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

func scanMail(scan func(...any) error) (handoff.Mail, error) {
	var m handoff.Mail
	var files string
	var created, done int64
	err := scan(&m.Workspace, &m.ID, &m.Ticket, &m.Out, &m.Address, &m.Message, &m.Text, &m.Author, &m.State, &m.Failure, &files, &created, &done)
	if err != nil {
		return m, err
	}
	m.CreatedAt, m.DoneAt = cell.Time(created), cell.Time(done)
	return m, cell.Decode(files, &m.Files)
}

func ticketsOf(ctx context.Context, q querier, ws bot.WorkspaceID, conv bot.ConversationID) ([]handoff.Ticket, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT `+ticketColumns+` FROM tickets WHERE workspace = ? AND conversation = ? ORDER BY number`, ws, conv)
	if err != nil {
		return nil, translate(err)
	}
	return collect(rows, scanTicket)
}

// number gives new tickets their numbers.
func number(ctx context.Context, tx *sql.Tx, ws bot.WorkspaceID, o *handoff.Outcome) error {
	for i, t := range o.Tickets {
		if t.Number != 0 {
			continue
		}
		var n int64
		if err := tx.QueryRowContext(ctx, `
			INSERT INTO ticket_numbers (workspace, last) VALUES (?, 1)
			ON CONFLICT (workspace) DO UPDATE SET last = last + 1 RETURNING last`, ws).Scan(&n); err != nil {
			return err
		}
		o.Numbered(i, n)
	}
	return nil
}

// putTickets stores what a move did to tickets. Those that end go first, so that a
// new one is the only one of its conversation that is not closed.
func (db *DB) putTickets(ctx context.Context, tx *sql.Tx, ws bot.WorkspaceID, o handoff.Outcome) error {
	for _, closed := range []bool{true, false} {
		for _, t := range o.Tickets {
			if (t.Status == handoff.TicketClosed) != closed {
				continue
			}
			if err := putTicket(ctx, tx, t); err != nil {
				return err
			}
		}
	}
	for _, l := range o.Links {
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO ticket_links (workspace, ticket, other) VALUES (?1, ?2, ?3), (?1, ?3, ?2) ON CONFLICT DO NOTHING`, ws, l.A, l.B); err != nil {
			return err
		}
	}
	for _, m := range o.Mails {
		files := ""
		if len(m.Files) > 0 {
			var err error
			if files, err = cell.Encode(m.Files); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO mails (`+mailColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			m.Workspace, m.ID, m.Ticket, m.Out, m.Address, m.Message, m.Text, m.Author, m.State, m.Failure, files,
			cell.Micros(m.CreatedAt), cell.Micros(m.DoneAt)); err != nil {
			return err
		}
		if m.State == handoff.MailDue {
			if err := db.enqueue(ctx, tx, handoff.JobMail, string(m.Workspace), m.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func putTicket(ctx context.Context, tx *sql.Tx, t handoff.Ticket) error {
	more, err := moreOf(t)
	if err != nil {
		return err
	}
	c := t.Clock
	_, err = tx.ExecContext(ctx, `
		INSERT INTO tickets (`+ticketColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (workspace, id) DO UPDATE SET version = excluded.version, status = excluded.status, assignee = excluded.assignee,
			queue = excluded.queue, priority = excluded.priority, subject = excluded.subject, email = excluded.email,
			merged_into = excluded.merged_into, due_at = excluded.due_at, due_for = excluded.due_for, solved_at = excluded.solved_at,
			first_late = excluded.first_late, next_late = excluded.next_late, resolve_late = excluded.resolve_late,
			reopened = excluded.reopened, more = excluded.more, updated_at = excluded.updated_at`,
		t.Workspace, t.ID, t.Number, t.Conversation, t.Version+1, t.Status, t.Assignee, t.Queue, t.Priority, t.Subject, t.Email, t.Origin,
		t.MergedInto, cell.Micros(t.Due), t.DueFor, cell.Micros(c.Solved), c.FirstLate, c.NextLate, c.ResolveLate, c.Reopened,
		more, cell.Micros(t.CreatedAt), cell.Micros(t.UpdatedAt))
	return err
}

// Tickets lists tickets.
func (s *Handoff) Tickets(ctx context.Context, q handoff.TicketQuery) ([]handoff.Ticket, error) {
	if q.Limit < 1 || q.Limit > 200 {
		return nil, fault.New(fault.Invalid, "A list has 1 to 200 rows, not %d.", q.Limit).WithField("limit", "1 to 200")
	}
	where, args := []string{`workspace = ?`}, []any{q.Workspace}
	and := func(cond string, arg ...any) {
		where = append(where, cond)
		args = append(args, arg...)
	}
	if len(q.Statuses) > 0 {
		b, err := json.Marshal(q.Statuses)
		if err != nil {
			return nil, fault.Wrap(fault.Internal, err, "Something went wrong on our side.")
		}
		and(`status IN (SELECT value FROM json_each(?))`, string(b))
	}
	if q.Assignee != "" {
		and(`assignee = ?`, q.Assignee)
	}
	if q.Unassigned {
		and(`assignee = ''`)
	}
	if q.Conversation != "" {
		and(`conversation = ?`, q.Conversation)
	}
	if q.Heard {
		and(`status = 'pending' AND EXISTS (SELECT 1 FROM events e WHERE e.workspace = tickets.workspace AND e.conversation = tickets.conversation
			AND e.kind = 'message' AND e.author_kind = 'visitor' AND e.at > tickets.updated_at)`)
	}
	if !q.Late.IsZero() {
		and(`due_at > 0 AND due_at <= ?`, cell.Micros(q.Late))
	}
	if q.Text != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(q.Text) + "%"
		and(`(subject LIKE ? ESCAPE '\' OR email LIKE ? ESCAPE '\' OR CAST(number AS TEXT) = ?)`, like, like, strings.TrimPrefix(q.Text, "#"))
	}
	order := `number DESC`
	switch a := q.After; {
	case q.Sort == handoff.SortDue:
		// Those without a service level come last.
		order = `CASE due_at WHEN 0 THEN 1 ELSE 0 END, due_at, number`
		if a != nil {
			none := 0
			if a.Due.IsZero() {
				none = 1
			}
			and(`(CASE due_at WHEN 0 THEN 1 ELSE 0 END, due_at, number) > (?, ?, ?)`, none, cell.Micros(a.Due), a.Number)
		}
	case a != nil:
		and(`number < ?`, a.Number)
	}
	rows, err := s.db.read.QueryContext(ctx, `
		SELECT `+ticketColumns+` FROM tickets WHERE `+strings.Join(where, ` AND `)+` ORDER BY `+order+` LIMIT ?`, append(args, q.Limit)...)
	if err != nil {
		return nil, translate(err)
	}
	return collect(rows, scanTicket)
}

// Ticket returns one ticket with what belongs to it.
func (s *Handoff) Ticket(ctx context.Context, ws bot.WorkspaceID, ticket handoff.TicketID) (handoff.TicketFile, error) {
	var f handoff.TicketFile
	tx, err := s.db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return f, translate(err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	f.Ticket, err = scanTicket(tx.QueryRowContext(ctx, `SELECT `+ticketColumns+` FROM tickets WHERE workspace = ? AND id = ?`, ws, ticket).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return f, fault.Wrap(fault.NotFound, err, "There is no such ticket.")
	}
	if err != nil {
		return f, translate(err)
	}
	rows, err := tx.QueryContext(ctx, `
		SELECT `+ticketColumns+` FROM tickets
		WHERE workspace = ?1 AND (id IN (SELECT other FROM ticket_links WHERE workspace = ?1 AND ticket = ?2) OR id = ?3)
		UNION
		SELECT `+ticketColumns+` FROM tickets WHERE workspace = ?1 AND merged_into = ?2 AND merged_into <> ''
		ORDER BY number`, ws, ticket, f.Ticket.MergedInto)
	if err != nil {
		return f, translate(err)
	}
	if f.Linked, err = collect(rows, scanTicket); err != nil {
		return f, err
	}
	rows, err = tx.QueryContext(ctx, `SELECT `+mailColumns+` FROM mails WHERE workspace = ? AND ticket = ? ORDER BY id`, ws, ticket)
	if err != nil {
		return f, translate(err)
	}
	f.Mails, err = collect(rows, scanMail)
	return f, err
}

// MailDone notes what became of a mail that was due.
func (s *Handoff) MailDone(ctx context.Context, ws bot.WorkspaceID, mail string, state handoff.MailState, failure string, now time.Time) error {
	return s.db.write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `
			UPDATE mails SET
				state = CASE state WHEN 'due' THEN ?3 ELSE state END, failure = CASE state WHEN 'due' THEN ?4 ELSE failure END,
				done_at = CASE state WHEN 'due' THEN ?5 ELSE done_at END
			WHERE workspace = ?1 AND id = ?2`, ws, mail, state, failure, cell.Micros(now))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return errNoMail()
	})
}

func errNoMail() error { return fault.New(fault.NotFound, "There is no such e-mail.") }

// Mail returns one mail.
func (s *Handoff) Mail(ctx context.Context, ws bot.WorkspaceID, mail string) (handoff.Mail, error) {
	m, err := scanMail(s.db.read.QueryRowContext(ctx, `SELECT `+mailColumns+` FROM mails WHERE workspace = ? AND id = ?`, ws, mail).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return m, errNoMail()
	}
	return m, translate(err)
}

// OldestMail says since when the oldest mail that is due waits to be sent.
func (s *Handoff) OldestMail(ctx context.Context) (time.Time, error) {
	var since int64
	err := s.db.read.QueryRowContext(ctx, `SELECT coalesce(min(created_at), 0) FROM mails WHERE state = 'due'`).Scan(&since)
	return cell.Time(since), translate(err)
}
