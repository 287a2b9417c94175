package handoff

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// After is the way back of Between, whatever the hours.
func TestHoursAfter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := Hours{Zone: rapid.SampledFrom([]string{"UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York"}).Draw(t, "zone")}
		for d := time.Sunday; d <= time.Saturday; d++ {
			if rapid.Bool().Draw(t, "open") {
				open := time.Duration(rapid.IntRange(4, 11).Draw(t, "from")) * time.Hour
				h.Weeks = append(h.Weeks, Span{d, open, open + time.Duration(rapid.IntRange(1, 12).Draw(t, "hours"))*time.Hour})
			}
		}
		if rapid.Bool().Draw(t, "holiday") {
			h.Holidays = []Holiday{{Date: "2026-03-30"}}
		}
		from := time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 14*24*60).Draw(t, "minute")) * time.Minute)
		d := time.Duration(rapid.IntRange(1, 100*60).Draw(t, "minutes")) * time.Minute
		end := h.After(from, d)
		if end.IsZero() {
			t.Fatalf("no end, though the week has hours")
		}
		if got := h.Between(from, end); got != d {
			t.Fatalf("%v after %v is %v, between which are %v", d, from, end, got)
		}
		if got := h.Between(from, end.Add(-time.Second)); got >= d {
			t.Fatalf("%v after %v is before %v", d, from, end)
		}
	})
	never := Hours{Zone: "UTC", Weeks: []Span{{time.Monday, 0, time.Hour}}, Holidays: nil}
	if got := never.After(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 60*time.Hour); !got.IsZero() {
		t.Errorf("60 hours at one a week end at %v", got)
	}
}

// Whatever happens to a ticket: time runs for the solution only while it is open,
// it is solved in reports exactly while it is done, and only unfinished ones are due.
func TestTicketClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		by := Queue{}.terms()
		now := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
		var x Ticket
		x.begin(now)
		var worked time.Duration
		t.Repeat(map[string]func(*rapid.T){
			"time": func(t *rapid.T) {
				d := time.Duration(rapid.IntRange(1, 600).Draw(t, "minutes")) * time.Minute
				if now = now.Add(d); x.Status == TicketOpen {
					worked += d
				}
			},
			"answer": func(*rapid.T) {
				first := x.Clock.First
				x.answered(now, by)
				if !first.IsZero() && !x.Clock.First.Equal(first) {
					t.Fatalf("a second first answer")
				}
				if !x.Clock.Owed.IsZero() {
					t.Fatalf("an answer is owed after one")
				}
			},
			"visitor": func(*rapid.T) {
				if x.Status != TicketClosed {
					x.heard(now, by)
				}
			},
			"turn": func(t *rapid.T) {
				if x.Status != TicketClosed {
					x.turn(rapid.SampledFrom([]TicketStatus{TicketOpen, TicketPending, TicketSolved, TicketClosed}).Draw(t, "to"), now, by)
				}
			},
			"": func(t *rapid.T) {
				c := x.Clock
				if running := !c.Running.IsZero(); running != (x.Status == TicketOpen) {
					t.Fatalf("%s, clock runs: %v", x.Status, running)
				}
				got := c.Worked
				if !c.Running.IsZero() {
					got += now.Sub(c.Running)
				}
				if got != worked {
					t.Fatalf("worked %v, want %v", got, worked)
				}
				if done := !x.Status.unfinished(); done == c.Solved.IsZero() {
					t.Fatalf("%s, solved %v", x.Status, c.Solved)
				}
				if x.schedule(by); !x.Due.IsZero() && !x.Status.unfinished() {
					t.Fatalf("%s is due %v", x.Status, x.Due)
				}
				if x.Status == TicketOpen && x.Due.IsZero() {
					t.Fatalf("open and never due")
				}
			},
		})
	})
}

func TestHeadline(t *testing.T) {
	long := make([]rune, 300)
	for i := range long {
		long[i] = '字'
	}
	for in, want := range map[string]string{
		" My parcel\tis  wet.\nAnd more": "My parcel is wet.", string(long): string(long[:199]) + "…", "": "",
	} {
		if got := headline(in); got != want {
			t.Errorf("headline of %q is %q", in, got)
		}
	}
}
