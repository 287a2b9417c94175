package handoff

import (
	"context"
	"errors"
	"slices"

	"github.com/frontdesk-chat/frontdesk/bot"
)

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
			if a.drains(now, &d.zones) || a.Duty == DutyDrain && a.Load == 0 {
				due = append(due, a)
			}
		}
	})
	return each(due, func(a Agent) error {
		now, err := d.store.ChangeAgent(ctx, a.Workspace, a.ID, false, func(a *Agent) error {
			if a.drains(d.now(), &d.zones) {
				a.Duty = DutyDrain
			}
			if a.Duty == DutyDrain && a.Load == 0 {
				a.goesOff(d.now())
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
			a.goesOff(d.now())
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
