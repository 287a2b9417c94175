package intents

import (
	"math"
	"strings"
	"testing"
)

// Odd examples are trained on and odd words are read to numbers: emoji alone, an
// intent of one example, languages that nobody taught, texts as long as a book.
func TestOddExamplesAndWordsGiveNumbers(t *testing.T) {
	set := library()
	set.Intents = append(set.Intents, Intent{Name: "party"}, Intent{Name: "lonely"})
	for _, s := range []string{"🎉", "🎉🎉🎉", "🥳", "🎈🎈", "!!!", "?"} {
		set.Examples = append(set.Examples, Example{Intent: "party", Text: s})
	}
	set.Examples = append(set.Examples, Example{Intent: "lonely", Text: "Wo ist der Aufzug?"})
	set, _, err := set.Check()
	if err != nil {
		t.Fatal(err)
	}
	m, err := Train(t.Context(), set, openEncoder(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"", " ", "🎉", "😡😡😡😡", "\x00\x01\x1b", "\u200b\u200b", "¿Dónde está la biblioteca?", "図書館はどこですか", "مرحبا", strings.Repeat("字", 50_000), strings.Repeat("word ", 10_000), "\xff\xfe"} {
		p := predict(t, m, s)
		sum := 0.0
		for _, in := range p.Intents {
			if math.IsNaN(in.Confidence) || in.Confidence < 0 || in.Confidence > 1 {
				t.Errorf("%.20q: intent %s has the confidence %v", s, in.Name, in.Confidence)
			}
			sum += in.Confidence
		}
		if math.IsNaN(p.OutOfScope) || p.OutOfScope < 0 || p.OutOfScope > 1 || sum > 1+1e-6 {
			t.Errorf("%.20q: out of scope %v, confidences add up to %v", s, p.OutOfScope, sum)
		}
	}
}
