package api

import (
	"context"
	"net/http"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/live"
)

// Move is what a conversation's moves take; each reads what it needs.
type Move struct {
	ID      string `json:"id,omitempty" maxLength:"64" doc:"Names the press of a button; for logs."`
	Version int64  `json:"version,omitempty" doc:"Of the conversation as the agent saw it: 409 when it moved on. 0: any."`
	Note    string `json:"note,omitempty" maxLength:"8000" doc:"For colleagues."`
	Agent   string `json:"agent,omitempty" maxLength:"64" doc:"Whom to pass it to."`
	Queue   string `json:"queue,omitempty" maxLength:"64" doc:"Into whose line to pass it."`
	Code    string `json:"code,omitempty" maxLength:"64" doc:"Of close: ID of the wrap-up code."`
}

type moveIn struct {
	ByID
	Body *Move
}

// move returns the body, which may be missing.
func (m moveIn) move() Move {
	if m.Body == nil {
		return Move{}
	}
	return *m.Body
}

// Waiting is a conversation in line.
type Waiting struct {
	Place
	Row   Conversation `json:"row"`
	Since Time         `json:"since" doc:"Start of its wait."`
	Age   int          `json:"age_s"`
}

func (s *Server) deskRoutes(g *registrar) {
	type do = func(ctx context.Context, conv bot.ConversationID, by bot.Author, m Move) (bot.Written, error)
	for path, f := range map[string]do{
		"take": func(ctx context.Context, conv bot.ConversationID, by bot.Author, m Move) (bot.Written, error) {
			return s.Desk.Take(ctx, s.ws, conv, bot.AgentID(by.ID), m.Version, handoff.TakeOptions{
				Supervisor: callOf(ctx).console.Account.May(account.RoleSupervisor),
			})
		},
		"hand-back": func(ctx context.Context, conv bot.ConversationID, by bot.Author, m Move) (bot.Written, error) {
			return s.Desk.HandBack(ctx, s.ws, conv, bot.AgentID(by.ID), m.Note)
		},
		"transfer": func(ctx context.Context, conv bot.ConversationID, by bot.Author, m Move) (bot.Written, error) {
			if callOf(ctx).console.Account.May(account.RoleSupervisor) {
				return s.Desk.Reassign(ctx, s.ws, conv, by, bot.AgentID(m.Agent), bot.QueueID(m.Queue), m.Note)
			}
			return s.Desk.Transfer(ctx, s.ws, conv, bot.AgentID(by.ID), bot.AgentID(m.Agent), bot.QueueID(m.Queue), m.Note)
		},
		"close": func(ctx context.Context, conv bot.ConversationID, by bot.Author, m Move) (bot.Written, error) {
			return s.Desk.CloseAs(ctx, s.ws, conv, by, m.Code)
		},
		"reopen": func(ctx context.Context, conv bot.ConversationID, by bot.Author, _ Move) (bot.Written, error) {
			return s.Desk.Reopen(ctx, s.ws, conv, bot.AgentID(by.ID))
		},
	} {
		handle(g, "POST", "/conversations/{id}/"+path, func(ctx context.Context, in *moveIn) (*bodyOf[Conversation], error) {
			w, err := f(ctx, bot.ConversationID(in.ID), callOf(ctx).agent(), in.move())
			if err != nil {
				return nil, err
			}
			return &bodyOf[Conversation]{conversationOf(bot.ViewAgent, w.Conversation, s.names)}, nil
		})
	}
	handle(g, "GET", "/offers", func(ctx context.Context, _ *empty) (*bodyOf[list[Reservation]], error) {
		out := list[Reservation]{Items: []Reservation{}}
		err := s.openOffers(ctx, callOf(ctx).agentID(), func(o live.Offer) { out.Items = append(out.Items, s.Frames.reservation(o)) })
		return &bodyOf[list[Reservation]]{out}, err
	})
	handle(g, "POST", "/offers/{id}/accept", func(ctx context.Context, in *ByID) (*bodyOf[Conversation], error) {
		w, err := s.Desk.Accept(ctx, s.ws, in.ID, callOf(ctx).agentID())
		if err != nil {
			return nil, err
		}
		return &bodyOf[Conversation]{conversationOf(bot.ViewAgent, w.Conversation, s.names)}, nil
	})
	handle(g, "POST", "/offers/{id}/decline", func(ctx context.Context, in *ByID) (*empty, error) {
		return nil, s.Desk.Decline(ctx, s.ws, in.ID, callOf(ctx).agentID())
	}, status(http.StatusNoContent))
	handle(g, "GET", "/agents", func(ctx context.Context, _ *empty) (*bodyOf[list[Agent]], error) {
		agents, err := s.Desk.Agents(ctx, s.ws)
		if err != nil {
			return nil, err
		}
		out := list[Agent]{Items: []Agent{}}
		for _, a := range agents {
			if !a.Retired() {
				out.Items = append(out.Items, agentOf(a))
			}
		}
		return &bodyOf[list[Agent]]{out}, nil
	})
	handle(g, "PUT", "/agents/me/duty", s.setDuty)
	handle(g, "GET", "/queue", s.line)
}

type dutyIn struct {
	Body struct {
		Duty     string `json:"duty" enum:"on,away,off"`
		Capacity int    `json:"capacity,omitempty" minimum:"0" maximum:"50" doc:"Chats at once from now on; absent: as before."`
	}
}

func (s *Server) setDuty(ctx context.Context, in *dutyIn) (*bodyOf[Agent], error) {
	me := callOf(ctx).console.Account
	if _, err := s.deskAgent(ctx, me); err != nil {
		return nil, err
	}
	if n := in.Body.Capacity; n > 0 && n != me.Capacity {
		a, err := s.Accounts.Update(ctx, s.ws, me.ID, account.Patch{Capacity: &n})
		if err != nil {
			return nil, err
		}
		if _, err := s.putAgent(ctx, a); err != nil {
			return nil, err
		}
	}
	a, err := s.Desk.SetDuty(ctx, s.ws, bot.AgentID(me.ID), handoff.Duty(in.Body.Duty))
	if err != nil {
		return nil, err
	}
	return &bodyOf[Agent]{agentOf(a)}, nil
}

func (s *Server) line(ctx context.Context, _ *empty) (*bodyOf[list[Waiting]], error) {
	rows, err := s.Desk.Line(ctx, s.ws)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	out := list[Waiting]{Items: []Waiting{}}
	for _, r := range rows {
		out.Items = append(out.Items, Waiting{
			Place: placeOf(r.Place, true, time.Time{}), Row: conversationOf(bot.ViewAgent, r.Conversation, s.names),
			Since: Time{r.Since}, Age: int(max(now.Sub(r.Since), 0) / time.Second),
		})
	}
	return &bodyOf[list[Waiting]]{out}, nil
}

// openOffers calls f with every open offer to an agent.
func (s *Server) openOffers(ctx context.Context, me bot.AgentID, f func(live.Offer)) error {
	offers, err := s.Desk.Offers(ctx, s.ws, me)
	if err != nil {
		return err
	}
	for _, r := range offers {
		c, err := s.Timeline.Conversation(ctx, s.ws, r.Conversation)
		if err != nil {
			return err
		}
		summary, err := s.Hub.Summary(ctx, c)
		if err != nil {
			return err
		}
		f(live.Offer{Reservation: r, Conversation: c, Summary: summary})
	}
	return nil
}
