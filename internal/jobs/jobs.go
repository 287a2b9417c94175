// Package jobs works through what takes long: imports, training, re-indexing.
//
// Whoever wants a job writes a row to the outbox in the transaction that stores
// what the job is about; the Queue relays such rows to River. Beside the embedded
// store it keeps jobs in a file of its own (jobs.db), so that its frequent small
// writes never stand in the way of messages; on Postgres in tables of the same
// database, and any node takes any job. A job that was under way when its program
// ended is taken up again, at the next start or by another node, so handlers must
// bear being called again. One job runs at a time on a node, and one of a kind in a
// workspace anywhere: they are heavy, and visitors' turns come first. E-mails, which
// are light and which somebody waits for, have a line of their own beside them.
package jobs

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/url"
	"path/filepath"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/knowledge"
	"github.com/frontdesk-chat/frontdesk/training"
)

// FileName is the queue's file in the data folder.
const FileName = "jobs.db"

// Kind says what a job does.
type Kind string

// The kinds of jobs.
const (
	Import  Kind = knowledge.JobImport // subject: the import's ID
	Train   Kind = training.JobTrain   // subject: the ID of the training, or "start"
	Reindex Kind = "reindex"           // subject: anything; cuts and embeds stale documents anew
	Mail    Kind = handoff.JobMail     // subject: the mail's ID
)

// Job is one piece of work. Kind, workspace and subject name it: no second job of
// the same names waits at the same time.
type Job struct {
	Kind      Kind
	Workspace id.Workspace
	Subject   string
	Attempt   int // from 1
}

// Handler does a job. An error means that it is tried again, after 1, 16, 81 …
// seconds; nil that it is over, however it went.
type Handler func(ctx context.Context, j Job) error

// Outbox hands over what was asked for. It calls relay for each row, oldest first,
// and forgets those that relay reports as taken.
type Outbox interface {
	Outbox(ctx context.Context, relay func(kind, workspace, subject string) (taken bool, err error)) error
}

// client is what we use of River's, whose type depends on the engine.
type client interface {
	Start(ctx context.Context) error
	StopAndCancel(ctx context.Context) error
	Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) (*rivertype.JobInsertResult, error)
}

// Queue holds the jobs of one installation.
type Queue struct {
	client   client
	states   func(ctx context.Context, count func(state string, n int)) error
	alone    Alone // nil: no other process takes jobs
	end      func() error
	outbox   Outbox
	handlers map[Kind]Handler
	log      *slog.Logger
	wake     chan struct{}
}

// Open opens or creates the queue of a data folder, which the caller must hold
// alone. It starts nothing. Jobs of a kind without a handler stay in the outbox.
func Open(ctx context.Context, dir string, outbox Outbox, handlers map[Kind]Handler, log *slog.Logger) (_ *Queue, err error) {
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(filepath.Join(dir, FileName)), RawQuery: "_pragma=busy_timeout(5000)&_pragma=journal_mode(wal)&_pragma=synchronous(full)&_txlock=immediate"}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, unusable(err)
	}
	db.SetMaxOpenConns(1) // as the driver's makers advise
	defer func() {
		if err != nil {
			err = errors.Join(err, db.Close())
		}
	}()
	quiet := slog.New(atLeast{log.Handler(), slog.LevelWarn})
	driver := riversqlite.New(db)
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet})
	if err != nil {
		return nil, unusable(err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, unusable(err)
	}
	// Nobody but the program that ended can have had these.
	if _, err := db.ExecContext(ctx, `UPDATE river_job SET state = 'available' WHERE state = 'running'`); err != nil {
		return nil, unusable(err)
	}
	q := newQueue(outbox, handlers, log)
	q.end = db.Close
	q.states = func(ctx context.Context, count func(string, int)) error {
		rows, err := db.QueryContext(ctx, statesQuery)
		if err != nil {
			return err
		}
		defer rows.Close()
		return tally(rows, count)
	}
	c := q.config(quiet)
	c.JobTimeout = -1                                  // a help centre takes as long as it takes
	c.RescueStuckJobsAfter = 10 * 365 * 24 * time.Hour // never: with one process, Open sees to it
	if q.client, err = river.NewClient(driver, c); err != nil {
		return nil, unusable(err)
	}
	return q, nil
}

// trainFor is how long a training may work in one go, on either engine: what it has
// fitted is lost with it, only embeddings are kept. One whose node ended is asked
// for again under another name, so nobody waits for this time to pass.
const trainFor = time.Hour

// E-mails have a line of their own, and this long each.
const (
	mailQueue = "mail"
	mailFor   = time.Minute
)

func newQueue(outbox Outbox, handlers map[Kind]Handler, log *slog.Logger) *Queue {
	return &Queue{outbox: outbox, handlers: handlers, log: log, wake: make(chan struct{}, 1)}
}

// config is what both engines share.
func (q *Queue) config(log *slog.Logger) *river.Config {
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker[importArgs]{queue: q})
	river.AddWorker(workers, &worker[trainArgs]{queue: q, limit: trainFor})
	river.AddWorker(workers, &worker[reindexArgs]{queue: q})
	river.AddWorker(workers, &worker[mailArgs]{queue: q, limit: mailFor})
	return &river.Config{
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 1}, mailQueue: {MaxWorkers: 1}},
		Workers: workers,
		Logger:  log,
		// SQLite notifies nobody, and a second's wait is nothing to work of minutes.
		PollOnly: true,
	}
}

// statesQuery counts what is not over, on either engine.
const statesQuery = `SELECT state, count(*) FROM river_job WHERE state NOT IN ('completed', 'cancelled') GROUP BY state`

// tally reads what statesQuery finds; the rows of both drivers will do.
func tally(rows interface {
	Next() bool
	Scan(...any) error
	Err() error
}, count func(state string, n int),
) error {
	for rows.Next() {
		var state string
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return err
		}
		count(state, n)
	}
	return rows.Err()
}

func unusable(err error) error {
	return fault.Wrap(fault.Unavailable, err, "the job queue cannot be used")
}

// Close gives back what Open took. Run must have ended.
func (q *Queue) Close() error { return q.end() }

// States says how many jobs there are in each state that is not over: available,
// running, retryable, scheduled, pending; and discarded ones, which nobody tries
// any more.
func (q *Queue) States(ctx context.Context) (map[string]int, error) {
	out := map[string]int{"available": 0, "running": 0, "retryable": 0, "scheduled": 0, "pending": 0, "discarded": 0}
	if err := q.states(ctx, func(state string, n int) { out[state] = n }); err != nil {
		return nil, unusable(err)
	}
	return out, nil
}

// Wake has the outbox looked at now instead of within a second.
func (q *Queue) Wake() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// stopFor is how long a job under way may take to hear that it is cancelled. One
// that does not is taken up again by the next process all the same.
const stopFor = 5 * time.Second

// Run relays and works until ctx ends, then cancels the job under way and waits
// for it. It may be called once.
func (q *Queue) Run(ctx context.Context) error {
	if err := q.client.Start(context.WithoutCancel(ctx)); err != nil {
		return unusable(err)
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for ctx.Err() == nil {
		// Rows of one job that are read together are answered together: it begins
		// after all of them were written.
		said := map[Job]bool{}
		if err := q.outbox.Outbox(ctx, func(kind, workspace, subject string) (bool, error) {
			j := Job{Kind: Kind(kind), Workspace: id.Workspace(workspace), Subject: subject}
			taken, known := said[j]
			if known {
				return taken, nil
			}
			taken, err := q.relay(ctx, j)
			said[j] = taken && err == nil
			return taken, err
		}); err != nil && ctx.Err() == nil {
			q.log.Error("jobs cannot be relayed", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-q.wake:
		}
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopFor)
	defer cancel()
	if err := q.client.StopAndCancel(stop); err != nil {
		return fault.Wrap(fault.Internal, err, "a job did not end in time")
	}
	return nil
}

// relay hands one job to River. It is not taken while one of the same names runs:
// what was asked for in the meantime may be news to it.
func (q *Queue) relay(ctx context.Context, j Job) (bool, error) {
	a := argsOf(j)
	if a == nil || q.handlers[j.Kind] == nil {
		return false, nil
	}
	line := river.QueueDefault
	if j.Kind == Mail {
		line = mailQueue
	}
	res, err := q.client.Insert(ctx, a, &river.InsertOpts{Queue: line, UniqueOpts: river.UniqueOpts{
		ByArgs: true,
		ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
			rivertype.JobStateRunning, rivertype.JobStateScheduled,
		},
	}})
	if err != nil {
		return false, err
	}
	return !res.UniqueSkippedAsDuplicate || res.Job.State != rivertype.JobStateRunning, nil
}
