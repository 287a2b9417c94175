package postgres

import (
	"cmp"
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

const visitorColumns = `v.workspace, v.id, v.inbox, v.external, v.name, v.email, v.language, v.created_at, v.updated_at, v.attributes`

// scanVisitor reads visitorColumns after the columns of head.
func scanVisitor(row pgx.CollectableRow, head ...any) (account.Visitor, error) {
	var v account.Visitor
	var created, updated int64
	var attributes string
	err := row.Scan(append(head, &v.Workspace, &v.ID, &v.Inbox, &v.External, &v.Name, &v.Email, &v.Language, &created, &updated, &attributes)...)
	if err != nil {
		return v, err
	}
	v.CreatedAt, v.UpdatedAt = cell.Time(created), cell.Time(updated)
	return v, cell.Decode(attributes, &v.Attributes)
}

// PutVisitor stores a visitor, a session and the mark on an identity token; see
// account.VisitorStore.
func (s *Accounts) PutVisitor(ctx context.Context, v account.Visitor, vs account.VisitorSession, spent account.Spent) error {
	attributes, err := attributesOf(v)
	if err != nil {
		return err
	}
	return s.db.write(ctx, v.Workspace, func(ctx context.Context, t *tx) error {
		if spent.Hash != "" {
			t.exec(`INSERT INTO spent_identities (hash, expires_at) VALUES ($1, $2)`, spent.Hash, cell.Micros(spent.Expires))
		}
		t.exec(`
			INSERT INTO visitors (workspace, id, inbox, external, name, email, language, created_at, updated_at, attributes)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
			ON CONFLICT (workspace, id) DO UPDATE SET external = excluded.external, name = excluded.name,
				email = excluded.email, language = excluded.language, updated_at = excluded.updated_at, attributes = excluded.attributes`,
			v.Workspace, v.ID, v.Inbox, v.External, v.Name, v.Email, v.Language, cell.Micros(v.CreatedAt), cell.Micros(v.UpdatedAt), attributes)
		if vs.Hash != "" {
			t.exec(
				`INSERT INTO visitor_sessions (hash, workspace, visitor, inbox, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
				vs.Hash, vs.Workspace, vs.Visitor, vs.Inbox, cell.Micros(vs.CreatedAt), cell.Micros(vs.Expires))
		}
		err := t.flush(ctx)
		switch constraint(err) {
		case "spent_identities_pkey":
			return fault.New(fault.Conflict, "The identity token was used before. Ask for a new one.")
		case "visitors_external":
			return fault.New(fault.Conflict, "Another visitor of this inbox has that identity. Try again.")
		}
		return err
	})
}

// VisitorSession returns a session with its visitor. Who comes with a session has
// yet to say of which workspace.
func (s *Accounts) VisitorSession(ctx context.Context, hash string) (account.VisitorSession, account.Visitor, error) {
	vs := account.VisitorSession{Hash: hash}
	var (
		v                account.Visitor
		created, expires int64
		found            bool
	)
	err := s.db.read(ctx, everywhere, func(q queue) {
		one(q, &v, &found, func(row pgx.CollectableRow) (account.Visitor, error) { return scanVisitor(row, &created, &expires) }, `
			SELECT s.created_at, s.expires_at, `+visitorColumns+`
			FROM visitor_sessions s JOIN visitors v ON v.workspace = s.workspace AND v.id = s.visitor
			WHERE s.hash = $1`, hash)
	})
	if err == nil && !found {
		err = errNothing
	}
	if err != nil {
		return account.VisitorSession{}, account.Visitor{}, err
	}
	vs.Workspace, vs.Visitor, vs.Inbox = v.Workspace, v.ID, v.Inbox
	vs.CreatedAt, vs.Expires = cell.Time(created), cell.Time(expires)
	return vs, v, nil
}

// ExtendVisitorSession moves the end of a session.
func (s *Accounts) ExtendVisitorSession(ctx context.Context, hash string, expires time.Time) error {
	return s.exec(ctx, everywhere, `UPDATE visitor_sessions SET expires_at = greatest(expires_at, $1) WHERE hash = $2`, cell.Micros(expires), hash)
}

// DeleteVisitorSession removes one session.
func (s *Accounts) DeleteVisitorSession(ctx context.Context, hash string) error {
	return s.exec(ctx, everywhere, `DELETE FROM visitor_sessions WHERE hash = $1`, hash)
}

// Visitor returns one visitor.
func (s *Accounts) Visitor(ctx context.Context, ws id.Workspace, visitor string) (account.Visitor, error) {
	return s.visitor(ctx, ws, `SELECT `+visitorColumns+` FROM visitors v WHERE v.workspace = $1 AND v.id = $2`, ws, visitor)
}

// VisitorByExternal returns the visitor whom a site knows by that ID.
func (s *Accounts) VisitorByExternal(ctx context.Context, ws id.Workspace, inbox, external string) (account.Visitor, error) {
	return s.visitor(ctx, ws,
		`SELECT `+visitorColumns+` FROM visitors v WHERE v.workspace = $1 AND v.inbox = $2 AND v.external = $3 AND v.external <> ''`,
		ws, inbox, external)
}

func (s *Accounts) visitor(ctx context.Context, ws id.Workspace, query string, args ...any) (account.Visitor, error) {
	var (
		v     account.Visitor
		found bool
	)
	err := s.db.read(ctx, ws, func(q queue) {
		one(q, &v, &found, func(row pgx.CollectableRow) (account.Visitor, error) { return scanVisitor(row) }, query, args...)
	})
	if err == nil && !found {
		err = errNothing
	}
	return v, err
}

// MergeVisitor moves conversations from one visitor to another. The keys of past
// sends move too, so that a retry under the new name still finds the first one.
// The conversations are locked first, in order of ID.
func (s *Accounts) MergeVisitor(ctx context.Context, ws id.Workspace, from, to string) error {
	return s.db.write(ctx, ws, func(_ context.Context, t *tx) error {
		t.exec(`SELECT 1 FROM conversations WHERE workspace = $1 AND visitor = $2 ORDER BY id FOR UPDATE`, ws, from)
		t.exec(`
			UPDATE sends SET sender_id = $1 WHERE workspace = $2 AND sender_kind = 'visitor' AND sender_id = $3
				AND conversation IN (SELECT id FROM conversations WHERE workspace = $2 AND visitor = $3)`, to, ws, from)
		t.exec(`UPDATE conversations SET visitor = $1, version = version + 1 WHERE workspace = $2 AND visitor = $3`, to, ws, from)
		t.exec(`DELETE FROM visitor_sessions WHERE workspace = $1 AND visitor = $2`, ws, from)
		t.exec(`DELETE FROM visitors WHERE workspace = $1 AND id = $2`, ws, from)
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
	return s.exec(ctx, in.Workspace, `
		INSERT INTO inboxes (workspace, id, name, settings, created_at, updated_at, takes) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (workspace, id) DO UPDATE SET name = excluded.name, settings = excluded.settings, updated_at = excluded.updated_at,
			takes = excluded.takes`,
		in.Workspace, in.ID, in.Name, settings, cell.Micros(in.CreatedAt), cell.Micros(in.UpdatedAt), cmp.Or(in.Takes, 100))
}

const inboxColumns = `workspace, id, name, settings, created_at, updated_at, takes`

func scanInbox(row pgx.CollectableRow) (account.Inbox, error) {
	var in account.Inbox
	var settings string
	var created, updated int64
	if err := row.Scan(&in.Workspace, &in.ID, &in.Name, &settings, &created, &updated, &in.Takes); err != nil {
		return account.Inbox{}, err
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
	var (
		in    account.Inbox
		found bool
	)
	err := s.db.read(ctx, ws, func(q queue) {
		one(q, &in, &found, scanInbox, `SELECT `+inboxColumns+` FROM inboxes WHERE workspace = $1 AND id = $2`, ws, inbox)
	})
	if err == nil && !found {
		err = errNothing
	}
	return in, err
}

// Inboxes lists the inboxes of a workspace by ID.
func (s *Accounts) Inboxes(ctx context.Context, ws id.Workspace) ([]account.Inbox, error) {
	return many(ctx, s.db, ws, scanInbox, `SELECT `+inboxColumns+` FROM inboxes WHERE workspace = $1 ORDER BY id`, ws)
}

func attributesOf(v account.Visitor) (string, error) {
	if len(v.Attributes) == 0 {
		return "", nil
	}
	return cell.Encode(v.Attributes)
}
