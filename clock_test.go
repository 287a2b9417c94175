package frontdesk

import (
	"testing"
	"time"
)

func TestClockNeverGoesBack(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC)
	wall, steady := at, time.Duration(0)
	c := &clock{read: func() (time.Time, time.Duration) { return wall, steady }}
	last := c.now()
	for i, x := range []struct {
		passes, set time.Duration
		want        time.Duration // since the start
	}{
		{time.Second, 0, time.Second},
		{time.Second, -time.Hour, 2 * time.Second}, // set back: it goes on
		{time.Second, 0, 3 * time.Second},
		{time.Second, 20 * time.Minute, 4 * time.Second},                // a part of the way forward again
		{time.Second, 40 * time.Minute, 5 * time.Second},                // and the rest
		{time.Second, 10 * time.Minute, 10*time.Minute + 6*time.Second}, // set forward, or a laptop slept
	} {
		steady += x.passes
		wall = wall.Add(x.passes + x.set)
		now := c.now()
		if got := now.Sub(at); got != x.want || now.Before(last) {
			t.Errorf("step %d: %v since the start, want %v", i, got, x.want)
		}
		last = now
	}
	if got := time.Since(machineClock().now()).Abs(); got > time.Minute {
		t.Errorf("the machine's clock is %v off", got)
	}
}
