package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/live"
)

// Frames writes the hub's messages as frames of the protocol.
type Frames struct {
	names *names
	log   *slog.Logger
}

// NewFrames returns the encoder that a hub is made with. It looks up what
// people are called in the accounts.
func NewFrames(accounts *account.Directory, log *slog.Logger) *Frames {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Frames{log: log, names: newNames(loadNames{
		visitor: func(ctx context.Context, ws bot.WorkspaceID, v bot.VisitorID) (Person, error) {
			got, err := accounts.VisitorByID(ctx, ws, string(v))
			return personOf(got), err
		},
		agent: func(ctx context.Context, ws bot.WorkspaceID, a bot.AgentID) (string, error) {
			got, err := accounts.Account(ctx, ws, string(a))
			return got.Name, err
		},
	})}
}

var _ live.Encoder = (*Frames)(nil)

type (
	eventsFrame struct {
		Type         string       `json:"type"`
		Conversation Conversation `json:"conversation"`
		Events       []Event      `json:"events"`
		Top          int64        `json:"top"`
		Mode         string       `json:"mode"`
		HasOlder     bool         `json:"has_older,omitempty"`
	}
	syncedFrame struct {
		Type         string `json:"type"`
		Conversation string `json:"conversation"`
		N            int64  `json:"n"`
	}
	deltaFrame struct {
		Type         string `json:"type"`
		Conversation string `json:"conversation"`
		Run          string `json:"run"`
		Event        string `json:"event"`
		Attempt      int    `json:"attempt"`
		Offset       int    `json:"offset"`
		Text         string `json:"text"`
	}
	resetFrame struct {
		Type         string `json:"type"`
		Conversation string `json:"conversation"`
		Run          string `json:"run"`
		Event        string `json:"event"`
		Attempt      int    `json:"attempt"`
		Text         string `json:"text"`
	}
	typingFrame struct {
		Type         string `json:"type"`
		Conversation string `json:"conversation"`
		Author       Author `json:"author"`
		Stage        string `json:"stage"`
	}
	viewersFrame struct {
		Type         string   `json:"type"`
		Conversation string   `json:"conversation"`
		Agents       []Person `json:"agents"`
	}
	noticeFrame struct {
		Type         string       `json:"type"`
		Conversation Conversation `json:"conversation"`
		Event        Event        `json:"event"`
	}
	placeFrame struct {
		Type string `json:"type"`
		Place
	}
	rowFrame struct {
		Type         string       `json:"type"`
		Conversation Conversation `json:"conversation"`
	}
	offerFrame struct {
		Type        string      `json:"type"`
		Reservation Reservation `json:"reservation"`
	}
	agentFrame struct {
		Type  string `json:"type"`
		Agent Agent  `json:"agent"`
	}
	goneFrame struct {
		Type         string `json:"type"`
		Conversation string `json:"conversation"`
	}
	drainFrame struct {
		Type  string `json:"type"`
		After int64  `json:"retry_after_ms"`
	}
	welcomeFrame struct {
		Type  string `json:"type"`
		Now   Time   `json:"now"`
		Epoch string `json:"epoch"`
		Ping  int    `json:"ping_s"`
		Me    any    `json:"me"`
	}
	ackFrame struct {
		Type         string `json:"type"`
		ID           string `json:"id"`
		Conversation string `json:"conversation"`
		Event        *Event `json:"event,omitempty"`
		Dup          bool   `json:"dup,omitempty"`
	}
	nackFrame struct {
		Type    string   `json:"type"`
		ID      string   `json:"id"`
		Problem *Problem `json:"problem"`
		After   int64    `json:"retry_after_ms,omitempty"`
	}
	errorFrame struct {
		Type    string   `json:"type"`
		Problem *Problem `json:"problem"`
	}
)

// Encode writes a message for the eyes of a view.
func (f *Frames) Encode(view bot.View, m live.Message) []byte {
	switch m := m.(type) {
	case live.Events:
		c := conversationOf(view, m.Conversation, f.names)
		if view == bot.ViewVisitor && len(m.List) > 0 {
			c.UpdatedAt = timeOf(m.List[len(m.List)-1].At)
		}
		return f.write(eventsFrame{"events", c, eventsOf(view, m.List), m.Top, string(m.Mode), m.HasOlder})
	case live.Synced:
		return f.write(syncedFrame{"synced", string(m.Conversation), m.N})
	case live.Delta:
		return f.write(deltaFrame{"delta", string(m.Conversation), string(m.Run), string(m.Event), m.Attempt, m.Offset, m.Text})
	case live.Reset:
		return f.write(resetFrame{"reset", string(m.Conversation), string(m.Run), string(m.Event), m.Attempt, m.Text})
	case live.Typing:
		a := Author{string(m.Author.Kind), m.Author.ID, m.Author.Name}
		if view == bot.ViewVisitor && m.Author.Kind != bot.AuthorVisitor {
			a.ID = ""
		}
		return f.write(typingFrame{"typing", string(m.Conversation), a, m.Stage})
	case live.Viewers:
		out := viewersFrame{"viewers", string(m.Conversation), make([]Person, 0, len(m.Agents))}
		for _, a := range m.Agents {
			out.Agents = append(out.Agents, Person{ID: string(a), Name: f.names.agent(m.Workspace, a)})
		}
		return f.write(out)
	case live.Notice:
		return f.write(noticeFrame{"notice", conversationOf(view, m.Conversation, f.names), eventOf(view, m.Event)})
	case live.Place:
		return f.write(placeFrame{"place", placeOf(m.Place, m.Open, m.Opens)})
	case live.Row:
		return f.write(rowFrame{"conversation", conversationOf(view, m.Conversation, f.names)})
	case live.Offer:
		return f.write(offerFrame{"offer", f.reservation(m)})
	case live.OfferEnd:
		return f.write(offerFrame{"offer_end", Reservation{ID: m.Reservation.ID, State: string(m.Reservation.State)}})
	case live.Agent:
		return f.write(agentFrame{"agent", agentOf(m.Agent)})
	case live.Gone:
		return f.write(goneFrame{"gone", string(m.Conversation)})
	case live.Ping:
		return []byte(`{"type":"ping"}`)
	case live.Drain:
		return f.write(drainFrame{"drain", m.After.Milliseconds()})
	}
	f.log.Error("a message of the hub has no frame")
	return []byte(`{"type":"ping"}`) // harmless to every client
}

func (f *Frames) reservation(m live.Offer) Reservation {
	c := conversationOf(bot.ViewAgent, m.Conversation, f.names)
	return Reservation{
		ID: m.Reservation.ID, State: string(m.Reservation.State), Conversation: &c, OfferedAt: timeOf(m.Reservation.OfferedAt),
		Deadline: timeOf(m.Reservation.Deadline), Summary: summaryOf(m.Summary), Reason: string(m.Conversation.Reason),
	}
}

// write encodes a frame. The types above cannot fail to encode.
func (f *Frames) write(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		f.log.Error("a frame could not be encoded", "error", err)
		return []byte(`{"type":"ping"}`)
	}
	return b
}

// nack refuses a send; the wait is told when trying again may help.
func (f *Frames) nack(id string, p *Problem) []byte {
	return f.write(nackFrame{Type: "nack", ID: id, Problem: p, After: again(p).Milliseconds()})
}

// again is when a refused send may be tried again, in whole milliseconds; 0: never.
func again(p *Problem) time.Duration {
	if p.retry > 0 {
		return max(p.retry, time.Millisecond)
	} else if p.Status >= 500 {
		return time.Second
	}
	return 0
}
