package intents

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const amount = `(\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d{1,12}(?:\.\d{1,2})?)`

var (
	moneyBefore = regexp.MustCompile(`(?i)(us\$|hk\$|nt\$|a\$|c\$|s\$|\$|€|£|¥|￥|\b(?:usd|eur|gbp|cny|rmb|hkd|twd|ntd|jpy|aud|cad|sgd))\s?` + amount + `(\s?[kK]\b|\s?[万萬千])?`)
	moneyAfter  = regexp.MustCompile(`(?i)` + amount + `(\s?[kK]|\s?[万萬千百])?\s?(us dollars?|dollars?|bucks?|usd|euros?|eur|€|pounds?|quid|gbp|£|yuan|rmb|cny|kuai|yen|jpy|hkd|twd|人民币|人民幣|美元|美金|美刀|刀|欧元|歐元|英镑|英鎊|港币|港幣|港元|蚊|新台币|新台幣|台币|台幣|日元|日圆|日圓|块钱|塊錢|块|塊|元|圆|圓)(\d)?`)
	moneyCodes  = map[string]string{
		"$": "USD", "us$": "USD", "usd": "USD", "dollar": "USD", "dollars": "USD", "us dollar": "USD", "us dollars": "USD", "buck": "USD", "bucks": "USD", "美元": "USD", "美金": "USD", "美刀": "USD", "刀": "USD",
		"€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "欧元": "EUR", "歐元": "EUR",
		"£": "GBP", "gbp": "GBP", "pound": "GBP", "pounds": "GBP", "quid": "GBP", "英镑": "GBP", "英鎊": "GBP",
		"¥": "CNY", "￥": "CNY", "cny": "CNY", "rmb": "CNY", "yuan": "CNY", "kuai": "CNY", "人民币": "CNY", "人民幣": "CNY", "块钱": "CNY", "塊錢": "CNY", "块": "CNY", "塊": "CNY", "元": "CNY", "圆": "CNY", "圓": "CNY",
		"hk$": "HKD", "hkd": "HKD", "港币": "HKD", "港幣": "HKD", "港元": "HKD", "蚊": "HKD",
		"nt$": "TWD", "twd": "TWD", "ntd": "TWD", "新台币": "TWD", "新台幣": "TWD", "台币": "TWD", "台幣": "TWD",
		"jpy": "JPY", "yen": "JPY", "日元": "JPY", "日圆": "JPY", "日圓": "JPY",
		"a$": "AUD", "aud": "AUD", "c$": "CAD", "cad": "CAD", "s$": "SGD", "sgd": "SGD",
	}
)

// findMoney reads amounts with their currency; "¥" is yuan, "$" is US dollars.
func findMoney(s string, _ time.Time) []Entity {
	out := each(moneyBefore, s, func(m []int) (Entity, bool) {
		return money(group(s, m, 2), group(s, m, 3), group(s, m, 1), "", m[0], m[1])
	})
	return append(out, each(moneyAfter, s, func(m []int) (Entity, bool) {
		unit, end := strings.ToLower(group(s, m, 3)), m[1]
		next, _ := utf8.DecodeRuneInString(s[end:])
		tenths := group(s, m, 4)
		switch unit {
		case "块", "塊":
			// 三块五 is money, 三块蛋糕 is cake.
			if tenths == "" && isHan(next) && !strings.ContainsRune("的了吧吗嗎呢啊多左整退优優给給就能行可都我你对對是和", next) {
				return Entity{}, false
			}
		case "元":
			if strings.ContainsRune("旦素宵件器老首年气氣", next) && next != utf8.RuneError {
				return Entity{}, false
			}
		case "刀", "蚊":
			if isHan(next) {
				return Entity{}, false
			}
		default:
			if c := unit[len(unit)-1]; c < utf8.RuneSelf && tenths == "" && end < len(s) && isAlnum(s[end]) {
				return Entity{}, false // "5 europeans"
			}
		}
		if tenths != "" && unit != "块" && unit != "塊" {
			tenths, end = "", end-1
		}
		if m[0] > 0 && (isAlnum(s[m[0]-1]) || s[m[0]-1] == '.') {
			return Entity{}, false
		}
		return money(group(s, m, 1), group(s, m, 2), unit, tenths, m[0], end)
	})...)
}

func money(number, factor, unit, tenths string, start, end int) (Entity, bool) {
	v, err := strconv.ParseFloat(strings.ReplaceAll(number, ",", ""), 64)
	code := moneyCodes[strings.ToLower(unit)]
	if err != nil || code == "" {
		return Entity{}, false
	}
	switch strings.ToLower(strings.TrimSpace(factor)) {
	case "k", "千":
		v *= 1e3
	case "万", "萬":
		v *= 1e4
	case "百":
		v *= 100
	}
	if tenths != "" {
		t, _ := strconv.Atoi(tenths)
		v += float64(t) / 10
	}
	return Entity{Type: EntityMoney, Value: fmt.Sprintf("%s %.2f", code, math.Round(v*100)/100), Start: start, End: end}, true
}

func isHan(r rune) bool { return r >= 0x4E00 && r <= 0x9FFF }
