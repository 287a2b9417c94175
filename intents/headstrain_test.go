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

// gradedThings are enough graded examples to train sentiment on.
func gradedThings() []SignalExample {
	good, bad := .8, -.8
	var examples []SignalExample
	for _, s := range []string{"lovely", "great", "nice", "fine", "superb", "pleasant", "charming", "perfect"} {
		for _, thing := range things() {
			examples = append(examples, SignalExample{Text: s + " " + thing, Sentiment: &good, NoSignals: true},
				SignalExample{Text: "no " + s + " " + thing, Sentiment: &bad, NoSignals: true})
		}
	}
	return examples
}

func things() []string { return []string{"room", "film", "meal", "phone", "show", "book", "shop"} }

func TestRetrainRefusesAnUnknownSignal(t *testing.T) {
	h, err := ShippedHeads()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Retrain(t.Context(), []Signal{"hunger"}, gradedThings(), openEncoder(t), nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("error %v", err)
	}
}

func TestRetrainLearnsNewWordsAndLeavesOtherHeadsAlone(t *testing.T) {
	h, err := ShippedHeads()
	if err != nil {
		t.Fatal(err)
	}
	examples := gradedThings()
	for _, thing := range things() {
		for _, place := range []string{"here", "there", "at home"} {
			examples = append(examples, SignalExample{Text: "the " + thing + " is " + place + ", zworglix", Signals: []Signal{SignalWantsPerson}},
				SignalExample{Text: "the " + thing + " is " + place + ", thanks"})
		}
	}
	again, err := h.Retrain(t.Context(), []Signal{SignalWantsPerson}, examples, openEncoder(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if again.sentiment != h.sentiment {
		t.Error("sentiment has changed")
	}
	for i, name := range AllSignals() {
		same := again.heads[i].vocabulary == h.heads[i].vocabulary && again.heads[i].mix == h.heads[i].mix
		if same == (name == SignalWantsPerson) {
			t.Errorf("the head of %s is the one of before: %v", name, same)
		}
	}
	data, err := again.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if again, err = DecodeHeads(data); err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(openEncoder(t), &ReaderOptions{Heads: again})
	if err != nil {
		t.Fatal(err)
	}
	with, without := read(t, r, "my lamp is broken, zworglix").Signals, read(t, r, "my lamp is broken, thanks").Signals
	if with.WantsPerson < .5 || without.WantsPerson > .5 {
		t.Errorf("with the learned word %.2f, without it %.2f", with.WantsPerson, without.WantsPerson)
	}
}

func TestRetrainSentimentLeavesSignalsAlone(t *testing.T) {
	h, err := ShippedHeads()
	if err != nil {
		t.Fatal(err)
	}
	again, err := h.RetrainSentiment(t.Context(), gradedThings(), openEncoder(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range AllSignals() {
		if again.heads[i].vocabulary != h.heads[i].vocabulary || again.heads[i].mix != h.heads[i].mix {
			t.Errorf("the head of %s has changed", name)
		}
	}
	r, err := NewReader(openEncoder(t), &ReaderOptions{Heads: again})
	if err != nil {
		t.Fatal(err)
	}
	if good, bad := read(t, r, "superb lamp").Sentiment, read(t, r, "no superb lamp").Sentiment; good <= bad {
		t.Errorf("%.2f for what it learned as good, %.2f for bad", good, bad)
	}
}

func TestDecodeHeadsRefusesAMissingVocabulary(t *testing.T) {
	h, err := ShippedHeads()
	if err != nil {
		t.Fatal(err)
	}
	data, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	var f headsFile
	if err := unseal(magicHeads, data, &f); err != nil {
		t.Fatal(err)
	}
	f.Heads[1].Vocabulary = len(f.Vocabularies)
	if data, err = seal(magicHeads, f); err != nil {
		t.Fatal(err)
	}
	if _, err := DecodeHeads(data); !fault.Is(err, fault.Invalid) {
		t.Errorf("error %v", err)
	}
}
