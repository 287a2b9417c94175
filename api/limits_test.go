package api_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/api"
)

// TestDoorSpreadsAStorm has 2,000 connections come at once, wait as they are
// told, and come again: all are in within the time that the rate needs, and none
// is refused twice.
func TestDoorSpreadsAStorm(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	enter := api.Door(100, func() time.Time { return now })
	start := now
	var back []time.Time
	for i := range 2000 {
		if wait := enter(); wait > 0 {
			back = append(back, now.Add(wait))
		} else if i >= 100 {
			t.Fatalf("connection %d was admitted at once, want a second's worth only", i)
		}
	}
	if len(back) != 1900 {
		t.Fatalf("%d were told to come back, want 1900", len(back))
	}
	for i, at := range back {
		now = at
		if wait := enter(); wait > 0 {
			t.Fatalf("connection %d came when told, %v after the storm, and was sent away again for %v", i, at.Sub(start), wait)
		}
	}
	if took := now.Sub(start); took < 18*time.Second || took > 20*time.Second {
		t.Errorf("all were in after %v, want 19 s", took)
	}
	now = now.Add(time.Hour)
	for i := range 100 {
		if enter() != 0 {
			t.Fatalf("after a rest connection %d was refused, want 100 at once", i)
		}
	}
	for range 10_000 {
		if wait := enter(); wait <= 0 || wait > 31*time.Second {
			t.Fatalf("told to wait %v, want at most about 30 s", wait)
		}
	}
	unlimited := api.Door(-1, func() time.Time { return now })
	for range 10_000 {
		if unlimited() != 0 {
			t.Fatal("refused without a limit")
		}
	}
}

func TestPaceOfFrames(t *testing.T) {
	take := api.Pace(100*time.Millisecond, 20)
	for i := range 20 {
		if wait := take(time.Hour); wait != 0 {
			t.Fatalf("frame %d of the burst waits %v", i, wait)
		}
	}
	for i, want := range []time.Duration{100, 200, 300} {
		if wait := take(time.Hour); wait != want*time.Millisecond {
			t.Errorf("frame %d at once waits %v, want %v ms", 21+i, wait, int(want))
		}
	}
	if wait := take(time.Hour + 400*time.Millisecond); wait != 0 {
		t.Errorf("a frame that is due waits %v", wait)
	}
	free := api.Pace(0, 0)
	for range 1000 {
		if wait := free(0); wait != 0 {
			t.Fatalf("waits %v without a limit", wait)
		}
	}
}

// shared is a counter that answers, or is away.
type shared struct {
	wait  time.Duration
	away  bool
	asked []string
}

func (s *shared) Take(_ context.Context, kind, key string, every time.Duration, burst int) (time.Duration, bool) {
	s.asked = append(s.asked, fmt.Sprint(kind, " ", key, " ", every, " ", burst))
	return s.wait, !s.away
}

func TestLimitsOfAllNodesAndOfOne(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	all := &shared{wait: 5 * time.Second}
	take := api.Meter(30, time.Minute, 2, func() time.Time { return now }, "messages", all)
	if wait := take("v1"); wait != 5*time.Second {
		t.Errorf("wait %v, want what the nodes together say", wait)
	}
	if want := "messages v1 2s 2"; len(all.asked) != 1 || all.asked[0] != want {
		t.Errorf("asked %q, want %q", all.asked, want)
	}
	all.wait = 0
	for range 10 {
		if wait := take("v1"); wait != 0 {
			t.Errorf("wait %v, want what the nodes together say", wait)
		}
	}
	all.away = true // this node counts by itself, and had counted nothing
	for i, want := range []time.Duration{0, 0, 2 * time.Second} {
		if wait := take("v1"); wait != want {
			t.Errorf("event %d without the others: wait %v, want %v", i, wait, want)
		}
	}
}
