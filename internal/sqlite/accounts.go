package sqlite

import (
	"context"
	"database/sql"
	"slices"
	"time"

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
func scanAccount(scan func(...any) error, head ...any) (account.Account, error) {
	var a account.Account
	var roles, skills string
	var created, updated, ramp int64
	err := scan(append(head, &a.Workspace, &a.ID, &a.Email, &a.Name, &roles, &skills, &a.Capacity, &a.Password,
		&a.Disabled, &a.Version, &created, &updated, &a.Weight, &ramp)...)
	if err != nil {
		return a, translate(err)
	}
	a.CreatedAt, a.UpdatedAt, a.Ramp = cell.Time(created), cell.Time(updated), time.Duration(ramp)*time.Microsecond
	if err := cell.Decode(roles, &a.Roles); err != nil {
		return a, err
	}
	return a, cell.Decode(skills, &a.Skills)
}

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
	out := slices.Clone(list)
	err := s.db.write(ctx, func(tx *sql.Tx) error {
		for _, a := range list {
			if err := putAccount(ctx, tx, a); err != nil {
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

func putAccount(ctx context.Context, tx *sql.Tx, a account.Account) error {
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
		_, err := tx.ExecContext(ctx, `
			INSERT INTO accounts (workspace, id, email, name, roles, skills, capacity, password, disabled, version, created_at, updated_at, weight, ramp)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?)`,
			a.Workspace, a.ID, a.Email, a.Name, roles, skills, a.Capacity, a.Password, a.Disabled, cell.Micros(a.CreatedAt), cell.Micros(a.UpdatedAt), a.Weight, a.Ramp.Microseconds())
		return emailTaken(err)
	}
	res, err := tx.ExecContext(ctx, `
		UPDATE accounts SET email = ?, name = ?, roles = ?, skills = ?, capacity = ?, password = ?, disabled = ?,
			version = version + 1, updated_at = ?, weight = ?, ramp = ?
		WHERE workspace = ? AND id = ? AND version = ?`,
		a.Email, a.Name, roles, skills, a.Capacity, a.Password, a.Disabled, cell.Micros(a.UpdatedAt), a.Weight, a.Ramp.Microseconds(), a.Workspace, a.ID, a.Version)
	if err != nil {
		return emailTaken(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	var one int
	if err := tx.QueryRowContext(ctx, `SELECT 1 FROM accounts WHERE workspace = ? AND id = ?`, a.Workspace, a.ID).Scan(&one); err != nil {
		return noAccount(err)
	}
	return fault.New(fault.Conflict, "Somebody else changed this account meanwhile. Load it again.")
}

func emailTaken(err error) error {
	if isUnique(err) {
		return fault.Wrap(fault.Conflict, err, "There is an account with this e-mail address already.").
			WithField("email", "is taken")
	}
	return err
}

func noAccount(err error) error {
	if fault.Is(translate(err), fault.NotFound) {
		return fault.New(fault.NotFound, "There is no such account.")
	}
	return translate(err)
}

// Account returns one account.
func (s *Accounts) Account(ctx context.Context, ws id.Workspace, name string) (account.Account, error) {
	a, err := scanAccount(s.db.read.QueryRowContext(ctx,
		`SELECT `+accountColumns+` FROM accounts a WHERE a.workspace = ? AND a.id = ?`, ws, name).Scan)
	if err != nil {
		return account.Account{}, noAccount(err)
	}
	return a, nil
}

// AccountByEmail looks an account up by its normal address.
func (s *Accounts) AccountByEmail(ctx context.Context, ws id.Workspace, email string) (account.Account, error) {
	a, err := scanAccount(s.db.read.QueryRowContext(ctx,
		`SELECT `+accountColumns+` FROM accounts a WHERE a.workspace = ? AND a.email = ?`, ws, email).Scan)
	if err != nil {
		return account.Account{}, noAccount(err)
	}
	return a, nil
}

// Accounts lists by e-mail address.
func (s *Accounts) Accounts(ctx context.Context, ws id.Workspace, after string, limit int) ([]account.Account, error) {
	rows, err := s.db.read.QueryContext(ctx,
		`SELECT `+accountColumns+` FROM accounts a WHERE a.workspace = ? AND a.email > ? ORDER BY a.email LIMIT ?`, ws, after, limit)
	if err != nil {
		return nil, translate(err)
	}
	defer rows.Close()
	var out []account.Account
	for rows.Next() {
		a, err := scanAccount(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, translate(rows.Err())
}

// DeleteAccount removes an account and its sessions.
func (s *Accounts) DeleteAccount(ctx context.Context, ws id.Workspace, name string) error {
	return s.db.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE workspace = ? AND account = ?`, ws, name); err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `DELETE FROM accounts WHERE workspace = ? AND id = ?`, ws, name)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return noAccount(sql.ErrNoRows)
		}
		return nil
	})
}

// PutSession inserts a console session.
func (s *Accounts) PutSession(ctx context.Context, v account.Session) error {
	return s.db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx,
			`INSERT INTO sessions (hash, workspace, account, address, created_at, seen_at) VALUES (?, ?, ?, ?, ?, ?)`,
			v.Hash, v.Workspace, v.Account, v.Address, cell.Micros(v.CreatedAt), cell.Micros(v.SeenAt))
		return err
	})
}

// Session returns a session with its account.
func (s *Accounts) Session(ctx context.Context, hash string) (account.Session, account.Account, error) {
	v := account.Session{Hash: hash}
	var created, seen int64
	a, err := scanAccount(s.db.read.QueryRowContext(ctx, `
		SELECT s.address, s.created_at, s.seen_at, `+accountColumns+`
		FROM sessions s JOIN accounts a ON a.workspace = s.workspace AND a.id = s.account
		WHERE s.hash = ?`, hash).Scan, &v.Address, &created, &seen)
	if err != nil {
		return account.Session{}, account.Account{}, err
	}
	v.Workspace, v.Account = a.Workspace, a.ID
	v.CreatedAt, v.SeenAt = cell.Time(created), cell.Time(seen)
	return v, a, nil
}

// TouchSession sets the time of a session's last use.
func (s *Accounts) TouchSession(ctx context.Context, hash string, at time.Time) error {
	return s.exec(ctx, `UPDATE sessions SET seen_at = max(seen_at, ?) WHERE hash = ?`, cell.Micros(at), hash)
}

// DeleteSession removes one session.
func (s *Accounts) DeleteSession(ctx context.Context, hash string) error {
	return s.exec(ctx, `DELETE FROM sessions WHERE hash = ?`, hash)
}

// DeleteSessions removes the sessions of an account except one.
func (s *Accounts) DeleteSessions(ctx context.Context, ws id.Workspace, name, except string) error {
	return s.exec(ctx, `DELETE FROM sessions WHERE workspace = ? AND account = ? AND hash <> ?`, ws, name, except)
}

// SweepSessions removes what has ended.
func (s *Accounts) SweepSessions(ctx context.Context, created, seen, now time.Time) error {
	return s.db.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE created_at < ? OR seen_at < ?`, cell.Micros(created), cell.Micros(seen)); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM visitor_sessions WHERE expires_at < ?`, cell.Micros(now)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM spent_identities WHERE expires_at < ?`, cell.Micros(now))
		return err
	})
}

// exec is a write of one statement.
func (s *Accounts) exec(ctx context.Context, query string, args ...any) error {
	return s.db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
}
