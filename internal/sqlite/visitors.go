package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

const visitorColumns = `v.workspace, v.id, v.inbox, v.external, v.name, v.email, v.language, v.created_at, v.updated_at, v.attributes`

// scanVisitor reads visitorColumns after the columns of head.
func scanVisitor(scan func(...any) error, head ...any) (account.Visitor, error) {
	var v account.Visitor
	var created, updated int64
	var attributes string
	err := scan(append(head, &v.Workspace, &v.ID, &v.Inbox, &v.External, &v.Name, &v.Email, &v.Language, &created, &updated, &attributes)...)
	v.CreatedAt, v.UpdatedAt = cell.Time(created), cell.Time(updated)
	if err != nil {
		return account.Visitor{}, translate(err)
	}
	return v, cell.Decode(attributes, &v.Attributes)
}

// PutVisitor stores a visitor, a session and the mark on an identity token; see
// account.VisitorStore.
func (s *Accounts) PutVisitor(ctx context.Context, v account.Visitor, vs account.VisitorSession, spent account.Spent) error {
	attributes, err := attributesOf(v)
	if err != nil {
		return err
	}
	return s.db.write(ctx, func(tx *sql.Tx) error {
		if spent.Hash != "" {
			_, err := tx.ExecContext(ctx, `INSERT INTO spent_identities (hash, expires_at) VALUES (?, ?)`, spent.Hash, cell.Micros(spent.Expires))
			if isUnique(err) {
				return fault.New(fault.Conflict, "The identity token was used before. Ask for a new one.")
			}
			if err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO visitors (workspace, id, inbox, external, name, email, language, created_at, updated_at, attributes)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (workspace, id) DO UPDATE SET external = excluded.external, name = excluded.name,
				email = excluded.email, language = excluded.language, updated_at = excluded.updated_at, attributes = excluded.attributes`,
			v.Workspace, v.ID, v.Inbox, v.External, v.Name, v.Email, v.Language, cell.Micros(v.CreatedAt), cell.Micros(v.UpdatedAt), attributes)
		if isUnique(err) {
			return fault.New(fault.Conflict, "Another visitor of this inbox has that identity. Try again.")
		}
		if err != nil || vs.Hash == "" {
			return err
		}
		_, err = tx.ExecContext(ctx,
			`INSERT INTO visitor_sessions (hash, workspace, visitor, inbox, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)`,
			vs.Hash, vs.Workspace, vs.Visitor, vs.Inbox, cell.Micros(vs.CreatedAt), cell.Micros(vs.Expires))
		return err
	})
}

// VisitorSession returns a session with its visitor.
func (s *Accounts) VisitorSession(ctx context.Context, hash string) (account.VisitorSession, account.Visitor, error) {
	vs := account.VisitorSession{Hash: hash}
	var created, expires int64
	v, err := scanVisitor(s.db.read.QueryRowContext(ctx, `
		SELECT s.created_at, s.expires_at, `+visitorColumns+`
		FROM visitor_sessions s JOIN visitors v ON v.workspace = s.workspace AND v.id = s.visitor
		WHERE s.hash = ?`, hash).Scan, &created, &expires)
	if err != nil {
		return account.VisitorSession{}, account.Visitor{}, err
	}
	vs.Workspace, vs.Visitor, vs.Inbox = v.Workspace, v.ID, v.Inbox
	vs.CreatedAt, vs.Expires = cell.Time(created), cell.Time(expires)
	return vs, v, nil
}

// ExtendVisitorSession moves the end of a session.
func (s *Accounts) ExtendVisitorSession(ctx context.Context, hash string, expires time.Time) error {
	return s.exec(ctx, `UPDATE visitor_sessions SET expires_at = max(expires_at, ?) WHERE hash = ?`, cell.Micros(expires), hash)
}

// DeleteVisitorSession removes one session.
func (s *Accounts) DeleteVisitorSession(ctx context.Context, hash string) error {
	return s.exec(ctx, `DELETE FROM visitor_sessions WHERE hash = ?`, hash)
}

// Visitor returns one visitor.
func (s *Accounts) Visitor(ctx context.Context, ws id.Workspace, visitor string) (account.Visitor, error) {
	return scanVisitor(s.db.read.QueryRowContext(ctx,
		`SELECT `+visitorColumns+` FROM visitors v WHERE v.workspace = ? AND v.id = ?`, ws, visitor).Scan)
}

// VisitorByExternal returns the visitor whom a site knows by that ID.
func (s *Accounts) VisitorByExternal(ctx context.Context, ws id.Workspace, inbox, external string) (account.Visitor, error) {
	return scanVisitor(s.db.read.QueryRowContext(ctx,
		`SELECT `+visitorColumns+` FROM visitors v WHERE v.workspace = ? AND v.inbox = ? AND v.external = ? AND v.external <> ''`,
		ws, inbox, external).Scan)
}

// MergeVisitor moves conversations from one visitor to another. The keys of past
// sends move too, so that a retry under the new name still finds the first one.
func (s *Accounts) MergeVisitor(ctx context.Context, ws id.Workspace, from, to string) error {
	return s.db.write(ctx, func(tx *sql.Tx) error {
		for _, step := range []struct {
			query string
			args  []any
		}{
			{`UPDATE sends SET sender_id = ? WHERE workspace = ? AND sender_kind = 'visitor' AND sender_id = ?
				AND conversation IN (SELECT id FROM conversations WHERE workspace = ? AND visitor = ?)`, []any{to, ws, from, ws, from}},
			{`UPDATE conversations SET visitor = ?, version = version + 1 WHERE workspace = ? AND visitor = ?`, []any{to, ws, from}},
			{`DELETE FROM visitor_sessions WHERE workspace = ? AND visitor = ?`, []any{ws, from}},
			{`DELETE FROM visitors WHERE workspace = ? AND id = ?`, []any{ws, from}},
		} {
			if _, err := tx.ExecContext(ctx, step.query, step.args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// inboxSettings is the JSON of an inbox's settings column.
type inboxSettings struct {
	Origins  []string
	Accent   string
	Greeting map[string]string
	Language string
	Hours    account.Hours
	Keys     []account.IdentityKey
}

// PutInbox inserts or replaces an inbox.
func (s *Accounts) PutInbox(ctx context.Context, in account.Inbox) error {
	settings, err := cell.Encode(inboxSettings{in.Origins, in.Accent, in.Greeting, in.Language, in.Hours, in.Keys})
	if err != nil {
		return err
	}
	return s.exec(ctx, `
		INSERT INTO inboxes (workspace, id, name, settings, created_at, updated_at, takes) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (workspace, id) DO UPDATE SET name = excluded.name, settings = excluded.settings, updated_at = excluded.updated_at,
			takes = excluded.takes`,
		in.Workspace, in.ID, in.Name, settings, cell.Micros(in.CreatedAt), cell.Micros(in.UpdatedAt), cmp.Or(in.Takes, 100))
}

const inboxColumns = `workspace, id, name, settings, created_at, updated_at, takes`

func scanInbox(scan func(...any) error) (account.Inbox, error) {
	var in account.Inbox
	var settings string
	var created, updated int64
	if err := scan(&in.Workspace, &in.ID, &in.Name, &settings, &created, &updated, &in.Takes); err != nil {
		return account.Inbox{}, translate(err)
	}
	var st inboxSettings
	if err := cell.Decode(settings, &st); err != nil {
		return account.Inbox{}, err
	}
	in.Origins, in.Accent, in.Greeting, in.Language, in.Hours, in.Keys = st.Origins, st.Accent, st.Greeting, st.Language, st.Hours, st.Keys
	in.CreatedAt, in.UpdatedAt = cell.Time(created), cell.Time(updated)
	return in, nil
}

// Inbox returns one inbox.
func (s *Accounts) Inbox(ctx context.Context, ws id.Workspace, inbox string) (account.Inbox, error) {
	return scanInbox(s.db.read.QueryRowContext(ctx,
		`SELECT `+inboxColumns+` FROM inboxes WHERE workspace = ? AND id = ?`, ws, inbox).Scan)
}

// Inboxes lists the inboxes of a workspace by ID.
func (s *Accounts) Inboxes(ctx context.Context, ws id.Workspace) ([]account.Inbox, error) {
	rows, err := s.db.read.QueryContext(ctx, `SELECT `+inboxColumns+` FROM inboxes WHERE workspace = ? ORDER BY id`, ws)
	if err != nil {
		return nil, translate(err)
	}
	defer rows.Close()
	var out []account.Inbox
	for rows.Next() {
		in, err := scanInbox(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, in)
	}
	return out, translate(rows.Err())
}

func attributesOf(v account.Visitor) (string, error) {
	if len(v.Attributes) == 0 {
		return "", nil
	}
	return cell.Encode(v.Attributes)
}
