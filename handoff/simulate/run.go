package simulate

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Manner is how visitors and agents are brought together.
type Manner string

// The manners: the desk's own, and two to compare it with.
const (
	Ours   Manner = "desk"   // by skills, turn and load
	FIFO   Manner = "fifo"   // the one who came first to whoever is free
	Random Manner = "random" // anybody to whoever is free
)

// midnight is when simulated time begins.
var midnight = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) // a Monday

const ws = id.DefaultWorkspace

// remembers is the share of the running mean that stays when a wait is over: what
// estimates are compared with.
const remembers = .9

// event is something that happens at a moment.
type event struct {
	at time.Time
	n  int // events of one moment happen in the order in which they were planned
	do func() error
}

type agenda []event

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	return cmp.Or(a[i].at.Compare(a[j].at), cmp.Compare(a[i].n, a[j].n)) < 0
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)   { *a = append(*a, x.(event)) }
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

// world is one run.
type world struct {
	ctx    context.Context
	plan   Plan
	manner Manner
	desk   *handoff.Desk
	store  *memory
	now    time.Time
	ends   time.Time
	agenda agenda
	n      int
	beaten time.Time

	arrivals, patience, handling, accepting, picks *rand.Rand // one stream each, so that a change of one thing leaves the rest

	chats   map[bot.ConversationID]*chat
	waiting map[bot.ConversationID]bool
	came    int
	done    []*chat
	staff   []*person
	byID    map[bot.AgentID]*person
	busy    time.Duration // places taken, summed over time
	manned  time.Duration // places there, summed over time
	counted time.Time
	mu      sync.Mutex // guards offered
	offered []handoff.Reservation
	ticking bool
	mean    time.Duration // the running mean of waits
}

// chat is one visitor's conversation.
type chat struct {
	id       bot.ConversationID
	visitor  Visitor
	came     time.Time
	inLine   time.Time // since when it waits now; zero: it does not
	waited   time.Duration
	patience time.Duration // zero: endless
	left     bool
	served   bool
	right    bool // the first agent had what was needed
	asked    bool // somebody has accepted it
	bounced  int
	from     *person       // who passes it on and still has it; nil: nobody
	estimate handoff.Place // on coming
	guess    time.Duration // the running mean then
}

// person is one agent.
type person struct {
	id       bot.AgentID
	kind     int
	capacity int
	skills   []string
	load     int // places taken, in hundredths of one
	given    int
	on       bool
}

// takes is what a chat takes of the person's places, in hundredths of one.
func (p *person) takes(c *chat) int { return min(c.visitor.share(), 100*p.capacity) }

// Run simulates a plan in one manner. Error: Invalid.
func Run(ctx context.Context, p Plan, manner Manner) (Outcome, error) {
	if err := p.check(); err != nil {
		return Outcome{}, err
	}
	p.Days, p.ServiceLevel, p.Sort = max(p.Days, 1), cmp.Or(p.ServiceLevel, 60), cmp.Or(p.Sort, 90)
	w := &world{
		ctx: ctx, plan: p, manner: manner, now: midnight, counted: midnight, ends: midnight.AddDate(0, 0, p.Days),
		chats: map[bot.ConversationID]*chat{}, waiting: map[bot.ConversationID]bool{}, byID: map[bot.AgentID]*person{},
	}
	for i, r := range []**rand.Rand{&w.arrivals, &w.patience, &w.handling, &w.accepting, &w.picks} {
		*r = rand.New(rand.NewPCG(p.Seed, uint64(i)))
	}
	w.store = newMemory(func() time.Time { return w.now })
	w.desk = handoff.New(w.store, w.store, quiet{}, func() time.Time { return w.now }, nil, &handoff.Options{Notifier: w, Idle: handoff.Idle{After: -1}})
	defer w.desk.Keep()()
	if err := w.open(); err != nil {
		return Outcome{}, err
	}
	for len(w.agenda) > 0 {
		if err := ctx.Err(); err != nil {
			return Outcome{}, err
		}
		e := heap.Pop(&w.agenda).(event)
		w.pass(e.at)
		if err := w.beat(); err != nil {
			return Outcome{}, err
		}
		if err := e.do(); err != nil {
			return Outcome{}, err
		}
		if err := w.match(); err != nil {
			return Outcome{}, err
		}
	}
	return w.outcome(), nil
}

// in plans something; nothing is planned that is past the end, except what brings
// chats to theirs.
func (w *world) in(d time.Duration, do func() error) {
	w.n++
	heap.Push(&w.agenda, event{w.now.Add(d), w.n, do})
}

func (w *world) exp(r *rand.Rand, mean float64) time.Duration {
	return seconds(r.ExpFloat64() * mean)
}

// took draws a handling time.
func (w *world) took() time.Duration {
	if w.plan.Spread == 0 {
		return w.exp(w.handling, w.plan.Handling)
	}
	sigma := math.Sqrt(math.Log(1 + w.plan.Spread*w.plan.Spread))
	return seconds(math.Exp(math.Log(w.plan.Handling) - sigma*sigma/2 + sigma*w.handling.NormFloat64()))
}

// pass lets time go by until a moment.
func (w *world) pass(to time.Time) {
	d := to.Sub(w.counted)
	for _, p := range w.staff {
		places := p.capacity
		if !p.on {
			places = min((p.load+99)/100, p.capacity) // who stays for the last chats
		}
		w.busy += time.Duration(p.load) * d / 100
		w.manned += time.Duration(places) * d
	}
	w.now, w.counted = to, to
}

// open makes queues, staff and the first arrivals.
func (w *world) open() error {
	for _, q := range w.plan.Queues {
		out := handoff.Queue{Workspace: ws, ID: bot.QueueID(q.ID), Name: q.ID, QueueSettings: handoff.QueueSettings{
			Skills: q.Skills, Priority: q.Priority, Strict: q.Strict, RoundRobin: q.Robin, WrapUp: seconds(q.WrapUp),
		}}
		for _, r := range q.Relax {
			out.Relax = append(out.Relax, handoff.Relax{After: seconds(r.After), Drop: r.Drop})
		}
		for _, o := range q.Overflow {
			out.Overflow = append(out.Overflow, handoff.Overflow{After: seconds(o.After), To: bot.QueueID(o.To)})
		}
		if err := w.desk.PutQueue(w.ctx, out); err != nil {
			return err
		}
	}
	for kind, s := range w.plan.Staff {
		for i := range s.Count {
			p := &person{id: bot.AgentID(fmt.Sprintf("%03d-%03d", kind, i)), kind: kind, capacity: cmp.Or(s.Capacity, 1), skills: s.Skills}
			if _, err := w.desk.PutAgent(w.ctx, handoff.Agent{
				Workspace: ws, ID: p.id, Name: fmt.Sprintf("%s %d", s.Name, i+1), Skills: s.Skills, Capacity: p.capacity, Weight: s.Weight, Ramp: seconds(s.Ramp),
			}); err != nil {
				return err
			}
			if _, err := w.desk.SetRoster(w.ctx, ws, p.id, roster(s.Shifts), func(handoff.Hours) bool { return true }); err != nil {
				return err
			}
			w.staff, w.byID[p.id] = append(w.staff, p), p
			w.shifts(p, s.Shifts)
		}
	}
	for _, v := range w.plan.Visitors {
		w.store.takes[v.inbox()] = v.share()
		for _, r := range v.Rates {
			if r.PerHour > 0 {
				w.arrive(v, r, midnight)
			}
		}
	}
	return nil
}

// roster is shifts as the desk knows them: the same every day.
func roster(shifts [][2]string) (h handoff.Hours) {
	h.Zone = "UTC"
	for day := time.Sunday; day <= time.Saturday; day++ {
		for _, s := range shifts {
			from, _ := clock(s[0], 0)
			to, _ := clock(s[1], 24*time.Hour)
			h.Weeks = append(h.Weeks, handoff.Span{Day: day, Open: from, Close: to})
		}
	}
	return h
}

func (w *world) shifts(p *person, shifts [][2]string) {
	if len(shifts) == 0 {
		w.in(0, func() error { return w.duty(p, true) })
		return
	}
	for day := range w.plan.Days {
		for _, s := range shifts {
			from, _ := clock(s[0], 0)
			to, _ := clock(s[1], 24*time.Hour)
			base := time.Duration(day) * 24 * time.Hour
			w.in(base+from, func() error { return w.duty(p, true) })
			w.in(base+to, func() error { return w.duty(p, false) })
		}
	}
}

// duty begins or ends a shift; who goes keeps the chats they have.
func (w *world) duty(p *person, on bool) error {
	p.on = on
	d := handoff.DutyAway
	if on {
		d = handoff.DutyOn
	}
	_, err := w.desk.SetDuty(w.ctx, ws, p.id, d)
	return err
}

// arrive plans the next visitor of a kind, in the part of the day in which their
// rate holds.
func (w *world) arrive(v Visitor, r Rate, after time.Time) {
	from, _ := clock(r.From, 0)
	to, _ := clock(r.To, 24*time.Hour)
	at := after
	if d := at.Sub(at.Truncate(24 * time.Hour)); d < from {
		at = at.Truncate(24 * time.Hour).Add(from)
	}
	at = at.Add(w.exp(w.arrivals, 3600/r.PerHour))
	day := after.Truncate(24 * time.Hour)
	if at.Sub(day) >= to { // the rest of the interval goes into the next day
		next := day.AddDate(0, 0, 1).Add(from)
		if !next.Before(w.ends) {
			return
		}
		w.in(next.Sub(w.now), func() error { w.arrive(v, r, w.now); return nil })
		return
	}
	if !at.Before(w.ends) {
		return
	}
	w.in(at.Sub(w.now), func() error {
		if w.plan.Most > 0 && w.came >= w.plan.Most {
			return nil
		}
		if err := w.come(v); err != nil {
			return err
		}
		w.arrive(v, r, w.now)
		return nil
	})
}

// come puts a visitor in line.
func (w *world) come(v Visitor) error {
	w.came++
	c := &chat{id: bot.ConversationID(fmt.Sprintf("%07d", w.came)), visitor: v, came: w.now, inLine: w.now, guess: w.mean}
	w.chats[c.id] = c
	row := bot.Conversation{ID: c.id, Inbox: v.inbox(), Queue: bot.QueueID(v.Queue), CreatedAt: w.now}
	w.store.begin(row)
	w.waiting[c.id] = true
	if err := w.enqueue(c); err != nil {
		return err
	}
	var err error
	if c.estimate, err = w.desk.PlaceOf(w.ctx, ws, c.id); err != nil && !fault.Is(err, fault.NotFound) {
		return err // not found: nobody is there, and the chat is parked
	}
	if w.plan.Patience > 0 {
		c.patience = w.exp(w.patience, w.plan.Patience)
		w.in(c.patience, func() error { return w.leave(c) })
	}
	w.tick()
	return nil
}

// leave ends the wait of a visitor who is not being served.
func (w *world) leave(c *chat) error {
	if c.inLine.IsZero() || c.bounced > 0 || c.left || c.served {
		return nil
	}
	if _, err := w.desk.Leave(w.ctx, ws, c.id, bot.Key{}); err != nil {
		if fault.Is(err, fault.Conflict) {
			return nil
		}
		return err
	}
	c.left, c.waited = true, c.waited+w.now.Sub(c.inLine)
	w.over(c)
	return nil
}

func (w *world) over(c *chat) {
	c.inLine = time.Time{}
	delete(w.waiting, c.id)
	delete(w.chats, c.id)
	w.store.end(c.id)
	w.done = append(w.done, c)
}

// tick looks at the desk every second while somebody waits whom it may give way
// for.
func (w *world) tick() {
	if w.ticking || w.manner != Ours || len(w.waiting) == 0 {
		return
	}
	if !slices.ContainsFunc(w.plan.Visitors, func(v Visitor) bool { return v.Language != "" || len(v.Skills) > 0 }) && len(w.plan.Queues) == 0 {
		return
	}
	w.ticking = true
	w.in(time.Second, func() error {
		w.ticking = false
		w.tick()
		return nil
	})
}

// beat gives a sign of life of everybody's console.
func (w *world) beat() error {
	if w.now.Sub(w.beaten) < 10*time.Second {
		return nil
	}
	w.beaten = w.now
	all := make([]bot.AgentID, len(w.staff))
	for i, p := range w.staff {
		all[i] = p.id
	}
	return w.desk.Beat(w.ctx, ws, all)
}

// match has the desk do what is due and takes up the offers that came of it.
func (w *world) match() error {
	if w.manner == Random {
		return w.throw()
	}
	for {
		if err := w.desk.Sweep(w.ctx); err != nil {
			return err
		}
		w.mu.Lock()
		offers := w.offered
		w.offered = nil
		w.mu.Unlock()
		if len(offers) == 0 {
			return nil
		}
		slices.SortFunc(offers, func(a, b handoff.Reservation) int {
			return strings.Compare(string(a.Conversation), string(b.Conversation))
		})
		for _, r := range offers {
			c := w.chats[r.Conversation]
			if c == nil {
				continue
			}
			if w.plan.Accept == 0 {
				if err := w.accept(r, c); err != nil {
					return err
				}
				continue
			}
			w.in(min(w.exp(w.accepting, w.plan.Accept), 24*time.Second), func() error { return w.accept(r, c) })
		}
	}
}

// throw gives somebody who waits to somebody who is free, by chance.
func (w *world) throw() error {
	for len(w.waiting) > 0 {
		c := w.chats[slices.Sorted(maps.Keys(w.waiting))[w.picks.IntN(len(w.waiting))]]
		var free []*person
		for _, p := range w.staff {
			if p.on && p.load+p.takes(c) <= 100*p.capacity {
				free = append(free, p)
			}
		}
		if len(free) == 0 {
			return nil
		}
		p := free[w.picks.IntN(len(free))]
		p.load += p.takes(c) // held from now on, as by an offer
		delete(w.waiting, c.id)
		w.in(min(w.exp(w.accepting, w.plan.Accept), 24*time.Second), func() error {
			p.load -= p.takes(c)
			if c.left {
				return nil
			}
			if _, err := w.desk.Take(w.ctx, ws, c.id, p.id, 0, handoff.TakeOptions{Supervisor: true}); err != nil {
				return err
			}
			return w.begun(c, p)
		})
	}
	return nil
}

// accept has the agent take an offer that is still open.
func (w *world) accept(r handoff.Reservation, c *chat) error {
	if _, err := w.desk.Accept(w.ctx, ws, r.ID, r.Agent); err != nil {
		if fault.Is(err, fault.Conflict) || fault.Is(err, fault.NotFound) {
			return nil // the visitor left meanwhile
		}
		return err
	}
	return w.begun(c, w.byID[r.Agent])
}

// begun is what comes after an agent took a chat: it is worked to its end, or
// passed on by one who cannot help.
func (w *world) begun(c *chat, p *person) error {
	c.waited += w.now.Sub(c.inLine)
	c.inLine = time.Time{}
	delete(w.waiting, c.id)
	p.load += p.takes(c)
	p.given++
	able := w.able(c, p)
	if !c.asked {
		c.asked, c.right = true, able
		w.mean = time.Duration(remembers*float64(w.mean) + (1-remembers)*float64(c.waited))
	}
	if !able && c.bounced < 3 {
		w.in(w.exp(w.handling, w.plan.Sort), func() error { return w.bounce(c, p) })
		return nil
	}
	w.in(w.took(), func() error {
		p.load -= p.takes(c)
		c.served = true
		if _, err := w.desk.Close(w.ctx, ws, c.id, bot.Author{Kind: bot.AuthorAgent, ID: string(p.id)}); err != nil {
			return err
		}
		w.over(c)
		return nil
	})
	return nil
}

// bounce passes a chat on that the agent cannot help with.
func (w *world) bounce(c *chat, p *person) error {
	c.bounced++
	c.inLine = w.now
	p.load -= p.takes(c)
	w.waiting[c.id] = true
	if _, err := w.desk.HandBack(w.ctx, ws, c.id, p.id, ""); err != nil {
		return err
	}
	w.tick()
	return w.enqueue(c)
}

// enqueue has the bot put the chat in line, with what it wants where the manner
// looks at that.
func (w *world) enqueue(c *chat) error {
	e := bot.Escalation{Workspace: ws, Conversation: c.id, Reason: bot.ReasonAsked, Priority: c.visitor.Priority}
	if w.manner == Ours {
		e.Skills, e.Language = c.visitor.Skills, c.visitor.Language
	}
	_, err := w.desk.Enqueue(w.ctx, e)
	return err
}

// able reports whether the agent has what the visitor needs.
func (w *world) able(c *chat, p *person) bool {
	needs := slices.Clone(c.visitor.Skills)
	if c.visitor.Language != "" {
		needs = append(needs, handoff.LanguagePrefix+c.visitor.Language)
	}
	return handoff.Suits(p.skills, needs)
}

// Offered collects offers, which come from several goroutines.
func (w *world) Offered(r handoff.Reservation, _ bot.Conversation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.offered = append(w.offered, r)
}
func (w *world) OfferEnded(handoff.Reservation)                 {}
func (w *world) PlacesChanged(bot.WorkspaceID, []handoff.Place) {}
func (w *world) AgentChanged(handoff.Agent)                     {}

type quiet struct{}

func (quiet) Published(bot.Written) {}
func (quiet) Delta(bot.Delta)       {}
func (quiet) Typing(bot.Typing)     {}
