package handoff

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/bot"
)

func TestWall(t *testing.T) {
	in := func(q bot.QueueID, s Standing, service bot.Service) Standing {
		s.Conversation.Queue, s.Conversation.Service = q, service
		return s
	}
	f := Floor{
		Agents: []Agent{
			{ID: "a", Duty: DutyOn, Heartbeat: noon, Capacity: 2, Load: 2, Skills: []string{"billing=4"}},
			{ID: "b", Duty: DutyOn, Heartbeat: noon, Capacity: 2, Load: 1, Skills: []string{"billing=2"}},
			{ID: "c", Duty: DutyOn, Heartbeat: noon.Add(-time.Hour), Capacity: 2},
			{ID: "d", Duty: DutyOn, Heartbeat: noon, Capacity: 5, Ramp: 40 * time.Minute, RampFrom: noon},
		},
		Queues: []Queue{{ID: "money", Name: "Money", QueueSettings: QueueSettings{Skills: []string{"billing>=3"}, Answer: 20 * time.Second}}},
		Line: []Standing{
			in("money", wanting("old", 3*time.Minute), bot.ServiceOffered), in("money", wanting("new", 10*time.Second), bot.ServiceWaiting),
			in("", wanting("other", 30*time.Second), bot.ServiceWaiting), in("money", wanting("kept", time.Hour), bot.ServiceParked),
		},
	}
	f.Line[0].Wait.Told, f.Line[1].Wait.Told = Told{time.Minute, 2 * time.Minute}, Told{30 * time.Second, time.Minute}
	b := layOut("w", f)
	w := b.wall(noon, []Place{{Conversation: "old", Position: 1}, {Conversation: "new", Position: 2}})
	want := []QueueLoad{
		{Waiting: 1, Longest: 30 * time.Second, Level: time.Minute, Next: "other", Agents: 3, FreeOnes: 2, Ability: Ability{Able: 4}},
		{Queue: f.Queues[0], Waiting: 2, Offered: 1, Parked: 1, Late: 1, Longest: 3 * time.Minute, Level: 20 * time.Second, Next: "old", Agents: 1, Ability: Ability{Able: 1}},
	}
	if diff := cmp.Diff(want, w.Queues); diff != "" {
		t.Errorf("queues: %s", diff)
	}
	if !w.Agents[0].Connected || w.Agents[2].Connected || w.Agents[3].Slots != 1 || w.Agents[0].Slots != 2 {
		t.Errorf("agents: %+v", w.Agents)
	}
	only := w.Of("money")
	if len(only.Agents) != 1 || only.Agents[0].ID != "a" || len(only.Waits) != 2 || only.Waits[0].Position != 1 || len(only.Queues) != 2 || len(w.Agents) != 4 {
		t.Errorf("of one queue: %+v", only)
	}
	var order []bot.ConversationID
	for _, x := range w.Waits {
		order = append(order, x.Conversation.ID)
	}
	// A minute over, half a minute without any promise, fifty seconds to go.
	if diff := cmp.Diff([]bot.ConversationID{"old", "other", "new"}, order); diff != "" || w.Waits[0].Position != 1 || w.Waits[2].Told.Upper != time.Minute {
		t.Errorf("waits: %s %+v", diff, w.Waits)
	}
}

// Who is alone in line has nobody on duty; whom another queue's agents will help is not.
func TestAlone(t *testing.T) {
	helped, alone := wanting("helped", time.Second), wanting("alone", time.Second)
	helped.Conversation.Queue, alone.Conversation.Queue = "helped", "alone"
	strict := QueueSettings{Skills: []string{"billing"}, Strict: true}
	helping := strict
	helping.Strict, helping.Overflow = false, []Overflow{{time.Minute, ""}}
	w := layOut("w", Floor{
		Agents: []Agent{agentWith("a", "goods")}, Line: []Standing{helped, alone},
		Queues: []Queue{{ID: "helped", QueueSettings: helping}, {ID: "alone", QueueSettings: strict}},
	}).wall(noon, nil)
	got := map[bot.QueueID]int{}
	for _, q := range w.Queues {
		got[q.Queue.ID] = q.Alone
	}
	if diff := cmp.Diff(map[bot.QueueID]int{"": 0, "helped": 0, "alone": 1}, got); diff != "" {
		t.Error(diff)
	}
}

// Whoever overflows to the main queue does so before anybody has changed that one.
func TestOverflowToTheUnchangedMainQueue(t *testing.T) {
	s := wanting("x", 2*time.Minute)
	s.Conversation.Queue = "money"
	f := Floor{
		Agents: []Agent{agentWith("a")}, Line: []Standing{s},
		Queues: []Queue{{ID: "money", QueueSettings: QueueSettings{Skills: []string{"billing"}, Overflow: []Overflow{{After: time.Minute}}}}},
	}
	if err := (Queue{Workspace: "w", ID: "money", QueueSettings: f.Queues[0].QueueSettings}).check(nil); err != nil {
		t.Errorf("refused: %v", err)
	}
	if diff := cmp.Diff([]string{"x→a"}, given(f)); diff != "" {
		t.Error(diff)
	}
}
