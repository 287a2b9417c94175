package intents

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/linear"
	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// Lengths of character n-grams. Latin ones run over a word with its borders,
// Han ones over a run of characters.
const (
	latinShortest, latinLongest = 2, 5
	hanLongest                  = 4
)

// gramKind keeps words and characters apart: each part is scaled to unit length
// by itself, so that long texts do not drown their words.
const (
	kindChar = iota
	kindWord
	kinds
)

// gramCount is how often one hashed n-gram stands in a text.
type gramCount struct {
	hash  uint32
	kind  uint8
	count float32
}

// countGrams returns the n-grams of a text, sorted by hash. Numbers of four and
// more digits are read as one sign: an order number says what, not which.
func countGrams(s string) []gramCount {
	var all []gramCount
	add := func(kind uint8, parts ...string) {
		h := uint32(2166136261) ^ uint32(kind)*0x9e3779b9
		for _, p := range parts {
			for i := 0; i < len(p); i++ {
				h = (h ^ uint32(p[i])) * 16777619
			}
			h = (h ^ 0xff) * 16777619
		}
		all = append(all, gramCount{hash: h, kind: kind, count: 1})
	}
	previous := ""
	for w := range text.Words(text.Fold(cut(s))) {
		if w.Han {
			var starts []int
			for i := range w.Text {
				starts = append(starts, i)
			}
			starts = append(starts, len(w.Text))
			for i := 0; i+1 < len(starts); i++ {
				for n := 1; n <= hanLongest && i+n < len(starts); n++ {
					kind := uint8(kindChar)
					if n <= 2 {
						kind = kindWord // bigrams stand for words
					}
					add(kind, w.Text[starts[i]:starts[i+n]])
				}
			}
			previous = ""
			continue
		}
		word := w.Text
		if longNumber(word) {
			word = "0000"
		}
		add(kindWord, word)
		if previous != "" {
			add(kindWord, previous, word)
		}
		previous = word
		padded := " " + word + " "
		for i := range padded {
			end := i
			for n := 1; n <= latinLongest && end < len(padded); n++ {
				_, size := utf8.DecodeRuneInString(padded[end:])
				end += size
				if n >= latinShortest {
					add(kindChar, padded[i:end])
				}
			}
		}
	}
	sortGrams(all)
	out := all[:0]
	for _, g := range all {
		if n := len(out); n > 0 && out[n-1].hash == g.hash && out[n-1].kind == g.kind {
			out[n-1].count++
			continue
		}
		out = append(out, g)
	}
	return out
}

func sortGrams(g []gramCount) {
	slices.SortFunc(g, func(a, b gramCount) int {
		if c := cmp.Compare(a.hash, b.hash); c != 0 {
			return c
		}
		return int(a.kind) - int(b.kind)
	})
}

func longNumber(w string) bool {
	return len(w) >= 4 && strings.IndexFunc(w, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// vocabulary is the n-grams of a training set with their weights.
type vocabulary struct {
	hashes []uint32  // ascending
	idf    []float32 // beside hashes
	kind   []uint8   // beside hashes
	top    float32   // largest idf: what a word that training never saw would weigh
}

func (v *vocabulary) setTop() {
	v.top = 1
	for _, f := range v.idf {
		v.top = max(v.top, f)
	}
}

// newVocabulary keeps n-grams that stand in at least minTexts of the counted
// texts. idf is ln((1+n)/(1+df)) + 1.
func newVocabulary(counted [][]gramCount, minTexts int) *vocabulary {
	df := map[uint32]int{}
	kind := map[uint32]uint8{}
	for _, grams := range counted {
		for _, g := range grams {
			df[g.hash]++
			kind[g.hash] = g.kind
		}
	}
	v := &vocabulary{}
	for h, n := range df {
		if n >= minTexts {
			v.hashes = append(v.hashes, h)
		}
	}
	slices.Sort(v.hashes)
	v.idf, v.kind = make([]float32, len(v.hashes)), make([]uint8, len(v.hashes))
	for i, h := range v.hashes {
		v.idf[i] = float32(math.Log(float64(1+len(counted))/float64(1+df[h])) + 1)
		v.kind[i] = kind[h]
	}
	v.setTop()
	return v
}

// row weighs counted n-grams by 1+ln(count) times idf, each kind scaled to unit
// length. known is the idf-weighted share of the text's words that the
// vocabulary has, 1 for a text without words.
func (v *vocabulary) row(grams []gramCount) (row linear.Sparse, known float64) {
	var norm [kinds]float64
	var have, all float64
	unseen := float64(v.top)
	at := 0
	var kindsOf []uint8
	for _, g := range grams {
		for at < len(v.hashes) && v.hashes[at] < g.hash {
			at++
		}
		if at == len(v.hashes) || v.hashes[at] != g.hash {
			if g.kind == kindWord {
				all += unseen
			}
			continue
		}
		value := (1 + float32(math.Log(float64(g.count)))) * v.idf[at]
		row.Index = append(row.Index, uint32(at))
		row.Value = append(row.Value, value)
		kindsOf = append(kindsOf, v.kind[at])
		norm[v.kind[at]] += float64(value) * float64(value)
		if g.kind == kindWord {
			have += float64(v.idf[at])
			all += float64(v.idf[at])
		}
	}
	for i, k := range kindsOf {
		row.Value[i] *= float32(1 / math.Sqrt(norm[k]))
	}
	if all == 0 {
		return row, 1
	}
	return row, have / all
}

// word is a word, a pair of words or a Han character or bigram of a text.
type word struct {
	at  int // in the vocabulary; −1 for one that training never saw
	idf float32
}

// words returns the words of counted n-grams; one that the vocabulary does not have
// weighs as much as its rarest.
func (v *vocabulary) words(grams []gramCount) []word {
	var out []word
	for _, g := range grams {
		if g.kind != kindWord {
			continue
		}
		if at, ok := slices.BinarySearch(v.hashes, g.hash); ok {
			out = append(out, word{at, v.idf[at]})
		} else {
			out = append(out, word{-1, v.top})
		}
	}
	return out
}
