package intents

import (
	"regexp"
	"sort"
	"strings"
	"time"
	"unicode/utf8"
)

// Extract finds typed values in a text of either language. now is the visitor's
// "today" for relative dates. Values do not overlap; where two types could read
// the same characters, the more certain one does: an address before a number
// with "order" beside it, before money, date, telephone and a bare number.
func Extract(s string, now time.Time) []Entity {
	plain, at := narrow(s)
	var found []Entity
	for _, find := range []func(string, time.Time) []Entity{findEmails, findNamedOrders, findMoney, findDates, findPhones, findBareOrders} {
		for _, e := range find(plain, now) {
			if !overlaps(found, e) {
				found = append(found, e)
			}
		}
	}
	sort.Slice(found, func(a, b int) bool { return found[a].Start < found[b].Start })
	for i := range found {
		found[i].Start, found[i].End = at[found[i].Start], at[found[i].End]
		found[i].Text = s[found[i].Start:found[i].End]
	}
	return found
}

// narrow turns full-width letters, digits and signs into plain ones, as Chinese
// keyboards make them; at maps byte offsets of the result to those of s.
func narrow(s string) (string, []int) {
	var b strings.Builder
	at := make([]int, 0, len(s)+1)
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		before := b.Len()
		switch {
		case r >= 0xFF01 && r <= 0xFF5E && r != '，' && r != '！' && r != '？' && r != '；':
			b.WriteRune(r - 0xFEE0)
		case r == 0x3000:
			b.WriteByte(' ')
		default:
			b.WriteString(s[i : i+size]) // broken UTF-8 stays what it is
		}
		if b.Len()-before == size {
			for k := range size {
				at = append(at, i+k)
			}
		} else {
			at = append(at, i)
		}
		i += size
	}
	return b.String(), append(at, len(s))
}

func overlaps(found []Entity, e Entity) bool {
	for _, f := range found {
		if e.Start < f.End && f.Start < e.End {
			return true
		}
	}
	return false
}

// each calls make with the offsets of every match; ok false drops it.
func each(re *regexp.Regexp, s string, make func(m []int) (Entity, bool)) []Entity {
	var out []Entity
	for _, m := range re.FindAllStringSubmatchIndex(s, -1) {
		if e, ok := make(m); ok {
			out = append(out, e)
		}
	}
	return out
}

// group is the text of a submatch, "" when it did not take part.
func group(s string, m []int, n int) string {
	if m[2*n] < 0 {
		return ""
	}
	return s[m[2*n]:m[2*n+1]]
}

// bounded reports that no letter, digit or sign of a longer number touches the
// stretch.
func bounded(s string, start, end int) bool {
	if start > 0 {
		if c := s[start-1]; isAlnum(c) || c == '.' || c == '@' || c == '_' || (c == '-' && start > 1 && isAlnum(s[start-2])) {
			return false
		}
	}
	if end < len(s) {
		if c := s[end]; isAlnum(c) || c == '@' || c == '_' {
			return false
		}
		if c := s[end]; (c == '.' || c == '-') && end+1 < len(s) && isAlnum(s[end+1]) {
			return false
		}
	}
	return true
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

var emailPattern = regexp.MustCompile(`(?i)[a-z0-9][a-z0-9._%+\-]{0,63}@(?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}`)

func findEmails(s string, _ time.Time) []Entity {
	return each(emailPattern, s, func(m []int) (Entity, bool) {
		value := strings.ToLower(s[m[0]:m[1]])
		return Entity{Type: EntityEmail, Value: value, Start: m[0], End: m[1]}, !strings.Contains(value, "..") && !strings.Contains(value, ".@")
	})
}

var (
	orderEnglish = regexp.MustCompile(`(?i)\b(order|purchase|parcel|package|shipment|tracking|delivery|booking|reservation)s?(\s+(?:number|num|no|nr|id|code|ref|reference))?\.?(?:\s+is)?\s*([:#=]?)\s*#?(\d{3,}(?: \d{3,})+|[a-z0-9][a-z0-9\-]{2,31})`)
	orderChinese = regexp.MustCompile(`(?:订单|訂單|单号|單號|运单|運單|包裹|快递|快遞|物流|预约|預約|预订|預訂)(?:编号|編號|号码|號碼|单号|單號|号|號)?\s*(?:是|为|為|叫)?\s*[:#]?\s*#?([A-Za-z0-9][A-Za-z0-9\-]{3,31})`)
	orderBare    = regexp.MustCompile(`#\d{4,20}|\b[A-Za-z]{1,5}-?\d{5,20}\b|\b1Z[0-9A-Z]{16}\b|\b\d{8,25}\b`)
	dateLike     = regexp.MustCompile(`^\d{4}-\d{1,2}-\d{1,2}$|^\d{1,2}-\d{1,2}-\d{4}$`)
	yearLike     = regexp.MustCompile(`^(?:19|20)\d\d$`)
)

// orderValue normalizes and judges an order number: at least three digits, not a
// date.
func orderValue(raw string) (string, bool) {
	v := strings.ToUpper(strings.ReplaceAll(strings.TrimLeft(strings.TrimRight(raw, "-"), "#"), " ", ""))
	return v, len(digitsOf(v)) >= 3 && !dateLike.MatchString(v)
}

func findNamedOrders(s string, _ time.Time) []Entity {
	out := each(orderEnglish, s, func(m []int) (Entity, bool) {
		v, ok := orderValue(group(s, m, 4))
		// "order 2024" names a year as likely as an order, unless it says "number".
		if yearLike.MatchString(v) && group(s, m, 2) == "" && group(s, m, 3) == "" {
			ok = false
		}
		return Entity{Type: EntityOrder, Value: v, Start: m[8], End: m[9]}, ok && bounded(s, m[8], m[9])
	})
	return append(out, each(orderChinese, s, func(m []int) (Entity, bool) {
		v, ok := orderValue(group(s, m, 1))
		return Entity{Type: EntityOrder, Value: v, Start: m[2], End: m[3]}, ok
	})...)
}

func findBareOrders(s string, _ time.Time) []Entity {
	return each(orderBare, s, func(m []int) (Entity, bool) {
		v, ok := orderValue(s[m[0]:m[1]])
		return Entity{Type: EntityOrder, Value: v, Start: m[0], End: m[1]}, ok && bounded(s, m[0], m[1])
	})
}
