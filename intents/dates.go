package intents

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	englishMonth = `(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?`
	englishDay   = `(monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tues?|wed|thurs?|fri|sat|sun)`
	count        = `(\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen)`
	countChinese = `(\d{1,3}|[一二两兩三四五六七八九十]{1,3})`
)

var (
	dateYearFirst   = regexp.MustCompile(`(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})[日号號]?)`)
	dateYearLast    = regexp.MustCompile(`(\d{1,2})([/.\-])(\d{1,2})[/.\-](\d{4})`)
	dateMonthFirst  = regexp.MustCompile(`(?i)\b` + englishMonth + `\s+(\d{1,2})(?:st|nd|rd|th)?(?:\s*,?\s+(\d{4}))?\b`)
	dateDayFirst    = regexp.MustCompile(`(?i)\b(\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?` + englishMonth + `(?:\s*,?\s+(\d{4}))?\b`)
	dateChinese     = regexp.MustCompile(`(\d{1,2})月(\d{1,2})[日号號]`)
	dateEnglishWord = regexp.MustCompile(`(?i)\b(the day after tomorrow|the day before yesterday|day after tomorrow|day before yesterday|today|tonight|tomorrow|yesterday|last night)\b`)
	dateChineseWord = regexp.MustCompile(`大后天|大後天|大前天|今天|今日|今晚|今早|明天|明日|明早|明晚|聽日|听日|后天|後天|昨天|昨日|昨晚|琴日|尋日|前天|前日`)
	dateEnglishWeek = regexp.MustCompile(`(?i)\b(?:(last|next|this|coming)\s+)?` + englishDay + `\b`)
	dateChineseWeek = regexp.MustCompile(`(上上|下下|上|下|这|這|本)?(?:个|個)?(?:周|週|星期|礼拜|禮拜)([一二三四五六日天])`)
	dateEnglishAgo  = regexp.MustCompile(`(?i)\b(?:(in)\s+)?` + count + `\s+(day|week|month|year)s?(?:\s+(ago|from now|later|earlier|back))?\b`)
	dateChineseAgo  = regexp.MustCompile(countChinese + `(天|日|周|週|星期|个星期|個星期|礼拜|个礼拜|個禮拜|个月|個月|年)(?:之|以)?(前|后|後)`)
	datePeriod      = regexp.MustCompile(`(?i)\b(last|next|this)\s+(week|month|year)\b|(上个?|上個|下个?|下個|这个?|這個?|本)(周|週|星期|礼拜|禮拜|月)`)
	chineseDigits   = map[rune]int{'一': 1, '二': 2, '两': 2, '兩': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9, '日': 7, '天': 7}
	englishCounts   = map[string]int{"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "fourteen": 14}
	wordDays        = map[string]int{
		"the day after tomorrow": 2, "day after tomorrow": 2, "the day before yesterday": -2, "day before yesterday": -2,
		"today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1, "last night": -1,
		"大后天": 3, "大後天": 3, "大前天": -3, "今天": 0, "今日": 0, "今晚": 0, "今早": 0, "明天": 1, "明日": 1, "明早": 1, "明晚": 1, "聽日": 1, "听日": 1,
		"后天": 2, "後天": 2, "昨天": -1, "昨日": -1, "昨晚": -1, "琴日": -1, "尋日": -1, "前天": -2, "前日": -2,
	}
)

// findDates reads absolute and relative dates. Values are ISO 8601: a day
// "2026-11-23", a week "2026-W48", a month "2026-10" or a year "2025". A date
// without a year is the nearest one; a bare weekday is the next one.
func findDates(s string, now time.Time) []Entity {
	var out []Entity
	add := func(re *regexp.Regexp, value func(m []int) string) {
		for _, e := range each(re, s, func(m []int) (Entity, bool) {
			v := value(m)
			return Entity{Type: EntityDate, Value: v, Start: m[0], End: m[1]}, v != "" && digitsApart(s, m[0], m[1])
		}) {
			if !overlaps(out, e) {
				out = append(out, e)
			}
		}
	}
	num := func(m []int, n int) int { v, _ := strconv.Atoi(group(s, m, n)); return v }
	add(dateYearFirst, func(m []int) string {
		if m[4] >= 0 {
			return ymd(num(m, 1), num(m, 2), num(m, 3))
		}
		return ymd(num(m, 1), num(m, 4), num(m, 5))
	})
	add(dateYearLast, func(m []int) string {
		a, b, y := num(m, 1), num(m, 3), num(m, 4)
		if group(s, m, 2) == "/" && a <= 12 {
			return ymd(y, a, b) // 11/23/2026, as Americans write
		}
		return ymd(y, b, a)
	})
	add(dateMonthFirst, func(m []int) string { return monthDay(monthOf(group(s, m, 1)), num(m, 2), num(m, 3), now) })
	add(dateDayFirst, func(m []int) string { return monthDay(monthOf(group(s, m, 2)), num(m, 1), num(m, 3), now) })
	add(dateChinese, func(m []int) string { return monthDay(num(m, 1), num(m, 2), 0, now) })
	word := func(m []int) string {
		return day(now.AddDate(0, 0, wordDays[strings.ToLower(s[m[0]:m[1]])]))
	}
	add(dateEnglishWord, word)
	add(dateChineseWord, word)
	add(dateEnglishAgo, func(m []int) string {
		n, ok := englishCounts[strings.ToLower(group(s, m, 2))]
		if !ok {
			n = num(m, 2)
		}
		after := strings.ToLower(group(s, m, 4))
		switch {
		case after == "ago" || after == "earlier" || after == "back":
			n = -n
		case group(s, m, 1) == "" && after == "":
			return "" // "for three days" is a stretch, not a day
		}
		return shifted(now, n, strings.ToLower(group(s, m, 3)))
	})
	add(dateChineseAgo, func(m []int) string {
		n := chineseNumber(group(s, m, 1))
		if group(s, m, 3) == "前" {
			n = -n
		}
		unit := "week"
		switch u := group(s, m, 2); {
		case u == "天" || u == "日":
			unit = "day"
		case strings.HasSuffix(u, "月"):
			unit = "month"
		case u == "年":
			unit = "year"
		}
		return shifted(now, n, unit)
	})
	add(dateEnglishWeek, func(m []int) string {
		name := strings.ToLower(group(s, m, 2))
		weeks := map[string]int{"last": -1, "next": 1}[strings.ToLower(group(s, m, 1))]
		bare := group(s, m, 1) == "" || strings.EqualFold(group(s, m, 1), "coming")
		if bare && len(name) <= 4 && !strings.HasSuffix(strings.ToLower(s[:m[0]]), "on ") {
			return "" // "sun", "sat", "wed" are words of their own
		}
		return weekday(now, strings.Index("montuewedthufrisatsun", name[:3])/3+1, weeks, bare)
	})
	add(dateChineseWeek, func(m []int) string {
		weeks := map[string]int{"上": -1, "上上": -2, "下": 1, "下下": 2}[group(s, m, 1)]
		return weekday(now, chineseDigits[[]rune(group(s, m, 2))[0]], weeks, group(s, m, 1) == "")
	})
	add(datePeriod, func(m []int) string {
		way, unit := strings.ToLower(group(s, m, 1)), strings.ToLower(group(s, m, 2))
		if way == "" {
			way, unit = group(s, m, 3), "week"
			if group(s, m, 4) == "月" {
				unit = "month"
			}
		}
		n := 0
		switch {
		case way == "last" || strings.HasPrefix(way, "上"):
			n = -1
		case way == "next" || strings.HasPrefix(way, "下"):
			n = 1
		}
		switch unit {
		case "week":
			y, w := now.AddDate(0, 0, 7*n).ISOWeek()
			return fmt.Sprintf("%04d-W%02d", y, w)
		case "month":
			return time.Date(now.Year(), now.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC).Format("2006-01")
		}
		return strconv.Itoa(now.Year() + n)
	})
	return out
}

// digitsApart keeps a date from being read out of the middle of a longer number.
func digitsApart(s string, start, end int) bool {
	isDigit := func(c byte) bool { return '0' <= c && c <= '9' }
	return (start == 0 || !isDigit(s[start]) || !isAlnum(s[start-1]) && s[start-1] != '-') &&
		(end == len(s) || !isDigit(s[end-1]) || !isAlnum(s[end]) && s[end] != '-')
}

func day(t time.Time) string { return t.Format("2006-01-02") }

// ymd is "" for a day that the calendar does not have.
func ymd(y, m, d int) string {
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if t.Year() != y || int(t.Month()) != m || t.Day() != d || y < 1900 || y > 2200 {
		return ""
	}
	return day(t)
}

func monthDay(m, d, y int, now time.Time) string {
	if y != 0 {
		return ymd(y, m, d)
	}
	best, bestGap := "", time.Duration(0)
	for _, y := range []int{now.Year() - 1, now.Year(), now.Year() + 1} {
		v := ymd(y, m, d)
		if v == "" {
			continue
		}
		gap := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC).Sub(now).Abs()
		if best == "" || gap < bestGap {
			best, bestGap = v, gap
		}
	}
	return best
}

func monthOf(name string) int {
	return strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", strings.ToLower(name)[:3])/3 + 1
}

// weekday is the given day (Monday 1 … Sunday 7) of this week shifted by weeks;
// bare means the next one that is not today.
func weekday(now time.Time, want, weeks int, bare bool) string {
	today := int(now.Weekday()+6)%7 + 1
	if bare {
		return day(now.AddDate(0, 0, (want-today+6)%7+1))
	}
	return day(now.AddDate(0, 0, want-today+7*weeks))
}

func shifted(now time.Time, n int, unit string) string {
	switch unit {
	case "day":
		return day(now.AddDate(0, 0, n))
	case "week":
		return day(now.AddDate(0, 0, 7*n))
	case "month":
		return day(now.AddDate(0, n, 0))
	}
	return day(now.AddDate(n, 0, 0))
}

// chineseNumber reads 1 to 99 in digits or characters.
func chineseNumber(s string) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	n, last := 0, 0
	for _, r := range s {
		if r == '十' {
			n += max(1, last) * 10
			last = 0
			continue
		}
		last = chineseDigits[r]
	}
	return n + last
}
