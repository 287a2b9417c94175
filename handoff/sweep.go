package handoff

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Run keeps deadlines and makes offers until ctx ends: at once when something
// changed that may allow one, and every half second whatever happened. Deadlines
// are columns that are compared with the clock, so a crash loses none. Offers are
// made beside the sweeps, which read a long line for a while.
func (d *Desk) Run(ctx context.Context) error {
	defer d.Keep()()
	var matcher sync.WaitGroup
	defer matcher.Wait()
	matcher.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-d.kick:
				d.report(ctx, d.rematch(ctx))
			}
		}
	})
	tick := time.NewTicker(sweepEach)
	defer tick.Stop()
	for {
		d.report(ctx, d.sweepAll(ctx, d.rematched))
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (d *Desk) report(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		d.log.ErrorContext(ctx, "desk sweep failed", "error", err)
	}
}

// Sweep carries out everything that is due now, in every workspace.
func (d *Desk) Sweep(ctx context.Context) error { return d.sweepAll(ctx, d.matched) }

// due carries out one kind of what is due; moved says whether there was any.
type due func(ctx context.Context, ws bot.WorkspaceID, v view) (moved bool, err error)

func (d *Desk) sweepAll(ctx context.Context, match due) error {
	all, err := d.store.Workspaces(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, ws := range all {
		errs = append(errs, d.sweep(ctx, ws, match), d.wroteInChat(ctx, ws))
	}
	return errors.Join(errs...)
}

// rematch makes the offers that became possible where something changed.
func (d *Desk) rematch(ctx context.Context) error {
	d.mu.Lock()
	woken := d.woken
	d.woken = map[bot.WorkspaceID]bool{}
	d.mu.Unlock()
	var errs []error
	for ws := range woken {
		if d.kept(ws) == nil {
			errs = append(errs, d.sweep(ctx, ws, d.matched))
			continue
		}
		v, err := d.view(ctx, ws)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		_, err = d.awake(ctx, ws, v)
		errs = append(errs, err)
		_, err = d.matched(ctx, ws, v)
		errs = append(errs, err)
		long := false
		v.see(func(b *board) { long = len(b.line) >= longLine })
		if !long { // else with the next sweep
			d.tellPlaces(ws, v)
		}
	}
	return errors.Join(errs...)
}

// sweep looks at one workspace. What it finds is looked at again under the
// locks of each move, so that it may run on many nodes at once.
func (d *Desk) sweep(ctx context.Context, ws bot.WorkspaceID, match due) error {
	k := d.kept(ws)
	var (
		v   view
		f   Floor
		err error
	)
	fresh := k == nil || d.stale(ws)
	if fresh {
		v, f, err = d.read(ctx, ws)
	} else {
		f = k.floor
		v, err = d.view(ctx, ws)
	}
	if err != nil {
		return err
	}
	var errs []error
	for _, carryOut := range []due{
		d.missed, d.gone, d.shifts, d.returned, d.timers(f.Due), d.awake, d.waiting, d.parked, match,
	} {
		moved, err := carryOut(ctx, ws, v)
		errs = append(errs, err)
		if !moved || v.boards != nil {
			continue // moves are on a board that is kept
		}
		if v, f, err = d.read(ctx, ws); err != nil {
			return errors.Join(append(errs, err)...)
		}
	}
	d.tellPlaces(ws, v)
	if fresh {
		d.observer.Seen(ws, f, d.now())
		d.seen(ws, f)
	}
	return errors.Join(errs...)
}

// each runs do on what is due and goes on after a failure; a conversation that is
// gone needs nothing any more.
func each[T any](due []T, do func(T) error) (bool, error) {
	var errs []error
	for _, x := range due {
		if err := do(x); err != nil && !fault.Is(err, fault.NotFound) {
			errs = append(errs, err)
		}
	}
	return len(due) > 0, errors.Join(errs...)
}

// missed ends offers past their deadline.
func (d *Desk) missed(ctx context.Context, _ bot.WorkspaceID, v view) (bool, error) {
	now := d.now()
	var due []Reservation
	v.see(func(b *board) {
		for _, r := range b.open {
			if r.due(now) {
				due = append(due, r)
			}
		}
	})
	slices.SortFunc(due, func(a, b Reservation) int { return strings.Compare(a.ID, b.ID) })
	return each(due, func(r Reservation) error {
		state := ReservationMissed
		if r.Deadline.After(now) {
			state = ReservationRescinded // that is no fault of the agent's
		}
		return d.lapse(ctx, r, state, func(s *step) bool { return s.locked.Offer.due(s.now) })
	})
}

// setBack is how far in the future something was that is taken for a clock set back:
// more than the clocks of nodes are apart.
const setBack = time.Minute

// due reports whether the offer has ended: its deadline is past, or the clock was
// set back since it was made, and nobody should wait until it is that late again.
func (r Reservation) due(now time.Time) bool {
	return !r.Deadline.After(now) || r.OfferedAt.Sub(now) > setBack
}

// gone takes offers, and past the grace chats, from agents who gave no sign of
// life, and offers from those who filled up by themselves.
func (d *Desk) gone(ctx context.Context, _ bot.WorkspaceID, v view) (bool, error) {
	now := d.now()
	var agents []Agent
	v.see(func(b *board) { agents = slices.Clone(b.agents) })
	var errs []error
	moved := false
	for _, a := range agents {
		silent := now.Sub(a.Heartbeat)
		if a.Reserved > 0 && (silent >= freshFor || a.Duty == DutyAway || a.Duty == DutyOff || a.Duty == DutyDrain || a.room(now) < 0) {
			moved = true
			errs = append(errs, d.rescind(ctx, a.Workspace, a.ID))
		}
		if silent >= d.goneAfter && (a.Load > 0 || a.Duty == DutyOn || a.Duty == DutyMissed) {
			moved = true
			errs = append(errs, d.lost(ctx, a))
		}
	}
	return moved, errors.Join(errs...)
}

// shifts ends the duty of agents whose shift is over: those with chats keep them.
func (d *Desk) shifts(ctx context.Context, _ bot.WorkspaceID, v view) (bool, error) {
	now := d.now()
	var due []Agent
	v.see(func(b *board) {
		for _, a := range b.agents {
			if a.drains(now) || a.Duty == DutyDrain && a.Load == 0 {
				due = append(due, a)
			}
		}
	})
	return each(due, func(a Agent) error {
		now, err := d.store.ChangeAgent(ctx, a.Workspace, a.ID, false, func(a *Agent) error {
			if a.drains(d.now()) {
				a.Duty = DutyDrain
			}
			if a.Duty == DutyDrain && a.Load == 0 {
				a.Duty, a.OnSince = DutyOff, time.Time{}
			}
			return nil
		})
		if err != nil {
			return err
		}
		d.changed(now)
		return d.rescind(ctx, a.Workspace, a.ID)
	})
}

// lost puts the chats of an agent who is gone back in line at their age.
func (d *Desk) lost(ctx context.Context, a Agent) error {
	now, err := d.store.ChangeAgent(ctx, a.Workspace, a.ID, false, func(a *Agent) error {
		if d.now().Sub(d.alive(*a)) >= d.goneAfter && (a.Duty == DutyOn || a.Duty == DutyMissed || a.Duty == DutyDrain) {
			a.Duty, a.OnSince = DutyOff, time.Time{}
		}
		return nil
	})
	if err != nil {
		return err
	}
	d.changed(now)
	if a.Load == 0 {
		return nil
	}
	held, err := d.timeline.Conversations(ctx, bot.ConversationQuery{Workspace: a.Workspace, Agent: a.ID, Limit: 200})
	if err != nil {
		return err
	}
	_, err = each(held, func(c bot.Conversation) error {
		_, err := d.looking(ctx, Ask{Workspace: c.Workspace, Conversation: c.ID}, func(s *step) error {
			now, ok := s.agent(a.ID)
			if s.next.Agent != a.ID || ok && s.now.Sub(d.alive(now)) < d.goneAfter {
				return nil
			}
			if s.next.Service == bot.ServiceWrapup {
				s.end(bot.ServiceClosed)
				s.happened("wrapped_up", a.ID, "")
				return nil
			}
			s.takenFrom(a.ID, "agent_gone", sayLost)
			return nil
		})
		return err
	})
	return err
}

// takenFrom puts the conversation back in line at its age because its agent does
// not answer.
func (s *step) takenFrom(agent bot.AgentID, change string, say func(language, name string, others bool) string) {
	name := s.name(agent)
	s.release()
	if s.next.Service == bot.ServiceActive {
		s.queue()
	}
	others := false
	s.view.see(func(b *board) {
		others = slices.ContainsFunc(b.agents, func(o Agent) bool { return o.ID != agent && o.Present(s.now) })
	})
	s.happened(change, agent, say(s.next.Language, name, others))
}

// returned takes back that a visitor left who is connected to this node.
func (d *Desk) returned(ctx context.Context, _ bot.WorkspaceID, v view) (bool, error) {
	var due []bot.Conversation
	v.see(func(b *board) {
		for _, e := range b.line {
			if !e.Wait.Away.IsZero() && d.here(e.Conversation.Workspace, e.Conversation.ID) {
				due = append(due, e.Conversation)
			}
		}
	})
	return each(due, func(c bot.Conversation) error { return d.Presence(ctx, c.Workspace, c.ID, true) })
}

// timers carries out what was to happen by now with single conversations.
func (d *Desk) timers(now []Standing) due {
	return func(ctx context.Context, _ bot.WorkspaceID, _ view) (bool, error) {
		return each(now, func(x Standing) error {
			d.noteIdle(x.Conversation.ID, x.Wait) // another desk may have found it so
			switch x.Wait.Timer.Kind {
			case TimerWrapUp:
				return d.wrapped(ctx, x)
			case TimerFirstReply:
				return d.unanswered(ctx, x)
			case TimerIdle:
				return d.looksIdle(ctx, x)
			case TimerReturned:
				return d.leftLying(ctx, x)
			}
			return nil
		})
	}
}

// wrapped ends the time that an agent has for notes.
func (d *Desk) wrapped(ctx context.Context, x Standing) error {
	_, err := d.move(ctx, Ask{Workspace: x.Conversation.Workspace, Conversation: x.Conversation.ID}, func(s *step) error {
		if s.wait.Timer != x.Wait.Timer {
			return nil // it was set anew
		}
		s.wait.Timer = Timer{}
		if s.next.Service != bot.ServiceWrapup {
			return nil // the visitor wrote again
		}
		agent := s.next.Agent
		s.end(bot.ServiceClosed)
		s.happened("wrapped_up", agent, "")
		return nil
	})
	return err
}

// unanswered takes a chat from an agent who accepted it and then wrote nothing.
// They seem to be away: they get no more until they say that they are back.
func (d *Desk) unanswered(ctx context.Context, x Standing) error {
	c := x.Conversation
	wrote, err := d.wroteSince(ctx, c, x.Wait.Accepted)
	if err != nil {
		return err
	}
	_, err = d.looking(ctx, Ask{Workspace: c.Workspace, Conversation: c.ID}, func(s *step) error {
		if s.wait.Timer != x.Wait.Timer {
			return nil // it was set anew
		}
		s.wait.Timer = s.idle.look(s.now)
		if wrote || s.next.Service != bot.ServiceActive {
			return nil
		}
		// Nobody could write while nobody listened.
		if in := s.queueOf(s.next.Queue).firstReply(); s.wait.Accepted.Before(d.started) && s.now.Sub(d.started) < in {
			s.wait.Timer = Timer{d.started.Add(in), TimerFirstReply}
			return nil
		}
		agent := s.next.Agent
		if a, ok := s.agent(agent); ok {
			if a.Missed++; a.Duty == DutyOn {
				a.Duty = DutyMissed
			}
			s.set(a)
			s.passedOn(agent)
		}
		s.takenFrom(agent, "agent_slow", saySlow)
		return nil
	})
	return err
}

// wroteSince reports whether the agent who has the conversation wrote to the
// visitor after a moment.
func (d *Desk) wroteSince(ctx context.Context, c bot.Conversation, since time.Time) (bool, error) {
	page, err := d.timeline.Events(ctx, bot.EventQuery{Workspace: c.Workspace, Conversation: c.ID, View: bot.ViewVisitor, Latest: true, Limit: 100})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(page.Events, func(e bot.Event) bool {
		return e.Kind == bot.EventMessage && e.Author.Kind == bot.AuthorAgent && e.Author.ID == string(c.Agent) && !e.At.Before(since)
	}), nil
}

// waiting parks those whom nobody can come to, and those who left.
func (d *Desk) waiting(ctx context.Context, _ bot.WorkspaceID, v view) (bool, error) {
	now := d.now()
	var due []bot.Conversation
	v.see(func(b *board) {
		duty := b.onDuty(now)
		for _, e := range b.line {
			if e.parks(duty, now) != "" {
				due = append(due, e.Conversation)
			}
		}
	})
	return each(due, func(c bot.Conversation) error {
		_, err := d.looking(ctx, Ask{Workspace: c.Workspace, Conversation: c.ID, Tickets: true}, func(s *step) error {
			var why Parking
			s.view.see(func(b *board) {
				why = b.entry(Standing{Conversation: s.next, Wait: s.wait}).parks(b.onDuty(s.now), s.now)
			})
			switch why {
			case ParkedNobody:
				_, at := s.waits()
				s.endOffer(ReservationRescinded)
				s.park(ParkedNobody)
				mark := s.keep(TicketNobody, "", Contact{}, nil)
				body := s.happened("parked", "", sayNobody(s.next.Language, at, s.now))
				body.Ticket, body.Why = mark, string(ParkedNobody)
			case ParkedAway:
				s.endOffer(ReservationRescinded)
				s.leaves()
				s.park(ParkedAway)
				s.happened("parked", "", sayAway(s.next.Language)).Why = string(ParkedAway)
			}
			return nil
		})
		return err
	})
}

// parks says why a conversation in line should leave it now, "" when it should
// not. One that an agent still answers for stays.
func (e *entry) parks(duty set, now time.Time) Parking {
	if !inLine(e.Conversation) || e.Conversation.Agent != "" {
		return ""
	}
	if e.pool.stageAt(0, duty) < 0 && !e.pool.queue.Hours.Open(now) {
		return ParkedNobody
	}
	if !e.Wait.Promised && !e.Wait.Away.IsZero() && now.Sub(e.Wait.Away) >= awayFor {
		return ParkedAway
	}
	return ""
}

// parked brings those back to whom an answer was promised, when somebody is
// there.
func (d *Desk) parked(ctx context.Context, _ bot.WorkspaceID, v view) (bool, error) {
	now := d.now()
	var due []bot.Conversation
	v.see(func(b *board) {
		duty := b.onDuty(now)
		for _, s := range b.parked {
			if s.Wait.Why != ParkedAway && b.poolOf(s.Conversation).stageAt(0, duty) >= 0 {
				due = append(due, s.Conversation)
			}
		}
	})
	slices.SortFunc(due, func(a, b bot.Conversation) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return each(due, func(c bot.Conversation) error {
		_, err := d.looking(ctx, Ask{Workspace: c.Workspace, Conversation: c.ID}, func(s *step) error {
			helps := false
			s.view.see(func(b *board) { helps = b.helps(s.next, s.now) })
			if s.next.Service != bot.ServiceParked || s.wait.Why == ParkedAway || !helps {
				return nil
			}
			s.queue()
			p := s.joining()
			s.tells(p)
			s.happened("enqueued", "", sayBack(s.next.Language, p))
			return nil
		})
		return err
	})
}

// How many offers are made in one go, and how many of them at once: stores commit
// what comes together in one write.
const (
	offersAtOnce = 64
	offersBeside = 16
)

// rematched leaves the offers of a board that is kept to Run's matcher.
func (d *Desk) rematched(ctx context.Context, ws bot.WorkspaceID, v view) (bool, error) {
	if v.boards == nil {
		return d.matched(ctx, ws, v)
	}
	d.wake(ws)
	return false, nil
}

// matched makes the offers that can be made.
func (d *Desk) matched(ctx context.Context, ws bot.WorkspaceID, v view) (bool, error) {
	var pairs []pair
	v.see(func(b *board) { pairs = b.match(d.now(), offersAtOnce) })
	var g errgroup.Group
	g.SetLimit(offersBeside)
	for _, p := range pairs {
		g.Go(func() error {
			if err := d.offerTo(ctx, ws, p); err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			return nil
		})
	}
	err := g.Wait()
	if len(pairs) == offersAtOnce {
		d.wake(ws) // there may be more
	}
	return len(pairs) > 0, err
}

// tellPlaces tells the places of a workspace when they changed.
func (d *Desk) tellPlaces(ws bot.WorkspaceID, v view) {
	var now []Place
	v.see(func(b *board) { now = b.places(d.now()) })
	d.mu.Lock()
	same := slices.Equal(d.places[ws], now)
	d.places[ws] = now
	d.mu.Unlock()
	if !same {
		d.notifier.PlacesChanged(ws, now)
	}
}
