package account

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Limits of sessions.
const (
	SessionLife = 12 * time.Hour      // of a console session, whatever happens
	SessionIdle = 60 * time.Minute    // of a console session without use
	VisitorLife = 30 * 24 * time.Hour // of a visitor session after its last use

	touchEvery       = time.Minute    // SeenAt is exact to this
	extendVisitorDay = 24 * time.Hour // visitor sessions are renewed at most this often
)

// Options set what has a good default. The zero value is the default.
type Options struct {
	Argon  Argon        // cost of a password hash
	Hashes int          // password hashes at once, each Argon.Memory large; zero: 2
	Logger *slog.Logger // nil: silent
}

// Directory is the one door to accounts, visitors and inboxes. Its methods may
// be called concurrently.
type Directory struct {
	store  Store
	now    func() time.Time
	argon  Argon
	decoy  string        // a hash that no password has, verified for unknown accounts
	hashes chan struct{} // slots for password hashing
	locks  *lockout
	log    *slog.Logger
}

// New returns a directory over a store.
func New(store Store, now func() time.Time, o *Options) *Directory {
	if o == nil {
		o = &Options{}
	}
	slots := o.Hashes
	if slots <= 0 {
		slots = 2
	}
	log := o.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Directory{
		store: store, now: now, argon: o.Argon, locks: newLockout(), log: log,
		decoy:  o.Argon.hash(newToken()),
		hashes: make(chan struct{}, slots),
	}
}

// Run removes what has ended, once an hour, until ctx ends.
func (d *Directory) Run(ctx context.Context) error {
	t := time.NewTicker(time.Hour)
	defer t.Stop()
	for {
		now := d.now()
		d.locks.sweep(now)
		if err := d.store.SweepSessions(ctx, now.Add(-SessionLife), now.Add(-SessionIdle), now); err != nil && ctx.Err() == nil {
			d.log.Warn("sessions were not swept", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// NewAccount is what somebody says to make an account.
type NewAccount struct {
	Workspace id.Workspace
	Email     string
	Name      string
	Roles     []Role
	Password  string // in the clear, 10 to 256 characters
	Skills    []string
	Capacity  int // zero: 4
	Weight    int // zero: 100
	Ramp      time.Duration
}

// Create makes an account. Errors: Invalid naming the fields; Conflict when the
// e-mail address is taken.
func (d *Directory) Create(ctx context.Context, n NewAccount) (Account, error) {
	if n.Capacity == 0 {
		n.Capacity = 4
	}
	if n.Weight == 0 {
		n.Weight = 100
	}
	now := d.now()
	a := Account{
		Workspace: n.Workspace, ID: id.New(), Email: NormalEmail(n.Email), Name: strings.TrimSpace(n.Name),
		Roles: n.Roles, Skills: n.Skills, Capacity: n.Capacity, Weight: n.Weight, Ramp: n.Ramp, CreatedAt: now, UpdatedAt: now,
	}
	if err := a.check(); err != nil {
		return Account{}, err
	}
	if err := checkPassword(n.Password); err != nil {
		return Account{}, err
	}
	var err error
	if a.Password, err = d.hash(ctx, n.Password); err != nil {
		return Account{}, err
	}
	return d.store.PutAccount(ctx, a)
}

// Patch changes an account; nil fields stay as they are.
type Patch struct {
	Email    *string
	Name     *string
	Roles    []Role // nil: unchanged
	Password *string
	Skills   []string // nil: unchanged
	Capacity *int
	Weight   *int
	Ramp     *time.Duration
	Disabled *bool
}

// Update changes an account. A new password, new roles or disabling it ends its
// sessions. Errors: NotFound; Invalid; Conflict, also when it would leave the
// workspace without an administrator.
func (d *Directory) Update(ctx context.Context, ws id.Workspace, account string, p Patch) (Account, error) {
	a, err := d.store.Account(ctx, ws, account)
	if err != nil {
		return Account{}, err
	}
	was := a
	if p.Email != nil {
		a.Email = NormalEmail(*p.Email)
	}
	if p.Name != nil {
		a.Name = strings.TrimSpace(*p.Name)
	}
	if p.Roles != nil {
		a.Roles = p.Roles
	}
	if p.Skills != nil {
		a.Skills = p.Skills
	}
	if p.Capacity != nil {
		a.Capacity = *p.Capacity
	}
	if p.Weight != nil {
		a.Weight = *p.Weight
	}
	if p.Ramp != nil {
		a.Ramp = *p.Ramp
	}
	if p.Disabled != nil {
		a.Disabled = *p.Disabled
	}
	if err := a.check(); err != nil {
		return Account{}, err
	}
	if p.Password != nil {
		if err := checkPassword(*p.Password); err != nil {
			return Account{}, err
		}
		if a.Password, err = d.hash(ctx, *p.Password); err != nil {
			return Account{}, err
		}
	}
	if was.May(RoleAdministrator) && !a.May(RoleAdministrator) {
		if err := d.keepAdministrator(ctx, ws, account); err != nil {
			return Account{}, err
		}
	}
	a.UpdatedAt = d.now()
	if a, err = d.store.PutAccount(ctx, a); err != nil {
		return Account{}, err
	}
	if p.Password != nil || p.Roles != nil || a.Disabled {
		if err := d.store.DeleteSessions(ctx, ws, account, ""); err != nil {
			return Account{}, err
		}
	}
	return a, nil
}

// Delete removes an account and its sessions. Errors: NotFound; Conflict when it
// is the last administrator.
func (d *Directory) Delete(ctx context.Context, ws id.Workspace, account string) error {
	a, err := d.store.Account(ctx, ws, account)
	if err != nil {
		return err
	}
	if a.May(RoleAdministrator) {
		if err := d.keepAdministrator(ctx, ws, account); err != nil {
			return err
		}
	}
	return d.store.DeleteAccount(ctx, ws, account)
}

// keepAdministrator refuses when no other account administers the workspace.
func (d *Directory) keepAdministrator(ctx context.Context, ws id.Workspace, but string) error {
	for after := ""; ; {
		list, err := d.store.Accounts(ctx, ws, after, 200)
		if err != nil {
			return err
		}
		for _, a := range list {
			if a.ID != but && a.May(RoleAdministrator) {
				return nil
			}
			after = a.Email
		}
		if len(list) < 200 {
			return fault.New(fault.Conflict, "This is the last administrator. Make another one first.")
		}
	}
}

// Account returns one account. Error: NotFound.
func (d *Directory) Account(ctx context.Context, ws id.Workspace, account string) (Account, error) {
	return d.store.Account(ctx, ws, account)
}

// AccountByEmail looks an account up by its address. Error: NotFound.
func (d *Directory) AccountByEmail(ctx context.Context, ws id.Workspace, email string) (Account, error) {
	return d.store.AccountByEmail(ctx, ws, NormalEmail(email))
}

// Accounts lists by e-mail address, those after the given one, at most limit.
func (d *Directory) Accounts(ctx context.Context, ws id.Workspace, after string, limit int) ([]Account, error) {
	return d.store.Accounts(ctx, ws, after, limit)
}

// hash waits for a slot and hashes a password.
func (d *Directory) hash(ctx context.Context, password string) (string, error) {
	if err := d.slot(ctx); err != nil {
		return "", err
	}
	defer func() { <-d.hashes }()
	return d.argon.hash(password), nil
}

// slot takes one of the hashing slots, so that a flood of sign-ins cannot fill
// the memory.
func (d *Directory) slot(ctx context.Context) error {
	select {
	case d.hashes <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fault.Wrap(fault.Unavailable, ctx.Err(), "Too many sign-ins at once. Try again in a moment.")
	}
}
