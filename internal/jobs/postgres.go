package jobs

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// How long a job may work in one go on Postgres, and when one is taken from a node
// that went silent. Handlers go on where they stopped, so the end of a stretch
// costs little.
const (
	stretch = 5 * time.Minute
	rescue  = stretch + time.Minute
)

// busyAgain is when a job is tried again whose workspace is being worked for.
const busyAgain = 2 * time.Second

// Alone takes a name that no other node holds until release; ok is false while
// another has it.
type Alone func(ctx context.Context, name string) (release func(), ok bool, err error)

// Tables makes or updates the queue's tables in a Postgres database.
func Tables(ctx context.Context, owner *pgxpool.Pool) error {
	m, err := rivermigrate.New(riverpgxv5.New(owner), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return unusable(err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return unusable(err)
	}
	return nil
}

// OpenPostgres opens the queue of a database whose tables Tables has made; any
// number of nodes share it. It starts nothing, and the pool stays the caller's.
func OpenPostgres(pool *pgxpool.Pool, outbox Outbox, alone Alone, handlers map[Kind]Handler, log *slog.Logger) (*Queue, error) {
	q := newQueue(outbox, handlers, log)
	q.alone = alone
	q.end = func() error { return nil }
	q.states = func(ctx context.Context, count func(string, int)) error {
		rows, err := pool.Query(ctx, statesQuery)
		if err != nil {
			return err
		}
		defer rows.Close()
		return tally(rows, count)
	}
	c := q.config(slog.New(atLeast{log.Handler(), slog.LevelWarn}))
	c.JobTimeout, c.RescueStuckJobsAfter = stretch, rescue
	var err error
	if q.client, err = river.NewClient(riverpgxv5.New(pool), c); err != nil {
		return nil, unusable(err)
	}
	return q, nil
}
