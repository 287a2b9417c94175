package jobs_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/jobs"
	"github.com/frontdesk-chat/frontdesk/internal/postgres"
	"github.com/frontdesk-chat/frontdesk/internal/testenv"
)

// node runs a queue over a shared database until the returned function is called.
func node(t *testing.T, dsn string, handler jobs.Handler) (db *postgres.DB, stop func()) {
	t.Helper()
	db, err := postgres.Open(t.Context(), dsn, &postgres.Options{Tables: jobs.Tables})
	if err != nil {
		t.Fatal(err)
	}
	q, err := jobs.OpenPostgres(db.Connections(), db, db.Alone, map[jobs.Kind]jobs.Handler{jobs.Train: handler}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	return db, func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Two nodes share the work, one job of a kind in a workspace at a time; what a node
// was at when it stopped, the other takes up.
func TestNodesShareJobs(t *testing.T) {
	dsn := testenv.Postgres(t)
	begun, goOn := make(chan string, 10), make(chan struct{})
	handler := func(name string) jobs.Handler {
		return func(ctx context.Context, j jobs.Job) error {
			begun <- name + " " + j.Subject
			select {
			case <-goOn:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	a, stopA := node(t, dsn, handler("a"))
	for _, subject := range []string{"one", "two"} {
		if err := a.Enqueue(t.Context(), string(jobs.Train), "shop", subject); err != nil {
			t.Fatal(err)
		}
	}
	first := <-begun
	_, stopB := node(t, dsn, handler("b"))
	stopA() // while it works
	again := <-begun
	if first[2:] != again[2:] || again[:1] != "b" {
		// b may have met the other job first; then the interrupted one comes next.
		goOn <- struct{}{}
		again = <-begun
	}
	if len(begun) > 0 {
		t.Error("two jobs of a workspace run at once")
	}
	if again[2:] != first[2:] {
		t.Errorf("begun %q, then %q: the interrupted job was not taken up", first, again)
	}
	stopB()
}
