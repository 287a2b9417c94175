package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/testenv"
)

// as returns a DSN of another role.
func as(t *testing.T, dsn, role string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(role, "secret")
	return u.String()
}

// An owner without further rights makes the tables and serves behind the wall; a
// node's own role, that owns nothing, serves what the owner has made.
func TestRoles(t *testing.T) {
	dsn := testenv.Postgres(t)
	n := rand.Uint64()
	owner, node := fmt.Sprintf("fdtest_owner_%d", n), fmt.Sprintf("fdtest_node_%d", n)
	db, err := Open(t.Context(), testenv.Postgres(t), nil) // makes frontdesk_app, which is the whole server's
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	u, _ := url.Parse(dsn)
	name := strings.TrimPrefix(u.Path, "/")
	admin(t, dsn, fmt.Sprintf(`
		CREATE EXTENSION vector;
		CREATE ROLE %[1]s LOGIN PASSWORD 'secret';
		CREATE ROLE %[2]s LOGIN PASSWORD 'secret';
		GRANT frontdesk_app TO %[2]s;
		ALTER DATABASE %[3]s OWNER TO %[1]s;
		GRANT CREATE ON SCHEMA public TO %[1]s`, owner, node, name))
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.WithoutCancel(t.Context()), dsn)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // the statement's error counts
		if _, err := conn.Exec(context.WithoutCancel(t.Context()), fmt.Sprintf(`DROP OWNED BY %[1]s, %[2]s CASCADE; ALTER DATABASE %[3]s OWNER TO postgres; DROP ROLE %[1]s; DROP ROLE %[2]s`, owner, node, name)); err != nil {
			t.Error(err)
		}
	})
	tables := func(ctx context.Context, pool *pgxpool.Pool) error {
		_, err := pool.Exec(ctx, `CREATE TABLE IF NOT EXISTS of_others (id bigserial PRIMARY KEY)`)
		return err
	}
	seen := func(db *DB, who string) {
		t.Helper()
		ask(t, db, "ours", id.New())
		var ours, theirs int
		for ws, into := range map[id.Workspace]*int{"ours": &ours, "theirs": &theirs} {
			if err := db.read(t.Context(), ws, func(q queue) {
				var found bool
				value(q, &found, []any{into}, `SELECT count(*) FROM events`)
			}); err != nil {
				t.Fatal(err)
			}
		}
		if ours == 0 || theirs != 0 {
			t.Errorf("%s: %d events of our workspace and %d of another are seen, want some and none", who, ours, theirs)
		}
	}
	db, err = Open(t.Context(), as(t, dsn, owner), &Options{Tables: tables})
	if err != nil {
		t.Fatalf("owner: %v", err)
	}
	defer db.Close()
	seen(db, "owner")
	db, err = Open(t.Context(), as(t, dsn, node), &Options{Tables: func(context.Context, *pgxpool.Pool) error { return nil }})
	if err != nil {
		t.Fatalf("node: %v", err)
	}
	defer db.Close()
	seen(db, "node")
	if _, err := db.pool.Exec(t.Context(), `INSERT INTO of_others DEFAULT VALUES`); err != nil {
		t.Errorf("the node may not use tables of others: %v", err)
	}
	if _, err := db.pool.Exec(t.Context(), `DROP TABLE events`); code(err) != codeNotAllowed {
		t.Errorf("a node could drop a table: %v", err)
	}

	// The index of the vectors is made by the owner only, and then serves the node.
	nothing := func(context.Context, *pgxpool.Pool) error { return nil }
	vectors := &Options{Vectors: axes(t, 3), Tables: nothing}
	if _, err := Open(t.Context(), as(t, dsn, node), vectors); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Message(err), "frontdesk migrate") {
		t.Errorf("a node without the index: %v, want an Invalid that names frontdesk migrate", err)
	}
	for _, who := range []string{owner, node} {
		db, err := Open(t.Context(), as(t, dsn, who), vectors)
		if err != nil {
			t.Fatalf("%s with vectors: %v", who, err)
		}
		defer db.Close()
	}
}
