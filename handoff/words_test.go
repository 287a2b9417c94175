package handoff

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // zones on machines that have none
)

func TestSentences(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{sayWaiting("en", Place{Position: 2, Wait: 4 * time.Minute}), "You're 2nd in line, about 4 minutes. You can keep writing; they will see it."},
		{sayWaiting("zh", Place{Position: 2, Wait: 4 * time.Minute}), "您排在第 2 位，大约 4 分钟。可以先把问题写下来，客服会看到。"},
		{sayWaiting("en", Place{Position: 11}), "You're 11th in line. You can keep writing; they will see it."},
		{standing("zh", Place{Position: 3}), "您排在第 3 位。"},
		{standing("en", Place{Position: 21, Wait: 20 * time.Second}), "You're 21st in line, less than a minute."},
		{standing("en", Place{Position: 3, Wait: 70 * time.Second}), "You're 3rd in line, about a minute."},
		{standing("en", Place{Position: 113, Wait: 33 * time.Minute}), "You're 113th in line, about 35 minutes."},
		{standing("zh", Place{Position: 9, Wait: 170 * time.Minute}), "您排在第 9 位，大约 3 小时。"},
		{sayLost("en", "Lin", true), "Lin's connection dropped. You keep your place; someone else is on the way."},
		{sayLost("zh", "Lin", true), "客服 Lin 的连接中断了，您的位置保留，马上有同事接替。"},
	} {
		if c.got != c.want {
			t.Errorf("got  %s\nwant %s", c.got, c.want)
		}
	}
	// Without a colleague there, none is promised.
	if s := sayLost("en", "Lin", false); strings.Contains(s, "on the way") {
		t.Errorf("%q promises somebody", s)
	}
}

func TestOpens(t *testing.T) {
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	at := func(d, h int) time.Time { return time.Date(2026, 12, d, h, 0, 0, 0, shanghai) }
	for _, c := range []struct {
		opens, now time.Time
		en, zh     string
	}{
		{at(30, 9), at(30, 8), "from 09:00 today", "今天 09:00"},
		{at(31, 9), at(30, 20), "from 09:00 tomorrow", "明天 09:00"},
		{at(32, 9), at(31, 23).UTC(), "from 09:00 tomorrow", "明天 09:00"}, // New Year, seen from UTC
		{at(34, 9), at(31, 23), "from 09:00 on Sunday", "周日 09:00"},
	} {
		if got := opens("en", c.opens, c.now); got != c.en {
			t.Errorf("%v at %v: %q, want %q", c.opens, c.now, got, c.en)
		}
		if got := opens("zh", c.opens, c.now); got != c.zh {
			t.Errorf("%v at %v: %q, want %q", c.opens, c.now, got, c.zh)
		}
	}
	if got := opens("en", time.Time{}, noon); got != "" {
		t.Errorf("unknown: %q", got)
	}
}

func TestHours(t *testing.T) {
	h := Hours{Zone: "Europe/Berlin", Weeks: []Span{
		{Day: time.Monday, Open: 9 * time.Hour, Close: 12 * time.Hour},
		{Day: time.Monday, Open: 13 * time.Hour, Close: 24 * time.Hour},
		{Day: time.Sunday, Open: 9*time.Hour + 30*time.Minute, Close: 10 * time.Hour},
	}}
	if err := h.check(); err != nil {
		t.Fatal(err)
	}
	berlin := h.location()
	at := func(d, hour, min int) time.Time { return time.Date(2026, 3, d, hour, min, 0, 0, berlin).UTC() }
	for _, c := range []struct {
		at   time.Time
		open bool
		next time.Time
	}{
		{at(30, 9, 0), true, at(30, 13, 0)},
		{at(30, 12, 0), false, at(30, 13, 0)},
		{at(30, 23, 59), true, at(36, 9, 30)},
		{at(31, 0, 0), false, at(36, 9, 30)},
		{at(29, 9, 30), true, at(30, 9, 0)},   // the clocks went forward this morning
		{at(28, 23, 0), false, at(29, 9, 30)}, // half past nine is still half past nine
	} {
		if h.Open(c.at) != c.open {
			t.Errorf("open at %v: %v", c.at, !c.open)
		}
		if got := h.Next(c.at); !got.Equal(c.next) {
			t.Errorf("next after %v: %v, want %v", c.at, got, c.next)
		}
	}
	var always Hours
	if !always.Always() || always.Open(noon) || !always.Next(noon).IsZero() {
		t.Error("hours that are not set promise nothing")
	}
}
