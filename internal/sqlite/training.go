package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/training"
)

// Training keeps trained models and what editors have reviewed.
type Training struct{ db *DB }

var (
	_ training.ArtefactStore = (*Training)(nil)
	_ training.ReviewStore   = (*Training)(nil)
)

// Training returns the stores of package training.
func (db *DB) Training() *Training { return &Training{db} }

// PutArtefact implements training.ArtefactStore.
func (s *Training) PutArtefact(ctx context.Context, a training.Artefact) (int, error) {
	version := 0
	err := s.db.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE artefacts SET active = 0 WHERE workspace = ? AND kind = ? AND active = 1`, a.Workspace, a.Kind); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `
			INSERT INTO artefacts (workspace, kind, version, hash, note, blob, active, created_at)
			SELECT ?1, ?2, COALESCE(MAX(version), 0) + 1, ?3, ?4, ?5, 1, ?6 FROM artefacts WHERE workspace = ?1 AND kind = ?2
			RETURNING version`,
			a.Workspace, a.Kind, a.Hash, a.Note, a.Blob, cell.Micros(a.CreatedAt)).Scan(&version)
	})
	return version, err
}

// ActiveArtefact implements training.ArtefactStore.
func (s *Training) ActiveArtefact(ctx context.Context, ws bot.WorkspaceID, kind string) (training.Artefact, error) {
	a := training.Artefact{Workspace: ws, Kind: kind}
	var at int64
	err := s.db.read.QueryRowContext(ctx, `
		SELECT version, hash, note, blob, created_at FROM artefacts WHERE workspace = ? AND kind = ? AND active = 1`, ws, kind).
		Scan(&a.Version, &a.Hash, &a.Note, &a.Blob, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return a, fault.New(fault.NotFound, "No model of kind %s was trained yet.", kind)
	}
	a.CreatedAt = cell.Time(at)
	return a, translate(err)
}

// ActivateArtefact implements training.ArtefactStore.
func (s *Training) ActivateArtefact(ctx context.Context, ws bot.WorkspaceID, kind string, version int) error {
	return s.db.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE artefacts SET active = 0 WHERE workspace = ? AND kind = ? AND active = 1`, ws, kind); err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `UPDATE artefacts SET active = 1 WHERE workspace = ? AND kind = ? AND version = ?`, ws, kind, version)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fault.New(fault.NotFound, "There is no version %d of the %s model.", version, kind))
		}
		return nil
	})
}

// Artefacts implements training.ArtefactStore.
func (s *Training) Artefacts(ctx context.Context, ws bot.WorkspaceID, kind string, limit int) ([]training.Artefact, error) {
	rows, err := s.db.read.QueryContext(ctx, `
		SELECT version, hash, note, created_at FROM artefacts WHERE workspace = ? AND kind = ? ORDER BY version DESC LIMIT ?`, ws, kind, limit)
	if err != nil {
		return nil, translate(err)
	}
	defer rows.Close()
	var out []training.Artefact
	for rows.Next() {
		a := training.Artefact{Workspace: ws, Kind: kind}
		var at int64
		if err := rows.Scan(&a.Version, &a.Hash, &a.Note, &at); err != nil {
			return nil, translate(err)
		}
		a.CreatedAt = cell.Time(at)
		out = append(out, a)
	}
	return out, translate(rows.Err())
}

// MarkReviewed implements training.ReviewStore.
func (s *Training) MarkReviewed(ctx context.Context, ws bot.WorkspaceID, events []bot.EventID, by string, at time.Time) error {
	return s.db.write(ctx, func(tx *sql.Tx) error {
		for _, e := range events {
			if _, err := tx.ExecContext(ctx, `
				INSERT INTO reviewed (workspace, event, account, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`, ws, e, by, cell.Micros(at)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Reviewed implements training.ReviewStore.
func (s *Training) Reviewed(ctx context.Context, ws bot.WorkspaceID, events []bot.EventID) (map[bot.EventID]bool, error) {
	out := map[bot.EventID]bool{}
	if len(events) == 0 {
		return out, nil
	}
	args := []any{ws}
	for _, e := range events {
		args = append(args, e)
	}
	rows, err := s.db.read.QueryContext(ctx, `
		SELECT event FROM reviewed WHERE workspace = ? AND event IN (?`+strings.Repeat(", ?", len(events)-1)+`)`, args...)
	if err != nil {
		return nil, translate(err)
	}
	defer rows.Close()
	for rows.Next() {
		var e bot.EventID
		if err := rows.Scan(&e); err != nil {
			return nil, translate(err)
		}
		out[e] = true
	}
	return out, translate(rows.Err())
}
