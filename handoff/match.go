package handoff

import (
	"cmp"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// pair is an offer to be made.
type pair struct {
	conversation bot.ConversationID
	agent        bot.AgentID
	routing      bot.Routing // why so
}

// free is who has room for a chat that takes a share of a place.
type free struct {
	set
	left int
}

// match returns the offers to make now, at most limit: for each conversation in its turn the
// best of those who may take it and have room. For one that takes more than anybody
// has left, the room of one agent is kept until it is enough, or those that take
// less would pass it for ever. Its cost grows with the line, and with the agents who
// have room.
func (b *board) match(now time.Time, limit int) []pair {
	duty, rooms := b.onDuty(now), make([]int, len(b.agents))
	for i := range b.agents {
		rooms[i] = b.agents[i].room(now)
	}
	frees, left := map[int]*free{}, 0 // by share
	least, kept := b.least(), newSet(len(b.agents))
	taken := func(i int) { // what is left is not enough for some, or kept for another
		for share, f := range frees {
			if f.has(i) && (kept.has(i) || rooms[i] < b.agents[i].takes(share)) {
				f.remove(i)
				f.left--
				left--
			}
		}
	}
	for _, share := range b.shares() {
		f := &free{set: newSet(len(b.agents))}
		for i := range b.agents {
			if b.agents[i].Present(now) && rooms[i] >= b.agents[i].takes(share) {
				f.add(i)
				f.left++
			}
		}
		frees[share] = f
		left += f.left
	}
	var out []pair
	for _, e := range b.line {
		if left == 0 || len(out) == limit {
			break
		}
		share := b.share(e.Conversation.Inbox)
		if e.Conversation.Service != bot.ServiceWaiting || frees[share].left == 0 && share == least {
			continue
		}
		stage := e.pool.stageAt(now.Sub(e.Wait.Since), duty)
		if stage < 0 {
			continue
		}
		who := e.pool.stages[stage].who
		best := b.choose(e, who, frees[share].set, rooms, now)
		if best < 0 {
			if i := b.roomiest(e, who, frees[least].set, rooms, now); share > least && i >= 0 {
				kept.add(i)
				taken(i)
			}
			continue
		}
		out = append(out, pair{e.Conversation.ID, b.agents[best].ID, b.explain(e, stage, best, rooms, kept, now)})
		rooms[best] -= b.agents[best].takes(share)
		taken(best)
	}
	return out
}

// roomiest returns who of those that may take the conversation has the most room,
// −1 when nobody has any.
func (b *board) roomiest(e *entry, who, free set, rooms []int, now time.Time) int {
	best := -1
	who.each(free, func(i int) {
		if b.mayHave(e, i, now) && (best < 0 || rooms[i] > rooms[best]) {
			best = i
		}
	})
	return best
}

// choose returns the best of who may take the conversation and is free, −1 when
// nobody is.
func (b *board) choose(e *entry, who, free set, rooms []int, now time.Time) int {
	best := -1
	who.each(free, func(i int) {
		if b.mayHave(e, i, now) && (best < 0 || b.compare(e, i, best, rooms, now) < 0) {
			best = i
		}
	})
	return best
}

// mayHave reports whether an agent of the pool may be asked: not the one who is
// passing it on, and not one who passed on it a moment ago.
func (b *board) mayHave(e *entry, agent int, now time.Time) bool {
	id := b.agents[agent].ID
	if id == e.Conversation.Agent {
		return false
	}
	at, passed := b.passed[passing{e.Conversation.ID, id}]
	return !passed || now.Sub(at) >= excludedFor || at.Sub(now) > setBack
}

// compare orders agents for a conversation, the better one first: who lacks
// least; the visitor's last agent; who has fewest other skills, so that rare ones
// stay free for those who need them; the most room in proportion to capacity and
// weight; the longest without a chat, by weight; by ID.
//
// To give to the least flexible first is the usual rule of skill-based routing
// (Wallace and Whitt 2005, section 3); what each term adds is in docs/quality.md.
func (b *board) compare(e *entry, i, j int, rooms []int, now time.Time) int {
	if c := cmp.Compare(e.pool.lack[i], e.pool.lack[j]); c != 0 {
		return c
	}
	x, y := &b.agents[i], &b.agents[j]
	if last := e.Wait.Last; last != "" && (x.ID == last) != (y.ID == last) {
		if x.ID == last {
			return -1
		}
		return 1
	}
	if !e.pool.queue.RoundRobin {
		if c := cmp.Or(
			cmp.Compare(len(b.skills[i].level), len(b.skills[j].level)),
			cmp.Compare(spare(y, rooms[j]), spare(x, rooms[i])),
		); c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(idle(y, now), idle(x, now)), strings.Compare(string(x.ID), string(y.ID)))
}

// spare is the share of an agent's places that is free, where weight stands for
// more places or fewer than they have. room is in hundredths of a place.
func spare(a *Agent, room int) float64 {
	places := float64(max(a.Capacity, 1)) * float64(max(a.Weight, 1)) / normalWeight
	return 1 - (float64(a.Capacity)-float64(room)/whole)/places
}

// idle is how long ago the agent was given a chat, by weight.
func idle(a *Agent, now time.Time) float64 {
	return now.Sub(a.LastGiven).Seconds() * float64(max(a.Weight, 1)) / normalWeight
}
