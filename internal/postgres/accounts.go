package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Accounts keeps accounts, visitors, their sessions, and inboxes.
type Accounts struct{ db *DB }

var _ account.Store = (*Accounts)(nil)

// Accounts returns the store of package account.
func (db *DB) Accounts() *Accounts { return &Accounts{db} }

const accountColumns = `a.workspace, a.id, a.email, a.name, a.roles, a.skills, a.capacity, a.password, a.disabled, a.version, a.created_at, a.updated_at, a.weight, a.ramp`

// scanAccount reads accountColumns after the columns of head.
func scanAccount(row pgx.CollectableRow, head ...any) (account.Account, error) {
	var a account.Account
	var roles, skills string
	var created, updated, ramp int64
	err := row.Scan(append(head, &a.Workspace, &a.ID, &a.Email, &a.Name, &roles, &skills, &a.Capacity, &a.Password,
		&a.Disabled, &a.Version, &created, &updated, &a.Weight, &ramp)...)
	if err != nil {
		return a, err
	}
	a.CreatedAt, a.UpdatedAt, a.Ramp = cell.Time(created), cell.Time(updated), time.Duration(ramp)*time.Microsecond
	if err := cell.Decode(roles, &a.Roles); err != nil {
		return a, err
	}
	return a, cell.Decode(skills, &a.Skills)
}

// scanAccountAlone reads accountColumns.
func scanAccountAlone(row pgx.CollectableRow) (account.Account, error) { return scanAccount(row) }

var errNoAccount = fault.New(fault.NotFound, "There is no such account.")

// PutAccount inserts or replaces an account; see account.AccountStore.
func (s *Accounts) PutAccount(ctx context.Context, a account.Account) (account.Account, error) {
	out, err := s.PutAccounts(ctx, []account.Account{a})
	if err != nil {
		return account.Account{}, err
	}
	return out[0], nil
}

// PutAccounts inserts or replaces accounts; see account.AccountStore.
func (s *Accounts) PutAccounts(ctx context.Context, list []account.Account) ([]account.Account, error) {
	if len(list) == 0 {
		return nil, nil
	}
	out := slices.Clone(list)
	err := s.db.write(ctx, list[0].Workspace, func(ctx context.Context, t *tx) error {
		for _, a := range list {
			if err := putAccount(ctx, t, a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].Version++
	}
	return out, nil
}

func putAccount(ctx context.Context, t *tx, a account.Account) error {
	roles, err := cell.Encode(a.Roles)
	if err != nil {
		return err
	}
	skills, err := cell.Encode(a.Skills)
	if err != nil {
		return err
	}
	if a.Skills == nil {
		skills = "[]"
	}
	if a.Version == 0 {
		t.exec(`
			INSERT INTO accounts (workspace, id, email, name, roles, skills, capacity, password, disabled, version, created_at, updated_at, weight, ramp)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $11, $12, $13)`,
			a.Workspace, a.ID, a.Email, a.Name, roles, skills, a.Capacity, a.Password, a.Disabled, cell.Micros(a.CreatedAt), cell.Micros(a.UpdatedAt), a.Weight, a.Ramp.Microseconds())
		return emailTaken(t.flush(ctx))
	}
	var (
		n     int64
		one   int
		known bool
	)
	t.count(&n, `
		UPDATE accounts SET email = $1, name = $2, roles = $3, skills = $4, capacity = $5, password = $6, disabled = $7,
			version = version + 1, updated_at = $8, weight = $9, ramp = $10
		WHERE workspace = $11 AND id = $12 AND version = $13`,
		a.Email, a.Name, roles, skills, a.Capacity, a.Password, a.Disabled, cell.Micros(a.UpdatedAt), a.Weight, a.Ramp.Microseconds(), a.Workspace, a.ID, a.Version)
	value(t, &known, []any{&one}, `SELECT 1 FROM accounts WHERE workspace = $1 AND id = $2`, a.Workspace, a.ID)
	switch err := t.flush(ctx); {
	case err != nil:
		return emailTaken(err)
	case !known:
		return errNoAccount
	case n == 0:
		return fault.New(fault.Conflict, "Somebody else changed this account meanwhile. Load it again.")
	}
	return nil
}

func emailTaken(err error) error {
	if isUnique(err) {
		return fault.Wrap(fault.Conflict, err, "There is an account with this e-mail address already.").
			WithField("email", "is taken")
	}
	return err
}

// Account returns one account.
func (s *Accounts) Account(ctx context.Context, ws id.Workspace, name string) (account.Account, error) {
	return s.account(ctx, ws, `SELECT `+accountColumns+` FROM accounts a WHERE a.workspace = $1 AND a.id = $2`, name)
}

// AccountByEmail looks an account up by its normal address.
func (s *Accounts) AccountByEmail(ctx context.Context, ws id.Workspace, email string) (account.Account, error) {
	return s.account(ctx, ws, `SELECT `+accountColumns+` FROM accounts a WHERE a.workspace = $1 AND a.email = $2`, email)
}

func (s *Accounts) account(ctx context.Context, ws id.Workspace, query, key string) (account.Account, error) {
	var (
		a     account.Account
		found bool
	)
	err := s.db.read(ctx, ws, func(q queue) { one(q, &a, &found, scanAccountAlone, query, ws, key) })
	if err == nil && !found {
		err = errNoAccount
	}
	return a, err
}

// Accounts lists by e-mail address.
func (s *Accounts) Accounts(ctx context.Context, ws id.Workspace, after string, limit int) ([]account.Account, error) {
	return many(ctx, s.db, ws, scanAccountAlone,
		`SELECT `+accountColumns+` FROM accounts a WHERE a.workspace = $1 AND a.email > $2 ORDER BY a.email LIMIT $3`, ws, after, limit)
}

// DeleteAccount removes an account and its sessions.
func (s *Accounts) DeleteAccount(ctx context.Context, ws id.Workspace, name string) error {
	return s.db.write(ctx, ws, func(ctx context.Context, t *tx) error {
		var n int64
		t.exec(`DELETE FROM sessions WHERE workspace = $1 AND account = $2`, ws, name)
		t.count(&n, `DELETE FROM accounts WHERE workspace = $1 AND id = $2`, ws, name)
		if err := t.flush(ctx); err != nil {
			return err
		}
		if n == 0 {
			return errNoAccount
		}
		return nil
	})
}

// PutSession inserts a console session.
func (s *Accounts) PutSession(ctx context.Context, v account.Session) error {
	return s.exec(ctx, v.Workspace,
		`INSERT INTO sessions (hash, workspace, account, address, created_at, seen_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		v.Hash, v.Workspace, v.Account, v.Address, cell.Micros(v.CreatedAt), cell.Micros(v.SeenAt))
}

// errNothing is what a key that opens nothing gets: it does not say more.
var errNothing = fault.New(fault.NotFound, "There is no such thing.")

// Session returns a session with its account. Who comes with a session has yet to
// say of which workspace.
func (s *Accounts) Session(ctx context.Context, hash string) (account.Session, account.Account, error) {
	v := account.Session{Hash: hash}
	var (
		a             account.Account
		created, seen int64
		found         bool
	)
	err := s.db.read(ctx, everywhere, func(q queue) {
		one(q, &a, &found, func(row pgx.CollectableRow) (account.Account, error) {
			return scanAccount(row, &v.Address, &created, &seen)
		}, `
			SELECT s.address, s.created_at, s.seen_at, `+accountColumns+`
			FROM sessions s JOIN accounts a ON a.workspace = s.workspace AND a.id = s.account
			WHERE s.hash = $1`, hash)
	})
	if err == nil && !found {
		err = errNothing
	}
	if err != nil {
		return account.Session{}, account.Account{}, err
	}
	v.Workspace, v.Account = a.Workspace, a.ID
	v.CreatedAt, v.SeenAt = cell.Time(created), cell.Time(seen)
	return v, a, nil
}

// TouchSession sets the time of a session's last use.
func (s *Accounts) TouchSession(ctx context.Context, hash string, at time.Time) error {
	return s.exec(ctx, everywhere, `UPDATE sessions SET seen_at = greatest(seen_at, $1) WHERE hash = $2`, cell.Micros(at), hash)
}

// DeleteSession removes one session.
func (s *Accounts) DeleteSession(ctx context.Context, hash string) error {
	return s.exec(ctx, everywhere, `DELETE FROM sessions WHERE hash = $1`, hash)
}

// DeleteSessions removes the sessions of an account except one.
func (s *Accounts) DeleteSessions(ctx context.Context, ws id.Workspace, name, except string) error {
	return s.exec(ctx, ws, `DELETE FROM sessions WHERE workspace = $1 AND account = $2 AND hash <> $3`, ws, name, except)
}

// SweepSessions removes what has ended.
func (s *Accounts) SweepSessions(ctx context.Context, created, seen, now time.Time) error {
	return s.db.write(ctx, everywhere, func(_ context.Context, t *tx) error {
		t.exec(`DELETE FROM sessions WHERE created_at < $1 OR seen_at < $2`, cell.Micros(created), cell.Micros(seen))
		t.exec(`DELETE FROM visitor_sessions WHERE expires_at < $1`, cell.Micros(now))
		t.exec(`DELETE FROM spent_identities WHERE expires_at < $1`, cell.Micros(now))
		return nil
	})
}

// exec is a write of one statement.
func (s *Accounts) exec(ctx context.Context, ws id.Workspace, query string, args ...any) error {
	return s.db.write(ctx, ws, func(_ context.Context, t *tx) error {
		t.exec(query, args...)
		return nil
	})
}
