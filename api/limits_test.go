package api_test

import (
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
		if !take(time.Hour) {
			t.Fatalf("frame %d of the burst was refused", i)
		}
	}
	if take(time.Hour) {
		t.Error("frame 21 at once was admitted")
	}
	if !take(time.Hour+100*time.Millisecond) || take(time.Hour+100*time.Millisecond) {
		t.Error("want one more frame a tenth of a second later, and only one")
	}
	free := api.Pace(0, 0)
	for range 1000 {
		if !free(0) {
			t.Fatal("refused without a limit")
		}
	}
}
