package api

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"strconv"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Roster is an agent's planned shifts.
type Roster struct {
	Agent   string     `json:"agent"`
	Name    string     `json:"name"`
	Duty    string     `json:"duty" enum:"on,away,off,missed,drain"`
	Hours   QueueHours `json:"hours" doc:"No weeks: no shifts are planned. Holidays are dates that differ: other shifts, or off."`
	Version string     `json:"version" doc:"Send it back: 409 when somebody else changed the shifts meanwhile."`
	Shifts
}

// Shifts are the one that is now and the next one.
type Shifts struct {
	Now  *Shift `json:"now,omitempty" doc:"Absent: none is now."`
	Next *Shift `json:"next,omitempty" doc:"Absent: none begins within a month."`
}

// Shift is a stretch of a roster.
type Shift struct {
	From Time `json:"from"`
	To   Time `json:"to"`
}

type putRosterIn struct {
	ByID
	Body struct {
		Hours   QueueHours `json:"hours"`
		Version string     `json:"version" maxLength:"40" doc:"As read."`
	}
}

func (s *Server) rosterRoutes(g *registrar) {
	handle(g, "GET", "/rosters", func(ctx context.Context, _ *empty) (*bodyOf[list[Roster]], error) {
		agents, err := s.Desk.Agents(ctx, s.ws)
		if err != nil {
			return nil, err
		}
		out := list[Roster]{Items: []Roster{}}
		for _, a := range agents {
			if !a.Retired() {
				out.Items = append(out.Items, s.rosterOf(a))
			}
		}
		return &bodyOf[list[Roster]]{out}, nil
	})
	handle(g, "PUT", "/rosters/{id}", func(ctx context.Context, in *putRosterIn) (*bodyOf[Roster], error) {
		a, err := s.Desk.SetRoster(ctx, s.ws, bot.AgentID(in.ID), in.Body.Hours.hours(), func(old handoff.Hours) bool {
			return versionOf(old) == in.Body.Version
		})
		if err != nil {
			return nil, err
		}
		s.log.Info("roster changed", "agent_id", in.ID, "by", callOf(ctx).agentID())
		return &bodyOf[Roster]{s.rosterOf(a)}, nil
	})
	handle(g, "GET", "/agents/me/shifts", func(ctx context.Context, _ *empty) (*bodyOf[Shifts], error) {
		all, err := s.Desk.Agents(ctx, s.ws)
		if err != nil {
			return nil, err
		}
		for _, a := range all {
			if a.ID == callOf(ctx).agentID() {
				return &bodyOf[Shifts]{s.shiftsOf(a)}, nil
			}
		}
		return nil, fault.New(fault.NotFound, "You take no chats, so you have no shifts.")
	})
}

func (s *Server) rosterOf(a handoff.Agent) Roster {
	return Roster{
		Agent: string(a.ID), Name: a.Name, Duty: string(a.Duty), Hours: queueHoursOf(a.Roster), Version: versionOf(a.Roster), Shifts: s.shiftsOf(a),
	}
}

func (s *Server) shiftsOf(a handoff.Agent) Shifts {
	now, next := a.Roster.Shifts(s.Now())
	return Shifts{shiftOf(now), shiftOf(next)}
}

func shiftOf(x handoff.Shift) *Shift {
	if x.IsZero() {
		return nil
	}
	return &Shift{Time{x.From.UTC()}, Time{x.To.UTC()}}
}

// versionOf names a state of what is edited as a whole: a hash of what it says.
func versionOf(x any) string {
	text, err := json.Marshal(x)
	if err != nil {
		return ""
	}
	h := fnv.New64a()
	_, _ = h.Write(text) // a hash takes everything
	return strconv.FormatUint(h.Sum64(), 36)
}
