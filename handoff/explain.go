package handoff

import (
	"slices"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// explained bounds how many of those who were not chosen an explanation names.
const explained = 8

// explain says why an agent was chosen for a conversation and others were not:
// the chosen one first, then those who came nearest.
func (b *board) explain(e *entry, stage, chosen int, rooms []int, now time.Time) bot.Routing {
	r := bot.Routing{
		Waited: now.Sub(e.Wait.Since), Queue: e.Conversation.Queue, GivenUp: e.pool.stages[stage].given,
		Priority: e.Conversation.Priority + e.pool.queue.Priority,
	}
	for _, n := range slices.Concat(e.pool.needs, e.pool.team) {
		r.Wanted = append(r.Wanted, n.String())
	}
	who := e.pool.stages[stage].who
	order := make([]int, 0, len(b.agents))
	rank := func(i int) int {
		switch {
		case i == chosen:
			return 0
		case b.why(e, i, who, rooms, now) == bot.NotBest:
			return 1
		case b.agents[i].Present(now):
			return 2
		}
		return 3
	}
	present := 0
	for i := range b.agents {
		if b.agents[i].Present(now) {
			present++
		}
		order = append(order, i)
	}
	slices.SortStableFunc(order, func(i, j int) int {
		if x, y := rank(i), rank(j); x != y {
			return x - y
		}
		return b.compare(e, i, j, rooms, now)
	})
	r.Present = present
	for _, i := range order[:min(len(order), explained+1)] {
		a := b.agents[i]
		c := bot.Candidate{
			Agent: a.ID, Name: a.Name, Load: a.slots(now) - rooms[i], Capacity: a.slots(now), Spare: spare(&a, rooms[i]), Skills: len(b.skills[i].level),
			Last: a.ID == e.Wait.Last && a.ID != "",
		}
		if !a.LastGiven.IsZero() {
			c.Idle = now.Sub(a.LastGiven)
		}
		for _, n := range e.pool.unmet(b.skills[i]) {
			c.Lacks = append(c.Lacks, n.String())
		}
		if i != chosen {
			c.Not = b.why(e, i, who, rooms, now)
		}
		r.Candidates = append(r.Candidates, c)
	}
	return r
}

// why says why an agent does not get the conversation.
func (b *board) why(e *entry, i int, who set, rooms []int, now time.Time) bot.NotChosen {
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
	case rooms[i] <= 0:
		return bot.NotFree
	case !b.mayHave(e, i, now):
		return bot.NotAgain
	}
	return bot.NotBest
}
