package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// everywhere is the workspace of sweeps over all of them.
const everywhere id.Workspace = "*"

// Bounds of one write. A transaction that was begun is finished even when its
// caller has gone, because otherwise its outcome could not be told.
const (
	writeTimeout  = 10 * time.Second // of one attempt
	writePatience = 2 * time.Second  // how long lost connections and races are tried again
)

// queue is where statements wait to be sent together: a transaction or a read.
type queue interface {
	queue(query string, args ...any) *pgx.QueuedQuery
}

// all queues a query whose rows are collected into into.
func all[T any](q queue, into *[]T, scan pgx.RowToFunc[T], query string, args ...any) {
	q.queue(query, args...).Query(func(rows pgx.Rows) error {
		got, err := pgx.CollectRows(rows, scan)
		if err == nil && len(got) > 0 {
			*into = got
		}
		return err
	})
}

// one queues a query for at most one row; found tells whether there was one.
func one[T any](q queue, into *T, found *bool, scan pgx.RowToFunc[T], query string, args ...any) {
	q.queue(query, args...).Query(func(rows pgx.Rows) error {
		got, err := pgx.CollectOneRow(rows, scan)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		*into, *found = got, err == nil
		return err
	})
}

// value queues a query for one row of plain columns.
func value(q queue, found *bool, dest []any, query string, args ...any) {
	q.queue(query, args...).Query(func(rows pgx.Rows) error {
		defer rows.Close()
		if rows.Next() {
			*found = true
			if err := rows.Scan(dest...); err != nil {
				return err
			}
		}
		rows.Close()
		return rows.Err()
	})
}

// tx is a transaction under way. Statements are queued and travel together, with
// the next flush or with the commit.
type tx struct {
	conn  *pgx.Conn
	batch *pgx.Batch
}

func (t *tx) queue(query string, args ...any) *pgx.QueuedQuery {
	return t.batch.Queue(query, storable(args)...)
}

// exec queues a statement. Its error is that of the next flush.
func (t *tx) exec(query string, args ...any) { t.queue(query, args...) }

// count queues a statement and tells how many rows it changed.
func (t *tx) count(n *int64, query string, args ...any) {
	t.queue(query, args...).Exec(func(tag commandTag) error {
		*n = tag.RowsAffected()
		return nil
	})
}

// flush sends what is queued and waits for it.
func (t *tx) flush(ctx context.Context) error {
	b := t.batch
	t.batch = &pgx.Batch{}
	if b.Len() == 0 {
		return nil
	}
	err := t.conn.SendBatch(ctx, b).Close()
	if err != nil && t.conn.IsClosed() {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	return err
}

// write runs op in a transaction of a workspace and returns when it is durable.
// op must use only its tx, must not block on anything else and may run more than
// once. When op fails, nothing of it stays; a fault is returned as it is. A ctx
// that ends before a connection was had cancels it; afterwards the outcome is
// awaited.
func (db *DB) write(ctx context.Context, ws id.Workspace, op func(ctx context.Context, t *tx) error) error {
	start := time.Now()
	for attempt := 0; ; attempt++ {
		sent, err := db.attempt(ctx, ws, op)
		if err == nil {
			return nil
		}
		lost := errors.Is(err, errLost)
		if sent && lost {
			return unknown(err)
		}
		if !again(err) && !lost && code(err) != codeReadOnly || time.Since(start) > writePatience || ctx.Err() != nil {
			return translate(err)
		}
		// Those who met need different moments for the next try.
		time.Sleep(time.Duration(rand.Int64N(int64(time.Millisecond) << min(attempt+1, 6))))
	}
}

// attempt runs op once. sent tells that the commit was on its way.
func (db *DB) attempt(ctx context.Context, ws id.Workspace, op func(ctx context.Context, t *tx) error) (sent bool, err error) {
	conn, err := db.acquire(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Release() // a connection in a transaction is thrown away
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	t := &tx{conn: conn.Conn(), batch: &pgx.Batch{}}
	t.exec(`BEGIN`)
	t.exec(`SELECT set_config('app.workspace', $1, true)`, ws)
	if err := guard(func() error { return op(ctx, t) }); err != nil {
		t.rollback(ctx, err)
		return false, err
	}
	var tag string
	t.queue(`COMMIT`).Exec(func(got commandTag) error {
		tag = got.String()
		return nil
	})
	err = t.flush(ctx)
	if err == nil && tag != "COMMIT" {
		err = fmt.Errorf("the database answered %q to COMMIT", tag)
	}
	if err != nil {
		t.rollback(ctx, err)
	}
	return true, err
}

// rollback makes the connection usable again after a failure, or closes it.
func (t *tx) rollback(ctx context.Context, err error) {
	switch {
	case t.conn.IsClosed():
	case code(err) == codeReadOnly:
		_ = t.conn.Close(ctx) // the server was demoted: the next connection finds another
	case t.conn.PgConn().TxStatus() != 'I':
		_, _ = t.conn.Exec(ctx, `ROLLBACK`) // if that fails, Release throws the connection away
	}
}

// acquire waits for a free connection.
func (db *DB) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	if db.closed.Load() {
		return nil, fault.New(fault.Unavailable, "The server is closing.")
	}
	wait, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	conn, err := db.pool.Acquire(wait)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%w: %w", errLost, err)
	}
	return conn, nil
}

// guard calls op and turns a panic into an error, so that the connection is given
// back in order.
func guard(op func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.Wrap(fault.Internal, fmt.Errorf("panic: %v\n%s", p, debug.Stack()), "Something went wrong on our side.")
		}
	}()
	return op()
}

// reading is a batch of queries.
type reading struct{ batch pgx.Batch }

func (r *reading) queue(query string, args ...any) *pgx.QueuedQuery {
	return r.batch.Queue(query, storable(args)...)
}

// read sends queries of a workspace in one round trip. Each sees what is committed
// when it begins.
func (db *DB) read(ctx context.Context, ws id.Workspace, fill func(q queue)) error {
	return db.reading(ctx, func(r *reading) {
		r.queue(`SELECT set_config('app.workspace', $1, true)`, ws)
		fill(r)
	})
}

// snapshot is read where all queries see the same moment.
func (db *DB) snapshot(ctx context.Context, ws id.Workspace, fill func(q queue)) error {
	return db.reading(ctx, func(r *reading) {
		r.queue(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`)
		r.queue(`SELECT set_config('app.workspace', $1, true)`, ws)
		fill(r)
		r.queue(`COMMIT`)
	})
}

// view is a snapshot for what has to be read in several parts.
func (db *DB) view(ctx context.Context, ws id.Workspace, op func(ctx context.Context, t *tx) error) error {
	conn, err := db.acquire(ctx)
	if err != nil {
		return translate(err)
	}
	defer conn.Release() // ends the transaction with the connection if something broke off
	t := &tx{conn: conn.Conn(), batch: &pgx.Batch{}}
	t.exec(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`)
	t.exec(`SET LOCAL idle_in_transaction_session_timeout = 0`) // op may take its time
	t.exec(`SELECT set_config('app.workspace', $1, true)`, ws)
	end := `COMMIT`
	if err = op(ctx, t); err != nil {
		end = `ROLLBACK`
	}
	t.exec(end)
	if e := t.flush(context.WithoutCancel(ctx)); err == nil {
		err = e
	}
	return translate(err)
}

// reading sends a batch. A pooled connection may have died unnoticed, so what was
// lost with one is read again with another.
func (db *DB) reading(ctx context.Context, fill func(r *reading)) error {
	start := time.Now()
	for {
		err := db.readOnce(ctx, fill)
		if !errors.Is(err, errLost) || time.Since(start) > writePatience || ctx.Err() != nil {
			return translate(err)
		}
		time.Sleep(time.Duration(rand.Int64N(int64(20 * time.Millisecond))))
	}
}

func (db *DB) readOnce(ctx context.Context, fill func(r *reading)) error {
	conn, err := db.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	var r reading
	fill(&r)
	err = conn.Conn().SendBatch(ctx, &r.batch).Close()
	if err != nil && conn.Conn().IsClosed() && ctx.Err() == nil {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	return err
}

// storable makes every text argument one that can be stored.
func storable(args []any) []any {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = clean(s)
		} else if v := reflect.ValueOf(a); v.Kind() == reflect.String {
			args[i] = clean(v.String())
		}
	}
	return args
}

// clean replaces what PostgreSQL keeps in no text: the character 0 and bytes that
// are not UTF-8. SQLite keeps them, and nobody misses them.
func clean(s string) string {
	if strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
