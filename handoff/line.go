package handoff

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// ageEvery is what one step of priority is worth: a conversation of priority p
// takes its turn as if it had come p times as much earlier. Turns so never change
// while time passes, and since priorities are bounded nobody is overtaken by one
// who comes more than the bound later.
const ageEvery = 5 * time.Minute

// Starvation is how much later than an ordinary conversation the most urgent one
// may come and still be served before it.
const Starvation = maxPriority * ageEvery

// turn is when the conversation would have come were it of ordinary priority.
func (s Standing) turn(queue int) time.Time {
	p := min(max(s.Conversation.Priority+queue, -maxPriority), maxPriority)
	return s.Wait.Since.Add(-time.Duration(p) * ageEvery)
}

// inLine reports whether a conversation waits for its turn.
func inLine(c bot.Conversation) bool {
	return c.Service == bot.ServiceWaiting || c.Service == bot.ServiceOffered
}

// turns orders the line: by turn, then by age, then by ID.
func turns(a, b *entry) int {
	return cmp.Or(
		a.turn.Compare(b.turn),
		a.Wait.Since.Compare(b.Wait.Since),
		strings.Compare(string(a.Conversation.ID), string(b.Conversation.ID)),
	)
}

// Present reports whether the agent takes offers at now: on duty with a fresh
// sign of life.
func (a Agent) Present(now time.Time) bool {
	return a.Duty == DutyOn && now.Sub(a.Heartbeat) < freshFor
}

// A long line is foreseen as a whole no more often than this: who comes behind it
// is told by the last look, which is off by no more than what changed since.
const (
	longLine   = 256
	foreseeFor = 250 * time.Millisecond
)

// places says where everybody in line stands: behind those whose turn is before
// and who want somebody of the same people.
func (b *board) places(now time.Time) []Place {
	o := b.outlookOf(now)
	out := make([]Place, len(b.line))
	for i, e := range b.line {
		out[i] = o.next(e, now)
	}
	b.tail = o
	return out
}

// joining returns the place that a conversation has, or would have if it joined
// the line now.
func (b *board) joining(s Standing, now time.Time) Place {
	e := b.entry(s)
	n := len(b.line)
	last := n == 0 || turns(b.line[n-1], e) < 0
	if last && n >= longLine {
		if b.tail == nil || now.Sub(b.tail.at) >= foreseeFor {
			b.places(now)
		}
		return b.tail.place(e, now)
	}
	o := b.outlookOf(now)
	for _, other := range b.line {
		if turns(other, e) >= 0 {
			break
		}
		if other.Conversation.ID != s.Conversation.ID {
			o.next(other, now)
		}
	}
	return o.place(e, now)
}

// InLine is a conversation with its place.
type InLine struct {
	Place
	Conversation bot.Conversation
	Since        time.Time // start of its wait
}

// lineOf lists who waits for their turn, the next one first.
func (b *board) lineOf(now time.Time) []InLine {
	places := b.places(now)
	out := make([]InLine, len(places))
	for i, e := range b.line {
		out[i] = InLine{Place: places[i], Conversation: e.Conversation, Since: e.Wait.Since}
	}
	return slices.Clip(out)
}
