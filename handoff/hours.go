package handoff

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

const day = 24 * time.Hour

// check refuses hours that mean nothing.
func (h Hours) check() error {
	if _, err := time.LoadLocation(h.Zone); err != nil {
		return fault.Wrap(fault.Invalid, err, "There is no time zone %q.", h.Zone).
			WithField("zone", "an IANA name such as Asia/Shanghai")
	}
	for i, s := range h.Weeks {
		if s.odd() {
			return errSpan(index("weeks", i), s.Day.String(), s)
		}
	}
	return h.checkHolidays()
}

func (h Hours) checkHolidays() error {
	for i, x := range h.Holidays {
		field := index("holidays", i)
		if _, err := time.Parse(time.DateOnly, x.Date); err != nil {
			return fault.Wrap(fault.Invalid, err, "%q is not a date.", x.Date).WithField(field, "a date such as 2026-12-25")
		}
		if slices.ContainsFunc(h.Holidays[:i], func(o Holiday) bool { return o.Date == x.Date }) {
			return fault.New(fault.Invalid, "%s is there twice.", x.Date).WithField(field, "is there twice: put its hours into one row")
		}
		for _, s := range x.Spans {
			if s.odd() {
				return errSpan(field, x.Date, s)
			}
		}
	}
	return nil
}

func index(field string, i int) string { return field + "[" + strconv.Itoa(i) + "]" }

func errSpan(field, date string, s Span) error {
	return fault.New(fault.Invalid, "%s, %s: hours must begin before they end, within one day.", date, s).
		WithField(field, "begins before it ends; split one that goes past midnight")
}

// String writes the span's times.
func (s Span) String() string {
	clock := func(d time.Duration) string { return fmt.Sprintf("%02d:%02d", d/time.Hour, d%time.Hour/time.Minute) }
	return clock(s.Open) + "–" + clock(s.Close)
}

// odd reports whether a span means nothing.
func (s Span) odd() bool {
	return s.Day < time.Sunday || s.Day > time.Saturday || s.Open < 0 || s.Close > day || s.Open >= s.Close
}

// IsZero reports whether nothing is said, not even of a date.
func (h Hours) IsZero() bool { return len(h.Weeks) == 0 && len(h.Holidays) == 0 }

// Always reports whether no hours are set: then only agents on duty decide.
func (h Hours) Always() bool { return len(h.Weeks) == 0 }

// location returns the zone; hours that were checked always have one.
func (h Hours) location() *time.Location {
	loc, err := time.LoadLocation(h.Zone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// on returns when s opens and closes on t's date. A wall clock is meant: on the
// day the clocks change, nine o'clock is still nine o'clock.
func (s Span) on(t time.Time) (open, closing time.Time) {
	y, m, d := t.Date()
	at := func(o time.Duration) time.Time {
		return time.Date(y, m, d, int(o/time.Hour), int(o%time.Hour/time.Minute), int(o%time.Minute/time.Second), 0, t.Location())
	}
	return at(s.Open), at(s.Close)
}

// of returns the spans of t's date, t being in the hours' zone.
func (h Hours) of(t time.Time) []Span {
	date := t.Format(time.DateOnly)
	if i := slices.IndexFunc(h.Holidays, func(x Holiday) bool { return x.Date == date }); i >= 0 {
		return h.Holidays[i].Spans
	}
	var out []Span
	for _, s := range h.Weeks {
		if s.Day == t.Weekday() {
			out = append(out, s)
		}
	}
	return out
}

// Open reports whether people are there at t. Hours that are always open say no:
// they make no promise.
func (h Hours) Open(t time.Time) bool {
	return h.openOn(t.In(h.location()))
}

// openOn is Open for a t in the hours' zone.
func (h Hours) openOn(t time.Time) bool {
	return slices.ContainsFunc(h.of(t), func(s Span) bool {
		open, closing := s.on(t)
		return !t.Before(open) && t.Before(closing)
	})
}

// Next returns when people are there next, after t; zero when hours do not say,
// or nothing is open for a month.
func (h Hours) Next(t time.Time) time.Time {
	t = t.In(h.location())
	for ahead := range 32 {
		date := t.AddDate(0, 0, ahead)
		var next time.Time
		for _, s := range h.of(date) {
			if open, _ := s.on(date); open.After(t) && (next.IsZero() || open.Before(next)) {
				next = open
			}
		}
		if !next.IsZero() {
			return next
		}
	}
	return time.Time{}
}

// Between is how much of the time from a to b people are there; all of it when no
// hours are set. Service levels run on it.
func (h Hours) Between(a, b time.Time) time.Duration {
	if h.Always() {
		return max(b.Sub(a), 0)
	}
	loc := h.location()
	a, b = a.In(loc), b.In(loc)
	var sum time.Duration
	for date := a; !date.After(b.AddDate(0, 0, 1)); date = date.AddDate(0, 0, 1) {
		for _, s := range h.of(date) {
			open, closing := s.on(date)
			if open.Before(a) {
				open = a
			}
			if closing.After(b) {
				closing = b
			}
			sum += max(closing.Sub(open), 0)
		}
	}
	return sum
}

// After is when people were there for d since a: the end of a service level that
// began at a. Zero when that takes longer than a year.
func (h Hours) After(a time.Time, d time.Duration) time.Time {
	if h.Always() {
		return a.Add(d)
	}
	a = a.In(h.location())
	for ahead := range 366 {
		date := a.AddDate(0, 0, ahead)
		spans := slices.Clone(h.of(date))
		slices.SortFunc(spans, func(x, y Span) int { return cmp.Compare(x.Open, y.Open) })
		for _, s := range spans {
			open, closing := s.on(date)
			if open.Before(a) {
				open = a
			}
			length := closing.Sub(open)
			if length <= 0 {
				continue
			}
			if d <= length {
				return open.Add(d)
			}
			d -= length
		}
	}
	return time.Time{}
}
