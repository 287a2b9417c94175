package handoff

import (
	"math"
	"math/bits"
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
	duty  set
	crews []crew
	of    map[*pool][]reach
	ahead map[*pool]int
	order []*pool // of ahead, in order of their first
	step  float64 // handling time in s, with that of answering
	leave float64 // rate of giving up, 1/s
}

// crew is agents on duty who serve the same pools.
type crew struct {
	places float64
	free   float64
	mean   float64 // until so many places were free as were given away, in s from now
}

// reach is which crews a pool has from a stage on.
type reach struct {
	after float64 // wait in s
	crews uint64  // by index; only the first 64 crews are looked at
}

// outlookOf begins to foresee the line.
func (b *board) outlookOf(now time.Time) *outlook {
	o := &outlook{
		board: b, duty: b.onDuty(now), of: map[*pool][]reach{}, ahead: map[*pool]int{},
		step: (b.measures.handling() + b.measures.answering()).Seconds(), leave: b.measures.leaving(),
	}
	o.muster(now)
	return o
}

// muster forms the crews.
func (o *outlook) muster(now time.Time) {
	b := o.board
	pools := make([]*pool, 0, len(b.pools))
	for _, p := range b.pools {
		pools = append(pools, p)
	}
	byPools := map[string]int{}
	members := make([]int, len(b.agents))
	var key []byte
	o.duty.each(o.duty, func(i int) {
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
		c, known := byPools[string(key)]
		if !known {
			c = min(len(o.crews), 63)
			if c == len(o.crews) {
				o.crews = append(o.crews, crew{})
			}
			byPools[string(key)] = c
		}
		members[i] = c
		a := &b.agents[i]
		o.crews[c].places += float64(max(a.Capacity, 1))
		if a.Present(now) {
			o.crews[c].free += float64(max(a.room(now), 0))
		}
	})
	for _, p := range pools {
		for _, st := range p.stages {
			r := reach{after: st.after.Seconds()}
			st.who.each(o.duty, func(i int) { r.crews |= 1 << members[i] })
			o.of[p] = append(o.of[p], r)
		}
	}
}

// next gives the next one in line to those who will be free for it first, and
// returns its place.
func (o *outlook) next(e *entry, now time.Time) Place {
	p := Place{Conversation: e.Conversation.ID, Position: 1}
	waited := now.Sub(e.Wait.Since).Seconds()
	best, at, places := -1, math.Inf(1), 0.0
	chosen := 0
	for k, r := range o.of[e.pool] {
		if best >= 0 && k > 0 && e.pool.queue.Strict && r.after > waited {
			break
		}
		for x := r.crews; x != 0; x &= x - 1 {
			c := bits.TrailingZeros64(x)
			t := o.crews[c].mean
			if o.crews[c].free >= 1 {
				t = 0
			} else {
				t += o.step / o.crews[c].places
			}
			if best >= 0 || k > 0 && e.pool.queue.Strict {
				t = max(t, r.after-waited) // what is not given up yet is held out for
			}
			if t < at {
				best, at, chosen = c, t, k
			}
		}
	}
	for _, other := range o.order {
		if other == e.pool || best < 0 && other.queue.ID == e.pool.queue.ID || o.meet(other, e.pool) {
			p.Position += o.ahead[other]
		}
	}
	if o.ahead[e.pool]++; o.ahead[e.pool] == 1 {
		o.order = append(o.order, e.pool)
	}
	if e.Conversation.Service == bot.ServiceOffered { // its place is held already
		p.Free = true
		p.Wait, p.WaitUpper = o.board.measures.quantiles(0, 0)
		return p
	}
	if best < 0 {
		p.Unserved = true
		return p
	}
	for x := o.of[e.pool][chosen].crews; x != 0; x &= x - 1 {
		places += o.crews[bits.TrailingZeros64(x)].places
	}
	c := &o.crews[best]
	if c.free >= 1 {
		c.free--
		p.Free = at == 0
		p.Wait, p.WaitUpper = o.board.measures.quantiles(at, 0)
		return p
	}
	each := o.step / c.places
	// All crews that it may have are at work for it: steps are that much shorter.
	p.Wait, p.WaitUpper = o.board.measures.quantiles(at, at*o.step/places)
	c.mean += each * math.Exp(-o.leave*at)
	return p
}

// meet reports whether two pools want somebody of the same people, as far as
// nothing is given up yet.
func (o *outlook) meet(a, b *pool) bool {
	return o.first(a)&o.first(b) != 0
}

// first is whom a pool has before it gives way: of the first stage at which
// somebody on duty will do.
func (o *outlook) first(p *pool) uint64 {
	for _, r := range o.of[p] {
		if r.crews != 0 {
			return r.crews
		}
	}
	return 0
}
