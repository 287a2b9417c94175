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

// artefactColumns are all but the blob.
const artefactColumns = `version, hash, note, account, intents, examples, held_back, accuracy, active, created_at`

func scanArtefact(row pgx.CollectableRow, ws bot.WorkspaceID, kind string, more ...any) (training.Artefact, error) {
	a := training.Artefact{Workspace: ws, Kind: kind}
	var at int64
	err := row.Scan(append([]any{&a.Version, &a.Hash, &a.Note, &a.By, &a.Intents, &a.Examples, &a.HeldBack, &a.Accuracy, &a.Active, &at}, more...)...)
	a.CreatedAt = cell.Time(at)
	return a, err
}

// PutArtefact implements training.ArtefactStore.
func (s *Training) PutArtefact(ctx context.Context, a training.Artefact) (int, error) {
	version := 0
	err := s.db.write(ctx, a.Workspace, func(_ context.Context, t *tx) error {
		var found bool
		t.exec(`UPDATE artefacts SET active = false WHERE workspace = $1 AND kind = $2 AND active`, a.Workspace, a.Kind)
		value(t, &found, []any{&version}, `
			INSERT INTO artefacts (workspace, kind, version, hash, note, account, intents, examples, held_back, accuracy, blob, active, created_at)
			SELECT $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10, true, $11 FROM artefacts WHERE workspace = $1 AND kind = $2
			RETURNING version`,
			a.Workspace, a.Kind, a.Hash, a.Note, a.By, a.Intents, a.Examples, a.HeldBack, a.Accuracy, a.Blob, cell.Micros(a.CreatedAt))
		t.exec(`
			DELETE FROM artefacts WHERE workspace = $1 AND kind = $2 AND NOT active
				AND version <= (SELECT max(version) FROM artefacts WHERE workspace = $1 AND kind = $2) - $3::bigint`,
			a.Workspace, a.Kind, training.KeepArtefacts)
		return nil
	})
	return version, err
}

// Artefact implements training.ArtefactStore.
func (s *Training) Artefact(ctx context.Context, ws bot.WorkspaceID, kind string, version int) (training.Artefact, error) {
	var (
		a     training.Artefact
		found bool
	)
	err := s.db.read(ctx, ws, func(q queue) {
		one(q, &a, &found, func(row pgx.CollectableRow) (training.Artefact, error) {
			var blob []byte
			a, err := scanArtefact(row, ws, kind, &blob)
			a.Blob = blob
			return a, err
		}, `SELECT `+artefactColumns+`, blob FROM artefacts WHERE workspace = $1 AND kind = $2 AND CASE $3::bigint WHEN 0 THEN active ELSE version = $3 END`, ws, kind, version)
	})
	if err == nil && !found {
		err = noArtefact(kind, version)
	}
	return a, err
}

func noArtefact(kind string, version int) error {
	if version == 0 {
		return fault.New(fault.NotFound, "No model of kind %s was trained yet.", kind)
	}
	return fault.New(fault.NotFound, "There is no version %d of the %s model.", version, kind)
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
			return noArtefact(kind, version)
		}
		return nil
	})
}

// Artefacts implements training.ArtefactStore.
func (s *Training) Artefacts(ctx context.Context, ws bot.WorkspaceID, kind string, limit int) ([]training.Artefact, error) {
	return many(ctx, s.db, ws, func(row pgx.CollectableRow) (training.Artefact, error) { return scanArtefact(row, ws, kind) }, `
		SELECT `+artefactColumns+` FROM artefacts WHERE workspace = $1 AND kind = $2 ORDER BY version DESC LIMIT $3`, ws, kind, limit)
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
