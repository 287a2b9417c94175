package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/training"
)

var (
	_ training.CheckStore   = (*Training)(nil)
	_ training.ReleaseStore = (*Training)(nil)
	_ training.VectorStore  = (*Knowledge)(nil)
)

// PutCheck implements training.CheckStore.
func (s *Training) PutCheck(ctx context.Context, wording string, c training.Check) (training.CheckID, error) {
	line := c.ID
	err := s.db.write(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `
			INSERT INTO checks (workspace, id, wording, question, language, document, event, created_by, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (workspace, wording) DO UPDATE
			SET document = excluded.document, event = excluded.event, created_by = excluded.created_by, created_at = excluded.created_at, ran_at = 0, outcome = ''
			RETURNING id`,
			c.Workspace, c.ID, wording, c.Question, c.Language, c.Document, c.Event, c.By, cell.Micros(c.At)).Scan(&line)
	})
	return line, err
}

// DeleteCheck implements training.CheckStore.
func (s *Training) DeleteCheck(ctx context.Context, ws bot.WorkspaceID, line training.CheckID) error {
	return s.db.write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM checks WHERE workspace = ? AND id = ?`, ws, line)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fault.New(fault.NotFound, "There is no such confirmed question."))
		}
		return nil
	})
}

// Checks implements training.CheckStore.
func (s *Training) Checks(ctx context.Context, ws bot.WorkspaceID) ([]training.Check, error) {
	return many(ctx, s.db, func(scan func(...any) error) (training.Check, error) {
		c := training.Check{Workspace: ws}
		var at, ran int64
		var outcome string
		err := scan(&c.ID, &c.Question, &c.Language, &c.Document, &c.Event, &c.By, &at, &ran, &outcome, &c.Title, &c.Audience, &c.Status)
		c.At = cell.Time(at)
		if err != nil || ran == 0 {
			return c, err
		}
		c.Last = &training.Outcome{}
		err = cell.Decode(outcome, c.Last)
		c.Last.At = cell.Time(ran)
		return c, err
	}, `
		SELECT c.id, c.question, c.language, c.document, c.event, c.created_by, c.created_at, c.ran_at, c.outcome,
			coalesce(d.title, ''), coalesce(d.audience, ''), coalesce(d.status, '')
		FROM checks c LEFT JOIN documents d ON d.workspace = c.workspace AND d.id = c.document
		WHERE c.workspace = ? ORDER BY c.created_at DESC, c.id DESC`, ws)
}

// PutOutcomes implements training.CheckStore.
func (s *Training) PutOutcomes(ctx context.Context, ws bot.WorkspaceID, outcomes map[training.CheckID]training.Outcome) error {
	return s.db.write(ctx, func(tx *sql.Tx) error {
		for line, o := range outcomes {
			body, err := cell.Encode(o)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `UPDATE checks SET ran_at = ?, outcome = ? WHERE workspace = ? AND id = ?`, cell.Micros(o.At), body, ws, line); err != nil {
				return err
			}
		}
		return nil
	})
}

// AddRelease implements training.ReleaseStore.
func (s *Training) AddRelease(ctx context.Context, r training.Release) error {
	verdict, err := cell.Encode(r.Verdict)
	if err != nil {
		return err
	}
	return s.db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO releases (workspace, id, subject, state, despite, created_by, created_at, verdict) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			r.Workspace, r.ID, r.Subject, r.State, r.Despite, r.By, cell.Micros(r.At), verdict)
		return err
	})
}

// Releases implements training.ReleaseStore.
func (s *Training) Releases(ctx context.Context, ws bot.WorkspaceID, limit int) ([]training.Release, error) {
	return many(ctx, s.db, func(scan func(...any) error) (training.Release, error) {
		r := training.Release{Workspace: ws}
		var at int64
		var verdict string
		if err := scan(&r.ID, &r.Subject, &r.State, &r.Despite, &r.By, &at, &verdict); err != nil {
			return r, err
		}
		r.At = cell.Time(at)
		return r, cell.Decode(verdict, &r.Verdict)
	}, `
		SELECT id, subject, state, despite, created_by, created_at, verdict FROM releases WHERE workspace = ?
		ORDER BY created_at DESC, id DESC LIMIT ?`, ws, limit)
}

// PutVectors implements training.VectorStore.
func (s *Knowledge) PutVectors(ctx context.Context, ws id.Workspace, model string, vectors map[string][]float32) error {
	return s.db.write(ctx, func(tx *sql.Tx) error {
		for hash, v := range vectors {
			_, err := tx.ExecContext(ctx, `INSERT INTO vectors (workspace, model, hash, vector) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
				ws, model, hash, cell.PackVector(v))
			if err != nil {
				return err
			}
		}
		return nil
	})
}
