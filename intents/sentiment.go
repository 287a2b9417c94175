package intents

import (
	"context"
	"math"
	"slices"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/linear"
)

// sentimentHead gives −1…1: twice the probability that a reader calls the
// utterance positive, less one.
type sentimentHead struct {
	vocabulary *vocabulary // of the graded examples; nil where rows are given
	dense      []float32
	denseBias  float32
	gram       []float32
	gramBias   float32
	final      *linear.Logistic // over both views' logits and sentimentFeatures
}

// Strengths of the sentiment views, chosen by cross-validation on the graded
// product reviews that train them.
const (
	sentimentDenseC  = 1
	sentimentSparseC = 3
)

func (h *sentimentHead) features(x []float32, row linear.Sparse, words []float64) []float64 {
	d := float64(linear.Dot(h.dense, x) + h.denseBias)
	g := float64(h.gramBias)
	for k, at := range row.Index {
		g += float64(row.Value[k] * h.gram[at])
	}
	return append([]float64{d, g}, words...)
}

func (h *sentimentHead) score(x []float32, row linear.Sparse, words []float64) float64 {
	return 2*h.final.Probability(h.features(x, row, words)) - 1
}

// graded is an utterance with its sentiment, ready to be trained on.
type graded struct {
	fold  int // in which it is held back
	x     []float32
	row   linear.Sparse
	words []float64
	score float64 // −1…1
	worth float32 // 0: 1
}

// asideWorth is what an example counts whose sentiment was noted in passing: it
// was written for another signal, and its feeling is that of a whole group.
const asideWorth = .3

// balance weighs the examples so that in each language the good feelings amount to
// the bad ones: what was collected more of says nothing about a visitor.
func balance(examples []graded, languages []string) {
	type side struct {
		language string
		sign     float64
	}
	amount := map[side]float64{}
	for i, g := range examples {
		amount[side{languages[i], sign(g.score)}] += float64(g.worth) * math.Abs(g.score)
	}
	for i, g := range examples {
		mine, other := amount[side{languages[i], sign(g.score)}], amount[side{languages[i], -sign(g.score)}]
		if mine > 0 && other > 0 {
			examples[i].worth *= float32(math.Sqrt(other / mine))
		}
	}
}

// trainSentiment fits a head. A graded utterance counts as positive by the share
// (1+score)/2 and as negative by the rest, which makes a logistic model a
// regression on the score. The views are combined on held-back examples, so that
// neither is believed beyond its worth.
func trainSentiment(ctx context.Context, examples []graded, features int) (*sentimentHead, error) {
	if len(examples) < 50 {
		return nil, fault.New(fault.Invalid, "a sentiment head needs at least 50 graded examples; here are %d", len(examples))
	}
	var rows [][]float64
	var positive []bool
	var weights []float32
	for f := range headFolds {
		var train, held []graded
		for _, g := range examples {
			if g.fold == f {
				held = append(held, g)
			} else {
				train = append(train, g)
			}
		}
		h, err := sentimentViews(ctx, train, features)
		if err != nil {
			return nil, err
		}
		for _, g := range held {
			x := h.features(g.x, g.row, g.words)
			yes, no := g.shares()
			rows, positive, weights = append(rows, x, x), append(positive, true, false), append(weights, yes, no)
		}
	}
	h, err := sentimentViews(ctx, examples, features)
	if err != nil {
		return nil, err
	}
	h.final, err = linear.FitLogistic(ctx, rows, positive, weights, 1e-3)
	return h, err
}

// shares are the weights with which an example counts as positive and negative.
func (g graded) shares() (yes, no float32) {
	worth := g.worth
	if worth == 0 {
		worth = 1
	}
	return worth * float32((1+g.score)/2), worth * float32((1-g.score)/2)
}

func sentimentViews(ctx context.Context, examples []graded, features int) (*sentimentHead, error) {
	var dense [][]float32
	var sparse []linear.Sparse
	var y []int
	var w []float32
	for _, g := range examples {
		yes, no := g.shares()
		dense, sparse, y, w = append(dense, g.x, g.x), append(sparse, g.row, g.row), append(y, 1, 0), append(w, yes, no)
	}
	n := float64(len(examples))
	d, err := linear.TrainDense(ctx, dense, y, 2, linear.Options{L2: 1 / (sentimentDenseC * n), Iterations: 200, Weights: w})
	if err != nil {
		return nil, err
	}
	s, err := linear.TrainSparse(ctx, sparse, y, 2, features, linear.Options{L2: 1 / (sentimentSparseC * n), Iterations: 100, Weights: w})
	if err != nil {
		return nil, err
	}
	h := &sentimentHead{denseBias: d.Bias[1] - d.Bias[0], gramBias: s.Bias[1] - s.Bias[0]}
	for j := range d.Features {
		h.dense = append(h.dense, d.W[d.Features+j]-d.W[j])
	}
	for j := range features {
		h.gram = append(h.gram, s.W[2*j+1]-s.W[2*j])
	}
	return h, nil
}

// sentimentOf is the sentiment of one utterance, −1…1.
func (h *Heads) sentimentOf(s string, seen []float32, without []string) float64 {
	row, _ := h.sentiment.vocabulary.row(countGrams(s))
	words := sentimentFeatures(s)
	if slices.Contains(without, "sentiment-lexicon") {
		copy(words, h.sentiment.final.Mean[2:])
	}
	return clampScore(h.sentiment.score(seen, row, words))
}

func clampScore(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return math.Max(-1, math.Min(1, v))
}
