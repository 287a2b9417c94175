package api

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Counter counts events on all nodes together.
type Counter interface {
	// Take counts one event of a kind by a key, of which burst may come at once and
	// one more every so often; when there were too many it returns the time to wait
	// and counts nothing. ok is false when it cannot tell now.
	Take(ctx context.Context, kind, key string, every time.Duration, burst int) (wait time.Duration, ok bool)
}

// meter limits how often something happens, by key: on all nodes together as far
// as a counter tells, else on this one.
type meter struct {
	every rate.Limit // 0: no limit
	burst int
	now   func() time.Time

	kind string  // in the counter
	all  Counter // nil: this node counts by itself

	mu   sync.Mutex // guards keys
	keys map[string]*rate.Limiter
}

// maxKeys bounds a meter: an attacker with many addresses must not fill the
// memory. Forgetting everyone gives each one burst more.
const maxKeys = 100_000

// newMeter allows n events in per, all of them at once if nothing came before.
// A negative n is no limit.
func newMeter(n int, per time.Duration, burst int, now func() time.Time) *meter {
	m := &meter{now: now, keys: make(map[string]*rate.Limiter)}
	if n > 0 {
		m.every, m.burst = rate.Limit(float64(n)/per.Seconds()), burst
	}
	return m
}

// take counts one event; when there were too many it returns the time to wait
// and counts nothing.
func (m *meter) take(key string) time.Duration {
	if m.every == 0 {
		return 0
	}
	if m.all != nil {
		every := time.Duration(float64(time.Second) / float64(m.every))
		if wait, ok := m.all.Take(context.Background(), m.kind, key, every, m.burst); ok {
			return wait
		}
	}
	now := m.now()
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.keys[key]
	if l == nil {
		if len(m.keys) >= maxKeys {
			m.forget(now)
		}
		l = rate.NewLimiter(m.every, m.burst)
		m.keys[key] = l
	}
	r := l.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// forget drops the keys that are back at their full burst; the caller holds mu.
func (m *meter) forget(now time.Time) {
	for k, l := range m.keys {
		if l.TokensAt(now) >= float64(m.burst) {
			delete(m.keys, k)
		}
	}
	if len(m.keys) >= maxKeys {
		clear(m.keys)
	}
}

// sweep drops the keys that are back at their full burst.
func (m *meter) sweep() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(m.now())
}

// pace limits one stream of events. It is small because every socket has one,
// and not safe for concurrent use. Its zero value has seen nothing.
type pace struct {
	due time.Duration // when an event would come that keeps to the rate exactly
}

// take counts an event at a time since some start and returns how long to wait with
// it: what comes in bursts larger than burst is carried out at the rate. every 0 is
// no limit.
func (p *pace) take(at, every time.Duration, burst int) time.Duration {
	due := max(p.due, at)
	p.due = due + every
	return max(0, due-at-time.Duration(burst-1)*every)
}

// rested reports whether half of the burst is free again.
func (p *pace) rested(at, every time.Duration, burst int) bool {
	return p.due-at <= time.Duration(burst/2)*every
}

// door admits connections at a rate, all nodes' worth of returning sockets at
// once. Whom it refuses it tells a time to come back, and those times keep to the
// rate too: a storm that came back as one would only be refused again.
type door struct {
	every time.Duration // 0: no limit
	burst int
	now   func() time.Time

	mu   sync.Mutex // guards what follows
	due  time.Time  // when a connection would come that keeps to the rate exactly
	told time.Time  // latest time that somebody was told to come back at
}

// maxTold bounds how far away somebody is told to come back: who was told may
// not come.
const maxTold = 30 * time.Second

// newDoor admits perSecond connections a second, a second's worth of them at
// once. A negative number is no limit.
func newDoor(perSecond int, now func() time.Time) *door {
	d := &door{burst: perSecond, now: now}
	if perSecond > 0 {
		d.every = time.Second / time.Duration(perSecond)
	}
	return d
}

// enter admits a connection, or returns the time after which to try again.
func (d *door) enter() time.Duration {
	if d.every == 0 {
		return 0
	}
	now := d.now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.due.Before(now) {
		d.due = now
	}
	if d.due.Sub(now) <= time.Duration(d.burst-1)*d.every {
		d.due = d.due.Add(d.every)
		return 0
	}
	if d.told.Before(now) {
		d.told = now
	}
	if d.told.Sub(now) < maxTold {
		d.told = d.told.Add(d.every)
	}
	return d.told.Sub(now)
}

// tally counts what is open at the same time, by key.
type tally struct {
	limit int // of one key; negative: none

	mu    sync.Mutex // guards what follows
	keys  map[string]int
	total int
}

func newTally(limit int) *tally {
	return &tally{limit: limit, keys: make(map[string]int)}
}

// sum returns what is open, of all keys together.
func (t *tally) sum() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.total
}

// open counts one more; false when there are too many. Each true is followed by
// one close.
func (t *tally) open(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.limit >= 0 && t.keys[key] >= t.limit {
		return false
	}
	t.keys[key]++
	t.total++
	return true
}

func (t *tally) close(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.total--
	if t.keys[key]--; t.keys[key] <= 0 {
		delete(t.keys, key)
	}
}

// limits are the meters of one server.
type limits struct {
	requests      *meter        // by address
	messages      *meter        // by visitor
	conversations *meter        // new ones, by address
	sessions      *meter        // new ones, by address
	signIns       *meter        // by address
	uploads       *meter        // by visitor or account
	connects      *door         // of this node
	sockets       *tally        // by address
	all           int           // sockets of this node; negative: no limit
	framesEvery   time.Duration // of a socket; 0: no limit
	framesBurst   int
}

// newLimits counts by itself, and with a counter together with the other nodes
// what may come to any of them. Requests are counted by each node: they are many,
// and their limit is there to spare it.
func newLimits(l Limits, now func() time.Time, all Counter) *limits {
	l = l.filled()
	out := &limits{
		requests:      newMeter(l.RequestsPerSecond, time.Second, 4*l.RequestsPerSecond, now),
		messages:      newMeter(l.MessagesPerMinute, time.Minute, l.MessagesPerMinute, now),
		conversations: newMeter(l.ConversationsPerHour, time.Hour, l.ConversationsPerHour, now),
		sessions:      newMeter(l.SessionsPerMinute, time.Minute, l.SessionsPerMinute, now),
		signIns:       newMeter(l.SignInsPerMinute, time.Minute, l.SignInsPerMinute, now),
		uploads:       newMeter(l.UploadsPerMinute, time.Minute, l.UploadsPerMinute, now),
		connects:      newDoor(l.ConnectsPerSecond, now),
		sockets:       newTally(l.SocketsPerAddress),
		all:           l.Sockets,
	}
	for kind, m := range map[string]*meter{
		"messages": out.messages, "conversations": out.conversations, "sessions": out.sessions, "sign_ins": out.signIns, "uploads": out.uploads,
	} {
		m.kind, m.all = kind, all
	}
	if l.FramesPerSecond > 0 {
		out.framesEvery, out.framesBurst = time.Second/time.Duration(l.FramesPerSecond), 2*l.FramesPerSecond
	}
	return out
}

func (l *limits) sweep() {
	for _, m := range []*meter{l.requests, l.messages, l.conversations, l.sessions, l.signIns, l.uploads} {
		m.sweep()
	}
}
