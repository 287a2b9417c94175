package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fakemodel"
	"github.com/frontdesk-chat/frontdesk/internal/history"
	"github.com/frontdesk-chat/frontdesk/internal/load"
)

// asker is a visitor whom the bot answers.
type asker struct {
	user    *load.User
	record  *history.Client
	mu      sync.Mutex
	heard   []load.Event
	changed chan struct{}
	stop    context.CancelFunc
	gone    chan struct{}
}

// newAsker connects a new visitor.
func (b *bed) newAsker(t testing.TB, p *people, log *history.Log, name string) *asker {
	t.Helper()
	a := &asker{changed: make(chan struct{}, 1), gone: make(chan struct{}), record: log.Client(name, history.Visitor)}
	a.user = load.NewUser(load.UserOptions{Base: b.door(p.next), Address: p.address(), View: history.Visitor, Record: a.record, Saw: func(_ string, e load.Event) {
		a.mu.Lock()
		a.heard = append(a.heard, e)
		a.mu.Unlock()
		select {
		case a.changed <- struct{}{}:
		default:
		}
	}})
	if err := a.user.Arrive(t.Context(), inbox); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(p.run)
	a.stop = stop
	go func() {
		defer close(a.gone)
		a.user.Run(ctx)
	}()
	t.Cleanup(a.leave)
	return a
}

func (a *asker) leave() {
	a.stop()
	<-a.gone
}

// events are what the visitor saw so far.
func (a *asker) events() []load.Event {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]load.Event(nil), a.heard...)
}

// outcomeOf returns the event that ended the first answer after what was seen
// before: words, the end of a stream, or the desk. Within the limit, or an error.
func (a *asker) outcome(seen int, within time.Duration) (load.Event, error) {
	limit := time.NewTimer(within)
	defer limit.Stop()
	for {
		events := a.events()
		for _, e := range events[min(seen, len(events)):] {
			if e.Author.Kind != "visitor" && (e.Kind == "message" || e.Kind == "finished" || e.Kind == "service") {
				return e, nil
			}
		}
		select {
		case <-a.changed:
		case <-limit.C:
			return load.Event{}, errors.New("nothing visible came")
		}
	}
}

// questions are answered from pages of the sample shop, not from its entries.
var questions = []string{
	"How much does a kintsugi repair cost and how long does it take?",
	"How hot should the water be for oolong tea?",
	"Do I have to pay import tax in Switzerland?",
	"What does the guarantee cover?",
}

// badModel has the model fail in every way it can.
func badModel(t *testing.T, b *bed, p *people, r *result) {
	const turnLimit = 15 * time.Second // of the configuration's default
	log := history.NewLog()
	node := b.nodes[0]
	cases := []struct {
		name   string
		script fakemodel.Script
	}{
		{"well", fakemodel.Script{Pause: 5 * time.Millisecond}},
		{"hangs before the first word", fakemodel.Script{Hang: -1}},
		{"hangs after some words", fakemodel.Script{Hang: 30}},
		{"429", fakemodel.Script{Status: 429}},
		{"500", fakemodel.Script{Status: 500}},
		{"cut in mid-stream", fakemodel.Script{Cut: 30}},
		{"invalid JSON", fakemodel.Script{Invalid: 30}},
		{"endless tokens", fakemodel.Script{Endless: true, Slow: true}},
		{"endless sentences", fakemodel.Script{Endless: true}},
		{"the same sentence for ever", fakemodel.Script{Loop: true}},
	}
	streams := 0
	for _, c := range cases {
		b.model.Play(fakemodel.Script{Pause: time.Millisecond})
		b.healBreaker(t, p, log)
		rss := node.rss()
		b.model.Play(c.script)
		for i, q := range questions[:size(b, 2, 3)] {
			a := b.newAsker(t, p, log, fmt.Sprintf("%s %d", c.name, i))
			start := time.Now()
			a.user.Begin(newID(), q, log.Now())
			// A stream that hangs is given the idle limit on top of what the turn may take.
			e, err := a.outcome(0, turnLimit+20*time.Second)
			took := time.Since(start)
			if err != nil {
				t.Errorf("%s: %q: %v after %v", c.name, q, err, took)
			} else if e.Text == "" && e.Kind != "service" {
				t.Errorf("%s: %q ended in an empty %s", c.name, q, e.Kind)
			}
			if e.Kind == "finished" {
				streams++
			}
			if took > turnLimit+time.Second && c.script.Hang <= 0 {
				t.Errorf("%s: a visible outcome after %v, the bar is %v", c.name, took, turnLimit)
			}
			r.Away.Worst = max(r.Away.Worst, took)
			for _, op := range a.record.Ops() {
				if op.Kind == history.Torn {
					t.Errorf("%s: the stream is not what was stored", c.name)
				}
			}
			r.Sends++
			a.leave()
		}
		if grown := node.rss() - rss; grown > 64<<20 {
			t.Errorf("%s: the node grew by %d MB", c.name, grown>>20)
		}
	}
	if streams == 0 {
		t.Error("no answer was streamed: the script is not believed")
	}
	r.note("streams", "%d", streams)
	// After three failures in a row the endpoint is left alone.
	b.model.Play(fakemodel.Script{Pause: time.Millisecond})
	b.healBreaker(t, p, log)
	b.model.Play(fakemodel.Script{Status: 500})
	before := b.model.Calls()
	for i := range 8 {
		a := b.newAsker(t, p, log, fmt.Sprintf("breaker %d", i))
		a.user.Begin(newID(), questions[i%len(questions)], log.Now())
		if _, err := a.outcome(0, turnLimit); err != nil {
			t.Errorf("while the breaker opens: %v", err)
		}
		a.leave()
	}
	calls := b.model.Calls() - before
	r.note("calls while the breaker opens", "%d for 8 questions", calls)
	if calls > 4 {
		t.Errorf("the endpoint was called %d times for 8 questions: the breaker did not open", calls)
	}
	if !until(20*time.Second, func() bool { return b.model.Running() == 0 }) {
		t.Errorf("%d calls of the model were never given up", b.model.Running())
	}
	b.model.Play(fakemodel.Script{})
	b.healBreaker(t, p, log)
}

// healBreaker asks until the model answers again: an open breaker pauses for half a minute.
func (b *bed) healBreaker(t testing.TB, p *people, log *history.Log) {
	t.Helper()
	deadline := time.Now().Add(45 * time.Second)
	for i := 0; ; i++ {
		before := b.model.Calls()
		a := b.newAsker(t, p, log, "probe")
		a.user.Begin(newID(), questions[i%len(questions)], log.Now())
		e, err := a.outcome(0, 20*time.Second)
		a.leave()
		if err == nil && b.model.Calls() > before && e.Text != "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the model is not asked again")
		}
		time.Sleep(time.Second)
	}
}
