package handoff

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func onDuty(id bot.AgentID, capacity, load int) Agent {
	return Agent{ID: id, Duty: DutyOn, Heartbeat: noon, Capacity: capacity, Load: load}
}

func waiting(id bot.ConversationID, waited time.Duration, priority int) Standing {
	return Standing{
		Conversation: bot.Conversation{ID: id, Service: bot.ServiceWaiting, Priority: priority},
		Wait:         Wait{Since: noon.Add(-waited)},
	}
}

// TestWaitIsTruthful compares the estimate with a simulation of the same desk:
// exponential handling times and patience, everybody busy, one in line at a position.
func TestWaitIsTruthful(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const (
		h      = 5 * time.Minute
		left   = 1000
		waited = left * 8 * time.Minute
	)
	for _, c := range []struct{ servers, position int }{{1, 1}, {1, 3}, {4, 1}, {4, 6}, {12, 20}} {
		f := Floor{
			Agents:   []Agent{onDuty("a", c.servers, c.servers)},
			Measures: Measures{Handled: 1 << 40, Handling: h, Accepted: 1 << 40, Answer: 1, Left: left, Waited: waited},
		}
		for i := range c.position - 1 {
			f.Line = append(f.Line, waiting(bot.ConversationID(fmt.Sprint(i)), time.Minute, 0))
		}
		p := layOut("", f).joining(waiting("me", 0, 0), noon)
		const n = 40000
		waits := make([]float64, n)
		for i := range waits {
			// A busy desk of c servers is done with somebody every h/c, and each of those
			// ahead leaves after the patience.
			for ahead := range c.position {
				waits[i] += r.ExpFloat64() * float64(time.Second) / (float64(c.servers)/h.Seconds() + float64(ahead)*f.Measures.leaving())
			}
		}
		slices.Sort(waits)
		for _, q := range []struct {
			name string
			got  time.Duration
			want float64
		}{{"median", p.Wait, waits[n/2]}, {"nine in ten", p.WaitUpper, waits[n*9/10]}} {
			if off := math.Abs(float64(q.got)-q.want) / q.want; off > 0.15 {
				t.Errorf("%d servers, position %d: %s %v, simulated %v", c.servers, c.position, q.name, q.got, time.Duration(q.want))
			}
		}
	}
}

func TestWaitOfTheLucky(t *testing.T) {
	b := layOut("", Floor{Agents: []Agent{onDuty("a", 3, 1), {ID: "b", Duty: DutyAway, Heartbeat: noon, Capacity: 9}}})
	for position, want := range map[int]bool{1: true, 2: true, 3: false} {
		var ahead []Standing
		for i := range position - 1 {
			ahead = append(ahead, waiting(bot.ConversationID(fmt.Sprint(i)), time.Minute, 0))
		}
		b := layOut("", Floor{Agents: b.agents, Line: ahead})
		if p := b.joining(waiting("me", 0, 0), noon); p.Free != want || p.Position != position {
			t.Errorf("position %d: %+v", position, p)
		}
	}
	if p := layOut("", Floor{}).joining(waiting("me", 0, 0), noon); p.Wait != 0 || p.WaitUpper != 0 || !p.Unserved {
		t.Errorf("nobody there: %+v; want unknown", p)
	}
}

func TestMeasures(t *testing.T) {
	var m Measures
	if m.handling() != handlingPrior {
		t.Errorf("cold: %v", m.handling())
	}
	for range 5 {
		m = m.add(10 * time.Minute)
	}
	if got := m.handling(); got != 8*time.Minute { // five of 10 minutes beside a prior of five of 6
		t.Errorf("after five: %v", got)
	}
	for range 300 {
		m = m.add(2 * time.Minute)
	}
	if got := m.handling(); got > 135*time.Second || got < 2*time.Minute {
		t.Errorf("a changed pace: %v, want near 2 minutes", got)
	}
	if got := (Measures{}).add(100 * time.Hour).Handling; got != 4*time.Hour {
		t.Errorf("a chat left open: %v", got)
	}
}

func TestLineOrder(t *testing.T) {
	f := Floor{Line: []Standing{
		waiting("d", time.Minute, 0), waiting("c", 2*time.Minute, 0), waiting("b", 2*time.Minute, 0),
		waiting("urgent", time.Second, 1), waiting("aged", 11*time.Minute, 0), waiting("parked", time.Hour, 9),
	}}
	f.Line[5].Conversation.Service = bot.ServiceParked
	b := layOut("", f)
	var got []string
	for _, p := range b.places(noon) {
		got = append(got, fmt.Sprint(p.Position, p.Conversation))
	}
	if want := []string{"1aged", "2urgent", "3b", "4c", "5d"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	// One who would join now stands behind all of the same urgency.
	if p := b.joining(waiting("new", 0, 0), noon); p.Position != 6 {
		t.Errorf("joining at %d, want 6", p.Position)
	}
	if p := b.joining(waiting("c", 2*time.Minute, 0), noon); p.Position != 4 {
		t.Errorf("already there at %d, want 4", p.Position)
	}
	// Who waits for the same people is in the same line, whatever the queue; who waits
	// for others is not.
	f.Line[0].Conversation.Queue = "other"
	f.Agents = []Agent{onDuty("a", 1, 1)}
	if p := layOut("", f).places(noon); p[4].Conversation != "d" || p[4].Position != 5 {
		t.Errorf("for the same people: %+v", p[4])
	}
	f.Agents = append(f.Agents, Agent{ID: "b", Duty: DutyOn, Heartbeat: noon, Capacity: 1, Load: 1, Skills: []string{"customs"}})
	f.Queues = []Queue{{ID: "", QueueSettings: QueueSettings{Skills: []string{"goods"}, Strict: true}}, {ID: "other", QueueSettings: QueueSettings{Skills: []string{"customs"}}}}
	f.Agents[0].Skills = []string{"goods"}
	if p := layOut("", f).places(noon); p[4].Conversation != "d" || p[4].Position != 1 {
		t.Errorf("for others: %+v", p[4])
	}
}

// TestShares: equal agents get equal shares (I-23).
func TestShares(t *testing.T) {
	const agents, chats = 7, 1000
	f := Floor{}
	for i := range agents {
		f.Agents = append(f.Agents, onDuty(bot.AgentID(fmt.Sprint(i)), 3, 0))
	}
	r := rand.New(rand.NewPCG(3, 4))
	given := make([]int, agents)
	now := noon
	for i := range chats {
		now = now.Add(time.Second)
		for j := range f.Agents {
			f.Agents[j].Heartbeat = now
			if f.Agents[j].Load > 0 && r.IntN(8) == 0 {
				f.Agents[j].Load--
			}
		}
		f.Line = []Standing{{Conversation: bot.Conversation{ID: bot.ConversationID(fmt.Sprint(i)), Service: bot.ServiceWaiting}, Wait: Wait{Since: now}}}
		for _, p := range layOut("", f).match(now, 64) {
			for j, a := range f.Agents {
				if a.ID == p.agent {
					f.Agents[j].Load++
					f.Agents[j].LastGiven = now
					given[j]++
				}
			}
		}
	}
	if most, least := slices.Max(given), slices.Min(given); float64(most-least) > 0.05*chats {
		t.Errorf("shares %v of %d differ by more than 5 points", given, chats)
	}
}

// TestStarvation: whatever comes, and however urgent it is, nobody ordinary is
// overtaken by one who came more than Starvation later; and the bound is no wider than it
// has to be.
func TestStarvation(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 9))
	var f Floor
	f.Queues = []Queue{{ID: "urgent", QueueSettings: QueueSettings{Priority: maxPriority}}, {ID: "late", QueueSettings: QueueSettings{Priority: -maxPriority}}}
	for i := range 400 {
		s := waiting(bot.ConversationID(fmt.Sprintf("c%03d", i)), time.Duration(r.IntN(4*60*60))*time.Second, r.IntN(2*maxPriority+1)-maxPriority)
		s.Conversation.Queue = []bot.QueueID{"", "urgent", "late"}[r.IntN(3)]
		f.Line = append(f.Line, s)
	}
	line := layOut("w", f).line
	for i, a := range line {
		if !a.turn.Equal(a.Wait.Since) {
			continue // more or less urgent than ordinary
		}
		for _, b := range line[:i] {
			if late := b.Wait.Since.Sub(a.Wait.Since); late > Starvation {
				t.Errorf("%s came %v after %s and is served before it", b.Conversation.ID, late, a.Conversation.ID)
			}
		}
	}
	first, urgent := waiting("first", 2*Starvation, 0), waiting("urgent", Starvation+time.Second, maxPriority)
	if got := layOut("w", Floor{Line: []Standing{first, urgent}}).line[0].Conversation.ID; got != "urgent" {
		t.Errorf("%s is served first", got)
	}
}
