package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"path/filepath"
	"strconv"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// FileName is the database's file in the data folder.
const FileName = "frontdesk.db"

// Options tunes a database. The zero value and nil are the defaults.
type Options struct {
	Now     func() time.Time // clock of rows that come without a time; nil: time.Now
	Logger  *slog.Logger     // nil: silent
	Readers int              // connections for reading, 1…64; 0: 4
	// Committed is told of every group commit: how many writes shared it and how
	// long it took; nil: nobody is told. It must not block.
	Committed func(writes int, took time.Duration)
	Lock      *FolderLock // held already for this folder; nil: Open takes it and Close gives it back
}

// DB is an open database. Its methods are safe for concurrent use.
type DB struct {
	read   *sql.DB // reads only; sees everything that was committed
	writer *sql.DB // exactly one connection; used by the group commit alone
	group  group

	schema int64 // version of the tables that this program knows

	dir  string
	now  func() time.Time
	log  *slog.Logger
	told func(writes int, took time.Duration) // of every group commit
	lock *FolderLock                          // nil when the caller keeps it
}

// Open opens or creates the database of a data folder, brings its tables up to
// date and takes the folder's lock. It starts nothing. Errors: Conflict when
// another process holds the folder or the file was written by a newer program;
// Unavailable when the folder cannot be used.
func Open(ctx context.Context, dir string, o *Options) (_ *DB, err error) {
	var opt Options
	if o != nil {
		opt = *o
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if opt.Readers <= 0 {
		opt.Readers = 4
	}
	if opt.Readers > 64 {
		return nil, fault.New(fault.Invalid, "The number of read connections must be 1 to 64, not %d.", opt.Readers)
	}
	if opt.Committed == nil {
		opt.Committed = func(int, time.Duration) {}
	}
	db := &DB{dir: dir, now: opt.Now, log: opt.Logger, told: opt.Committed}
	if opt.Lock == nil {
		if db.lock, err = Lock(dir); err != nil {
			return nil, err
		}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.Close())
		}
	}()
	path, err := filepath.Abs(filepath.Join(dir, FileName))
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "The data folder's name cannot be used.")
	}
	if db.writer, err = open(path, true); err != nil {
		return nil, err
	}
	db.writer.SetMaxOpenConns(1)
	db.writer.SetMaxIdleConns(1)
	if err := db.migrate(ctx); err != nil {
		return nil, err
	}
	if db.read, err = open(path, false); err != nil {
		return nil, err
	}
	db.read.SetMaxOpenConns(opt.Readers)
	db.read.SetMaxIdleConns(opt.Readers)
	if err := db.read.PingContext(ctx); err != nil {
		return nil, translate(err)
	}
	return db, nil
}

// open returns a handle on the file. The busy timeout is set first, so that even
// the switch to the write-ahead log waits for a checkpoint of another process.
func open(path string, write bool) (*sql.DB, error) {
	v := url.Values{}
	v.Add("_pragma", "busy_timeout(5000)")
	v.Add("_pragma", "foreign_keys(1)")
	v.Add("_pragma", "temp_store(memory)")
	if write {
		v.Add("_pragma", "journal_mode(wal)")
		v.Add("_pragma", "synchronous(full)")
		v.Add("_pragma", "cache_size(-8192)")
		v.Add("_pragma", "journal_size_limit("+strconv.Itoa(64<<20)+")")
		v.Set("_txlock", "immediate")
	} else {
		v.Add("_pragma", "cache_size(-4096)")
		v.Add("_pragma", "query_only(1)")
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: v.Encode()}
	c, err := newConnector(u.String(), write)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "The data folder's name cannot be used.")
	}
	return sql.OpenDB(c), nil
}

// Dir returns the data folder.
func (db *DB) Dir() string { return db.dir }

// Close waits for the write that is under way, refuses later ones and gives the
// folder back. It may be called twice.
func (db *DB) Close() error {
	db.group.close()
	var errs []error
	if db.read != nil {
		errs = append(errs, db.read.Close())
	}
	if db.writer != nil {
		errs = append(errs, db.writer.Close())
	}
	if db.lock != nil {
		errs = append(errs, db.lock.Unlock())
	}
	return errors.Join(errs...)
}

// Check reads the whole file and reports damage as an Internal fault. It takes
// time in proportion to the file's size.
func (db *DB) Check(ctx context.Context) error {
	var said string
	if err := db.read.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&said); err != nil {
		return translate(err)
	}
	if said != "ok" {
		return fault.Wrap(fault.Internal, fmt.Errorf("integrity_check: %s", said), "The database file is damaged.")
	}
	return nil
}

// Schema says of which version the tables are, and of which this program knows
// them.
func (db *DB) Schema(ctx context.Context) (have, known int64, err error) {
	err = db.read.QueryRowContext(ctx, `SELECT max(version_id) FROM goose_db_version WHERE is_applied`).Scan(&have)
	return have, db.schema, translate(err)
}

// Pool says how the read connections are used: in use, idle, and how many there
// may be.
func (db *DB) Pool() (used, idle, limit int) {
	s := db.read.Stats()
	return s.InUse, s.Idle, s.MaxOpenConnections
}

// Ready reports whether the database answers, for readiness probes.
func (db *DB) Ready(ctx context.Context) error {
	var one int
	return translate(db.read.QueryRowContext(ctx, `SELECT count(*) FROM meta`).Scan(&one))
}

// micronow is the clock's time as it can be stored.
func (db *DB) micronow() time.Time { return db.now().UTC().Truncate(time.Microsecond) }
