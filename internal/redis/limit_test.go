package redis_test

import (
	"context"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/testenv"
)

func TestLimitsAreShared(t *testing.T) {
	url := testenv.Redis(t)
	a, b := open(t, url).Limits("shop"), open(t, url).Limits("shop")
	other := open(t, url).Limits("another shop")
	key := t.Name() + time.Now().String()
	allowed := 0
	for i := range 10 {
		l := a
		if i%2 == 1 {
			l = b
		}
		wait, ok := l.Take(t.Context(), "messages", key, time.Hour, 4)
		if !ok {
			t.Fatal("Redis does not say")
		}
		if wait == 0 {
			allowed++
		} else if wait < 55*time.Minute || wait > time.Hour {
			t.Errorf("wait %v, want the rest of an hour", wait)
		}
	}
	if allowed != 4 {
		t.Errorf("%d events allowed on two nodes, want the burst of 4", allowed)
	}
	if wait, ok := a.Take(t.Context(), "uploads", key, time.Hour, 1); !ok || wait != 0 {
		t.Errorf("another kind: %v, %v; want it counted by itself", wait, ok)
	}
	if wait, ok := other.Take(t.Context(), "messages", key, time.Hour, 1); !ok || wait != 0 {
		t.Errorf("another workspace: %v, %v; want it counted by itself", wait, ok)
	}
	// An event a millisecond comes back as fast.
	for range 3 {
		wait, ok := a.Take(t.Context(), "fast", key, time.Millisecond, 1)
		if !ok || wait > time.Millisecond {
			t.Errorf("%v, %v; want at most the millisecond", wait, ok)
		}
	}
}

// TestCopiesAndLimitsWithoutRedis: what Redis does not say is known at once, and
// comes back with it.
func TestCopiesAndLimitsWithoutRedis(t *testing.T) {
	s := newServer(t)
	s.start()
	c := open(t, s.url())
	copies, limits := c.Copies("shop"), c.Limits("shop")
	ctx := context.Background()
	copies.Put(ctx, "x", []byte("\x00\xffvalue"), time.Minute)
	if got, ok := copies.Get(ctx, "x"); !ok || string(got) != "\x00\xffvalue" {
		t.Fatalf("%q, %v", got, ok)
	}
	if _, ok := c.Copies("another").Get(ctx, "x"); ok {
		t.Error("another workspace sees the copy")
	}
	copies.Put(ctx, "short", []byte("x"), time.Millisecond)
	wait(t, "the end of its life", func() bool { _, ok := copies.Get(ctx, "short"); return !ok })
	copies.Drop(ctx, "x")
	if _, ok := copies.Get(ctx, "x"); ok {
		t.Error("a dropped copy is there")
	}
	copies.Put(ctx, "y", []byte("y"), time.Minute)
	s.do("FLUSHALL")
	if _, ok := copies.Get(ctx, "y"); ok {
		t.Error("a copy survived the flush")
	}
	if wait, ok := limits.Take(ctx, "k", "v", time.Hour, 1); !ok || wait != 0 {
		t.Errorf("after the flush: %v, %v", wait, ok)
	}

	s.do("CLIENT", "PAUSE", "600", "ALL") // takes connections and says nothing
	begun := time.Now()
	for range 100 {
		if _, ok := copies.Get(ctx, "y"); ok {
			t.Error("a silent Redis said something")
		}
		if _, ok := limits.Take(ctx, "k", "v", time.Hour, 1); ok {
			t.Error("a silent Redis counted")
		}
	}
	if took := time.Since(begun); took > 500*time.Millisecond {
		t.Errorf("200 calls to a silent Redis took %v, want one to wait and the rest to go on", took)
	}
	s.kill()
	if _, ok := limits.Take(ctx, "k", "v", time.Hour, 1); ok {
		t.Error("a dead Redis counted")
	}
	s.start()
	wait(t, "Redis to be used again", func() bool { _, ok := limits.Take(ctx, "k", "v", time.Hour, 1); return ok })
}

func TestHere(t *testing.T) {
	url := testenv.Redis(t)
	a, b := open(t, url).Here("shop", "a"), open(t, url).Here("shop", "b")
	visitor := t.Name() + time.Now().String()
	if online, ok := b.Online(t.Context(), visitor); online || !ok {
		t.Errorf("%v, %v; want it known that nobody is there", online, ok)
	}
	a.Refresh(t.Context(), []string{visitor, "another"})
	if online, ok := b.Online(t.Context(), visitor); !online || !ok {
		t.Errorf("%v, %v; want the other node to know", online, ok)
	}
	if online, _ := open(t, url).Here("another shop", "b").Online(t.Context(), visitor); online {
		t.Error("another workspace sees the visitor")
	}
	away := open(t, newServer(t).url()).Here("shop", "c")
	away.Refresh(t.Context(), []string{visitor})
	if _, ok := away.Online(t.Context(), visitor); ok {
		t.Error("something is known without a Redis")
	}
}
