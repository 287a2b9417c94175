package handoff

import (
	"context"
	"slices"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

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
