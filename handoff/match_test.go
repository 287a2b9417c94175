package handoff

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// agentWith is one on duty with the skills and room for one chat.
func agentWith(id bot.AgentID, skills ...string) Agent {
	return Agent{ID: id, Duty: DutyOn, Heartbeat: noon, Capacity: 1, Weight: normalWeight, Skills: skills}
}

// wanting has waited for so long for the skills.
func wanting(id bot.ConversationID, waited time.Duration, skills ...string) Standing {
	s := waiting(id, waited, 0)
	s.Conversation.Skills = skills
	return s
}

// given is who gets what, "conversation→agent" in order.
func given(f Floor) []string {
	var out []string
	for _, p := range layOut("", f).match(noon, 64) {
		out = append(out, fmt.Sprintf("%s→%s", p.conversation, p.agent))
	}
	return out
}

func TestMatch(t *testing.T) {
	queue := func(s QueueSettings) []Queue { return []Queue{{Workspace: "w", QueueSettings: s}} }
	passed := Reservation{Conversation: "c", Agent: "a", State: ReservationDeclined, DecidedAt: noon.Add(-30 * time.Second)}
	for name, c := range map[string]struct {
		floor Floor
		want  []string
	}{
		"the level that is wanted": {
			Floor{Agents: []Agent{agentWith("a", "billing=2"), agentWith("b", "billing=4")}, Line: []Standing{wanting("c", 0, "billing>=3")}},
			[]string{"c→b"},
		},
		"what is preferred decides among those who will do": {
			Floor{Agents: []Agent{agentWith("a"), agentWith("b", "vip")}, Line: []Standing{wanting("c", 0, "vip?")}},
			[]string{"c→b"},
		},
		"what is preferred keeps nobody waiting": {
			Floor{Agents: []Agent{agentWith("a")}, Line: []Standing{wanting("c", 0, "vip?")}},
			[]string{"c→a"},
		},
		"a rare skill stays free for those who need it": {
			Floor{Agents: []Agent{agentWith("a", "goods", "devices"), agentWith("b", "goods")}, Line: []Standing{wanting("c", 0, "goods"), wanting("d", 0, "devices")}},
			[]string{"c→b", "d→a"},
		},
		"the last agent again": {
			Floor{Agents: []Agent{agentWith("a"), agentWith("b")}, Line: []Standing{{waiting("c", 0, 0).Conversation, Wait{Since: noon, Last: "b"}}}},
			[]string{"c→b"},
		},
		"levels are given way on before skills": {
			Floor{
				Queues: queue(QueueSettings{Relax: []Relax{{20 * time.Second, "levels"}, {time.Minute, "skills"}}}),
				Agents: []Agent{agentWith("a", "billing=2"), agentWith("b"), {ID: "e", Duty: DutyOn, Heartbeat: noon, Capacity: 1, Load: 1, Skills: []string{"billing=5"}}},
				Line:   []Standing{wanting("c", 30*time.Second, "billing>=3"), wanting("d", 10*time.Second, "billing>=3")},
			},
			[]string{"c→a"},
		},
		"a strict queue waits for what is not there": {
			Floor{Queues: queue(QueueSettings{Strict: true}), Agents: []Agent{agentWith("a")}, Line: []Standing{wanting("c", time.Hour, "billing")}},
			nil,
		},
		"one skill is given way on by name": {
			Floor{
				Queues: queue(QueueSettings{Relax: []Relax{{time.Minute, "vip"}}}), Agents: []Agent{agentWith("a", "billing")},
				Line: []Standing{wanting("c", time.Minute, "billing", "vip")},
			},
			[]string{"c→a"},
		},
		"another queue's agents help after a while": {
			Floor{
				Queues: []Queue{
					{ID: "", QueueSettings: QueueSettings{Skills: []string{"goods"}, Overflow: []Overflow{{time.Minute, "other"}}}},
					{ID: "other", QueueSettings: QueueSettings{Skills: []string{"customs"}}},
				},
				Agents: []Agent{{ID: "a", Duty: DutyOn, Heartbeat: noon, Capacity: 1, Load: 1, Skills: []string{"goods"}}, agentWith("b", "customs")},
				Line:   []Standing{wanting("c", 2*time.Minute), wanting("d", 30*time.Second)},
			},
			[]string{"c→b"},
		},
		"who passed on it is not asked again so soon": {
			Floor{Agents: []Agent{agentWith("a")}, Line: []Standing{wanting("c", 0)}, Offers: []Reservation{passed}},
			nil,
		},
		"who ramps up begins with one": {
			Floor{
				Agents: []Agent{{ID: "a", Duty: DutyOn, Heartbeat: noon, RampFrom: noon.Add(-10 * time.Minute), Ramp: 40 * time.Minute, Capacity: 5}},
				Line:   []Standing{wanting("c", 3), wanting("d", 2), wanting("e", 1)},
			},
			[]string{"c→a", "d→a"}, // a quarter of the time, one and a quarter of four more
		},
		"weight stands for places": {
			Floor{
				Agents: []Agent{
					{ID: "a", Duty: DutyOn, Heartbeat: noon, Capacity: 4, Load: 1, Weight: 200},
					{ID: "b", Duty: DutyOn, Heartbeat: noon, Capacity: 4, Load: 1, Weight: 100},
				},
				Line: []Standing{wanting("c", 0)},
			},
			[]string{"c→a"},
		},
	} {
		if diff := cmp.Diff(c.want, given(c.floor)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestMatchKeepsRoom: chats that take less do not pass one that takes more for ever.
func TestMatchKeepsRoom(t *testing.T) {
	with := func(id bot.AgentID, load int) Agent {
		return Agent{ID: id, Duty: DutyOn, Heartbeat: noon, Capacity: 2, Load: load, Weight: normalWeight}
	}
	call, first, second := wanting("call", 3*time.Minute), wanting("first", 2*time.Minute), wanting("second", time.Minute)
	call.Conversation.Inbox = "phone"
	f := Floor{Takes: map[bot.InboxID]int{"phone": 200}, Agents: []Agent{with("a", 1), with("b", 2)}, Line: []Standing{call, first, second}}
	if got := given(f); got != nil {
		t.Errorf("%v: the only room there is was not kept for the call", got)
	}
	f.Agents = append(f.Agents, with("c", 1))
	if diff := cmp.Diff([]string{"first→c"}, given(f)); diff != "" {
		t.Errorf("one agent's room is kept, no more: %s", diff)
	}
	got := layOut("", f).match(noon, 64)[0].routing.Candidates
	if i := slices.IndexFunc(got, func(c bot.Candidate) bool { return c.Agent == "a" }); i < 0 || got[i].Not != bot.NotKept {
		t.Errorf("why not a: %+v", got)
	}
	f.Agents[0].Load = 0
	if diff := cmp.Diff([]string{"call→a", "first→c"}, given(f)); diff != "" {
		t.Error(diff)
	}
}

func TestExplain(t *testing.T) {
	f := Floor{
		Agents: []Agent{
			agentWith("a", "billing"), agentWith("b", "billing"), agentWith("c"),
			{ID: "d", Duty: DutyAway, Heartbeat: noon, Capacity: 1},
			{ID: "e", Duty: DutyOn, Heartbeat: noon, Capacity: 1, Load: 1, Skills: []string{"billing"}},
		},
		Line: []Standing{wanting("x", 10*time.Second, "billing")},
	}
	f.Agents[1].LastGiven = noon.Add(-time.Minute)
	got := layOut("", f).match(noon, 64)
	if len(got) != 1 || got[0].agent != "a" {
		t.Fatalf("matched %+v", got)
	}
	r := got[0].routing
	if r.Present != 4 || r.Waited != 10*time.Second || !cmp.Equal(r.Wanted, []string{"billing"}) {
		t.Errorf("routing %+v", r)
	}
	why := map[bot.AgentID]bot.NotChosen{}
	for _, c := range r.Candidates {
		why[c.Agent] = c.Not
	}
	want := map[bot.AgentID]bot.NotChosen{"a": "", "b": bot.NotBest, "c": bot.NotSkilled, "d": bot.NotOnDuty, "e": bot.NotFree}
	if diff := cmp.Diff(want, why); diff != "" {
		t.Error(diff)
	}
	if r.Candidates[0].Agent != "a" || r.Candidates[1].Agent != "b" || r.Candidates[1].Idle != time.Minute {
		t.Errorf("order %+v", r.Candidates)
	}
}

// TestBoardKeepsUp: a board that hears of moves is the one that is read anew.
// Who ramps up is explained by the places they have now, not by those to come.
func TestExplainRamp(t *testing.T) {
	b := layOut("w", Floor{
		Agents: []Agent{{ID: "a", Duty: DutyOn, Heartbeat: noon, RampFrom: noon, Ramp: time.Hour, Capacity: 4}},
		Line:   []Standing{wanting("x", time.Second)},
	})
	got := b.match(noon, 1)
	if len(got) != 1 || got[0].routing.Candidates[0].Load != 0 || got[0].routing.Candidates[0].Capacity != 1 {
		t.Errorf("%+v", got)
	}
}

func TestBoardKeepsUp(t *testing.T) {
	f := Floor{Agents: []Agent{onDuty("a", 3, 0), onDuty("b", 3, 0)}}
	b := layOut("", f)
	line := []Standing{waiting("x", 3*time.Minute, 0), waiting("y", time.Minute, 2), waiting("z", 2*time.Minute, 0)}
	for _, s := range line {
		b.stands(s)
	}
	f.Line = line
	if diff := cmp.Diff(layOut("", f).places(noon), b.places(noon)); diff != "" {
		t.Error(diff)
	}
	older := line[1]
	line[1].Conversation.Service, line[1].Conversation.Version = bot.ServiceParked, 5
	b.stands(line[1])
	f.Line = line
	if diff := cmp.Diff(layOut("", f).places(noon), b.places(noon)); diff != "" {
		t.Error(diff)
	}
	line[2].Conversation.Version = 4
	b.stands(line[2])
	older.Conversation.ID, older.Conversation.Version = "z", 3
	b.stands(older) // overtaken on the way
	if len(b.line) != 2 || b.entries["z"].Conversation.Priority != 0 {
		t.Errorf("an older state of z replaced a newer one: %+v", b.entries["z"])
	}
	b.changed(Agent{ID: "a", Version: 2, Duty: DutyOff})
	b.changed(Agent{ID: "a", Version: 1, Duty: DutyOn, Heartbeat: noon})
	if b.agents[0].Duty != DutyOff {
		t.Error("an older state of an agent replaced a newer one")
	}
}
