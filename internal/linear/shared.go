package linear

import (
	"context"
	"math"

	"github.com/viterin/vek/vek32"
)

// FitShared fits a few weights that all classes share: the score of class c is
// the sum over k of weight[k]·rows[i][c·k+…], a conditional logit. It serves to
// mix the log-probabilities of several models and to calibrate the mixture at
// once. prior is what the weights are drawn to with strength l2.
func FitShared(ctx context.Context, rows [][]float32, y []int, prior []float64, l2 float64) ([]float64, error) {
	k := len(prior)
	x := make([]float32, k)
	for j, p := range prior {
		x[j] = float32(p)
	}
	f := func(p, grad []float32) float64 {
		g := make([]float64, k)
		var loss float64
		var scores []float64
		for i, row := range rows {
			classes := len(row) / k
			scores = scores[:0]
			top := math.Inf(-1)
			for c := range classes {
				var s float64
				for j := range k {
					s += float64(p[j]) * float64(row[c*k+j])
				}
				scores = append(scores, s)
				top = math.Max(top, s)
			}
			var sum float64
			for _, s := range scores {
				sum += math.Exp(s - top)
			}
			loss += top + math.Log(sum) - scores[y[i]]
			for c, s := range scores {
				r := math.Exp(s-top) / sum
				if c == y[i] {
					r--
				}
				for j := range k {
					g[j] += r * float64(row[c*k+j])
				}
			}
		}
		n := float64(len(rows))
		loss /= n
		for j := range k {
			d := float64(p[j]) - prior[j]
			loss += l2 / 2 * d * d
			grad[j] = float32(g[j]/n + l2*d)
		}
		return loss
	}
	if err := minimize(ctx, f, x, 60, 1e-6, nil); err != nil {
		return nil, err
	}
	out := make([]float64, k)
	for j, v := range x {
		out[j] = float64(v)
	}
	return out, nil
}

// Logistic is a two-class model over a handful of standardized features.
type Logistic struct {
	Mean, Scale []float64 // of each feature; a feature enters as (value−Mean)/Scale
	W           []float64
	Bias        float64
}

// FitLogistic fits P(positive) to rows with weights (nil: 1 each). Features are
// standardized inside; a constant one is ignored.
func FitLogistic(ctx context.Context, x [][]float64, positive []bool, weights []float32, l2 float64) (*Logistic, error) {
	k := len(x[0])
	m := &Logistic{Mean: make([]float64, k), Scale: make([]float64, k), W: make([]float64, k)}
	for _, row := range x {
		for j, v := range row {
			m.Mean[j] += v / float64(len(x))
		}
	}
	for _, row := range x {
		for j, v := range row {
			m.Scale[j] += (v - m.Mean[j]) * (v - m.Mean[j]) / float64(len(x))
		}
	}
	for j := range m.Scale {
		if m.Scale[j] = math.Sqrt(m.Scale[j]); m.Scale[j] < 1e-9 {
			m.Scale[j] = 1
		}
	}
	dense, y := make([][]float32, len(x)), make([]int, len(x))
	for i, row := range x {
		dense[i] = make([]float32, k)
		for j, v := range row {
			dense[i][j] = float32((v - m.Mean[j]) / m.Scale[j])
		}
		if positive[i] {
			y[i] = 1
		}
	}
	s, err := TrainDense(ctx, dense, y, 2, Options{L2: l2, Iterations: 200, Tolerance: 1e-7, Weights: weights})
	if err != nil {
		return nil, err
	}
	for j := range k {
		m.W[j] = float64(s.W[k+j] - s.W[j])
	}
	m.Bias = float64(s.Bias[1] - s.Bias[0])
	return m, nil
}

// Probability of the positive class; infinite and undefined features count as
// their mean.
func (m *Logistic) Probability(x []float64) float64 {
	z := m.Bias
	for j, v := range x {
		if d := (v - m.Mean[j]) / m.Scale[j]; !math.IsNaN(d) && !math.IsInf(d, 0) {
			z += m.W[j] * d
		}
	}
	return Sigmoid(z)
}

// Sigmoid is 1/(1+e^−z).
func Sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// MatVec multiplies a matrix, stored by rows of len(x), with x.
func MatVec(matrix, x []float32) []float32 {
	out := make([]float32, len(matrix)/len(x))
	for i := range out {
		out[i] = vek32.Dot(matrix[i*len(x):(i+1)*len(x)], x)
	}
	return out
}

// Dot is the inner product of two vectors of one length.
func Dot(a, b []float32) float32 { return vek32.Dot(a, b) }
