package handoff

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// How the line ages and how long things may take.
const (
	// ageEvery raises a waiting conversation's priority by one, so that no stream of
	// urgent ones keeps an ordinary one waiting for ever.
	ageEvery = 5 * time.Minute

	// handlingPrior stands for the handling time until enough was measured, with the
	// weight of handlingWeight conversations.
	handlingPrior  = 6 * time.Minute
	handlingWeight = 5

	// answering is how long a free agent typically takes to accept an offer.
	answering = 10 * time.Second
)

// urgency is the priority with age.
func (s Standing) urgency(now time.Time) int {
	if s.Wait.Since.IsZero() {
		return s.Conversation.Priority
	}
	return s.Conversation.Priority + int(max(now.Sub(s.Wait.Since), 0)/ageEvery)
}

// inLine reports whether the conversation waits for its turn.
func (s Standing) inLine() bool {
	return s.Conversation.Service == bot.ServiceWaiting || s.Conversation.Service == bot.ServiceOffered
}

// line returns those who wait for their turn, the next one first: by aged
// priority, then by age, then by ID.
func (f Floor) line(now time.Time) []Standing {
	var out []Standing
	for _, s := range f.Line {
		if s.inLine() {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b Standing) int { return before(a, b, now) })
	return out
}

func before(a, b Standing, now time.Time) int {
	return cmp.Or(
		cmp.Compare(b.urgency(now), a.urgency(now)),
		a.Wait.Since.Compare(b.Wait.Since),
		strings.Compare(string(a.Conversation.ID), string(b.Conversation.ID)),
	)
}

// Present reports whether the agent takes offers at now: on duty with a fresh
// sign of life.
func (a Agent) Present(now time.Time) bool {
	return a.Duty == DutyOn && now.Sub(a.Heartbeat) < freshFor
}

// staffed reports whether somebody is on duty. An agent whose connection blinks
// counts until the grace is over.
func (f Floor) staffed(now time.Time) bool {
	return slices.ContainsFunc(f.Agents, func(a Agent) bool { return f.counts(a, now) })
}

// counts reports whether an agent is on duty and not taken for gone.
func (f Floor) counts(a Agent, now time.Time) bool {
	return a.Duty == DutyOn && now.Sub(a.Heartbeat) < cmp.Or(f.gone, freshFor+graceFor)
}

// queue returns the queue of that ID, the zero Queue when there is none.
func (f Floor) queue(id bot.QueueID) Queue {
	for _, q := range f.Queues {
		if q.ID == id {
			return q
		}
	}
	return Queue{ID: id}
}

// open reports whether waiting makes sense, and when it will if not.
func (f Floor) open(queue bot.QueueID, now time.Time) (bool, time.Time) {
	h := f.queue(queue).Hours
	if f.staffed(now) || h.Open(now) {
		return true, time.Time{}
	}
	return false, h.Next(now)
}

// places says where everybody in line stands.
func (f Floor) places(now time.Time) []Place {
	var out []Place
	ahead := map[bot.QueueID]int{}
	for _, s := range f.line(now) {
		q := s.Conversation.Queue
		ahead[q]++
		p := Place{Conversation: s.Conversation.ID, Position: ahead[q]}
		p.Wait, p.WaitUpper = f.wait(p.Position, now)
		out = append(out, p)
	}
	return out
}

// joining returns the place that a conversation has, or would have at the end of
// the line if it joined now.
func (f Floor) joining(s Standing, now time.Time) Place {
	p := Place{Conversation: s.Conversation.ID, Position: 1}
	for _, other := range f.line(now) {
		if other.Conversation.ID != s.Conversation.ID && other.Conversation.Queue == s.Conversation.Queue && before(other, s, now) < 0 {
			p.Position++
		}
	}
	p.Wait, p.WaitUpper = f.wait(p.Position, now)
	return p
}

// wait estimates how long the one at a position waits: the median, and what nine
// in ten stay under; both zero when nobody is there to say.
//
// With c chats at once on duty, each taking the measured handling time h on
// average, chats end at c/h a second; the one who needs the d-th of them to end
// waits a gamma-distributed time of shape d and mean d·h/c. Its quantiles are
// taken by the approximation of Wilson and Hilferty (1931), which is within 2 %
// of the exact ones here.
func (f Floor) wait(position int, now time.Time) (median, upper time.Duration) {
	capacity, free := 0, 0
	for _, a := range f.Agents {
		if f.counts(a, now) {
			capacity += a.Capacity
			free += max(a.Capacity-a.Load, 0)
		}
	}
	if capacity == 0 {
		return 0, 0
	}
	ends := position - free
	if ends <= 0 {
		return answering, 3 * answering
	}
	mean := float64(ends) * float64(f.Measures.handling()) / float64(capacity)
	quantile := func(z float64) time.Duration {
		k := 1 / (9 * float64(ends))
		return answering + time.Duration(mean*math.Pow(1-k+z*math.Sqrt(k), 3))
	}
	return quantile(0), quantile(1.2816)
}

// handling is the measured handling time, drawn to the prior while it stands on
// few conversations.
func (m Measures) handling() time.Duration {
	n := float64(m.Handled)
	return time.Duration((handlingWeight*float64(handlingPrior) + n*float64(m.Handling)) / (handlingWeight + n))
}

// add learns from one conversation that ended. After fifty it forgets slowly, so
// that a change of pace shows within a day.
func (m Measures) add(took time.Duration) Measures {
	took = min(max(took, 0), 4*time.Hour) // a chat left open over night says nothing about pace
	m.Handled++
	m.Handling += (took - m.Handling) / time.Duration(min(m.Handled, 50))
	return m
}
