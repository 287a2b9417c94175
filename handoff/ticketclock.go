package handoff

import (
	"cmp"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// The service levels of a queue that sets none: a first answer within half a
// working day, later ones within one, a solution within three.
const (
	firstIn   = 4 * time.Hour
	nextIn    = 8 * time.Hour
	resolveIn = 24 * time.Hour
	reopenIn  = 72 * time.Hour
	maxLevel  = 90 * day
)

func (l Levels) filled() Levels {
	return Levels{
		First: cmp.Or(l.First, firstIn), Next: cmp.Or(l.Next, nextIn),
		Resolve: cmp.Or(l.Resolve, resolveIn), Reopen: cmp.Or(l.Reopen, reopenIn),
	}
}

func (l Levels) check() error {
	for name, d := range map[string]time.Duration{"first": l.First, "next": l.Next, "resolve": l.Resolve, "reopen": l.Reopen} {
		if d < 0 || d > maxLevel {
			return fault.New(fault.Invalid, "A service level of tickets is zero to 90 days.").WithField("tickets."+name, "0 to 90 days")
		}
	}
	return nil
}

// terms are what a ticket's clock runs by: the hours and levels of its queue.
type terms struct {
	hours  Hours
	levels Levels
}

func (q Queue) terms() terms { return terms{q.Hours, q.Tickets.filled()} }

// begin starts the clock of a new ticket.
func (t *Ticket) begin(wished time.Time) {
	t.Status = TicketOpen
	t.Clock = Clock{Wished: wished, Owed: wished, Running: wished}
}

// answered notes that the team wrote to the visitor.
func (t *Ticket) answered(now time.Time, by terms) {
	c := &t.Clock
	switch {
	case c.First.IsZero():
		c.First, c.FirstTook = now, by.hours.Between(c.Wished, now)
		c.FirstLate = c.FirstTook > by.levels.First
	case !c.Owed.IsZero():
		took := by.hours.Between(c.Owed, now)
		c.NextTook = max(c.NextTook, took)
		c.NextLate = c.NextLate || took > by.levels.Next
	}
	c.Owed = time.Time{}
}

// heard notes that the visitor wrote: it is the team's turn, and what was solved
// was not.
func (t *Ticket) heard(now time.Time, by terms) {
	if t.Clock.Owed.IsZero() {
		t.Clock.Owed = now
	}
	t.turn(TicketOpen, now, by)
}

// turn moves the ticket to a status. One that leaves solved was not solved: its
// resolution is taken back.
func (t *Ticket) turn(to TicketStatus, now time.Time, by terms) {
	c := &t.Clock
	if to == t.Status {
		return
	}
	if !c.Running.IsZero() {
		c.Worked += by.hours.Between(c.Running, now)
		c.Running = time.Time{}
	}
	done := !t.Status.unfinished()
	switch {
	case to.unfinished() && done:
		c.Solved, c.ResolveLate = time.Time{}, false
		c.Reopened++
	case !to.unfinished() && !done:
		c.Solved, c.Owed = now, time.Time{}
		c.ResolveLate = c.Worked > by.levels.Resolve
	}
	if to == TicketOpen {
		c.Running = now
	}
	t.Status = to
}

// reopens reports whether the visitor's words open it again.
func (t Ticket) reopens(now time.Time, by terms) bool {
	return t.Status == TicketSolved && now.Sub(t.Clock.Solved) <= by.levels.Reopen
}

// schedule says which service level ends next, and when.
func (t *Ticket) schedule(by terms) {
	t.Due, t.DueFor = time.Time{}, ""
	consider := func(level Level, from time.Time, left time.Duration) {
		if from.IsZero() {
			return
		}
		if at := by.hours.After(from, max(left, 0)); !at.IsZero() && (t.Due.IsZero() || at.Before(t.Due)) {
			t.Due, t.DueFor = at.UTC().Truncate(time.Microsecond), level
		}
	}
	c := t.Clock
	if !t.Status.unfinished() {
		return
	}
	if c.First.IsZero() {
		if t.Status == TicketPending && c.Owed.IsZero() {
			return // it was made to wait for the visitor
		}
		consider(LevelFirst, c.Wished, by.levels.First)
	} else {
		consider(LevelNext, c.Owed, by.levels.Next)
	}
	consider(LevelResolve, c.Running, by.levels.Resolve-c.Worked)
}
