package handoff

import (
	"cmp"
	"slices"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// explained bounds how many of those who were not chosen an explanation names.
const explained = 8

// explain says why an agent was chosen for a conversation and others were not:
// the chosen one first, then those who came nearest.
func (b *board) explain(e *entry, stage, chosen int, rooms []int, kept set, now time.Time) bot.Routing {
	r := bot.Routing{
		Waited: now.Sub(e.Wait.Since), Queue: e.Conversation.Queue, GivenUp: e.pool.stages[stage].given,
		Priority: e.Conversation.Priority + e.pool.queue.Priority, Takes: b.takes[e.Conversation.Inbox],
	}
	r.Wanted = named(slices.Concat(e.pool.needs, e.pool.team))
	who := e.pool.stages[stage].who
	order, present := b.nearest(e, who, chosen, rooms, kept, now)
	r.Present = present
	for _, i := range order {
		a := b.agents[i]
		taken := whole*a.slots(now) - rooms[i]
		c := bot.Candidate{
			Agent: a.ID, Name: a.Name, Load: (taken + whole - 1) / whole, Capacity: a.slots(now), Spare: spare(&a, rooms[i]), Skills: len(b.skills[i].level),
			Last: a.ID == e.Wait.Last && a.ID != "",
		}
		if taken%whole != 0 {
			c.Taken = taken
		}
		if !a.LastGiven.IsZero() {
			c.Idle = now.Sub(a.LastGiven)
		}
		c.Lacks = named(e.pool.unmet(b.skills[i]))
		if i != chosen {
			c.Not = b.why(e, i, who, rooms, kept, now)
		}
		r.Candidates = append(r.Candidates, c)
	}
	return r
}

// named lists needs, each once: a queue may want what the conversation wants too.
func named(needs []Need) (out []string) {
	for _, n := range needs {
		if !slices.Contains(out, n.String()) {
			out = append(out, n.String())
		}
	}
	return out
}

// nearest are the chosen one and those who came nearest, the best first; present
// counts who takes offers. Only so many are kept in order, since an offer is
// explained while others wait for theirs.
func (b *board) nearest(e *entry, who set, chosen int, rooms []int, kept set, now time.Time) (order []int, present int) {
	type ranked struct{ agent, rank int }
	best := make([]ranked, 0, explained+2)
	for i := range b.agents {
		here := b.agents[i].Present(now)
		if here {
			present++
		}
		x := ranked{i, 3}
		switch {
		case i == chosen:
			x.rank = 0
		case b.why(e, i, who, rooms, kept, now) == bot.NotBest:
			x.rank = 1
		case here:
			x.rank = 2
		}
		at, _ := slices.BinarySearchFunc(best, x, func(x, y ranked) int {
			return cmp.Or(cmp.Compare(x.rank, y.rank), b.compare(e, x.agent, y.agent, rooms, now))
		})
		if best = slices.Insert(best, at, x); len(best) > explained+1 {
			best = best[:explained+1]
		}
	}
	for _, x := range best {
		order = append(order, x.agent)
	}
	return order, present
}

// why says why an agent does not get the conversation.
func (b *board) why(e *entry, i int, who set, rooms []int, kept set, now time.Time) bot.NotChosen {
	a := b.agents[i]
	switch {
	case a.ID == e.Conversation.Agent:
		return bot.NotPassing
	case a.Duty == DutyMissed:
		return bot.NotMissed
	case a.Duty != DutyOn:
		return bot.NotOnDuty
	case !a.Present(now):
		return bot.NotConnected
	case !who.has(i):
		return bot.NotSkilled
	case rooms[i] < a.takes(b.share(e.Conversation.Inbox)):
		return bot.NotFree
	case !b.mayHave(e, i, now):
		return bot.NotAgain
	case kept.has(i):
		return bot.NotKept
	}
	return bot.NotBest
}
