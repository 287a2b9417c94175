package text

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// t2s holds pairs of a traditional character and its simplified form; its
// header names origin and licence.
//
//go:embed t2s.txt
var t2s string

// variants are folded for searching only: people write them for one another
// although a careful conversion must not.
const variants = "帐账著着妳你祂他牠它佈布唸念份分" // pairs: written, folded

// tables are the character maps, built at first use.
type tables struct{ simplified, folded map[rune]rune }

var loadTables = sync.OnceValue(func() tables {
	t := tables{simplified: make(map[rune]rune, 3000), folded: make(map[rune]rune, 3000)}
	for line := range strings.Lines(t2s) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		addPairs(t.simplified, strings.TrimSpace(line))
	}
	for from, to := range t.simplified {
		t.folded[from] = to
	}
	addPairs(t.folded, variants)
	// A character may lead to a variant by way of its simplified form: 帳 → 帐 → 账.
	for from, to := range t.folded {
		if next, ok := t.folded[to]; ok {
			t.folded[from] = next
		}
	}
	return t
})

func addPairs(m map[rune]rune, pairs string) {
	var from rune
	second := false
	for _, r := range pairs {
		if second {
			m[from] = r
		}
		from, second = r, !second
	}
}

// Fold returns the form in which texts are compared: NFKC (full-width letters
// and digits become plain ones), lower case, simplified characters, common
// character variants joined, soft hyphens and zero-width characters dropped.
// Folding twice changes nothing. Invalid UTF-8 becomes U+FFFD.
func Fold(s string) string {
	if isPlain(s) {
		return strings.ToLower(s)
	}
	t := loadTables()
	s = norm.NFKC.String(strings.ToValidUTF8(s, "\uFFFD"))
	folded := strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf {
			if 'A' <= r && r <= 'Z' {
				r += 'a' - 'A'
			}
			return r
		}
		if invisible(r) {
			return -1
		}
		switch r {
		case '’', '‘', '＇', 'ʼ':
			return '\''
		}
		if to, ok := t.folded[r]; ok {
			return to
		}
		return unicode.ToLower(r)
	}, s)
	// Lower case may leave a composed form apart (İ becomes i and a dot).
	return norm.NFKC.String(folded)
}

// Simplify replaces traditional Chinese characters by simplified ones, one for
// one, and leaves everything else as it is.
func Simplify(s string) string {
	if isPlain(s) {
		return s
	}
	t := loadTables()
	return strings.Map(func(r rune) rune {
		if to, ok := t.simplified[r]; ok {
			return to
		}
		return r
	}, s)
}

func isPlain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// invisible reports characters that change how a text looks at most, never
// what it says: they arrive with text copied from pages and messengers.
func invisible(r rune) bool {
	switch {
	case r == '\u00AD', r == '\uFEFF', r >= '\u200B' && r <= '\u200F', r >= '\u2060' && r <= '\u2064',
		r >= '\uFE00' && r <= '\uFE0F':
		return true
	}
	return false
}
