package knowledge

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/index"
	"github.com/frontdesk-chat/frontdesk/internal/text"
	"github.com/kljensen/snowball/english"
)

// speller takes words for others that the documents have.
type speller struct {
	*index.Index
	tokens func(string) int // by the embedding model's tokenizer; nil: every word may be misspelled
	looked int              // words and characters that others were looked for in place of, see maxLooked
}

// Bounds of the work on one question: 100,000 chunks in, a word or syllable costs
// some tenths of a millisecond.
const (
	maxCorrected = 200 // characters; a longer question says enough
	maxLooked    = 12  // unknown words, and characters beside none they stand beside elsewhere
	maxAlike     = 24  // characters of one sound, those that most rows have
)

// look reports whether there is work left to look for another word or character.
func (x *speller) look() bool {
	x.looked++
	return x.looked <= maxLooked
}

// word reports whether the tokenizer has a word, or two characters, in one piece:
// it was made of what people write, and a slip is hardly among that.
func (x *speller) word(s string) bool { return x.tokens != nil && x.tokens(s) <= x.tokens("a") }

// meant returns a question as it was most likely meant, going by the words that
// the documents have: Chinese typed in pinyin, a character in the place of one that
// sounds alike, a misspelled word. What cannot be told stays as it is.
func (x *speller) meant(question string) string {
	if utf8.RuneCountInString(question) > maxCorrected {
		return question
	}
	words := slices.Collect(text.Words(question))
	var b strings.Builder
	at := 0   // of question, up to where it is written
	told := 0 // words before this are no pinyin
	replace := func(start, end int, by string) {
		b.WriteString(question[at:start])
		b.WriteString(by)
		at = end
	}
	for i := 0; i < len(words); i++ {
		w := words[i]
		end := w.Start + len(w.Text)
		if w.Han {
			if by := x.misheard(w.Text); by != w.Text {
				replace(w.Start, end, by)
			}
			continue
		}
		if i >= told {
			by, n := x.spelledOut(question, words[i:])
			if by != "" {
				i += n - 1
				replace(w.Start, words[i].Start+len(words[i].Text), by)
				continue
			}
			told = i + n
		}
		next := ""
		if i+1 < len(words) && !words[i+1].Han {
			next = text.Fold(words[i+1].Text)
		}
		if by := x.misspelled(text.Fold(w.Text), next); by != "" {
			replace(w.Start, end, by)
		}
	}
	if at == 0 {
		return question
	}
	return b.String() + question[at:]
}

// misspelled returns the word of the documents that a word was meant to be, "" when
// it is one, or none is near enough.
func (x *speller) misspelled(word, next string) string {
	word = strings.TrimSuffix(word, "'s")
	if len(word) > 64 || stopWord(word) || frameWord(word) {
		return ""
	}
	stem := english.Stem(strings.ReplaceAll(word, "'", ""), true)
	if x.Has(stem) || next != "" && x.Has(english.Stem(word+next, true)) {
		return ""
	}
	if left, _ := parts(x.Index, word); left != "" {
		return ""
	}
	if x.word(word) || !x.look() {
		return ""
	}
	by := x.slip(word)
	if by == "" {
		by = near(x.Index, stem)
	}
	if by == "" || x.tokens != nil && x.tokens(by) >= x.tokens(word) {
		return "" // what was meant is a more ordinary word than what was typed
	}
	return by
}

// slip returns the word of the documents that is one slip away from a word: two
// letters swapped, one left out, one too many, or another. The first letter is right.
// Of several it is the one that most rows have; of its forms one that is written so.
func (x *speller) slip(word string) string {
	if len(word) < 4 {
		return ""
	}
	best, rows, real := "", 0, false
	try := func(w string) {
		n := x.Rows(english.Stem(w, true))
		if n == 0 || n < rows {
			return
		}
		if r := x.word(w); n > rows || r && !real {
			best, rows, real = w, n, r
		}
	}
	for i := 1; i < len(word); i++ {
		before, after := word[:i], word[i+1:]
		if i+1 < len(word) {
			try(before + word[i+1:i+2] + word[i:i+1] + word[i+2:])
		}
		try(before + after)
		for c := 'a'; c <= 'z'; c++ {
			try(before + string(c) + after)
			try(before + string(c) + word[i:])
		}
	}
	for c := 'a'; c <= 'z'; c++ {
		try(word + string(c))
	}
	return best
}

// option is a character that may have been meant, with what it costs to think so.
type option struct {
	character rune
	cost      float64
}

// What a pair of neighbours is worth that the documents have: one, and a little for
// how many have it, so that of two the more usual is taken.
const perPairRows = .1

// misheardCost is what a character must gain to be put in place of one that was
// typed: nearly a pair of neighbours.
const misheardCost = .9

// worth of two neighbours; 0 when they are none that the documents or questions
// have, or one stands beside anything.
func (x *speller) worth(a, b rune) float64 {
	pair := string([]rune{a, b})
	if framePhrase(pair) > 1 {
		return 1
	}
	if functionCharacter(a) || functionCharacter(b) {
		return 0
	}
	if rows := x.Rows(pair); rows > 0 {
		return 1 + perPairRows*math.Log(float64(rows))
	}
	return 0
}

// linked reports whether two neighbours are right as they were typed.
func (x *speller) linked(pair []rune) bool {
	return x.worth(pair[0], pair[1]) > 0 || x.word(string(pair))
}

// decode returns the characters, one of each options, that form the most pairs of
// neighbours the documents have, less their costs, and how many pairs those are.
func (x *speller) decode(options [][]option) (best []rune, pairs int) {
	type state struct {
		score float64
		pairs int
		from  int
	}
	states := make([][]state, len(options))
	for i, all := range options {
		states[i] = make([]state, len(all))
		for k, o := range all {
			if i == 0 {
				states[i][k] = state{score: -o.cost}
				continue
			}
			top := state{score: math.Inf(-1)}
			for j, before := range options[i-1] {
				s := states[i-1][j]
				s.from = j
				if worth := x.worth(before.character, o.character); worth > 0 {
					s.score += worth
					s.pairs++
				}
				if s.score -= o.cost; s.score > top.score {
					top = s
				}
			}
			states[i][k] = top
		}
	}
	last, at := states[len(states)-1], 0
	for k := range last {
		if last[k].score > last[at].score {
			at = k
		}
	}
	pairs = last[at].pairs
	best = make([]rune, len(options))
	for i := len(options) - 1; i >= 0; i-- {
		best[i] = options[i][at].character
		at = states[i][at].from
	}
	return best, pairs
}

// misheard replaces characters of a run that stand beside none they stand beside in
// the documents by ones that sound alike and do.
func (x *speller) misheard(run string) string {
	folded := text.Fold(run) // as the documents' terms are
	typed, written := []rune(folded), []rune(run)
	framed := frames(folded)
	if len(typed) < 2 || len(typed) != len(written) {
		return run
	}
	options := make([][]option, len(typed))
	suspect := false
	for i, r := range typed {
		options[i] = []option{{character: r}}
		if framed[i] || functionCharacter(r) || i > 0 && x.linked(typed[i-1:i+1]) || i+1 < len(typed) && x.linked(typed[i:i+2]) {
			continue
		}
		if !x.look() {
			continue
		}
		for _, c := range x.known(text.SoundAlikes(r)) {
			if c != r && !functionCharacter(c) {
				options[i] = append(options[i], option{c, misheardCost})
				suspect = true
			}
		}
	}
	if !suspect {
		return run
	}
	best, _ := x.decode(options)
	for i, r := range best {
		if r != typed[i] {
			written[i] = r
		}
	}
	if x.tokens != nil && x.tokens(string(written)) > x.tokens(run) {
		return run
	}
	return string(written)
}

// What a stretch must show to be taken for pinyin: the share of neighbours that the
// documents have, of those that could tell, and the share of syllables that are no
// common English words.
const (
	pinyinPairs   = .5
	pinyinForeign = .6
	maxSyllables  = 40 // in one stretch; a longer one is no question
)

// functionGain is what a character that stands beside anything has over another of
// the same sound, in neighbours: they are every third of what is typed.
const functionGain = .5

// spelledOut returns the Chinese that the first n words were typed for in pinyin,
// "" where they are something else. n is 0 when the first could not be pinyin.
func (x *speller) spelledOut(question string, words []text.Word) (chinese string, n int) {
	var options [][]option
	foreign := 0
	end := words[0].Start
	for _, w := range words {
		if w.Han || strings.TrimSpace(question[end:w.Start]) != "" {
			break
		}
		word := text.Fold(w.Text)
		syllables := text.Syllables(word)
		english := stopWord(word) || frameWord(word)
		if syllables == nil || len(options)+len(syllables) > maxSyllables || !english && x.Has(word) {
			break
		}
		if !english {
			foreign += len(syllables)
		}
		for _, s := range syllables {
			options = append(options, x.sounding(s))
		}
		end = w.Start + len(w.Text)
		n++
	}
	if len(options) < 2 || float64(foreign) < pinyinForeign*float64(len(options)) {
		return "", 0
	}
	best, pairs := x.decode(options)
	could := 0
	for i := 1; i < len(best); i++ {
		if x.worth(best[i-1], best[i]) > 0 || !functionCharacter(best[i-1]) && !functionCharacter(best[i]) {
			could++
		}
	}
	if pairs == 0 || float64(pairs) < pinyinPairs*float64(could) {
		return "", n
	}
	return string(best), n
}

// known returns the characters that some row has, most rows first, at most maxAlike.
func (x *speller) known(all []rune) []rune {
	type character struct {
		r    rune
		rows int
	}
	var have []character
	for _, r := range all {
		if n := x.Rows(string(r)); n > 0 {
			have = append(have, character{r, n})
		}
	}
	slices.SortStableFunc(have, func(a, b character) int { return cmp.Compare(b.rows, a.rows) })
	have = have[:min(len(have), maxAlike)]
	out := make([]rune, len(have))
	for i, c := range have {
		out[i] = c.r
	}
	return out
}

// sounding are the characters that a syllable may stand for.
func (x *speller) sounding(syllable string) []option {
	var out []option
	all := text.Sounding(syllable)
	for _, c := range all {
		if functionCharacter(c) {
			out = append(out, option{c, -functionGain})
		}
	}
	for _, c := range x.known(all) {
		if !functionCharacter(c) {
			out = append(out, option{c, 0})
		}
	}
	if out == nil {
		return []option{{all[0], 0}}
	}
	return out
}

// functionCharacter reports characters that stand beside any other, so that their
// neighbours tell nothing, and those that question words are made of.
func functionCharacter(r rune) bool {
	return strings.ContainsRune("的地得了着过是在有和与或就都也还又再不没很太吗呢吧啊么什怎谁哪那这几多少我你您他她它们个一二两三四五六七八九十去来到从把被让给对向为以之其何时能会要想可请问用", r)
}
