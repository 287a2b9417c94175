package handoff

import (
	"slices"
	"time"
)

// foreseen is how far ahead rosters are looked at.
const foreseen = 2 * time.Hour

// boundary is a moment at which a shift begins or ends.
type boundary struct {
	at   time.Time
	open bool
}

// boundaries are those of the hours after from, until a while later, in order.
func (h Hours) boundaries(from time.Time, ahead time.Duration) []boundary {
	until := from.Add(ahead)
	from, until = from.In(h.location()), until.In(h.location())
	var out []boundary
	for date := from; !date.After(until.AddDate(0, 0, 1)); date = date.AddDate(0, 0, 1) {
		for _, s := range h.of(date) {
			open, closing := s.on(date)
			for _, b := range []boundary{{open, true}, {closing, false}} {
				if b.at.After(from) && !b.at.After(until) {
					out = append(out, b)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b boundary) int { return a.at.Compare(b.at) })
	return slices.DeleteFunc(slices.Clone(out), func(b boundary) bool { // a span that goes on where another ends
		return slices.ContainsFunc(out, func(o boundary) bool { return o.open != b.open && o.at.Equal(b.at) })
	})
}

// drains reports whether the agent's shift, in which they came on duty, is over:
// they get no more offers and keep what they have. Who came on duty outside the
// roster stays.
func (a Agent) drains(now time.Time) bool {
	return a.Duty == DutyOn && !a.Roster.Always() && !a.Roster.Open(now) && a.Roster.Open(a.OnSince)
}

// planned is when the agent comes and goes soon, as the roster says. Who is on duty
// outside of it comes and goes by their own word.
func (a Agent) planned(on bool, now time.Time) []boundary {
	if a.Roster.Always() || on && !a.Roster.Open(now) {
		return nil
	}
	all := a.Roster.boundaries(now, foreseen)
	if !on && len(all) > 0 && !all[0].open {
		all = all[1:] // not there although planned: nor are they for the rest of this shift
	}
	return all
}
