package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// chatter is a client of Centrifugo that behaves as its SDKs do: it reconnects with
// full jitter between half a second and twenty, subscribes again from the offset
// where it was, and gives a command five seconds.
type chatter struct {
	base string
	at   side
	book *ledger

	mu       sync.Mutex // guards what follows
	channels map[string]*place
	line     *line         // nil while not everything is subscribed
	changed  chan struct{} // closed and replaced when line changes
}

// place is where a chatter stands in a channel.
type place struct {
	known  bool
	epoch  string
	offset uint64
}

func newChatter(base string, at side, book *ledger) *chatter {
	return &chatter{base: base, at: at, book: book, channels: map[string]*place{}, changed: make(chan struct{})}
}

// follow adds a channel; call it before run.
func (c *chatter) follow(channel string) { c.channels[channel] = &place{} }

// run connects and reconnects until ctx ends.
func (c *chatter) run(ctx context.Context) {
	for attempt := 0; ctx.Err() == nil; attempt++ {
		if c.connect(ctx) {
			attempt = 0
		}
		const least, most = 500 * time.Millisecond, 20 * time.Second
		pause(ctx, min(most, least+rand.N(min(most, least<<min(attempt, 10)))))
	}
}

// connect has one socket and returns whether it was subscribed.
func (c *chatter) connect(ctx context.Context) (subscribed bool) {
	dialer := &websocket.Dialer{NetDialContext: (&net.Dialer{Timeout: wait}).DialContext, HandshakeTimeout: wait, ReadBufferSize: 512, WriteBufferSize: 512}
	w, err := dialWire(ctx, c.base, dialer)
	if err != nil {
		return false
	}
	l := &line{wire: w, waiting: map[uint32]waiter{}}
	go w.stream(func(text []byte) { c.take(l, text) })
	stop := context.AfterFunc(ctx, func() { w.Close() })
	defer stop()
	defer func() { w.Close(); <-w.done }()
	if err := l.call("connect", "", struct{}{}); err != nil {
		return false
	}
	c.mu.Lock()
	subscriptions := map[string]map[string]any{}
	for channel, p := range c.channels {
		s := map[string]any{"channel": channel}
		if p.known {
			s["recover"], s["epoch"], s["offset"] = true, p.epoch, p.offset
		}
		subscriptions[channel] = s
	}
	c.mu.Unlock()
	for channel, s := range subscriptions {
		if err := l.call("subscribe", channel, s); err != nil {
			return false
		}
	}
	c.set(l)
	defer c.set(nil)
	<-w.done
	return true
}

// set says which socket is in use.
func (c *chatter) set(l *line) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.line = l
	close(c.changed)
	c.changed = make(chan struct{})
}

// online returns the socket in use, waiting for one; nil: there was none in time.
func (c *chatter) online(ctx context.Context, atMost time.Duration) *line {
	late := time.After(atMost)
	for {
		c.mu.Lock()
		l, changed := c.line, c.changed
		c.mu.Unlock()
		if l != nil {
			return l
		}
		select {
		case <-changed:
		case <-late:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// publish says a message: once, or again until it is acknowledged.
func (c *chatter) publish(ctx context.Context, channel, id string, again bool) {
	for ctx.Err() == nil {
		var err error = errors.New("not connected")
		if l := c.online(ctx, wait); l != nil {
			err = l.call("publish", channel, map[string]any{"channel": channel, "data": map[string]string{"text": words(id)}})
		}
		if err == nil || !again {
			return
		}
	}
}

// take reads a line, on the socket's reading goroutine: what a subscription
// recovered comes before what follows it.
func (c *chatter) take(l *line, text []byte) {
	var r reply
	if json.Unmarshal(text, &r) != nil {
		l.Close() // as the SDKs do; what was missed is recovered
		return
	}
	if r.ID == 0 {
		if r.Push.Pub != nil {
			c.see(r.Push.Channel, *r.Push.Pub)
		}
		return
	}
	l.mu.Lock()
	w := l.waiting[r.ID]
	delete(l.waiting, r.ID)
	l.mu.Unlock()
	if s := r.Subscribe; s != nil {
		for _, p := range s.Publications {
			c.see(w.channel, p)
		}
		c.mu.Lock()
		*c.channels[w.channel] = place{known: true, epoch: s.Epoch, offset: s.Offset}
		c.mu.Unlock()
	}
	var err error
	if r.Error != nil {
		err = fmt.Errorf("error %d: %s", r.Error.Code, r.Error.Message)
	}
	if w.answered != nil {
		w.answered <- err
	}
}

// see takes a message that the user is shown.
func (c *chatter) see(channel string, p publication) {
	c.mu.Lock()
	c.channels[channel].offset = p.Offset
	c.mu.Unlock()
	if id, ok := strings.CutPrefix(p.Data.Text, wordsBefore); ok {
		c.book.saw(c.at, id)
	}
}

// line is one socket of a chatter, and who waits for its replies.
type line struct {
	*wire
	mu      sync.Mutex // guards waiting
	waiting map[uint32]waiter
}

type waiter struct {
	channel  string
	answered chan error
}

// call sends a command about a channel and waits for its reply.
func (l *line) call(method, channel string, params any) error {
	id := l.last.Add(1)
	w := waiter{channel, make(chan error, 1)}
	l.mu.Lock()
	l.waiting[id] = w
	l.mu.Unlock()
	if err := l.send(id, method, params); err != nil {
		return err
	}
	late := time.NewTimer(wait)
	defer late.Stop()
	select {
	case err := <-w.answered:
		return err
	case <-l.done:
		return errors.New("the socket ended before the reply")
	case <-late.C:
		return errors.New("no reply in time")
	}
}
