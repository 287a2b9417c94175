package live

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// Who is a reader with its rights.
type Who struct {
	Workspace bot.WorkspaceID
	View      bot.View
	Visitor   bot.VisitorID // of ViewVisitor
	Agent     bot.AgentID   // of ViewAgent
	Session   string        // names the session, so that all its sockets can be closed
	Expires   time.Time     // the session ends then; zero: never
}

// Sink is the way out of a peer: a socket. Write and Close are called by one
// goroutine at a time.
type Sink interface {
	// Write sends frames and returns when the socket took them; an error means that
	// the socket is broken. It must end within a deadline of its own, and keeps
	// neither the slice nor the frames.
	Write(frames [][]byte) error
	// Close says goodbye with a code and closes the socket, which makes its reader
	// end. It is called at most once.
	Close(code int, reason string)
}

// class says what happens to a frame when the queue fills.
type class uint8

const (
	durable class = iota // never dropped: the peer is closed instead
	piece                // of a streamed answer: dropped, the whole text follows later
	passing              // typing, place: dropped
)

type frame struct {
	data  []byte
	at    int64 // when the newest event in it was written, Unix microseconds; 0: it carries none that is news
	class class
}

// Peer is one connected reader. Its queue and writer exist only while there is
// something to write: an idle peer costs this struct and its places in the hub's
// maps.
type Peer struct {
	hub  *Hub
	who  Who
	sink Sink

	since   time.Time // when it connected
	slot    uint8     // of the wheel of pings
	sibling *Peer     // next peer of the same owner; guarded by the hub's mu

	heard atomic.Int64 // tick at which the reader was last heard
	asked atomic.Int64 // tick of the last ping; 0: none yet
	bytes atomic.Int64 // queued, with the frame that is being written

	mu      sync.Mutex // guards what follows
	queue   []frame
	writing bool // a writer goroutine is running
	code    int  // set when the peer is closing; the queue is dropped then
	reason  string
	drained chan struct{} // closed when the queue is empty; nil while nobody waits
	lagging []*topic      // streams of which a piece was dropped
	topics  []*topic      // watched
	feed    bool          // in the hub's feeds
}

// Who returns the reader's rights.
func (p *Peer) Who() Who { return p.who }

// Heard notes a sign of life.
func (p *Peer) Heard() { p.heard.Store(p.hub.tick.Load()) }

// Send queues an answer to the reader's own frame. It is never dropped.
func (p *Peer) Send(data []byte) { p.push(data, durable) }

// push queues a frame. It reports false when the frame was dropped; a dropped
// durable frame has closed the peer.
func (p *Peer) push(data []byte, c class) bool { return p.queueFrame(frame{data: data, class: c}) }

// queueFrame is push for a frame that may carry news.
func (p *Peer) queueFrame(f frame) bool {
	h := p.hub
	p.mu.Lock()
	if p.code != 0 {
		p.mu.Unlock()
		return false
	}
	size := int64(len(f.data))
	queued := p.bytes.Load()
	full := queued+size > h.maxBytes || len(p.queue) >= h.maxFrames
	if f.class != durable && (full || queued > h.maxBytes/2 || len(p.queue) > h.maxFrames/2) {
		p.mu.Unlock()
		return false
	}
	// One frame may pass the limit when nothing else waits: it has to fit some way.
	if full && queued > 0 {
		p.stop(CloseSlow, "too slow: resume")
		p.mu.Unlock()
		h.count("slow")
		return false
	}
	p.queue = append(p.queue, f)
	p.bytes.Add(size)
	if total := h.queued.Add(size); total > h.maxTotal {
		h.relieve()
	}
	p.write()
	p.mu.Unlock()
	return true
}

// write starts the writer unless it runs; the caller holds mu.
func (p *Peer) write() {
	if p.writing {
		return
	}
	p.writing = true
	if !p.hub.spawn(p.drain) {
		p.writing = false // the hub has ended; its Run closed the socket
	}
}

// stop drops the queue and has the writer close the socket; the caller holds mu.
func (p *Peer) stop(code int, reason string) {
	if p.code != 0 {
		return
	}
	p.code, p.reason = code, reason
	for _, f := range p.queue {
		p.bytes.Add(-int64(len(f.data)))
		p.hub.queued.Add(-int64(len(f.data)))
	}
	p.queue, p.lagging = nil, nil
	if p.drained != nil {
		close(p.drained)
		p.drained = nil
	}
	p.write()
}

// Close ends the peer with a close code. Frames that wait are dropped.
func (p *Peer) Close(code int, reason string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stop(code, reason)
}

// Finish ends the peer after what waits has been written, or when ctx ends.
func (p *Peer) Finish(ctx context.Context, code int, reason string) {
	p.empty(ctx)
	p.Close(code, reason)
}

// drain writes until the queue is empty or the socket breaks.
func (p *Peer) drain() {
	lent := p.hub.batches.Get().(*[][]byte)
	defer p.hub.batches.Put(lent)
	for {
		p.mu.Lock()
		if p.code != 0 {
			code, reason := p.code, p.reason
			p.mu.Unlock()
			p.sink.Close(code, reason)
			return // writing stays true: nothing is written after the goodbye
		}
		if len(p.queue) == 0 {
			if lagging := p.lagging; len(lagging) > 0 {
				p.lagging = nil
				p.mu.Unlock()
				for _, t := range lagging {
					t.retell(p)
				}
				continue
			}
			p.queue, p.writing = nil, false
			if p.drained != nil {
				close(p.drained)
				p.drained = nil
			}
			p.mu.Unlock()
			return
		}
		batch, size, at := p.take((*lent)[:0])
		p.mu.Unlock()

		err := p.sink.Write(batch)
		clear(batch)
		p.bytes.Add(-size)
		p.hub.queued.Add(-size)
		if err != nil {
			p.Close(CloseSlow, "write failed")
		} else if at != 0 {
			p.hub.lag(p.hub.now().Sub(time.UnixMicro(at)))
		}
	}
}

// Bounds of what is written at once: enough to save system calls, and little
// enough for the deadline of a write.
const (
	batchFrames = 64
	batchBytes  = 32 << 10
)

// take moves the head of the queue into a batch; the caller holds mu. at is when
// the oldest news in it was written, 0 without any.
func (p *Peer) take(batch [][]byte) (_ [][]byte, size, at int64) {
	n := 0
	for n < len(p.queue) && n < batchFrames && (n == 0 || size+int64(len(p.queue[n].data)) <= batchBytes) {
		batch = append(batch, p.queue[n].data)
		size += int64(len(p.queue[n].data))
		if at == 0 {
			at = p.queue[n].at
		}
		n++
	}
	clear(p.queue[:n])
	p.queue = p.queue[n:]
	return batch, size, at
}

// empty waits until the queue has been written, the peer is closing or ctx ends.
func (p *Peer) empty(ctx context.Context) {
	p.mu.Lock()
	if len(p.queue) == 0 && p.bytes.Load() == 0 || p.code != 0 {
		p.mu.Unlock()
		return
	}
	if p.drained == nil {
		p.drained = make(chan struct{})
	}
	drained := p.drained
	p.mu.Unlock()
	select {
	case <-drained:
	case <-ctx.Done():
	}
}

// lag notes that a piece of a stream did not fit, so that its whole text follows
// when there is room.
func (p *Peer) lag(t *topic) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.code != 0 {
		return
	}
	for _, have := range p.lagging {
		if have == t {
			return
		}
	}
	p.lagging = append(p.lagging, t)
}
