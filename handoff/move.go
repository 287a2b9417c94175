package handoff

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// step is one move being decided: the locked things, and what becomes of them.
type step struct {
	now       time.Time
	ticketing bool // the conversation's tickets were asked for
	mailing   bool
	hold      time.Duration // of an offer, when the queue does not say
	idle      Idle
	locked    Locked
	view      view             // the desk a moment ago; only of moves that look
	next      bot.Conversation // the row as it will be
	wait      Wait
	agents    map[bot.AgentID]Agent
	offers    []Reservation
	tickets   []Ticket // new or changed
	links     []TicketLink
	mails     []Mail
	events    []bot.NewEvent
	change    bot.Change // Owe, Run, Trace and Cancel; events and Row are filled in at the end
	took      *Measures
}

// move runs one move through the store and tells everybody what came of it. Offers
// for which it left an agent no room go back; when that fails the next sweep does it.
func (d *Desk) move(ctx context.Context, ask Ask, decide func(s *step) error) (bot.Written, error) {
	return d.moving(ctx, ask, view{}, decide)
}

// looking is a move that also looks at the desk as it was a moment ago.
func (d *Desk) looking(ctx context.Context, ask Ask, decide func(s *step) error) (bot.Written, error) {
	v, err := d.view(ctx, ask.Workspace)
	if err != nil {
		return bot.Written{}, err
	}
	return d.moving(ctx, ask, v, decide)
}

func (d *Desk) moving(ctx context.Context, ask Ask, v view, decide func(s *step) error) (bot.Written, error) {
	var last *step
	ask.Tickets = ask.Tickets && d.tickets != nil
	now := d.now().UTC().Truncate(time.Microsecond)
	w, err := d.store.Move(ctx, ask, func(l Locked) (Outcome, error) {
		s := &step{
			now: now, ticketing: ask.Tickets, mailing: d.mails, hold: d.offerFor, idle: d.idle, locked: l, view: v,
			next: l.Conversation, wait: l.Wait, agents: map[bot.AgentID]Agent{},
		}
		last = s
		if err := decide(s); err != nil {
			return Outcome{}, err
		}
		return s.outcome(), nil
	})
	if err != nil || w.Dup || last == nil {
		return w, err
	}
	d.tell(w, last)
	for _, a := range last.sorted() {
		if a.Reserved > 0 && a.room(now) < 0 {
			if err := d.rescind(ctx, a.Workspace, a.ID); err != nil {
				d.log.WarnContext(ctx, "the offers of an agent who is full could not be given back yet", "agent_id", string(a.ID), "error", err)
			}
		}
	}
	return w, nil
}

// tell publishes a move that is durable now. One that found nothing to do says
// nothing, or desks would keep waking each other; but what it saw is noted.
func (d *Desk) tell(w bot.Written, s *step) {
	n := news{standing: Standing{w.Conversation, s.wait}, offers: s.offers, measures: s.took}
	n.standing.Conversation.Memory = bot.Memory{}
	for id, a := range s.locked.Agents {
		if _, ok := s.agents[id]; !ok {
			n.agents = append(n.agents, a)
		}
	}
	d.noteIdle(w.Conversation.ID, s.wait)
	changed := s.sorted()
	for i := range changed {
		changed[i].Version++ // as stored
	}
	n.agents = append(n.agents, changed...)
	d.hear(w.Conversation.Workspace, n)

	written := w.Conversation.Version != s.locked.Conversation.Version
	if !written && len(s.offers) == 0 && len(s.agents) == 0 && s.wait == s.locked.Wait {
		return
	}
	since := s.locked.Wait.Since
	if since.IsZero() {
		since = s.wait.Since
	}
	d.observer.Moved(Moved{At: s.now, Before: s.locked.Conversation, After: w.Conversation, Since: since, Offers: s.offers, Agents: s.sorted()})
	if written {
		d.publisher.Published(w)
	}
	for _, r := range s.offers {
		if r.State == ReservationOpen {
			d.notifier.Offered(r, w.Conversation)
		} else {
			d.notifier.OfferEnded(r)
		}
	}
	for _, a := range changed {
		d.notifier.AgentChanged(a)
	}
	d.wake(w.Conversation.Workspace)
}

// waits reports whether waiting makes sense for the conversation, and when it
// will if not.
func (s *step) waits() (open bool, opens time.Time) {
	s.view.see(func(b *board) { open, opens = b.waits(s.next, s.now) })
	return open, opens
}

// joining is the place that the conversation has, or would have.
func (s *step) joining() (p Place) {
	s.view.see(func(b *board) { p = b.joining(Standing{Conversation: s.next, Wait: s.wait}, s.now) })
	return p
}

// tells remembers what the visitor is told of the wait, unless they were told before.
func (s *step) tells(p Place) {
	if s.wait.Told == (Told{}) && p.Wait > 0 {
		so := s.now.Sub(s.wait.Since)
		s.wait.Told = Told{(so + p.Wait).Truncate(time.Microsecond), (so + p.WaitUpper).Truncate(time.Microsecond)}
	}
}

// queueOf returns the queue of that ID, one without a workspace when there is none.
func (s *step) queueOf(id bot.QueueID) (q Queue) {
	s.view.see(func(b *board) { q = b.queue(id) })
	return q
}

func (s *step) sorted() []Agent {
	var out []Agent
	for _, a := range s.agents {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b Agent) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return out
}

// outcome is what the store is to write.
func (s *step) outcome() Outcome {
	o := Outcome{
		Change: s.change, Agents: s.sorted(), Offers: s.offers, Measures: s.took,
		Tickets: s.scheduled(), Links: s.links, Mails: s.mails,
	}
	o.Change.Events = append(o.Change.Events, s.events...)
	if next := s.next; o.Change.Row != nil || touched(s.locked.Conversation, next) {
		o.Change.Row = func(c *bot.Conversation) { *c = next }
	}
	if s.wait != s.locked.Wait {
		o.Wait = &s.wait
	}
	return o
}

// touched reports whether a move touched the row; only fields that moves set
// are looked at.
func touched(a, b bot.Conversation) bool {
	return a.Service != b.Service || a.Speaker != b.Speaker || a.Agent != b.Agent || a.Queue != b.Queue ||
		a.Priority != b.Priority || a.Reason != b.Reason || !a.Enqueued.Equal(b.Enqueued) || !slices.Equal(a.Skills, b.Skills) ||
		a.ControlEpoch != b.ControlEpoch || a.Memory.Segment != b.Memory.Segment
}

// agent returns a locked agent as it stands in this move.
func (s *step) agent(a bot.AgentID) (Agent, bool) {
	if got, ok := s.agents[a]; ok {
		return got, true
	}
	got, ok := s.locked.Agents[a]
	return got, ok
}

// name is how visitors know the agent.
func (s *step) name(a bot.AgentID) string {
	if got, ok := s.agent(a); ok && got.Name != "" {
		return got.Name
	}
	return words(s.next.Language, "Our colleague", "我们的同事")
}

// colleague is the name of an agent whom the move may have no lock on.
func (s *step) colleague(a bot.AgentID) string {
	name := s.name(a)
	if _, locked := s.agent(a); locked {
		return name
	}
	s.view.see(func(b *board) {
		if i, ok := b.index(a); ok && b.agents[i].Name != "" {
			name = b.agents[i].Name
		}
	})
	return name
}

func (s *step) set(a Agent) { s.agents[a.ID] = a }

// endOffer ends the open offer, if there is one, and frees what it held.
func (s *step) endOffer(state ReservationState) {
	if s.locked.Offer == nil || len(s.offers) > 0 && s.offers[0].ID == s.locked.Offer.ID {
		return
	}
	r := *s.locked.Offer
	r.State, r.DecidedAt = state, s.now
	s.offers = append([]Reservation{r}, s.offers...)
	a, ok := s.agent(r.Agent)
	if !ok {
		return
	}
	a.Reserved = max(a.Reserved-1, 0)
	a.Relief -= whole - r.takes()
	switch state {
	case ReservationMissed:
		if a.Missed++; a.Missed >= maxMissed && a.Duty == DutyOn {
			a.Duty = DutyMissed
		}
	case ReservationAccepted, ReservationDeclined:
		a.Missed = 0
	}
	s.set(a)
}

// release takes the conversation from its agent, if it has one.
func (s *step) release() {
	if s.next.Agent == "" {
		return
	}
	if a, ok := s.agent(s.next.Agent); ok {
		a.Load = max(a.Load-1, 0)
		a.Relief -= s.wait.Relief
		s.set(a)
	}
	s.next.Agent, s.wait.Takes, s.wait.Relief = "", 0, 0
}

// give makes the agent responsible, of whose places it takes so much, and lets them
// speak: the bot's answers under way end here, in the same transaction.
func (s *step) give(a Agent, takes int) {
	s.release()
	a, _ = s.agent(a.ID)
	a.Load++
	a.Relief += whole - takes
	a.LastGiven, a.Missed = s.now, 0
	s.set(a)
	s.wait.Takes, s.wait.Relief = takes, whole-takes
	s.next.Agent, s.next.Service, s.next.Speaker = a.ID, bot.ServiceActive, bot.SpeakerHuman
	s.next.Enqueued = time.Time{}
	s.next.ControlEpoch = s.locked.Conversation.ControlEpoch + 1
	s.wait.Parked, s.wait.Why, s.wait.Promised, s.wait.Away = time.Time{}, "", false, time.Time{}
	s.wait.Accepted, s.wait.Timer = s.now, s.idle.timer(s.now)
	s.wait.PassedTo, s.wait.Stopped = "", false
	s.change.Cancel = true
}

// served learns how long the conversation waited for the agent who has it now,
// and gives them a time to write.
func (s *step) served() {
	if s.locked.Conversation.Service != bot.ServiceParked && !s.locked.Wait.Since.IsZero() && !s.locked.Wait.Promised && s.locked.Conversation.Agent == "" {
		s.learn(func(m Measures) Measures { return m.waited(s.now.Sub(s.locked.Wait.Since), false) })
	}
	s.wait.Timer = Timer{s.now.Add(s.queueOf(s.next.Queue).firstReply()), TimerFirstReply}
}

// leaves learns how long somebody waited who gave up.
func (s *step) leaves() {
	if since := s.locked.Wait.Since; !since.IsZero() && !s.locked.Wait.Promised {
		s.learn(func(m Measures) Measures { return m.waited(s.now.Sub(since), true) })
	}
}

// learn changes what the desk knows of its pace.
func (s *step) learn(f func(Measures) Measures) {
	m := s.locked.Measures
	if s.took != nil {
		m = *s.took
	}
	m = f(m)
	s.took = &m
}

// passedOn keeps the conversation from an agent for a while, as if they had missed
// an offer of it.
func (s *step) passedOn(agent bot.AgentID) {
	s.offers = append(s.offers, Reservation{
		Workspace: s.next.Workspace, ID: id.New(), Conversation: s.next.ID, Agent: agent,
		State: ReservationMissed, OfferedAt: s.wait.Accepted, Deadline: s.now, DecidedAt: s.now,
	})
}

// offer holds the conversation for an agent.
func (s *step) offer(a Agent, queue Queue) {
	hold := queue.OfferFor
	if hold <= 0 {
		hold = s.hold
	}
	takes := a.takes(s.share())
	a.Reserved++
	a.Relief += whole - takes
	s.set(a)
	s.next.Service = bot.ServiceOffered
	s.offers = append(s.offers, Reservation{
		Workspace: s.next.Workspace, ID: id.New(), Conversation: s.next.ID, Agent: a.ID,
		State: ReservationOpen, OfferedAt: s.now, Deadline: s.now.Add(hold), Takes: takes,
	})
}

// queue puts the conversation in line at its age.
func (s *step) queue() {
	if s.wait.Since.IsZero() {
		s.wait.Since = s.now
	}
	s.next.Service, s.next.Enqueued = bot.ServiceWaiting, s.wait.Since
	s.wait.Parked, s.wait.Why, s.wait.PassedTo = time.Time{}, "", ""
	if s.next.Agent == "" { // an agent who passes it on has it until somebody accepts
		s.wait.Accepted, s.wait.Timer = time.Time{}, Timer{}
	}
}

// park takes the conversation out of the line and keeps it. The bot may answer
// meanwhile, unless it was stopped.
func (s *step) park(why Parking) {
	s.release()
	if s.wait.Since.IsZero() {
		s.wait.Since = s.now
	}
	s.next.Service, s.next.Enqueued = bot.ServiceParked, time.Time{}
	if !s.wait.Stopped {
		s.next.Speaker = bot.SpeakerBot
	}
	s.wait.Parked, s.wait.Why, s.wait.Accepted, s.wait.Timer, s.wait.PassedTo = s.now, why, time.Time{}, Timer{}, ""
	s.wait.Promised = s.wait.Promised || why != ParkedAway
}

// end takes the conversation away from people and learns how long it took.
func (s *step) end(service bot.Service) {
	s.endOffer(ReservationRescinded)
	if s.next.Agent != "" && !s.wait.Accepted.IsZero() {
		s.learn(func(m Measures) Measures { return m.add(s.now.Sub(s.wait.Accepted)) })
	}
	last := cmp.Or(s.next.Agent, s.wait.Last)
	s.release()
	s.next.Service, s.next.Speaker, s.next.Enqueued = service, bot.SpeakerBot, time.Time{}
	s.next.Priority, s.next.Skills = 0, nil
	s.wait = Wait{Last: last}
}

// fresh begins a new segment of the bot's memory: what led to people is over.
func (s *step) fresh() {
	s.next.Memory.Segment++
	s.change.Cancel = true
}

// note writes a line that agents see and visitors do not.
func (s *step) note(by bot.Author, text string) {
	if text != "" {
		s.events = append(s.events, bot.NewEvent{Kind: bot.EventNote, Author: by, At: s.now, Body: bot.Body{Text: text}})
	}
}

// happened writes what changed, as the row stands now. text is what the visitor
// reads; without one the visitor does not see the event at all.
func (s *step) happened(change string, agent bot.AgentID, text string) *bot.Body {
	e := bot.NewEvent{
		Kind: bot.EventService, Author: bot.Author{Kind: bot.AuthorSystem}, Visible: text != "", At: s.now,
		Body: bot.Body{
			Text: text, Service: s.next.Service, Speaker: s.next.Speaker, Change: change, Reason: s.next.Reason, Agent: agent,
		},
	}
	if text != "" {
		e.Body.Language = words(s.next.Language, "en", "zh")
	}
	if agent != "" {
		e.Body.AgentName = s.name(agent)
	}
	s.events = append(s.events, e)
	return &s.events[len(s.events)-1].Body
}

// responsible fails unless the agent has the conversation.
func (s *step) responsible(agent bot.AgentID) error {
	switch s.next.Agent {
	case agent:
		return nil
	case "":
		return fault.New(fault.Denied, "Nobody has this conversation. Take it first.")
	}
	return fault.New(fault.Denied, "%s has this conversation.", s.name(s.next.Agent))
}

// known returns a locked agent. Error: NotFound.
func (s *step) known(agent bot.AgentID) (Agent, error) {
	a, ok := s.agent(agent)
	if !ok {
		return Agent{}, fault.New(fault.NotFound, "There is no such agent.")
	}
	return a, nil
}
