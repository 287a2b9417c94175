package live_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/bot/bottest"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/live"
	"github.com/frontdesk-chat/frontdesk/internal/pubsub"
)

// chapters is a store whose history can be replaced, as when a standby that lacks
// the last writes takes over.
type chapters struct {
	*bottest.Store
	mu   sync.Mutex // guards name
	name string
}

func (c *chapters) turn(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.name = name
}

func (c *chapters) Epoch(context.Context) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.name, nil
}

func (c *chapters) Head(ctx context.Context) (string, error) {
	at, err := c.Store.Head(ctx)
	name, _ := c.Epoch(ctx)
	return name + " " + at, err
}

func (c *chapters) Changes(ctx context.Context, after string, limit int) (bot.FeedPage, error) {
	name, _ := c.Epoch(ctx)
	of, at, _ := strings.Cut(after, " ")
	if of != name {
		return bot.FeedPage{}, fault.New(fault.Invalid, "a place of another history")
	}
	p, err := c.Store.Changes(ctx, at, limit)
	p.Next = name + " " + p.Next
	return p, err
}

// When the database has another history, readers are sent away to come back with
// no numbers, and are served by the new one.
func TestAnotherHistory(t *testing.T) {
	b := newBench(t, 1, live.Options{}, plain{})
	tl := &chapters{Store: b.tl, name: "one"}
	h := live.New(tl, plain{}, now, &live.Options{Bus: pubsub.Polling{}, Changes: tl, Poll: 5 * time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	for _, next := range []string{"two", "three"} {
		r := newReader(t, bot.ViewVisitor)
		p := b.connect(h, r)
		b.write(true, "while all is well")
		b.settled(r)
		tl.turn(next)
		r.wait("the socket's end", func() bool { return r.closed != 0 })
		if r.closed != live.CloseResync {
			t.Errorf("closed with %d, want %d", r.closed, live.CloseResync)
		}
		h.Disconnect(p)
		if epoch, err := h.Epoch(ctx); err != nil || epoch != next {
			t.Errorf("epoch %q, %v; want %q", epoch, err, next)
		}
	}
}
