package bottest

import (
	"sync"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// Publisher records what readers would be told, and wakes who waits for it.
type Publisher struct {
	mu      sync.Mutex
	changed chan struct{} // closed and replaced at every record; guarded by mu
	written []bot.Written // guarded by mu
	deltas  []bot.Delta   // guarded by mu
	typing  []bot.Typing  // guarded by mu
	onDelta func(bot.Delta)
}

var _ bot.Publisher = (*Publisher)(nil)

// NewPublisher returns an empty record.
func NewPublisher() *Publisher { return &Publisher{changed: make(chan struct{})} }

func (p *Publisher) record(add func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	add()
	close(p.changed)
	p.changed = make(chan struct{})
}

// Published implements bot.Publisher.
func (p *Publisher) Published(w bot.Written) { p.record(func() { p.written = append(p.written, w) }) }

// Delta implements bot.Publisher.
func (p *Publisher) Delta(d bot.Delta) {
	p.record(func() { p.deltas = append(p.deltas, d) })
	p.mu.Lock()
	f := p.onDelta
	p.mu.Unlock()
	if f != nil {
		f(d)
	}
}

// Typing implements bot.Publisher.
func (p *Publisher) Typing(t bot.Typing) { p.record(func() { p.typing = append(p.typing, t) }) }

// OnDelta calls f for every piece of a stream after it was recorded.
func (p *Publisher) OnDelta(f func(bot.Delta)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.onDelta = f
}

// Written returns every write that was published, in order.
func (p *Publisher) Written() []bot.Written {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]bot.Written(nil), p.written...)
}

// Deltas returns every piece that was published, in order.
func (p *Publisher) Deltas() []bot.Delta {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]bot.Delta(nil), p.deltas...)
}

// Changed returns a channel that is closed at the next record.
func (p *Publisher) Changed() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.changed
}

// Text returns what a reader of one run's stream has: the pieces of its newest
// attempt put together by their offsets. ok is false when a piece is missing.
func (p *Publisher) Text(run bot.RunID) (text string, attempt int, ok bool) {
	ok = true
	for _, d := range p.Deltas() {
		if d.Run != run || d.Attempt < attempt {
			continue
		}
		if d.Attempt > attempt {
			text, attempt, ok = "", d.Attempt, true
		}
		if d.Offset != len(text) {
			ok = false
			continue
		}
		text += d.Text
	}
	return text, attempt, ok
}
