package intents

import (
	"fmt"
	"strings"
	"testing"
)

func TestParagraphsJoinSentencesOfOneFold(t *testing.T) {
	good, bad := .7, -.7
	var examples []SignalExample
	for i := range 120 {
		examples = append(examples,
			SignalExample{Text: fmt.Sprintf("fine thing number %d", i), Sentiment: &good, NoSignals: true},
			SignalExample{Text: fmt.Sprintf("坏东西第%d个", i), Sentiment: &bad, NoSignals: true},
			SignalExample{Text: fmt.Sprintf("noted in passing %d", i), Sentiment: &bad},
			SignalExample{Text: fmt.Sprintf("says nothing %d", i), NoSignals: true},
		)
	}
	mixed, examples := 0, append(examples, SignalExample{Text: "a bad thing", Sentiment: &bad, NoSignals: true})
	all := paragraphs(examples)
	for _, p := range all {
		stop := ". "
		if strings.Contains(p.text, "坏") {
			stop = "。"
		}
		sentences := strings.Split(strings.TrimSuffix(p.text, stop), stop)
		for _, s := range sentences {
			if foldOf(s) != p.fold {
				t.Fatalf("%q of fold %d stands in a paragraph of fold %d", s, foldOf(s), p.fold)
			}
			if strings.HasPrefix(s, "noted") || strings.HasPrefix(s, "says") {
				t.Fatalf("%q is in a paragraph", s)
			}
			if (stop == "。") != strings.Contains(s, "坏") {
				t.Fatalf("languages are mixed: %q", p.text)
			}
		}
		switch {
		case len(sentences) == paragraphSentences && (p.score == good || p.score == bad):
		case len(sentences) == paragraphSentences+1 && p.score*p.score < good*good:
			mixed++
		default:
			t.Fatalf("%d sentences, score %v", len(sentences), p.score)
		}
	}
	if len(all) < 30 || mixed != 0 {
		t.Errorf("%d paragraphs, %d of them mixed although each language has one feeling", len(all), mixed)
	}
}

func TestEverySecondParagraphHoldsAnotherFeeling(t *testing.T) {
	good, bad := .7, -.7
	var examples []SignalExample
	for i := range 200 {
		examples = append(examples,
			SignalExample{Text: fmt.Sprintf("fine thing number %d", i), Sentiment: &good, NoSignals: true},
			SignalExample{Text: fmt.Sprintf("poor thing number %d", i), Sentiment: &bad, NoSignals: true},
		)
	}
	mixed := 0
	all := paragraphs(examples)
	for _, p := range all {
		if strings.Contains(p.text, "fine") && strings.Contains(p.text, "poor") {
			mixed++
			if other := map[bool]string{true: "poor", false: "fine"}[p.score > 0]; strings.Count(p.text, other) != 1 {
				t.Errorf("score %v of %q", p.score, p.text)
			}
		}
	}
	if mixed < len(all)/3 || mixed > len(all)/2 {
		t.Errorf("%d of %d paragraphs are mixed, want about half", mixed, len(all))
	}
}
