package intents

import (
	"math"
	"testing"
)

func countAll(texts ...string) [][]gramCount {
	out := make([][]gramCount, len(texts))
	for i, s := range texts {
		out[i] = countGrams(s)
	}
	return out
}

func TestWordingTellsTheClassWhoseWordsTheseAre(t *testing.T) {
	counted := countAll("top up by card", "top up with my card", "lost my card", "my card is gone", "会员卡丢了")
	v := newVocabulary(counted, 1)
	class := []int{0, 0, 1, 1, 1}
	w := newWording(v, counted, []int{0, 1, 2, 3, 4}, 2, func(i int) int { return class[i] })
	if !w.fits(len(v.hashes), 2) {
		t.Fatal("the tables do not fit their own vocabulary")
	}
	own, ownTypical := w.of(v.words(countGrams("top up")), 0)
	other, otherTypical := w.of(v.words(countGrams("top up")), 1)
	if own != 1 || other != 0 {
		t.Errorf("covered %v by the class with these words and %v by the other, want 1 and 0", own, other)
	}
	if ownTypical <= 0 || otherTypical >= 0 {
		t.Errorf("typical %v and %v, want above and below 0", ownTypical, otherTypical)
	}
	if covered, _ := w.of(v.words(countGrams("top up by cheque")), 0); covered <= 0 || covered >= 1 {
		t.Errorf("a word nobody has: covered %v, want between 0 and 1", covered)
	}
	if covered, typical := w.of(nil, 0); covered != 1 || typical != 0 {
		t.Errorf("without words: %v and %v, want 1 and 0", covered, typical)
	}
	if covered, typical := w.of(v.words(countGrams("!!!")), 1); math.IsNaN(covered) || math.IsNaN(typical) {
		t.Errorf("signs alone: %v and %v", covered, typical)
	}
}

func TestDamagedWordingDoesNotFit(t *testing.T) {
	counted := countAll("one two", "three four")
	v := newVocabulary(counted, 1)
	whole := func() wording { return newWording(v, counted, []int{0, 1}, 2, func(i int) int { return i }) }
	for what, spoil := range map[string]func(*wording){
		"a class too many":   func(w *wording) { w.class[0] = 2 },
		"a count too few":    func(w *wording) { w.count = w.count[1:] },
		"ends before begins": func(w *wording) { w.first[1] = w.first[len(w.first)-1] + 1 },
		"no sizes":           func(w *wording) { w.size = nil },
	} {
		w := whole()
		spoil(&w)
		if w.fits(len(v.hashes), 2) {
			t.Errorf("%s: fits", what)
		}
	}
}

func TestLonelyIsAboveOneOutsideOfACluster(t *testing.T) {
	turned := func(degrees float64) []float32 {
		return []float32{float32(math.Cos(degrees * math.Pi / 180)), float32(math.Sin(degrees * math.Pi / 180))}
	}
	a := surroundings{}
	for k := range 8 {
		a.rows = append(a.rows, turned(float64(4*k)))
	}
	a.quantize()
	a.measure()
	var in, out seen
	a.look(turned(14), &in)
	a.look(turned(80), &out)
	if in.lonely > 1.2 || out.lonely < 5 {
		t.Errorf("lonely %v inside of a cluster and %v far from it", in.lonely, out.lonely)
	}
	var alone seen
	(&surroundings{}).look(turned(0), &alone)
	if math.IsNaN(alone.lonely) || math.IsInf(alone.lonely, 0) {
		t.Errorf("lonely %v without examples", alone.lonely)
	}
}
