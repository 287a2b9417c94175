package postgres

import (
	"context"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// List implements handoff.ListStore.
func (s *Handoff) List(ctx context.Context, ws bot.WorkspaceID, name string) (text string, version int64, err error) {
	var found bool
	err = s.db.read(ctx, ws, func(q queue) {
		value(q, &found, []any{&text, &version}, `SELECT value, version FROM lists WHERE workspace = $1 AND name = $2`, ws, name)
	})
	return text, version, err
}

// PutList implements handoff.ListStore.
func (s *Handoff) PutList(ctx context.Context, ws bot.WorkspaceID, name, value string, version int64) (int64, error) {
	err := s.db.write(ctx, ws, func(ctx context.Context, t *tx) error {
		var n int64
		if version == 0 {
			t.count(&n, `INSERT INTO lists (workspace, name, version, value) VALUES ($1, $2, 1, $3) ON CONFLICT (workspace, name) DO NOTHING`, ws, name, value)
		} else {
			t.count(&n, `
				UPDATE lists SET value = $1, version = version + 1 WHERE workspace = $2 AND name = $3 AND version = $4`, value, ws, name, version)
		}
		if err := t.flush(ctx); err != nil {
			return err
		}
		if n != 1 {
			return fault.New(fault.Conflict, "Somebody else saved a newer version meanwhile. Load it again.")
		}
		return nil
	})
	return version + 1, err
}
