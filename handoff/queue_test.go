package handoff

import (
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

func TestQueueCheck(t *testing.T) {
	others := []Queue{
		{ID: "a", QueueSettings: QueueSettings{Overflow: []Overflow{{To: "b"}}}},
		{ID: "b", QueueSettings: QueueSettings{Overflow: []Overflow{{To: "c"}}}},
		{ID: "c"},
	}
	if err := (Queue{Workspace: "w", ID: "d", QueueSettings: QueueSettings{
		Overflow: []Overflow{{time.Minute, "a"}}, Relax: []Relax{{time.Minute, "levels"}}, WrapUp: time.Minute, Priority: -3, Skills: []string{"goods>=2"},
	}}).check(others); err != nil {
		t.Errorf("a good queue: %v", err)
	}
	for name, q := range map[string]QueueSettings{
		"a cycle":            {Overflow: []Overflow{{To: "a"}}},
		"no such queue":      {Overflow: []Overflow{{To: "nowhere"}}},
		"itself":             {Overflow: []Overflow{{To: "c"}}},
		"back in time":       {Overflow: []Overflow{{After: -1, To: "a"}}},
		"too urgent":         {Priority: 11},
		"a long wrap-up":     {WrapUp: 6 * time.Minute},
		"nothing to give up": {Relax: []Relax{{time.Minute, ""}}},
		"at once":            {Relax: []Relax{{0, "skills"}}},
		"strict and not":     {Strict: true, Relax: []Relax{{time.Minute, "skills"}}},
		"no skill":           {Skills: []string{"two words"}},
		"no time":            {OfferFor: -1},
		"no first reply":     {FirstReply: -1},
	} {
		if err := (Queue{Workspace: "w", ID: "c", QueueSettings: q}).check(others); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHolidays(t *testing.T) {
	h := Hours{
		Zone: "Asia/Shanghai", Weeks: []Span{{time.Wednesday, 9 * time.Hour, 18 * time.Hour}, {time.Thursday, 9 * time.Hour, 18 * time.Hour}},
		Holidays: []Holiday{{Date: "2026-03-04"}, {Date: "2026-03-05", Spans: []Span{{Open: 10 * time.Hour, Close: 12 * time.Hour}}}},
	}
	if err := h.check(); err != nil {
		t.Fatal(err)
	}
	at := func(day, hour int) time.Time { return time.Date(2026, 3, day, hour-8, 0, 0, 0, time.UTC) }
	if h.Open(at(4, 10)) || !h.Open(at(5, 11)) || h.Open(at(5, 13)) || !h.Open(at(11, 13)) {
		t.Error("open at the wrong times")
	}
	if next := h.Next(at(4, 10)); !next.Equal(at(5, 10)) {
		t.Errorf("next %v", next)
	}
	if next := h.Next(at(5, 13)); !next.Equal(at(11, 9)) {
		t.Errorf("next %v", next)
	}
	for _, bad := range []Hours{{Holidays: []Holiday{{Date: "4 March"}}}, {Holidays: []Holiday{{Date: "2026-03-04", Spans: []Span{{Open: 2, Close: 1}}}}}} {
		if err := bad.check(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
