package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// A run changes its state only while its conversation is locked, so that a message
// and the claim of the run that shall answer it never miss each other.

const runColumns = `workspace, id, conversation, trigger, from_seq, through_seq, attempt, owner, lease_until, epoch, state, text, placeholder, created_at, updated_at`

// scanRun reads a row of runColumns.
func scanRun(row pgx.CollectableRow) (bot.Run, error) {
	var (
		r                       bot.Run
		lease, created, updated int64
	)
	err := row.Scan(&r.Workspace, &r.ID, &r.Conversation, &r.Trigger, &r.From, &r.Through, &r.Attempt, &r.Owner, &lease, &r.Epoch,
		&r.State, &r.Text, &r.Placeholder, &created, &updated)
	r.LeaseUntil = cell.Time(lease)
	r.CreatedAt, r.UpdatedAt = cell.Time(created), cell.Time(updated)
	return r, err
}

// oweRun queues a run for the event unless one is queued already, and returns
// the one that is.
func oweRun(t *tx, h held, e bot.Event, now time.Time) bot.RunID {
	if h.queued != "" {
		return h.queued
	}
	run := bot.RunID(id.New())
	t.exec(`
		INSERT INTO runs (workspace, id, conversation, trigger, from_seq, state, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, 'queued', $6, $6)`, h.row.Workspace, run, e.Conversation, e.ID, e.Seq, cell.Micros(now))
	return run
}

// moveRun ends or moves the run that made a change, if it may still speak.
func moveRun(ctx context.Context, t *tx, h *held, u bot.RunUpdate, now time.Time) error {
	if u.Epoch != h.row.ControlEpoch {
		return fault.New(fault.Conflict, "Somebody else speaks in this conversation now.")
	}
	r, found, err := getRun(ctx, t, h.row.Workspace, u.ID)
	if err != nil {
		return err
	}
	if !found || r.Conversation != h.row.ID || r.Attempt != u.Attempt || r.State != bot.RunActive && r.State != bot.RunStreaming {
		return fault.New(fault.Conflict, "This answer was taken over or ended by somebody else.")
	}
	if u.State != "" {
		r.State = u.State
	}
	if u.Text != "" {
		r.Text = u.Text
	}
	if u.Placeholder != "" {
		r.Placeholder = u.Placeholder
	}
	if r.State == bot.RunQueued {
		r, err = requeue(ctx, t, r, now)
		if r.State == bot.RunQueued {
			h.queued = r.ID
		}
		return err
	}
	putRun(t, r, now)
	return nil
}

// putRun stores what may change of a run.
func putRun(t *tx, r bot.Run, now time.Time) {
	t.exec(`
		UPDATE runs SET from_seq = $1, through_seq = $2, attempt = $3, owner = $4, lease_until = $5, epoch = $6, state = $7, text = $8,
			placeholder = $9, updated_at = $10
		WHERE workspace = $11 AND id = $12`,
		r.From, r.Through, r.Attempt, r.Owner, cell.Micros(r.LeaseUntil), r.Epoch, r.State, r.Text, r.Placeholder, cell.Micros(now), r.Workspace, r.ID)
}

// requeue gives a claimed run back and returns it as it is then. When a newer one
// waits already, that one answers the messages of both and this one is superseded.
func requeue(ctx context.Context, t *tx, r bot.Run, now time.Time) (bot.Run, error) {
	var (
		other bot.RunID
		from  int64
		found bool
	)
	value(t, &found, []any{&other, &from}, `
		SELECT id, from_seq FROM runs WHERE workspace = $1 AND conversation = $2 AND state = 'queued'`,
		r.Workspace, r.Conversation)
	if err := t.flush(ctx); err != nil {
		return r, err
	}
	if !found {
		r.State, r.Owner, r.LeaseUntil, r.Through = bot.RunQueued, "", time.Time{}, 0
		putRun(t, r, now)
		return r, nil
	}
	r.State = bot.RunSuperseded
	putRun(t, r, now)
	t.exec(`UPDATE runs SET from_seq = $1, updated_at = $2 WHERE workspace = $3 AND id = $4`,
		min(from, r.From), cell.Micros(now), r.Workspace, other)
	return r, nil
}

// cancelRuns cancels every run of the conversation that is not done and returns
// them as they are now.
func cancelRuns(ctx context.Context, t *tx, row bot.Conversation, now time.Time) ([]bot.Run, error) {
	var runs []bot.Run
	all(t, &runs, scanRun, `
		SELECT `+runColumns+` FROM runs
		WHERE workspace = $1 AND conversation = $2 AND state IN ('queued', 'active', 'streaming')
		ORDER BY created_at, id FOR UPDATE`, row.Workspace, row.ID)
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	for i := range runs {
		runs[i].State = bot.RunCancelled
		putRun(t, runs[i], now)
	}
	return runs, nil
}

// owedRun asks for the run that speaks, or the one that waits.
func owedRun(q queue, r *bot.Run, found *bool, ws bot.WorkspaceID, conv bot.ConversationID) {
	one(q, r, found, scanRun, `
		SELECT `+runColumns+` FROM runs
		WHERE workspace = $1 AND conversation = $2 AND state IN ('active', 'streaming')
		UNION ALL
		SELECT `+runColumns+` FROM runs
		WHERE workspace = $1 AND conversation = $2 AND state = 'queued'
		LIMIT 1`, ws, conv)
}

// getRun locks a run: checkpoints and renewals of its lease touch it without the
// conversation's lock.
func getRun(ctx context.Context, t *tx, ws bot.WorkspaceID, run bot.RunID) (r bot.Run, found bool, err error) {
	one(t, &r, &found, scanRun, `SELECT `+runColumns+` FROM runs WHERE workspace = $1 AND id = $2 FOR UPDATE`, ws, run)
	return r, found, t.flush(ctx)
}

// Run returns one run.
func (s *Conversations) Run(ctx context.Context, ws bot.WorkspaceID, run bot.RunID) (bot.Run, error) {
	var (
		r     bot.Run
		found bool
	)
	err := s.db.read(ctx, ws, func(q queue) {
		one(q, &r, &found, scanRun, `SELECT `+runColumns+` FROM runs WHERE workspace = $1 AND id = $2`, ws, run)
	})
	if err == nil && !found {
		err = fault.New(fault.NotFound, "There is no such answer.")
	}
	return r, err
}

// ClaimRun takes the oldest run that waits in a conversation where none speaks,
// or whose owner let its lease end. Conversations that somebody is writing to are
// passed over as long as there are others.
func (s *Conversations) ClaimRun(ctx context.Context, owner string, lease time.Duration, now time.Time) (bot.Run, bool, error) {
	for {
		var (
			run              bot.Run
			candidate, ok    bool
			at, until        = cell.Micros(now), cell.Micros(now.Add(lease))
			ws               bot.WorkspaceID
			id, conversation string
		)
		err := s.db.write(ctx, everywhere, func(ctx context.Context, t *tx) error {
			run, candidate, ok = bot.Run{}, false, false
			for _, how := range []string{`SKIP LOCKED`, ``} {
				value(t, &candidate, []any{&ws, &id, &conversation}, `
					SELECT r.workspace, r.id, r.conversation FROM (
						(SELECT workspace, id, conversation, created_at FROM runs q
						WHERE state = 'queued' AND NOT EXISTS (
							SELECT 1 FROM runs a
							WHERE a.workspace = q.workspace AND a.conversation = q.conversation AND a.state IN ('active', 'streaming'))
						ORDER BY created_at, id LIMIT 64)
						UNION ALL
						(SELECT workspace, id, conversation, created_at FROM runs
						WHERE state IN ('active', 'streaming') AND lease_until <= $1
						ORDER BY created_at, id LIMIT 64)) r
					JOIN conversations c ON c.workspace = r.workspace AND c.id = r.conversation
					ORDER BY r.created_at, r.id LIMIT 1 FOR UPDATE OF c `+how, at)
				if err := t.flush(ctx); err != nil {
					return err
				}
				if candidate {
					break
				}
			}
			if !candidate {
				return nil
			}
			// Behind the lock it is seen whether the run is still to be had.
			one(t, &run, &ok, scanRun, `
				UPDATE runs r SET state = 'active', owner = $4, lease_until = $5, attempt = attempt + 1, updated_at = $6,
					epoch = (SELECT c.control_epoch FROM conversations c WHERE c.workspace = $1 AND c.id = $3),
					through_seq = greatest(from_seq, (
						SELECT e.seq FROM events e
						WHERE e.workspace = $1 AND e.conversation = $3 AND e.kind = 'message' AND e.author_kind = 'visitor'
						ORDER BY e.seq DESC LIMIT 1))
				WHERE workspace = $1 AND id = $2 AND (
					state IN ('active', 'streaming') AND lease_until <= $6
					OR state = 'queued' AND NOT EXISTS (
						SELECT 1 FROM runs a WHERE a.workspace = $1 AND a.conversation = $3 AND a.state IN ('active', 'streaming')))
				RETURNING `+runColumns, ws, id, conversation, owner, until, at)
			return nil
		})
		if err != nil || ok || !candidate {
			return run, ok && err == nil, err
		}
	}
}

// RenewRuns extends the leases that the owner still holds.
func (s *Conversations) RenewRuns(ctx context.Context, owner string, runs []bot.RunID, lease time.Duration, now time.Time) ([]bot.RunID, error) {
	if len(runs) == 0 {
		return nil, nil
	}
	var held []bot.RunID
	err := s.db.write(ctx, everywhere, func(_ context.Context, t *tx) error {
		held = nil
		all(t, &held, pgx.RowTo[bot.RunID], `
			UPDATE runs SET lease_until = $1
			WHERE id = ANY($2) AND owner = $3 AND state IN ('active', 'streaming')
			RETURNING id`, cell.Micros(now.Add(lease)), runs, owner)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return held, nil
}

// Checkpoint keeps the text streamed so far.
func (s *Conversations) Checkpoint(ctx context.Context, ws bot.WorkspaceID, run bot.RunID, attempt int, text string, now time.Time) (bool, error) {
	var n int64
	err := s.db.write(ctx, ws, func(_ context.Context, t *tx) error {
		t.count(&n, `
			UPDATE runs SET text = $1, updated_at = $2
			WHERE workspace = $3 AND id = $4 AND attempt = $5 AND state IN ('active', 'streaming')`,
			text, cell.Micros(now), ws, run, attempt)
		return nil
	})
	return n > 0 && err == nil, err
}

// ReleaseRuns queues again what an owner, or with "" anybody, has claimed, each in
// a transaction of its own. A streamed answer that a newer queued run supersedes
// gets its end in the timeline here, because nobody else will write it.
func (s *Conversations) ReleaseRuns(ctx context.Context, owner string, now time.Time) (int, error) {
	var runs []bot.Run
	if err := s.db.read(ctx, everywhere, func(q queue) {
		all(q, &runs, scanRun, `
			SELECT `+runColumns+` FROM runs WHERE state IN ('active', 'streaming') AND (owner = $1 OR $1 = '') ORDER BY created_at, id`, owner)
	}); err != nil {
		return 0, err
	}
	n := 0
	for _, r := range runs {
		released, err := s.release(ctx, r, now)
		if err != nil {
			return n, err
		}
		if released {
			n++
		}
	}
	return n, nil
}

// release gives one run back unless it has moved on since it was read.
func (s *Conversations) release(ctx context.Context, was bot.Run, now time.Time) (released bool, err error) {
	err = s.db.write(ctx, was.Workspace, func(ctx context.Context, t *tx) error {
		released = false
		var h held
		hold(t, &h, was.Workspace, was.Conversation, bot.Key{})
		r, found, err := getRun(ctx, t, was.Workspace, was.ID)
		if err != nil || !h.found || !found || r.Attempt != was.Attempt || r.State != bot.RunActive && r.State != bot.RunStreaming {
			return err
		}
		released = true
		if r, err = requeue(ctx, t, r, now); err != nil || r.State != bot.RunSuperseded || r.Placeholder == "" {
			return err
		}
		_, err = s.db.store(ctx, t, h, bot.Key{}, bot.Change{Events: []bot.NewEvent{{
			Kind: bot.EventFinished, Author: bot.Author{Kind: bot.AuthorBot}, Visible: true, At: now,
			Body: bot.Body{Text: r.Text, Of: r.Placeholder, Run: r.ID, State: bot.RunSuperseded},
		}}})
		return err
	})
	return released && err == nil, err
}
