package handoff

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Run keeps deadlines and makes offers until ctx ends: at once when something
// changed that may allow one, and every half second whatever happened. Deadlines
// are columns that are compared with the clock, so a crash loses none.
func (d *Desk) Run(ctx context.Context) error {
	tick := time.NewTicker(sweepEach)
	defer tick.Stop()
	for {
		if err := d.Sweep(ctx); err != nil && ctx.Err() == nil {
			d.log.ErrorContext(ctx, "desk sweep failed", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-d.kick:
		}
	}
}

// Sweep carries out everything that is due now, in every workspace.
func (d *Desk) Sweep(ctx context.Context) error {
	all, err := d.store.Workspaces(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, ws := range all {
		errs = append(errs, d.sweep(ctx, ws))
	}
	return errors.Join(errs...)
}

// sweep looks at one workspace. What it finds is looked at again under the
// locks of each move, so that it may run on many nodes at once.
func (d *Desk) sweep(ctx context.Context, ws bot.WorkspaceID) error {
	f, err := d.floor(ctx, ws)
	if err != nil {
		return err
	}
	var errs []error
	for _, due := range []func(context.Context, Floor) (bool, error){d.missed, d.gone, d.returned, d.waiting, d.parked, d.matched} {
		moved, err := due(ctx, f)
		errs = append(errs, err)
		if !moved {
			continue
		}
		if f, err = d.floor(ctx, ws); err != nil {
			return errors.Join(append(errs, err)...)
		}
	}
	d.tellPlaces(ws, f)
	d.observer.Seen(ws, f, d.now())
	d.seen(ws, f)
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
func (d *Desk) missed(ctx context.Context, f Floor) (bool, error) {
	now := d.now()
	var due []Reservation
	for _, r := range f.Offers {
		if r.State == ReservationOpen && !r.Deadline.After(now) {
			due = append(due, r)
		}
	}
	return each(due, func(r Reservation) error {
		return d.lapse(ctx, r, ReservationMissed, func(s *step) bool { return !s.locked.Offer.Deadline.After(s.now) })
	})
}

// gone takes offers, and past the grace chats, from agents who gave no sign of
// life, and offers from those who filled up by themselves.
func (d *Desk) gone(ctx context.Context, f Floor) (bool, error) {
	now := d.now()
	var errs []error
	moved := false
	for _, a := range f.Agents {
		silent := now.Sub(a.Heartbeat)
		if a.Reserved > 0 && (silent >= freshFor || a.Duty == DutyAway || a.Duty == DutyOff || a.room() < 0) {
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

// lost puts the chats of an agent who is gone back in line at their age.
func (d *Desk) lost(ctx context.Context, a Agent) error {
	if _, err := d.store.ChangeAgent(ctx, a.Workspace, a.ID, false, func(a *Agent) error {
		if d.now().Sub(d.alive(*a)) >= d.goneAfter && (a.Duty == DutyOn || a.Duty == DutyMissed) {
			a.Duty = DutyOff
		}
		return nil
	}); err != nil {
		return err
	}
	if a.Load == 0 {
		if now, err := d.agent(ctx, a.Workspace, a.ID); err == nil {
			d.notifier.AgentChanged(now)
		}
		return nil
	}
	held, err := d.timeline.Conversations(ctx, bot.ConversationQuery{Workspace: a.Workspace, Agent: a.ID, Limit: 200})
	if err != nil {
		return err
	}
	_, err = each(held, func(c bot.Conversation) error {
		_, err := d.move(ctx, Ask{Workspace: c.Workspace, Conversation: c.ID, Floor: true}, func(s *step) error {
			now, ok := s.agent(a.ID)
			if s.next.Agent != a.ID || ok && s.now.Sub(d.alive(now)) < d.goneAfter {
				return nil
			}
			name := s.name(a.ID)
			s.release()
			if s.next.Service == bot.ServiceActive {
				s.queue()
			}
			others := slices.ContainsFunc(s.floor.Agents, func(o Agent) bool { return o.ID != a.ID && o.Present(s.now) })
			s.happened("agent_gone", a.ID, sayLost(s.next.Language, name, others))
			return nil
		})
		return err
	})
	return err
}

// returned takes back that a visitor left who is connected to this node.
func (d *Desk) returned(ctx context.Context, f Floor) (bool, error) {
	var due []Standing
	for _, s := range f.Line {
		if s.inLine() && !s.Wait.Away.IsZero() && d.here(s.Conversation.Workspace, s.Conversation.ID) {
			due = append(due, s)
		}
	}
	return each(due, func(s Standing) error {
		return d.Presence(ctx, s.Conversation.Workspace, s.Conversation.ID, true)
	})
}

// waiting parks those whom nobody can come to, and those who left.
func (d *Desk) waiting(ctx context.Context, f Floor) (bool, error) {
	now := d.now()
	var due []Standing
	for _, s := range f.Line {
		if f.parks(s, now) != "" {
			due = append(due, s)
		}
	}
	return each(due, func(x Standing) error {
		_, err := d.move(ctx, Ask{Workspace: x.Conversation.Workspace, Conversation: x.Conversation.ID, Floor: true}, func(s *step) error {
			switch s.floor.parks(Standing{Conversation: s.next, Wait: s.wait}, s.now) {
			case ParkedNobody:
				_, at := s.floor.open(s.next.Queue, s.now)
				s.endOffer(ReservationRescinded)
				s.park(ParkedNobody)
				s.happened("parked", "", sayNobody(s.next.Language, at, s.now))
			case ParkedAway:
				s.endOffer(ReservationRescinded)
				s.park(ParkedAway)
				s.happened("parked", "", sayAway(s.next.Language))
			}
			return nil
		})
		return err
	})
}

// parks says why a conversation in line should leave it now, "" when it should
// not. One that an agent still answers for stays.
func (f Floor) parks(s Standing, now time.Time) Parking {
	if !s.inLine() || s.Conversation.Agent != "" {
		return ""
	}
	if open, _ := f.open(s.Conversation.Queue, now); !open {
		return ParkedNobody
	}
	if !s.Wait.Promised && !s.Wait.Away.IsZero() && now.Sub(s.Wait.Away) >= awayFor {
		return ParkedAway
	}
	return ""
}

// parked brings those back to whom an answer was promised, when somebody is
// there.
func (d *Desk) parked(ctx context.Context, f Floor) (bool, error) {
	if !f.staffed(d.now()) {
		return false, nil
	}
	var due []Standing
	for _, s := range f.Line {
		if s.Conversation.Service == bot.ServiceParked && s.Wait.Why != ParkedAway {
			due = append(due, s)
		}
	}
	return each(due, func(x Standing) error {
		_, err := d.move(ctx, Ask{Workspace: x.Conversation.Workspace, Conversation: x.Conversation.ID, Line: true}, func(s *step) error {
			if s.next.Service != bot.ServiceParked || s.wait.Why == ParkedAway || !s.floor.staffed(s.now) {
				return nil
			}
			s.queue()
			s.happened("enqueued", "", sayBack(s.next.Language, s.floor.joining(Standing{Conversation: s.next, Wait: s.wait}, s.now)))
			return nil
		})
		return err
	})
}

// matched makes the offers that can be made.
func (d *Desk) matched(ctx context.Context, f Floor) (bool, error) {
	pairs := f.match(d.now())
	return each(pairs, func(p pair) error {
		ws := f.Agents[0].Workspace
		return d.offerTo(ctx, ws, p)
	})
}

// tellPlaces tells the places of a workspace when they changed.
func (d *Desk) tellPlaces(ws bot.WorkspaceID, f Floor) {
	now := f.places(d.now())
	d.mu.Lock()
	same := slices.Equal(d.places[ws], now)
	d.places[ws] = now
	d.mu.Unlock()
	if !same {
		d.notifier.PlacesChanged(ws, now)
	}
}
