package redis

import (
	"context"
	"strconv"
	"time"

	"github.com/redis/rueidis"
)

// hereFor is how long it counts that a visitor is connected: nodes say so every
// 15 s, and two of three may get lost.
const hereFor = 45 * time.Second

// Here knows who is connected to any node, for display only: it may lie for 45 s
// and knows nothing while Redis is away.
type Here struct {
	c    *Client
	ws   string
	node string
}

// Here returns who is connected in a workspace, as a node tells and asks it.
func (c *Client) Here(ws, node string) *Here { return &Here{c, ws, node} }

// Refresh says that visitors are connected to this node, in one round trip.
func (h *Here) Refresh(ctx context.Context, visitors []string) {
	conn, err := h.c.asked()
	if err != nil || len(visitors) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	ends := float64(time.Now().Add(hereFor).UnixMilli())
	commands := make(rueidis.Commands, 0, 2*len(visitors))
	for _, v := range visitors {
		key := h.c.key(h.ws, "here", v)
		commands = append(commands,
			conn.B().Zadd().Key(key).ScoreMember().ScoreMember(ends, h.node).Build(),
			conn.B().Pexpire().Key(key).Milliseconds(hereFor.Milliseconds()).Build())
	}
	for _, r := range conn.DoMulti(ctx, commands...) {
		if h.c.judge(r.NonRedisError()) != nil {
			return
		}
	}
}

// Online reports whether a visitor was connected to some node lately; ok is false
// when Redis did not say.
func (h *Here) Online(ctx context.Context, visitor string) (online, ok bool) {
	r, err := h.c.ask(ctx, func(b rueidis.Builder) rueidis.Completed {
		return b.Zcount().Key(h.c.key(h.ws, "here", visitor)).Min(strconv.FormatInt(time.Now().UnixMilli(), 10)).Max("+inf").Build()
	})
	if err != nil {
		return false, false
	}
	n, err := r.AsInt64()
	return n > 0, err == nil
}
