package e5

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Every native kernel does what the portable one does, for row counts around its
// tiles and with hidden states whose magnitude varies as the model's does.
func TestKernelsAgree(t *testing.T) {
	e := open(t, "portable")
	want := e.kernels
	for _, got := range nativeKernels() {
		t.Run(got.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			for rows := 1; rows <= 14; rows++ {
				for _, m := range []*matrix{&e.weights.layer[0].qkv, &e.weights.layer[3].attnOut, &e.weights.layer[5].up, &e.weights.layer[11].down} {
					x := randomFloats(r, rows*m.in, 1)
					a, b := quantized(want, x, rows, m), quantized(got, x, rows, m)
					if !slices.Equal(a.codes, b.codes) || !slices.Equal(a.blocks, b.blocks) || !slices.Equal(a.side, b.side) {
						t.Fatalf("%d rows of %d: quantized codes differ", rows, m.in)
					}
					y, z := make([]float32, rows*m.out), make([]float32, rows*m.out)
					want.linear(y, a, m, new(workspace))
					got.linear(z, b, m, new(workspace))
					compare(t, "linear", z, y, 1e-4)
				}
				x, y := randomFloats(r, rows*Dim, 3), randomFloats(r, rows*Dim, 2)
				z := slices.Clone(x)
				want.addNorm(x, y, &e.weights.layer[2].ffNorm)
				got.addNorm(z, y, &e.weights.layer[2].ffNorm)
				compare(t, "addNorm", z, x, 1e-5)
			}
			for _, n := range []int{1, 2, 5, 6, 7, 15, 16, 17, 31, 32, 33, 64, 65, 100} {
				room := (n + tileRows - 1) / tileRows * tileRows
				qkv := randomFloats(r, room*3*Dim, 0.3)
				x, y := make([]float32, room*Dim), make([]float32, room*Dim)
				want.attend(x, qkv, n, new(workspace))
				got.attend(y, qkv, n, new(workspace))
				// Scores from 8 bits: each is off by some hundredths.
				compare(t, "attend", y[:n*Dim], x[:n*Dim], 0.05)
			}
			x := make([]float32, 0, 4096)
			for i := range cap(x) {
				x = append(x, float32(i-2048)/128)
			}
			y := slices.Clone(x)
			want.gelu(x)
			got.gelu(y)
			compare(t, "gelu", y, x, 2e-6)
		})
	}
}

// randomFloats returns numbers of which every 32nd run is larger, and some are zero.
func randomFloats(r *rand.Rand, n int, spread float64) []float32 {
	x := make([]float32, n)
	for i := range x {
		if i/blockSize%7 != 3 {
			x[i] = float32(r.NormFloat64() * spread * float64(1+i/blockSize%5))
		}
	}
	return x
}

func quantized(k *kernels, x []float32, rows int, m *matrix) *activations {
	a := new(activations)
	a.fill(k, x, rows, m)
	return a
}

func compare(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	for i := range want {
		if d := math.Abs(float64(got[i] - want[i])); !(d <= tolerance*(1+math.Abs(float64(want[i])))) {
			t.Fatalf("%s: number %d of %d is %v, want %v", what, i, len(want), got[i], want[i])
		}
	}
}

// at returns the weight of output o for input i.
func (m *matrix) at(o, i int) float32 {
	block := o/panelRows*(m.in/blockSize) + i/blockSize
	k := i % blockSize
	c := m.codes[block*panelRows*blockSize/2+k%16/4*64+o%panelRows*4+k%4] >> (k / 16 * 4) & 15
	return float32(int(c)-8) * halfToFloat(m.scales[block*panelRows+o%panelRows])
}

// The portable products against the definition: weights times the numbers that codes
// and side inputs stand for.
func TestLinearDefinition(t *testing.T) {
	e := open(t, "portable")
	l := &e.weights.layer[4]
	r := rand.New(rand.NewPCG(3, 4))
	for _, m := range []*matrix{&l.qkv, &l.attnOut, &l.up, &l.down} {
		x := randomFloats(r, 3*m.in, 1)
		a := quantized(e.kernels, x, 3, m)
		got, want := make([]float32, 3*m.out), make([]float32, 3*m.out)
		e.kernels.linear(got, a, m, new(workspace))
		keep := outliers()
		for row := range 3 {
			for o := range m.out {
				sum := float64(m.bias[o])
				for i := range m.in {
					at := row*m.in + i
					v := float64(a.codes[at]) * float64(a.blocks[at/blockSize].scale)
					switch {
					case m.input == hidden && slices.Contains(keep[:], i):
						v += float64(x[at])
					case m.input == activated:
						v += float64(a.side[at/blockSize])
					}
					if math.Abs(v-float64(x[at])) > 0.51*float64(a.blocks[at/blockSize].scale) {
						t.Fatalf("%v stands for %v, scale %v", v, x[at], a.blocks[at/blockSize].scale)
					}
					sum += v * float64(m.at(o, i))
				}
				want[row*m.out+o] = float32(sum)
			}
		}
		compare(t, "linear", got, want, 1e-4)
	}
}

func TestFunctions(t *testing.T) {
	for x := float32(-100); x <= 0; x += 0.0137 {
		want := math.Exp(max(float64(x), expMin))
		if got := float64(exp32(x)); math.Abs(got-want) > 3e-7*want {
			t.Fatalf("exp32(%v) = %v, want %v", x, got, want)
		}
	}
	for x := float32(-12); x <= 12; x += 0.0137 {
		want := float64(x) * 0.5 * math.Erfc(-float64(x)/math.Sqrt2)
		if got := float64(gelu32(x)); math.Abs(got-want) > 1e-6 {
			t.Fatalf("gelu32(%v) = %v, want %v", x, got, want)
		}
	}
	for h := range uint16(0x7c00) {
		// A half float is frac * 2^(exp-25) with the hidden bit, or subnormal.
		want := math.Ldexp(float64(h&0x3ff), -24)
		if exp := int(h >> 10); exp > 0 {
			want = math.Ldexp(float64(1024+h&0x3ff), exp-25)
		}
		if got := halfToFloat(h); float64(got) != want || halfToFloat(h|0x8000) != -got {
			t.Fatalf("halfToFloat(%#x) = %v, want %v", h, got, want)
		}
	}
}

// The coordinates that are kept exact are the largest ones of the hidden states.
func TestOutliers(t *testing.T) {
	e := open(t, "")
	square := make([]float64, Dim)
	watched := *e.kernels
	watched.addNorm = func(x, y []float32, p *norm) {
		e.kernels.addNorm(x, y, p)
		for i, v := range x {
			square[i%Dim] += float64(v) * float64(v)
		}
	}
	watcher := &Encoder{weights: e.weights, kernels: &watched}
	w := new(workspace)
	for _, r := range readReference(t) {
		w.ids = append(w.ids[:0], r.IDs...)
		watcher.forward(w)
	}
	order := make([]int, Dim)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(square[b], square[a]) })
	largest := order[:outlierCount]
	slices.Sort(largest)
	if want := outliers(); !slices.Equal(largest, want[:]) {
		t.Errorf("largest coordinates are %v, outliers %v", largest, want)
	}
}

func TestMeasure(t *testing.T) {
	e := open(t, "")
	for _, c := range []struct {
		prefix, text string
		tokens       int
	}{{passagePrefix, measuredSentence + measuredSentence, 48}, {queryPrefix, measuredQuery, 16}} {
		if _, err := e.timeForward(context.Background(), c.prefix, c.text, c.tokens, 1); err != nil {
			t.Error(err)
		}
	}
	if _, err := e.timeForward(context.Background(), queryPrefix, "short", 389, 1); err == nil {
		t.Error("no error for a text that is shorter than measured")
	}
}
