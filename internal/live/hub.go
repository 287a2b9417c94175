package live

import (
	"context"
	"hash/maphash"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/pubsub"
)

// Timeline is what the hub reads; bot.Timeline has it.
type Timeline interface {
	Events(ctx context.Context, q bot.EventQuery) (bot.EventPage, error)
	Epoch(ctx context.Context) (string, error)
}

// Options set what has a good default. The zero value is the default.
type Options struct {
	Bus        pubsub.Bus              // nil: this node is alone
	Changes    bot.Feed                // what all nodes wrote, to find what the bus lost; nil: only for a node that is alone
	Offers     Reservations            // where an offer stands; nil: only for a node that is alone
	Logger     *slog.Logger            // nil: silent
	Count      func(what string)       // counts "slow", "zombie", "resume_delta", "resume_snapshot" and, by who showed a hole, "gap_local", "gap_bus", "gap_sweep"
	Delivered  func(lag time.Duration) // an event reached a socket that long after it was written; nil: nobody is told
	QueueBytes int64                   // of one peer; zero: 256 KiB
	QueueSize  int                     // frames of one peer; zero: 512
	TotalBytes int64                   // of all peers together; zero: 64 MiB
	PingAgents time.Duration           // whole seconds; zero: 15 s
	PingOthers time.Duration           // whole seconds, for visitors; zero: 25 s
	Answer     time.Duration           // time to answer a ping, whole seconds; zero: 10 s
	Sweep      time.Duration           // between looks for lost tails while the bus is well; zero: 1 s
	Poll       time.Duration           // between looks while there is no bus, or it is not well; zero: 100 ms
}

// Reservations is what the hub asks of the desk's store.
type Reservations interface {
	// Reservation returns one offer. Error: NotFound.
	Reservation(ctx context.Context, ws bot.WorkspaceID, reservation string) (handoff.Reservation, error)
}

// Hub is this node's switchboard. It implements bot.Publisher and
// handoff.Notifier. Its methods may be called concurrently; none but Watch waits
// for storage.
type Hub struct {
	timeline Timeline
	enc      Encoder
	now      func() time.Time
	bus      pubsub.Bus
	log      *slog.Logger
	lag      func(time.Duration)
	count    func(string)
	changes  bot.Feed
	desk     Reservations

	node      string // names this hub to the others
	maxBytes  int64
	maxFrames int
	maxTotal  int64
	sweepGap  time.Duration
	pollGap   time.Duration
	feedLag   atomic.Int64 // of the feed's safe end, nanoseconds
	queued    atomic.Int64 // bytes in all queues
	relieving atomic.Bool
	batches   sync.Pool    // of *[][]byte for writers
	seed      maphash.Seed // of hash
	tick      atomic.Int64 // seconds since Run began, plus one
	wheels    [2]wheel     // agents, visitors

	ctx  context.Context // of background reads; ends with Run
	stop context.CancelFunc
	wg   sync.WaitGroup

	offersMu sync.Mutex                     // guards what follows and orders what is said about it
	offers   map[string]handoff.Reservation // open, told to consoles of this node
	agents   map[owner]int64                // version of the agent that their consoles know; kept only when there are other nodes

	mu       sync.RWMutex // guards what follows
	epoch    string       // of the database; "": not asked yet
	closed   bool         // Run is ending: nothing new is started
	draining bool         // no new peers
	topics   map[key]*topic
	peers    map[*Peer]struct{}
	owners   map[uint64]*Peer // first of a chain, by the hash of the owner
	feeds    map[bot.WorkspaceID]map[*Peer]struct{}
	stale    map[*topic]struct{} // with a hole that could not be read
	seen     map[key]int64       // newest version told to feeds; kept only when there are other nodes
}

// owner is whose sockets belong together.
type owner struct {
	ws      bot.WorkspaceID
	visitor bot.VisitorID
	agent   bot.AgentID
}

func (w Who) owner() owner { return owner{w.Workspace, w.Visitor, w.Agent} }

// hash spreads owners. A map by the owner itself costs more than an idle peer.
func (h *Hub) hash(o owner) uint64 { return maphash.Comparable(h.seed, o) }

// New returns a hub that reads what it missed from the timeline. It starts
// nothing; Run does.
func New(timeline Timeline, enc Encoder, now func() time.Time, o *Options) *Hub {
	if o == nil {
		o = &Options{}
	}
	pick := func(v, def time.Duration) time.Duration {
		if v <= 0 {
			return def
		}
		return v
	}
	h := &Hub{
		timeline: timeline, enc: enc, now: now, node: id.New(), bus: o.Bus, log: o.Logger, count: o.Count, lag: o.Delivered,
		maxBytes: o.QueueBytes, maxFrames: o.QueueSize, maxTotal: o.TotalBytes,
		changes: o.Changes, desk: o.Offers, sweepGap: pick(o.Sweep, time.Second), pollGap: pick(o.Poll, 100*time.Millisecond),
		topics: make(map[key]*topic), peers: make(map[*Peer]struct{}), owners: make(map[uint64]*Peer), seed: maphash.MakeSeed(),
		feeds: make(map[bot.WorkspaceID]map[*Peer]struct{}), stale: make(map[*topic]struct{}), seen: make(map[key]int64),
		offers: make(map[string]handoff.Reservation), agents: make(map[owner]int64),
	}
	h.batches.New = func() any { b := make([][]byte, 0, batchFrames); return &b }
	if h.bus == nil {
		h.bus = new(pubsub.Memory).Node()
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	if h.count == nil {
		h.count = func(string) {}
	}
	if h.lag == nil {
		h.lag = func(time.Duration) {}
	}
	if h.maxBytes <= 0 {
		h.maxBytes = 256 << 10
	}
	if h.maxFrames <= 0 {
		h.maxFrames = 512
	}
	if h.maxTotal <= 0 {
		h.maxTotal = 64 << 20
	}
	answer := pick(o.Answer, 10*time.Second)
	h.wheels[0] = newWheel(pick(o.PingAgents, 15*time.Second), answer)
	h.wheels[1] = newWheel(pick(o.PingOthers, 25*time.Second), answer)
	h.tick.Store(1)
	h.ctx, h.stop = context.WithCancel(context.Background())
	return h
}

// spawn runs f in a goroutine that Run waits for; false when the hub has ended.
func (h *Hub) spawn(f func()) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.closed {
		return false
	}
	h.wg.Go(f)
	return true
}

// later runs f after a while, unless the hub has ended by then.
func (h *Hub) later(d time.Duration, f func()) {
	time.AfterFunc(d, func() {
		if h.ctx.Err() == nil {
			f()
		}
	})
}

// Epoch names this history of the database; a number from another one is worth
// nothing.
func (h *Hub) Epoch(ctx context.Context) (string, error) {
	h.mu.RLock()
	epoch := h.epoch
	h.mu.RUnlock()
	if epoch != "" {
		return epoch, nil
	}
	epoch, err := h.timeline.Epoch(ctx)
	if err != nil {
		return "", err
	}
	h.mu.Lock()
	h.epoch = epoch
	h.mu.Unlock()
	return epoch, nil
}

// Connect takes a reader in; it gets first before anything else. Disconnect must
// follow when its socket has ended. Error: Unavailable when this node is closing.
func (h *Hub) Connect(who Who, sink Sink, first ...[]byte) (*Peer, error) {
	p := &Peer{hub: h, who: who, sink: sink, since: h.now()}
	p.heard.Store(h.tick.Load())
	for _, data := range first {
		p.queue = append(p.queue, frame{data: data, class: durable})
		p.bytes.Add(int64(len(data)))
	}
	if err := h.register(p); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) > 0 {
		p.write()
	}
	return p, nil
}

// register gives a peer its places; from then on it is told things.
func (h *Hub) register(p *Peer) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.draining {
		return fault.New(fault.Unavailable, "The server is restarting. Try again in a moment.")
	}
	h.queued.Add(p.bytes.Load())
	h.peers[p] = struct{}{}
	at := h.hash(p.who.owner())
	p.sibling = h.owners[at]
	h.owners[at] = p
	h.wheelOf(p).add(p)
	return nil
}

// Disconnect forgets a reader.
func (h *Hub) Disconnect(p *Peer) {
	p.Close(CloseRestart, "") // the socket has ended already, or does now
	p.mu.Lock()
	topics := p.topics
	p.topics, p.lagging = nil, nil
	feed := p.feed
	p.mu.Unlock()
	for _, t := range topics {
		t.mu.Lock()
		t.drop(p)
		t.mu.Unlock()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.peers, p)
	h.wheelOf(p).remove(p)
	if feed {
		delete(h.feeds[p.who.Workspace], p)
	}
	at := h.hash(p.who.owner())
	if h.owners[at] == p {
		if p.sibling == nil {
			delete(h.owners, at)
		} else {
			h.owners[at] = p.sibling
		}
		return
	}
	for o := h.owners[at]; o != nil; o = o.sibling {
		if o.sibling == p {
			o.sibling = p.sibling
			return
		}
	}
}

// Feed has the peer told of every changed row of its workspace. Only agents may.
func (h *Hub) Feed(p *Peer) {
	if p.who.View != bot.ViewAgent {
		return
	}
	p.mu.Lock()
	p.feed = true
	p.mu.Unlock()
	h.mu.Lock()
	defer h.mu.Unlock()
	ws := p.who.Workspace
	if h.feeds[ws] == nil {
		h.feeds[ws] = make(map[*Peer]struct{})
	}
	h.feeds[ws][p] = struct{}{}
}

// topic returns the live topic of a conversation, locked; nil when there is none
// and none is to be made.
func (h *Hub) topic(k key, make bool) *topic {
	for {
		h.mu.RLock()
		t := h.topics[k]
		h.mu.RUnlock()
		if t == nil {
			if !make {
				return nil
			}
			h.mu.Lock()
			if t = h.topics[k]; t == nil {
				t = &topic{hub: h, key: k}
				h.topics[k] = t
			}
			h.mu.Unlock()
		}
		t.mu.Lock()
		if !t.dead {
			return t
		}
		t.mu.Unlock()
	}
}

// forget takes a topic out; its mu is held.
func (h *Hub) forget(t *topic) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.topics, t.key)
	delete(h.stale, t)
}

// Peers returns how many readers are connected: agents and visitors.
func (h *Hub) Peers() (agents, visitors int) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for p := range h.peers {
		if p.who.View == bot.ViewAgent {
			agents++
		} else {
			visitors++
		}
	}
	return agents, visitors
}

// Queued returns the bytes that wait in all queues.
func (h *Hub) Queued() int64 { return h.queued.Load() }

// relieve closes the peer with the longest queue, off the caller's goroutine:
// the caller holds locks.
func (h *Hub) relieve() {
	if !h.relieving.CompareAndSwap(false, true) {
		return
	}
	if !h.spawn(func() {
		defer h.relieving.Store(false)
		for h.queued.Load() > h.maxTotal {
			var worst *Peer
			h.mu.RLock()
			for p := range h.peers {
				if worst == nil || p.bytes.Load() > worst.bytes.Load() {
					worst = p
				}
			}
			h.mu.RUnlock()
			if worst == nil || worst.bytes.Load() == 0 {
				return
			}
			worst.mu.Lock()
			done := worst.code != 0
			worst.mu.Unlock()
			if done {
				return // what is left is being written
			}
			worst.Close(CloseSlow, "too much is queued: resume")
			h.count("slow")
		}
	}) {
		h.relieving.Store(false)
	}
}
