package history

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Report is the verdict over a run. Clean says whether it may pass.
type Report struct {
	Sends   int `json:"sends"`
	Acked   int `json:"acked"`
	Unknown int `json:"unknown"` // never answered; there once or not at all
	Refused int `json:"refused"`

	Lost       int `json:"lost"`       // acknowledged and not in the final read, or stored and never shown to a reader
	Doubled    int `json:"doubled"`    // stored twice, or given to a reader twice
	Disordered int `json:"disordered"` // readers disagree about a number, a number goes back, or a sender's order is broken
	Gaps       int `json:"gaps"`       // numbers that are missing in a final read
	Torn       int `json:"torn"`       // streams whose pieces are not what was stored

	Unstored    int `json:"unstored"`     // of Lost: acknowledged and not in the final read
	StoredTwice int `json:"stored_twice"` // of Doubled: twice in the final read

	Ack     Spread `json:"ack"`     // from the intended send time to the acknowledgement
	Deliver Spread `json:"deliver"` // from the event's time to a reader who was there
	Stale   Spread `json:"stale"`   // from the acknowledgement to each reader, away or there
	Away    Spread `json:"away"`    // from a lost connection to being up to date again

	Examples []string `json:"examples,omitempty"` // the first of what is wrong
}

// Clean reports whether nothing was lost, doubled, disordered, missing or torn.
func (r Report) Clean() bool {
	return r.Lost == 0 && r.Doubled == 0 && r.Disordered == 0 && r.Gaps == 0 && r.Torn == 0
}

// Spread sums up a set of durations; all are 0 when there were none.
type Spread struct {
	Count int           `json:"count"`
	P50   time.Duration `json:"p50"`
	P99   time.Duration `json:"p99"`
	Worst time.Duration `json:"worst"`
}

// NewSpread sums up durations by the nearest rank; it sorts them in place.
func NewSpread(d []time.Duration) Spread {
	if len(d) == 0 {
		return Spread{}
	}
	slices.Sort(d)
	rank := func(q float64) time.Duration { return d[max(0, min(int(q*float64(len(d))+.999999)-1, len(d)-1))] }
	return Spread{Count: len(d), P50: rank(.5), P99: rank(.99), Worst: d[len(d)-1]}
}

// maxExamples keeps a report readable.
const maxExamples = 12

// place is a number in a view of a conversation.
type place struct {
	view View
	conv string
	n    int64
}

type sent struct {
	by           string
	conversation string
	order        int // among the sends of one client in one conversation
	invoked, ok  time.Duration
	acked        bool
	refused      bool
}

type check struct {
	Report
	sends  map[string]*sent // by client_msg_id
	finals map[place]string // event by place
	ack    []time.Duration
	lag    []time.Duration
	stale  []time.Duration
	away   []time.Duration
}

// Check compares histories with the final reads. Every conversation that a
// client sent into or watched needs a final read in that client's view.
func Check(clients []*Client, finals []Final) Report {
	k := &check{sends: map[string]*sent{}, finals: map[place]string{}}
	histories := make([][]Op, len(clients))
	for i, c := range clients {
		histories[i] = c.Ops()
		k.collect(c, histories[i])
	}
	read := map[place]Final{}
	for _, f := range finals {
		read[place{f.View, f.Conversation, 0}] = f
		k.final(f)
	}
	k.stored(finals)
	for i, c := range clients {
		k.reader(c, histories[i], read)
	}
	k.Ack, k.Deliver, k.Stale, k.Away = NewSpread(k.ack), NewSpread(k.lag), NewSpread(k.stale), NewSpread(k.away)
	return k.Report
}

func (k *check) wrong(count *int, format string, args ...any) {
	*count++
	if len(k.Examples) < maxExamples {
		k.Examples = append(k.Examples, fmt.Sprintf(format, args...))
	}
}

// collect reads what a client sent.
func (k *check) collect(c *Client, ops []Op) {
	order := map[string]int{}
	for _, op := range ops {
		switch op.Kind {
		case Invoke:
			k.Sends++
			k.sends[op.ID] = &sent{by: c.Name, conversation: op.Conversation, order: order[op.Conversation], invoked: op.At}
			order[op.Conversation]++
		case OK:
			s := k.sends[op.ID]
			if s == nil || s.acked {
				continue // offered again after the server forgot; the first answer counts
			}
			s.acked, s.ok = true, op.At
			k.Acked++
			k.ack = append(k.ack, op.At-s.invoked)
		case Refused:
			if s := k.sends[op.ID]; s != nil && !s.acked {
				s.refused = true
				k.Refused++
			}
		case Torn:
			k.wrong(&k.Torn, "%s: the stream of event %s is not what was stored", c.Name, op.Event)
		}
	}
}

// final reads one final read: dense numbers.
func (k *check) final(f Final) {
	below := f.From
	for _, e := range f.Events {
		if e.N <= f.From {
			continue
		}
		if e.N != below+1 {
			k.wrong(&k.Gaps, "conversation %s (%s): %d follows %d", f.Conversation, f.View, e.N, below)
		}
		below = e.N
		k.finals[place{f.View, f.Conversation, e.N}] = e.Event
	}
}

// stored checks sends against the final reads: acknowledged means there once,
// unknown at most once, refused not at all; and a sender's own order.
func (k *check) stored(finals []Final) {
	type at struct {
		s *sent
		n int64
	}
	count := map[place]map[string]int{} // by view and conversation
	for _, f := range finals {
		last := map[string]at{}
		seen := map[string]int{}
		for _, e := range f.Events {
			if e.N <= f.From || e.ID == "" {
				continue
			}
			seen[e.ID]++
			s := k.sends[e.ID]
			if s == nil {
				continue
			}
			if before, ok := last[s.by]; ok && before.s.order > s.order {
				k.wrong(&k.Disordered, "conversation %s: send %d of %s is at %d, behind send %d at %d", f.Conversation, s.order, s.by, e.N, before.s.order, before.n)
			} else {
				last[s.by] = at{s, e.N}
			}
		}
		count[place{f.View, f.Conversation, 0}] = seen
	}
	for id, s := range k.sends {
		times := 0
		for _, v := range []View{Visitor, Agent} {
			times = max(times, count[place{v, s.conversation, 0}][id])
		}
		switch {
		case times > 1:
			k.StoredTwice++
			k.wrong(&k.Doubled, "send %s of %s is stored %d times", id, s.by, times)
		case s.acked && times == 0:
			k.Unstored++
			k.wrong(&k.Lost, "send %s of %s was acknowledged and is not stored", id, s.by)
		case !s.acked && !s.refused:
			k.Unknown++
		}
	}
}

// reader checks what one client saw.
func (k *check) reader(c *Client, ops []Op, read map[place]Final) {
	type state struct {
		from  int64
		last  int64                    // highest number given by a frame of events
		given map[int64]string         // event by number, since the last snapshot
		first map[string]time.Duration // when an ID was first seen
	}
	convs := map[string]*state{}
	of := func(conv string) *state {
		if convs[conv] == nil {
			convs[conv] = &state{given: map[int64]string{}, first: map[string]time.Duration{}}
		}
		return convs[conv]
	}
	var down time.Duration
	gone := false
	for _, op := range ops {
		switch op.Kind {
		case Watch:
			s := of(op.Conversation)
			s.from, s.last = op.N, op.N
		case Reset:
			s := of(op.Conversation)
			s.given, s.last = map[int64]string{}, op.N
			s.from = max(s.from, op.N) // older pages are read on demand
		case Receive:
			s := of(op.Conversation)
			if op.ID != "" {
				if _, ok := s.first[op.ID]; !ok {
					s.first[op.ID] = op.At
				}
			}
			if op.Way == Live {
				k.lag = append(k.lag, op.Lag)
			}
			before, known := s.given[op.N]
			if known && before != op.Event {
				k.wrong(&k.Disordered, "%s: number %d of %s was event %s and is now %s", c.Name, op.N, op.Conversation, before, op.Event)
			}
			if op.Way == Acked || op.Way == Polled {
				// Not by the socket, which does not know of it and may give it once more.
				s.given[op.N] = op.Event
				continue
			}
			switch {
			case op.N <= s.last && known:
				k.wrong(&k.Doubled, "%s: event %d of %s was given again", c.Name, op.N, op.Conversation)
			case op.N <= s.last:
				k.wrong(&k.Disordered, "%s: event %d of %s came behind %d", c.Name, op.N, op.Conversation, s.last)
			}
			s.given[op.N], s.last = op.Event, max(s.last, op.N)
		case Down:
			if !gone {
				gone, down = true, op.At
			}
		case Synced:
			if gone {
				k.away = append(k.away, op.At-down)
				gone = false
			}
		}
	}
	for conv, s := range convs {
		f, ok := read[place{c.View, conv, 0}]
		if !ok {
			k.wrong(&k.Lost, "%s: conversation %s has no final read", c.Name, conv)
			continue
		}
		for _, e := range f.Events {
			if e.N <= max(s.from, f.From) {
				continue
			}
			if e.ID != "" {
				if sent := k.sends[e.ID]; sent != nil && sent.acked && sent.by != c.Name {
					if at, seen := s.first[e.ID]; seen {
						k.stale = append(k.stale, max(0, at-sent.ok))
					}
				}
			}
			got, seen := s.given[e.N]
			switch {
			case !seen:
				k.wrong(&k.Lost, "%s: event %d of %s never came", c.Name, e.N, conv)
			case got != e.Event:
				k.wrong(&k.Disordered, "%s: number %d of %s is event %s there and %s in the store", c.Name, e.N, conv, got, e.Event)
			}
		}
		for n, event := range s.given {
			if _, ok := k.finals[place{c.View, conv, n}]; n > f.From && !ok {
				k.wrong(&k.Lost, "%s: event %s at %d of %s was shown and is not stored", c.Name, event, n, conv)
			}
		}
	}
}

// Recovery returns how long after since each client whose connection broke after
// it was up to date again, and the names of those who never were.
func Recovery(clients []*Client, since time.Duration) (Spread, []string) {
	var took []time.Duration
	var never []string
	for _, c := range clients {
		broke, back := false, time.Duration(0)
		for _, op := range c.Ops() {
			switch {
			case op.At < since:
			case op.Kind == Down && !broke:
				broke = true
			case op.Kind == Synced && broke && back == 0:
				back = op.At
			}
		}
		switch {
		case back > 0:
			took = append(took, back-since)
		case broke:
			never = append(never, c.Name)
		}
	}
	slices.SortFunc(never, cmp.Compare[string])
	return NewSpread(took), never
}
