package live

import (
	"slices"
	"sync"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// maxHeld bounds the events that wait for a hole to be filled; what is above is
// read from the timeline with the hole.
const maxHeld = 256

type key struct {
	ws   bot.WorkspaceID
	conv bot.ConversationID
}

// topic is one conversation that somebody watches or that streams an answer.
type topic struct {
	hub *Hub
	key key

	mu        sync.Mutex // guards what follows
	row       bot.Conversation
	next      int64       // seq of the next event to deliver; 0: nobody has read the timeline yet
	held      []bot.Event // written but not deliverable yet, by seq
	filling   bool        // a goroutine reads a hole
	again     bool        // … and has to read once more
	subs      []*sub
	stream    *stream              // being streamed; nil: nothing
	open      place                // of the answer whose end is yet to come; zero: none
	ended     bot.RunID            // the answer that ended last
	toldLook  []bot.AgentID        // who looks on this node, as the other nodes know it
	shownLook []bot.AgentID        // who looks anywhere, as consoles of this node know it
	elsewhere map[string]elsewhere // who looks on other nodes, by node
	dead      bool                 // out of the hub's map: look it up again
}

// sub is a peer's place in a topic.
type sub struct {
	peer    *Peer
	pos     int64 // number, in the peer's view, of the last event it was sent
	joining bool  // its stretch is being read; buffer keeps what is delivered meanwhile
	buffer  []bot.Event
	from    int64 // buffer holds everything from this seq on; 0: not known yet
	turn    int   // rises when the peer watches again, so that an older read gives up
}

// number returns an event's number in a view, 0 when the view has no such event.
func number(v bot.View, e *bot.Event) int64 {
	if v == bot.ViewVisitor {
		return e.VSeq
	}
	return e.Seq
}

func (t *topic) find(p *Peer) *sub {
	for _, s := range t.subs {
		if s.peer == p {
			return s
		}
	}
	return nil
}

// keep takes a newer row; the caller holds mu. Of what the bot remembers it keeps
// only what readers see: the rest is the words of the last turns, and there is a
// topic for every visitor who is connected.
func (t *topic) keep(row bot.Conversation) {
	row.Memory = bot.Memory{Slots: row.Memory.Slots}
	t.row = row
}

// publish takes what was written: it delivers what is next in order, keeps what
// is early and forgets what was delivered. The caller holds mu.
func (t *topic) publish(row bot.Conversation, events []bot.Event, by source) {
	if len(t.subs) == 0 { // only a stream is kept here
		for i := range events {
			t.endStream(&events[i])
		}
		return
	}
	if row.Version >= t.row.Version {
		t.keep(row)
	}
	for _, e := range events {
		if t.next > 0 && e.Seq < t.next {
			continue
		}
		at, have := slices.BinarySearchFunc(t.held, e.Seq, func(h bot.Event, seq int64) int { return int(h.Seq - seq) })
		if !have && len(t.held) < maxHeld {
			t.held = slices.Insert(t.held, at, e)
		}
	}
	t.advance()
	// A row may be ahead of the events that came with it: those were too large for
	// the bus, or got lost.
	if t.next > 0 && (len(t.held) > 0 || row.Seq >= t.next) {
		t.fill(by)
	}
}

// advance delivers the held events that are next in order; the caller holds mu.
func (t *topic) advance() {
	if t.next == 0 {
		return
	}
	old := 0
	for old < len(t.held) && t.held[old].Seq < t.next {
		old++
	}
	end := old
	for end < len(t.held) && t.held[end].Seq == t.next {
		end++
		t.next++
	}
	if end > old {
		t.deliver(slices.Clone(t.held[old:end]))
	}
	t.held = slices.Delete(t.held, 0, end)
	if len(t.held) == 0 {
		t.held = nil
	}
}

// deliver sends a batch to everybody; the caller holds mu. The batch is not
// changed afterwards.
func (t *topic) deliver(batch []bot.Event) {
	for i := range batch {
		if e := &batch[i]; e.Kind == bot.EventAnswer {
			t.begin(place{e.Body.Run, e.ID})
		} else {
			t.endStream(e)
		}
	}
	var shared [2]encoded // by view: most subs need the same bytes
	for _, s := range t.subs {
		if s.joining {
			s.buffer = append(s.buffer, batch...)
			continue
		}
		t.send(s, batch, &shared)
	}
}

// encoded is a frame that several subs can share.
type encoded struct {
	first int64 // number of the first event in it; 0: nothing encoded yet
	top   int64 // number of the last one
	at    int64 // when the last one was written, in microseconds
	data  []byte
}

// send queues to a sub those events of the batch that it has not got.
func (t *topic) send(s *sub, batch []bot.Event, shared *[2]encoded) {
	view, i := s.peer.who.View, 0
	if view == bot.ViewVisitor {
		i = 1
	}
	// Almost always the sub stands where the one before it stood.
	if e := &shared[i]; e.first == 0 || e.first != s.pos+1 {
		list := make([]bot.Event, 0, len(batch))
		for j := range batch {
			if number(view, &batch[j]) > s.pos {
				list = append(list, batch[j])
			}
		}
		if len(list) == 0 {
			return
		}
		if number(view, &list[0]) != s.pos+1 {
			// The order above makes this impossible; were it ever not so, the reader
			// must not be shown a hole.
			s.peer.Close(CloseResync, "resync")
			return
		}
		top := number(view, &list[len(list)-1])
		*e = encoded{s.pos + 1, top, list[len(list)-1].At.UnixMicro(), t.hub.enc.Encode(view, Events{Conversation: t.row, List: list, Top: top, Mode: ModeLive})}
	}
	if e := &shared[i]; s.peer.queueFrame(frame{data: e.data, at: e.at, class: durable}) {
		s.pos = e.top
	}
}

// broadcast queues a frame to the subs for whom want is true; the caller holds
// mu. It returns the peers that had no room for it.
func (t *topic) broadcast(m Message, c class, want func(*Peer) bool) (missed []*Peer) {
	var data [2][]byte
	for _, s := range t.subs {
		if s.joining || want != nil && !want(s.peer) {
			continue
		}
		i := 0
		if s.peer.who.View == bot.ViewVisitor {
			i = 1
		}
		if data[i] == nil {
			data[i] = t.hub.enc.Encode(s.peer.who.View, m)
		}
		if !s.peer.push(data[i], c) {
			missed = append(missed, s.peer)
		}
	}
	return missed
}

// drop removes a sub; the caller holds mu.
func (t *topic) drop(p *Peer) {
	t.subs = slices.DeleteFunc(t.subs, func(s *sub) bool { return s.peer == p })
	t.looked(nil)
	if len(t.subs) == 0 {
		t.subs, t.held, t.next, t.row, t.open = nil, nil, 0, bot.Conversation{}, place{}
		t.shownLook, t.elsewhere = nil, nil
	}
	t.bury()
}

// end removes everything: its numbers are of a history that is over. The caller
// holds mu.
func (t *topic) end() {
	t.subs, t.held, t.next, t.row, t.stream, t.open = nil, nil, 0, bot.Conversation{}, nil, place{}
	t.bury()
}

// bury takes the topic out of the hub when nobody needs it; the caller holds mu.
func (t *topic) bury() {
	if len(t.subs) > 0 || t.stream != nil || t.dead {
		return
	}
	t.dead = true
	t.hub.forget(t)
}
