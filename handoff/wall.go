package handoff

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// How often a wall is made anew, however many look at it, and how many waits it
// shows one by one.
const (
	wallFor   = time.Second
	wallWaits = 20
)

// Wall is the desk of one workspace at a glance.
type Wall struct {
	At     time.Time
	Queues []QueueLoad // the main one first, then in order of ID
	Agents []WallAgent // in order of ID, without those who retired
	Waits  []LongWait  // who is furthest behind what they were told first; at most 20

	all    []LongWait // of which Waits are the first
	places []Place
}

// QueueLoad is how much waits in one queue.
type QueueLoad struct {
	Queue    Queue
	Waiting  int // for an agent, offered ones too
	Offered  int // of them, held for an agent who is asked
	Parked   int
	Late     int // of those who wait, longer than the service level
	Alone    int // of those who wait, whom nobody on duty would do for, now or when more is given up
	Never    int // of those who wait, whom nobody there is could ever serve
	Longest  time.Duration
	Level    time.Duration      // the service level
	Next     bot.ConversationID // who has waited longest; "": nobody waits
	Open     bool               // hours say so; false also when they say nothing
	Agents   int                // who take offers and have what the queue asks for
	FreeOnes int                // of them, those with room
	Ability
}

// WallAgent is an agent with whether a console of theirs gives signs of life.
type WallAgent struct {
	Agent
	Connected bool
	Slots     int  // places now, while they ramp up fewer than their capacity
	Full      bool // no chat of any channel fits in
	Now, Next Shift
}

// LongWait compares a wait so far with what the visitor was told first.
type LongWait struct {
	Conversation bot.Conversation
	Position     int // from 1; 0: not told yet
	Waited       time.Duration
	Told         Told
}

// walls keeps the last wall of each workspace, so that many who look cost as much
// as one. It is guarded by the desk's mu.
type walls map[bot.WorkspaceID]*Wall

// Wall returns the desk at a glance, at most a second old. It is made of the board
// that is kept, so it reads nothing while Run keeps one.
func (d *Desk) Wall(ctx context.Context, ws bot.WorkspaceID) (Wall, error) {
	now := d.now()
	d.mu.Lock()
	last := d.walls[ws]
	d.mu.Unlock()
	if last != nil && now.Sub(last.At) < wallFor && !now.Before(last.At) {
		return *last, nil
	}
	v, err := d.view(ctx, ws)
	if err != nil {
		return Wall{}, err
	}
	d.mu.Lock()
	places := d.places[ws]
	d.mu.Unlock()
	var w Wall
	v.see(func(b *board) { w = b.wall(now, places) })
	for i := range w.Agents {
		if a := &w.Agents[i]; !a.Roster.IsZero() {
			a.Now, a.Next = a.Roster.Shifts(now)
		}
	}
	d.mu.Lock()
	d.walls[ws] = &w
	d.mu.Unlock()
	return w, nil
}

// wall lays the board out for people to look at.
func (b *board) wall(now time.Time, places []Place) Wall {
	w := Wall{At: now}
	loads := map[bot.QueueID]*QueueLoad{}
	load := func(q Queue) *QueueLoad {
		l := loads[q.ID]
		if l == nil {
			l = &QueueLoad{Queue: q, Level: q.ServiceLevel(), Open: q.Hours.Open(now), Ability: b.ability(q)}
			loads[q.ID] = l
			b.staff(l, now)
		}
		return l
	}
	load(b.queue("")) // there always is one
	duty := b.onDuty(now)
	for _, q := range b.queues {
		load(q)
	}
	for _, e := range b.line {
		l, waited := load(e.pool.queue), now.Sub(e.Wait.Since)
		l.Waiting++
		if e.Conversation.Service == bot.ServiceOffered {
			l.Offered++
		}
		if e.pool.stageAt(waited, duty) < 0 {
			l.Alone++
		}
		if !e.pool.ever() {
			l.Never++
		}
		if waited > l.Level {
			l.Late++
		}
		if waited > l.Longest || l.Next == "" {
			l.Longest, l.Next = waited, e.Conversation.ID
		}
	}
	for _, s := range b.parked {
		load(b.queue(s.Conversation.Queue)).Parked++
	}
	for _, l := range loads {
		w.Queues = append(w.Queues, *l)
	}
	slices.SortFunc(w.Queues, func(x, y QueueLoad) int { return cmp.Compare(x.Queue.ID, y.Queue.ID) })
	for _, a := range b.agents {
		if a.Retired() {
			continue
		}
		w.Agents = append(w.Agents, WallAgent{Agent: a, Connected: now.Sub(a.Heartbeat) < freshFor, Slots: a.slots(now), Full: a.room(now) < b.least()})
	}
	w.all = b.longWaits(now)
	w.places = places
	w.Waits = w.first(func(LongWait) bool { return true })
	return w
}

// staff counts who serves a queue from the start.
func (b *board) staff(l *QueueLoad, now time.Time) {
	team := needsOf("", l.Queue.Skills)
	for i, a := range b.agents {
		if !a.Present(now) || slices.ContainsFunc(team, func(n Need) bool { return !n.Preferred && !b.skills[i].meets(n) }) {
			continue
		}
		l.Agents++
		if a.room(now) >= b.least() {
			l.FreeOnes++
		}
	}
}

// longWaits is who waits, who is furthest behind what they were told first.
func (b *board) longWaits(now time.Time) []LongWait {
	out := make([]LongWait, 0, len(b.line))
	for _, e := range b.line {
		out = append(out, LongWait{Conversation: e.Conversation, Waited: now.Sub(e.Wait.Since), Told: e.Wait.Told})
	}
	slices.SortStableFunc(out, func(x, y LongWait) int {
		return cmp.Or(cmp.Compare(y.Waited-y.Told.Upper, x.Waited-x.Told.Upper), cmp.Compare(x.Conversation.ID, y.Conversation.ID))
	})
	return out
}

// first are the first of those waits that are asked for, with their places.
func (w Wall) first(asked func(x LongWait) bool) []LongWait {
	var out []LongWait
	for _, x := range w.all {
		if len(out) == wallWaits {
			break
		}
		if !asked(x) {
			continue
		}
		for _, p := range w.places {
			if p.Conversation == x.Conversation.ID {
				x.Position = p.Position
			}
		}
		out = append(out, x)
	}
	return out
}

// Of returns the wall of one queue: the agents who have what it asks for, and who
// waits in it. The queues stay, to choose from.
func (w Wall) Of(queue bot.QueueID) Wall {
	i := slices.IndexFunc(w.Queues, func(l QueueLoad) bool { return l.Queue.ID == queue })
	var skills []string
	if i >= 0 {
		skills = w.Queues[i].Queue.Skills
	}
	w.Agents = slices.DeleteFunc(slices.Clone(w.Agents), func(a WallAgent) bool { return !Suits(a.Skills, skills) })
	w.Waits = w.first(func(x LongWait) bool { return x.Conversation.Queue == queue })
	return w
}
