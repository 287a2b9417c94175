package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	files "github.com/frontdesk-chat/frontdesk/internal/upload"
)

// AccountStores are the contracts about people of one empty database.
type AccountStores struct {
	Accounts account.Store
	Uploads  files.Store
	Timeline bot.Timeline
	Lists    Lists
}

// Lists answers what lists and senders ask besides the timeline.
type Lists interface {
	Counts
	Sends
}

// RunAccounts exercises an engine's stores of accounts, visitors, inboxes and
// uploads. open returns an empty database that ends with the test it was opened for.
func RunAccounts(t *testing.T, open func(t *testing.T) AccountStores) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, s AccountStores)
	}{
		{"Accounts", testAccounts},
		{"AccountsTogether", testAccountsTogether},
		{"Sessions", testSessions},
		{"Visitors", testVisitors},
		{"MergeVisitor", testMergeVisitor},
		{"Inboxes", testInboxes},
		{"Uploads", testUploads},
		{"Counts", testCounts},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

const other = id.Workspace("other")

func someAccount(email string) account.Account {
	return account.Account{
		Workspace: workspace, ID: id.New(), Email: email, Name: "Lin", Roles: []account.Role{account.RoleAgent, account.RoleEditor},
		Skills: []string{"lang:zh"}, Capacity: 3, Weight: 150, Ramp: 20 * time.Minute, Password: "hash", CreatedAt: start, UpdatedAt: start,
	}
}

// Several accounts are stored together or not at all.
func testAccountsTogether(t *testing.T, s AccountStores) {
	ctx := t.Context()
	a, b, taken := someAccount("a@example.com"), someAccount("b@example.com"), someAccount("A@example.com")
	taken.Email = a.Email
	_, err := s.Accounts.PutAccounts(ctx, []account.Account{a, b, taken})
	wantKind(t, "an address twice", err, fault.Conflict)
	wantKind(t, "nothing of it stays", errOf(s.Accounts.Account(ctx, workspace, a.ID)), fault.NotFound)
	got, err := s.Accounts.PutAccounts(ctx, []account.Account{a, b})
	if err != nil || len(got) != 2 || got[0].Version != 1 {
		t.Fatalf("put %+v, %v", got, err)
	}
	got[0].Name, got[1].Version = "New", 7
	_, err = s.Accounts.PutAccounts(ctx, got)
	wantKind(t, "one that moved on", err, fault.Conflict)
	stored, err := s.Accounts.Account(ctx, workspace, a.ID)
	a.Version = 1
	if err != nil || !cmp.Equal(stored, a) {
		t.Errorf("a changed all the same: %+v, %v", stored, err)
	}
	if got, err := s.Accounts.PutAccounts(ctx, nil); err != nil || len(got) != 0 {
		t.Errorf("put nobody: %v, %v", got, err)
	}
}

func testAccounts(t *testing.T, s AccountStores) {
	ctx := t.Context()
	a := someAccount("b@example.com")
	stored, err := s.Accounts.PutAccount(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	a.Version = 1
	wantSame(t, "stored account", stored, a)
	for what, read := range map[string]func() (account.Account, error){
		"by ID":    func() (account.Account, error) { return s.Accounts.Account(ctx, workspace, a.ID) },
		"by email": func() (account.Account, error) { return s.Accounts.AccountByEmail(ctx, workspace, a.Email) },
	} {
		got, err := read()
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, what, got, a)
	}
	_, err = s.Accounts.PutAccount(ctx, someAccount("b@example.com"))
	wantKind(t, "the address again", err, fault.Conflict)
	elsewhere := someAccount("b@example.com")
	elsewhere.Workspace = other
	if _, err := s.Accounts.PutAccount(ctx, elsewhere); err != nil {
		t.Errorf("the address in another workspace: %v", err)
	}
	changed := a
	changed.Name, changed.Disabled, changed.UpdatedAt = "Lin Chen", true, start.Add(time.Hour)
	if changed, err = s.Accounts.PutAccount(ctx, changed); err != nil || changed.Version != 2 {
		t.Fatalf("changed to %+v, %v", changed, err)
	}
	_, err = s.Accounts.PutAccount(ctx, a)
	wantKind(t, "an old version", err, fault.Conflict)
	gone := someAccount("x@example.com")
	gone.Version = 1
	_, err = s.Accounts.PutAccount(ctx, gone)
	wantKind(t, "one that is not there", err, fault.NotFound)
	_, err = s.Accounts.Account(ctx, other, a.ID)
	wantKind(t, "from another workspace", err, fault.NotFound)
	for _, email := range []string{"c@example.com", "a@example.com"} {
		if _, err := s.Accounts.PutAccount(ctx, someAccount(email)); err != nil {
			t.Fatal(err)
		}
	}
	var emails []string
	for after := ""; ; {
		page, err := s.Accounts.Accounts(ctx, workspace, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page {
			emails = append(emails, p.Email)
			after = p.Email
		}
		if len(page) < 2 {
			break
		}
	}
	wantSame(t, "accounts", emails, []string{"a@example.com", "b@example.com", "c@example.com"})
	if err := s.Accounts.DeleteAccount(ctx, workspace, a.ID); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "deleting twice", s.Accounts.DeleteAccount(ctx, workspace, a.ID), fault.NotFound)
}

func testSessions(t *testing.T, s AccountStores) {
	ctx := t.Context()
	a, err := s.Accounts.PutAccount(ctx, someAccount("a@example.com"))
	if err != nil {
		t.Fatal(err)
	}
	put := func(hash string, created, seen time.Time) account.Session {
		t.Helper()
		v := account.Session{Hash: hash, Workspace: workspace, Account: a.ID, Address: "192.0.2.1", CreatedAt: created, SeenAt: seen}
		if err := s.Accounts.PutSession(ctx, v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	there := func(hash string) bool {
		t.Helper()
		_, _, err := s.Accounts.Session(ctx, hash)
		if err != nil {
			wantKind(t, "session "+hash, err, fault.NotFound)
		}
		return err == nil
	}
	v := put("h1", start, start)
	got, who, err := s.Accounts.Session(ctx, "h1")
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "session", got, v)
	wantSame(t, "its account", who, a)
	for _, at := range []time.Time{start.Add(time.Hour), start.Add(time.Minute)} { // a late touch moves nothing back
		if err := s.Accounts.TouchSession(ctx, "h1", at); err != nil {
			t.Fatal(err)
		}
	}
	if got, _, _ := s.Accounts.Session(ctx, "h1"); !got.SeenAt.Equal(start.Add(time.Hour)) {
		t.Errorf("touched to %s, want an hour after the start", got.SeenAt)
	}
	if err := s.Accounts.TouchSession(ctx, "none", start); err != nil || there("none") {
		t.Errorf("touching none: %v", err)
	}
	put("h2", start, start)
	put("h3", start, start)
	if err := s.Accounts.DeleteSessions(ctx, workspace, a.ID, "h2"); err != nil {
		t.Fatal(err)
	}
	if there("h1") || !there("h2") || there("h3") {
		t.Error("all but one were to go")
	}
	put("old", start.Add(-time.Hour), start)
	put("idle", start, start.Add(-time.Hour))
	if err := s.Accounts.SweepSessions(ctx, start.Add(-time.Minute), start.Add(-time.Minute), start); err != nil {
		t.Fatal(err)
	}
	if there("old") || there("idle") || !there("h2") {
		t.Error("the sweep took the wrong ones")
	}
	if err := s.Accounts.DeleteAccount(ctx, workspace, a.ID); err != nil || there("h2") {
		t.Errorf("a session outlived its account: %v", err)
	}
}

func someVisitor(external string) account.Visitor {
	return account.Visitor{Workspace: workspace, ID: id.New(), Inbox: "shop", External: external, Name: "Ana", Email: "ana@example.com", Language: "zh", CreatedAt: start, UpdatedAt: start}
}

func session(v account.Visitor, hash string) account.VisitorSession {
	return account.VisitorSession{Hash: hash, Workspace: v.Workspace, Visitor: v.ID, Inbox: v.Inbox, CreatedAt: start, Expires: start.Add(time.Hour)}
}

func testVisitors(t *testing.T, s AccountStores) {
	ctx := t.Context()
	v := someVisitor("customer-7")
	spent := account.Spent{Hash: "jwt", Expires: start.Add(time.Minute)}
	if err := s.Accounts.PutVisitor(ctx, v, session(v, "h1"), spent); err != nil {
		t.Fatal(err)
	}
	vs, got, err := s.Accounts.VisitorSession(ctx, "h1")
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "visitor session", vs, session(v, "h1"))
	wantSame(t, "its visitor", got, v)
	if got, err = s.Accounts.VisitorByExternal(ctx, workspace, "shop", "customer-7"); err != nil || !cmp.Equal(got, v) {
		t.Errorf("by the site's ID: %+v %v", got, err)
	}
	for what, err := range map[string]error{
		"another inbox": errOf(s.Accounts.VisitorByExternal(ctx, workspace, "blog", "customer-7")),
		"no name":       errOf(s.Accounts.VisitorByExternal(ctx, workspace, "shop", "")),
		"elsewhere":     errOf(s.Accounts.Visitor(ctx, other, v.ID)),
	} {
		wantKind(t, what, err, fault.NotFound)
	}
	w := someVisitor("")
	wantKind(t, "a spent token", s.Accounts.PutVisitor(ctx, w, session(w, "h2"), spent), fault.Conflict)
	wantKind(t, "nothing of it stays", errOf(s.Accounts.Visitor(ctx, workspace, w.ID)), fault.NotFound)
	w.External = "customer-7"
	wantKind(t, "somebody else's ID", s.Accounts.PutVisitor(ctx, w, account.VisitorSession{}, account.Spent{}), fault.Conflict)
	v.Name, v.UpdatedAt, v.Attributes = "Ana B", start.Add(time.Minute), map[string]string{"tier": "vip", "plan": "專業"}
	if err := s.Accounts.PutVisitor(ctx, v, account.VisitorSession{}, account.Spent{}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Accounts.Visitor(ctx, workspace, v.ID); err != nil || !cmp.Equal(got, v) {
		t.Errorf("changed to %+v %v", got, err)
	}
	if err := s.Accounts.ExtendVisitorSession(ctx, "h1", start.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := s.Accounts.SweepSessions(ctx, start, start, start.Add(90*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Accounts.VisitorSession(ctx, "h1"); err != nil {
		t.Errorf("an extended session was swept: %v", err)
	}
	// The mark may go when its token expired: the token is refused for that then.
	if err := s.Accounts.PutVisitor(ctx, v, session(v, "h4"), spent); err != nil {
		t.Errorf("an expired mark stayed: %v", err)
	}
	if err := s.Accounts.DeleteVisitorSession(ctx, "h1"); err != nil {
		t.Fatal(err)
	}
	_, _, err = s.Accounts.VisitorSession(ctx, "h1")
	wantKind(t, "deleted session", err, fault.NotFound)
}

func errOf[T any](_ T, err error) error { return err }
