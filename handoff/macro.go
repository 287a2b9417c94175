package handoff

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// macro says, notes and moves in one transaction.
func (d *Desk) macro(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, agent bot.Author, key bot.Key, r Reply, words MacroWords) (bot.Written, error) {
	for field, s := range map[string]string{"text": words.Text, "written": words.Written, "note": words.Note} {
		if utf8.RuneCountInString(s) > maxSaid {
			return bot.Written{}, fault.New(fault.Invalid, "A message has at most 8,000 characters.").WithField(field, "at most 8,000 characters")
		}
	}
	text, note := strings.TrimSpace(words.Text), strings.TrimSpace(words.Note)
	if text == "" && note == "" && r.Then == "" {
		return bot.Written{}, fault.New(fault.Invalid, "There is nothing to send.").WithField("text", "must not be empty")
	}
	code, any, err := d.code(ctx, ws, r.Code)
	if err != nil {
		return bot.Written{}, err
	}
	me := bot.AgentID(agent.ID)
	return d.looking(ctx, Ask{Workspace: ws, Conversation: conv, Agents: []bot.AgentID{me}, Key: key}, func(s *step) error {
		if err := s.responsible(me); err != nil {
			return err
		}
		if text != "" {
			if s.next.Speaker != bot.SpeakerHuman || s.next.Service != bot.ServiceActive {
				return fault.New(fault.Denied, "This chat has ended. Reopen it to write.")
			}
			s.events = append(s.events, bot.NewEvent{Kind: bot.EventMessage, Author: agent, Visible: true, At: s.now, Body: bot.Body{Text: text, Written: words.Written}})
		}
		s.note(agent, note)
		switch r.Then {
		case ThenClose:
			return s.closes(agent, code, any)
		case ThenHandBack:
			s.end(bot.ServiceBot)
			s.fresh()
			s.happened("handed_back", me, sayHandedBack(s.next.Language, s.name(me)))
		case ThenTransfer:
			if r.Queue != s.there(r.Queue) {
				return fault.New(fault.Conflict, "“%s” passes the chat to a queue that is no more. Choose another one in the reply.", r.Title)
			}
			if err := s.intoLine(r.Queue); err != nil {
				return err
			}
			s.happened("transferred", me, sayTransferred(s.next.Language, s.name(me)))
		}
		return nil
	})
}

// intoLine puts the conversation in line, of another queue if one is named. The
// agent keeps it until somebody accepts. Error: NotFound for the queue.
func (s *step) intoLine(queue bot.QueueID) error {
	if queue != "" {
		if s.queueOf(queue).Workspace == "" {
			return fault.New(fault.NotFound, "There is no such queue.")
		}
		s.next.Queue = queue
	}
	s.endOffer(ReservationRescinded)
	s.queue()
	return nil
}
