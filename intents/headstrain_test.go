package intents

import (
	"math"
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

func TestBalanceEvensOutFeelingsOfEachLanguage(t *testing.T) {
	all := []graded{{score: 1, worth: 1}, {score: .5, worth: 1}, {score: -.5, worth: 1}, {score: 0, worth: 1}, {score: -1, worth: 1}}
	languages := []string{"en", "en", "en", "en", "zh"}
	balance(all, languages)
	var sum float64
	for _, g := range all[:4] {
		sum += g.score * float64(g.worth)
	}
	if math.Abs(sum) > 1e-6 {
		t.Errorf("the English feelings add up to %v, want 0", sum)
	}
	if all[3].worth != 1 || all[4].worth != 1 {
		t.Errorf("a neutral one weighs %v, one without a counterpart %v, want 1", all[3].worth, all[4].worth)
	}
}

func TestRetrainRefusesAnUnknownSignal(t *testing.T) {
	h, err := ShippedHeads()
	if err != nil {
		t.Fatal(err)
	}
	good, bad := .8, -.8
	var examples []SignalExample
	for _, s := range []string{"lovely", "great", "nice", "fine", "superb", "pleasant", "charming", "perfect"} {
		for _, thing := range []string{"room", "film", "meal", "phone", "show", "book", "shop"} {
			examples = append(examples, SignalExample{Text: s + " " + thing, Sentiment: &good, NoSignals: true},
				SignalExample{Text: "no " + s + " " + thing, Sentiment: &bad, NoSignals: true})
		}
	}
	if _, err := h.Retrain(t.Context(), []Signal{"hunger"}, examples, openEncoder(t), nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("error %v", err)
	}
}
