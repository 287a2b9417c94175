package intents

import (
	"context"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/linear"
)

// Labelled is a set of utterances with their intents, to make the shipped space
// from.
type Labelled struct {
	Name    string // of the set, for errors
	Texts   []string
	Intents []string // beside Texts
}

// Space is the shipped space in which intents are told apart.
type Space struct {
	Model string // the embeddings it is for
	space *space
}

// Strengths of the shipped space. They were chosen with half of the intents of the
// train split of BANKING77 in the making and draws of 5 and 10 examples of the other
// half: softmax regression alone .773 and .844 in a space of total covariance, .793
// and .853 in this one, .779 and .842 when no intent of a bank was in the making.
const (
	apartShrink  = .1 // share of the identity in a covariance, which few examples know badly
	apartPower   = .5 // of the covariance within intents; whole whitening lifts noise
	apartBalance = .5 // at this share of the mean variance between intents a direction counts half
)

// TrainSpace learns from labelled sets which directions of an embedding say what is
// wanted and which only how it is said: directions are divided by the root of what
// they vary within intents, and those that vary little between intents are weakened,
// as in probabilistic linear discriminant analysis (Ioffe 2006). Every set counts
// alike, and in it every intent with two utterances or more.
func TrainSpace(ctx context.Context, sets []Labelled, e Embedder, model string, progress func(stage string, done, total int)) (*Space, error) {
	if progress == nil {
		progress = func(string, int, int) {}
	}
	s := &space{}
	var within, between []float64
	d, rows := 0, 0
	for _, set := range sets {
		if len(set.Intents) != len(set.Texts) {
			return nil, fault.New(fault.Invalid, "the set %q has %d texts and %d intents", set.Name, len(set.Texts), len(set.Intents))
		}
		vectors, err := embedAll(ctx, e, set.Texts, func(n int) { progress(set.Name, n, len(set.Texts)) })
		if err != nil {
			return nil, err
		}
		of := map[string][][]float32{}
		for i, v := range vectors {
			of[set.Intents[i]] = append(of[set.Intents[i]], v)
		}
		if len(vectors) == 0 || len(of) < 2 {
			return nil, fault.New(fault.Invalid, "the set %q has fewer than two intents", set.Name)
		}
		if d == 0 {
			d = len(vectors[0])
			within, between, s.mean = make([]float64, d*d), make([]float64, d*d), make([]float32, d)
		}
		scatter(set.Intents, of, within, between, 1/float64(len(sets)))
		rows += len(vectors)
		for _, v := range vectors {
			for j, f := range v {
				s.mean[j] += f
			}
		}
	}
	if d == 0 {
		return nil, fault.New(fault.Invalid, "a space needs labelled examples; here are none")
	}
	for j := range s.mean {
		s.mean[j] /= float32(rows)
	}
	s.matrix = make([]float32, d*d)
	for i, v := range apartMatrix(within, between, d) {
		s.matrix[i] = float32(v)
	}
	return &Space{model, s}, nil
}

// scatter adds a set's covariances within and between its intents, weighted; the
// intents in the order of their first utterance.
func scatter(order []string, of map[string][][]float32, within, between []float64, weight float64) {
	var means [][]float64
	d := 0
	counted := 0
	for _, rows := range of {
		d = len(rows[0])
		if len(rows) > 1 {
			counted++
		}
	}
	all, seen := make([]float64, d), map[string]bool{}
	for _, label := range order {
		if seen[label] {
			continue
		}
		seen[label] = true
		rows := of[label]
		mean := make([]float64, d)
		for _, v := range rows {
			for j, f := range v {
				mean[j] += float64(f) / float64(len(rows))
			}
		}
		means = append(means, mean)
		for j, m := range mean {
			all[j] += m / float64(len(of))
		}
		if len(rows) < 2 {
			continue
		}
		for _, v := range rows {
			diff := make([]float64, d)
			for j, f := range v {
				diff[j] = float64(f) - mean[j]
			}
			outer(within, diff, weight/float64(counted*(len(rows)-1)))
		}
	}
	for _, m := range means {
		for j := range m {
			m[j] -= all[j]
		}
		outer(between, m, weight/float64(len(means)))
	}
}

// outer adds v·vᵀ times weight.
func outer(to, v []float64, weight float64) {
	for a, x := range v {
		row := to[a*len(v) : (a+1)*len(v)]
		for b, y := range v {
			row[b] += weight * x * y
		}
	}
}

// apartMatrix is the map of the space.
func apartMatrix(within, between []float64, d int) []float64 {
	whiten := linear.SymmetricPower(shrunk(within, d), d, -apartPower/2, 1e-4)
	b := shrunk(product(product(whiten, between, d), whiten, d), d)
	level := trace(b, d) / float64(d)
	// (1 + c/λ)^(−1/2) of the variance λ between intents.
	inverse := linear.SymmetricPower(b, d, -1, 1e-6)
	for i := range inverse {
		inverse[i] *= apartBalance * level
	}
	for i := range d {
		inverse[i*d+i]++
	}
	return product(linear.SymmetricPower(inverse, d, -.5, 1e-9), whiten, d)
}

func trace(m []float64, d int) (sum float64) {
	for i := range d {
		sum += m[i*d+i]
	}
	return sum
}

// shrunk mixes a covariance with the identity of its mean variance.
func shrunk(m []float64, d int) []float64 {
	out := make([]float64, len(m))
	for i, v := range m {
		out[i] = v * (1 - apartShrink)
	}
	for i := range d {
		out[i*d+i] += apartShrink * trace(m, d) / float64(d)
	}
	return out
}

func product(a, b []float64, d int) []float64 {
	out := make([]float64, d*d)
	for i := range d {
		row := out[i*d : (i+1)*d]
		for k := range d {
			v := a[i*d+k]
			for j, w := range b[k*d : (k+1)*d] {
				row[j] += v * w
			}
		}
	}
	return out
}
