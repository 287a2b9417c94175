package handoff

import (
	"context"
	"slices"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// TakeOptions tunes Take.
type TakeOptions struct {
	Supervisor bool // may take a conversation from another agent
}

// Take makes the agent responsible at once: from the bot, the line, a parked
// place, or with Supervisor from another agent. version is the row's version
// that the agent saw, 0 for any. It may exceed the agent's capacity, because a
// person decided so; then no offers come, and those that are open go back. Taking
// one's own conversation changes nothing, or takes it out of the line when one was passing it on.
// Who takes one has to write in it as who accepts one. Errors: NotFound; Conflict with the
// winner's name when somebody else was first, and for a closed conversation.
func (d *Desk) Take(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, agent bot.AgentID, version int64, o TakeOptions) (bot.Written, error) {
	return d.looking(ctx, Ask{Workspace: ws, Conversation: conv, Agents: []bot.AgentID{agent}}, func(s *step) error {
		a, err := s.known(agent)
		if err != nil {
			return err
		}
		old := s.next.Agent
		switch {
		case s.next.Service == bot.ServiceClosed:
			return fault.New(fault.Conflict, "This conversation is closed. Open it again first.")
		case old == agent && inLine(s.next):
			s.stays(agent)
			return nil
		case old == agent && s.next.Service != bot.ServiceWrapup:
			return nil
		case old != "" && old != agent && (!o.Supervisor || version != 0 && version != s.next.Version):
			return fault.New(fault.Conflict, "%s has this conversation already.", s.name(old))
		}
		s.endOffer(ReservationRescinded)
		goesOn := s.next.Service == bot.ServiceWrapup // after the end, and nobody waits for a word
		s.give(a, a.takes(s.share()))
		if !goesOn {
			s.served()
		}
		if s.next.Reason == "" {
			s.next.Reason = bot.ReasonTaken
		}
		text := sayJoined(s.next.Language, s.name(agent))
		if old != "" && old != agent {
			text = sayTaken(s.next.Language, s.name(agent), s.name(old))
		}
		if taken := s.happened("taken", agent, text); old != "" && old != agent {
			taken.Tell = []bot.AgentID{old}
		}
		return nil
	})
}

// HandBack gives the conversation to the bot; note, when not empty, is for
// colleagues. Errors: NotFound; Denied unless the agent has it.
func (d *Desk) HandBack(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, agent bot.AgentID, note string) (bot.Written, error) {
	return d.move(ctx, Ask{Workspace: ws, Conversation: conv, Agents: []bot.AgentID{agent}}, func(s *step) error {
		if err := s.responsible(agent); err != nil {
			return err
		}
		s.note(bot.Author{Kind: bot.AuthorAgent, ID: string(agent), Name: s.name(agent)}, note)
		s.end(bot.ServiceBot)
		s.fresh()
		s.happened("handed_back", agent, sayHandedBack(s.next.Language, s.name(agent)))
		return nil
	})
}

// Transfer passes the conversation to a colleague, or with an empty to into the
// line of a queue ("" is the present one). The agent keeps it until somebody
// accepts. Errors: NotFound; Denied unless the agent has it; Conflict when the
// colleague is not there or has no room.
func (d *Desk) Transfer(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, agent, to bot.AgentID, queue bot.QueueID, note string) (bot.Written, error) {
	ask := Ask{Workspace: ws, Conversation: conv, Agents: append(some(to), agent)}
	return d.looking(ctx, ask, func(s *step) error {
		if err := s.responsible(agent); err != nil {
			return err
		}
		if to == agent {
			return fault.New(fault.Invalid, "You have this conversation already.").WithField("agent", "somebody else")
		}
		if err := d.passTo(s, to, queue); err != nil {
			return err
		}
		s.note(bot.Author{Kind: bot.AuthorAgent, ID: string(agent), Name: s.name(agent)}, note)
		s.happened("transferred", agent, sayTransferred(s.next.Language, s.name(agent)))
		return nil
	})
}

// Close ends the conversation. The visitor may write again at any time. Where the
// queue gives time for notes the agent keeps it as wrap-up until that is over, or
// Close is called again. Closing a closed one changes nothing. Errors: NotFound;
// Denied for an agent while another has it.
func (d *Desk) Close(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, by bot.Author) (bot.Written, error) {
	return d.CloseAs(ctx, ws, conv, by, "")
}

// CloseAs is Close with a wrap-up code that says what it was about; "" is none.
// Errors: those of Close;
// Invalid for a code that cannot be picked, and without one where the queue wants it of
// the agent who has the conversation.
func (d *Desk) CloseAs(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, by bot.Author, code string) (bot.Written, error) {
	v, err := d.view(ctx, ws)
	if err != nil {
		return bot.Written{}, err
	}
	asked := code != ""
	v.see(func(b *board) {
		asked = asked || slices.ContainsFunc(b.queues, func(q Queue) bool { return q.AskCode })
	})
	var (
		c   Code
		any bool
	)
	if asked {
		if c, any, err = d.code(ctx, ws, code); err != nil {
			return bot.Written{}, err
		}
	}
	return d.moving(ctx, Ask{Workspace: ws, Conversation: conv, Tickets: true}, v, func(s *step) error { return s.closes(by, c, any) })
}

// closes ends the conversation, or the time for notes after it; any says whether
// there are codes to pick from.
func (s *step) closes(by bot.Author, code Code, any bool) error {
	if s.next.Service == bot.ServiceClosed {
		return nil
	}
	if by.Kind == bot.AuthorAgent && s.next.Agent != "" && s.next.Agent != bot.AgentID(by.ID) {
		return s.responsible(bot.AgentID(by.ID))
	}
	var agent bot.AgentID
	if by.Kind == bot.AuthorAgent {
		agent = bot.AgentID(by.ID)
	}
	if agent != "" && s.next.Agent == agent && s.next.Service != bot.ServiceWrapup && code.ID == "" && any && s.queueOf(s.next.Queue).AskCode {
		return fault.New(fault.Invalid, "Say what this chat was about before you close it: this queue wants a wrap-up code.").WithField("code", "pick one")
	}
	if agent != "" {
		defer s.solve(by)
	}
	var body *bot.Body
	notes := s.queueOf(s.next.Queue).WrapUp
	switch {
	case s.next.Service == bot.ServiceWrapup:
		s.end(bot.ServiceClosed)
		body = s.happened("wrapped_up", agent, "")
	case s.next.Service == bot.ServiceActive && notes > 0:
		s.wake() // notes want as much of the agent as words
		s.next.Service, s.wait.Timer = bot.ServiceWrapup, Timer{s.now.Add(notes), TimerWrapUp}
		s.fresh()
		body = s.happened("wrap_up", agent, sayClosed(s.next.Language))
	default:
		s.end(bot.ServiceClosed)
		s.fresh()
		body = s.happened("closed", agent, sayClosed(s.next.Language))
	}
	if agent != "" && by.Name != "" {
		body.AgentName = by.Name
	}
	body.Code, body.CodeName = code.ID, code.Name
	return nil
}

// Reopen gives a closed conversation to the agent. Errors: NotFound; Conflict
// when it is not closed.
func (d *Desk) Reopen(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, agent bot.AgentID) (bot.Written, error) {
	return d.looking(ctx, Ask{Workspace: ws, Conversation: conv, Agents: []bot.AgentID{agent}}, func(s *step) error {
		a, err := s.known(agent)
		if err != nil {
			return err
		}
		if s.next.Service != bot.ServiceClosed {
			return fault.New(fault.Conflict, "This conversation is open.")
		}
		s.give(a, a.takes(s.share()))
		s.happened("reopened", agent, sayReopened(s.next.Language, s.name(agent)))
		return nil
	})
}
