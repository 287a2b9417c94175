package api

import (
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// Routing explains an offer: what was wanted, who was chosen, and why not somebody else.
type Routing struct {
	Waited     int           `json:"waited_s"`
	Queue      string        `json:"queue" doc:"Empty: the main one."`
	Priority   int           `json:"priority"`
	Wanted     []string      `json:"wanted" doc:"Skills, such as billing>=4, lang:zh or vip?."`
	GivenUp    []string      `json:"given_up" doc:"Of them, after waiting; \"queue x\": agents of queue x help."`
	Takes      float64       `json:"takes,omitempty" doc:"Of an agent's capacity; absent: one."`
	Present    int           `json:"present" doc:"Agents who took offers."`
	Candidates []RoutedAgent `json:"candidates" doc:"The chosen one first, then those who came nearest."`
}

// RoutedAgent is an agent as they stood when somebody was chosen.
type RoutedAgent struct {
	Agent    string   `json:"agent"`
	Name     string   `json:"name"`
	Lacks    []string `json:"lacks"`
	Skills   int      `json:"skills" doc:"How many they have; among equals who has fewer is asked first."`
	Load     float64  `json:"load" doc:"What chats and open offers took of the capacity."`
	Capacity int      `json:"capacity"`
	Spare    float64  `json:"spare" doc:"Free share of their places by weight, at most 1."`
	Idle     int      `json:"idle_s,omitempty" doc:"Since they were given a chat; absent: never."`
	Last     bool     `json:"last,omitempty" doc:"Had this conversation before."`
	Not      string   `json:"not,omitempty" enum:"passing,missed,off_duty,gone,skills,full,passed,not_best" doc:"Why not; absent for the chosen one."`
}

func routingOf(r *bot.Routing) *Routing {
	if r == nil {
		return nil
	}
	out := &Routing{
		Waited: int(r.Waited / time.Second), Queue: string(r.Queue), Priority: r.Priority, Wanted: some(r.Wanted), GivenUp: some(r.GivenUp),
		Takes: places(r.Takes), Present: r.Present, Candidates: []RoutedAgent{},
	}
	for _, c := range r.Candidates {
		load := float64(c.Load)
		if c.Taken != 0 {
			load = places(c.Taken)
		}
		out.Candidates = append(out.Candidates, RoutedAgent{
			Agent: string(c.Agent), Name: c.Name, Lacks: some(c.Lacks), Skills: c.Skills, Load: load, Capacity: c.Capacity, Spare: c.Spare,
			Idle: int(c.Idle / time.Second), Last: c.Last, Not: string(c.Not),
		})
	}
	return out
}
