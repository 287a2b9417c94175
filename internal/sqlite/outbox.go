package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/cell"
)

// enqueue asks for long work in the transaction that writes what it is about.
func (db *DB) enqueue(ctx context.Context, tx *sql.Tx, kind, workspace, subject string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO outbox (kind, workspace, subject, created_at) VALUES (?, ?, ?, ?)`, kind, workspace, subject, cell.Micros(db.now()))
	return err
}

// Enqueue asks for long work that no data goes with. Kind, workspace and subject
// name it: while a job of the same names waits or runs, no second one is made.
func (db *DB) Enqueue(ctx context.Context, kind, workspace, subject string) error {
	return db.write(ctx, func(tx *sql.Tx) error { return db.enqueue(ctx, tx, kind, workspace, subject) })
}

// Owed says how many rows of the outbox wait to be relayed, and since when the
// oldest does; the zero time when none waits.
func (db *DB) Owed(ctx context.Context) (rows int, oldest time.Time, err error) {
	var since sql.NullInt64
	if err := db.read.QueryRowContext(ctx, `SELECT count(*), min(created_at) FROM outbox`).Scan(&rows, &since); err != nil {
		return 0, time.Time{}, translate(err)
	}
	if since.Valid {
		oldest = time.UnixMicro(since.Int64).UTC()
	}
	return rows, oldest, nil
}

// Outbox calls relay with what was asked for and not relayed yet, oldest first,
// and forgets each that relay took; the others come again. An error of relay ends
// the walk.
func (db *DB) Outbox(ctx context.Context, relay func(kind, workspace, subject string) (taken bool, err error)) error {
	type row struct {
		id                       int64
		kind, workspace, subject string
	}
	rows, err := db.read.QueryContext(ctx, `SELECT id, kind, workspace, subject FROM outbox ORDER BY id LIMIT 500`)
	if err != nil {
		return translate(err)
	}
	waiting, err := collect(rows, func(scan func(...any) error) (row, error) {
		var r row
		return r, scan(&r.id, &r.kind, &r.workspace, &r.subject)
	})
	if err != nil {
		return err
	}
	for _, r := range waiting {
		taken, err := relay(r.kind, r.workspace, r.subject)
		if err != nil {
			return err
		}
		if !taken {
			continue
		}
		err = db.write(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `DELETE FROM outbox WHERE id = ?`, r.id)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
