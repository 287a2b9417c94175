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

// artefactColumns are all but the blob.
const artefactColumns = `version, hash, note, account, intents, examples, held_back, accuracy, active, created_at`

func scanArtefact(scan func(...any) error, ws bot.WorkspaceID, kind string, more ...any) (training.Artefact, error) {
	a := training.Artefact{Workspace: ws, Kind: kind}
	var at int64
	err := scan(append([]any{&a.Version, &a.Hash, &a.Note, &a.By, &a.Intents, &a.Examples, &a.HeldBack, &a.Accuracy, &a.Active, &at}, more...)...)
	a.CreatedAt = cell.Time(at)
	return a, err
}

// PutArtefact implements training.ArtefactStore.
func (s *Training) PutArtefact(ctx context.Context, a training.Artefact) (int, error) {
	version := 0
	err := s.db.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE artefacts SET active = 0 WHERE workspace = ? AND kind = ? AND active = 1`, a.Workspace, a.Kind); err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, `
			INSERT INTO artefacts (workspace, kind, version, hash, note, account, intents, examples, held_back, accuracy, blob, active, created_at)
			SELECT ?1, ?2, COALESCE(MAX(version), 0) + 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 1, ?11 FROM artefacts WHERE workspace = ?1 AND kind = ?2
			RETURNING version`,
			a.Workspace, a.Kind, a.Hash, a.Note, a.By, a.Intents, a.Examples, a.HeldBack, a.Accuracy, a.Blob, cell.Micros(a.CreatedAt)).Scan(&version); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM artefacts WHERE workspace = ? AND kind = ? AND version <= ? AND active = 0`, a.Workspace, a.Kind, version-training.KeepArtefacts)
		return err
	})
	return version, err
}

// Artefact implements training.ArtefactStore.
func (s *Training) Artefact(ctx context.Context, ws bot.WorkspaceID, kind string, version int) (training.Artefact, error) {
	var blob []byte
	a, err := scanArtefact(s.db.read.QueryRowContext(ctx, `
		SELECT `+artefactColumns+`, blob FROM artefacts WHERE workspace = ?1 AND kind = ?2 AND CASE ?3 WHEN 0 THEN active = 1 ELSE version = ?3 END`, ws, kind, version).Scan, ws, kind, &blob)
	if errors.Is(err, sql.ErrNoRows) {
		return a, noArtefact(kind, version)
	}
	a.Blob = blob
	return a, translate(err)
}

func noArtefact(kind string, version int) error {
	if version == 0 {
		return fault.New(fault.NotFound, "No model of kind %s was trained yet.", kind)
	}
	return fault.New(fault.NotFound, "There is no version %d of the %s model.", version, kind)
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
			return errors.Join(err, noArtefact(kind, version))
		}
		return nil
	})
}

// Artefacts implements training.ArtefactStore.
func (s *Training) Artefacts(ctx context.Context, ws bot.WorkspaceID, kind string, limit int) ([]training.Artefact, error) {
	return many(ctx, s.db, func(scan func(...any) error) (training.Artefact, error) { return scanArtefact(scan, ws, kind) }, `
		SELECT `+artefactColumns+` FROM artefacts WHERE workspace = ? AND kind = ? ORDER BY version DESC LIMIT ?`, ws, kind, limit)
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
