package api

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
)

// How old the list of the bot's chats may be that viewers share, and how much of it
// there is: of the newest, those most at risk.
const (
	botsFor   = 2 * time.Second
	botsSeen  = maxPage
	botsShown = 30
)

// Wall is the desk at a glance.
type Wall struct {
	At     Time           `json:"at"`
	Queues []WallQueue    `json:"queues" doc:"The main one first."`
	Agents []WallAgent    `json:"agents"`
	Waits  []WallWait     `json:"waits" doc:"Who is furthest behind what they were told first, at most 20."`
	Chats  []Conversation `json:"chats,omitempty" doc:"That the agent has who was asked for."`
	Bots   []WallBot      `json:"bots" doc:"Of the 200 chats that the bot answered in last, those most at risk, at most 30."`
}

// WallQueue is how much waits in one queue.
type WallQueue struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Waiting int    `json:"waiting" doc:"Offered ones too."`
	Offered int    `json:"offered"`
	Parked  int    `json:"parked"`
	Late    int    `json:"late" doc:"Who waits for longer than the service level."`
	Longest int    `json:"longest_s"`
	Level   int    `json:"answer_s" doc:"The service level."`
	Next    string `json:"next,omitempty" doc:"The conversation that has waited longest."`
	Open    bool   `json:"open" doc:"Hours say so; false also when they say nothing."`
	Agents  int    `json:"agents" doc:"Who take offers and have what the queue asks for."`
	Free    int    `json:"free" doc:"Of them, those with room."`
	Alone   int    `json:"alone,omitempty" doc:"Of those who wait, whom nobody on duty would do for, now or when more is given up."`
	Never   int    `json:"never,omitempty" doc:"Of those who wait, whom nobody there is could ever serve."`
	Able
}

// WallAgent is an agent with whether their console is there.
type WallAgent struct {
	Agent
	Connected bool `json:"connected"`
	Slots     int  `json:"slots" doc:"Chats at once now; fewer than capacity while they ramp up."`
	Full      bool `json:"full,omitempty" doc:"No chat of any channel fits in."`
	Shifts
}

// WallWait compares a wait so far with what the visitor was told first.
type WallWait struct {
	Row       Conversation `json:"row"`
	Position  int          `json:"position,omitempty"`
	Waited    int          `json:"waited_s"`
	Told      int          `json:"told_s,omitempty" doc:"The whole wait as it was told first; absent: nothing was told."`
	ToldUpper int          `json:"told_upper_s,omitempty" doc:"Nine in ten were to wait less."`
}

// WallBot is a chat of the bot's with how likely it goes wrong.
type WallBot struct {
	Row    Conversation `json:"row"`
	Risk   float64      `json:"risk" minimum:"0" maximum:"1"`
	Failed int          `json:"failed" doc:"Failed turns in a row."`
}

// botChats are the bot's chats most at risk, shared by everybody who looks.
type botChats struct {
	mu   sync.Mutex // guards the fields below, and lets one read for all
	at   time.Time
	rows []bot.Conversation
}

func (s *Server) wallRoutes(g *registrar) {
	handle(g, "GET", "/wall", func(ctx context.Context, in *struct {
		Queue string `query:"queue" maxLength:"64" doc:"Only who has what this queue asks for, and who waits in it; main for the main one."`
		Agent string `query:"agent" maxLength:"64" doc:"Only this agent, with the chats that they have."`
	},
	) (*bodyOf[Wall], error) {
		w, err := s.Desk.Wall(ctx, s.ws)
		if err != nil {
			return nil, err
		}
		if in.Queue != "" {
			w = w.Of(queueID(in.Queue))
		}
		var held []bot.Conversation
		if in.Agent != "" {
			w.Agents = slices.DeleteFunc(slices.Clone(w.Agents), func(a handoff.WallAgent) bool { return string(a.ID) != in.Agent })
			if held, err = s.Timeline.Conversations(ctx, bot.ConversationQuery{Workspace: s.ws, Agent: bot.AgentID(in.Agent), Limit: maxPage}); err != nil {
				return nil, err
			}
		}
		rows, err := s.bots.read(ctx, s)
		if err != nil {
			return nil, err
		}
		out := s.wallOf(w, rows)
		for _, c := range held {
			out.Chats = append(out.Chats, conversationOf(bot.ViewAgent, c, s.names))
		}
		return &bodyOf[Wall]{out}, nil
	})
}

// read returns the chats most at risk first.
func (b *botChats) read(ctx context.Context, s *Server) ([]bot.Conversation, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now := s.Now(); b.at.IsZero() || now.Sub(b.at) >= botsFor || now.Before(b.at) {
		rows, err := s.Timeline.Conversations(ctx, bot.ConversationQuery{Workspace: s.ws, Services: []bot.Service{bot.ServiceBot}, Limit: botsSeen})
		if err != nil {
			return nil, err
		}
		slices.SortStableFunc(rows, func(x, y bot.Conversation) int { return cmp.Compare(risk(y), risk(x)) })
		b.at, b.rows = now, rows[:min(len(rows), botsShown)]
	}
	return b.rows, nil
}

// risk is how likely a chat of the bot's goes wrong, from 0 to 1: half is how bad
// the visitor feels, half how many turns in a row failed. After the second the bot
// has to offer a person, so two count in full.
func risk(c bot.Conversation) float64 {
	return max(-c.Sentiment, 0)/2 + float64(min(c.Memory.Failed, 2))/4
}

func (s *Server) wallOf(w handoff.Wall, bots []bot.Conversation) Wall {
	seconds := func(d time.Duration) int { return int(max(d, 0) / time.Second) }
	out := Wall{At: Time{w.At}, Queues: []WallQueue{}, Agents: []WallAgent{}, Waits: []WallWait{}, Bots: []WallBot{}}
	for _, q := range w.Queues {
		out.Queues = append(out.Queues, WallQueue{
			ID: string(q.Queue.ID), Name: q.Queue.Name, Waiting: q.Waiting, Offered: q.Offered, Parked: q.Parked, Late: q.Late,
			Longest: seconds(q.Longest), Level: seconds(q.Level), Next: string(q.Next), Open: q.Open, Agents: q.Agents, Free: q.FreeOnes, Alone: q.Alone, Never: q.Never, Able: ableOf(q.Ability),
		})
	}
	for _, a := range w.Agents {
		out.Agents = append(out.Agents, WallAgent{Agent: agentOf(a.Agent), Connected: a.Connected, Slots: a.Slots, Full: a.Full, Shifts: Shifts{shiftOf(a.Now), shiftOf(a.Next)}})
	}
	for _, x := range w.Waits {
		out.Waits = append(out.Waits, WallWait{
			Row: conversationOf(bot.ViewAgent, x.Conversation, s.names), Position: x.Position,
			Waited: seconds(x.Waited), Told: seconds(x.Told.Wait), ToldUpper: seconds(x.Told.Upper),
		})
	}
	for _, c := range bots {
		out.Bots = append(out.Bots, WallBot{Row: conversationOf(bot.ViewAgent, c, s.names), Risk: risk(c), Failed: c.Memory.Failed})
	}
	return out
}
