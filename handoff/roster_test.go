package handoff

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPlanned(t *testing.T) {
	h := Hours{Zone: "UTC", Weeks: []Span{ // noon is of a Wednesday
		{time.Wednesday, 9 * time.Hour, 12*time.Hour + 30*time.Minute},
		{time.Wednesday, 12*time.Hour + 30*time.Minute, 13 * time.Hour},
		{time.Wednesday, 13*time.Hour + 45*time.Minute, 17 * time.Hour},
		{time.Thursday, 9 * time.Hour, 17 * time.Hour},
	}}
	minutes := func(a Agent, on bool, at time.Time) (out []int) {
		for _, b := range a.planned(on, at) {
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
