package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sentences splits English and Chinese prose into sentences, trimmed, none
// empty, each a substring of s in order. A line break ends a sentence; a full
// stop does so only before a space and not after a common abbreviation, a
// single capital or within a number.
func Sentences(s string) []string {
	var out []string
	start := 0
	cut := func(end int) {
		if t := strings.TrimSpace(s[start:end]); t != "" {
			out = append(out, t)
		}
		start = end
	}
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		end := i + size
		switch {
		case r == '\n':
			cut(end)
		case strings.ContainsRune("。！？；…", r):
			end = closers(s, end, "。！？；…”’」』）】》\"'")
			cut(end)
		case r == '.' || r == '!' || r == '?':
			end = closers(s, end, ".!?\"')]”’")
			if end == len(s) || spaceAt(s, end) && !(r == '.' && abbreviated(s[start:i])) {
				cut(end)
			}
		}
		i = end
	}
	cut(len(s))
	return out
}

// closers moves end past the marks that still belong to the sentence.
func closers(s string, end int, marks string) int {
	for end < len(s) {
		r, size := utf8.DecodeRuneInString(s[end:])
		if !strings.ContainsRune(marks, r) {
			break
		}
		end += size
	}
	return end
}

func spaceAt(s string, i int) bool {
	r, _ := utf8.DecodeRuneInString(s[i:])
	return unicode.IsSpace(r) || unicode.Is(unicode.Han, r)
}

// abbreviated reports whether a full stop after before is likely not the end.
func abbreviated(before string) bool {
	word := before[strings.LastIndexFunc(before, func(r rune) bool { return unicode.IsSpace(r) || r == '(' })+1:]
	switch strings.ToLower(word) {
	case "mr", "mrs", "ms", "dr", "prof", "st", "no", "vs", "etc", "e.g", "i.e", "eg", "ie", "approx", "inc", "ltd", "co", "u.s", "a.m", "p.m", "fig", "dept":
		return true
	}
	r, size := utf8.DecodeRuneInString(word)
	if size == len(word) && unicode.IsUpper(r) {
		return true // an initial
	}
	// "1. Open the app": the number of a list item belongs to what follows.
	return word != "" && strings.TrimSpace(before) == word && strings.IndexFunc(word, func(r rune) bool { return !unicode.IsDigit(r) }) < 0
}
