package live

import (
	"context"
	"slices"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Bounds of what a reader gets at once.
const (
	maxDelta      = 500       // events; above it the reader gets a snapshot
	maxDeltaBytes = 256 << 10 // of the encoded frame
	snapshotSize  = 50        // newest events of a snapshot

	// MaxWatched is how many conversations one peer may watch.
	MaxWatched = 200
)

// Cursor is where a reader stands in one conversation.
type Cursor struct {
	Epoch string // of the database when the reader got N
	N     int64  // number of the last event it has; 0: none
}

// Watch has the peer follow a conversation: it sends what came after the cursor,
// or a snapshot when that is too much or the cursor is not of this history, then
// Synced, and from then on what is written. The peer is registered before the
// timeline is read, so nothing falls between the two. It returns the
// conversation as it was read.
//
// Errors: NotFound when there is no such conversation or it is not the
// visitor's (both are answered with Gone to the peer); Limited when the peer
// watches too many; Unavailable when the timeline cannot be read.
func (h *Hub) Watch(ctx context.Context, p *Peer, conv bot.ConversationID, cur Cursor) (bot.EventPage, error) {
	p.empty(ctx) // one stretch at a time: a resume must not fill the queue by itself
	epoch, err := h.Epoch(ctx)
	if err != nil {
		return bot.EventPage{}, err
	}
	if cur.Epoch != epoch {
		cur.N = 0
	}
	k := key{p.who.Workspace, conv}
	t := h.topic(k, true)
	s := t.find(p)
	if s == nil {
		p.mu.Lock()
		switch {
		case p.code != 0:
			err = fault.New(fault.Unavailable, "The socket is closing.")
		case len(p.topics) >= MaxWatched:
			err = fault.New(fault.Limited, "This socket follows %d conversations already.", MaxWatched)
		default:
			p.topics = append(p.topics, t)
		}
		p.mu.Unlock()
		if err != nil {
			t.bury()
			t.mu.Unlock()
			return bot.EventPage{}, err
		}
		s = &sub{peer: p}
		t.subs = append(t.subs, s)
	}
	s.joining, s.buffer, s.from = true, nil, t.next
	s.turn++
	turn := s.turn
	t.mu.Unlock()

	first, err := h.stretch(ctx, p.who, conv, cur)
	if err != nil {
		h.Unwatch(p, conv)
		if fault.Is(err, fault.NotFound) {
			p.push(h.enc.Encode(p.who.View, Gone{conv}), durable)
		}
		return bot.EventPage{}, err
	}
	page := first.page
	var more []bot.Event // read because the stretch was older than the buffer
	rest := false        // more goes on

	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		if t.find(p) != s || s.turn != turn {
			return page, nil // left, or watched again meanwhile
		}
		if t.next == 0 {
			// The first to have read says where the topic stands.
			t.next = page.Conversation.Seq + 1
			if page.Conversation.Version >= t.row.Version {
				t.keep(page.Conversation)
			}
			for _, o := range t.subs {
				o.from = t.next
			}
			t.advance()
			if t.row.Seq >= t.next {
				t.fill(bySweep) // a row came while an older state was read
			}
		}
		if page.Conversation.Seq+1 >= s.from && !rest {
			break
		}
		// Another reader moved the topic on while this one read an older state.
		after := first.top
		if len(more) > 0 {
			after = number(p.who.View, &more[len(more)-1])
		}
		t.mu.Unlock()
		page, err = h.timeline.Events(ctx, bot.EventQuery{
			Workspace: k.ws, Conversation: conv, View: p.who.View, After: after, Limit: maxDelta,
		})
		t.mu.Lock()
		if err != nil {
			t.drop(p)
			p.unlist(t)
			return bot.EventPage{}, err
		}
		more, rest = append(more, page.Events...), page.More
	}
	if page.Conversation.Version > t.row.Version {
		t.keep(page.Conversation)
	}
	// An answer streams whose place this topic has not delivered. What was read must not
	// be older than what was, or the answer may have ended.
	if r := page.Run; r != nil && r.State == bot.RunStreaming && page.Conversation.Seq+1 >= t.next {
		t.begin(place{r.ID, r.Placeholder})
		t.repair(r)
	}

	if first.mode == ModeSnapshot {
		h.count("resume_snapshot")
	} else {
		h.count("resume_delta")
	}
	p.push(first.data, durable)
	s.pos = first.top
	buffer := slices.Concat(more, s.buffer)
	s.joining, s.buffer = false, nil
	if len(buffer) > 0 {
		slices.SortFunc(buffer, func(a, b bot.Event) int { return int(a.Seq - b.Seq) })
		buffer = slices.CompactFunc(buffer, func(a, b bot.Event) bool { return a.Seq == b.Seq })
		t.send(s, buffer, new([2]encoded))
	}
	t.looked(p)
	p.push(h.enc.Encode(p.who.View, Synced{conv, s.pos}), durable)
	switch {
	case t.tell(p):
	case page.Run != nil:
		// An answer is owed: the reader should see that somebody is at work.
		p.push(h.enc.Encode(p.who.View, Typing{bot.Typing{
			Workspace: k.ws, Conversation: conv, Author: bot.Author{Kind: bot.AuthorBot}, Stage: "thinking",
		}}), passing)
	}
	return page, nil
}

// stretch is the first frame of a resume.
type stretch struct {
	page bot.EventPage
	data []byte
	top  int64
	mode Mode
}

// stretch reads and encodes what follows a cursor, or a snapshot.
func (h *Hub) stretch(ctx context.Context, who Who, conv bot.ConversationID, cur Cursor) (stretch, error) {
	q := bot.EventQuery{Workspace: who.Workspace, Conversation: conv, View: who.View}
	if cur.N > 0 {
		q.After, q.Limit = cur.N, maxDelta
		page, err := h.timeline.Events(ctx, q)
		if err != nil {
			return stretch{}, err
		}
		if !who.may(page.Conversation) {
			return stretch{}, fault.New(fault.NotFound, "There is no such conversation.")
		}
		if !page.More && cur.N <= page.Top {
			data := h.enc.Encode(who.View, Events{Conversation: page.Conversation, List: page.Events, Top: page.Top, Mode: ModeDelta})
			if len(data) <= maxDeltaBytes {
				return stretch{page, data, page.Top, ModeDelta}, nil
			}
		}
	}
	q.After, q.Latest, q.Limit = 0, true, snapshotSize
	for {
		page, err := h.timeline.Events(ctx, q)
		if err != nil {
			return stretch{}, err
		}
		if !who.may(page.Conversation) {
			return stretch{}, fault.New(fault.NotFound, "There is no such conversation.")
		}
		data := h.enc.Encode(who.View, Events{
			Conversation: page.Conversation, List: page.Events, Top: page.Top, Mode: ModeSnapshot, HasOlder: page.More,
		})
		if len(data) <= maxDeltaBytes || q.Limit == 1 {
			return stretch{page, data, page.Top, ModeSnapshot}, nil
		}
		q.Limit /= 2
	}
}

// may reports whether the reader has a right to a conversation.
func (w Who) may(c bot.Conversation) bool {
	return c.Workspace == w.Workspace && (w.View == bot.ViewAgent || c.Visitor == w.Visitor)
}

// Unwatch ends what Watch began.
func (h *Hub) Unwatch(p *Peer, conv bot.ConversationID) {
	t := h.topic(key{p.who.Workspace, conv}, false)
	if t == nil {
		return
	}
	defer t.mu.Unlock()
	p.unlist(t)
	t.drop(p)
}

// Watches reports whether the peer follows the conversation.
func (h *Hub) Watches(p *Peer, conv bot.ConversationID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.topics, func(t *topic) bool { return t.key.conv == conv })
}

func (p *Peer) unlist(t *topic) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.topics = slices.DeleteFunc(p.topics, func(o *topic) bool { return o == t })
}

// Text sends the whole text so far of a streamed answer to a peer that misses a
// part. When the answer has ended, its last event has the text.
func (h *Hub) Text(p *Peer, run bot.RunID) {
	p.mu.Lock()
	topics := slices.Clone(p.topics)
	p.mu.Unlock()
	for _, t := range topics {
		t.mu.Lock()
		if t.stream != nil && t.stream.run == run {
			t.tell(p)
		}
		t.mu.Unlock()
	}
}

// fill reads the events from next on, or the checkpoint of a stream with a
// missing piece, in a goroutine of its own; at most one a topic. The caller holds mu.
func (t *topic) fill(by source) {
	if !t.filling {
		t.hub.count(string(by))
	}
	t.look()
}

// look is fill where nothing shows a hole; the caller holds mu.
func (t *topic) look() {
	if t.filling {
		t.again = true // what is being read may be older than what showed this hole
		return
	}
	t.filling = true
	if !t.hub.spawn(t.read) {
		t.filling = false
	}
}

func (t *topic) read() {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer func() { t.filling = false }()
	for {
		t.again = false
		q := bot.EventQuery{Workspace: t.key.ws, Conversation: t.key.conv, View: bot.ViewAgent, After: t.next - 1, Limit: maxDelta}
		if t.next == 0 {
			q.After, q.Latest, q.Limit = 0, true, 1 // only the run is wanted
		}
		t.mu.Unlock()
		page, err := t.hub.timeline.Events(t.hub.ctx, q)
		t.mu.Lock()
		if t.dead {
			return
		}
		if err != nil {
			if t.hub.ctx.Err() == nil {
				t.hub.log.Warn("a hole in a conversation could not be read", "conversation_id", string(t.key.conv), "error", err)
				t.hub.mu.Lock()
				t.hub.stale[t] = struct{}{} // the next sweep tries again
				t.hub.mu.Unlock()
			}
			return
		}
		t.repair(page.Run)
		if t.next == 0 {
			if t.again {
				continue
			}
			return
		}
		if page.Conversation.Version >= t.row.Version {
			t.keep(page.Conversation)
		}
		before := t.next
		for _, e := range page.Events {
			at, have := slices.BinarySearchFunc(t.held, e.Seq, func(h bot.Event, seq int64) int { return int(h.Seq - seq) })
			if !have {
				t.held = slices.Insert(t.held, at, e)
			}
		}
		t.advance()
		if !t.again && (!page.More || t.next == before) {
			return
		}
	}
}

// Waiting returns the conversations that the peer watches in which somebody
// waits for a person, as far as this node knows.
func (h *Hub) Waiting(p *Peer) []bot.ConversationID {
	p.mu.Lock()
	topics := slices.Clone(p.topics)
	p.mu.Unlock()
	var out []bot.ConversationID
	for _, t := range topics {
		t.mu.Lock()
		if s := t.row.Service; s == bot.ServiceWaiting || s == bot.ServiceOffered {
			out = append(out, t.key.conv)
		}
		t.mu.Unlock()
	}
	return out
}

// VisitorWatches reports whether a visitor's socket on this node watches the
// conversation.
func (h *Hub) VisitorWatches(ws bot.WorkspaceID, conv bot.ConversationID) bool {
	t := h.topic(key{ws, conv}, false)
	if t == nil {
		return false
	}
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.subs, func(s *sub) bool { return s.peer.who.View == bot.ViewVisitor })
}
