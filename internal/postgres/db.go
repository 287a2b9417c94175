package postgres

import (
	"context"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	pgvectorpgx "github.com/pgvector/pgvector-go/pgx"
	"github.com/pressly/goose/v3"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/knowledge"
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

	// Committed is told of every transaction of clients' messages: how many shared it
	// and how long it took. nil: nobody is told.
	Committed func(writes int, took time.Duration)

	// Vectors has the database search the vectors that it makes of chunks, see
	// knowledge.Vectors. What was stored without them is brought up before Open
	// returns. nil: vectors are stored only.
	Vectors *knowledge.Centring

	// Tables makes or updates tables of others in the same database; it gets
	// connections of the role that owns ours. nil: there are none.
	Tables func(ctx context.Context, owner *pgxpool.Pool) error
}

// DB is an open database. Its methods are safe for concurrent use.
type DB struct {
	pool   *pgxpool.Pool
	now    func() time.Time
	log    *slog.Logger
	clock  clock
	feed   horizon
	group  group
	told   func(writes int, took time.Duration) // see Options.Committed
	arm    *knowledge.Centring                  // nil: vectors are searched elsewhere
	closed atomic.Bool
}

// Open connects, checks that the server can be used, and brings its tables up to
// date. It starts nothing. Errors say what is wrong and how to mend it: Invalid for
// a DSN that cannot be read or names what is not there, a server that is too old or
// lacks pgvector; Conflict for tables of a newer program that does not let this one
// run; Unavailable for a server that does not answer or takes no writes.
func Open(ctx context.Context, dsn string, o *Options) (_ *DB, err error) {
	var opt Options
	if o != nil {
		opt = *o
	}
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if opt.Committed == nil {
		opt.Committed = func(int, time.Duration) {}
	}
	db := &DB{now: opt.Now, log: opt.Logger, arm: opt.Vectors, told: opt.Committed}
	if db.now == nil {
		db.now = db.Now
	}
	cfg, err := configure(dsn)
	if err != nil {
		return nil, err
	}
	role, err := prepare(ctx, cfg, opt)
	if err != nil {
		return nil, err
	}
	if role != "" {
		cfg.ConnConfig.RuntimeParams["role"] = role
	}
	if db.arm != nil {
		cfg.AfterConnect = pgvectorpgx.RegisterTypes
	}
	if db.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return nil, explain(err)
	}
	err = db.measure(ctx)
	if err == nil && db.arm != nil {
		err = db.Knowledge().fillArm(ctx)
	}
	if err != nil {
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

// Connections are the pool itself, for the job queue that shares it.
func (db *DB) Connections() *pgxpool.Pool { return db.pool }

// Pool says how the connections are used: in use, idle, and how many there may be.
func (db *DB) Pool() (used, idle, limit int) {
	s := db.pool.Stat()
	return int(s.AcquiredConns()), int(s.IdleConns()), int(s.MaxConns())
}

// Schema says of which version the tables are, and of which this program knows
// them.
func (db *DB) Schema(ctx context.Context) (have, known int64, err error) {
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		return 0, 0, fault.Wrap(fault.Internal, err, "The program's own tables are missing.")
	}
	if known, err = goose.NumericComponent(files[len(files)-1].Name()); err != nil {
		return 0, 0, fault.Wrap(fault.Internal, err, "The program's own tables are wrong.")
	}
	var found bool
	err = db.read(ctx, everywhere, func(q queue) {
		value(q, &found, []any{&have}, `SELECT max(version_id) FROM goose_db_version WHERE is_applied`)
	})
	return have, known, err
}

// Alone takes a name that nobody else holds, on any node, until release is called
// or this process or its connection ends; ok is false while somebody has it. It
// keeps one connection of the pool.
func (db *DB) Alone(ctx context.Context, name string) (release func(), ok bool, err error) {
	conn, err := db.acquire(ctx)
	if err != nil {
		return nil, false, translate(err)
	}
	// The first number tells our names from those of others.
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1::int, hashtext($2))`, int32(migrateLock>>32), name).Scan(&ok); err != nil || !ok {
		conn.Release()
		return nil, false, translate(err)
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		var was bool
		if err := conn.QueryRow(ctx, `SELECT pg_advisory_unlock($1::int, hashtext($2))`, int32(migrateLock>>32), name).Scan(&was); err != nil {
			_ = conn.Conn().Close(ctx) // the end of the connection gives the name back
		}
		conn.Release()
	}, true, nil
}

// compile-time check that a read is a queue as a transaction is.
var (
	_ queue = (*reading)(nil)
	_ queue = (*tx)(nil)
)

// micronow is the clock's time as it can be stored.
func (db *DB) micronow() time.Time { return db.now().UTC().Truncate(time.Microsecond) }
