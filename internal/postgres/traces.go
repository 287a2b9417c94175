package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// putTrace stores the trace of a turn; a second one for the same event replaces
// the first and keeps its thumbs.
func putTrace(t *tx, row bot.Conversation, tr bot.Trace, first bot.Event, now time.Time) error {
	tr.Event = tr.Traced(first)
	tr.Workspace, tr.Conversation = row.Workspace, row.ID
	if tr.At.IsZero() {
		tr.At = now
	}
	tr.At = cell.Time(cell.Micros(tr.At))
	body, err := cell.Encode(tr)
	if err != nil {
		return err
	}
	t.exec(`
		INSERT INTO traces (workspace, conversation, event, decision, at, trace) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (workspace, conversation, event) DO UPDATE
		SET decision = excluded.decision, at = excluded.at, trace = excluded.trace`,
		tr.Workspace, tr.Conversation, tr.Event, tr.Decision, cell.Micros(tr.At), body)
	return nil
}

// markTrace notes the thumbs of a feedback event on the turn it is about. Only
// turns of the bot have a trace; others have nothing to note.
func markTrace(t *tx, ws bot.WorkspaceID, e bot.Event) {
	t.exec(`
		UPDATE traces SET helpful = $1, why = $2 WHERE workspace = $3 AND conversation = $4 AND event = $5`,
		e.Body.Helpful, e.Body.Why, ws, e.Conversation, e.Body.Of)
}

// scanTrace reads trace, helpful, why.
func scanTrace(row pgx.CollectableRow) (bot.Trace, error) {
	var (
		t       bot.Trace
		body    string
		helpful *bool
		why     string
	)
	if err := row.Scan(&body, &helpful, &why); err != nil {
		return bot.Trace{}, err
	}
	if err := cell.Decode(body, &t); err != nil {
		return bot.Trace{}, err
	}
	t.Helpful, t.Why = helpful, why
	return t, nil
}

// Trace returns the trace of the turn that made the event.
func (s *Conversations) Trace(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, event bot.EventID) (bot.Trace, error) {
	var (
		t     bot.Trace
		found bool
	)
	err := s.db.read(ctx, ws, func(q queue) {
		one(q, &t, &found, scanTrace, `
			SELECT trace, helpful, why FROM traces WHERE workspace = $1 AND conversation = $2 AND event = $3`, ws, conv, event)
	})
	if err == nil && !found {
		err = fault.New(fault.NotFound, "There is no trace of this message.")
	}
	return t, err
}

// Turns lists traces, newest first, ties by event, highest first.
func (s *Conversations) Turns(ctx context.Context, q bot.TurnQuery) ([]bot.Trace, error) {
	if q.Limit < 1 || q.Limit > 500 {
		return nil, fault.New(fault.Invalid, "A list has 1 to 500 rows, not %d.", q.Limit).WithField("limit", "1 to 500")
	}
	before := q.Before
	if before.IsZero() {
		before = s.db.now().Add(time.Microsecond)
	}
	var f filter
	f.and(`workspace = ? AND at >= ? AND at < ?`, q.Workspace, cell.Micros(q.Since), cell.Micros(before))
	if len(q.Decisions) > 0 {
		f.and(`decision = ANY(?)`, q.Decisions)
	}
	if q.Unhelpful {
		f.and(`NOT helpful`)
	}
	limit := f.limit(q.Limit)
	var out []bot.Trace
	err := s.db.read(ctx, q.Workspace, func(r queue) {
		all(r, &out, scanTrace, `
			SELECT trace, helpful, why FROM traces WHERE `+f.String()+`
			ORDER BY at DESC, event DESC LIMIT `+limit, f.args...)
	})
	return out, err
}
