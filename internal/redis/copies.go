package redis

import (
	"context"
	"time"

	"github.com/redis/rueidis"
)

// Copies keeps values that were asked for lately.
type Copies struct {
	c  *Client
	ws string
}

// Copies returns the copies of a workspace.
func (c *Client) Copies(ws string) *Copies { return &Copies{c, ws} }

// Get returns a copy; ok is false when there is none, or Redis did not say.
func (s *Copies) Get(ctx context.Context, name string) (value []byte, ok bool) {
	r, err := s.c.ask(ctx, func(b rueidis.Builder) rueidis.Completed { return b.Get().Key(s.c.key(s.ws, "copy", name)).Build() })
	if err != nil {
		return nil, false
	}
	value, err = r.AsBytes()
	return value, err == nil
}

// Put keeps a copy for a while, if Redis takes it.
func (s *Copies) Put(ctx context.Context, name string, value []byte, life time.Duration) {
	// That a copy could not be kept is told by the metrics of hits.
	_, _ = s.c.ask(ctx, func(b rueidis.Builder) rueidis.Completed {
		return b.Set().Key(s.c.key(s.ws, "copy", name)).Value(rueidis.BinaryString(value)).Px(life).Build()
	})
}

// Drop forgets a copy that is known to be old. When Redis does not answer, the
// copy lives on until its time is over.
func (s *Copies) Drop(ctx context.Context, name string) {
	_, _ = s.c.ask(ctx, func(b rueidis.Builder) rueidis.Completed { return b.Del().Key(s.c.key(s.ws, "copy", name)).Build() })
}
