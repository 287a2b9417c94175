package handoff

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// maxSaid bounds an agent's message or note, in characters.
const maxSaid = 8000

// Say writes an agent's words: a message to the visitor, for which the agent
// must have the conversation, with body.Written when its text is a translation, or a note to colleagues, which every agent may
// write and which body.Tell shows to colleagues at once. A repeated key changes
// nothing. Errors: Invalid; NotFound; Denied;
// Conflict when the key exists with another body.
func (d *Desk) Say(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, agent bot.Author, key bot.Key, body bot.Body, note bool) (bot.Written, error) {
	body.Whisper = false
	return d.say(ctx, ws, conv, agent, key, body, note)
}

func (d *Desk) say(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, agent bot.Author, key bot.Key, body bot.Body, note bool) (bot.Written, error) {
	if err := sayableWhole(body, note); err != nil {
		return bot.Written{}, err
	}
	e := bot.NewEvent{
		Kind: bot.EventMessage, Author: agent, Visible: !note, At: d.now(),
		Body: bot.Body{Text: body.Text, Written: body.Written, Language: body.Language, Attachments: body.Attachments, Sources: body.Sources},
	}
	if note {
		if err := d.mentionable(ctx, ws, body.Tell); err != nil {
			return bot.Written{}, err
		}
		e.Kind, e.Body.Tell, e.Body.Whisper = bot.EventNote, body.Tell, body.Whisper
	}
	if !note {
		if followed, err := d.followed(ctx, ws, conv); err != nil {
			return bot.Written{}, err
		} else if followed {
			return d.sayFollowed(ctx, Ask{Workspace: ws, Conversation: conv, Key: key}, agent, e)
		}
	}
	w, err := d.timeline.Write(ctx, ws, conv, key, func(c bot.Conversation) (bot.Change, error) {
		switch {
		case body.Whisper && c.Agent == "":
			return bot.Change{}, fault.New(fault.Conflict, "Nobody has this conversation; there is nobody to whisper to.")
		case body.Whisper:
			e.Body.Tell = []bot.AgentID{c.Agent}
		case !note:
			if err := mayWrite(c, agent); err != nil {
				return bot.Change{}, err
			}
		}
		return bot.Change{Events: []bot.NewEvent{e}}, nil
	})
	if err == nil && !w.Dup {
		d.publisher.Published(w)
	}
	return w, err
}

// sayable refuses texts that nobody can say.
// sayableWhole refuses words with files, or with what they are a translation of, that
// cannot be sent.
func sayableWhole(body bot.Body, note bool) error {
	if len(body.Attachments) == 0 || body.Text != "" {
		if err := sayable(body.Text); err != nil {
			return err
		}
	}
	if n := utf8.RuneCountInString(body.Written); n > maxSaid || n > 0 && (note || body.Text == "") {
		return fault.New(fault.Invalid, "Only a message to the visitor is translated.").WithField("written", "at most 8,000 characters, and only beside the text of a message")
	}
	return nil
}

func sayable(text string) error {
	switch n := utf8.RuneCountInString(text); {
	case strings.TrimSpace(text) == "":
		return fault.New(fault.Invalid, "There is nothing to send.").WithField("text", "must not be empty")
	case n > maxSaid:
		return fault.New(fault.Invalid, "A message has at most 8,000 characters, not %d.", n).WithField("text", "at most 8,000 characters")
	}
	return nil
}

// mayWrite refuses an agent who does not have the conversation.
func mayWrite(c bot.Conversation, agent bot.Author) error {
	switch {
	case c.Agent == bot.AgentID(agent.ID) && c.Speaker == bot.SpeakerHuman:
		return nil
	case c.Agent == "":
		return fault.New(fault.Denied, "Take the conversation first; until then the visitor would not know who is speaking.")
	}
	return fault.New(fault.Denied, "A colleague has this conversation. Write a note, or take it over.")
}

// followed reports whether a ticket follows the conversation.
func (d *Desk) followed(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID) (bool, error) {
	if d.tickets == nil {
		return false, nil
	}
	got, err := d.tickets.Tickets(ctx, TicketQuery{Workspace: ws, Conversation: conv, Statuses: []TicketStatus{TicketOpen, TicketPending}, Limit: 1})
	return len(got) > 0, err
}

// sayFollowed writes to a visitor whom a ticket follows: the words count as its
// answer, and go by e-mail too unless the visitor is seen here. On another node
// they may be here and get them twice, which beats not at all.
func (d *Desk) sayFollowed(ctx context.Context, ask Ask, agent bot.Author, e bot.NewEvent) (bot.Written, error) {
	return d.onTickets(ctx, ask, func(s *step) error {
		if err := mayWrite(s.next, agent); err != nil {
			return err
		}
		s.events = append(s.events, e)
		t := s.current()
		if t == nil || !t.Status.unfinished() {
			return nil
		}
		if !d.here(s.next.Workspace, s.next.ID) {
			s.mail(*t, agent, e.Body.Text, e.Body.Attachments)
		}
		before := *t
		if t.answered(s.now, s.terms(*t)); *t != before {
			s.put(*t, "answered", agent)
		}
		return nil
	})
}
