package text

import "unicode"

// Language returns "zh" or "en" for a text written in Chinese or in Latin
// letters, and "" when it has no letters or most are of another script
// (kana, hangul, Cyrillic …).
//
// A Han character says about as much as three Latin letters, so Chinese with a
// few English product names stays Chinese.
func Language(s string) string {
	var han, latin, other int
	for _, r := range s {
		switch {
		case r < 'A':
		case r <= 'z':
			if unicode.IsLetter(r) {
				latin++
			}
		case unicode.Is(unicode.Han, r):
			han++
		case unicode.Is(unicode.Latin, r):
			latin++
		case unicode.IsLetter(r):
			other++
		}
	}
	switch {
	case han+latin+other == 0:
		return ""
	case 3*other > 3*han+latin || (other > 0 && 4*other > han && latin == 0):
		return "" // Japanese carries Han too: a quarter of kana tells
	case 3*han >= latin && han > 0:
		return "zh"
	}
	return "en"
}
