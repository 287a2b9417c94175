package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/testenv"
)

func TestMain(m *testing.M) {
	// The shared server outlives the tests; its guard waits for it.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/frontdesk-chat/frontdesk/internal/testenv.(*Server).Start.func1"))
}

func TestBothEnginesHaveTheSameVersions(t *testing.T) {
	list := func(dir string) (out []string) {
		all, err := filepath.Glob(filepath.Join(dir, "*.sql"))
		if err != nil || len(all) == 0 {
			t.Fatalf("%s: %d files, %v", dir, len(all), err)
		}
		for _, f := range all {
			out = append(out, filepath.Base(f))
		}
		return out
	}
	ours, theirs := list("migrations"), list("../sqlite/migrations")
	if !slices.Equal(ours, theirs) {
		t.Errorf("migrations differ: %q, sqlite has %q", ours, theirs)
	}
}

func TestStartUpSaysWhatIsWrong(t *testing.T) {
	good := testenv.Postgres(t)
	u, err := url.Parse(good)
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(u *url.URL)) string {
		v := *u
		change(&v)
		return v.String()
	}
	closed, err := testenv.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, dsn string
		kind      fault.Kind
		says      string
	}{
		{"no DSN", "postgres://nowhere:port:5/", fault.Invalid, "cannot be read"},
		{"nobody listens", with(func(u *url.URL) { u.Host = fmt.Sprint("127.0.0.1:", closed) }), fault.Unavailable, "cannot be reached"},
		{"no such database", with(func(u *url.URL) { u.Path = "/nothing_here" }), fault.Invalid, "does not exist"},
		{"no such user", with(func(u *url.URL) { u.User = url.User("nobody_here") }), fault.Invalid, "refuses the user"},
		{"read-only", with(func(u *url.URL) { u.RawQuery += "&default_transaction_read_only=on" }), fault.Unavailable, "takes no writes"},
	} {
		db, err := Open(t.Context(), c.dsn, nil)
		if fault.KindOf(err) != c.kind || !strings.Contains(fault.Message(err), c.says) {
			t.Errorf("%s: %v, want %s that says %q", c.name, err, c.kind, c.says)
		}
		if db != nil {
			t.Errorf("%s: a database was opened", c.name)
		}
	}
	for _, c := range []struct {
		version             int
		readOnly            bool
		available, extended string
		says                string
	}{
		{140012, false, "0.8.0", "", "PostgreSQL 14"},
		{150004, true, "0.8.0", "", "standby"},
		{160001, false, "", "", "postgresql-16-pgvector"},
		{160001, false, "0.7.4", "", "newer package"},
		{160001, false, "0.8.0", "0.5.1", "ALTER EXTENSION"},
	} {
		if err := lacks(c.version, c.readOnly, c.available, c.extended); !strings.Contains(fault.Message(err), c.says) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for _, ok := range [][2]string{{"0.8.0", ""}, {"0.8.1", "0.8.0"}, {"1.0", "0.10.2"}} {
		if err := lacks(150000, false, ok[0], ok[1]); err != nil {
			t.Errorf("%v: %v", ok, err)
		}
	}
}

// Many nodes start at once on an empty database.
func TestOpenInParallel(t *testing.T) {
	dsn := testenv.Postgres(t)
	ended := make(chan error, 4)
	for range 4 {
		go func() {
			db, err := Open(t.Context(), dsn, nil)
			if err == nil {
				err = db.Close()
			}
			ended <- err
		}()
	}
	for range 4 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// admin runs a statement as the role of the DSN, in front of the wall.
func admin(t testing.TB, dsn, query string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // the statement's error counts
	if _, err := conn.Exec(t.Context(), query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// F-32: whatever a statement asks for, with one workspace named it sees and changes
// nothing of another.
func TestWall(t *testing.T) {
	dsn := testenv.Postgres(t)
	db, err := Open(t.Context(), dsn, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ask(t, db, "theirs", id.New())
	ask(t, db, "ours", id.New())
	if err := db.Enqueue(t.Context(), "import", "theirs", "x"); err != nil {
		t.Fatal(err)
	}
	admin(t, dsn, `
		INSERT INTO agents (workspace, id, name, capacity, duty) VALUES ('theirs', 'a', 'A', 1, 'on');
		INSERT INTO accounts (workspace, id, email, name, roles, skills, capacity, password, version, created_at, updated_at)
			VALUES ('theirs', 'a', 'a@b', 'A', '[]', '[]', 1, 'x', 1, 0, 0);
		INSERT INTO documents (workspace, id, path, kind, status, version, title, language, hash, created_at, updated_at)
			VALUES ('theirs', 'd', 'p', 'page', 'published', 1, 'T', 'en', 'h', 0, 0)`)
	var tables []string
	if err := db.read(t.Context(), everywhere, func(q queue) {
		all(q, &tables, pgx.RowTo[string], `
			SELECT c.table_name FROM information_schema.columns c JOIN pg_tables t ON t.tablename = c.table_name AND t.schemaname = c.table_schema
			WHERE c.table_schema = current_schema() AND c.column_name = 'workspace' ORDER BY 1`)
	}); err != nil {
		t.Fatal(err)
	}
	if len(tables) < 20 {
		t.Fatalf("only %d tables have a workspace: %q", len(tables), tables)
	}
	rows := 0
	for _, table := range tables {
		var visible, every, changed, deleted int64
		count := func(ws id.Workspace, into *int64) {
			t.Helper()
			if err := db.read(t.Context(), ws, func(q queue) {
				var found bool
				value(q, &found, []any{into}, `SELECT count(*) FROM `+table+` WHERE workspace = 'theirs'`)
			}); err != nil {
				t.Fatal(err)
			}
		}
		count("ours", &visible)
		count(everywhere, &every)
		if err := db.write(t.Context(), "ours", func(_ context.Context, tx *tx) error {
			tx.count(&changed, `UPDATE `+table+` SET workspace = 'ours' WHERE workspace = 'theirs'`)
			tx.count(&deleted, `DELETE FROM `+table+` WHERE workspace = 'theirs'`)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if visible+changed+deleted != 0 {
			t.Errorf("%s: ours saw %d, changed %d and deleted %d rows of theirs", table, visible, changed, deleted)
		}
		rows += int(every)
	}
	if rows < 7 {
		t.Errorf("only %d rows of theirs were there to be seen", rows)
	}
	// Nor can a row be put there, and without a workspace nothing is seen at all.
	err = db.write(t.Context(), "ours", func(_ context.Context, tx *tx) error {
		tx.exec(`INSERT INTO outbox (kind, workspace, subject, created_at) VALUES ('x', 'theirs', 'x', 0)`)
		return nil
	})
	if code(err) != codeNotAllowed {
		t.Errorf("a row was put into another workspace: %v", err)
	}
	var n int64
	if err := db.pool.QueryRow(t.Context(), `SELECT count(*) FROM events`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d events seen without a workspace, %v", n, err)
	}
}

// ask stores a visitor's message in a new conversation.
func ask(t testing.TB, db *DB, ws bot.WorkspaceID, conv string) bot.Written {
	t.Helper()
	w, err := open(t.Context(), db, ws, conv)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func open(ctx context.Context, db *DB, ws bot.WorkspaceID, conv string) (bot.Written, error) {
	by := bot.Author{Kind: bot.AuthorVisitor, ID: "v"}
	return db.Conversations().Open(ctx, bot.Conversation{Workspace: ws, Inbox: "site", Visitor: "v", ClientConvID: conv},
		bot.Key{Sender: by, ClientMsgID: conv, Digest: "d"}, func(bot.Conversation) (bot.Change, error) {
			return bot.Change{Owe: true, Events: []bot.NewEvent{{Kind: bot.EventMessage, Author: by, Visible: true, Body: bot.Body{Text: "hello"}}}}, nil
		})
}

func TestErrorsByCode(t *testing.T) {
	for code, want := range map[string]struct {
		kind fault.Kind
		says string
	}{
		"53100": {fault.Unavailable, "full"},
		"25006": {fault.Unavailable, "read-only"},
		"40001": {fault.Unavailable, "busy"},
		"23505": {fault.Conflict, "exists"},
		"23514": {fault.Conflict, "exists"},
		"57P01": {fault.Unavailable, "cannot be used"},
		"54000": {fault.Limited, "too large"},
		"42601": {fault.Internal, "our side"},
	} {
		err := translate(&pgconn.PgError{Code: code})
		if fault.KindOf(err) != want.kind || !strings.Contains(fault.Message(err), want.says) {
			t.Errorf("%s: %v, want %s that says %q", code, err, want.kind, want.says)
		}
	}
	if err := translate(fmt.Errorf("%w: %w", errLost, context.DeadlineExceeded)); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a lost connection is %v", err)
	}
	refused := fault.New(fault.Denied, "No.")
	if err := translate(refused); !errors.Is(err, refused) {
		t.Errorf("a fault became %v", err)
	}
}

func TestPanicOfARuleHurtsNobody(t *testing.T) {
	db := openTest(t)
	w := ask(t, db, "w", id.New())
	_, err := db.Conversations().Write(t.Context(), "w", w.Conversation.ID, bot.Key{}, func(bot.Conversation) (bot.Change, error) { panic("broken rule") })
	if !fault.Is(err, fault.Internal) || !strings.Contains(err.Error(), "broken rule") {
		t.Errorf("got %v, want Internal with the panic", err)
	}
	ask(t, db, "w", id.New())
}

func TestClosed(t *testing.T) {
	db := openTest(t)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if _, err := open(t.Context(), db, "w", id.New()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("write after Close: %v, want Unavailable", err)
	}
}

// The time is the database's, not this machine's, and never goes back.
func TestNowIsTheDatabases(t *testing.T) {
	db := openTest(t)
	var micros int64
	if err := db.pool.QueryRow(t.Context(), `SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`).Scan(&micros); err != nil {
		t.Fatal(err)
	}
	apart := db.Now().Sub(time.UnixMicro(micros))
	if apart.Abs() > time.Second {
		t.Errorf("Now is %v from the database's", apart)
	}
	// A database ten minutes ahead is followed, whatever the wall clock here says.
	db.clock.mu.Lock()
	db.clock.base = db.clock.base.Add(10 * time.Minute)
	db.clock.mu.Unlock()
	ahead := db.Now()
	if ahead.Sub(time.UnixMicro(micros)) < 9*time.Minute {
		t.Errorf("Now does not follow the reading")
	}
	// … and when it was set back, so are we: another server may answer now.
	if err := db.measure(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now := db.Now(); now.Sub(time.UnixMicro(micros)) > time.Minute {
		t.Errorf("Now is %v ahead after the database's clock was set", now.Sub(time.UnixMicro(micros)))
	}
	last := db.Now()
	for range 1000 {
		now := db.Now()
		if now.Before(last) {
			t.Fatalf("Now went back from %v to %v", last, now)
		}
		last = now
	}
}

// A dump of another server has rows of transactions that this one has yet to see.
func TestRestoredDump(t *testing.T) {
	dsn := testenv.Postgres(t)
	db, err := Open(t.Context(), dsn, nil)
	if err != nil {
		t.Fatal(err)
	}
	start, err := db.Conversations().Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ask(t, db, "w", id.New())
	epoch, err := db.Conversations().Epoch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	admin(t, dsn, `UPDATE events SET xid = '999999999'`)
	if db, err = Open(t.Context(), dsn, nil); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if again, err := db.Conversations().Epoch(t.Context()); err != nil || again == epoch {
		t.Errorf("the epoch is still %q, %v", again, err)
	}
	p, err := db.Conversations().Changes(t.Context(), start, 10)
	if err != nil || len(p.Rows) != 1 || p.Lag != 0 {
		t.Errorf("the feed has %d rows, lag %v, %v; want the restored one", len(p.Rows), p.Lag, err)
	}
}

// cut is a way to the database that swallows replies once told to, and breaks the
// connections they were for.
type cut struct {
	net.Listener
	to      string
	swallow atomic.Bool
}

func (c *cut) serve() {
	for {
		client, err := c.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", c.to)
		if err != nil {
			client.Close()
			continue
		}
		go func() {
			_, _ = io.Copy(server, client)
			server.Close()
		}()
		go func() {
			buf := make([]byte, 1<<16)
			for {
				n, err := server.Read(buf)
				if err != nil || c.swallow.Swap(false) {
					break
				}
				if _, err := client.Write(buf[:n]); err != nil {
					break
				}
			}
			client.Close()
			server.Close()
		}()
	}
}

// openCut opens a database of the test's own through a cut.
func openCut(t *testing.T) (*DB, *cut) {
	t.Helper()
	u, err := url.Parse(testenv.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cut{Listener: l, to: u.Host}
	go c.serve()
	t.Cleanup(func() { l.Close() })
	u.Host = l.Addr().String()
	db, err := Open(t.Context(), u.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db, c
}

// F-15: the connection dies between COMMIT and its reply. The sender is told that
// it is not known, tries again, and the message is there once.
func TestReplyToCommitIsLost(t *testing.T) {
	db, c := openCut(t)
	s := db.Conversations()
	conv := ask(t, db, "w", id.New()).Conversation.ID
	by := bot.Author{Kind: bot.AuthorVisitor, ID: "v"}
	for i := range 20 {
		key := bot.Key{Sender: by, ClientMsgID: id.New(), Digest: "d"}
		cutting := true
		write := func() (bot.Written, error) {
			return s.Write(t.Context(), "w", conv, key, func(bot.Conversation) (bot.Change, error) {
				c.swallow.Store(cutting) // what is sent next is the change with its commit
				cutting = false
				return bot.Change{Events: []bot.NewEvent{{Kind: bot.EventMessage, Author: by, Visible: true, Body: bot.Body{Text: "hello"}}}}, nil
			})
		}
		if _, err := write(); !fault.Is(err, fault.Unavailable) {
			t.Fatalf("%d: got %v, want Unavailable", i, err)
		}
		w, err := write()
		if err != nil || w.Conversation.Seq != int64(i+2) {
			t.Fatalf("%d: the retry gave seq %d, %v", i, w.Conversation.Seq, err)
		}
	}
	p, err := s.Events(t.Context(), bot.EventQuery{Workspace: "w", Conversation: conv, View: bot.ViewAgent, Limit: 100})
	if err != nil || len(p.Events) != 21 {
		t.Errorf("%d events, %v; want 21", len(p.Events), err)
	}
}

// The server restarts under us, and a standby takes over: writing goes on by itself.
func TestServerRestartsAndFailsOver(t *testing.T) {
	if testing.Short() {
		t.Skip("starts two servers")
	}
	ctx := t.Context()
	p, err := testenv.StartPostgres(ctx, testenv.Options{Durable: true})
	if errors.Is(err, testenv.ErrNoPostgres) {
		testenv.Absent(t, "%v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	standby, err := p.Standby(ctx, testenv.Options{Durable: true}, true)
	if err != nil {
		t.Fatal(err)
	}
	defer standby.Close()
	if _, err := Open(ctx, standby.DSN("postgres"), nil); !fault.Is(err, fault.Unavailable) || !strings.Contains(fault.Message(err), "standby") {
		t.Errorf("the standby alone: %v, want Unavailable that says so", err)
	}
	both := fmt.Sprintf("postgres://postgres@127.0.0.1:%d,127.0.0.1:%d/postgres?sslmode=disable", standby.Port, p.Port)
	db, err := Open(ctx, both, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var acked []bot.ConversationID
	until := func(what string) {
		t.Helper()
		conv := id.New()
		for deadline := time.Now().Add(15 * time.Second); ; {
			w, err := open(ctx, db, "w", conv)
			if err == nil {
				acked = append(acked, w.Conversation.ID)
				return
			}
			if !fault.Is(err, fault.Unavailable) || time.Now().After(deadline) {
				t.Fatalf("%s: %v", what, err)
			}
		}
	}
	until("before")
	was := placesOf(t, db)
	if err := p.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	until("after the restart")
	if is := placesOf(t, db); is.epoch != was.epoch {
		t.Errorf("after a restart the epoch is %q, was %q", is.epoch, was.epoch)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := open(ctx, db, "w", id.New()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("without a server: %v, want Unavailable", err)
	}
	if err := standby.Promote(ctx); err != nil {
		t.Fatal(err)
	}
	until("after the failover")
	// The standby's history is another one, of the same database.
	is := placesOf(t, db)
	same, _, _ := strings.Cut(was.epoch, ".")
	if is.epoch == was.epoch || !strings.HasPrefix(is.epoch, same+".") {
		t.Errorf("after the failover the epoch is %q, was %q", is.epoch, was.epoch)
	}
	if _, err := db.Conversations().Changes(ctx, was.feed, 10); !fault.Is(err, fault.Invalid) {
		t.Errorf("a place in the feed of before: %v, want Invalid", err)
	}
	if _, _, err := db.Knowledge().DocumentChanges(ctx, "m", was.documents, 10, nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("a place in the feed of documents of before: %v, want Invalid", err)
	}
	if _, err := db.Conversations().Changes(ctx, is.feed, 10); err != nil {
		t.Errorf("a place of now: %v", err)
	}
	for _, c := range acked {
		if _, err := db.Conversations().Conversation(ctx, "w", c); err != nil {
			t.Errorf("an acknowledged conversation is gone: %v", err)
		}
	}
}

// places are where a reader of everything stands.
type places struct{ epoch, feed, documents string }

func placesOf(t *testing.T, db *DB) (p places) {
	t.Helper()
	var errs [3]error
	p.epoch, errs[0] = db.Conversations().Epoch(t.Context())
	p.feed, errs[1] = db.Conversations().Head(t.Context())
	p.documents, errs[2] = db.Knowledge().DocumentHead(t.Context())
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return p
}
