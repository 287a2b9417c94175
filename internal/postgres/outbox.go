package postgres

import (
	"context"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/cell"

	"github.com/jackc/pgx/v5"

	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// enqueue asks for long work in the transaction that writes what it is about.
func (db *DB) enqueue(t *tx, kind string, workspace id.Workspace, subject string) {
	t.exec(`INSERT INTO outbox (kind, workspace, subject, created_at) VALUES ($1, $2, $3, $4)`, kind, workspace, subject, cell.Micros(db.now()))
}

// Enqueue asks for long work that no data goes with. Kind, workspace and subject
// name it: while a job of the same names waits or runs, no second one is made.
func (db *DB) Enqueue(ctx context.Context, kind, workspace, subject string) error {
	return db.write(ctx, id.Workspace(workspace), func(_ context.Context, t *tx) error {
		db.enqueue(t, kind, id.Workspace(workspace), subject)
		return nil
	})
}

// Owed says how many rows of the outbox wait to be relayed, and since when the
// oldest does; the zero time when none waits.
func (db *DB) Owed(ctx context.Context) (rows int, oldest time.Time, err error) {
	var (
		since int64
		found bool
	)
	err = db.read(ctx, everywhere, func(q queue) {
		value(q, &found, []any{&rows, &since}, `SELECT count(*), coalesce(min(created_at), 0) FROM outbox`)
	})
	return rows, cell.Time(since), err
}

// Outbox calls relay with what was asked for and not relayed yet, oldest first,
// and forgets each that relay took; the others come again. An error of relay ends
// the walk. Two nodes may relay the same row: jobs of the same names are one.
func (db *DB) Outbox(ctx context.Context, relay func(kind, workspace, subject string) (taken bool, err error)) error {
	type row struct {
		ID                       int64
		Kind, Workspace, Subject string
	}
	var waiting []row
	if err := db.read(ctx, everywhere, func(q queue) {
		all(q, &waiting, pgx.RowToStructByPos[row], `SELECT id, kind, workspace, subject FROM outbox ORDER BY id LIMIT 500`)
	}); err != nil {
		return err
	}
	for _, r := range waiting {
		taken, err := relay(r.Kind, r.Workspace, r.Subject)
		if err != nil {
			return err
		}
		if !taken {
			continue
		}
		err = db.write(ctx, everywhere, func(_ context.Context, t *tx) error {
			t.exec(`DELETE FROM outbox WHERE id = $1`, r.ID)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
