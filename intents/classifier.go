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
	neighbours [][]float32     // examples in the space
	neighbour  []uint16        // their classes
	around     surroundings    // for the out-of-scope score
}

// views are how many scores the mixture has for a class: log-probability by
// embedding, by n-grams, and the cosine of the nearest example.
const views = 3

// floor keeps a log-probability finite.
const floor = 1e-7

// seen is everything about one utterance that mixture and out-of-scope score
// look at.
type seen struct {
	scores   []float32 // classes × views, as FitShared wants them
	nearest  float64   // cosine of the nearest example
	nearest5 float64   // mean cosine of the five nearest
	centre   float64   // cosine of the nearest class centre
	known    float64   // idf-weighted share of the words that training saw
	energy   float64   // log of the summed exponentials of the dense scores, before they are normalized
	grams    int       // n-grams of the text that the vocabulary has
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
		s.scores[i*views+2] = v
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

// surroundings are the examples in the plain shipped space. The space in which intents
// are told apart weakens what does not tell the known ones apart, and that may be just
// what tells that an utterance is none of them: with it alone the out-of-scope score of
// a bank's unsupported questions lost a point of AUROC.
type surroundings struct {
	space   *space
	rows    [][]float32
	centres [][]float32 // of the classes, unit length; zero for a class without examples
}

// look adds what surrounds a vector of the surroundings' space.
func (a *surroundings) look(x []float32, s *seen) {
	var top [5]float32
	for i := range top {
		top[i] = -1
	}
	for _, v := range a.rows {
		cos := linear.Dot(v, x)
		for k := range top {
			if cos > top[k] {
				copy(top[k+1:], top[k:len(top)-1])
				top[k] = cos
				break
			}
		}
	}
	s.nearest = float64(top[0])
	n := min(len(top), len(a.rows))
	for k := range n {
		s.nearest5 += float64(top[k]) / float64(n)
	}
	s.centre = -1
	for _, v := range a.centres {
		s.centre = math.Max(s.centre, float64(linear.Dot(v, x)))
	}
}
