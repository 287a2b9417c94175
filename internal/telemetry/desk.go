package telemetry

import (
	"maps"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
)

var _ handoff.Observer = (*Metrics)(nil)

// Moved implements handoff.Observer.
func (m *Metrics) Moved(d handoff.Moved) {
	before, after := d.Before.Service, d.After.Service
	if withBot(before) && !withBot(after) {
		m.handovers.WithLabelValues(string(d.After.Reason)).Inc()
	}
	for _, o := range d.Offers {
		outcome := string(o.State)
		switch o.State {
		case handoff.ReservationOpen:
			outcome = "made"
			m.waited("offered", d)
			for _, a := range d.Agents {
				if a.ID == o.Agent && a.Left() < 0 {
					m.overshoot.Inc()
				}
			}
		case handoff.ReservationAccepted:
			m.waited("accepted", d)
			if before != bot.ServiceOffered {
				m.double.Inc()
			}
		}
		m.offers.WithLabelValues(outcome).Inc()
	}
}

func (m *Metrics) waited(until string, d handoff.Moved) {
	if !d.Since.IsZero() {
		m.wait.WithLabelValues(until).Observe(max(d.At.Sub(d.Since), 0).Seconds())
	}
}

// withBot reports whether nobody but the bot has to do with a conversation.
func withBot(s bot.Service) bool {
	return s == bot.ServiceBot || s == bot.ServiceClosed || s == ""
}

// Seen implements handoff.Observer.
func (m *Metrics) Seen(ws bot.WorkspaceID, f handoff.Floor, now time.Time) { m.floors.see(ws, f, now) }

// floors keeps the newest look at the desk of each workspace and shows it when
// somebody asks. Every node sees the same desk: take the maximum over nodes, not
// the sum.
type floors struct {
	mu   sync.Mutex // guards seen
	seen map[bot.WorkspaceID]floor
}

// floor is what is shown of a desk.
type floor struct {
	at     time.Time // of the look, by the clock that waits are counted with
	looked time.Time // the same by this process's clock
	line   map[inQueue]int
	oldest map[bot.QueueID]time.Time // start of the longest wait for a turn
	agents map[handoff.Duty]int
	// Of agents who can be offered chats now.
	present, capacity, load int
}

type inQueue struct {
	queue bot.QueueID
	state bot.Service
}

func (f *floors) see(ws bot.WorkspaceID, desk handoff.Floor, now time.Time) {
	s := floor{at: now, looked: time.Now(), line: map[inQueue]int{}, oldest: map[bot.QueueID]time.Time{}, agents: map[handoff.Duty]int{}}
	for _, q := range desk.Queues {
		s.oldest[q.ID] = time.Time{}
	}
	for _, c := range desk.Line {
		q := c.Conversation.Queue
		s.line[inQueue{q, c.Conversation.Service}]++
		if c.Conversation.Service == bot.ServiceParked {
			continue
		}
		if old := s.oldest[q]; old.IsZero() || c.Wait.Since.Before(old) {
			s.oldest[q] = c.Wait.Since
		}
	}
	for _, a := range desk.Agents {
		s.agents[a.Duty]++
		if a.Present(now) {
			s.present++
			s.capacity += a.Capacity
			s.load += a.Load + a.Reserved
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen == nil {
		f.seen = map[bot.WorkspaceID]floor{}
	}
	f.seen[ws] = s
}

var (
	lineDesc     = describe("queue_conversations", "Conversations in line, by queue and state: waiting, offered, parked. Every node tells the same.", "queue", "state")
	oldestDesc   = describe("queue_oldest_seconds", "Age of the longest wait for a turn. Every node tells the same.", "queue")
	agentsDesc   = describe("agents", "Agents by duty. Every node tells the same.", "duty")
	presentDesc  = describe("agents_present", "Agents on duty with a fresh sign of life. Every node tells the same.")
	capacityDesc = describe("agents_capacity", "Chats that present agents may have at once. Every node tells the same.")
	loadDesc     = describe("agents_load", "Chats and open offers that present agents have. Every node tells the same.")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

// Describe implements prometheus.Collector.
func (f *floors) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{lineDesc, oldestDesc, agentsDesc, presentDesc, capacityDesc, loadDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. Workspaces are summed, ages are the
// worst one's.
func (f *floors) Collect(ch chan<- prometheus.Metric) {
	f.mu.Lock()
	seen := maps.Clone(f.seen)
	f.mu.Unlock()
	line := map[inQueue]float64{{"", bot.ServiceWaiting}: 0, {"", bot.ServiceOffered}: 0, {"", bot.ServiceParked}: 0}
	oldest := map[bot.QueueID]float64{"": 0}
	agents := map[handoff.Duty]float64{handoff.DutyOn: 0, handoff.DutyAway: 0, handoff.DutyOff: 0, handoff.DutyMissed: 0, handoff.DutyDrain: 0}
	var present, capacity, load float64
	for _, s := range seen {
		for k, n := range s.line {
			line[k] += float64(n)
		}
		for q, since := range s.oldest {
			age := 0.0
			if !since.IsZero() {
				age = (s.at.Sub(since) + time.Since(s.looked)).Seconds()
			}
			oldest[q] = max(oldest[q], age)
		}
		for d, n := range s.agents {
			agents[d] += float64(n)
		}
		present, capacity, load = present+float64(s.present), capacity+float64(s.capacity), load+float64(s.load)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for k, n := range line {
		gauge(lineDesc, n, string(k.queue), string(k.state))
	}
	for q, age := range oldest {
		gauge(oldestDesc, age, string(q))
	}
	for d, n := range agents {
		gauge(agentsDesc, n, string(d))
	}
	gauge(presentDesc, present)
	gauge(capacityDesc, capacity)
	gauge(loadDesc, load)
}
