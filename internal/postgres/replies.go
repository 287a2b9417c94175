package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

var _ handoff.ReplyStore = (*Handoff)(nil)

const replyColumns = `workspace, id, owner, shortcut, version, updated_at, reply`

var errNoReply = fault.New(fault.NotFound, "There is no such reply.")

func scanReply(row pgx.CollectableRow) (handoff.Reply, error) {
	var (
		r       handoff.Reply
		updated int64
		body    string
	)
	if err := row.Scan(&r.Workspace, &r.ID, &r.Owner, &r.Shortcut, &r.Version, &updated, &body); err != nil {
		return r, err
	}
	r.UpdatedAt = cell.Time(updated)
	return r, cell.Decode(body, &r.ReplyBody)
}

// Replies implements handoff.ReplyStore.
func (s *Handoff) Replies(ctx context.Context, ws bot.WorkspaceID, owner bot.AgentID) ([]handoff.Reply, error) {
	return many(ctx, s.db, ws, scanReply, `
		SELECT `+replyColumns+` FROM replies WHERE workspace = $1 AND owner IN ('', $2) ORDER BY shortcut, owner`, ws, owner)
}

// Reply implements handoff.ReplyStore.
func (s *Handoff) Reply(ctx context.Context, ws bot.WorkspaceID, reply string) (handoff.Reply, error) {
	var (
		r     handoff.Reply
		found bool
	)
	err := s.db.read(ctx, ws, func(q queue) {
		one(q, &r, &found, scanReply, `SELECT `+replyColumns+` FROM replies WHERE workspace = $1 AND id = $2`, ws, reply)
	})
	if err == nil && !found {
		err = errNoReply
	}
	return r, err
}

// PutReply implements handoff.ReplyStore.
func (s *Handoff) PutReply(ctx context.Context, r handoff.Reply) (handoff.Reply, error) {
	body, err := cell.Encode(r.ReplyBody)
	if err != nil {
		return r, err
	}
	err = s.db.write(ctx, r.Workspace, func(ctx context.Context, t *tx) error {
		if r.Version == 0 {
			t.exec(`INSERT INTO replies (`+replyColumns+`) VALUES ($1, $2, $3, $4, 1, $5, $6)`,
				r.Workspace, r.ID, r.Owner, r.Shortcut, cell.Micros(r.UpdatedAt), body)
			return shortcutTaken(t.flush(ctx))
		}
		var (
			n, there int64
			known    bool
		)
		t.count(&n, `
			UPDATE replies SET owner = $1, shortcut = $2, version = version + 1, updated_at = $3, reply = $4
			WHERE workspace = $5 AND id = $6 AND version = $7`,
			r.Owner, r.Shortcut, cell.Micros(r.UpdatedAt), body, r.Workspace, r.ID, r.Version)
		value(t, &known, []any{&there}, `SELECT 1::bigint FROM replies WHERE workspace = $1 AND id = $2`, r.Workspace, r.ID)
		switch err := t.flush(ctx); {
		case err != nil:
			return shortcutTaken(err)
		case !known:
			return errNoReply
		case n == 0:
			return fault.New(fault.Conflict, "Somebody else changed this reply meanwhile. Load it again.")
		}
		return nil
	})
	r.Version++
	return r, err
}

func shortcutTaken(err error) error {
	if isUnique(err) {
		return fault.Wrap(fault.Conflict, err, "There is a reply with this shortcut already.").WithField("shortcut", "is taken")
	}
	return err
}

// DeleteReply implements handoff.ReplyStore.
func (s *Handoff) DeleteReply(ctx context.Context, ws bot.WorkspaceID, reply string) error {
	return s.db.write(ctx, ws, func(ctx context.Context, t *tx) error {
		var n int64
		t.count(&n, `DELETE FROM replies WHERE workspace = $1 AND id = $2`, ws, reply)
		if err := t.flush(ctx); err != nil {
			return err
		}
		if n == 0 {
			return errNoReply
		}
		return nil
	})
}
