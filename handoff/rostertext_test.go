package handoff

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

func TestParseRoster(t *testing.T) {
	at := func(day time.Weekday, open, closing time.Duration) Span {
		return Span{Day: day, Open: open * time.Hour, Close: closing * time.Hour}
	}
	var week []Span
	for d := time.Monday; d <= time.Friday; d++ {
		week = append(week, at(d, 9, 17))
	}
	saturday := append(week, at(time.Saturday, 10, 12), at(time.Saturday, 13, 16))
	off := []Holiday{{Date: "2026-10-01"}}
	for text, want := range map[string]Hours{
		"Mon-Fri 09:00-17:00": {Weeks: week},
		"monday – friday 9-17; Sat 10:00-12:00, 13:00-16:00; 2026-10-01 off": {Weeks: saturday, Holidays: off},
		"周一至周五9:00-17:00；周六 10:00-12:00、13:00－16:00；2026-10-1 休":             {Weeks: saturday, Holidays: off},
		"星期一到五 9：00～17：00\n":                                                 {Weeks: week},
		"Fri-Mon 00:00-24:00":                                                {Weeks: []Span{at(time.Friday, 0, 24), at(time.Saturday, 0, 24), at(time.Sunday, 0, 24), at(time.Monday, 0, 24)}},
		"Tues, Thurs 9-12, 13-17; Sun off;": {Weeks: []Span{
			at(time.Tuesday, 9, 12), at(time.Tuesday, 13, 17), at(time.Thursday, 9, 12), at(time.Thursday, 13, 17),
		}},
		"2026-10-08 10-14": {Holidays: []Holiday{{Date: "2026-10-08", Spans: []Span{at(time.Sunday, 10, 14)}}}},
		"None":             {},
		"无":                {},
	} {
		want.Zone = "Asia/Shanghai"
		got, err := ParseRoster("Asia/Shanghai", text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestParseRosterRefuses(t *testing.T) {
	for text, says := range map[string]string{
		"":                               "no shifts in it",
		"Sun off":                        "no shifts in it",
		"Mon":                            "needs days and times",
		"9-17":                           "needs days and times",
		"off":                            "needs days and times",
		"Mon-Fry 9-17":                   `"Mon-Fry"`,
		"M 9-17":                         `"M"`,
		"周八 9-17":                        `"周八"`,
		"Mon 9-17 Tue 9-17":              `"Tue"`,
		"Mon off 9-17":                   `"9-17"`,
		"Mon 9 to 17":                    `"9"`,
		"Mon 22:00-06:00":                "past midnight",
		"Mon 9:00-25:00":                 "past midnight",
		"Mon 9:75-10:00":                 "past midnight",
		"2026-13-01 off":                 "is not a date",
		"Mon-Fri 9-17; Mon 16-18":        "Monday has two shifts at once",
		"2026-10-01 off; 2026-10-1 9-12": "is there twice",
	} {
		_, err := ParseRoster("Asia/Shanghai", text)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %s", text, err, says)
		}
	}
	for _, zone := range []string{"", "Shanghai"} {
		_, err := ParseRoster(zone, "Mon 9-17")
		if f := (*fault.Error)(nil); !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Name != "zone" {
			t.Errorf("zone %q: %v", zone, err)
		}
	}
}
