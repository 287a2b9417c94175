package intents

import (
	_ "embed"
	"math"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/text"
)

//go:embed data/lexicon.txt
var lexiconText string

// lexicon is the words that carry feeling, by language.
type lexicon struct {
	en, zh           map[string]float64 // −3…3
	enTurn, zhTurn   map[string]bool
	enScale, zhScale map[string]float64
	emoji            map[string]float64
	longest          int // characters of the longest Chinese word
}

// loadLexicon parses the embedded list once; a test holds it to its form.
var loadLexicon = sync.OnceValue(func() *lexicon {
	l := &lexicon{
		en: map[string]float64{}, zh: map[string]float64{}, enTurn: map[string]bool{}, zhTurn: map[string]bool{},
		enScale: map[string]float64{}, zhScale: map[string]float64{}, emoji: map[string]float64{},
	}
	for line := range strings.Lines(lexiconText) {
		head, words, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		language, kind, _ := strings.Cut(head, " ")
		if language == "emoji" {
			v, _ := strconv.ParseFloat(kind, 64)
			for _, w := range strings.Fields(words) {
				l.emoji[w] = v
			}
			continue
		}
		score, turn, scale := l.en, l.enTurn, l.enScale
		if language == "zh" {
			score, turn, scale = l.zh, l.zhTurn, l.zhScale
		}
		for w := range strings.SplitSeq(words, ",") {
			w = strings.TrimSpace(w)
			if language == "zh" {
				l.longest = max(l.longest, utf8.RuneCountInString(w))
			}
			switch kind {
			case "neg":
				turn[w] = true
			case "more":
				scale[w] = 1.3
			case "less":
				scale[w] = .7
			default:
				v, _ := strconv.ParseFloat(kind, 64)
				score[w] = v
			}
		}
	}
	return l
})

// feelings is what the words of a text add up to.
type feelings struct {
	positive, negative float64 // summed strengths, ≥ 0
	last               float64 // strength of the last word that has one: people end on what they mean
	turned             float64 // words whose strength was turned
	emoji              float64
	words              int
}

// How a word's strength changes with what stands before it.
const (
	turnedBy  = -.6 // "not good" is milder than "bad"
	turnReach = 3   // words that a negation reaches over
)

// feel sums the lexicon's words over a text.
func (l *lexicon) feel(s string) feelings {
	var f feelings
	folded := text.Fold(cut(s))
	for w := range text.Words(folded) {
		if w.Han {
			l.feelHan(&f, w.Text)
		}
	}
	l.feelLatin(&f, folded)
	for e, v := range l.emoji {
		if n := strings.Count(s, e); n > 0 {
			f.emoji += v * float64(n)
		}
	}
	return f
}

func (f *feelings) add(v float64, turned bool) {
	if turned {
		v *= turnedBy
		f.turned++
	}
	if v > 0 {
		f.positive += v
	} else {
		f.negative -= v
	}
	f.last = v
}

func (l *lexicon) feelLatin(f *feelings, folded string) {
	turned, scale := 0, 1.0
	for w := range text.Words(folded) {
		if w.Han {
			turned, scale = 0, 1
			continue
		}
		f.words++
		if v, ok := l.en[w.Text]; ok && !(l.enTurn[w.Text] && turned == 0) {
			f.add(v*scale, turned > 0)
			scale = 1
		}
		if s, ok := l.enScale[w.Text]; ok {
			scale = s
		}
		if l.enTurn[w.Text] {
			turned = turnReach + 1
		}
		if turned > 0 {
			turned--
		}
	}
}

// feelHan walks a run of Chinese characters by longest match.
func (l *lexicon) feelHan(f *feelings, run string) {
	runes := []rune(run)
	f.words += (len(runes) + 1) / 2
	turned, scale := false, 1.0
	gap := 0
	for i := 0; i < len(runes); {
		step := 1
		for n := min(l.longest, len(runes)-i); n >= 1; n-- {
			w := string(runes[i : i+n])
			if v, ok := l.zh[w]; ok {
				f.add(v*scale, turned)
				turned, scale, step = false, 1, n
				break
			}
			if l.zhTurn[w] {
				turned, step, gap = true, n, -1
				break
			}
			if s, ok := l.zhScale[w]; ok {
				scale, step, gap = s, n, -1
				break
			}
		}
		i += step
		// A negation reaches over two characters that mean nothing here.
		if gap++; gap > 2 {
			turned, scale = false, 1
		}
	}
}

// sentimentFeatures are what the sentiment head looks at beside embedding and
// n-grams. The same numbers come out of both languages, so what is learned on
// English carries over.
func sentimentFeatures(s string) []float64 {
	f := loadLexicon().feel(s)
	n := math.Sqrt(float64(max(1, f.words)))
	exclaim := float64(min(4, strings.Count(s, "!")+strings.Count(s, "！")))
	ask := float64(min(4, strings.Count(s, "?")+strings.Count(s, "？")))
	upper, letters := 0.0, 0.0
	for _, r := range cut(s) {
		if unicode.IsLetter(r) && r < unicode.MaxLatin1 {
			letters++
			if unicode.IsUpper(r) {
				upper++
			}
		}
	}
	shout := 0.0
	if letters >= 6 && upper/letters > .6 {
		shout = 1
	}
	// Embeddings of the two languages lie a little apart, and so would the middle
	// of the scale.
	chinese := 0.0
	if text.Language(s) == "zh" {
		chinese = 1
	}
	compound := f.positive - f.negative
	return []float64{
		compound / math.Sqrt(compound*compound+8),
		f.positive / n,
		f.negative / n,
		f.last,
		f.turned / n,
		exclaim * sign(compound),
		exclaim,
		ask,
		shout,
		math.Tanh(f.emoji / 2),
		chinese,
	}
}

func sign(v float64) float64 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}
