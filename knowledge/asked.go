package knowledge

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/index"
	"github.com/frontdesk-chat/frontdesk/internal/text"
	"github.com/kljensen/snowball/english"
)

// asked is a question made ready for both arms.
type asked struct {
	language string
	terms    []index.QueryTerm
	weights  []float64 // weight × idf, by term
	total    float64   // their sum
	unknown  float64   // share of the terms' weights that no document has, 0…1
}

// weightCompound is for a word that was not typed as the documents write it.
const weightCompound = .8

// ask turns a question, as meant, into weighted terms.
func ask(x *index.Index, question, language string) *asked {
	a := &asked{language: language}
	if own := text.Language(question); own != "" {
		a.language = own // what it is written in, whatever the page around it
	}
	at := map[string]int{}
	add := func(t string, weight float32) {
		if i, ok := at[t]; ok {
			a.terms[i].Weight = max(a.terms[i].Weight, weight)
			return
		}
		at[t] = len(a.terms)
		a.terms = append(a.terms, index.QueryTerm{Text: t, Weight: weight})
	}
	for _, t := range termsOf(question) {
		if t.word == "" || x.Has(t.text) {
			add(t.text, t.weight)
			continue
		}
		// "log in" where the documents say "login".
		if t.next != "" {
			if joined := english.Stem(t.word+t.next, true); x.Has(joined) {
				add(joined, weightCompound)
				continue
			}
		}
		if left, right := parts(x, t.word); left != "" {
			add(left, weightCompound*t.weight)
			if right != "" {
				add(right, weightCompound*t.weight)
			}
			continue
		}
		add(t.text, t.weight)
	}
	if len(a.terms) > index.MaxTerms { // a long story: keep what weighs most
		slices.SortStableFunc(a.terms, func(a, b index.QueryTerm) int { return cmp.Compare(b.Weight, a.Weight) })
		a.terms = a.terms[:index.MaxTerms]
	}
	return a
}

// near returns the stem that a misspelled one was most likely meant to be, "" when
// nothing is near enough.
func near(x *index.Index, stem string) string {
	edits := 0
	switch n := utf8.RuneCountInString(stem); {
	case n >= 8:
		edits = 2
	case n >= 4:
		edits = 1
	}
	found := x.Near(stem, edits, 1)
	if len(found) == 0 {
		return ""
	}
	return found[0].Text
}

// parts splits a word that no document has into two that some have: "signin".
// Right is "" where it is a word that says little.
func parts(x *index.Index, word string) (left, right string) {
	for i := 3; i+2 <= len(word); i++ {
		if !utf8.RuneStart(word[i]) {
			continue
		}
		l, r := english.Stem(word[:i], true), english.Stem(word[i:], true)
		switch {
		case !x.Has(l):
		case stopWord(word[i:]) || frameWord(word[i:]):
			return l, ""
		case i >= 4 && len(word)-i >= 4 && x.Has(r): // a carpet is no pet in a car
			return l, r
		}
	}
	return "", ""
}

// weigh takes the index's word frequencies into the question.
func (a *asked) weigh(r *index.Result) {
	a.weights = make([]float64, len(a.terms))
	var all, unknown float64
	for i, t := range a.terms {
		a.weights[i] = float64(t.Weight) * r.IDF[i]
		a.total += a.weights[i]
		all += float64(t.Weight)
		if !r.Known[i] {
			unknown += float64(t.Weight)
		}
	}
	a.unknown = 1 // a question without terms says nothing to the lexical arm
	if all > 0 {
		a.unknown = unknown / all
	}
}

// share is a BM25 score as a share of what a row with every term many times
// would have, 0…1.
func (a *asked) share(lexical float64) float64 {
	if a.total <= 0 {
		return 0
	}
	return min(1, lexical/(a.total*index.TopOfTerm))
}

// weightShare is how much the lexical share of a document in a language counts, in cosines.
func (a *asked) weightShare(language string) float64 {
	if a.language == "zh" && language == "zh" {
		return weightShareHan
	}
	return weightShare
}

// coverage is the idf-weighted share of the terms whose bits are set.
func (a *asked) coverage(mask uint64) float64 {
	if a.total <= 0 {
		return 0
	}
	var have float64
	for i, w := range a.weights {
		if mask&(1<<i) != 0 {
			have += w
		}
	}
	return min(1, have/a.total)
}
