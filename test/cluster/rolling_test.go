package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"
)

// nextProgram builds the version after this one: the same sources with two more
// migrations, which let this one run on their tables. It returns the version of its
// tables and of ours.
func nextProgram(t *testing.T) (program string, next, today int64) {
	t.Helper()
	const dir = "../../internal/postgres/migrations"
	files, err := filepath.Glob(filepath.Join(dir, "*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d migrations, %v", len(files), err)
	}
	if today, err = goose.NumericComponent(slices.Max(files)); err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	next = today
	more := map[string]string{}
	for _, name := range []string{"next_tables.sql", "next_index.sql"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		next++
		more[filepath.Join(root, fmt.Sprintf("%05d_%s", next, name))] = strings.Replace(string(text), "TODAY", strconv.FormatInt(today, 10), 1)
	}
	return overlaid(t, "next", more), next, today
}

// rolling upgrades one node after the other to the next version, which changes the
// tables, goes back to this one, and does both again.
func rolling(t *testing.T, b *bed, p *people, r *result) {
	program, next, today := nextProgram(t)
	home := b.binary
	b.ballast(t, size(b, 200_000, 2_000_000))
	failed := len(b.failed(t))
	locks := b.watchLocks(t)
	replace := func(e *episode, n *node, program string) {
		n.proc.signal(syscall.SIGTERM)
		if !n.proc.ended(30 * time.Second) {
			t.Errorf("node %s does not end", n.name)
			n.proc.kill()
		}
		n.binary = program
		n.start(t)
		e.wait(3 * time.Second) // not more: nginx still leaves it alone when the next one goes
	}
	r.outcome = b.play(t, p, b.rate(), func(e *episode) {
		e.wait(2 * time.Second)
		for _, program := range []string{program, home, program, home} {
			for _, n := range b.nodes {
				replace(e, n, program)
				if got := b.query(t, `SELECT max(version_id) FROM goose_db_version WHERE is_applied`)[0][0]; got != strconv.FormatInt(next, 10) {
					t.Errorf("the tables are of version %s, the next program has %d", got, next)
				}
			}
		}
	})
	wait := locks()
	r.clean(t)
	if got := b.query(t, `SELECT indisvalid FROM pg_index WHERE indexrelid = 'events_next'::regclass`); len(got) != 1 || got[0][0] != "true" {
		t.Errorf("the index of the next version: valid %v", got)
	}
	for _, n := range b.nodes {
		log, err := os.ReadFile(n.proc.log)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(string(log), "made by a newer program"); got != 2 {
			t.Errorf("node %s started %d times on tables of version %d knowing %d, want 2", n.name, got, next, today)
		}
	}
	answers := b.failed(t)[failed:]
	for _, line := range answers[:min(len(answers), 20)] {
		t.Log(line)
	}
	r.note("answers of 5xx", "%d", len(answers))
	r.note("sends put off", "%d", r.PutOff)
	r.note("longest wait for a lock", "%s (%s)", ms(wait.longest), wait.what)
	r.note("delivery", "p99 %s, worst %s", ms(r.Deliver.P99), ms(r.Deliver.Worst))
	if len(answers) > 0 || r.PutOff > 0 {
		t.Errorf("clients saw %d answers of 5xx, and %d sends were put off", len(answers), r.PutOff)
	}
	within(t, "the longest wait for a lock", wait.longest, 2*time.Second)
	within(t, "the time between two looks at the locks", wait.blind, 2*time.Second)
}

// ballast makes the table of events big, with old ones that no reader asks for.
func (b *bed) ballast(t *testing.T, rows int) {
	t.Helper()
	b.query(t, `
		INSERT INTO events (xid, workspace, conversation, seq, vseq, id, kind, author_kind, epoch, at, body)
		SELECT '1', 'ballast', 'ballast', i, i, 'ballast-' || i, 'message', 'visitor', 0, i, repeat('x', 200) FROM generate_series(1, $1) i`, rows)
	t.Cleanup(func() { b.query(t, `DELETE FROM events WHERE workspace = 'ballast'`) })
}

// failed are the answers of 5xx that the balancer has given to anybody.
func (b *bed) failed(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(b.dir, "nginx-failed.log"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.FieldsFunc(string(text), func(c rune) bool { return c == '\n' })
}

// lockWait is the longest wait for a lock that was seen.
type lockWait struct {
	longest time.Duration
	what    string
	blind   time.Duration // the longest time between two looks
}

// watchLocks looks all the time at how long sessions of the bed's database have been
// waiting for locks, until the function that it returns is called.
func (b *bed) watchLocks(t testing.TB) (stop func() lockWait) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(cancel)
	conn, err := pgx.Connect(ctx, b.primary.DSN(b.database))
	if err != nil {
		t.Fatal(err)
	}
	var seen lockWait
	ended := make(chan error, 1)
	go func() {
		for last := time.Now(); ; {
			var seconds float64
			var what string
			err := conn.QueryRow(ctx, `
				SELECT extract(epoch FROM clock_timestamp() - l.waitstart)::float8,
					l.mode || ' on ' || coalesce(l.relation::regclass::text, l.locktype)
				FROM pg_locks l JOIN pg_stat_activity a USING (pid)
				WHERE NOT l.granted AND l.waitstart IS NOT NULL AND a.datname = current_database() ORDER BY 1 DESC LIMIT 1`).Scan(&seconds, &what)
			if ctx.Err() != nil {
				ended <- nil
				return
			}
			if err != nil && !errors.Is(err, pgx.ErrNoRows) {
				ended <- err
				return
			}
			if d := time.Duration(seconds * float64(time.Second)); err == nil && d > seen.longest {
				seen.longest, seen.what = d, what
			}
			now := time.Now()
			seen.blind, last = max(seen.blind, now.Sub(last)), now
			pause(ctx, 20*time.Millisecond)
		}
	}()
	return func() lockWait {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the locks could not be watched: %v", err)
		}
		_ = conn.Close(context.WithoutCancel(ctx)) // it only read
		if seen.longest == 0 {
			seen.what = "nobody waited"
		}
		return seen
	}
}
