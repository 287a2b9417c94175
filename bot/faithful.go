package bot

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// What must survive a translation as it is. Chinese has no spaces, so nothing here
// goes by word boundaries.
var (
	addressForm = regexp.MustCompile(`(?:https?://|www\.)[-a-zA-Z0-9._~:/?#@!$&*+=%]+[-a-zA-Z0-9_~/#=%]|[-a-zA-Z0-9._+]+@[-a-zA-Z0-9]+(?:\.[-a-zA-Z0-9]+)+`)
	codeForm    = regexp.MustCompile(`[a-zA-Z]+(?:[-_/]?[a-zA-Z]*)*[-_/]?[0-9][-_/a-zA-Z0-9]*|[0-9]+[-_/][-_/0-9]*[a-zA-Z][-_/a-zA-Z0-9]*`)
	numberForm  = regexp.MustCompile(`[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?`)
)

// lost returns addresses, codes and numbers of words that do not stand in their
// translation, each once, in the order of the words; nil: none.
func lost(words, out string) []string {
	plain, bare := text.Fold(out), compact(out)
	numbers := map[string]bool{}
	for _, n := range numberForm.FindAllString(plain, -1) {
		numbers[strings.ReplaceAll(n, ",", "")] = true
	}
	var missing []string
	miss := func(what string) {
		if !slices.Contains(missing, what) {
			missing = append(missing, what)
		}
	}
	rest := addressForm.ReplaceAllStringFunc(narrow(words), func(a string) string {
		if !strings.Contains(plain, text.Fold(a)) {
			miss(a)
		}
		return " "
	})
	rest = codeForm.ReplaceAllStringFunc(rest, func(c string) string {
		if !strings.Contains(bare, compact(c)) {
			miss(c)
		}
		return " "
	})
	for _, n := range numberForm.FindAllString(rest, -1) {
		grouped := len(n) > 2 && !strings.Contains(n, ".") && strings.Contains(bare, compact(n)) // 138 0013 8000, written as one
		if !numbers[strings.ReplaceAll(n, ",", "")] && !grouped {
			miss(n)
		}
	}
	return missing
}

// narrow makes full-width letters, digits and signs plain ones, and leaves the rest.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			return r - '！' + '!'
		}
		return r
	}, s)
}

// compact keeps Latin letters and digits: "iPhone 15" and "iphone-15" are one code.
func compact(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text.Fold(s))
}

// speaks reports whether there is anything to translate beside addresses, codes and
// numbers.
func speaks(words string) bool {
	rest := codeForm.ReplaceAllString(addressForm.ReplaceAllString(narrow(words), " "), " ")
	return strings.ContainsFunc(rest, unicode.IsLetter)
}

// likeTranslation reports whether what a model wrote can be a translation of words
// into a language at all: in that language, of a length to be expected, and without
// an address that the words do not have. A model that follows orders hidden in the
// words, answers them or rambles fails here more often than not.
func likeTranslation(words, out, to string) bool {
	if l := text.Language(addressForm.ReplaceAllString(out, " ")); out == "" || l != "" && l != to {
		return false
	}
	// A Han character is four or five Latin letters of English; the rest is leeway.
	if utf8.RuneCountInString(out) > 8*utf8.RuneCountInString(words)+100 {
		return false
	}
	folded := text.Fold(words)
	for _, a := range addressForm.FindAllString(text.Fold(out), -1) {
		if !strings.Contains(folded, a) {
			return false
		}
	}
	return true
}
