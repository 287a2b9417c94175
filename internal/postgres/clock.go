package postgres

import (
	"context"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// clockEach is how often the database's clock is read. Monotonic clocks of two
// machines part by less than a millisecond in that time.
const clockEach = 10 * time.Second

// clock is the database's time as this node follows it: a reading, and how long
// ago that was by the monotonic clock, which nobody sets.
type clock struct {
	mu   sync.Mutex // guards the fields below
	at   time.Time  // when the reading was taken, with its monotonic part
	base time.Time  // what the database's clock said then
	last time.Time  // the latest answer: answers never go back
}

// Now is the database's time in UTC, cut to microseconds. It follows the last
// reading by the monotonic clock, so a wrong or stepping wall clock of this machine
// does not matter; it never goes back.
func (db *DB) Now() time.Time {
	c := &db.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.base.Add(time.Since(c.at)).UTC().Truncate(time.Microsecond)
	if now.Before(c.last) {
		return c.last
	}
	c.last = now
	return now
}

// measure reads the database's clock. Of three readings the one with the shortest
// way counts: its moment is known best.
func (db *DB) measure(ctx context.Context) error {
	best := time.Duration(-1)
	var at, base time.Time
	for range 3 {
		var micros int64
		conn, err := db.acquire(ctx)
		if err != nil {
			return explain(err)
		}
		before := time.Now()
		err = conn.QueryRow(ctx, `SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`).Scan(&micros)
		way := time.Since(before)
		conn.Release()
		if err != nil {
			return translate(err)
		}
		if best < 0 || way < best {
			best, at, base = way, before.Add(way/2), time.UnixMicro(micros)
		}
	}
	c := &db.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.at.IsZero() {
		if apart := c.base.Add(at.Sub(c.at)).Sub(base).Abs(); apart > time.Second {
			db.log.WarnContext(ctx, "the database's clock has moved", "seconds", apart.Seconds())
			c.last = time.Time{} // somebody set it, or another server answers: follow it
		}
	}
	c.at, c.base = at, base
	return nil
}

// Run follows the database's clock, and writes the vectors that other programs left
// out, until ctx ends. While the database does not
// answer, the last reading goes on by the monotonic clock.
func (db *DB) Run(ctx context.Context) error {
	tick := time.NewTicker(clockEach)
	defer tick.Stop()
	lacking := time.NewTicker(lackingEach)
	defer lacking.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-lacking.C:
			if db.arm == nil {
				continue
			}
			if err := db.Knowledge().fillArm(ctx); err != nil && ctx.Err() == nil && !fault.Is(err, fault.Unavailable) {
				db.log.WarnContext(ctx, "vectors of documents cannot be written; search may miss them", "error", err)
			}
			continue
		case <-tick.C:
		}
		if err := db.measure(ctx); err != nil && ctx.Err() == nil && !fault.Is(err, fault.Unavailable) {
			db.log.WarnContext(ctx, "the database's clock cannot be read", "error", err)
		}
	}
}
