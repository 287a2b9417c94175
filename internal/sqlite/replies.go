package sqlite

import (
	"context"
	"database/sql"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

var _ handoff.ReplyStore = (*Handoff)(nil)

const replyColumns = `workspace, id, owner, shortcut, version, updated_at, reply`

func scanReply(scan func(...any) error) (handoff.Reply, error) {
	var (
		r       handoff.Reply
		updated int64
		body    string
	)
	if err := scan(&r.Workspace, &r.ID, &r.Owner, &r.Shortcut, &r.Version, &updated, &body); err != nil {
		return r, err
	}
	r.UpdatedAt = cell.Time(updated)
	return r, cell.Decode(body, &r.ReplyBody)
}

// Replies implements handoff.ReplyStore.
func (s *Handoff) Replies(ctx context.Context, ws bot.WorkspaceID, owner bot.AgentID) ([]handoff.Reply, error) {
	return many(ctx, s.db, scanReply, `
		SELECT `+replyColumns+` FROM replies WHERE workspace = ? AND owner IN ('', ?) ORDER BY shortcut, owner`, ws, owner)
}

// Reply implements handoff.ReplyStore.
func (s *Handoff) Reply(ctx context.Context, ws bot.WorkspaceID, reply string) (handoff.Reply, error) {
	r, err := scanReply(s.db.read.QueryRowContext(ctx, `SELECT `+replyColumns+` FROM replies WHERE workspace = ? AND id = ?`, ws, reply).Scan)
	return r, noReply(translate(err))
}

func noReply(err error) error {
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, "There is no such reply.")
	}
	return err
}

// PutReply implements handoff.ReplyStore.
func (s *Handoff) PutReply(ctx context.Context, r handoff.Reply) (handoff.Reply, error) {
	body, err := cell.Encode(r.ReplyBody)
	if err != nil {
		return r, err
	}
	err = s.db.write(ctx, func(tx *sql.Tx) error {
		if r.Version == 0 {
			_, err := tx.ExecContext(ctx, `INSERT INTO replies (`+replyColumns+`) VALUES (?, ?, ?, ?, 1, ?, ?)`,
				r.Workspace, r.ID, r.Owner, r.Shortcut, cell.Micros(r.UpdatedAt), body)
			return shortcutTaken(err)
		}
		res, err := tx.ExecContext(ctx, `
			UPDATE replies SET owner = ?, shortcut = ?, version = version + 1, updated_at = ?, reply = ?
			WHERE workspace = ? AND id = ? AND version = ?`,
			r.Owner, r.Shortcut, cell.Micros(r.UpdatedAt), body, r.Workspace, r.ID, r.Version)
		if err != nil {
			return shortcutTaken(err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			return err
		}
		var one int
		if err := tx.QueryRowContext(ctx, `SELECT 1 FROM replies WHERE workspace = ? AND id = ?`, r.Workspace, r.ID).Scan(&one); err != nil {
			return noReply(translate(err))
		}
		return fault.New(fault.Conflict, "Somebody else changed this reply meanwhile. Load it again.")
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
	return s.db.write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM replies WHERE workspace = ? AND id = ?`, ws, reply)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return fault.New(fault.NotFound, "There is no such reply.")
	})
}
