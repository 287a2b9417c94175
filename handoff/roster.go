package handoff

import (
	"context"
	"slices"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// foreseen is how far ahead rosters are looked at.
const foreseen = 2 * time.Hour

// boundary is a moment at which a shift begins or ends.
type boundary struct {
	at   time.Time
	open bool
}

// boundaries are those of the hours after from, which is in their zone, until a while
// later, in order.
func (h Hours) boundaries(from time.Time, ahead time.Duration) []boundary {
	until := from.Add(ahead)
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
func (a Agent) drains(now time.Time, z *zones) bool {
	if a.Duty != DutyOn || a.Roster.IsZero() {
		return false
	}
	zone := z.of(a.Roster)
	return !a.Roster.openOn(now.In(zone)) && a.Roster.openOn(a.OnSince.In(zone))
}

// planned is when the agent comes and goes soon, as the roster says. Who is on duty
// outside of it comes and goes by their own word.
func (a Agent) planned(on bool, now time.Time, z *zones) []boundary {
	if a.Roster.IsZero() {
		return nil
	}
	now = now.In(z.of(a.Roster))
	if on && !a.Roster.openOn(now) {
		return nil
	}
	all := a.Roster.boundaries(now, foreseen)
	if !on && len(all) > 0 && !all[0].open {
		all = all[1:] // not there although planned: nor are they for the rest of this shift
	}
	return all
}

// planFor is how long what a roster says of the next hours is kept.
const planFor = 10 * time.Second

// plan is what an agent's roster said at a moment.
type plan struct {
	at   time.Time // zero: it was not read
	on   bool      // as they were then
	soon []boundary
}

// planned is when an agent of the board comes and goes soon.
func (b *board) planned(i int, on bool, now time.Time) []boundary {
	p := &b.plans[i]
	if p.at.IsZero() || p.on != on || now.Sub(p.at).Abs() >= planFor {
		*p = plan{now, on, b.agents[i].planned(on, now, b.zones)}
	}
	for len(p.soon) > 0 && !p.soon[0].at.After(now) {
		p.soon = p.soon[1:]
	}
	return p.soon
}

// Shift is a stretch of a roster without a break. The zero Shift is none.
type Shift struct{ From, To time.Time }

// IsZero reports whether it is none.
func (s Shift) IsZero() bool { return s.To.IsZero() }

// rosterAhead is for how many days the next shift is looked for.
const rosterAhead = 31

// Shifts returns the shift that t is in and the next one that begins after t; none
// where the hours say none, or nothing for a month.
func (h Hours) Shifts(t time.Time) (now, next Shift) {
	t = t.In(h.location())
	var open Shift // the last one found, which may go on past midnight
	for ahead := -1; ahead <= rosterAhead; ahead++ {
		date := t.AddDate(0, 0, ahead)
		spans := slices.SortedFunc(slices.Values(h.of(date)), func(a, b Span) int { return int(a.Open - b.Open) })
		for _, s := range spans {
			from, to := s.on(date)
			if !open.IsZero() && from.Equal(open.To) {
				open.To = to
				continue
			}
			if !open.IsZero() && open.To.After(t) {
				if open.From.After(t) {
					return now, open
				}
				now = open
			}
			open = Shift{from, to}
		}
	}
	if open.To.After(t) {
		if open.From.After(t) {
			return now, open
		}
		now = open
	}
	return now, Shift{}
}

// checkRoster refuses shifts that mean nothing, or two at once.
func (h Hours) checkRoster() error {
	if err := h.check(); err != nil {
		return err
	}
	if h.Zone == "" && !h.IsZero() {
		return fault.New(fault.Invalid, "Shifts need a time zone.").WithField("zone", "an IANA name such as Asia/Shanghai")
	}
	for i, s := range h.Weeks {
		for _, o := range h.Weeks[:i] {
			if o.Day == s.Day && o.Open < s.Close && s.Open < o.Close {
				return errTwice(index("weeks", i), s.Day.String(), o, s)
			}
		}
	}
	for i, x := range h.Holidays {
		for k, s := range x.Spans {
			for _, o := range x.Spans[:k] {
				if o.Open < s.Close && s.Open < o.Close {
					return errTwice(index("holidays", i), x.Date, o, s)
				}
			}
		}
	}
	return nil
}

func errTwice(field, date string, a, b Span) error {
	return fault.New(fault.Invalid, "%s has two shifts at once: %s and %s.", date, a, b).WithField(field, "must not overlap another shift")
}

// SetRoster replaces an agent's planned shifts, whose state the caller saw as old;
// the zero Hours are none. Errors: Invalid, with the field; NotFound; Conflict when somebody
// else changed them meanwhile.
func (d *Desk) SetRoster(ctx context.Context, ws bot.WorkspaceID, agent bot.AgentID, roster Hours, same func(old Hours) bool) (Agent, error) {
	if err := roster.checkRoster(); err != nil {
		return Agent{}, err
	}
	a, err := d.store.ChangeAgent(ctx, ws, agent, false, func(a *Agent) error {
		if !same(a.Roster) {
			return fault.New(fault.Conflict, "Somebody else changed the shifts of %s meanwhile. Load them again.", a.Name)
		}
		a.Roster = roster
		return nil
	})
	if err == nil {
		d.changed(a)
	}
	return a, err
}

// Retired reports whether the agent answers nobody any more.
func (a Agent) Retired() bool { return len(a.Skills) == 1 && a.Skills[0] == retired }
