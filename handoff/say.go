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
// must have the conversation, or a note to colleagues, which every agent may
// write and which body.Tell shows to colleagues at once. A repeated key changes
// nothing. Errors: Invalid; NotFound; Denied;
// Conflict when the key exists with another body.
func (d *Desk) Say(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, agent bot.Author, key bot.Key, body bot.Body, note bool) (bot.Written, error) {
	body.Whisper = false
	return d.say(ctx, ws, conv, agent, key, body, note)
}

func (d *Desk) say(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, agent bot.Author, key bot.Key, body bot.Body, note bool) (bot.Written, error) {
	switch n := utf8.RuneCountInString(body.Text); {
	case strings.TrimSpace(body.Text) == "" && len(body.Attachments) == 0:
		return bot.Written{}, fault.New(fault.Invalid, "There is nothing to send.").WithField("text", "must not be empty")
	case n > maxSaid:
		return bot.Written{}, fault.New(fault.Invalid, "A message has at most 8,000 characters, not %d.", n).WithField("text", "at most 8,000 characters")
	}
	e := bot.NewEvent{
		Kind: bot.EventMessage, Author: agent, Visible: !note, At: d.now(),
		Body: bot.Body{Text: body.Text, Language: body.Language, Attachments: body.Attachments, Sources: body.Sources},
	}
	if note {
		if err := d.mentionable(ctx, ws, body.Tell); err != nil {
			return bot.Written{}, err
		}
		e.Kind, e.Body.Tell, e.Body.Whisper = bot.EventNote, body.Tell, body.Whisper
	}
	w, err := d.timeline.Write(ctx, ws, conv, key, func(c bot.Conversation) (bot.Change, error) {
		switch {
		case body.Whisper && c.Agent == "":
			return bot.Change{}, fault.New(fault.Conflict, "Nobody has this conversation; there is nobody to whisper to.")
		case body.Whisper:
			e.Body.Tell = []bot.AgentID{c.Agent}
			return bot.Change{Events: []bot.NewEvent{e}}, nil
		case note || c.Agent == bot.AgentID(agent.ID) && c.Speaker == bot.SpeakerHuman:
			return bot.Change{Events: []bot.NewEvent{e}}, nil
		case c.Agent == "":
			return bot.Change{}, fault.New(fault.Denied, "Take the conversation first; until then the visitor would not know who is speaking.")
		}
		return bot.Change{}, fault.New(fault.Denied, "A colleague has this conversation. Write a note, or take it over.")
	})
	if err == nil && !w.Dup {
		d.publisher.Published(w)
	}
	return w, err
}
