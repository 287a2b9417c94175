package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// putTrace stores the trace of a turn; a second one for the same event replaces
// the first and keeps its thumbs.
func putTrace(ctx context.Context, tx *sql.Tx, row bot.Conversation, t bot.Trace, first bot.Event, now time.Time) error {
	t.Event = t.Traced(first)
	t.Workspace, t.Conversation = row.Workspace, row.ID
	if t.At.IsZero() {
		t.At = now
	}
	t.At = cell.Time(cell.Micros(t.At))
	body, err := cell.Encode(t)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO traces (workspace, conversation, event, decision, at, trace) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (workspace, conversation, event) DO UPDATE
		SET decision = excluded.decision, at = excluded.at, trace = excluded.trace`,
		t.Workspace, t.Conversation, t.Event, t.Decision, cell.Micros(t.At), body)
	return err
}

// markTrace notes the thumbs of a feedback event on the turn it is about. Only
// turns of the bot have a trace; others have nothing to note.
func markTrace(ctx context.Context, tx *sql.Tx, ws bot.WorkspaceID, e bot.Event) error {
	_, err := tx.ExecContext(ctx, `
		UPDATE traces SET helpful = ?, why = ? WHERE workspace = ? AND conversation = ? AND event = ?`,
		e.Body.Helpful, e.Body.Why, ws, e.Conversation, e.Body.Of)
	return err
}

// scanTrace reads trace, helpful, why.
func scanTrace(scan func(...any) error) (bot.Trace, error) {
	var (
		t       bot.Trace
		body    string
		helpful sql.NullBool
		why     string
	)
	if err := scan(&body, &helpful, &why); err != nil {
		return bot.Trace{}, err
	}
	if err := cell.Decode(body, &t); err != nil {
		return bot.Trace{}, err
	}
	t.Helpful, t.Why = nil, why
	if helpful.Valid {
		t.Helpful = &helpful.Bool
	}
	return t, nil
}

// Trace returns the trace of the turn that made the event.
func (s *Conversations) Trace(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, event bot.EventID) (bot.Trace, error) {
	t, err := scanTrace(s.db.read.QueryRowContext(ctx, `
		SELECT trace, helpful, why FROM traces WHERE workspace = ? AND conversation = ? AND event = ?`, ws, conv, event).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return bot.Trace{}, fault.Wrap(fault.NotFound, err, "There is no trace of this message.")
	}
	return t, translate(err)
}

// Turns lists traces, newest first, ties by event, highest first.
func (s *Conversations) Turns(ctx context.Context, q bot.TurnQuery) ([]bot.Trace, error) {
	if q.Limit < 1 || q.Limit > 500 {
		return nil, fault.New(fault.Invalid, "A list has 1 to 500 rows, not %d.", q.Limit).WithField("limit", "1 to 500")
	}
	where := []string{`workspace = ?`, `at >= ?`, `at < ?`}
	before := q.Before
	if before.IsZero() {
		before = s.db.now().Add(time.Microsecond)
	}
	args := []any{q.Workspace, cell.Micros(q.Since), cell.Micros(before)}
	if len(q.Decisions) > 0 {
		b, err := json.Marshal(q.Decisions)
		if err != nil {
			return nil, fault.Wrap(fault.Internal, err, "Something went wrong on our side.")
		}
		where = append(where, `decision IN (SELECT value FROM json_each(?))`)
		args = append(args, string(b))
	}
	if q.Unhelpful {
		where = append(where, `helpful = 0`)
	}
	args = append(args, q.Limit)
	rows, err := s.db.read.QueryContext(ctx, `
		SELECT trace, helpful, why FROM traces WHERE `+strings.Join(where, ` AND `)+`
		ORDER BY at DESC, event DESC LIMIT ?`, args...)
	if err != nil {
		return nil, translate(err)
	}
	return collect(rows, scanTrace)
}
