package telemetry

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
)

func metrics(t *testing.T) (*Metrics, *prometheus.Registry) {
	t.Helper()
	reg := prometheus.NewRegistry()
	m, err := NewMetrics(reg, Prices{})
	if err != nil {
		t.Fatal(err)
	}
	return m, reg
}

// What must never happen is counted when it does.
func TestBrokenPromisesAreCounted(t *testing.T) {
	m, _ := metrics(t)
	made := handoff.Reservation{Agent: "a", State: handoff.ReservationOpen}
	m.Moved(handoff.Moved{Offers: []handoff.Reservation{made}, Agents: []handoff.Agent{{ID: "a", Capacity: 2, Load: 1, Reserved: 1}}})
	taken := handoff.Reservation{Agent: "a", State: handoff.ReservationAccepted}
	m.Moved(handoff.Moved{Before: bot.Conversation{Service: bot.ServiceOffered}, Offers: []handoff.Reservation{taken}})
	if o, d := testutil.ToFloat64(m.overshoot), testutil.ToFloat64(m.double); o != 0 || d != 0 {
		t.Errorf("a full agent is over capacity %v times, a held chat given twice %v times", o, d)
	}
	m.Moved(handoff.Moved{Offers: []handoff.Reservation{made}, Agents: []handoff.Agent{{ID: "a", Capacity: 2, Load: 2, Reserved: 1}}})
	m.Moved(handoff.Moved{Before: bot.Conversation{Service: bot.ServiceActive}, Offers: []handoff.Reservation{taken}})
	if o, d := testutil.ToFloat64(m.overshoot), testutil.ToFloat64(m.double); o != 1 || d != 1 {
		t.Errorf("over capacity %v, given twice %v, want 1 and 1", o, d)
	}
}

func TestTheLineIsShown(t *testing.T) {
	m, reg := metrics(t)
	now := time.Now()
	standing := func(queue bot.QueueID, s bot.Service, age time.Duration) handoff.Standing {
		return handoff.Standing{Conversation: bot.Conversation{Queue: queue, Service: s}, Wait: handoff.Wait{Since: now.Add(-age)}}
	}
	m.Seen("one", handoff.Floor{
		Line: []handoff.Standing{
			standing("", bot.ServiceWaiting, time.Hour), standing("", bot.ServiceWaiting, time.Minute),
			standing("vip", bot.ServiceOffered, 2*time.Hour), standing("", bot.ServiceParked, 48*time.Hour),
		},
		Agents: []handoff.Agent{
			{Duty: handoff.DutyOn, Heartbeat: now, Capacity: 3, Load: 1, Reserved: 1},
			{Duty: handoff.DutyOn, Heartbeat: now.Add(-time.Hour), Capacity: 3},
		},
	}, now)
	m.Seen("two", handoff.Floor{Line: []handoff.Standing{standing("", bot.ServiceWaiting, 3*time.Hour)}}, now)
	err := testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP frontdesk_agents_load Chats and open offers that present agents have. Every node tells the same.
# TYPE frontdesk_agents_load gauge
frontdesk_agents_load 2
# HELP frontdesk_agents_present Agents on duty with a fresh sign of life. Every node tells the same.
# TYPE frontdesk_agents_present gauge
frontdesk_agents_present 1
# HELP frontdesk_queue_conversations Conversations in line, by queue and state: waiting, offered, parked. Every node tells the same.
# TYPE frontdesk_queue_conversations gauge
frontdesk_queue_conversations{queue="",state="offered"} 0
frontdesk_queue_conversations{queue="",state="parked"} 1
frontdesk_queue_conversations{queue="",state="waiting"} 3
frontdesk_queue_conversations{queue="vip",state="offered"} 1
`), "frontdesk_queue_conversations", "frontdesk_agents_present", "frontdesk_agents_load")
	if err != nil {
		t.Error(err)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "frontdesk_queue_oldest_seconds" {
			continue
		}
		for _, g := range f.GetMetric() {
			want := map[string]float64{"": 3 * 3600, "vip": 2 * 3600}[g.GetLabel()[0].GetValue()]
			if got := g.GetGauge().GetValue(); got < want || got > want+60 {
				t.Errorf("%v: the longest wait is %v s, want %v", g.GetLabel(), got, want)
			}
		}
	}
}
