package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

const runColumns = `workspace, id, conversation, trigger, from_seq, through_seq, attempt, owner, lease_until, epoch, state, text, placeholder, created_at, updated_at`

// scanRun reads a row of runColumns.
func scanRun(scan func(...any) error) (bot.Run, error) {
	var (
		r                       bot.Run
		lease, created, updated int64
	)
	err := scan(&r.Workspace, &r.ID, &r.Conversation, &r.Trigger, &r.From, &r.Through, &r.Attempt, &r.Owner, &lease, &r.Epoch,
		&r.State, &r.Text, &r.Placeholder, &created, &updated)
	if lease > 0 {
		r.LeaseUntil = cell.Time(lease)
	}
	r.CreatedAt, r.UpdatedAt = cell.Time(created), cell.Time(updated)
	return r, err
}

// oweRun queues a run for the event unless one is queued already, and returns
// the one that is.
func oweRun(ctx context.Context, tx *sql.Tx, ws bot.WorkspaceID, e bot.Event, now time.Time) (bot.RunID, error) {
	var run bot.RunID
	err := tx.QueryRowContext(ctx, `
		SELECT id FROM runs WHERE workspace = ? AND conversation = ? AND state = 'queued'`, ws, e.Conversation).Scan(&run)
	if !errors.Is(err, sql.ErrNoRows) {
		return run, err
	}
	run = bot.RunID(id.New())
	_, err = tx.ExecContext(ctx, `
		INSERT INTO runs (workspace, id, conversation, trigger, from_seq, state, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, 'queued', ?, ?)`, ws, run, e.Conversation, e.ID, e.Seq, cell.Micros(now), cell.Micros(now))
	return run, err
}

// moveRun ends or moves the run that made a change, if it may still speak.
func moveRun(ctx context.Context, tx *sql.Tx, row bot.Conversation, u bot.RunUpdate, now time.Time) error {
	if u.Epoch != row.ControlEpoch {
		return fault.New(fault.Conflict, "Somebody else speaks in this conversation now.")
	}
	r, err := getRun(ctx, tx, row.Workspace, u.ID)
	if fault.Is(err, fault.NotFound) || err == nil &&
		(r.Conversation != row.ID || r.Attempt != u.Attempt || r.State != bot.RunActive && r.State != bot.RunStreaming) {
		return fault.New(fault.Conflict, "This answer was taken over or ended by somebody else.")
	}
	if err != nil {
		return err
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
		return requeue(ctx, tx, r, now)
	}
	return putRun(ctx, tx, r, now)
}

// putRun stores what may change of a run.
func putRun(ctx context.Context, tx *sql.Tx, r bot.Run, now time.Time) error {
	var lease int64
	if !r.LeaseUntil.IsZero() {
		lease = cell.Micros(r.LeaseUntil)
	}
	_, err := tx.ExecContext(ctx, `
		UPDATE runs SET from_seq = ?, through_seq = ?, attempt = ?, owner = ?, lease_until = ?, epoch = ?, state = ?, text = ?, placeholder = ?,
			updated_at = ?
		WHERE workspace = ? AND id = ?`,
		r.From, r.Through, r.Attempt, r.Owner, lease, r.Epoch, r.State, r.Text, r.Placeholder, cell.Micros(now), r.Workspace, r.ID)
	return err
}

// requeue gives a claimed run back. When a newer one waits already, that one
// answers the messages of both and this one is superseded.
func requeue(ctx context.Context, tx *sql.Tx, r bot.Run, now time.Time) error {
	var (
		other bot.RunID
		from  int64
	)
	err := tx.QueryRowContext(ctx, `
		SELECT id, from_seq FROM runs WHERE workspace = ? AND conversation = ? AND state = 'queued'`,
		r.Workspace, r.Conversation).Scan(&other, &from)
	if errors.Is(err, sql.ErrNoRows) {
		r.State, r.Owner, r.LeaseUntil, r.Through = bot.RunQueued, "", time.Time{}, 0
		return putRun(ctx, tx, r, now)
	}
	if err != nil {
		return err
	}
	r.State = bot.RunSuperseded
	if err := putRun(ctx, tx, r, now); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE runs SET from_seq = ?, updated_at = ? WHERE workspace = ? AND id = ?`,
		min(from, r.From), cell.Micros(now), r.Workspace, other)
	return err
}

// cancelRuns cancels every run of the conversation that is not done and returns
// them as they are now.
func cancelRuns(ctx context.Context, tx *sql.Tx, row bot.Conversation, now time.Time) ([]bot.Run, error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT `+runColumns+` FROM runs
		WHERE workspace = ? AND conversation = ? AND state IN ('queued', 'active', 'streaming')
		ORDER BY created_at, id`, row.Workspace, row.ID)
	if err != nil {
		return nil, err
	}
	runs, err := collect(rows, scanRun)
	if err != nil {
		return nil, err
	}
	for i := range runs {
		runs[i].State = bot.RunCancelled
		if err := putRun(ctx, tx, runs[i], now); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

// owedRun returns the run that speaks, or the one that waits, or nil.
func owedRun(ctx context.Context, q querier, ws bot.WorkspaceID, conv bot.ConversationID) (*bot.Run, error) {
	r, err := scanRun(q.QueryRowContext(ctx, `
		SELECT `+runColumns+` FROM runs
		WHERE workspace = ? AND conversation = ? AND state IN ('active', 'streaming')
		UNION ALL
		SELECT `+runColumns+` FROM runs
		WHERE workspace = ? AND conversation = ? AND state = 'queued'
		LIMIT 1`, ws, conv, ws, conv).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &r, translate(err)
}

func getRun(ctx context.Context, q querier, ws bot.WorkspaceID, run bot.RunID) (bot.Run, error) {
	r, err := scanRun(q.QueryRowContext(ctx, `SELECT `+runColumns+` FROM runs WHERE workspace = ? AND id = ?`, ws, run).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return bot.Run{}, fault.Wrap(fault.NotFound, err, "There is no such answer.")
	}
	return r, translate(err)
}

// Run returns one run.
func (s *Conversations) Run(ctx context.Context, ws bot.WorkspaceID, run bot.RunID) (bot.Run, error) {
	return getRun(ctx, s.db.read, ws, run)
}

// ClaimRun takes the oldest run that waits in a conversation where none speaks,
// or whose owner let its lease end.
func (s *Conversations) ClaimRun(ctx context.Context, owner string, lease time.Duration, now time.Time) (bot.Run, bool, error) {
	var (
		run bot.Run
		ok  bool
	)
	err := s.db.write(ctx, func(tx *sql.Tx) error {
		run, ok = bot.Run{}, false
		r, err := scanRun(tx.QueryRowContext(ctx, `
			SELECT `+runColumns+` FROM runs q
			WHERE state = 'queued' AND NOT EXISTS (
				SELECT 1 FROM runs a
				WHERE a.workspace = q.workspace AND a.conversation = q.conversation AND a.state IN ('active', 'streaming'))
			UNION ALL
			SELECT `+runColumns+` FROM runs WHERE state IN ('active', 'streaming') AND lease_until <= ?
			ORDER BY created_at, id LIMIT 1`, cell.Micros(now)).Scan)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, `
			SELECT c.control_epoch, coalesce((
				SELECT e.seq FROM events e
				WHERE e.workspace = c.workspace AND e.conversation = c.id AND e.kind = 'message' AND e.author_kind = 'visitor'
				ORDER BY e.seq DESC LIMIT 1), 0)
			FROM conversations c WHERE c.workspace = ? AND c.id = ?`,
			r.Workspace, r.Conversation).Scan(&r.Epoch, &r.Through); err != nil {
			return err
		}
		r.Through = max(r.Through, r.From)
		r.State, r.Owner, r.Attempt = bot.RunActive, owner, r.Attempt+1
		r.UpdatedAt, r.LeaseUntil = cell.Time(cell.Micros(now)), cell.Time(cell.Micros(now.Add(lease)))
		run, ok = r, true
		return putRun(ctx, tx, r, now)
	})
	return run, ok && err == nil, err
}

// Checkpoint keeps the text streamed so far.
func (s *Conversations) Checkpoint(ctx context.Context, ws bot.WorkspaceID, run bot.RunID, attempt int, text string, now time.Time) (bool, error) {
	var n int64
	err := s.db.write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `
			UPDATE runs SET text = ?, updated_at = ?
			WHERE workspace = ? AND id = ? AND attempt = ? AND state IN ('active', 'streaming')`,
			text, cell.Micros(now), ws, run, attempt)
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	return n > 0 && err == nil, err
}

// RenewRuns extends the leases that the owner still holds.
func (s *Conversations) RenewRuns(ctx context.Context, owner string, runs []bot.RunID, lease time.Duration, now time.Time) ([]bot.RunID, error) {
	if len(runs) == 0 {
		return nil, nil
	}
	list, err := json.Marshal(runs)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "The answers could not be named.")
	}
	var held []bot.RunID
	err = s.db.write(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `
			UPDATE runs SET lease_until = ?
			WHERE id IN (SELECT value FROM json_each(?)) AND owner = ? AND state IN ('active', 'streaming')
			RETURNING id`, cell.Micros(now.Add(lease)), string(list), owner)
		if err != nil {
			return err
		}
		held, err = collect(rows, func(scan func(...any) error) (run bot.RunID, err error) { return run, scan(&run) })
		return err
	})
	if err != nil {
		return nil, err
	}
	return held, nil
}

// ReleaseRuns queues again what an owner, or with "" anybody, has claimed. A
// streamed answer that a newer queued run supersedes gets its end in the
// timeline here, because nobody else will write it.
func (s *Conversations) ReleaseRuns(ctx context.Context, owner string, now time.Time) (int, error) {
	var n int
	err := s.db.write(ctx, func(tx *sql.Tx) error {
		n = 0
		rows, err := tx.QueryContext(ctx, `
			SELECT `+runColumns+` FROM runs WHERE state IN ('active', 'streaming') AND (owner = ? OR ? = '') ORDER BY created_at, id`, owner, owner)
		if err != nil {
			return err
		}
		runs, err := collect(rows, scanRun)
		if err != nil {
			return err
		}
		for _, r := range runs {
			if err := requeue(ctx, tx, r, now); err != nil {
				return err
			}
			n++
			after, err := getRun(ctx, tx, r.Workspace, r.ID)
			if err != nil {
				return err
			}
			if after.State != bot.RunSuperseded || after.Placeholder == "" {
				continue
			}
			row, err := getConversation(ctx, tx, r.Workspace, r.Conversation)
			if err != nil {
				return err
			}
			if _, err := s.db.store(ctx, tx, row, bot.Key{}, bot.Change{Events: []bot.NewEvent{{
				Kind: bot.EventFinished, Author: bot.Author{Kind: bot.AuthorBot}, Visible: true, At: now,
				Body: bot.Body{Text: r.Text, Of: r.Placeholder, Run: r.ID, State: bot.RunSuperseded},
			}}}); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}
