package intents

import (
	"sort"

	"github.com/frontdesk-chat/frontdesk/internal/linear"
)

// Model is a trained intent classifier. It is immutable and safe for concurrent
// use.
type Model struct {
	Intents []Intent // classes in their order
	Stats   Stats

	classifier *classifier
	mix        []float64
	scope      *linear.Logistic // nil: too few intents to fit one
}

// Stats say what a training saw.
type Stats struct {
	Hash      string // Set.Hash of what it was trained on
	Examples  int
	Dimension int           // of the embeddings
	HeldBack  int           // examples that were predicted without having been trained on
	Accuracy  float64       // on those, 0…1
	Intents   []IntentStats // as Model.Intents; nil in models of before they were counted
	Seen      []uint64      // Mark of each example, sorted; nil in models of before

	DenseStrength, SparseStrength float64 // the strengths that were chosen; 0 in models of before
	StrengthsOf                   int     // how many examples there were when several were tried
}

// Differ counts the examples that are in one of a model's training set and another
// set only; ok is false when the model does not tell.
func (s Stats) Differ(examples []Example) (n int, ok bool) {
	seen := make(map[uint64]bool, len(s.Seen))
	for _, m := range s.Seen {
		seen[m] = true
	}
	for _, e := range examples {
		if m := e.Mark(); seen[m] {
			delete(seen, m)
		} else {
			n++
		}
	}
	return n + len(seen), len(s.Seen) > 0
}

// IntentStats say how one intent fared in a training.
type IntentStats struct {
	Examples int
	HeldBack int    // of them, predicted without having been trained on
	Right    int    // of those
	Confused string // the intent that most of the others were taken for; "" for none
}

// Prediction is what a model makes of one utterance.
type Prediction struct {
	Intents    []Scored // every class, best first
	OutOfScope float64  // probability that the utterance means none of them
}

// Predict scores an utterance. vector is its query embedding; its length must be
// Stats.Dimension.
func (m *Model) Predict(s string, vector []float32) Prediction {
	c := m.classifier
	view := c.look(c.space.apply(vector), countGrams(s))
	c.around.look(c.around.space.apply(vector), &view)
	p := mix(view, m.mix)
	out := Prediction{Intents: make([]Scored, len(p))}
	for i, v := range p {
		out.Intents[i] = Scored{Name: m.Intents[i].Name, Confidence: v, Class: m.Intents[i].Class}
	}
	sort.SliceStable(out.Intents, func(a, b int) bool { return out.Intents[a].Confidence > out.Intents[b].Confidence })
	if m.scope != nil {
		out.OutOfScope = m.scope.Probability(c.scopeFeatures(view, p))
	} else {
		out.OutOfScope = 1 - out.Intents[0].Confidence
	}
	return out
}

// outside is the probability that neither business nor smalltalk nor the wish
// for a person fits: the out-of-scope score, and what the model gives to intents
// of other topics.
func (p Prediction) outside() float64 {
	other := 0.0
	for _, s := range p.Intents {
		if s.Class == ClassOther {
			other += s.Confidence
		}
	}
	return p.OutOfScope + (1-p.OutOfScope)*other
}
