package live

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// wheel has one slot a second of a ping period. A peer sits in one slot, so that
// pings are spread and one ticker serves all sockets.
type wheel struct {
	slots  []map[*Peer]struct{}
	answer int64 // seconds to answer in
	turn   int   // slot of the next peer
}

func newWheel(period, answer time.Duration) wheel {
	n := max(int(period/time.Second), 1)
	return wheel{slots: make([]map[*Peer]struct{}, n), answer: max(int64(answer/time.Second), 1)}
}

func (h *Hub) wheelOf(p *Peer) *wheel {
	if p.who.View == bot.ViewAgent {
		return &h.wheels[0]
	}
	return &h.wheels[1]
}

func (w *wheel) add(p *Peer) {
	p.slot = uint8(w.turn % len(w.slots))
	w.turn++
	if w.slots[p.slot] == nil {
		w.slots[p.slot] = make(map[*Peer]struct{})
	}
	w.slots[p.slot][p] = struct{}{}
}

func (w *wheel) remove(p *Peer) { delete(w.slots[p.slot], p) }

// Run pings, looks for lost tails and closes what has ended, until ctx ends. It
// then closes every socket and returns when all writers have ended.
func (h *Hub) Run(ctx context.Context) error {
	leave := h.bus.Join(h.receive)
	defer leave()
	second := time.NewTicker(time.Second)
	defer second.Stop()
	var s sweeper
	for {
		well, changed := h.bus.State()
		gap := h.pollGap
		if well {
			gap = h.sweepGap
		}
		h.sweep(ctx, &s)
		sweep := time.NewTimer(gap)
		for again := false; !again; {
			select {
			case <-second.C:
				h.beat()
			case <-sweep.C:
				again = true
			case <-changed: // what was written meanwhile did not come
				again = true
			case <-ctx.Done():
				sweep.Stop()
				h.end()
				return nil
			}
		}
		sweep.Stop()
	}
}

// end closes every socket and waits.
func (h *Hub) end() {
	h.mu.Lock()
	h.draining = true
	peers := make([]*Peer, 0, len(h.peers))
	for p := range h.peers {
		peers = append(peers, p)
	}
	h.mu.Unlock()
	for _, p := range peers {
		p.Close(CloseRestart, "restart")
	}
	h.stop()
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.wg.Wait()
}

// beat is one tick: it pings the peers of this second and closes those that did
// not answer the ping before, or whose session is over.
func (h *Hub) beat() {
	tick := h.tick.Add(1)
	now := h.now()
	for i := range h.wheels {
		w := &h.wheels[i]
		n := int64(len(w.slots))
		var ask, look []*Peer
		h.mu.RLock()
		for p := range w.slots[tick%n] {
			ask = append(ask, p)
		}
		// Pings of answer seconds ago; a period shorter than that is looked at late.
		for p := range w.slots[((tick-w.answer)%n+n)%n] {
			look = append(look, p)
		}
		h.mu.RUnlock()
		for _, p := range look {
			if asked := p.asked.Load(); asked > 0 && tick-asked >= w.answer && p.heard.Load() < asked {
				h.count("zombie")
				p.Close(CloseSlow, "no answer to ping")
			}
		}
		for _, p := range ask {
			if !p.who.Expires.IsZero() && !now.Before(p.who.Expires) {
				p.Close(CloseExpired, "session expired")
				continue
			}
			if asked := p.asked.Load(); asked > 0 && p.heard.Load() < asked {
				continue // still waiting for the last one
			}
			p.asked.Store(tick)
			p.push(h.enc.Encode(p.who.View, Ping{}), durable)
		}
	}
	h.forgetStreams(now)
	h.lookAround(now)
}

// all lists the topics there are now.
func (h *Hub) all() []*topic {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return slices.Collect(maps.Values(h.topics))
}

// forgetStreams drops streams whose end never came.
func (h *Hub) forgetStreams(now time.Time) {
	if h.tick.Load()%60 != 0 {
		return
	}
	for _, t := range h.all() {
		t.mu.Lock()
		if t.stream != nil && now.Sub(t.stream.at) > streamLife {
			t.stream = nil
			t.bury()
		}
		t.mu.Unlock()
	}
}

// Agents returns the agents of whom some console was heard within the last while,
// in whole seconds.
func (h *Hub) Agents(ws bot.WorkspaceID, within time.Duration) []bot.AgentID {
	h.mu.RLock()
	defer h.mu.RUnlock()
	oldest := h.tick.Load() - int64(within/time.Second)
	var out []bot.AgentID
	for p := range h.peers {
		a := p.who.Agent
		if p.who.Workspace == ws && a != "" && p.heard.Load() >= oldest && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// Visitors returns the visitors who are connected to this node, each once.
func (h *Hub) Visitors(ws bot.WorkspaceID) []string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	seen := make(map[bot.VisitorID]bool)
	var out []string
	for p := range h.peers {
		if v := p.who.Visitor; p.who.Workspace == ws && v != "" && !seen[v] {
			seen[v] = true
			out = append(out, string(v))
		}
	}
	return out
}

// Online reports whether a visitor is connected to this node.
func (h *Hub) Online(ws bot.WorkspaceID, visitor bot.VisitorID) bool {
	return len(h.of(owner{ws: ws, visitor: visitor})) > 0
}

// Each calls f for every peer that is connected now.
func (h *Hub) Each(f func(*Peer)) {
	h.mu.RLock()
	peers := make([]*Peer, 0, len(h.peers))
	for p := range h.peers {
		peers = append(peers, p)
	}
	h.mu.RUnlock()
	for _, p := range peers {
		f(p)
	}
}

// CloseSession closes the sockets of one session on this node and tells the others.
func (h *Hub) CloseSession(session string, code int, reason string) {
	h.closeWhere(func(w Who) bool { return w.Session == session }, code, reason)
	h.relay(relayed{Close: &relayedClose{Session: session, Code: code, Reason: reason}})
}

// CloseAgent closes all sockets of an account on this node and tells the others.
func (h *Hub) CloseAgent(ws bot.WorkspaceID, agent bot.AgentID, code int, reason string) {
	h.closeWhere(func(w Who) bool { return w.Workspace == ws && w.Agent == agent && agent != "" }, code, reason)
	h.relay(relayed{Close: &relayedClose{Workspace: ws, Agent: agent, Code: code, Reason: reason}})
}

func (h *Hub) closeWhere(match func(Who) bool, code int, reason string) {
	h.Each(func(p *Peer) {
		if match(p.who) {
			p.Close(code, reason)
		}
	})
}

// Refuse has Connect refuse from now on.
func (h *Hub) Refuse() {
	h.mu.Lock()
	h.draining = true
	h.mu.Unlock()
}

// Drain asks every reader to come back, slice by slice over window, and closes
// with CloseRestart. The slices spread the load; within one a reader is asked to
// wait for a random part of its length, so that nobody is away for long. It
// returns when all have been closed or ctx ends.
func (h *Hub) Drain(ctx context.Context, window time.Duration) {
	h.Refuse()
	var peers []*Peer
	h.Each(func(p *Peer) { peers = append(peers, p) })
	rand.Shuffle(len(peers), func(i, j int) { peers[i], peers[j] = peers[j], peers[i] })
	parts := min(20, max(len(peers)/50, 1)) // a few sockets need no slices
	var told sync.WaitGroup
	defer told.Wait() // Run's end would drop what the last ones have not read
	for i := range parts {
		for _, p := range peers[i*len(peers)/parts : (i+1)*len(peers)/parts] {
			after := time.Duration(rand.Int64N(int64(window)/int64(parts) + 1))
			p.push(h.enc.Encode(p.who.View, Drain{After: after}), durable)
			told.Add(1)
			if !h.spawn(func() {
				defer told.Done()
				ctx, cancel := context.WithTimeout(ctx, time.Second)
				defer cancel()
				p.Finish(ctx, CloseRestart, "restart")
			}) {
				told.Done()
			}
		}
		if i == parts-1 {
			return
		}
		select {
		case <-time.After(window / time.Duration(parts)):
		case <-ctx.Done():
			return
		}
	}
}
