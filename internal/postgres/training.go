package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

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
	err := s.db.write(ctx, a.Workspace, func(_ context.Context, t *tx) error {
		var found bool
		t.exec(`UPDATE artefacts SET active = false WHERE workspace = $1 AND kind = $2 AND active`, a.Workspace, a.Kind)
		value(t, &found, []any{&version}, `
			INSERT INTO artefacts (workspace, kind, version, hash, note, blob, active, created_at)
			SELECT $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, true, $6 FROM artefacts WHERE workspace = $1 AND kind = $2
			RETURNING version`,
			a.Workspace, a.Kind, a.Hash, a.Note, a.Blob, cell.Micros(a.CreatedAt))
		return nil
	})
	return version, err
}

// ActiveArtefact implements training.ArtefactStore.
func (s *Training) ActiveArtefact(ctx context.Context, ws bot.WorkspaceID, kind string) (training.Artefact, error) {
	a := training.Artefact{Workspace: ws, Kind: kind}
	var (
		at    int64
		found bool
	)
	err := s.db.read(ctx, ws, func(q queue) {
		value(q, &found, []any{&a.Version, &a.Hash, &a.Note, &a.Blob, &at}, `
			SELECT version, hash, note, blob, created_at FROM artefacts WHERE workspace = $1 AND kind = $2 AND active`, ws, kind)
	})
	if err == nil && !found {
		err = fault.New(fault.NotFound, "No model of kind %s was trained yet.", kind)
	}
	a.CreatedAt = cell.Time(at)
	return a, err
}

// ActivateArtefact implements training.ArtefactStore.
func (s *Training) ActivateArtefact(ctx context.Context, ws bot.WorkspaceID, kind string, version int) error {
	return s.db.write(ctx, ws, func(ctx context.Context, t *tx) error {
		var n int64
		t.exec(`UPDATE artefacts SET active = false WHERE workspace = $1 AND kind = $2 AND active`, ws, kind)
		t.count(&n, `UPDATE artefacts SET active = true WHERE workspace = $1 AND kind = $2 AND version = $3`, ws, kind, version)
		if err := t.flush(ctx); err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "There is no version %d of the %s model.", version, kind)
		}
		return nil
	})
}

// Artefacts implements training.ArtefactStore.
func (s *Training) Artefacts(ctx context.Context, ws bot.WorkspaceID, kind string, limit int) ([]training.Artefact, error) {
	return many(ctx, s.db, ws, func(row pgx.CollectableRow) (training.Artefact, error) {
		a := training.Artefact{Workspace: ws, Kind: kind}
		var at int64
		err := row.Scan(&a.Version, &a.Hash, &a.Note, &at)
		a.CreatedAt = cell.Time(at)
		return a, err
	}, `SELECT version, hash, note, created_at FROM artefacts WHERE workspace = $1 AND kind = $2 ORDER BY version DESC LIMIT $3`, ws, kind, limit)
}

// MarkReviewed implements training.ReviewStore.
func (s *Training) MarkReviewed(ctx context.Context, ws bot.WorkspaceID, events []bot.EventID, by string, at time.Time) error {
	return s.db.write(ctx, ws, func(_ context.Context, t *tx) error {
		t.exec(`
			INSERT INTO reviewed (workspace, event, account, at) SELECT $1, unnest($2::text[]), $3, $4 ON CONFLICT DO NOTHING`,
			ws, events, by, cell.Micros(at))
		return nil
	})
}

// Reviewed implements training.ReviewStore.
func (s *Training) Reviewed(ctx context.Context, ws bot.WorkspaceID, events []bot.EventID) (map[bot.EventID]bool, error) {
	known, err := many(ctx, s.db, ws, pgx.RowTo[bot.EventID], `
		SELECT event FROM reviewed WHERE workspace = $1 AND event = ANY($2)`, ws, events)
	if err != nil {
		return nil, err
	}
	out := make(map[bot.EventID]bool, len(known))
	for _, e := range known {
		out[e] = true
	}
	return out, nil
}
