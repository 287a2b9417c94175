package intents

import (
	"regexp"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// Telephone numbers by the form in which people of a country write them. Without
// a country code only forms that one country has are read: a wrong number is
// worse than none.
var (
	phoneInternational = regexp.MustCompile(`(?:\+|\b00)[1-9]\d{0,2}(?:[\s\-.()]{0,2}\d){6,12}`)
	phoneChinaMobile   = regexp.MustCompile(`1[3-9]\d[\s\-]?\d{4}[\s\-]?\d{4}`)
	phoneChinaFixed    = regexp.MustCompile(`\(?0[1-9]\d{1,2}[)\s\-]{1,2}\d{7,8}`)
	phoneChinaService  = regexp.MustCompile(`[48]00[\s\-]?\d{3}[\s\-]?\d{4}`)
	phoneNorthAmerica  = regexp.MustCompile(`(?:1[\s\-.])?\(?[2-9]\d{2}\)?[\s\-.]{1,2}[2-9]\d{2}[\s\-.]\d{4}`)
	phoneTaiwanMobile  = regexp.MustCompile(`09\d{2}[\s\-]?\d{3}[\s\-]?\d{3}`)
	phoneBritainMobile = regexp.MustCompile(`07\d{3}[\s\-]?\d{3}[\s\-]?\d{3}`)
	phoneTenDigits     = regexp.MustCompile(`[2-9]\d{2}[2-9]\d{6}`)
	phoneWord          = regexp.MustCompile(`(?i)(?:phone|call|mobile|cell|tel|ring|text|whatsapp)[^.!?\n]{0,24}$`)
)

func findPhones(s string, _ time.Time) []Entity {
	var out []Entity
	read := func(re *regexp.Regexp, value func(digits string, m []int) string) {
		for _, e := range each(re, s, func(m []int) (Entity, bool) {
			v := value(digitsOf(s[m[0]:m[1]]), m)
			ok := len(v) >= 9 && len(v) <= 16 && bounded(s, m[0], m[1])
			return Entity{Type: EntityPhone, Value: v, Start: m[0], End: m[1]}, ok
		}) {
			if !overlaps(out, e) {
				out = append(out, e)
			}
		}
	}
	read(phoneInternational, func(d string, m []int) string {
		if s[m[0]] != '+' {
			d = strings.TrimPrefix(d, "00")
		}
		return "+" + d
	})
	read(phoneChinaMobile, func(d string, _ []int) string { return "+86" + d })
	read(phoneTaiwanMobile, func(d string, _ []int) string { return "+886" + d[1:] })
	read(phoneBritainMobile, func(d string, _ []int) string { return "+44" + d[1:] })
	chinese := text.Language(s) == "zh"
	read(phoneChinaService, func(d string, _ []int) string {
		if d[0] == '4' || chinese {
			return "+86" + d
		}
		return "+1" + d // 800 is toll-free in North America too
	})
	read(phoneChinaFixed, func(d string, _ []int) string { return "+86" + d[1:] })
	read(phoneNorthAmerica, func(d string, _ []int) string { return "+1" + strings.TrimPrefix(d, "1") })
	read(phoneTenDigits, func(d string, m []int) string {
		if !phoneWord.MatchString(s[:m[0]]) {
			return ""
		}
		return "+1" + d
	})
	return out
}
