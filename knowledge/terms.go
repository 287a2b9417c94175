package knowledge

import (
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/text"
	"github.com/kljensen/snowball/english"
)

// term is a unit of the lexical arm: the stem of a word, a Han character, or two
// neighbouring ones.
type term struct {
	text   string
	word   string  // as typed, folded; "" for Han
	next   string  // the word after it, left out or not; "" at the end and before Han
	weight float32 // 1, less for words that questions are made of and answers are not
}

// Weights of function words in questions. They stay searchable (a page may be
// about "how") yet hardly decide.
const (
	weightPlain = 1
	weightFrame = .25 // "how do I", "please", "怎么"
	weightHan   = .4  // of single characters: synonyms often share one, 退货 and 退款
)

// termsOf yields the terms of a text in order, repeated ones too. Words that
// carry no meaning of their own are left out.
func termsOf(s string) []term {
	var out []term
	last := -1 // the word before, when it is in out
	for w := range text.Words(text.Fold(text.Mainland(s))) {
		if last >= 0 && !w.Han {
			out[last].next = w.Text
		}
		last = -1
		if w.Han {
			out = hanTerms(out, w.Text)
			continue
		}
		word := strings.TrimSuffix(w.Text, "'s")
		if word == "" || len(word) > 64 || stopWord(word) {
			continue
		}
		weight := float32(weightPlain)
		if frameWord(word) {
			weight = weightFrame
		}
		out = append(out, term{text: english.Stem(strings.ReplaceAll(word, "'", ""), true), word: word, weight: weight})
		last = len(out) - 1
	}
	return out
}

// hanTerms appends the characters of a run and its bigrams. Bigrams need no
// dictionary and find what a segmenter would cut differently in question and
// answer.
func hanTerms(out []term, run string) []term {
	framed := frames(run)
	previous, n := 0, 0
	for i, r := range run {
		end := i + utf8.RuneLen(r)
		single := float32(weightHan)
		if len(framed) == 1 {
			single = weightPlain
		}
		if framed[n] {
			single *= weightFrame
		}
		out = append(out, term{text: run[i:end], weight: single})
		if n > 0 {
			weight := float32(weightPlain)
			if framed[n-1] || framed[n] {
				weight = weightFrame
			}
			out = append(out, term{text: run[previous:end], weight: weight})
		}
		previous = i
		n++
	}
	return out
}

// frames marks the characters of a run that belong to a phrase which frames a
// question instead of naming its subject.
func frames(run string) []bool {
	marks := make([]bool, 0, len(run)/3)
	skip := 0
	for i := range run {
		if skip == 0 {
			skip = framePhrase(run[i:])
		}
		marks = append(marks, skip > 0)
		if skip > 0 {
			skip--
		}
	}
	return marks
}
