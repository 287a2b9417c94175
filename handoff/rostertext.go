package handoff

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// ParseRoster reads shifts as people type them into one cell of a spreadsheet:
//
//	Mon-Fri 09:00-17:00; Sat 10:00-12:00, 13:00-16:00; 2026-10-01 off
//	周一至周五 9:00-17:00；周六 10:00-14:00；2026-10-01 休
//
// Parts are separated by semicolons or lines; each is weekdays or dates, then times or
// off. A date holds instead of its weekday. "none" and 无 are no shifts. Error: Invalid,
// of the field zone when it is the zone that is wrong.
func ParseRoster(zone, text string) (Hours, error) {
	h := Hours{Zone: zone}
	text = alike.Replace(strings.TrimSpace(text))
	if none := strings.ToLower(text); none == "none" || none == "无" {
		return h, h.checkRoster()
	}
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ';' || r == '\n' || r == '\r' }) {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		if err := h.take(part); err != nil {
			return Hours{}, err
		}
	}
	if h.IsZero() {
		return Hours{}, fault.New(fault.Invalid, "There are no shifts in it: write them such as Mon-Fri 09:00-17:00, or none.")
	}
	return h, h.checkRoster()
}

// CheckRoster refuses what ParseRoster would.
func CheckRoster(zone, text string) error {
	_, err := ParseRoster(zone, text)
	return err
}

// PlanShifts replaces an agent's planned shifts by what a text says, whatever they were.
// Errors: as of ParseRoster; NotFound.
func (d *Desk) PlanShifts(ctx context.Context, ws bot.WorkspaceID, agent bot.AgentID, zone, text string) error {
	roster, err := ParseRoster(zone, text)
	if err == nil {
		_, err = d.SetRoster(ctx, ws, agent, roster, func(Hours) bool { return true })
	}
	return err
}

// alike makes one of the ways in which people write the same.
var (
	alike  = strings.NewReplacer("；", ";", "，", ",", "、", ",", "：", ":", "–", "-", "—", "-", "－", "-", "~", "-", "～", "-", "至", "-", "到", "-", "星期", "周")
	around = regexp.MustCompile(`\s*-\s*`)
	joined = regexp.MustCompile(`(\p{Han})(\d)`) // 周五9:00
	timed  = regexp.MustCompile(`^(\d{1,2})(?::(\d\d))?-(\d{1,2})(?::(\d\d))?$`)
	dated  = regexp.MustCompile(`^\d{4}-\d\d?-\d\d?$`)
)

// take adds one part: on which days, and when on them.
func (h *Hours) take(part string) error {
	tokens := strings.FieldsFunc(joined.ReplaceAllString(around.ReplaceAllString(part, "-"), "$1 $2"), func(r rune) bool { return r == ' ' || r == '\t' || r == ',' })
	var days []time.Weekday
	var dates []string
	var spans []Span
	off := false
	for _, w := range tokens {
		timely := len(spans) > 0 || off
		switch span, at := timed.FindStringSubmatch(w), strings.ToLower(w); {
		case !timely && dated.MatchString(w):
			t, err := time.Parse("2006-1-2", w)
			if err != nil {
				return fault.Wrap(fault.Invalid, err, "%q is not a date: write 2026-10-01.", w)
			}
			dates = append(dates, t.Format(time.DateOnly))
		case span != nil && !off:
			s := Span{Open: clockOf(span[1], span[2]), Close: clockOf(span[3], span[4])}
			if s.odd() {
				return fault.New(fault.Invalid, "%q is no time from 00:00 to 24:00 that begins before it ends: write a shift past midnight as 22:00-24:00 and, on the next day, 00:00-06:00.", w)
			}
			spans = append(spans, s)
		case !timely && (at == "off" || at == "休" || at == "休息"):
			off = true
		default:
			some, ok := weekdays(at)
			if !ok || timely {
				return fault.New(fault.Invalid, "%q in %q is not understood: write days, then times, such as Mon-Fri 09:00-17:00 or 2026-10-01 off.", w, part)
			}
			days = append(days, some...)
		}
	}
	if len(days)+len(dates) == 0 || len(spans) == 0 && !off {
		return fault.New(fault.Invalid, "%q needs days and times, such as Mon-Fri 09:00-17:00 or 2026-10-01 off.", part)
	}
	for _, d := range days {
		for _, s := range spans {
			s.Day = d
			h.Weeks = append(h.Weeks, s)
		}
	}
	for _, d := range dates {
		h.Holidays = append(h.Holidays, Holiday{Date: d, Spans: slices.Clone(spans)})
	}
	return nil
}

func clockOf(hours, minutes string) time.Duration {
	h, _ := strconv.Atoi(hours) // digits, all of them
	m, _ := strconv.Atoi(minutes)
	if m > 59 {
		return -1
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
}

// weekdays reads one weekday, or from one to another.
func weekdays(w string) (out []time.Weekday, ok bool) {
	first, last, several := strings.Cut(w, "-")
	from, ok := weekday(first)
	if !ok {
		return nil, false
	}
	to := from
	if several {
		if strings.HasPrefix(first, "周") && !strings.HasPrefix(last, "周") {
			last = "周" + last // 周一至五
		}
		if to, ok = weekday(last); !ok {
			return nil, false
		}
	}
	for d := from; ; d = (d + 1) % 7 {
		if out = append(out, d); d == to {
			return out, true
		}
	}
}

// weekday reads Mon, Monday, or 周一.
func weekday(w string) (time.Weekday, bool) {
	if name, ok := strings.CutPrefix(w, "周"); ok {
		i := slices.Index([]string{"日", "一", "二", "三", "四", "五", "六"}, strings.Replace(name, "天", "日", 1))
		return time.Weekday(i), i >= 0
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		if len(w) >= 3 && strings.HasPrefix(strings.ToLower(d.String()), w) {
			return d, true
		}
	}
	return 0, false
}
