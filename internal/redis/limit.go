package redis

import (
	"context"
	"strconv"
	"time"

	"github.com/redis/rueidis"
)

// take is the generic cell rate algorithm by Redis's own clock: the key holds the
// time at which all events so far are paid for. It returns the microseconds to
// wait, 0 when the event was counted.
var take = rueidis.NewLuaScript(`
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local every, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local paid = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now) + every
local wait = paid - every * burst - now
if wait > 0 then return wait end
redis.call('SET', KEYS[1], string.format('%.0f', paid), 'PX', math.ceil((paid - now) / 1000))
return 0`)

// Limits counts what happens on all nodes.
type Limits struct {
	c  *Client
	ws string
}

// Limits returns the counters of a workspace.
func (c *Client) Limits(ws string) *Limits { return &Limits{c, ws} }

// Take counts one event of a kind by a key, of which burst may come at once and
// one more every so often; when there were too many it returns the time to wait
// and counts nothing. ok is false when Redis did not say: the caller then counts
// by itself.
func (l *Limits) Take(ctx context.Context, kind, key string, every time.Duration, burst int) (wait time.Duration, ok bool) {
	conn, err := l.c.asked()
	if err != nil {
		return 0, false
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r := take.Exec(ctx, conn, []string{l.c.key(l.ws, "limit", kind+":"+key)},
		[]string{strconv.FormatInt(every.Microseconds(), 10), strconv.Itoa(burst)})
	if l.c.judge(r.NonRedisError()) != nil {
		return 0, false
	}
	micros, err := r.AsInt64()
	if err != nil {
		l.c.log.Warn("a limit could not be counted by all nodes together", "error", err)
		return 0, false
	}
	return time.Duration(micros) * time.Microsecond, true
}
