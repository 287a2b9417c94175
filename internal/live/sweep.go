package live

import (
	"context"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

const (
	feedRows  = 2000            // rows of a page of the feed
	feedWait  = 5 * time.Second // for a page; then the next sweep tries again
	justBegun = 10 * time.Second
)

// sweeper is where this node stands in the feed of what all nodes wrote.
type sweeper struct {
	cursor string // "": not in the feed yet
	failed bool   // the last look failed, which is logged once
}

// sweep reads holes that could not be read before and, when there are other
// nodes, looks for conversations of which the bus lost the last frame: those have
// nothing after them that would show the loss.
func (h *Hub) sweep(ctx context.Context, s *sweeper) {
	h.readStale()
	if h.bus.Alone() || h.changes == nil {
		s.cursor = "" // what is written alone needs no look; one who joins begins anew
		return
	}
	err := h.follows(ctx, s)
	if failed := err != nil && ctx.Err() == nil; failed != s.failed {
		s.failed = failed
		if failed {
			h.log.Warn("the feed of what was written could not be read; trying again", "error", err)
		} else {
			h.log.Info("the feed of what was written is read again")
		}
	}
}

// readStale tries again to read the holes that could not be read.
func (h *Hub) readStale() {
	h.mu.Lock()
	stale := h.stale
	h.stale = make(map[*topic]struct{})
	h.mu.Unlock()
	for t := range stale {
		t.mu.Lock()
		if !t.dead && (t.next > 0 || t.stream != nil) {
			t.fill(bySweep)
		}
		t.mu.Unlock()
	}
}

// follows goes to the end of the feed and delivers what was not.
func (h *Hub) follows(ctx context.Context, s *sweeper) error {
	if s.cursor == "" {
		if err := h.turnPage(ctx); err != nil {
			return err
		}
		head, err := h.head(ctx)
		if err != nil {
			return err
		}
		s.cursor = head
		h.lookAgain()
	}
	for {
		bounded, cancel := context.WithTimeout(ctx, feedWait)
		page, err := h.changes.Changes(bounded, s.cursor, feedRows)
		cancel()
		if fault.Is(err, fault.Invalid) {
			s.cursor = "" // of another history: begin anew
		}
		if err != nil {
			return err
		}
		h.feedLag.Store(int64(page.Lag))
		now := h.now()
		for _, row := range page.Rows {
			h.deliver(row, nil, now.Sub(row.CreatedAt) < justBegun, bySweep)
		}
		s.cursor = page.Next
		if !page.More {
			return nil
		}
	}
}

// turnPage notices that the database has another history than before: a standby
// that lacked the last writes has taken over, or a copy was restored beneath us.
// Numbers then mean something else, so every reader comes back with none, and
// offers again what it has sent.
func (h *Hub) turnPage(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, feedWait)
	defer cancel()
	epoch, err := h.timeline.Epoch(bounded)
	if err != nil {
		return err
	}
	h.mu.Lock()
	before := h.epoch
	h.epoch = epoch
	h.mu.Unlock()
	if before == "" || before == epoch {
		return nil
	}
	h.log.Warn("the database has another history; readers come back and offer again what they sent", "before", before, "now", epoch)
	for _, t := range h.all() {
		t.mu.Lock()
		t.end()
		t.mu.Unlock()
	}
	h.Each(func(p *Peer) { p.Close(CloseResync, "another history") })
	return nil
}

func (h *Hub) head(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, feedWait)
	defer cancel()
	return h.changes.Head(ctx)
}

// lookAgain reads every conversation that somebody watches, and has consoles
// fetch their lists again: what was written before this node stood in the feed,
// and after they had read, may have been lost.
func (h *Hub) lookAgain() {
	h.mu.Lock()
	for _, t := range h.topics {
		h.stale[t] = struct{}{}
	}
	var lists []*Peer
	for _, peers := range h.feeds {
		for p := range peers {
			lists = append(lists, p)
		}
	}
	h.mu.Unlock()
	h.readStale()
	for _, p := range lists {
		p.Close(CloseResync, "resync")
	}
}

// Lag returns how far the safe end of the feed was behind at the last look: rows
// of a transaction that is open for long hold back everything after them.
func (h *Hub) Lag() time.Duration { return time.Duration(h.feedLag.Load()) }

// Mode says how this node hears of others: "alone" when there are none, "bus", or
// "polling" while there is no bus or it is not well.
func (h *Hub) Mode() string {
	if h.bus.Alone() {
		return "alone"
	}
	if well, _ := h.bus.State(); well {
		return "bus"
	}
	return "polling"
}
