package handoff

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// outlook foresees the line: it is gone through in order, and each is given to the
// people who would be free for it first.
//
// Agents who serve the same pools form a crew. A crew with n places, all taken,
// has one free every h/n, h being the handling time; so the k-th who is given to
// it waits a sum of k such steps, each exponential. One who would wait for t is
// still there then with probability e^(-θt), θ being the rate at which visitors
// give up, and takes so much of the step. With one crew this is the Erlang-A queue
// (M/M/n+M) as one who waits in it sees it.
type outlook struct {
	board *board
	at    time.Time
	duty  set
	crews []crew
	reach [][]reach // by pool
	meet  [][]bool  // whether two pools want somebody of the same people, as far as nothing is given up yet
	ahead []int     // by pool
	step  float64   // handling time in s, with that of answering
	least float64   // the smallest part of a place that a chat takes
	leave float64   // rate of giving up, 1/s
}

// crew is agents who serve the same pools, on duty now or by their roster soon.
type crew struct {
	places  float64
	free    float64
	mean    float64  // until so many places were free as were given away, in s from now
	changes []change // of places, in order
}

// change is agents who come or go.
type change struct {
	at     float64 // in s from now
	places float64 // more, or less when negative
	left   float64 // of those who come, places not given away yet
}

// at is how many places the crew has at a time.
func (c *crew) at(t float64) float64 {
	n := c.places
	for _, x := range c.changes {
		if x.at <= t {
			n += x.places
		}
	}
	return n
}

// soonest is when somebody of the crew is free next for a share of a place: one that becomes free, or
// one of somebody who comes (coming is their index then, else −1).
func (c *crew) soonest(step, share float64) (at float64, coming int) {
	at = math.Inf(1)
	if n := c.at(c.mean); n > 0 {
		at = c.mean + step*share/n
	}
	for i, x := range c.changes {
		if x.left > 0 && x.at < at {
			return x.at, i
		}
	}
	return at, -1
}

// reach is which crews a pool has from a stage on.
type reach struct {
	after float64 // wait in s
	crews uint64  // by index; only the first 64 crews are looked at
}

// outlookOf begins to foresee the line.
func (b *board) outlookOf(now time.Time) *outlook {
	n := len(b.pools)
	o := &outlook{
		board: b, at: now, duty: b.onDuty(now), reach: make([][]reach, n), meet: make([][]bool, n), ahead: make([]int, n),
		step: (b.measures.handling() + b.measures.answering()).Seconds(), leave: b.measures.leaving(),
		least: float64(b.least()) / whole,
	}
	pools := make([]*pool, n)
	for _, p := range b.pools {
		pools[p.index] = p
	}
	o.muster(pools, now)
	for i, p := range pools {
		o.meet[i] = make([]bool, n)
		for j, q := range pools {
			x, y := o.first(i), o.first(j)
			o.meet[i][j] = i == j || x&y != 0 || x|y == 0 && p.queue.ID == q.queue.ID
		}
	}
	return o
}

// muster forms the crews.
func (o *outlook) muster(pools []*pool, now time.Time) {
	b, duty := o.board, o.duty
	byPools := map[string]int{}
	members := make([]int, len(b.agents))
	var key []byte
	known := newSet(len(b.agents)) // on duty, or soon
	for i, a := range b.agents {
		if on := duty.has(i); on || !a.Roster.IsZero() && len(b.planned(i, on, now)) > 0 {
			known.add(i)
		}
	}
	known.each(known, func(i int) {
		key = key[:0]
		for _, p := range pools {
			n := byte(len(p.stages)) // the first stage at which the agent will do
			for k, st := range p.stages {
				if st.who.has(i) {
					n = byte(k)
					break
				}
			}
			key = append(key, n)
		}
		c, formed := byPools[string(key)]
		if !formed {
			c = min(len(o.crews), 63)
			if c == len(o.crews) {
				o.crews = append(o.crews, crew{})
			}
			byPools[string(key)] = c
		}
		members[i] = c
		a, on := &b.agents[i], duty.has(i)
		if on {
			o.crews[c].places += float64(max(a.Capacity, 1))
		}
		if a.Present(now) {
			o.crews[c].free += math.Floor(max(float64(a.room(now))/whole, 0)/o.least) * o.least // of two halves at two agents no whole chat is made
		}
		for _, x := range b.planned(i, on, now) {
			n := float64(max(a.Capacity, 1))
			if !x.open {
				n = -n
			}
			o.crews[c].changes = append(o.crews[c].changes, change{at: x.at.Sub(now).Seconds(), places: n, left: max(n, 0)})
		}
	})
	for i := range o.crews {
		slices.SortFunc(o.crews[i].changes, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	}
	for _, p := range pools {
		for _, st := range p.stages {
			r := reach{after: st.after.Seconds()}
			st.who.each(known, func(i int) { r.crews |= 1 << members[i] })
			o.reach[p.index] = append(o.reach[p.index], r)
		}
	}
}

// next gives the next one in line to those who will be free for it first, and
// returns its place.
func (o *outlook) next(e *entry, now time.Time) Place {
	p := o.place(e, now)
	o.ahead[e.pool.index]++
	if e.Conversation.Service == bot.ServiceOffered { // its place is held already
		return p
	}
	best, at, _ := o.soonest(e, now)
	if best < 0 {
		return p
	}
	c, share := &o.crews[best], o.share(e)
	if c.free >= share {
		c.free -= share
		return p
	}
	stays := math.Exp(-o.leave * at)
	free, coming := c.soonest(o.step, share)
	if coming >= 0 {
		c.changes[coming].left -= stays * share
		return p
	}
	c.mean += (free - c.mean) * stays
	return p
}

// place is where the next one in line would stand.
func (o *outlook) place(e *entry, now time.Time) Place {
	p := Place{Conversation: e.Conversation.ID, Position: 1}
	for i, n := range o.ahead {
		if o.meet[e.pool.index][i] {
			p.Position += n
		}
	}
	m := o.board.measures
	if e.Conversation.Service == bot.ServiceOffered {
		p.Free, p.Offered = true, true
		p.Wait, p.WaitUpper = m.quantiles(0, 0)
		return p
	}
	p.Unserved = e.pool.stageAt(now.Sub(e.Wait.Since), o.duty) < 0
	best, at, places := o.soonest(e, now)
	if best < 0 {
		return p
	}
	share := o.share(e)
	p.Free = at == 0 && o.crews[best].free >= share
	spread := at * o.step * share / places // all crews that it may have are at work for it: steps are that much shorter
	if _, coming := o.crews[best].soonest(o.step, share); coming >= 0 {
		spread = 0 // a shift begins when it begins
	}
	p.Wait, p.WaitUpper = m.quantiles(at, spread)
	return p
}

// soonest is the crew that will be free for a conversation first, when, in s from
// now, and how many places all crews have that it may have then; −1: nobody will.
func (o *outlook) soonest(e *entry, now time.Time) (best int, at, places float64) {
	best, at = -1, math.Inf(1)
	waited := now.Sub(e.Wait.Since).Seconds()
	chosen, strict, share := 0, e.pool.queue.Strict, o.share(e)
	for k, r := range o.reach[e.pool.index] {
		for x := r.crews; x != 0; x &= x - 1 {
			c := bits.TrailingZeros64(x)
			t := 0.0
			if o.crews[c].free < share {
				t, _ = o.crews[c].soonest(o.step, share)
			}
			if k > 0 && (best >= 0 || strict) {
				t = max(t, r.after-waited) // what is not given up yet is held out for
			}
			if t < at {
				best, at, chosen = c, t, k
			}
		}
	}
	if best < 0 {
		return best, 0, 0
	}
	for x := o.reach[e.pool.index][chosen].crews; x != 0; x &= x - 1 {
		places += max(o.crews[bits.TrailingZeros64(x)].at(at), 0)
	}
	return best, at, max(places, 1)
}

// share is what a conversation takes of a place.
func (o *outlook) share(e *entry) float64 {
	return float64(o.board.share(e.Conversation.Inbox)) / whole
}

// first is whom a pool has before it gives way: of the first stage at which
// somebody on duty will do.
func (o *outlook) first(pool int) uint64 {
	for _, r := range o.reach[pool] {
		if r.crews != 0 {
			return r.crews
		}
	}
	return 0
}
