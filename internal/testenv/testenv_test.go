package testenv_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/frontdesk-chat/frontdesk/internal/testenv"
)

func TestMain(m *testing.M) {
	// The shared server outlives the test program; its guard waits for it.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/frontdesk-chat/frontdesk/internal/testenv.(*Server).Start.func1"))
}

func ask(t *testing.T, dsn, query string) (got string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // only read
	if err := conn.QueryRow(t.Context(), query).Scan(&got); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return got
}

func TestDatabasesAreFreshAndHaveVectors(t *testing.T) {
	a, b := testenv.Postgres(t), testenv.Postgres(t)
	if a == b {
		t.Fatalf("the same database twice: %s", a)
	}
	if got := ask(t, a, `SELECT default_version FROM pg_available_extensions WHERE name = 'vector'`); got < "0.8" {
		t.Errorf("pgvector is %s", got)
	}
	for _, dsn := range []string{a, b} {
		if got := ask(t, dsn, `SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public'`); got != "0" {
			t.Errorf("%s has %s tables already", dsn, got)
		}
	}
}

func TestRedisAnswers(t *testing.T) {
	if url := testenv.Redis(t); url == "" {
		t.Error("no address")
	}
}

// A synchronous standby has every commit that the primary acknowledged, also when
// the primary dies at once.
func TestStandbyTakesOver(t *testing.T) {
	if testing.Short() {
		t.Skip("starts two servers")
	}
	p, err := testenv.StartPostgres(t.Context(), testenv.Options{Durable: true})
	if errors.Is(err, testenv.ErrNoPostgres) {
		testenv.Absent(t, "%v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	closed := func(s *testenv.Server) func() {
		return func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(closed(p))
	s, err := p.Standby(t.Context(), testenv.Options{Durable: true}, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closed(s))
	for _, q := range []string{`CREATE TABLE kept (n int)`, `INSERT INTO kept VALUES (7)`} {
		if err := p.Exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := s.Promote(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, s.DSN("postgres"), `SELECT n::text FROM kept`); got != "7" {
		t.Errorf("the standby has %s, want 7", got)
	}
	if err := s.Exec(t.Context(), `INSERT INTO kept VALUES (8)`); err != nil {
		t.Errorf("the promoted standby takes no writes: %v", err)
	}
}
