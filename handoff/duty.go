package handoff

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// SetDuty says whether the agent takes chats. Going off or away gives open
// offers back; chats stay. Errors: Invalid; NotFound.
func (d *Desk) SetDuty(ctx context.Context, ws bot.WorkspaceID, agent bot.AgentID, duty Duty) (Agent, error) {
	if duty != DutyOn && duty != DutyAway && duty != DutyOff {
		return Agent{}, fault.New(fault.Invalid, "Duty is on, away or off.").WithField("duty", "on, away or off")
	}
	a, err := d.store.ChangeAgent(ctx, ws, agent, false, func(a *Agent) error {
		switch {
		case duty == DutyOff:
			a.goesOff(d.now())
		case a.OnSince.IsZero():
			a.comesOn(d.now())
		case a.Duty == DutyDrain: // who stays after their shift does so by their own word
			a.OnSince = d.now()
		}
		a.Duty = duty
		if duty == DutyOn {
			a.Missed, a.Heartbeat = 0, d.now()
		}
		return nil
	})
	if err != nil {
		return Agent{}, err
	}
	d.changed(a)
	if duty == DutyOn {
		return a, nil
	}
	if err := d.rescind(ctx, ws, agent); err != nil {
		return Agent{}, err
	}
	return d.agent(ctx, ws, agent)
}

// longAbsence is from when on coming back is like beginning anew: longer than breaks
// are. Chosen, not measured.
const longAbsence = time.Hour

// comesOn notes that the agent was off duty and is no more. Capacity grows from one
// when they never were on duty, or are back after a long absence.
func (a *Agent) comesOn(now time.Time) {
	if a.OffSince.IsZero() || now.Sub(a.OffSince) >= longAbsence {
		a.RampFrom = now
	}
	a.OnSince = now
}

// goesOff takes the agent off duty.
func (a *Agent) goesOff(now time.Time) {
	if !a.OnSince.IsZero() {
		a.OffSince = now
	}
	a.Duty, a.OnSince = DutyOff, time.Time{}
}

// rescind gives back the open offers of an agent who takes none.
func (d *Desk) rescind(ctx context.Context, ws bot.WorkspaceID, agent bot.AgentID) error {
	offers, err := d.Offers(ctx, ws, agent)
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range offers {
		errs = append(errs, d.lapse(ctx, r, ReservationRescinded, func(s *step) bool {
			a, ok := s.agent(agent)
			a.Heartbeat = d.alive(a)
			return !ok || !a.Present(s.now) || a.room(s.now) < 0
		}))
	}
	return errors.Join(errs...)
}

// Beat is a sign of life of agents whose consoles are open; those unknown are
// left out.
func (d *Desk) Beat(ctx context.Context, ws bot.WorkspaceID, agents []bot.AgentID) error {
	if len(agents) == 0 {
		return nil
	}
	now := d.now()
	if err := d.store.Beat(ctx, ws, agents, now); err != nil {
		return err
	}
	d.boards.mu.Lock()
	defer d.boards.mu.Unlock()
	if k := d.boards.of[ws]; k != nil {
		k.board.beat(agents, now)
	}
	return nil
}

// changed tells of an agent who changed outside a move.
func (d *Desk) changed(a Agent) {
	d.hear(a.Workspace, news{agents: []Agent{a}})
	d.notifier.AgentChanged(a)
	d.wake(a.Workspace)
}

// Agents lists the workspace's agents in order of ID, those who retired among them.
func (d *Desk) Agents(ctx context.Context, ws bot.WorkspaceID) ([]Agent, error) {
	return d.store.Agents(ctx, ws)
}

func (d *Desk) agent(ctx context.Context, ws bot.WorkspaceID, agent bot.AgentID) (Agent, error) {
	all, err := d.Agents(ctx, ws)
	if err != nil {
		return Agent{}, err
	}
	for _, a := range all {
		if a.ID == agent {
			return a, nil
		}
	}
	return Agent{}, fault.New(fault.NotFound, "There is no such agent.")
}

// PutAgent makes an agent or changes what administrators decide: name, skills,
// capacity (zero: 4), weight (zero: 100) and ramp-up. What the desk keeps of an agent, and
// the roster, stays as it is. A new agent is off duty. Error: Invalid.
func (d *Desk) PutAgent(ctx context.Context, in Agent) (Agent, error) {
	if in.Capacity == 0 {
		in.Capacity = 4
	}
	if in.Weight == 0 {
		in.Weight = normalWeight
	}
	switch {
	case in.Workspace == "" || in.ID == "":
		return Agent{}, fault.New(fault.Invalid, "An agent needs a workspace and an ID.")
	case strings.TrimSpace(in.Name) == "":
		return Agent{}, fault.New(fault.Invalid, "An agent needs a name that visitors read.").WithField("name", "must not be empty")
	case in.Capacity < 1 || in.Capacity > 50:
		return Agent{}, fault.New(fault.Invalid, "An agent has 1 to 50 chats at once, not %d.", in.Capacity).WithField("capacity", "1 to 50")
	case in.Weight < 1 || in.Weight > 1000:
		return Agent{}, fault.New(fault.Invalid, "An agent's weight is 1 to 1,000, not %d.", in.Weight).WithField("weight", "1 to 1,000")
	case in.Ramp < 0 || in.Ramp > day:
		return Agent{}, fault.New(fault.Invalid, "An agent's ramp-up takes no longer than a day.").WithField("ramp", "0 to 24 hours")
	}
	for _, s := range in.Skills {
		if _, err := ParseSkill(s); err != nil {
			return Agent{}, err
		}
	}
	a, err := d.store.ChangeAgent(ctx, in.Workspace, in.ID, true, func(a *Agent) error {
		a.Name, a.Skills, a.Capacity, a.Weight, a.Ramp = in.Name, in.Skills, in.Capacity, in.Weight, in.Ramp
		if a.Duty == "" {
			a.Duty = DutyOff
		}
		return nil
	})
	if err == nil {
		d.changed(a)
	}
	return a, err
}

// Retire takes the skills of an agent who answers nobody any more, so that nothing is
// sent their way, puts the chats they have back in line at their age, and leaves their
// tickets to whoever takes them. One who never was an agent is none the worse.
func (d *Desk) Retire(ctx context.Context, ws bot.WorkspaceID, agent bot.AgentID) error {
	a, err := d.store.ChangeAgent(ctx, ws, agent, false, func(a *Agent) error {
		a.Skills = []string{retired}
		a.goesOff(d.now())
		a.Heartbeat = time.Time{} // as one who is gone: the next sweep puts their chats back in line
		return nil
	})
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	d.changed(a)
	return d.unassign(ctx, ws, agent)
}

// retired is the one skill of an agent who answers nobody. It is a language, since
// whoever has none among their skills is taken to speak them all.
const retired = LanguagePrefix + "none"
