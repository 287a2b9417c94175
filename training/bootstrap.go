package training

import (
	"math"
	"math/rand/v2"
	"sort"
)

// Draws and seed of every interval (Efron's percentile bootstrap).
const (
	bootstrapDraws = 1000
	bootstrapSeed  = 0
)

// sample is a set of lines that metrics run over. Lines of different files are
// drawn apart, so a draw has as many of each as there are.
type sample struct {
	n      int
	strata []int // sizes of the files' stretches, in order; nil: one stretch
}

func (s sample) ones() []float64 {
	w := make([]float64, s.n)
	for i := range w {
		w[i] = 1
	}
	return w
}

// draws are the values of a measure in every bootstrap draw, NaN where it is
// undefined. Which lines a draw holds depends on n and strata alone, so the k-th
// draws of two runs over the same lines are a pair.
func (s sample) draws(m measure) []float64 {
	rng := rand.New(rand.NewPCG(bootstrapSeed, 0))
	strata := s.strata
	if strata == nil {
		strata = []int{s.n}
	}
	w := make([]float64, s.n)
	values := make([]float64, bootstrapDraws)
	for k := range values {
		clear(w)
		from := 0
		for _, size := range strata {
			for range size {
				w[from+rng.IntN(size)]++
			}
			from += size
		}
		values[k] = m(w)
	}
	return values
}

// interval is the 95 % bootstrap interval of a measure. Draws in which it is
// undefined are left out; ok is false when it is undefined in most.
func (s sample) interval(m measure) (low, high float64, ok bool) { return spread(s.draws(m)) }

// spread is the 95 % percentile interval of draws.
func spread(draws []float64) (low, high float64, ok bool) {
	values := make([]float64, 0, len(draws))
	for _, v := range draws {
		if !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	if len(values) == 0 || len(values) <= len(draws)/2 {
		return 0, 0, false
	}
	low, high = percentiles(values)
	return low, high, true
}

// eceBand is the 95 % band in which the calibration error of a perfectly
// calibrated score with these very confidences would lie: the error is biased
// upward when n is small, so a single number says little (benchmark protocol).
func eceBand(confidence []float64) (low, high float64) {
	rng := rand.New(rand.NewPCG(bootstrapSeed, 1))
	w := sample{n: len(confidence)}.ones()
	right := make([]bool, len(confidence))
	m := ece(confidence, right)
	values := make([]float64, bootstrapDraws)
	for d := range values {
		for i, c := range confidence {
			right[i] = rng.Float64() < c
		}
		values[d] = m(w)
	}
	return percentiles(values)
}

// percentiles returns the 2.5th and the 97.5th.
func percentiles(values []float64) (low, high float64) {
	sort.Float64s(values)
	return quantile(values, .025), quantile(values, .975)
}

// quantile of sorted values, interpolated; NaN when there are none.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	x := q * float64(len(sorted)-1)
	i := int(x)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (x-float64(i))*(sorted[i+1]-sorted[i])
}
