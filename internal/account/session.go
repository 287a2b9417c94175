package account

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Closed is the cause of a Limited error: too many sign-ins failed.
type Closed struct {
	For time.Duration // until the next try
}

// Error says how long.
func (c *Closed) Error() string { return fmt.Sprintf("sign-in closed for %s", c.For) }

// RetryAfter returns the time until the next try.
func (c *Closed) RetryAfter() time.Duration { return c.For }

// Caller is a signed-in account.
type Caller struct {
	Account Account
	Session string    // hash of the token: names the session without being a key to it
	CSRF    string    // what writes must carry beside the cookie
	Expires time.Time // the session ends then, whatever happens
}

// SignIn checks a password and makes a session; token is what the cookie
// carries. address is where the call comes from. A wrong password, an unknown
// address and a disabled account give the same answer after the same work.
// Errors: Unauthenticated; Limited with a *Closed cause after too many failures.
func (d *Directory) SignIn(ctx context.Context, ws id.Workspace, email, password, address string) (token string, c Caller, err error) {
	email = NormalEmail(email)
	now := d.now()
	accountKey, addressKey := "account "+string(ws)+" "+email, "address "+address
	until := d.locks.closedUntil(accountKey, accountFailures, now)
	if u := d.locks.closedUntil(addressKey, addressFailures, now); u.After(until) {
		until = u
	}
	if !until.IsZero() {
		return "", Caller{}, fault.Wrap(fault.Limited, &Closed{For: until.Sub(now)}, "Too many failed sign-ins. Try again later.")
	}

	a, err := d.store.AccountByEmail(ctx, ws, email)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return "", Caller{}, err
	}
	phc := a.Password
	if err != nil || phc == "" {
		phc = d.decoy
	}
	if err := d.slot(ctx); err != nil {
		return "", Caller{}, err
	}
	right := utf8.RuneCountInString(password) <= maxPassword && verify(password, phc)
	<-d.hashes
	if !right || a.ID == "" || a.Disabled {
		d.locks.failed(now, accountKey, addressKey)
		return "", Caller{}, fault.New(fault.Unauthenticated, "The e-mail address or the password is wrong.")
	}
	d.locks.passed(accountKey)

	token = newToken()
	s := Session{Hash: hashToken(token), Workspace: ws, Account: a.ID, Address: address, CreatedAt: now, SeenAt: now}
	if err := d.store.PutSession(ctx, s); err != nil {
		return "", Caller{}, err
	}
	return token, Caller{Account: a, Session: s.Hash, CSRF: csrfOf(token), Expires: now.Add(SessionLife)}, nil
}

// Caller returns who holds the token and counts as use of the session. Error:
// Unauthenticated when there is no such session, it ended, or the account is
// disabled.
func (d *Directory) Caller(ctx context.Context, token string) (Caller, error) {
	if token == "" {
		return Caller{}, fault.New(fault.Unauthenticated, "Sign in first.")
	}
	c, seen, err := d.session(ctx, hashToken(token))
	if err != nil {
		return Caller{}, err
	}
	c.CSRF = csrfOf(token)
	if now := d.now(); now.Sub(seen) >= touchEvery {
		if err := d.store.TouchSession(ctx, c.Session, now); err != nil {
			// The caller is who they are; only the clock of idleness was not moved.
			d.log.Warn("session was not touched", "error", err)
		}
	}
	return c, nil
}

// StillSignedIn reports whether a session goes on, without counting as use; for
// sockets, which outlive the request that opened them.
func (d *Directory) StillSignedIn(ctx context.Context, session string) (Caller, error) {
	c, _, err := d.session(ctx, session)
	return c, err
}

// Use counts as use of a session that a socket holds.
func (d *Directory) Use(ctx context.Context, session string) error {
	return d.store.TouchSession(ctx, session, d.now())
}

func (d *Directory) session(ctx context.Context, hash string) (Caller, time.Time, error) {
	over := fault.New(fault.Unauthenticated, "The session has ended. Sign in again.")
	s, a, err := d.store.Session(ctx, hash)
	if fault.Is(err, fault.NotFound) {
		return Caller{}, time.Time{}, over
	}
	if err != nil {
		return Caller{}, time.Time{}, err
	}
	now := d.now()
	ends := s.CreatedAt.Add(SessionLife)
	if a.Disabled || !now.Before(ends) || now.Sub(s.SeenAt) >= SessionIdle {
		if err := d.store.DeleteSession(ctx, hash); err != nil {
			d.log.Warn("ended session was not removed", "error", err)
		}
		return Caller{}, time.Time{}, over
	}
	return Caller{Account: a, Session: s.Hash, Expires: ends}, s.SeenAt, nil
}

// SignOut ends one session.
func (d *Directory) SignOut(ctx context.Context, session string) error {
	return d.store.DeleteSession(ctx, session)
}

// CheckCSRF reports whether a write carries the session's own token.
func (c Caller) CheckCSRF(got string) bool { return c.CSRF != "" && equal(c.CSRF, got) }
