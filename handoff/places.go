package handoff

import (
	"cmp"
	"slices"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// Agents have places for chats. How much of a place a chat takes is set for its
// inbox: an e-mail may be half a chat. Places are counted in hundredths, so that
// what is given back is exactly what was taken.

// whole is a place.
const whole = 100

// Left is what is left of the agent's full capacity, in hundredths of a place;
// below 0 when they have more than they should.
func (a Agent) Left() int { return whole*(a.Capacity-a.Load-a.Reserved) + a.Relief }

// Taken is what the agent's chats and offers take, in hundredths of a place.
func (a Agent) Taken() int { return whole*(a.Load+a.Reserved) - a.Relief }

// room is what the agent may be offered now, in hundredths of a place; below 0 when
// they have more than they should.
func (a Agent) room(now time.Time) int { return whole*a.slots(now) - a.Taken() }

// takes is what a chat takes of an agent's places. Nobody can give more than all
// they have: who has one place takes one chat of any kind.
func (a Agent) takes(share int) int { return min(share, whole*max(a.Capacity, 1)) }

// share is what a chat of an inbox takes of a place.
func (b *board) share(inbox bot.InboxID) int { return cmp.Or(b.takes[inbox], whole) }

// shares are those that chats may have, each once, the smallest first.
func (b *board) shares() []int {
	all := []int{whole}
	for _, share := range b.takes {
		all = append(all, share)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// least is the smallest share of any chat: who has less room than that gets none.
func (b *board) least() int { return b.shares()[0] }

// share is what the conversation takes of a place.
func (s *step) share() (n int) {
	s.view.see(func(b *board) { n = b.share(s.next.Inbox) })
	return n
}

// takes is what the chat takes of its agent's places while it is not idle.
func (w Wait) takes() int { return cmp.Or(w.Takes, whole) }

// idle reports whether it takes less than that.
func (w Wait) idle() bool { return whole-w.Relief < w.takes() }

// takes is what an offer holds of its agent's places.
func (r Reservation) takes() int { return cmp.Or(r.Takes, whole) }

// counts has the conversation take so much of its agent's places from now on.
func (s *step) counts(takes int) {
	relief := whole - takes
	if a, ok := s.agent(s.next.Agent); ok && relief != s.wait.Relief {
		a.Relief += relief - s.wait.Relief
		s.set(a)
	}
	s.wait.Relief = relief
}
