package intents

import (
	"math"

	"github.com/frontdesk-chat/frontdesk/internal/linear"
)

// classifier is what one training on one set of rows gives: three views of an
// utterance, each with its own idea of the intent.
type classifier struct {
	classes    int
	space      *space
	dense      *linear.Softmax // over the embedding; nil: switched off
	vocabulary *vocabulary
	sparse     *linear.Softmax // over n-grams; nil: switched off
	neighbours [][]float32     // examples in the space; none where the surroundings vote
	neighbour  []uint16        // their classes
	wording    wording         // for the out-of-scope score, as what follows
	around     surroundings
}

// views are how many scores the mixture has for a class: log-probability by
// embedding, by n-grams, and what the nearest examples say: the cosine of the
// class's nearest one, or the logarithm of its share of their votes.
const views = 3

// nearView is the last of them.
const nearView = 2

// floor keeps a log-probability finite.
const floor = 1e-7

// seen is everything about one utterance that mixture and out-of-scope score
// look at.
type seen struct {
	scores   []float32 // classes × views, as FitShared wants them
	nearest  float64   // cosine of the nearest example
	nearest5 float64   // mean cosine of the five nearest
	lonely   float64   // how much farther the five nearest are from it than from their own five nearest, as a ratio of distances
	centre   float64   // cosine of the nearest class centre
	known    float64   // idf-weighted share of the words that training saw
	energy   float64   // log of the summed exponentials of the dense scores, before they are normalized
	grams    int       // n-grams of the text that the vocabulary has
	words    []word    // of the text
}

// look computes the views of one utterance but for what surrounds it. x is its vector
// in the space.
func (c *classifier) look(x []float32, grams []gramCount) seen {
	s := seen{scores: make([]float32, c.classes*views), known: 1}
	p := make([]float32, c.classes)
	if c.dense != nil {
		for i := range p {
			p[i] = linear.Dot(c.dense.W[i*c.dense.Features:(i+1)*c.dense.Features], x) + c.dense.Bias[i]
		}
		s.energy = logSumExp(p)
		linear.Normalize(p)
		for i, v := range p {
			s.scores[i*views] = logOf(v)
		}
	}
	if c.sparse != nil {
		row, known := c.vocabulary.row(grams)
		s.known, s.grams = known, len(row.Index)
		s.words = c.vocabulary.words(grams)
		c.sparse.Sparse(row, p)
		for i, v := range p {
			s.scores[i*views+1] = logOf(v)
		}
	}
	best := make([]float32, c.classes)
	for i := range best {
		best[i] = -1
	}
	for i, v := range c.neighbours {
		best[c.neighbour[i]] = max(best[c.neighbour[i]], linear.Dot(v, x))
	}
	for i, v := range best {
		s.scores[i*views+nearView] = v
	}
	return s
}

func logOf(p float32) float32 { return float32(math.Log(max(floor, float64(p)))) }

func logSumExp(v []float32) float64 {
	top := v[0]
	for _, x := range v[1:] {
		top = max(top, x)
	}
	var sum float64
	for _, x := range v {
		sum += math.Exp(float64(x - top))
	}
	return float64(top) + math.Log(sum)
}

// mix turns the views into probabilities.
func mix(s seen, weights []float64) []float64 {
	p := make([]float64, len(s.scores)/views)
	top := math.Inf(-1)
	for c := range p {
		for k, w := range weights {
			p[c] += w * float64(s.scores[c*views+k])
		}
		top = math.Max(top, p[c])
	}
	var sum float64
	for c := range p {
		p[c] = math.Exp(p[c] - top)
		sum += p[c]
	}
	for c := range p {
		p[c] /= sum
	}
	return p
}

func argmax(p []float64) int {
	best := 0
	for i, v := range p {
		if v > p[best] {
			best = i
		}
	}
	return best
}
