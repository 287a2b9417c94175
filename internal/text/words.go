package text

import (
	"iter"
	"unicode"
	"unicode/utf8"
)

// Word is a run of letters and digits, or of Han characters without a break.
type Word struct {
	Text  string
	Start int // byte offset in the text
	Han   bool
}

// Words yields the runs of s in order. An apostrophe between letters belongs
// to the word; everything else that is neither letter, digit nor mark parts
// words, and so does the border between Han and other scripts.
func Words(s string) iter.Seq[Word] {
	return func(yield func(Word) bool) {
		start, han := -1, false
		for i, r := range s {
			isHan := unicode.Is(unicode.Han, r)
			part := isHan || wordRune(r) || (r == '\'' && start >= 0 && !han && apostropheJoins(s[i:]))
			if start >= 0 && (!part || isHan != han) {
				if !yield(Word{Text: s[start:i], Start: start, Han: han}) {
					return
				}
				start = -1
			}
			if part && start < 0 {
				start, han = i, isHan
			}
		}
		if start >= 0 {
			yield(Word{Text: s[start:], Start: start, Han: han})
		}
	}
}

func wordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

func apostropheJoins(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest[1:])
	return wordRune(r) && !unicode.Is(unicode.Han, r)
}
