package postgres

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

var _ handoff.ReportStore = (*Handoff)(nil)

// Happenings implements handoff.ReportStore.
func (s *Handoff) Happenings(ctx context.Context, ws bot.WorkspaceID, from, to time.Time, each func(handoff.Happening) error) error {
	return s.walk(ctx, ws, func(scan func(...any) error) error {
		h, err := scanHappening(scan)
		if err != nil {
			return err
		}
		return each(h)
	}, `
		SELECT e.conversation, c.inbox, c.queue, e.at, e.kind, e.body,
			CASE e.kind WHEN 'ticket' THEN (
				SELECT t.assignee || '/' || t.queue FROM tickets t WHERE t.workspace = e.workspace AND t.id = e.body::json -> 'Ticket' ->> 'ID') END,
			CASE WHEN e.kind = 'service' AND substr(e.body, strpos(e.body, '"Change":"') + 10, 5) IN ('accep', 'taken', 'reope') -- accepted, taken, reopened
			THEN (
				SELECT m.at || '/' || m.author_id FROM events m
				WHERE m.workspace = e.workspace AND m.conversation = e.conversation AND m.seq > e.seq AND m.kind = 'message' AND m.author_kind = 'agent'
				ORDER BY m.seq LIMIT 1) END
		FROM events e JOIN conversations c ON c.workspace = e.workspace AND c.id = e.conversation
		WHERE e.workspace = $1 AND e.kind IN ('service', 'rating', 'ticket') AND e.at >= $2 AND e.at < $3
		ORDER BY e.at, e.n`, ws, cell.Micros(from), cell.Micros(to))
}

func scanHappening(scan func(...any) error) (h handoff.Happening, err error) {
	var at int64
	var body string
	var ticket, reply *string
	if err := scan(&h.Conversation, &h.Inbox, &h.Queue, &at, &h.Kind, &body, &ticket, &reply); err != nil {
		return h, err
	}
	h.At = cell.Time(at)
	if err := cell.Pick(body, &h.Noted); err != nil {
		return h, err
	}
	if ticket != nil {
		assignee, queue, _ := strings.Cut(*ticket, "/")
		h.Agent, h.Queue = bot.AgentID(assignee), bot.QueueID(queue)
	}
	if reply != nil {
		when, by, _ := strings.Cut(*reply, "/")
		n, err := strconv.ParseInt(when, 10, 64)
		if err != nil {
			return h, fault.Wrap(fault.Internal, err, "A stored row cannot be read.")
		}
		h.Replied, h.ReplyBy = cell.Time(n), bot.AgentID(by)
	}
	return h, nil
}

// Begun implements handoff.ReportStore.
func (s *Handoff) Begun(ctx context.Context, ws bot.WorkspaceID, from, to time.Time, each func(handoff.Begun) error) error {
	return s.walk(ctx, ws, func(scan func(...any) error) error {
		var b handoff.Begun
		var at int64
		if err := scan(&b.Conversation, &b.Inbox, &b.Queue, &at, &b.Answered); err != nil {
			return err
		}
		b.At = cell.Time(at)
		return each(b)
	}, `
		SELECT c.id, c.inbox, c.queue, c.created_at, CASE (
				SELECT t.decision FROM traces t WHERE t.workspace = c.workspace AND t.conversation = c.id ORDER BY t.event DESC LIMIT 1
			) WHEN 'answer' THEN true WHEN 'smalltalk' THEN EXISTS (
				SELECT 1 FROM traces t WHERE t.workspace = c.workspace AND t.conversation = c.id AND t.decision = 'answer'
			) ELSE false END
		FROM conversations c WHERE c.workspace = $1 AND c.created_at >= $2 AND c.created_at < $3`, ws, cell.Micros(from), cell.Micros(to))
}

// Made implements handoff.ReportStore.
func (s *Handoff) Made(ctx context.Context, ws bot.WorkspaceID, from, to time.Time, each func(handoff.Made) error) error {
	return s.walk(ctx, ws, func(scan func(...any) error) error {
		var m handoff.Made
		var at, solved, due, next int64
		if err := scan(&m.Inbox, &m.Queue, &m.Assignee, &at, &solved, &m.First, &next, &due, &m.DueFor, &m.FirstLate, &m.NextLate, &m.ResolveLate, &m.Open); err != nil {
			return err
		}
		m.At, m.Solved, m.Due, m.NextTook = cell.Time(at), cell.Time(solved), cell.Time(due), time.Duration(next)
		return each(m)
	}, `
		SELECT c.inbox, t.queue, t.assignee, t.created_at, t.solved_at, coalesce((t.more::json ->> 'First')::bigint, 0) > 0,
			coalesce((t.more::json ->> 'NextTook')::bigint, 0), t.due_at, t.due_for, t.first_late, t.next_late, t.resolve_late, t.status IN ('open', 'pending')
		FROM tickets t JOIN conversations c ON c.workspace = t.workspace AND c.id = t.conversation
		WHERE t.workspace = $1 AND (t.created_at >= $2 AND t.created_at < $3 OR t.solved_at > 0 AND t.solved_at >= $2 AND t.solved_at < $3 OR t.status IN ('open', 'pending'))
		ORDER BY t.number`, ws, cell.Micros(from), cell.Micros(to))
}

// walk reads rows one by one; the error of each row's taker is returned as it is. A
// report reads so much that the server would compile the query, which takes longer than
// it saves, and sort on disk.
func (s *Handoff) walk(ctx context.Context, ws bot.WorkspaceID, row func(scan func(...any) error) error, query string, args ...any) error {
	given := false
	return s.db.read(ctx, ws, func(q queue) {
		q.queue(`SELECT set_config('jit', 'off', true), set_config('work_mem', '64MB', true)`)
		q.queue(query, args...).Query(func(rows pgx.Rows) error {
			defer rows.Close()
			if given { // the connection broke, and rows would be counted twice
				return fault.New(fault.Unavailable, "The database was away for a moment. Ask for the report again.")
			}
			for rows.Next() {
				given = true
				if err := row(rows.Scan); err != nil {
					return err
				}
			}
			return rows.Err()
		})
	})
}
