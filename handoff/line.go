package handoff

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// ageEvery is what one step of priority is worth: a conversation of priority p
// takes its turn as if it had come p times as much earlier. Turns so never change
// while time passes, and since priorities are bounded nobody is overtaken by one
// who comes more than the bound later.
const ageEvery = 5 * time.Minute

// Starvation is how much later than an ordinary conversation the most urgent one
// may come and still be served before it.
const Starvation = maxPriority * ageEvery

// turn is when the conversation would have come were it of ordinary priority.
func (s Standing) turn(queue int) time.Time {
	p := min(max(s.Conversation.Priority+queue, -maxPriority), maxPriority)
	return s.Wait.Since.Add(-time.Duration(p) * ageEvery)
}

// inLine reports whether the conversation waits for its turn.
func (s Standing) inLine() bool {
	return s.Conversation.Service == bot.ServiceWaiting || s.Conversation.Service == bot.ServiceOffered
}

// turns orders the line: by turn, then by age, then by ID.
func turns(a, b *entry) int {
	return cmp.Or(
		a.turn.Compare(b.turn),
		a.Wait.Since.Compare(b.Wait.Since),
		strings.Compare(string(a.Conversation.ID), string(b.Conversation.ID)),
	)
}

// Present reports whether the agent takes offers at now: on duty with a fresh
// sign of life.
func (a Agent) Present(now time.Time) bool {
	return a.Duty == DutyOn && now.Sub(a.Heartbeat) < freshFor
}

// places says where everybody in line stands: behind those whose turn is before
// and who want somebody of the same people.
func (b *board) places(now time.Time) []Place {
	c := b.census(now)
	var out []Place
	for _, e := range b.line {
		out = append(out, c.place(e, now))
		c.add(e)
	}
	return out
}

// joining returns the place that a conversation has, or would have if it joined
// the line now.
func (b *board) joining(s Standing, now time.Time) Place {
	e := b.entry(s)
	c := b.census(now)
	for _, other := range b.line {
		if turns(other, e) >= 0 {
			break
		}
		if other.Conversation.ID != s.Conversation.ID {
			c.add(other)
		}
	}
	return c.place(e, now)
}

// census counts who stands ahead, by pool.
type census struct {
	board *board
	duty  set
	ahead map[*pool]int
	order []*pool // those of ahead, in order of their first
	reach map[*pool]set
}

func (b *board) census(now time.Time) *census {
	return &census{board: b, duty: b.onDuty(now), ahead: map[*pool]int{}, reach: map[*pool]set{}}
}

func (c *census) add(e *entry) {
	if c.ahead[e.pool] == 0 {
		c.order = append(c.order, e.pool)
	}
	c.ahead[e.pool]++
}

// of is who on duty may take conversations of a pool that waited for so long;
// empty: nobody.
func (c *census) of(p *pool, waited time.Duration) set {
	if waited == 0 && c.reach[p] != nil {
		return c.reach[p]
	}
	s := newSet(len(c.board.agents))
	if stage := p.stageAt(waited, c.duty); stage >= 0 {
		p.stages[stage].who.each(c.duty, s.add)
	}
	if waited == 0 {
		c.reach[p] = s
	}
	return s
}

func (c *census) place(e *entry, now time.Time) Place {
	mine := c.of(e.pool, 0)
	p := Place{Conversation: e.Conversation.ID, Position: 1, Unserved: len(c.board.agents) == 0 || !mine.meets(mine)}
	for _, other := range c.order {
		if other == e.pool || other.queue.ID == e.pool.queue.ID && p.Unserved || mine.meets(c.of(other, 0)) {
			p.Position += c.ahead[other]
		}
	}
	p.Wait, p.WaitUpper = c.estimate(e.pool)
	return p
}

// servers sums up the chats that agents of a set may have at once, and how many
// of them are free.
func (c *census) servers(s set) (all, free float64) {
	s.each(s, func(i int) {
		a := c.board.agents[i]
		all += float64(a.Capacity)
		free += float64(max(a.Capacity-a.Load, 0))
	})
	return all, free
}

// estimate says how long one of the pool waits who comes behind those counted:
// the median, and what nine in ten stay under; both zero when nobody is there.
// One who is given way on while waiting is served by more people from then on.
func (c *census) estimate(p *pool) (median, upper time.Duration) {
	at := time.Duration(0)
	for i := 0; ; i++ {
		who := c.of(p, at)
		all, free := c.servers(who)
		ahead := 0.0
		for _, other := range c.order {
			ahead += float64(c.ahead[other]) * c.overlap(other, who, at)
		}
		median, upper = c.board.measures.wait(ahead, all, free)
		last := i+1 == len(p.stages)
		switch {
		case all > 0 && (last || median <= p.stages[i+1].after):
			return max(median, at), max(upper, at)
		case last:
			return 0, 0
		}
		at = p.stages[i+1].after
	}
}

// overlap is the share of those who may take conversations of a pool that belongs
// to who: so much of it stands in the way.
func (c *census) overlap(p *pool, who set, waited time.Duration) float64 {
	theirs := c.of(p, waited)
	all, _ := c.servers(theirs)
	if all == 0 {
		return 0
	}
	shared := newSet(len(c.board.agents))
	theirs.each(who, shared.add)
	part, _ := c.servers(shared)
	return part / all
}

// InLine is a conversation with its place.
type InLine struct {
	Place
	Conversation bot.Conversation
	Since        time.Time // start of its wait
}

// lineOf lists who waits for their turn, the next one first.
func (b *board) lineOf(now time.Time) []InLine {
	places := b.places(now)
	out := make([]InLine, len(places))
	for i, e := range b.line {
		out[i] = InLine{Place: places[i], Conversation: e.Conversation, Since: e.Wait.Since}
	}
	return slices.Clip(out)
}
