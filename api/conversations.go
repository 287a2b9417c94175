package api

import (
	"context"
	"slices"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Counts are how many conversations each view has; bot and closed are counted
// up to 1,000.
type Counts struct {
	Mine   int `json:"mine"`
	Queue  int `json:"queue"`
	Bot    int `json:"bot"`
	Closed int `json:"closed"`
	All    int `json:"all"`
}

// ConversationList is a page of conversations with the views' counts.
type ConversationList struct {
	Items  []Conversation `json:"items"`
	Next   string         `json:"next,omitempty"`
	Counts Counts         `json:"counts"`
}

type conversationsIn struct {
	Paging
	View string `query:"view" enum:"mine,queue,bot,closed,all" default:"all"`
	Text string `query:"text" maxLength:"200" doc:"Part of the last message."`
}

func (s *Server) conversationRoutes(g *registrar) {
	handle(g, "GET", "/conversations", s.listConversations)
	handle(g, "GET", "/conversations/{id}", s.readConversation)
	handle(g, "GET", "/conversations/{id}/events", func(ctx context.Context, in *eventsIn) (*bodyOf[EventPage], error) {
		return s.events(ctx, bot.ViewAgent, in)
	})
	handle(g, "GET", "/conversations/{id}/traces/{event}", func(ctx context.Context, in *struct {
		ByID
		Event string `path:"event" maxLength:"64"`
	},
	) (*bodyOf[Trace], error) {
		tr, err := s.Traces.Trace(ctx, s.ws, bot.ConversationID(in.ID), bot.EventID(in.Event))
		if err != nil {
			return nil, err
		}
		return &bodyOf[Trace]{s.traceOf(tr)}, nil
	})
	handle(g, "POST", "/conversations/{id}/messages", func(ctx context.Context, in *struct {
		ByID
		Body Message
	},
	) (*bodyOf[Ack], error) {
		if in.Body.Conversation != "" && in.Body.Conversation != in.ID {
			return nil, fault.New(fault.Invalid, "The message names another conversation than the address.").WithField("body.conversation", "leave it out")
		}
		in.Body.Conversation = in.ID
		w, err := s.fromAgent(ctx, callOf(ctx).agent(), supervisor.admits(callOf(ctx).console.Account), in.Body)
		if err != nil {
			return nil, err
		}
		return &bodyOf[Ack]{ackOf(bot.ViewAgent, in.Body.ID, w)}, nil
	}, body(128<<10))
}

func (s *Server) listConversations(ctx context.Context, in *conversationsIn) (*bodyOf[ConversationList], error) {
	m, err := in.mark()
	if err != nil {
		return nil, err
	}
	me := callOf(ctx).agentID()
	q := bot.ConversationQuery{Workspace: s.ws, Text: in.Text, Before: m.time(), BeforeID: bot.ConversationID(m.ID), Limit: min(in.Limit+1, maxPage)}
	switch in.View {
	case "mine":
		// One who passes a chat on has it until somebody accepts.
		q.Agent, q.Services = me, []bot.Service{bot.ServiceActive, bot.ServiceWrapup, bot.ServiceWaiting, bot.ServiceOffered}
	case "queue":
		q.Services = []bot.Service{bot.ServiceWaiting, bot.ServiceOffered, bot.ServiceParked}
	case "bot":
		q.Services = []bot.Service{bot.ServiceBot}
	case "closed":
		q.Services = []bot.Service{bot.ServiceClosed}
	}
	rows, err := s.Timeline.Conversations(ctx, q)
	if err != nil {
		return nil, err
	}
	page := pageOf(rows, q.Limit-1,
		func(c bot.Conversation) mark { return mark{At: c.UpdatedAt.UnixMicro(), ID: string(c.ID)} },
		func(c bot.Conversation) Conversation { return conversationOf(bot.ViewAgent, c, s.names) })
	out := ConversationList{Items: page.Items, Next: page.Next}
	n := &out.Counts
	held := 0
	if n.Mine, n.Queue, held, n.Bot, n.Closed, err = s.Lists.Counts(ctx, s.ws, me); err != nil {
		return nil, err
	}
	n.All = n.Queue + held + n.Bot + n.Closed
	return &bodyOf[ConversationList]{out}, nil
}

// How much of a conversation's past its page shows.
const (
	maxMoods   = 30
	maxEarlier = 10
)

// readConversation returns a conversation with what an agent wants to know.
func (s *Server) readConversation(ctx context.Context, in *ByID) (*bodyOf[Conversation], error) {
	c, err := s.Timeline.Conversation(ctx, s.ws, bot.ConversationID(in.ID))
	if err != nil {
		return nil, err
	}
	out := conversationOf(bot.ViewAgent, c, s.names)
	out.Page = s.names.page(c.ID)
	out.Online = s.online(ctx, c.Visitor)
	page, err := s.Timeline.Events(ctx, bot.EventQuery{Workspace: s.ws, Conversation: c.ID, View: bot.ViewAgent, Latest: true, Limit: maxPage})
	if err != nil {
		return nil, err
	}
	for _, e := range page.Events {
		if e.Body.Summary != nil {
			out.Summary = summaryOf(e.Body.Summary)
		}
	}
	if out.Moods, err = s.moods(ctx, c.ID, page.Events); err != nil {
		return nil, err
	}
	if c.Service == bot.ServiceOffered {
		mine, err := s.Desk.Offers(ctx, s.ws, callOf(ctx).agentID())
		if err != nil {
			return nil, err
		}
		for _, r := range mine {
			if r.Conversation == c.ID {
				out.OfferedUntil = timeOf(r.Deadline)
			}
		}
	}
	if c.Service == bot.ServiceWrapup {
		until, err := s.wrapUpUntil(ctx, c, page.Events)
		if err != nil {
			return nil, err
		}
		out.WrapUpUntil = timeOf(until)
	}
	earlier, err := s.Timeline.Conversations(ctx, bot.ConversationQuery{Workspace: s.ws, Visitor: c.Visitor, Limit: maxEarlier + 1})
	if err != nil {
		return nil, err
	}
	for _, e := range earlier {
		if e.ID != c.ID && len(out.Earlier) < maxEarlier {
			out.Earlier = append(out.Earlier, conversationOf(bot.ViewAgent, e, s.names))
		}
	}
	return &bodyOf[Conversation]{out}, nil
}

// wrapUpUntil is when the time for notes on a conversation is over, as far as its
// queue says now; zero when it does not.
func (s *Server) wrapUpUntil(ctx context.Context, c bot.Conversation, events []bot.Event) (time.Time, error) {
	queues, err := s.Desk.Queues(ctx, s.ws)
	if err != nil {
		return time.Time{}, err
	}
	for _, e := range slices.Backward(events) {
		if e.Body.Change != "wrap_up" {
			continue
		}
		for _, q := range queues {
			if q.ID == c.Queue {
				return e.At.Add(q.WrapUp), nil
			}
		}
	}
	return time.Time{}, nil
}

// moods returns the sentiment of the visitor's turns that the bot read, oldest first.
func (s *Server) moods(ctx context.Context, conv bot.ConversationID, events []bot.Event) ([]float64, error) {
	var turns []bot.EventID
	for _, e := range events {
		if e.Author.Kind == bot.AuthorBot && (e.Kind == bot.EventMessage || e.Kind == bot.EventAnswer) {
			turns = append(turns, e.ID)
		}
	}
	var out []float64
	for _, e := range turns[max(0, len(turns)-maxMoods):] {
		tr, err := s.Traces.Trace(ctx, s.ws, conv, e)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, tr.Reading.Sentiment)
	}
	return out, nil
}
