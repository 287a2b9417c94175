package frontdesk

import (
	"sync"
	"time"
)

// clock is the machine's time, except that it never goes back: deadlines of offers
// and signs of life must not stand still because somebody set the machine's clock. Set
// back, it goes on by the monotonic clock, ahead of the machine's, until that is set
// forward again.
type clock struct {
	read func() (wall time.Time, steady time.Duration) // the machine's time, and the monotonic clock

	mu     sync.Mutex // guards the fields below
	wall   time.Time  // when it was read last
	steady time.Duration
	ahead  time.Duration // of the machine's clock
}

func machineClock() *clock {
	began := time.Now()
	return &clock{read: func() (time.Time, time.Duration) {
		t := time.Now()
		return t.Round(0), t.Sub(began)
	}}
}

// now is the time in UTC, cut to microseconds.
func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	wall, steady := c.read()
	if !c.wall.IsZero() {
		set := wall.Sub(c.wall) - (steady - c.steady) // by so much, forward or back
		c.ahead = max(c.ahead-set, 0)
	}
	c.wall, c.steady = wall, steady
	return wall.Add(c.ahead).UTC().Truncate(time.Microsecond)
}
