package redis

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"math/big"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"github.com/frontdesk-chat/frontdesk/internal/pubsub"
)

const (
	canaryEvery = 500 * time.Millisecond // this node's own frame, to hear whether it comes back
	wellFor     = 2 * time.Second        // the bus is well so long after the canary was heard
	giveUp      = 5 * time.Second        // a subscription that hears nothing for so long is made anew
	queued      = 4096                   // frames that wait to be sent; what does not fit is lost, and swept up
	batch       = 128                    // frames in one round trip

	// Waits between tries double from the first to the longest, with jitter. The
	// longest is a second: two seconds after Redis is back, so is the bus.
	firstWait, longestWait = 100 * time.Millisecond, time.Second
)

// Kinds of frames, after the name of the node that sent it.
const (
	kindFrame  = 'f'
	kindCanary = 'c'
	nameSize   = 16
)

var errSilent = errors.New("nothing is heard from the subscription")

// Bus is this node's place on the bus of an installation. It implements
// pubsub.Bus.
type Bus struct {
	c       *Client
	channel string
	name    [nameSize]byte // of this life of the node
	out     chan []byte
	greet   chan struct{} // asks for a canary at once

	mu      sync.Mutex // guards what follows
	heard   time.Time  // when the canary came back last; zero: not in this subscription
	well    bool
	changed chan struct{}
}

var _ pubsub.Bus = (*Bus)(nil)

// Bus returns a place on the bus. It carries nothing until it is joined.
func (c *Client) Bus() *Bus {
	b := &Bus{c: c, channel: c.prefix + "bus", out: make(chan []byte, queued), greet: make(chan struct{}, 1), changed: make(chan struct{})}
	_, _ = rand.Read(b.name[:]) // never fails
	return b
}

// Publish queues a frame for the other nodes; while the bus is not well it is
// lost.
func (b *Bus) Publish(frame []byte) {
	if ok, _ := b.State(); !ok {
		b.c.count("bus_dropped", 1)
		return
	}
	select {
	case b.out <- b.wrap(kindFrame, frame):
	default:
		b.c.count("bus_dropped", 1)
	}
}

func (b *Bus) wrap(kind byte, frame []byte) []byte {
	data := make([]byte, 0, nameSize+1+len(frame))
	data = append(append(data, b.name[:]...), kind)
	return append(data, frame...)
}

// Alone is false: others may be there.
func (b *Bus) Alone() bool { return false }

// State reports whether the subscription lives and the canary came back lately.
func (b *Bus) State() (bool, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.well, b.changed
}

// Join subscribes, and does so again for as long as it takes whenever that ends.
func (b *Bus) Join(receive func([]byte)) (leave func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { b.listen(ctx, receive) })
	wg.Go(func() { b.speak(ctx) })
	return func() {
		cancel()
		wg.Wait()
	}
}

// listen keeps a subscription.
func (b *Bus) listen(ctx context.Context, receive func([]byte)) {
	wait, told := firstWait, ""
	for ctx.Err() == nil {
		err := b.subscribe(ctx, receive)
		if b.judge(ctx, false) {
			wait, told = firstWait, ""
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil && err.Error() != told {
			told = err.Error()
			if refused(err) {
				b.c.log.Error("the bus cannot be used; nodes poll the database meanwhile", "problem", b.c.explain(err))
			} else {
				b.c.log.Warn("the bus is away; nodes poll the database meanwhile", "redis", b.c.where, "error", err)
			}
		}
		timer := time.NewTimer(jitter(wait))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		wait = min(2*wait, longestWait)
	}
}

// jitter is a random part of d, at least half of it: nodes must not come back in
// step.
func jitter(d time.Duration) time.Duration {
	n, err := rand.Int(rand.Reader, big.NewInt(int64(d/2)+1))
	if err != nil {
		return d
	}
	return d/2 + time.Duration(n.Int64())
}

// subscribe returns when the subscription has ended.
func (b *Bus) subscribe(ctx context.Context, receive func([]byte)) error {
	conn, err := b.c.connection()
	if err != nil {
		return err
	}
	own, release := conn.Dedicate()
	defer release()
	defer own.Close() // a silent connection is of no use to anybody else
	gone := own.SetPubSubHooks(rueidis.PubSubHooks{OnMessage: func(m rueidis.PubSubMessage) { b.hear([]byte(m.Message), receive) }})
	bounded, cancel := context.WithTimeout(ctx, wellFor)
	err = own.Do(bounded, own.B().Subscribe().Channel(b.channel).Build()).Error()
	cancel()
	if err != nil {
		return err
	}
	begun := time.Now()
	select {
	case b.greet <- struct{}{}:
	default:
	}
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case err := <-gone:
			if err == nil {
				err = errSilent
			}
			return err
		case <-ctx.Done():
			return nil
		case <-look.C:
			b.mu.Lock()
			heard := b.heard
			b.mu.Unlock()
			if since := time.Since(heard); since >= wellFor {
				b.judge(ctx, false)
			}
			if heard.Before(begun) {
				heard = begun
			}
			if time.Since(heard) >= giveUp {
				return errSilent
			}
		}
	}
}

// hear takes what came from the channel.
func (b *Bus) hear(data []byte, receive func([]byte)) {
	if len(data) <= nameSize {
		return
	}
	ours := bytes.Equal(data[:nameSize], b.name[:])
	switch kind := data[nameSize]; {
	case kind == kindFrame && !ours:
		b.c.count("bus_received", 1)
		receive(data[nameSize+1:])
	case kind == kindCanary && ours:
		b.mu.Lock()
		b.heard = time.Now()
		b.mu.Unlock()
		b.judge(context.Background(), true)
	}
}

// judge notes whether the bus is well, tells who waits for a change, and reports
// whether it was well before.
func (b *Bus) judge(ctx context.Context, well bool) (before bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before = b.well
	if well == before {
		return before
	}
	b.well = well
	close(b.changed)
	b.changed = make(chan struct{})
	if well {
		b.c.skip.Store(0) // copies may be asked for again
		b.c.log.Info("the bus is well", "redis", b.c.where)
		return before
	}
	b.heard = time.Time{}
	if ctx.Err() == nil {
		b.c.log.Warn("the bus is not well; this node polls the database", "redis", b.c.where)
	}
	return before
}

// speak sends the queued frames in order, many in one round trip, and the canary
// behind them: it comes back when they have gone out.
func (b *Bus) speak(ctx context.Context) {
	canary := time.NewTicker(canaryEvery)
	defer canary.Stop()
	for {
		var frames [][]byte
		select {
		case f := <-b.out:
			frames = b.gather(f)
		case <-canary.C:
			frames = [][]byte{b.wrap(kindCanary, nil)}
		case <-b.greet:
			frames = [][]byte{b.wrap(kindCanary, nil)}
		case <-ctx.Done():
			return
		}
		b.send(ctx, frames)
	}
}

// gather takes what else waits.
func (b *Bus) gather(first []byte) [][]byte {
	frames := [][]byte{first}
	for len(frames) < batch {
		select {
		case f := <-b.out:
			frames = append(frames, f)
		default:
			return frames
		}
	}
	return frames
}

// send may lose frames: the listener finds out that the bus is not well, and
// the others' sweeps what was lost.
func (b *Bus) send(ctx context.Context, frames [][]byte) {
	b.c.mu.Lock()
	conn := b.c.conn
	b.c.mu.Unlock()
	if conn == nil {
		return // the listener connects
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	commands := make(rueidis.Commands, len(frames))
	for i, f := range frames {
		commands[i] = conn.B().Publish().Channel(b.channel).Message(rueidis.BinaryString(f)).Build()
	}
	sent := 0
	for _, r := range conn.DoMulti(ctx, commands...) {
		if r.Error() == nil {
			sent++
		}
	}
	b.c.count("bus_sent", sent)
	b.c.count("bus_dropped", len(frames)-sent)
}
