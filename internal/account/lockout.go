package account

import (
	"sync"
	"time"
)

// Failed sign-ins that are allowed in a window before the door closes for the
// rest of it. An account is closed sooner than an address, behind which a whole
// office may sit; both count whether or not the account exists.
const (
	lockWindow      = 15 * time.Minute
	accountFailures = 10
	addressFailures = 30
	maxLockKeys     = 50_000
)

// lockout counts failures by key over a fixed window.
type lockout struct {
	mu   sync.Mutex // guards seen
	seen map[string]failures
}

type failures struct {
	since time.Time
	count int
}

func newLockout() *lockout { return &lockout{seen: make(map[string]failures)} }

// closedUntil returns when key may try again; zero: now.
func (l *lockout) closedUntil(key string, limit int, now time.Time) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, ok := l.seen[key]
	if !ok || f.count < limit {
		return time.Time{}
	}
	if until := f.since.Add(lockWindow); now.Before(until) {
		return until
	}
	delete(l.seen, key)
	return time.Time{}
}

// failed counts one failure of each key.
func (l *lockout) failed(now time.Time, keys ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.seen) > maxLockKeys {
		l.forget(now)
	}
	for _, k := range keys {
		f := l.seen[k]
		if f.count == 0 || now.Sub(f.since) >= lockWindow {
			f = failures{since: now}
		}
		f.count++
		l.seen[k] = f
	}
}

// passed forgets a key after a success.
func (l *lockout) passed(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.seen, key)
}

// forget drops windows that are over; the caller holds mu. When an attacker
// filled the map within one window, everything goes: memory is bounded first,
// and the rate limit by address still stands in front.
func (l *lockout) forget(now time.Time) {
	for k, f := range l.seen {
		if now.Sub(f.since) >= lockWindow {
			delete(l.seen, k)
		}
	}
	if len(l.seen) > maxLockKeys {
		clear(l.seen)
	}
}

// sweep drops windows that are over.
func (l *lockout) sweep(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(now)
}
