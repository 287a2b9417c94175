package postgres

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/testenv"
)

// A program runs on the tables of a newer one exactly when that one lets it.
func TestTablesOfANewerProgram(t *testing.T) {
	dsn := testenv.Postgres(t)
	db, err := Open(t.Context(), dsn, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, known, err := db.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	newer := known + 2
	admin(t, dsn, fmt.Sprintf(`
		INSERT INTO goose_db_version (version_id, is_applied) VALUES (%d, true), (%d, true);
		ALTER TABLE events ADD COLUMN later bigint NOT NULL DEFAULT 7`, known+1, newer))
	for _, c := range []struct {
		name, says string
		starts     bool
	}{
		{"as old as the oldest", fmt.Sprintf(`UPDATE meta SET value = '%d' WHERE key = 'oldest_program'`, known), true},
		{"newer than the oldest", fmt.Sprintf(`UPDATE meta SET value = '%d' WHERE key = 'oldest_program'`, known-1), true},
		{"older than the oldest", fmt.Sprintf(`UPDATE meta SET value = '%d' WHERE key = 'oldest_program'`, known+1), false},
		{"the tables do not say", `DELETE FROM meta WHERE key = 'oldest_program'`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			admin(t, dsn, c.says)
			var log bytes.Buffer
			db, err := Open(t.Context(), dsn, &Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
			if !c.starts {
				if !fault.Is(err, fault.Conflict) || !strings.Contains(fault.Message(err), "newer") {
					t.Errorf("got %v, want a Conflict that speaks of a newer version", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			ask(t, db, "w", id.New())
			if have, _, err := db.Schema(t.Context()); err != nil || have != newer {
				t.Errorf("the tables are now %d, %v; want %d", have, err, newer)
			}
			if !strings.Contains(log.String(), "made by a newer program") {
				t.Errorf("the log does not say so: %s", log.String())
			}
		})
	}
}

// What the tables say is written at every start, and never lowered by a program
// that knows less.
func TestOldestProgramIsRemembered(t *testing.T) {
	dsn := testenv.Postgres(t)
	said := func() (oldest int64) {
		t.Helper()
		db, err := Open(t.Context(), dsn, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var found bool
		if err := db.read(t.Context(), everywhere, func(q queue) {
			value(q, &found, []any{&oldest}, `SELECT value::bigint FROM meta WHERE key = 'oldest_program'`)
		}); err != nil || !found {
			t.Fatalf("found %v, %v", found, err)
		}
		return oldest
	}
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	want, err := oldestProgram(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := said(); got != want {
		t.Errorf("new tables say %d, the migrations %d", got, want)
	}
	admin(t, dsn, `DELETE FROM meta WHERE key = 'oldest_program'`) // as a program before the rule left them
	if got := said(); got != want {
		t.Errorf("tables that did not say now say %d, the migrations %d", got, want)
	}
	admin(t, dsn, `UPDATE meta SET value = '1000' WHERE key = 'oldest_program'`)
	if got := said(); got != 1000 {
		t.Errorf("what said 1000 says %d", got)
	}
}

func TestEveryMigrationSaysTheOldestProgram(t *testing.T) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d migrations, %v", len(names), err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(migrations, name)
		if err != nil {
			t.Fatal(err)
		}
		version, err := goose.NumericComponent(name)
		if err != nil {
			t.Fatal(err)
		}
		oldest, err := oldestProgram(fstest.MapFS{"x.sql": {Data: text}})
		if err != nil || oldest < 1 || oldest > version {
			t.Errorf("%s: %d, %v; want a version up to its own", name, oldest, err)
		}
	}
	if oldest, err := oldestProgram(fstest.MapFS{"1.sql": {Data: []byte("-- +goose Up\n" + oldestLine + "1\n")}, "2.sql": {Data: []byte("-- +goose Up\n")}}); err == nil {
		t.Errorf("a migration that does not say is taken for one that says %d", oldest)
	}
}

// An index that is built concurrently waits for every older snapshot; nodes that
// wait for their turn must not hold one, or each waits for the other.
func TestIndexIsBuiltWhileANodeWaits(t *testing.T) {
	dsn := testenv.Postgres(t)
	db, err := Open(t.Context(), dsn, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	first, err := pgx.Connect(t.Context(), dsn) // a node that migrates
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // the test is over
	if _, err := first.Exec(t.Context(), `SELECT pg_advisory_lock($1)`, migrateLock); err != nil {
		t.Fatal(err)
	}
	second := make(chan error, 1)
	go func() {
		db, err := Open(t.Context(), dsn, nil)
		if err == nil {
			err = db.Close()
		}
		second <- err
	}()
	for start, waits := time.Now(), false; !waits; {
		if err := first.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity
			WHERE datname = current_database() AND query LIKE 'SELECT pg_%advisory_lock($1)' AND pid <> pg_backend_pid())`).Scan(&waits); err != nil {
			t.Fatal(err)
		}
		if time.Since(start) > 30*time.Second {
			t.Fatal("the second node does not ask for its turn")
		}
	}
	if _, err := first.Exec(t.Context(), `SET lock_timeout = '5s'`); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Exec(t.Context(), `CREATE INDEX CONCURRENTLY later ON events (at)`); err != nil {
		t.Errorf("an index beside a node that waits: %v", err)
	}
	select {
	case err := <-second:
		t.Fatalf("the second node did not wait: %v", err)
	default:
	}
	if _, err := first.Exec(t.Context(), `SELECT pg_advisory_unlock($1)`, migrateLock); err != nil {
		t.Fatal(err)
	}
	if err := <-second; err != nil {
		t.Error(err)
	}
}
