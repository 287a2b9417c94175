package live

import (
	"context"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

var _ bot.Publisher = (*Hub)(nil)

// Published delivers what was written to whoever watches, here and on the other
// nodes. A repeated send wrote nothing and tells nobody.
func (h *Hub) Published(w bot.Written) {
	if w.Dup {
		return
	}
	h.deliver(w.Conversation, w.Events, w.Created, byUs)
	h.notices(w.Conversation, w.Events)
	h.relay(relayed{Written: &relayedWritten{Row: w.Conversation, Events: w.Events, Created: w.Created}})
}

// source is who brought a row: it is blamed for the holes that the row shows.
type source string

const (
	byUs    source = "gap_local" // written on this node, before what came before it was delivered
	byBus   source = "gap_bus"
	bySweep source = "gap_sweep" // nobody told: the bus lost the frame, or has not brought it yet
)

// deliver brings a row and its events to this node's readers.
func (h *Hub) deliver(row bot.Conversation, events []bot.Event, created bool, by source) {
	k := key{row.Workspace, row.ID}
	if t := h.topic(k, false); t != nil {
		t.publish(row, events, by)
		t.bury()
		t.mu.Unlock()
	}
	if created {
		h.follow(row, by)
	}
	h.feed(k, row)
}

// feed tells a row to the consoles that follow the list.
func (h *Hub) feed(k key, row bot.Conversation) {
	alone := h.bus.Alone()
	h.mu.Lock()
	peers := make([]*Peer, 0, len(h.feeds[k.ws]))
	// The sweep meets rows that the bus brought already.
	if alone || h.seen[k] < row.Version {
		for p := range h.feeds[k.ws] {
			peers = append(peers, p)
		}
	}
	if !alone {
		if len(h.seen) > 10_000 {
			clear(h.seen)
		}
		h.seen[k] = max(h.seen[k], row.Version)
	}
	h.mu.Unlock()
	if len(peers) == 0 {
		return
	}
	data := h.enc.Encode(bot.ViewAgent, Row{row})
	for _, p := range peers {
		p.push(data, durable)
	}
}

// follow has the visitor's other sockets watch a conversation that one of them
// began, so that a second tab shows it.
func (h *Hub) follow(row bot.Conversation, by source) {
	peers := h.of(owner{ws: row.Workspace, visitor: row.Visitor})
	if by == byUs && len(peers) < 2 {
		return // the one that began it watches by itself
	}
	for _, p := range peers {
		if !row.CreatedAt.After(p.since) || h.Watches(p, row.ID) {
			continue // one that came later named in its hello what it follows
		}
		h.spawn(func() {
			ctx, cancel := context.WithTimeout(h.ctx, 10*time.Second)
			defer cancel()
			if _, err := h.Watch(ctx, p, row.ID, Cursor{}); err != nil && h.ctx.Err() == nil {
				h.log.Debug("a second socket could not follow", "conversation_id", string(row.ID), "error", err)
			}
		})
	}
}

// Delta delivers a piece of a streamed answer.
func (h *Hub) Delta(d bot.Delta) {
	h.delta(d)
	h.relay(relayed{Delta: &d})
}

func (h *Hub) delta(d bot.Delta) {
	t := h.topic(key{d.Workspace, d.Conversation}, true)
	defer t.mu.Unlock()
	t.delta(d, h.now())
}

// Typing tells who is at work.
func (h *Hub) Typing(t bot.Typing) { h.TypingFrom(nil, t) }

// TypingFrom tells it to everybody but the peer that said so.
func (h *Hub) TypingFrom(from *Peer, t bot.Typing) {
	h.typing(t, from)
	h.relay(relayed{Typing: &t})
}

func (h *Hub) typing(ty bot.Typing, from *Peer) {
	t := h.topic(key{ty.Workspace, ty.Conversation}, false)
	if t == nil {
		return
	}
	defer t.mu.Unlock()
	// A visitor learns only of the agent who has their conversation: others read
	// along, or write to colleagues.
	team := ty.Team || ty.Author.Kind == bot.AuthorAgent && string(t.row.Agent) != ty.Author.ID
	t.broadcast(Typing{ty}, passing, func(p *Peer) bool { return p != from && (!team || p.who.View == bot.ViewAgent) })
}

// Offered tells an agent's consoles of an offer, with the summary that was
// written when the visitor came in line.
func (h *Hub) Offered(r handoff.Reservation, c bot.Conversation) {
	h.offered(r, c)
	h.relay(relayed{Offer: &relayedOffer{r, c}})
}

func (h *Hub) offered(r handoff.Reservation, c bot.Conversation) {
	own := owner{ws: r.Workspace, agent: r.Agent}
	if len(h.of(own)) == 0 {
		return
	}
	h.offersMu.Lock()
	_, told := h.offers[r.ID]
	h.offers[r.ID] = r
	h.offersMu.Unlock()
	if told {
		return
	}
	h.spawn(func() {
		// Reading the summary may fail; the offer must not wait for it.
		ctx, cancel := context.WithTimeout(h.ctx, time.Second)
		row, summary, err := h.summary(ctx, c)
		cancel()
		if err != nil {
			h.log.Warn("the summary of an offer could not be read", "conversation_id", string(c.ID), "error", err)
		} else if c.Version < row.Version {
			c = row
		}
		data := h.enc.Encode(bot.ViewAgent, Offer{Reservation: r, Conversation: c, Summary: summary})
		h.offersMu.Lock()
		defer h.offersMu.Unlock()
		if _, open := h.offers[r.ID]; !open {
			return // ended while the summary was read
		}
		for _, p := range h.of(own) {
			p.push(data, durable)
		}
	})
}

// Summary returns what an agent should read first: the newest summary of the
// conversation's last stretch, nil when there is none.
func (h *Hub) Summary(ctx context.Context, c bot.Conversation) (*bot.Summary, error) {
	_, s, err := h.summary(ctx, c)
	return s, err
}

func (h *Hub) summary(ctx context.Context, c bot.Conversation) (bot.Conversation, *bot.Summary, error) {
	page, err := h.timeline.Events(ctx, bot.EventQuery{
		Workspace: c.Workspace, Conversation: c.ID, View: bot.ViewAgent, Latest: true, Limit: 100,
	})
	if err != nil {
		return c, nil, err
	}
	for i := len(page.Events) - 1; i >= 0; i-- {
		if s := page.Events[i].Body.Summary; s != nil {
			return page.Conversation, s, nil
		}
	}
	return page.Conversation, nil, nil
}

// OfferEnded tells an agent's consoles that an offer is over.
func (h *Hub) OfferEnded(r handoff.Reservation) {
	h.offerEnded(r)
	h.relay(relayed{End: &r})
}

func (h *Hub) offerEnded(r handoff.Reservation) {
	data := h.enc.Encode(bot.ViewAgent, OfferEnd{r})
	h.offersMu.Lock()
	defer h.offersMu.Unlock()
	delete(h.offers, r.ID)
	for _, p := range h.of(owner{ws: r.Workspace, agent: r.Agent}) {
		p.push(data, durable)
	}
}

// PlacesChanged tells those who watch a waiting conversation where it stands.
// The desk of every node finds out by itself, so other nodes are not told.
func (h *Hub) PlacesChanged(ws bot.WorkspaceID, places []handoff.Place) {
	for _, pl := range places {
		if t := h.topic(key{ws, pl.Conversation}, false); t != nil {
			t.broadcast(Place{Place: pl, Open: true}, passing, nil)
			t.mu.Unlock()
		}
	}
}

// AgentChanged tells an agent's own consoles their duty, load and capacity.
func (h *Hub) AgentChanged(a handoff.Agent) {
	h.agentChanged(a)
	h.relay(relayed{Agent: &a})
}

func (h *Hub) agentChanged(a handoff.Agent) {
	if !h.bus.Alone() {
		h.offersMu.Lock()
		defer h.offersMu.Unlock()
		own := owner{ws: a.Workspace, agent: a.ID}
		if a.Version > 0 && a.Version < h.agents[own] {
			return // overtaken on the way
		}
		h.agents[own] = a.Version
	}
	data := h.enc.Encode(bot.ViewAgent, Agent{a})
	for _, p := range h.of(owner{ws: a.Workspace, agent: a.ID}) {
		p.push(data, durable)
	}
}

// Seen makes good what this node was not told: open offers to the agents who are
// connected here, offers that ended, and the agents' own state, as a sweep of the
// desk left them. It is handoff.Options.Seen.
func (h *Hub) Seen(ws bot.WorkspaceID, f handoff.Floor) {
	if h.bus.Alone() {
		return
	}
	open := make(map[string]bool)
	for _, r := range f.Offers {
		if r.State == handoff.ReservationOpen {
			open[r.ID] = true
			h.offered(r, bot.Conversation{Workspace: ws, ID: r.Conversation})
		}
	}
	var gone []handoff.Reservation
	h.offersMu.Lock()
	for id, r := range h.offers {
		if r.Workspace == ws && !open[id] {
			gone = append(gone, r)
		}
	}
	h.offersMu.Unlock()
	if len(gone) > 0 && h.desk != nil {
		h.spawn(func() { h.lookAfter(gone) })
	}
	for _, a := range f.Agents {
		own := owner{ws: ws, agent: a.ID}
		here := len(h.of(own)) > 0
		h.offersMu.Lock()
		known, told := h.agents[own]
		if !here {
			delete(h.agents, own)
		}
		h.offersMu.Unlock()
		if here && (!told || known < a.Version) {
			h.agentChanged(a)
		}
	}
}

// lookAfter asks how offers ended that a sweep did not find open. One that was
// made after the sweep had read is open still.
func (h *Hub) lookAfter(offers []handoff.Reservation) {
	for _, r := range offers {
		ctx, cancel := context.WithTimeout(h.ctx, time.Second)
		now, err := h.desk.Reservation(ctx, r.Workspace, r.ID)
		cancel()
		switch {
		case fault.Is(err, fault.NotFound):
			r.State = handoff.ReservationRescinded
			h.offerEnded(r)
		case err != nil:
			return // the next sweep asks again
		case now.State != handoff.ReservationOpen:
			h.offerEnded(now)
		}
	}
}

// of returns the peers of an owner.
func (h *Hub) of(o owner) []*Peer {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var out []*Peer
	for p := h.owners[h.hash(o)]; p != nil; p = p.sibling {
		if p.who.owner() == o {
			out = append(out, p)
		}
	}
	return out
}
