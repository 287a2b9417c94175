package postgres

import (
	"context"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

type commandTag = pgconn.CommandTag

// appRole is the role that serves when the connecting one may become it.
const appRole = "frontdesk_app"

// connectionsPerCore sizes the pool unless the DSN has pool_max_conns: a
// transaction waits for the disk most of its time. 4 to 8 a core is the usual
// advice; BenchmarkSends on 2 cores gave the same with 6 as with 8.
const connectionsPerCore = 6

// Options tunes a database. The zero value and nil are the defaults.
type Options struct {
	Now    func() time.Time // clock of rows that come without a time; nil: the database's, see DB.Now
	Logger *slog.Logger     // nil: silent
}

// DB is an open database. Its methods are safe for concurrent use.
type DB struct {
	pool   *pgxpool.Pool
	now    func() time.Time
	log    *slog.Logger
	clock  clock
	feed   horizon
	closed atomic.Bool
}

// Open connects, checks that the server can be used, and brings its tables up to
// date. It starts nothing. Errors say what is wrong and how to mend it: Invalid for
// a DSN that cannot be read or names what is not there, a server that is too old or
// lacks pgvector; Conflict for tables of a newer program; Unavailable for a server
// that does not answer or takes no writes.
func Open(ctx context.Context, dsn string, o *Options) (_ *DB, err error) {
	var opt Options
	if o != nil {
		opt = *o
	}
	db := &DB{now: opt.Now, log: opt.Logger}
	if db.log == nil {
		db.log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if db.now == nil {
		db.now = db.Now
	}
	cfg, err := configure(dsn)
	if err != nil {
		return nil, err
	}
	role, err := prepare(ctx, cfg, db.log)
	if err != nil {
		return nil, err
	}
	if role != "" {
		cfg.ConnConfig.RuntimeParams["role"] = role
	}
	if db.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return nil, explain(err)
	}
	if err := db.measure(ctx); err != nil {
		db.pool.Close()
		return nil, err
	}
	return db, nil
}

// configure reads a DSN and adds what it leaves open.
func configure(dsn string) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "The address of the database cannot be read").
			WithField("storage.postgres", "write it as postgres://USER:PASSWORD@HOST:5432/DATABASE")
	}
	if !strings.Contains(dsn, "pool_max_conns") {
		cfg.MaxConns = int32(connectionsPerCore * runtime.GOMAXPROCS(0))
	}
	c := cfg.ConnConfig
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 2 * time.Second
	}
	if c.ValidateConnect == nil { // target_session_attrs not given: a standby is of no use to us
		c.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	set := func(key, value string) {
		if _, given := c.RuntimeParams[key]; !given {
			c.RuntimeParams[key] = value
		}
	}
	set("application_name", "frontdesk")
	set("timezone", "UTC")
	// A transaction that nobody drives would hold locks, and the feed's horizon.
	set("idle_in_transaction_session_timeout", "5s")
	set("lock_timeout", "5s")
	// There is no statement_timeout on purpose: it would also end the wait for a
	// synchronous standby, and the commit would be acknowledged all the same.
	return cfg, nil
}

// Close waits for what is under way and refuses what comes later. It may be called
// twice.
func (db *DB) Close() error {
	if !db.closed.Swap(true) {
		db.pool.Close()
	}
	return nil
}

// Ready reports whether the database answers and takes writes, for readiness
// probes.
func (db *DB) Ready(ctx context.Context) error {
	var standby bool
	err := db.read(ctx, everywhere, func(q queue) {
		var found bool
		value(q, &found, []any{&standby}, `SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool FROM meta LIMIT 1`)
	})
	if err == nil && standby {
		return fault.New(fault.Unavailable, "The database takes no writes.")
	}
	return err
}

// Pool is the connections, for metrics and for the job queue that shares them.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// compile-time check that a read is a queue as a transaction is.
var (
	_ queue = (*reading)(nil)
	_ queue = (*tx)(nil)
	_       = pgx.ErrNoRows
)
