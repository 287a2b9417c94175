package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Bounds of one group commit: whatever arrives within groupTime of its start,
// at most groupSize writes, shares one commit. Nobody is kept waiting for
// company: a lone writer commits at once. With BenchmarkSends (2 shared cores, 64
// senders) 8 gave 3,650 sends a second, 32 gave 6,200, 64 and 128 gave 6,500 to
// 7,200, which is within the noise of that machine.
const (
	groupSize = 32
	groupTime = 2 * time.Millisecond
)

// group hands the one writing connection from writer to writer. It needs no
// goroutine of its own: the first writer that finds it free leads, carries out
// the writes that queue up behind it, commits, answers them, and passes the
// lead to the next in the queue.
type group struct {
	mu     sync.Mutex // guards the fields below
	queue  []*request
	led    bool          // somebody leads
	closed bool          // refuses new writes
	idle   chan struct{} // closed when the last leader is done after close; nil before close
}

// request is one write on its way.
type request struct {
	op   func(*sql.Tx) error
	done chan error    // buffered; the outcome
	lead chan struct{} // closed when this writer is to lead
}

// write runs op in a transaction and returns when it is durable. op must use
// only tx, must not block on anything else and may run more than once. When op
// fails, nothing of it stays, and its error is returned as it is if it is a
// fault, translated otherwise. A ctx that ends before op was begun cancels it;
// afterwards the outcome is awaited, because it could not be known otherwise.
func (db *DB) write(ctx context.Context, op func(tx *sql.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g := &db.group
	r := &request{op: op, done: make(chan error, 1), lead: make(chan struct{})}
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return fault.New(fault.Unavailable, "The server is closing.")
	}
	g.queue = append(g.queue, r)
	leads := !g.led
	g.led = true
	g.mu.Unlock()
	if !leads {
		select {
		case err := <-r.done:
			return err
		case <-r.lead:
		case <-ctx.Done():
			if g.abandon(r) {
				return ctx.Err()
			}
			select {
			case err := <-r.done:
				return err
			case <-r.lead:
			}
		}
	}
	db.lead()
	return <-r.done
}

// abandon takes r out of the queue; false when it is being carried out already
// or has been given the lead.
func (g *group) abandon(r *request) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-r.lead:
		return false
	default:
	}
	for i, q := range g.queue {
		if q == r {
			g.queue = append(g.queue[:i], g.queue[i+1:]...)
			return true
		}
	}
	return false
}

// next takes the oldest queued request, nil when there is none.
func (g *group) next() *request {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.queue) == 0 {
		return nil
	}
	r := g.queue[0]
	g.queue[0] = nil
	g.queue = g.queue[1:]
	return r
}

// pass gives the lead to the oldest queued writer, or to nobody.
func (g *group) pass() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.queue) > 0 {
		close(g.queue[0].lead)
		return
	}
	g.led = false
	if g.idle != nil {
		close(g.idle)
		g.idle = nil
	}
}

// close refuses new writes and waits for those that were accepted.
func (g *group) close() {
	g.mu.Lock()
	g.closed = true
	if !g.led {
		g.mu.Unlock()
		return
	}
	if g.idle == nil {
		g.idle = make(chan struct{})
	}
	idle := g.idle
	g.mu.Unlock()
	<-idle
}

// lead carries out one batch, answers it and passes the lead on.
func (db *DB) lead() {
	var (
		begun  []*request // answered after the commit
		failed = make(map[*request]error)
	)
	defer db.group.pass()
	answer := func(err error) {
		for _, r := range begun {
			if e, ok := failed[r]; ok {
				r.done <- e
			} else {
				r.done <- err
			}
		}
	}
	// No cancellation: an interrupted statement could roll back the writes of others.
	ctx := context.Background()
	tx, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		begun = append(begun, db.group.next()) // the leader itself
		answer(translate(err))
		return
	}
	start := time.Now()
	for len(begun) < groupSize && (len(begun) == 0 || time.Since(start) < groupTime) {
		r := db.group.next()
		if r == nil {
			break
		}
		begun = append(begun, r)
		if _, err := tx.ExecContext(ctx, `SAVEPOINT op`); err != nil {
			_ = tx.Rollback()
			answer(translate(err))
			return
		}
		opErr := run(r.op, tx)
		if opErr != nil {
			failed[r] = translate(opErr)
			// Some failures, a full disk among them, roll the whole transaction
			// back; then nothing of the batch is stored and all of it is told.
			if _, err := tx.ExecContext(ctx, `ROLLBACK TO op`); err != nil {
				_ = tx.Rollback()
				answer(translate(opErr))
				return
			}
		}
		if _, err := tx.ExecContext(ctx, `RELEASE op`); err != nil {
			_ = tx.Rollback()
			answer(translate(err))
			return
		}
	}
	err = tx.Commit()
	if err == nil {
		db.told(len(begun), time.Since(start))
	}
	answer(translate(err))
}

// run calls op and turns a panic into an error, because the goroutine may
// belong to another writer.
func run(op func(*sql.Tx) error, tx *sql.Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.Wrap(fault.Internal, fmt.Errorf("panic: %v\n%s", p, debug.Stack()), "Something went wrong on our side.")
		}
	}()
	return op(tx)
}
