package api

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// meter limits how often something happens, by key.
type meter struct {
	every rate.Limit // 0: no limit
	burst int
	now   func() time.Time

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

// tally counts what is open at the same time, by key.
type tally struct {
	limit int // negative: none
	all   int // of all keys together; negative: none

	mu    sync.Mutex // guards what follows
	keys  map[string]int
	total int
}

func newTally(limit, all int) *tally {
	return &tally{limit: limit, all: all, keys: make(map[string]int)}
}

// open counts one more; false when there are too many. Each true is followed by
// one close.
func (t *tally) open(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.limit >= 0 && t.keys[key] >= t.limit || t.all >= 0 && t.total >= t.all {
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
	requests      *meter // by address
	messages      *meter // by visitor
	conversations *meter // new ones, by address
	sessions      *meter // new ones, by address
	signIns       *meter // by address
	uploads       *meter // by visitor or account
	connects      *meter // of this node, one key
	sockets       *tally // by address
	framesEvery   rate.Limit
	framesBurst   int
}

func newLimits(l Limits, now func() time.Time) *limits {
	l = l.filled()
	out := &limits{
		requests:      newMeter(l.RequestsPerSecond, time.Second, 4*l.RequestsPerSecond, now),
		messages:      newMeter(l.MessagesPerMinute, time.Minute, l.MessagesPerMinute, now),
		conversations: newMeter(l.ConversationsPerHour, time.Hour, l.ConversationsPerHour, now),
		sessions:      newMeter(l.SessionsPerMinute, time.Minute, l.SessionsPerMinute, now),
		signIns:       newMeter(l.SignInsPerMinute, time.Minute, l.SignInsPerMinute, now),
		uploads:       newMeter(l.UploadsPerMinute, time.Minute, l.UploadsPerMinute, now),
		connects:      newMeter(l.ConnectsPerSecond, time.Second, l.ConnectsPerSecond, now),
		sockets:       newTally(l.SocketsPerAddress, l.Sockets),
		framesEvery:   rate.Inf,
	}
	if l.FramesPerSecond > 0 {
		out.framesEvery, out.framesBurst = rate.Limit(l.FramesPerSecond), 2*l.FramesPerSecond
	}
	return out
}

func (l *limits) sweep() {
	for _, m := range []*meter{l.requests, l.messages, l.conversations, l.sessions, l.signIns, l.uploads, l.connects} {
		m.sweep()
	}
}
