package handoff

import (
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// board is the desk of one workspace laid out for quick decisions: the line in
// order, who may have whom, who passed on what. It is made from a Floor and kept
// up to date by every move that this process makes; what others do is read with
// the next Floor. It is not safe for concurrent use.
type board struct {
	workspace bot.WorkspaceID
	queues    []Queue
	measures  Measures
	takes     map[bot.InboxID]int // as of Floor
	gone      time.Duration       // of silence: an agent is taken for gone
	zones     *zones              // of rosters

	agents []Agent // in order of ID
	skills []skillset
	pools  map[string]*pool
	tail   *outlook // of the whole line, a moment ago; nil: none
	plans  []plan   // by agent; rosters are read no more often than every planFor

	line    []*entry // in order of turn
	entries map[bot.ConversationID]*entry
	parked  map[bot.ConversationID]Standing
	open    map[string]Reservation // by ID
	passed  map[passing]time.Time  // when an agent declined or missed a conversation
}

// entry is a conversation in line.
type entry struct {
	Standing
	pool *pool
	turn time.Time
}

type passing struct {
	conversation bot.ConversationID
	agent        bot.AgentID
}

// layOut makes a board of a floor.
func layOut(ws bot.WorkspaceID, f Floor) *board {
	b := &board{
		workspace: ws, queues: f.Queues, measures: f.Measures, takes: f.Takes, gone: f.goneAfter(), zones: f.zones, agents: slices.Clone(f.Agents),
		entries: make(map[bot.ConversationID]*entry, len(f.Line)), parked: map[bot.ConversationID]Standing{},
		open: map[string]Reservation{}, passed: map[passing]time.Time{},
	}
	b.recount()
	for _, s := range f.Line {
		switch {
		case inLine(s.Conversation):
			e := b.entry(s)
			b.line, b.entries[s.Conversation.ID] = append(b.line, e), e
		case s.Conversation.Service == bot.ServiceParked:
			b.parked[s.Conversation.ID] = s
		}
	}
	slices.SortFunc(b.line, turns)
	for _, r := range f.Offers {
		b.offered(r)
	}
	return b
}

// recount reads the skills of all agents anew; pools depend on them.
func (b *board) recount() {
	b.skills = make([]skillset, len(b.agents))
	for i, a := range b.agents {
		b.skills[i] = skillsOf(a)
	}
	b.pools, b.tail = map[string]*pool{}, nil
	b.plans = make([]plan, len(b.agents))
	for _, e := range b.line {
		e.pool = b.poolOf(e.Conversation)
	}
}

func (b *board) queue(id bot.QueueID) Queue {
	if i := slices.IndexFunc(b.queues, func(q Queue) bool { return q.ID == id }); i >= 0 {
		return b.queues[i]
	}
	return Queue{ID: id}
}

func (b *board) poolOf(c bot.Conversation) *pool {
	key := poolKey(c)
	p := b.pools[key]
	if p == nil {
		p = newPool(c, b.queue(c.Queue), b.queues, b.skills)
		p.index = len(b.pools)
		b.pools[key], b.tail = p, nil
	}
	return p
}

func (b *board) entry(s Standing) *entry {
	p := b.poolOf(s.Conversation)
	return &entry{Standing: s, pool: p, turn: s.turn(p.queue.Priority)}
}

func (b *board) index(a bot.AgentID) (int, bool) {
	return slices.BinarySearchFunc(b.agents, a, func(x Agent, id bot.AgentID) int { return strings.Compare(string(x.ID), string(id)) })
}

// offered notes an offer or its end.
func (b *board) offered(r Reservation) {
	switch r.State {
	case ReservationOpen:
		b.open[r.ID] = r
		return
	case ReservationDeclined, ReservationMissed:
		b.passed[passing{r.Conversation, r.Agent}] = r.DecidedAt
	}
	delete(b.open, r.ID)
}

// stands notes where a conversation stands now.
func (b *board) stands(s Standing) {
	id := s.Conversation.ID
	if old := b.entries[id]; old != nil {
		if old.Conversation.Version > s.Conversation.Version {
			return // overtaken on the way
		}
		if i, ok := slices.BinarySearchFunc(b.line, old, turns); ok {
			b.line = slices.Delete(b.line, i, i+1)
		}
		delete(b.entries, id)
	}
	delete(b.parked, id)
	switch {
	case inLine(s.Conversation):
		e := b.entry(s)
		i, _ := slices.BinarySearchFunc(b.line, e, turns)
		b.line, b.entries[id] = slices.Insert(b.line, i, e), e
	case s.Conversation.Service == bot.ServiceParked:
		b.parked[id] = s
	}
}

// changed notes an agent as they are now.
func (b *board) changed(a Agent) {
	i, ok := b.index(a.ID)
	if !ok {
		b.agents = slices.Insert(b.agents, i, a)
		b.recount()
		return
	}
	if b.agents[i].Version > a.Version {
		return // overtaken on the way
	}
	skills, beat := b.agents[i].Skills, b.agents[i].Heartbeat
	b.agents[i], b.plans[i] = a, plan{}
	if beat.After(a.Heartbeat) {
		b.agents[i].Heartbeat = beat
	}
	if !slices.Equal(skills, a.Skills) {
		b.recount()
	}
}

// beat notes a sign of life.
func (b *board) beat(agents []bot.AgentID, now time.Time) {
	for _, a := range agents {
		if i, ok := b.index(a); ok && b.agents[i].Heartbeat.Before(now) {
			b.agents[i].Heartbeat = now
		}
	}
}

// waitOf returns the wait of a conversation on the board.
func (b *board) waitOf(c bot.ConversationID) Wait {
	if e := b.entries[c]; e != nil {
		return e.Wait
	}
	return b.parked[c].Wait
}

// onDuty is who is on duty and not taken for gone; those whose connection blinks
// count.
func (b *board) onDuty(now time.Time) set {
	s := newSet(len(b.agents))
	for i, a := range b.agents {
		if a.Duty == DutyOn && now.Sub(a.Heartbeat) < b.gone {
			s.add(i)
		}
	}
	return s
}

// helps reports whether somebody on duty would do for the conversation, now or
// after giving way.
func (b *board) helps(c bot.Conversation, now time.Time) bool {
	return b.poolOf(c).stageAt(0, b.onDuty(now)) >= 0
}

// waits reports whether waiting makes sense, and when it will if not.
func (b *board) waits(c bot.Conversation, now time.Time) (open bool, opens time.Time) {
	h := b.queue(c.Queue).Hours
	if b.helps(c, now) || h.Open(now) {
		return true, time.Time{}
	}
	return false, h.Next(now)
}

// slots is the agent's capacity, which grows by and by from one while they ramp up.
func (a Agent) slots(now time.Time) int {
	since := now.Sub(a.RampFrom)
	if a.Ramp <= 0 || since >= a.Ramp || a.Capacity <= 1 {
		return a.Capacity
	}
	return 1 + int(int64(a.Capacity-1)*int64(max(since, 0))/int64(a.Ramp))
}
