package bottest

import (
	"context"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Desk is a line for people with one queue and as many agents as a test plays.
type Desk struct {
	timeline bot.Timeline
	now      func() bot.NewEvent // an event of the system at the present time

	mu      sync.Mutex
	outlook bot.Outlook      // what waiting means; guarded by mu
	away    error            // what Enqueue returns instead; guarded by mu
	taken   []bot.Escalation // guarded by mu
}

var _ bot.Escalator = (*Desk)(nil)

// newDesk returns a desk that is open, with nobody else in line.
func newDesk(timeline bot.Timeline, now func() time.Time) *Desk {
	return &Desk{
		timeline: timeline,
		now: func() bot.NewEvent {
			return bot.NewEvent{Kind: bot.EventService, Author: bot.Author{Kind: bot.AuthorSystem}, Visible: true, At: now()}
		},
		outlook: bot.Outlook{Known: true, Open: true, Position: 1, Agents: 1},
	}
}

// Promise sets what visitors meet in line from now on.
func (d *Desk) Promise(o bot.Outlook) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.outlook = o
}

// Break makes Enqueue and Outlook return err until Break(nil).
func (d *Desk) Break(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.away = err
}

// Escalations returns what was asked of the desk so far.
func (d *Desk) Escalations() []bot.Escalation {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]bot.Escalation(nil), d.taken...)
}

// Outlook implements bot.Escalator.
func (d *Desk) Outlook(context.Context, bot.Escalation) (bot.Outlook, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.outlook, d.away
}

// Enqueue implements bot.Escalator: the turn's own words and the place in line
// are one write. Out of hours the conversation is parked.
func (d *Desk) Enqueue(ctx context.Context, e bot.Escalation) (bot.Written, error) {
	d.mu.Lock()
	o, away := d.outlook, d.away
	d.mu.Unlock()
	if away != nil {
		return bot.Written{}, away
	}
	w, err := d.timeline.Write(ctx, e.Workspace, e.Conversation, e.Key, func(c bot.Conversation) (bot.Change, error) {
		var ch bot.Change
		if e.Turn != nil {
			var err error
			if ch, err = e.Turn(c, o); err != nil {
				return ch, err
			}
		}
		if c.Speaker == bot.SpeakerHuman {
			return ch, fault.New(fault.Conflict, "A person has this conversation already.")
		}
		state, change := bot.ServiceWaiting, "enqueued"
		if !o.Open {
			state, change = bot.ServiceParked, "parked"
		}
		line := d.now()
		line.Body = bot.Body{Service: state, Speaker: c.Speaker, Change: change, Reason: e.Reason, Summary: &e.Summary}
		ch.Events = append(ch.Events, line)
		row := ch.Row
		ch.Row = func(c *bot.Conversation) {
			if row != nil {
				row(c)
			}
			c.Service, c.Reason, c.Skills, c.Priority = state, e.Reason, e.Skills, e.Priority
		}
		return ch, nil
	})
	if err == nil && !w.Dup {
		d.mu.Lock()
		d.taken = append(d.taken, e)
		d.mu.Unlock()
	}
	return w, err
}

// Take lets an agent take the conversation over: from the commit on the bot is
// silent.
func (d *Desk) Take(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, agent bot.AgentID) (bot.Written, error) {
	return d.move(ctx, ws, conv, "taken", true, func(c *bot.Conversation) {
		c.Speaker, c.Service, c.Agent = bot.SpeakerHuman, bot.ServiceActive, agent
	})
}

// HandBack gives the conversation back to the bot.
func (d *Desk) HandBack(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID) (bot.Written, error) {
	return d.move(ctx, ws, conv, "handed_back", true, func(c *bot.Conversation) {
		c.Speaker, c.Service, c.Agent = bot.SpeakerBot, bot.ServiceBot, ""
		c.Memory.Restart()
	})
}

// Close ends the conversation.
func (d *Desk) Close(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID) (bot.Written, error) {
	return d.move(ctx, ws, conv, "closed", true, func(c *bot.Conversation) {
		c.Service, c.Agent = bot.ServiceClosed, ""
		c.Memory.Restart()
	})
}

func (d *Desk) move(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, change string, cancel bool, row func(*bot.Conversation)) (bot.Written, error) {
	return d.timeline.Write(ctx, ws, conv, bot.Key{}, func(c bot.Conversation) (bot.Change, error) {
		row(&c)
		line := d.now()
		line.Body = bot.Body{Service: c.Service, Speaker: c.Speaker, Agent: c.Agent, Change: change}
		return bot.Change{Events: []bot.NewEvent{line}, Row: row, Cancel: cancel}, nil
	})
}
