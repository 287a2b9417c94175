package handoff

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// set is a set of agents by their index on the board.
type set []uint64

func newSet(n int) set         { return make(set, (n+63)/64) }
func (s set) add(i int)        { s[i/64] |= 1 << (i % 64) }
func (s set) remove(i int)     { s[i/64] &^= 1 << (i % 64) }
func (s set) has(i int) bool   { return s[i/64]>>(i%64)&1 == 1 }
func (s set) meets(o set) bool { return s.both(o, func(int) bool { return false }) }
func (s set) each(o set, f func(i int)) {
	s.both(o, func(i int) bool { f(i); return true })
}

// both calls f with what is in both sets until it says no; it reports whether
// there was anything.
func (s set) both(o set, f func(i int) bool) bool {
	any := false
	for w := range s {
		for x := s[w] & o[w]; x != 0; x &= x - 1 {
			any = true
			if !f(w*64 + bits.TrailingZeros64(x)) {
				return true
			}
		}
	}
	return any
}

// pool is what conversations of one queue with the same needs have in common: who
// may take them, which are more the longer they wait.
type pool struct {
	queue  Queue
	needs  []Need  // of the conversation
	team   []Need  // of the queue
	stages []stage // in order of after; the first from the start
	lack   []int   // by agent: how much of what is wanted is missing
	index  int     // among the board's pools
}

// stage is who may take a conversation that has waited for so long.
type stage struct {
	after time.Duration
	who   set
	given []string // what was given way on
}

// poolKey tells pools apart.
func poolKey(c bot.Conversation) string {
	skills := slices.Clone(c.Skills)
	slices.Sort(skills)
	return string(c.Queue) + "\x00" + c.Language + "\x00" + strings.Join(skills, "\x00")
}

// newPool works out who suits a conversation, from the start and later.
func newPool(c bot.Conversation, q Queue, queues []Queue, skills []skillset) *pool {
	p := &pool{queue: q, needs: needsOf(c.Language, c.Skills), team: needsOf("", q.Skills)}
	for _, s := range skills {
		p.lack = append(p.lack, p.lacks(s))
	}
	type change struct {
		after time.Duration
		drop  string
		to    *Queue
	}
	var changes []change
	relax := q.Relax
	if len(relax) == 0 && !q.Strict {
		relax = usually()
	}
	for _, r := range relax {
		changes = append(changes, change{after: r.After, drop: r.Drop})
	}
	for _, o := range q.Overflow {
		if i := slices.IndexFunc(queues, func(x Queue) bool { return x.ID == o.To }); i >= 0 {
			changes = append(changes, change{after: o.After, to: &queues[i]})
		} else if o.To == "" { // the main queue, which nobody has changed yet
			changes = append(changes, change{after: o.After, to: &Queue{}})
		}
	}
	slices.SortStableFunc(changes, func(a, b change) int { return cmp.Compare(a.after, b.after) })

	teams := [][]Need{p.team}
	needs := slices.DeleteFunc(slices.Clone(p.needs), func(n Need) bool { return n.Preferred })
	var given []string
	settle := func(after time.Duration) {
		who := newSet(len(skills))
		for i, s := range skills {
			all := func(list []Need) bool { return !slices.ContainsFunc(list, func(n Need) bool { return !s.meets(n) }) }
			if all(needs) && slices.ContainsFunc(teams, all) {
				who.add(i)
			}
		}
		st := stage{after: after, who: who, given: slices.Clone(given)}
		if last := len(p.stages) - 1; last >= 0 && p.stages[last].after == after {
			p.stages[last] = st
			return
		}
		p.stages = append(p.stages, st)
	}
	settle(0)
	for _, c := range changes {
		if c.to != nil {
			teams = append(teams, needsOf("", c.to.Skills))
			given = append(given, "queue "+string(c.to.ID))
		} else {
			needs, given = give(needs, c.drop, given)
		}
		settle(c.after)
	}
	return p
}

// give drops needs; given collects what was given way on, by name.
func give(needs []Need, drop string, given []string) (left []Need, all []string) {
	for _, n := range needs {
		switch {
		case drop == dropLevels && n.Level > 1:
			given = append(given, n.String())
			n.Level = 1
		case drop == dropSkills || drop == n.Name || drop == dropLanguage && n.Language():
			given = append(given, n.String())
			continue
		}
		left = append(left, n)
	}
	return left, given
}

// stageAt is the stage of a conversation that has waited for so long. One that
// nobody on duty would do at goes on to the next, unless the queue is strict; −1:
// nobody on duty will do at any.
func (p *pool) stageAt(waited time.Duration, duty set) int {
	now := 0
	for now+1 < len(p.stages) && p.stages[now+1].after <= waited {
		now++
	}
	for later := now; later < len(p.stages); later++ {
		switch {
		case !p.stages[later].who.meets(duty):
		case p.queue.Strict:
			return now
		default:
			return later
		}
	}
	return -1
}

// ever reports whether anybody there is, on duty or not, would do at any stage.
func (p *pool) ever() bool {
	return slices.ContainsFunc(p.stages, func(s stage) bool { return slices.ContainsFunc(s.who, func(w uint64) bool { return w != 0 }) })
}

// lacks weighs what an agent does not have of what is wanted: four for a skill,
// two for a language, one for what is only preferred.
func (p *pool) lacks(s skillset) int {
	score := 0
	for _, n := range p.unmet(s) {
		switch {
		case n.Preferred:
			score++
		case n.Language():
			score += 2
		default:
			score += 4
		}
	}
	return score
}

// unmet is what an agent does not have of what is wanted.
func (p *pool) unmet(s skillset) []Need {
	return slices.DeleteFunc(slices.Concat(p.needs, p.team), s.meets)
}
