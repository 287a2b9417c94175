package handoff

import (
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
	for _, s := range h.Weeks {
		if s.Day < time.Sunday || s.Day > time.Saturday || s.Open < 0 || s.Close > day || s.Open >= s.Close {
			return fault.New(fault.Invalid, "Opening hours must begin before they end, within one day.").
				WithField("weeks", "split a span that goes past midnight")
		}
	}
	return nil
}

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

// span returns when s opens and closes on t's date. A wall clock is meant: on the
// day the clocks change, nine o'clock is still nine o'clock.
func (s Span) on(t time.Time) (open, closing time.Time) {
	y, m, d := t.Date()
	at := func(o time.Duration) time.Time {
		return time.Date(y, m, d, int(o/time.Hour), int(o%time.Hour/time.Minute), int(o%time.Minute/time.Second), 0, t.Location())
	}
	return at(s.Open), at(s.Close)
}

// Open reports whether people are there at t. Hours that are always open say no:
// they make no promise.
func (h Hours) Open(t time.Time) bool {
	t = t.In(h.location())
	for _, s := range h.Weeks {
		open, closing := s.on(t)
		if t.Weekday() == s.Day && !t.Before(open) && t.Before(closing) {
			return true
		}
	}
	return false
}

// Next returns when people are there next, after t; zero when hours do not say.
func (h Hours) Next(t time.Time) time.Time {
	t = t.In(h.location())
	var next time.Time
	for ahead := range 8 {
		date := t.AddDate(0, 0, ahead)
		for _, s := range h.Weeks {
			open, _ := s.on(date)
			if date.Weekday() == s.Day && open.After(t) && (next.IsZero() || open.Before(next)) {
				next = open
			}
		}
	}
	return next
}
