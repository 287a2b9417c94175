package linear

import (
	"context"
	"math"
	"runtime"
	"sync"

	"github.com/viterin/vek/vek32"
)

// Sparse is a row with few entries: Index ascending, Value beside it.
type Sparse struct {
	Index []uint32
	Value []float32
}

// Options of a training.
type Options struct {
	L2         float64        // strength of the penalty L2/2·|w|² beside the mean loss a row; must be above 0
	Iterations int            // at most; 0: 100
	Tolerance  float64        // relative fall of the loss at which to stop; 0: 1e-4
	Weights    []float32      // of rows; nil: 1 each
	Step       func(done int) // told the steps done; nil: nobody
}

// Softmax is a multinomial logistic model: probability of class c is
// proportional to exp(Bias[c] + W[c]·x).
type Softmax struct {
	Classes, Features int
	W                 []float32 // dense models: Classes × Features by class; sparse models: Features × Classes by feature
	Bias              []float32
}

// blockRows is how many rows are scored before their gradient is taken: the
// block and its transpose stay in the second-level cache.
const blockRows = 256

// TrainDense fits a softmax to rows of equal length. y[i] is the class of x[i],
// from 0 to classes−1.
func TrainDense(ctx context.Context, x [][]float32, y []int, classes int, o Options) (*Softmax, error) {
	d := len(x[0])
	m := &Softmax{Classes: classes, Features: d}
	params := make([]float32, classes*d+classes)
	blocks := transposed(x)
	total := rowWeight(len(x), o.Weights)
	workers := newPartials(len(params))
	f := func(p, grad []float32) float64 {
		loss := workers.run(len(blocks), grad, func(b int, g []float32, scr *scratch) float64 {
			lo := b * blockRows
			rows := x[lo:min(lo+blockRows, len(x))]
			// residual[c·rows + i] is weight·(probability − truth) of row i.
			residual := scr.floats(classes * len(rows))
			scores := scr.more(classes)
			var loss float64
			for i, row := range rows {
				for c := range classes {
					scores[c] = vek32.Dot(p[c*d:(c+1)*d], row) + p[classes*d+c]
				}
				w := weightOf(o.Weights, lo+i)
				loss += float64(w) * crossEntropy(scores, y[lo+i])
				for c := range classes {
					residual[c*len(rows)+i] = w * scores[c]
				}
			}
			for c := range classes {
				r := residual[c*len(rows) : (c+1)*len(rows)]
				for j := range d {
					g[c*d+j] += vek32.Dot(r, blocks[b][j*len(rows):(j+1)*len(rows)])
				}
				g[classes*d+c] += vek32.Sum(r)
			}
			return loss
		})
		return finish(loss, total, p, grad, classes*d, o.L2)
	}
	err := minimize(ctx, f, params, or(o.Iterations, 100), or(o.Tolerance, 1e-4), o.Step)
	m.W, m.Bias = params[:classes*d], params[classes*d:]
	return m, err
}

// TrainSparse fits a softmax to sparse rows whose indices are below features.
func TrainSparse(ctx context.Context, x []Sparse, y []int, classes, features int, o Options) (*Softmax, error) {
	params := make([]float32, classes*features+classes)
	total := rowWeight(len(x), o.Weights)
	// A gradient a core would need much memory: rows are scored in parallel and
	// each core then sums the gradient of its own share of the features.
	residual := make([]float32, len(x)*classes)
	cores := runtime.GOMAXPROCS(0)
	columns := byFeature(x, features)
	f := func(p, grad []float32) float64 {
		losses := make([]float64, cores)
		parallel(cores, func(core int) {
			scratch := make([]float32, classes)
			for i := core; i < len(x); i += cores {
				scores := residual[i*classes : (i+1)*classes]
				copy(scores, p[classes*features:])
				for k, at := range x[i].Index {
					vek32.MulNumber_Into(scratch, p[int(at)*classes:(int(at)+1)*classes], x[i].Value[k])
					vek32.Add_Inplace(scores, scratch)
				}
				w := weightOf(o.Weights, i)
				losses[core] += float64(w) * crossEntropy(scores, y[i])
				if w != 1 {
					vek32.MulNumber_Inplace(scores, w)
				}
			}
		})
		parallel(cores, func(core int) {
			scratch := make([]float32, classes)
			for at := core; at < features; at += cores {
				g := grad[at*classes : (at+1)*classes]
				clear(g)
				for k, row := range columns.rows[columns.from[at]:columns.from[at+1]] {
					vek32.MulNumber_Into(scratch, residual[int(row)*classes:(int(row)+1)*classes], columns.values[columns.from[at]+k])
					vek32.Add_Inplace(g, scratch)
				}
			}
		})
		bias := grad[classes*features:]
		clear(bias)
		for i := range x {
			vek32.Add_Inplace(bias, residual[i*classes:(i+1)*classes])
		}
		var loss float64
		for _, l := range losses {
			loss += l
		}
		return finish(loss, total, p, grad, classes*features, o.L2)
	}
	err := minimize(ctx, f, params, or(o.Iterations, 100), or(o.Tolerance, 1e-4), o.Step)
	return &Softmax{Classes: classes, Features: features, W: params[:classes*features], Bias: params[classes*features:]}, err
}

// finish turns sums over rows into means and adds the penalty on the weights,
// not on the biases.
func finish(loss, total float64, p, grad []float32, weights int, l2 float64) float64 {
	vek32.MulNumber_Inplace(grad, float32(1/total))
	sum(grad[:weights], grad[:weights], float32(l2), p[:weights])
	return loss/total + l2/2*dot(p[:weights], p[:weights])
}

// crossEntropy turns scores into probability − truth in place and returns the loss.
func crossEntropy(scores []float32, truth int) float64 {
	at := scores[truth]
	top := scores[0]
	for _, s := range scores[1:] {
		top = max(top, s)
	}
	var sum float64
	for c, s := range scores {
		e := math.Exp(float64(s - top))
		sum += e
		scores[c] = float32(e)
	}
	for c := range scores {
		scores[c] = float32(float64(scores[c]) / sum)
	}
	scores[truth]--
	return math.Log(sum) - float64(at-top)
}

// Dense writes the probabilities of a dense row to out, which has one place a class.
func (m *Softmax) Dense(x []float32, out []float32) {
	for c := range out {
		out[c] = vek32.Dot(m.W[c*m.Features:(c+1)*m.Features], x) + m.Bias[c]
	}
	Normalize(out)
}

// Sparse writes the probabilities of a sparse row to out.
func (m *Softmax) Sparse(x Sparse, out []float32) {
	copy(out, m.Bias)
	for k, at := range x.Index {
		v := x.Value[k]
		for c, w := range m.W[int(at)*m.Classes : (int(at)+1)*m.Classes] {
			out[c] += v * w
		}
	}
	Normalize(out)
}

// Normalize turns scores into probabilities in place.
func Normalize(scores []float32) {
	top := scores[0]
	for _, s := range scores[1:] {
		top = max(top, s)
	}
	var sum float64
	for c, s := range scores {
		e := math.Exp(float64(s - top))
		sum += e
		scores[c] = float32(e)
	}
	for c := range scores {
		scores[c] = float32(float64(scores[c]) / sum)
	}
}

// transposed cuts rows into blocks and stores each by column.
func transposed(x [][]float32) [][]float32 {
	var blocks [][]float32
	for lo := 0; lo < len(x); lo += blockRows {
		rows := x[lo:min(lo+blockRows, len(x))]
		b := make([]float32, len(rows)*len(x[0]))
		for i, row := range rows {
			for j, v := range row {
				b[j*len(rows)+i] = v
			}
		}
		blocks = append(blocks, b)
	}
	return blocks
}

// columnIndex lists, for each feature, the rows that have it.
type columnIndex struct {
	from   []int
	rows   []uint32
	values []float32
}

func byFeature(x []Sparse, features int) columnIndex {
	c := columnIndex{from: make([]int, features+1)}
	for _, row := range x {
		for _, at := range row.Index {
			c.from[at+1]++
		}
	}
	for i := range features {
		c.from[i+1] += c.from[i]
	}
	c.rows, c.values = make([]uint32, c.from[features]), make([]float32, c.from[features])
	next := append([]int(nil), c.from[:features]...)
	for i, row := range x {
		for k, at := range row.Index {
			c.rows[next[at]], c.values[next[at]] = uint32(i), row.Value[k]
			next[at]++
		}
	}
	return c
}

// partials sums a gradient over blocks, one partial sum a core.
type partials struct {
	grads   [][]float32
	scratch []scratch
}

func newPartials(n int) *partials {
	cores := runtime.GOMAXPROCS(0)
	p := &partials{grads: make([][]float32, cores), scratch: make([]scratch, cores)}
	for i := range p.grads {
		p.grads[i] = make([]float32, n)
	}
	return p
}

func (p *partials) run(blocks int, grad []float32, op func(block int, g []float32, s *scratch) float64) float64 {
	cores := len(p.grads)
	losses := make([]float64, cores)
	parallel(cores, func(core int) {
		clear(p.grads[core])
		for b := core; b < blocks; b += cores {
			losses[core] += op(b, p.grads[core], &p.scratch[core])
		}
	})
	clear(grad)
	var loss float64
	for core := range cores {
		vek32.Add_Inplace(grad, p.grads[core])
		loss += losses[core]
	}
	return loss
}

// scratch keeps buffers between blocks.
type scratch struct{ a, b []float32 }

func (s *scratch) floats(n int) []float32 {
	if cap(s.a) < n {
		s.a = make([]float32, n)
	}
	return s.a[:n]
}

func (s *scratch) more(n int) []float32 {
	if cap(s.b) < n {
		s.b = make([]float32, n)
	}
	return s.b[:n]
}

func parallel(cores int, op func(core int)) {
	var wg sync.WaitGroup
	for core := range cores {
		wg.Go(func() { op(core) })
	}
	wg.Wait()
}

func rowWeight(n int, weights []float32) float64 {
	if weights == nil {
		return float64(n)
	}
	var sum float64
	for _, w := range weights {
		sum += float64(w)
	}
	return sum
}

func weightOf(weights []float32, i int) float32 {
	if weights == nil {
		return 1
	}
	return weights[i]
}

func or[T int | float64](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}
