package linear

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

// blobs draws rows around one centre a class.
func blobs(rng *rand.Rand, n, classes, d int, spread float64) ([][]float32, []int) {
	centres := make([][]float64, classes)
	for c := range centres {
		centres[c] = make([]float64, d)
		for j := range centres[c] {
			centres[c][j] = rng.NormFloat64()
		}
	}
	x, y := make([][]float32, n), make([]int, n)
	for i := range x {
		y[i] = i % classes
		x[i] = make([]float32, d)
		for j := range x[i] {
			x[i][j] = float32(centres[y[i]][j] + spread*rng.NormFloat64())
		}
	}
	return x, y
}

func sparseOf(x [][]float32) []Sparse {
	out := make([]Sparse, len(x))
	for i, row := range x {
		for j, v := range row {
			if v != 0 {
				out[i].Index = append(out[i].Index, uint32(j))
				out[i].Value = append(out[i].Value, v)
			}
		}
	}
	return out
}

func accuracy(n int, y []int, predict func(i int, out []float32), classes int) float64 {
	out := make([]float32, classes)
	hits := 0
	for i := range n {
		predict(i, out)
		best := 0
		for c := range out {
			if out[c] > out[best] {
				best = c
			}
		}
		if best == y[i] {
			hits++
		}
	}
	return float64(hits) / float64(n)
}

func TestDenseAndSparseFindTheSameMinimum(t *testing.T) {
	x, y := blobs(rand.New(rand.NewPCG(1, 1)), 600, 5, 20, .8)
	o := Options{L2: 1e-2, Iterations: 300, Tolerance: 1e-7}
	dense, err := TrainDense(t.Context(), x, y, 5, o)
	if err != nil {
		t.Fatal(err)
	}
	sparse, err := TrainSparse(t.Context(), sparseOf(x), y, 5, 20, o)
	if err != nil {
		t.Fatal(err)
	}
	rows := sparseOf(x)
	a, b := make([]float32, 5), make([]float32, 5)
	for i := range x {
		dense.Dense(x[i], a)
		sparse.Sparse(rows[i], b)
		for c := range a {
			if math.Abs(float64(a[c]-b[c])) > .01 {
				t.Fatalf("row %d class %d: dense %v, sparse %v", i, c, a[c], b[c])
			}
		}
	}
	if acc := accuracy(len(x), y, func(i int, out []float32) { dense.Dense(x[i], out) }, 5); acc < .97 {
		t.Errorf("accuracy %v on blobs that part well, want .97", acc)
	}
}

func TestGradientVanishesAtTheMinimum(t *testing.T) {
	// With the truth known to be logistic in one feature, the fit finds its slope.
	rng := rand.New(rand.NewPCG(2, 2))
	x, y := make([][]float32, 20000), make([]int, 20000)
	for i := range x {
		v := rng.NormFloat64()
		x[i] = []float32{float32(v)}
		if rng.Float64() < 1/(1+math.Exp(-(1.5*v-.5))) {
			y[i] = 1
		}
	}
	m, err := TrainDense(t.Context(), x, y, 2, Options{L2: 1e-6, Iterations: 200, Tolerance: 1e-9})
	if err != nil {
		t.Fatal(err)
	}
	slope, bias := m.W[1]-m.W[0], m.Bias[1]-m.Bias[0]
	if math.Abs(float64(slope)-1.5) > .08 || math.Abs(float64(bias)+.5) > .06 {
		t.Errorf("slope %v bias %v, want 1.5 and -.5", slope, bias)
	}
}

func TestWeightsCountRows(t *testing.T) {
	x := [][]float32{{1}, {1}, {1}}
	y := []int{0, 1, 1}
	m, err := TrainDense(t.Context(), x, y, 2, Options{L2: 10, Iterations: 200, Tolerance: 1e-9, Weights: []float32{6, 1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float32, 2)
	m.Dense(x[0], out)
	if math.Abs(float64(out[0])-.75) > .01 {
		t.Errorf("probability %v, want .75: six of eight rows by weight", out[0])
	}
}

func TestTrainingStopsWithItsContext(t *testing.T) {
	x, y := blobs(rand.New(rand.NewPCG(3, 3)), 200, 3, 8, 2)
	ctx, cancel := context.WithCancel(t.Context())
	steps := 0
	_, err := TrainDense(ctx, x, y, 3, Options{L2: 1e-9, Tolerance: 1e-15, Iterations: 1000, Step: func(int) {
		if steps++; steps == 3 {
			cancel()
		}
	}})
	if err != context.Canceled {
		t.Errorf("error %v after %d steps, want canceled", err, steps)
	}
	if steps != 3 {
		t.Errorf("%d steps, want none after the cancel in the third", steps)
	}
}

func BenchmarkTrainDense(b *testing.B) {
	x, y := blobs(rand.New(rand.NewPCG(1, 1)), 10000, 77, 384, 3)
	for b.Loop() {
		if _, err := TrainDense(b.Context(), x, y, 77, Options{L2: 1e-5, Iterations: 10, Tolerance: 1e-12}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestFitSharedFindsTheUsefulModel(t *testing.T) {
	// Two models' scores over three classes: the first knows the truth, the second is noise.
	rng := rand.New(rand.NewPCG(4, 4))
	rows, y := make([][]float32, 500), make([]int, 500)
	for i := range rows {
		y[i] = rng.IntN(3)
		rows[i] = make([]float32, 6)
		for c := range 3 {
			if c == y[i] {
				rows[i][2*c] = 1
			}
			rows[i][2*c] += float32(.5 * rng.NormFloat64())
			rows[i][2*c+1] = float32(rng.NormFloat64())
		}
	}
	w, err := FitShared(t.Context(), rows, y, []float64{1, 1}, 1e-4)
	if err != nil {
		t.Fatal(err)
	}
	if w[0] < 2 || math.Abs(w[1]) > .4 {
		t.Errorf("weights %v, want the first large and the second near 0", w)
	}
}

func TestFitLogisticIgnoresAConstant(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	x, yes := make([][]float64, 400), make([]bool, 400)
	for i := range x {
		v := 100 + 10*rng.NormFloat64()
		x[i], yes[i] = []float64{v, 7}, v+3*rng.NormFloat64() > 100
	}
	m, err := FitLogistic(t.Context(), x, yes, nil, 1e-3)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(m.W[1]) > 1e-9 || m.Probability([]float64{120, 7}) < .95 || m.Probability([]float64{80, 7}) > .05 {
		t.Errorf("model %+v does not part 80 from 120", m)
	}
	if p := m.Probability([]float64{math.NaN(), math.Inf(1)}); math.IsNaN(p) {
		t.Error("an undefined feature makes the probability undefined")
	}
}

func TestSymmetricPowerInverts(t *testing.T) {
	const n = 12
	rng := rand.New(rand.NewPCG(6, 6))
	b := make([]float64, n*n)
	for i := range b {
		b[i] = rng.NormFloat64()
	}
	a := make([]float64, n*n) // b·bᵀ + 1
	for i := range n {
		for j := range n {
			for k := range n {
				a[i*n+j] += b[i*n+k] * b[j*n+k]
			}
		}
		a[i*n+i]++
	}
	half := SymmetricPower(a, n, -.5, 0)
	for i := range n {
		for j := range n {
			// half·a·half is the identity.
			var got float64
			for k := range n {
				for l := range n {
					got += half[i*n+k] * a[k*n+l] * half[l*n+j]
				}
			}
			want := 0.0
			if i == j {
				want = 1
			}
			if math.Abs(got-want) > 1e-8 {
				t.Fatalf("entry %d,%d of the product is %v, want %v", i, j, got, want)
			}
		}
	}
}
