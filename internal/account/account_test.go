package account_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/sqlite"
)

const ws = id.DefaultWorkspace

// cheap makes hashing quick; its shape is that of the real one.
var cheap = account.Argon{Memory: 64, Time: 1, Threads: 1}

// clock is a time that a test moves.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.at.Store(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC).UnixMicro())
	return c
}

func (c *clock) now() time.Time      { return time.UnixMicro(c.at.Load()).UTC() }
func (c *clock) add(d time.Duration) { c.at.Add(d.Microseconds()) }

// open returns a directory over a database of its own.
func open(t *testing.T) (*account.Directory, *sqlite.DB, *clock) {
	t.Helper()
	c := newClock()
	db, err := sqlite.Open(t.Context(), t.TempDir(), &sqlite.Options{Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return account.New(db.Accounts(), c.now, &account.Options{Argon: cheap}), db, c
}

func create(t *testing.T, d *account.Directory, email string, roles ...account.Role) account.Account {
	t.Helper()
	a, err := d.Create(t.Context(), account.NewAccount{Workspace: ws, Email: email, Name: "Lin", Roles: roles, Password: "correct horse"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func wantKind(t *testing.T, err error, want fault.Kind) {
	t.Helper()
	if got := fault.KindOf(err); got != want {
		t.Fatalf("got kind %q (%v), want %q", got, err, want)
	}
}

func TestCreateNamesEveryWrongField(t *testing.T) {
	d, _, _ := open(t)
	_, err := d.Create(t.Context(), account.NewAccount{Workspace: ws, Email: "no address", Roles: []account.Role{"owner"}, Capacity: 99, Password: "x"})
	wantKind(t, err, fault.Invalid)
	var f *fault.Error
	errors.As(err, &f)
	var names []string
	for _, field := range f.Fields {
		names = append(names, field.Name)
	}
	if diff := cmp.Diff([]string{"email", "name", "roles", "capacity"}, names); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestAccountRoundTrip(t *testing.T) {
	d, _, _ := open(t)
	a, err := d.Create(t.Context(), account.NewAccount{
		Workspace: ws, Email: " Lin@Example.com ", Name: "Lin", Roles: []account.Role{account.RoleAgent},
		Password: "correct horse", Skills: []string{"lang:zh", "billing"}, Capacity: 3,
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.AccountByEmail(t.Context(), ws, "LIN@example.COM")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, got); diff != "" {
		t.Errorf("account (-created +read):\n%s", diff)
	}
	if _, err := d.Create(t.Context(), account.NewAccount{Workspace: ws, Email: "lin@example.com", Name: "L", Roles: a.Roles, Password: "correct horse"}); !fault.Is(err, fault.Conflict) {
		t.Errorf("second account with the address: %v, want a conflict", err)
	}
	if _, err := d.Account(t.Context(), "other", a.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("account seen from another workspace: %v", err)
	}
}

func TestRolesInclude(t *testing.T) {
	for _, c := range []struct {
		has  account.Role
		may  account.Role
		want bool
	}{
		{account.RoleAgent, account.RoleAgent, true},
		{account.RoleAgent, account.RoleEditor, false},
		{account.RoleAgent, account.RoleSupervisor, false},
		{account.RoleEditor, account.RoleAgent, false},
		{account.RoleSupervisor, account.RoleAgent, true},
		{account.RoleSupervisor, account.RoleEditor, false},
		{account.RoleSupervisor, account.RoleAdministrator, false},
		{account.RoleAdministrator, account.RoleEditor, true},
		{account.RoleAdministrator, account.RoleAgent, true},
	} {
		a := account.Account{Roles: []account.Role{c.has}}
		if got := a.May(c.may); got != c.want {
			t.Errorf("%s may %s: got %v, want %v", c.has, c.may, got, c.want)
		}
		a.Disabled = true
		if a.May(c.may) {
			t.Errorf("a disabled %s may %s", c.has, c.may)
		}
	}
}

func TestSignInAndSessionEnds(t *testing.T) {
	d, _, c := open(t)
	a := create(t, d, "lin@example.com", account.RoleAgent)
	signIn := func() string {
		t.Helper()
		token, who, err := d.SignIn(t.Context(), ws, "Lin@example.com", "correct horse", "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		if who.Account.ID != a.ID || !who.CheckCSRF(who.CSRF) || who.CheckCSRF("") || who.CheckCSRF(who.CSRF+"x") {
			t.Fatalf("caller %+v is not right", who)
		}
		return token
	}

	idle := signIn()
	c.add(59 * time.Minute)
	if _, err := d.Caller(t.Context(), idle); err != nil {
		t.Fatalf("after 59 idle minutes: %v", err)
	}
	c.add(59 * time.Minute) // the call above counted as use
	if _, err := d.Caller(t.Context(), idle); err != nil {
		t.Fatalf("59 minutes after the last use: %v", err)
	}
	c.add(60 * time.Minute)
	_, err := d.Caller(t.Context(), idle)
	wantKind(t, err, fault.Unauthenticated)

	busy := signIn()
	for range 23 {
		c.add(31 * time.Minute)
		if _, err := d.Caller(t.Context(), busy); err != nil {
			t.Fatalf("busy session ended early: %v", err)
		}
	}
	c.add(10 * time.Minute) // twelve hours and three minutes since it began
	_, err = d.Caller(t.Context(), busy)
	wantKind(t, err, fault.Unauthenticated)

	out := signIn()
	who, err := d.Caller(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.SignOut(t.Context(), who.Session); err != nil {
		t.Fatal(err)
	}
	_, err = d.Caller(t.Context(), out)
	wantKind(t, err, fault.Unauthenticated)
}

func TestChangesEndSessions(t *testing.T) {
	d, _, _ := open(t)
	yes, password := true, "another password"
	for name, p := range map[string]account.Patch{
		"disabled": {Disabled: &yes},
		"password": {Password: &password},
		"roles":    {Roles: []account.Role{account.RoleEditor}},
	} {
		a := create(t, d, name+"@example.com", account.RoleAgent)
		token, _, err := d.SignIn(t.Context(), ws, a.Email, "correct horse", "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Update(t.Context(), ws, a.ID, p); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Caller(t.Context(), token); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s changed: the old session gives %v", name, err)
		}
	}
}

func TestLastAdministratorStays(t *testing.T) {
	d, _, _ := open(t)
	first := create(t, d, "a@example.com", account.RoleAdministrator)
	yes := true
	_, err := d.Update(t.Context(), ws, first.ID, account.Patch{Disabled: &yes})
	wantKind(t, err, fault.Conflict)
	wantKind(t, d.Delete(t.Context(), ws, first.ID), fault.Conflict)
	create(t, d, "b@example.com", account.RoleAdministrator)
	if err := d.Delete(t.Context(), ws, first.ID); err != nil {
		t.Fatal(err)
	}
}

func TestFloodOfPasswordsClosesTheDoor(t *testing.T) {
	d, _, c := open(t)
	create(t, d, "lin@example.com", account.RoleAgent)
	for _, email := range []string{"lin@example.com", "nobody@example.com"} {
		var refused, closed int
		for i := range 15 {
			_, _, err := d.SignIn(t.Context(), ws, email, "guess", fmt.Sprintf("192.0.2.%d", i))
			switch fault.KindOf(err) {
			case fault.Unauthenticated:
				refused++
			case fault.Limited:
				closed++
				var until *account.Closed
				if !errors.As(err, &until) || until.For <= 0 {
					t.Errorf("%s: limited without a time: %v", email, err)
				}
			default:
				t.Fatalf("guess %d: %v", i, err)
			}
		}
		if refused != 10 || closed != 5 {
			t.Errorf("%s: %d refused and %d limited, want 10 and 5 whether or not the account exists", email, refused, closed)
		}
	}
	if _, _, err := d.SignIn(t.Context(), ws, "lin@example.com", "correct horse", "198.51.100.7"); !fault.Is(err, fault.Limited) {
		t.Errorf("right password while closed: %v", err)
	}
	c.add(15 * time.Minute)
	if _, _, err := d.SignIn(t.Context(), ws, "lin@example.com", "correct horse", "198.51.100.7"); err != nil {
		t.Errorf("right password after the window: %v", err)
	}
	// Many accounts from one address: spraying.
	limited := 0
	for i := range 40 {
		_, _, err := d.SignIn(t.Context(), ws, fmt.Sprintf("user%d@example.com", i), "guess", "203.0.113.5")
		if fault.Is(err, fault.Limited) {
			limited++
		}
	}
	if limited != 10 {
		t.Errorf("%d of 40 sprayed guesses were limited, want 10", limited)
	}
}

func TestOldVersionLoses(t *testing.T) {
	d, db, _ := open(t)
	a := create(t, d, "lin@example.com", account.RoleAgent)
	name := "Lin Chen"
	if _, err := d.Update(t.Context(), ws, a.ID, account.Patch{Name: &name}); err != nil {
		t.Fatal(err)
	}
	_, err := db.Accounts().PutAccount(t.Context(), a)
	wantKind(t, err, fault.Conflict)
	a.ID = "nobody"
	_, err = db.Accounts().PutAccount(t.Context(), a)
	wantKind(t, err, fault.NotFound)
}

func TestRunSweepsAndEnds(t *testing.T) {
	d, db, c := open(t)
	create(t, d, "lin@example.com", account.RoleAgent)
	_, who, err := d.SignIn(t.Context(), ws, "lin@example.com", "correct horse", "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	c.add(2 * time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	for {
		if _, _, err := db.Accounts().Session(t.Context(), who.Session); fault.Is(err, fault.NotFound) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
