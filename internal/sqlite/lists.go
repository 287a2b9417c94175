package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// List implements handoff.ListStore.
func (s *Handoff) List(ctx context.Context, ws bot.WorkspaceID, name string) (value string, version int64, err error) {
	err = s.db.read.QueryRowContext(ctx, `SELECT value, version FROM lists WHERE workspace = ? AND name = ?`, ws, name).Scan(&value, &version)
	if errors.Is(err, sql.ErrNoRows) {
		return "", 0, nil
	}
	return value, version, translate(err)
}

// PutList implements handoff.ListStore.
func (s *Handoff) PutList(ctx context.Context, ws bot.WorkspaceID, name, value string, version int64) (int64, error) {
	err := s.db.write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `
			INSERT INTO lists (workspace, name, version, value) SELECT ?1, ?2, 1, ?3 WHERE ?4 = 0
			ON CONFLICT (workspace, name) DO NOTHING`, ws, name, value, version)
		if err == nil && version > 0 {
			res, err = tx.ExecContext(ctx, `
				UPDATE lists SET value = ?, version = version + 1 WHERE workspace = ? AND name = ? AND version = ?`, value, ws, name, version)
		}
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return fault.New(fault.Conflict, "Somebody else saved a newer version meanwhile. Load it again.")
	})
	return version + 1, err
}
