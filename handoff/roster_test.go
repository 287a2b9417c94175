package handoff

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

func TestPlanned(t *testing.T) {
	h := Hours{Zone: "UTC", Weeks: []Span{ // noon is of a Wednesday
		{time.Wednesday, 9 * time.Hour, 12*time.Hour + 30*time.Minute},
		{time.Wednesday, 12*time.Hour + 30*time.Minute, 13 * time.Hour},
		{time.Wednesday, 13*time.Hour + 45*time.Minute, 17 * time.Hour},
		{time.Thursday, 9 * time.Hour, 17 * time.Hour},
	}}
	minutes := func(a Agent, on bool, at time.Time) (out []int) {
		for _, b := range a.planned(on, at, nil) {
			m := int(b.at.Sub(at).Minutes())
			if !b.open {
				m = -m
			}
			out = append(out, m)
		}
		return out
	}
	for name, c := range map[string]struct {
		agent Agent
		on    bool
		at    time.Time
		want  []int
	}{
		"lunch, and a span that goes on":    {Agent{Roster: h}, true, noon, []int{-60, 105}},
		"not there although planned":        {Agent{Roster: h}, false, noon, []int{105}},
		"on duty outside of it":             {Agent{Roster: h}, true, noon.Add(80 * time.Minute), nil},
		"off duty, and coming":              {Agent{Roster: h}, false, noon.Add(80 * time.Minute), []int{25}},
		"past midnight":                     {Agent{Roster: h}, false, noon.Add(20 * time.Hour), []int{60}},
		"nothing is planned":                {Agent{}, true, noon, nil},
		"nothing within the next two hours": {Agent{Roster: h}, false, noon.Add(10 * time.Hour), nil},
	} {
		if diff := cmp.Diff(c.want, minutes(c.agent, c.on, c.at)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestOutlookKnowsShifts: who waits behind a full desk is told when others come.
func TestOutlookKnowsShifts(t *testing.T) {
	late := Hours{Zone: "UTC", Weeks: []Span{{time.Wednesday, 12*time.Hour + 5*time.Minute, 17 * time.Hour}}}
	f := Floor{
		Agents:   []Agent{onDuty("a", 1, 1), {ID: "b", Duty: DutyOff, Capacity: 3, Roster: late}},
		Measures: Measures{Handled: 1 << 40, Handling: 20 * time.Minute, Accepted: 1 << 40, Answer: time.Second},
	}
	if p := layOut("", f).joining(waiting("me", 0, 0), noon); p.Wait < 4*time.Minute || p.Wait > 6*time.Minute || p.Unserved {
		t.Errorf("told %+v, want about five minutes", p)
	}
	f.Agents[1].Roster = Hours{}
	if p := layOut("", f).joining(waiting("me", 0, 0), noon); p.Wait < 10*time.Minute {
		t.Errorf("told %+v, want the end of a chat", p)
	}
}

func TestShifts(t *testing.T) {
	h := Hours{
		Zone: "Europe/Berlin", // noon is 13:00 there
		Weeks: []Span{
			{time.Wednesday, 14 * time.Hour, 18 * time.Hour},
			{time.Wednesday, 9 * time.Hour, 12 * time.Hour},
			{time.Wednesday, 12 * time.Hour, 13*time.Hour + 30*time.Minute}, // goes on
			{time.Thursday, 20 * time.Hour, 24 * time.Hour},
			{time.Friday, 0, 6 * time.Hour}, // a night
		},
		Holidays: []Holiday{{Date: "2026-03-11"}, {Date: "2026-03-12", Spans: []Span{{Open: 10 * time.Hour, Close: 11 * time.Hour}}}},
	}
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 3, day, hour-1, minute, 0, 0, time.UTC) } // Berlin's clock
	for name, c := range map[string]struct {
		at        time.Time
		now, next Shift
	}{
		"in one that goes on":   {at(4, 11, 0), Shift{at(4, 9, 0), at(4, 13, 30)}, Shift{at(4, 14, 0), at(4, 18, 0)}},
		"between two":           {at(4, 13, 30), Shift{}, Shift{at(4, 14, 0), at(4, 18, 0)}},
		"a night, past twelve":  {at(6, 1, 0), Shift{at(5, 20, 0), at(6, 6, 0)}, Shift{at(12, 10, 0), at(12, 11, 0)}},
		"a night, before":       {at(5, 21, 0), Shift{at(5, 20, 0), at(6, 6, 0)}, Shift{at(12, 10, 0), at(12, 11, 0)}},
		"off on a date":         {at(11, 10, 0), Shift{}, Shift{at(12, 10, 0), at(12, 11, 0)}},
		"other hours on a date": {at(12, 21, 0), Shift{}, Shift{at(13, 0, 0), at(13, 6, 0)}},
	} {
		now, next := h.Shifts(c.at)
		if !now.From.Equal(c.now.From) || !now.To.Equal(c.now.To) || !next.From.Equal(c.next.From) || !next.To.Equal(c.next.To) {
			t.Errorf("%s: now %v, next %v; want %v, %v", name, now, next, c.now, c.next)
		}
	}
	if now, next := (Hours{}).Shifts(noon); !now.IsZero() || !next.IsZero() {
		t.Errorf("no roster: %v, %v", now, next)
	}
}

func TestRosterCheck(t *testing.T) {
	span := func(day time.Weekday, from, to int) Span {
		return Span{day, time.Duration(from) * time.Hour, time.Duration(to) * time.Hour}
	}
	monday := span(time.Monday, 9, 17)
	for name, c := range map[string]struct {
		hours Hours
		field string
	}{
		"good":             {Hours{Zone: "UTC", Weeks: []Span{monday, span(time.Monday, 17, 20), span(time.Tuesday, 9, 17)}}, ""},
		"none":             {Hours{}, ""},
		"no zone":          {Hours{Weeks: []Span{monday}}, "zone"},
		"unknown zone":     {Hours{Zone: "Mars/Base", Weeks: []Span{monday}}, "zone"},
		"end before start": {Hours{Zone: "UTC", Weeks: []Span{monday, span(time.Tuesday, 17, 9)}}, "weeks[1]"},
		"overlap":          {Hours{Zone: "UTC", Weeks: []Span{monday, span(time.Tuesday, 9, 17), span(time.Monday, 16, 18)}}, "weeks[2]"},
		"no date":          {Hours{Zone: "UTC", Holidays: []Holiday{{Date: "2026-02-30"}}}, "holidays[0]"},
		"day twice":        {Hours{Zone: "UTC", Holidays: []Holiday{{Date: "2026-02-03"}, {Date: "2026-02-03"}}}, "holidays[1]"},
		"overlap on a date": {Hours{Zone: "UTC", Holidays: []Holiday{{Date: "2026-02-03", Spans: []Span{
			{Open: time.Hour, Close: 3 * time.Hour}, {Open: 2 * time.Hour, Close: 4 * time.Hour},
		}}}}, "holidays[0]"},
	} {
		err := c.hours.checkRoster()
		if c.field == "" && err == nil {
			continue
		}
		var e *fault.Error
		if !errors.As(err, &e) || e.Kind != fault.Invalid || len(e.Fields) != 1 || e.Fields[0].Name != c.field {
			t.Errorf("%s: %v; want %q", name, err, c.field)
		}
	}
}

// BenchmarkOutlookWithRosters: what it costs to foresee the line of 500 agents who
// all have shifts.
//
//	go test -run '^$' -bench Rosters ./handoff
func BenchmarkOutlookWithRosters(b *testing.B) {
	var f Floor
	for i := range 500 {
		a := onDuty(bot.AgentID(fmt.Sprintf("a%03d", i)), 3, 3)
		a.Roster = Hours{Zone: "Asia/Shanghai"}
		for day := time.Sunday; day <= time.Saturday; day++ {
			a.Roster.Weeks = append(a.Roster.Weeks, Span{day, 9 * time.Hour, 22 * time.Hour})
		}
		f.Agents = append(f.Agents, a)
	}
	board := layOut("", f)
	for b.Loop() {
		board.joining(waiting("me", 0, 0), noon)
	}
}
