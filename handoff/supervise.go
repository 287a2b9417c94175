package handoff

import (
	"context"
	"slices"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// StopBot silences the bot in a conversation and puts it in line for a person,
// where it keeps the place it may have. by is the supervisor. What the bot is
// writing ends here, and it says nothing more until an agent has had the
// conversation, or it has ended. Stopping it twice changes nothing. Errors:
// NotFound; Conflict while an agent has the conversation, and for a closed one.
func (d *Desk) StopBot(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, by bot.Author) (bot.Written, error) {
	return d.looking(ctx, Ask{Workspace: ws, Conversation: conv}, func(s *step) error {
		switch {
		case s.next.Service == bot.ServiceClosed:
			return fault.New(fault.Conflict, "This conversation is closed.")
		case s.next.Agent != "":
			return fault.New(fault.Conflict, "%s has this conversation; the bot is silent.", s.name(s.next.Agent))
		case s.wait.Stopped:
			return nil
		}
		s.wait.Stopped, s.wait.Promised = true, true // nobody else answers: the place must not depend on the visitor's staying
		s.next.Speaker, s.change.Cancel = bot.SpeakerHuman, true
		if s.next.Reason == "" || s.next.Service == bot.ServiceBot {
			s.next.Reason = bot.ReasonTaken
		}
		text := sayStoppedHere(s.next.Language)
		if s.next.Service == bot.ServiceBot {
			if open, at := s.waits(); open {
				s.queue()
				p := s.joining()
				s.tells(p)
				text = sayStopped(s.next.Language, p)
			} else {
				s.park(ParkedNobody)
				text += " " + sayNobody(s.next.Language, at, s.now)
			}
		}
		e := s.happened("bot_stopped", bot.AgentID(by.ID), text)
		e.AgentName = by.Name
		return nil
	})
}

// Reassign gives a conversation to a colleague, or with an empty to into the line of
// a queue ("" is the present one), whoever has it or waits. It is for supervisors: an
// agent who has it keeps it until somebody accepts, and reads that it was done.
// Errors: NotFound; Invalid when the colleague has it already; Conflict when they are
// not there or have no room, while the bot has it, and for one that has ended.
func (d *Desk) Reassign(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, by bot.Author, to bot.AgentID, queue bot.QueueID, note string) (bot.Written, error) {
	return d.looking(ctx, Ask{Workspace: ws, Conversation: conv, Agents: some(to)}, func(s *step) error {
		had, was := s.next.Agent, s.next.Service
		switch {
		case was == bot.ServiceClosed || was == bot.ServiceWrapup:
			return fault.New(fault.Conflict, "This conversation has ended.")
		case was == bot.ServiceBot:
			return fault.New(fault.Conflict, "The assistant has this conversation. Stop it, or take the conversation over, first.")
		case to != "" && to == had:
			return fault.New(fault.Invalid, "%s has this conversation already.", s.name(to)).WithField("agent", "somebody else")
		}
		if err := d.passTo(s, to, queue); err != nil {
			return err
		}
		s.note(by, note)
		text := ""
		switch {
		case had != "":
			text = sayTransferred(s.next.Language, s.name(had))
		case was == bot.ServiceParked:
			text = sayBack(s.next.Language, s.joining())
		}
		e := s.happened("transferred", bot.AgentID(by.ID), text)
		e.AgentName = by.Name
		if had != "" && had != bot.AgentID(by.ID) {
			e.Tell = []bot.AgentID{had}
		}
		return nil
	})
}

// watched is how many of the latest events Watch looks through.
const watchedIn = 200

// Watch notes in the timeline that a supervisor reads a conversation along that
// is not theirs: colleagues see it, the visitor does not. It is noted once for
// each stretch with one speaker. Error: NotFound.
func (d *Desk) Watch(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, by bot.Author) error {
	page, err := d.timeline.Events(ctx, bot.EventQuery{Workspace: ws, Conversation: conv, View: bot.ViewAgent, Latest: true, Limit: watchedIn})
	if err != nil {
		return err
	}
	c := page.Conversation
	who := bot.AgentID(by.ID)
	if c.Agent == who || c.Service == bot.ServiceClosed || slices.ContainsFunc(page.Events, func(e bot.Event) bool {
		return e.Body.Change == "watched" && e.Body.Agent == who && e.Epoch == c.ControlEpoch
	}) {
		return nil
	}
	_, err = d.move(ctx, Ask{Workspace: ws, Conversation: conv}, func(s *step) error {
		s.happened("watched", who, "").AgentName = by.Name
		return nil
	})
	return err
}

// Whisper writes a supervisor's word to the agent who has the conversation: a note
// that is shown to them at once, whatever they have open. Errors: as of Say, and
// Conflict when nobody has the conversation.
func (d *Desk) Whisper(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, by bot.Author, key bot.Key, body bot.Body) (bot.Written, error) {
	body.Whisper, body.Tell = true, nil
	return d.say(ctx, ws, conv, by, key, body, true)
}

// maxTold bounds whom one note may mention.
const maxTold = 20

// mentionable refuses colleagues who do not exist, or too many of them.
func (d *Desk) mentionable(ctx context.Context, ws bot.WorkspaceID, tell []bot.AgentID) error {
	if len(tell) == 0 {
		return nil
	}
	if len(tell) > maxTold {
		return fault.New(fault.Invalid, "A note mentions at most %d colleagues.", maxTold).WithField("mentions", "are too many")
	}
	all, err := d.store.Agents(ctx, ws)
	if err != nil {
		return err
	}
	for _, who := range tell {
		i := slices.IndexFunc(all, func(a Agent) bool { return a.ID == who })
		if i < 0 {
			return fault.New(fault.Invalid, "There is no colleague %q to mention.", who).WithField("mentions", "IDs of agents")
		}
		if all[i].Retired() {
			return fault.New(fault.Invalid, "%s is not here any more and would not read it.", all[i].Name).WithField("mentions", "mention somebody else")
		}
	}
	return nil
}
