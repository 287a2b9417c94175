package jobs_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/jobs"
	"github.com/frontdesk-chat/frontdesk/internal/sqlite"
)

func TestMain(m *testing.M) {
	// The shared database server outlives the tests; its guard waits for it.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/frontdesk-chat/frontdesk/internal/testenv.(*Server).Start.func1"))
}

func openDB(t testing.TB, dir string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// start runs a queue until the returned function is called or the test ends.
func start(t testing.TB, dir string, db *sqlite.DB, handlers map[jobs.Kind]jobs.Handler) (q *jobs.Queue, stop func()) {
	t.Helper()
	q, err := jobs.Open(t.Context(), dir, db, handlers, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := q.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	t.Cleanup(stop)
	return q, stop
}

func enqueue(t testing.TB, db *sqlite.DB, kind jobs.Kind, subject string) {
	t.Helper()
	if err := db.Enqueue(t.Context(), string(kind), "shop", subject); err != nil {
		t.Fatal(err)
	}
}

// waiting counts what is in the outbox.
func waiting(t testing.TB, db *sqlite.DB) int {
	t.Helper()
	n := 0
	if err := db.Outbox(t.Context(), func(kind, workspace, subject string) (bool, error) { n++; return false, nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestJobsReachTheirHandlers(t *testing.T) {
	dir := t.TempDir()
	db := openDB(t, dir)
	got := make(chan string, 10)
	handler := func(_ context.Context, j jobs.Job) error {
		got <- fmt.Sprintf("%s %s %s %d", j.Kind, j.Workspace, j.Subject, j.Attempt)
		return nil
	}
	enqueue(t, db, jobs.Import, "before the start")
	enqueue(t, db, "other", "nobody handles this")
	q, stop := start(t, dir, db, map[jobs.Kind]jobs.Handler{jobs.Import: handler, jobs.Train: handler, jobs.Reindex: handler})
	if s := <-got; s != "import shop before the start 1" {
		t.Errorf("first job %q", s)
	}
	enqueue(t, db, jobs.Train, "intents")
	enqueue(t, db, jobs.Reindex, "all")
	q.Wake()
	rest := []string{<-got, <-got}
	slices.Sort(rest)
	if want := []string{"reindex shop all 1", "train shop intents 1"}; !slices.Equal(rest, want) {
		t.Errorf("jobs %q, want %q", rest, want)
	}
	stop()
	if n := waiting(t, db); n != 1 {
		t.Errorf("%d rows in the outbox, want the one that nobody handles", n)
	}
}

func TestOneJobAtATimeAndNoneTwice(t *testing.T) {
	dir := t.TempDir()
	db := openDB(t, dir)
	begun, goOn := make(chan string, 10), make(chan struct{})
	_, stop := start(t, dir, db, map[jobs.Kind]jobs.Handler{jobs.Train: func(ctx context.Context, j jobs.Job) error {
		begun <- j.Subject
		select {
		case <-goOn:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}})
	enqueue(t, db, jobs.Train, "a")
	if s := <-begun; s != "a" {
		t.Fatalf("begun %q", s)
	}
	enqueue(t, db, jobs.Train, "a") // while it runs: it may have missed what this is about
	enqueue(t, db, jobs.Train, "a") // while that waits: once is enough
	enqueue(t, db, jobs.Train, "b")
	goOn <- struct{}{}
	next := []string{<-begun}
	if len(begun) > 0 {
		t.Error("two jobs run at once")
	}
	goOn <- struct{}{}
	next = append(next, <-begun)
	slices.Sort(next)
	if !slices.Equal(next, []string{"a", "b"}) {
		t.Errorf("then %q, want a and b", next)
	}
	goOn <- struct{}{}
	stop()
	if n := waiting(t, db); n != 0 {
		t.Errorf("%d rows in the outbox, want none", n)
	}
	if len(begun) > 0 {
		t.Errorf("a further job ran: %q", <-begun)
	}
}

func TestRestartTakesJobsUpAgain(t *testing.T) {
	dir := t.TempDir()
	db := openDB(t, dir)
	begun := make(chan jobs.Job, 10)
	hang := func(ctx context.Context, j jobs.Job) error { begun <- j; <-ctx.Done(); return ctx.Err() }
	enqueue(t, db, jobs.Import, "x")
	_, stop := start(t, dir, db, map[jobs.Kind]jobs.Handler{jobs.Import: hang})
	<-begun
	stop()
	if n := waiting(t, db); n != 0 {
		t.Errorf("%d rows in the outbox, want none", n)
	}
	_, stop = start(t, dir, db, map[jobs.Kind]jobs.Handler{jobs.Import: hang})
	if j := <-begun; j.Subject != "x" || j.Attempt != 1 {
		t.Errorf("after a stop: %+v, want the same job at its first attempt", j)
	}
	stop()

	// A program that was killed leaves its job running.
	file, err := sql.Open("sqlite", filepath.Join(dir, jobs.FileName))
	if err != nil {
		t.Fatal(err)
	}
	res, err := file.ExecContext(t.Context(), `UPDATE river_job SET state = 'running', attempted_at = '2030-01-01 00:00:00'`)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := res.RowsAffected(); n != 1 || err != nil {
		t.Fatalf("%d jobs left running, %v", n, err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	_, stop = start(t, dir, db, map[jobs.Kind]jobs.Handler{jobs.Import: hang})
	if j := <-begun; j.Subject != "x" {
		t.Errorf("after a kill: %+v", j)
	}
	stop()
}

func TestFailedJobsAreTriedAgain(t *testing.T) {
	dir := t.TempDir()
	db := openDB(t, dir)
	got := make(chan int, 10)
	enqueue(t, db, jobs.Reindex, "x")
	start(t, dir, db, map[jobs.Kind]jobs.Handler{jobs.Reindex: func(_ context.Context, j jobs.Job) error {
		got <- j.Attempt
		if j.Attempt == 1 {
			return fault.New(fault.Unavailable, "away")
		}
		return nil
	}})
	if first, second := <-got, <-got; first != 1 || second != 2 {
		t.Errorf("attempts %d and %d, want 1 and 2", first, second)
	}
}

func TestOpenRefuses(t *testing.T) {
	_, err := jobs.Open(t.Context(), filepath.Join(t.TempDir(), "nowhere"), nil, nil, slog.New(slog.DiscardHandler))
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("no folder: %v, want unavailable", err)
	}
	var f *fault.Error
	if errors.As(err, &f) && f.Cause == nil {
		t.Error("the cause is lost")
	}
}
