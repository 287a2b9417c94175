package intents

import (
	"context"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/linear"
)

// CrossSentiment scores each text with a sentiment head trained on the texts of
// the other folds, in the shipped space with n-grams of those texts alone: what
// the method reaches where it may learn from a set's own kind.
func CrossSentiment(ctx context.Context, texts []string, scores []float64, fold []int, e Embedder) ([]float64, error) {
	if len(scores) != len(texts) || len(fold) != len(texts) {
		return nil, fault.New(fault.Invalid, "%d texts, %d scores and %d folds do not fit", len(texts), len(scores), len(fold))
	}
	vectors, err := embedAll(ctx, e, texts, nil)
	if err != nil {
		return nil, err
	}
	space := newSpace(genericSpace(len(vectors[0])), vectors)
	grams := make([][]gramCount, len(texts))
	for i, s := range texts {
		grams[i] = countGrams(s)
	}
	item := func(i int, v *vocabulary) graded {
		row, _ := v.row(grams[i])
		return graded{foldOf(texts[i]), space.apply(vectors[i]), row, sentimentFeatures(texts[i]), scores[i], 1}
	}
	return crossFit(ctx, fold, grams, item)
}

// crossFit trains a head without each fold in turn and scores that fold with it.
func crossFit(ctx context.Context, fold []int, grams [][]gramCount, item func(i int, v *vocabulary) graded) ([]float64, error) {
	out := make([]float64, len(fold))
	for f := range folds {
		var counted [][]gramCount
		for i := range fold {
			if fold[i] != f {
				counted = append(counted, grams[i])
			}
		}
		if len(counted) == len(fold) {
			continue
		}
		v := newVocabulary(counted, 2)
		var train []graded
		for i := range fold {
			if fold[i] != f {
				train = append(train, item(i, v))
			}
		}
		h, err := trainSentiment(ctx, train, len(v.hashes))
		if err != nil {
			return nil, err
		}
		for i := range fold {
			if fold[i] == f {
				g := item(i, v)
				out[i] = h.score(g.x, g.row, g.words)
			}
		}
	}
	return out, nil
}

// RatedTurn is a visitor's turn of a dialogue with the satisfaction that people
// read in it.
type RatedTurn struct {
	Text     string
	Previous string  // what the bot said before; ""
	First    bool    // of its dialogue
	Rating   float64 // 1…5; below 0: none
	Fold     int
	Reading  Reading // by the shipped heads
}

// CrossSatisfaction scores each turn, −1…1, with a head trained on the rated
// turns of the other folds. It looks at the turn, at what the bot said before
// it, at the shipped readings and at whether the visitor says the same again.
func CrossSatisfaction(ctx context.Context, turns []RatedTurn, e Embedder) ([]float64, error) {
	texts, previous, fold := make([]string, len(turns)), make([]string, len(turns)), make([]int, len(turns))
	for i, t := range turns {
		texts[i], previous[i], fold[i] = t.Text, t.Previous, t.Fold
	}
	own, err := embedAll(ctx, e, texts, nil)
	if err != nil {
		return nil, err
	}
	before, err := embedAll(ctx, e, previous, nil)
	if err != nil {
		return nil, err
	}
	space := newSpace(genericSpace(len(own[0])), own)
	said := newSpace(genericSpace(len(own[0])), before)
	grams := make([][]gramCount, len(turns))
	repeats := make([]float64, len(turns))
	x := make([][]float32, len(turns))
	from := 0
	for i, t := range turns {
		grams[i] = mergeGrams(countGrams(t.Text), countGrams(t.Previous))
		v := space.apply(own[i])
		if t.First {
			from = i
		}
		for j := from; j < i; j++ {
			repeats[i] = max(repeats[i], float64(linear.Dot(x[j][:len(v)], v)))
		}
		x[i] = append(v, said.apply(before[i])...)
	}
	item := func(i int, v *vocabulary) graded {
		t := turns[i]
		row, _ := v.row(grams[i])
		s := t.Reading.Signals
		words := append(sentimentFeatures(t.Text), t.Reading.Sentiment, s.Rejects, s.Closing, s.WantsPerson, s.Abuse, repeats[i])
		score := 0.0
		if t.Rating >= 0 {
			score = max(-1, min(1, (t.Rating-3)/2))
		}
		return graded{foldOf(t.Text + "\n" + t.Previous), x[i], row, words, score, 1}
	}
	return crossFit(ctx, fold, grams, item)
}

// mergeGrams puts the n-grams of what the bot said beside those of the visitor,
// told apart by their hashes.
func mergeGrams(visitor, bot []gramCount) []gramCount {
	out := append([]gramCount(nil), visitor...)
	for _, g := range bot {
		g.hash = g.hash*2654435761 + 1
		out = append(out, g)
	}
	sortGrams(out)
	return out
}
