package linear

import (
	"context"
	"math"
	"runtime"
	"sync"

	"github.com/viterin/vek/vek32"
)

// memory is how many past steps the curvature is estimated from (Liu and
// Nocedal, 1989, recommend 3 to 20; more costs memory, not iterations, here).
const memory = 6

// An objective returns the loss at x and writes its gradient to grad.
type objective func(x, grad []float32) float64

// minimize walks from x to near a minimum of f, in place, by L-BFGS with a
// backtracking line search. It stops after iterations steps, when the loss falls
// by less than tolerance of itself, or when ctx ends. step, when not nil, is told
// the steps done.
func minimize(ctx context.Context, f objective, x []float32, iterations int, tolerance float64, step func(done int)) error {
	n := len(x)
	grad, next, nextGrad, dir := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
	var s, y [][]float32
	var rho []float64
	loss := f(x, grad)
	for it := range iterations {
		if err := ctx.Err(); err != nil {
			return err
		}
		if step != nil {
			step(it)
		}
		// Two-loop recursion for the quasi-Newton direction.
		copy(dir, grad)
		alpha := make([]float64, len(s))
		for i := len(s) - 1; i >= 0; i-- {
			alpha[i] = rho[i] * dot(s[i], dir)
			sum(dir, dir, float32(-alpha[i]), y[i])
		}
		if k := len(s); k > 0 {
			vek32.MulNumber_Inplace(dir, float32(1/(rho[k-1]*dot(y[k-1], y[k-1]))))
		} else {
			// The first step has no curvature to go by: as long as one unit.
			vek32.MulNumber_Inplace(dir, float32(1/math.Max(1e-12, math.Sqrt(dot(grad, grad)))))
		}
		for i := range s {
			beta := rho[i] * dot(y[i], dir)
			sum(dir, dir, float32(alpha[i]-beta), s[i])
		}
		slope := -dot(grad, dir)
		if slope >= 0 {
			break // no descent left in float32
		}
		t, nextLoss := 1.0, math.Inf(1)
		for range 20 {
			sum(next, x, float32(-t), dir)
			nextLoss = f(next, nextGrad)
			if nextLoss <= loss+1e-4*t*slope {
				break
			}
			t /= 2
		}
		if !(nextLoss < loss) {
			break
		}
		ds, dy := make([]float32, n), make([]float32, n)
		if len(s) == memory {
			ds, dy = s[0], y[0]
			s, y, rho = s[1:], y[1:], rho[1:]
		}
		vek32.Sub_Into(ds, next, x)
		vek32.Sub_Into(dy, nextGrad, grad)
		if c := dot(ds, dy); c > 1e-10*dot(dy, dy) && c > 0 {
			s, y, rho = append(s, ds), append(y, dy), append(rho, 1/c)
		}
		x, next = swapInto(x, next)
		grad, nextGrad = nextGrad, grad
		done := loss-nextLoss < tolerance*math.Max(math.Abs(nextLoss), 1e-6)
		loss = nextLoss
		if done {
			break
		}
	}
	return ctx.Err()
}

// swapInto copies next into x, which the caller holds, and returns both.
func swapInto(x, next []float32) (a, b []float32) {
	copy(x, next)
	return x, next
}

// stretch is how many numbers are worked on at a time: few enough to stay in the
// nearest cache, and so few that float32 does not lose small terms of a sum.
const stretch = 4096

// inStretches calls f with the bounds of each stretch of n numbers and its ordinal,
// on all cores where there are enough of them. What f does must not depend on order.
func inStretches(n int, f func(k, from, to int)) {
	all := (n + stretch - 1) / stretch
	workers := min(runtime.GOMAXPROCS(0), all/16) // starting one costs about as much as sixteen stretches
	do := func(first, step int) {
		for k := first; k < all; k += step {
			f(k, k*stretch, min((k+1)*stretch, n))
		}
	}
	if workers < 2 {
		do(0, 1)
		return
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() { do(w, workers) })
	}
	wg.Wait()
}

// dot is the inner product, the same however many cores work on it.
func dot(a, b []float32) float64 {
	if len(a) <= stretch {
		return float64(vek32.Dot(a, b))
	}
	parts := make([]float64, (len(a)+stretch-1)/stretch)
	inStretches(len(a), func(k, from, to int) { parts[k] = float64(vek32.Dot(a[from:to], b[from:to])) })
	var sum float64
	for _, p := range parts {
		sum += p
	}
	return sum
}

// sum sets dst to x + c·v; dst may be x.
func sum(dst, x []float32, c float32, v []float32) {
	inStretches(len(dst), func(_, from, to int) {
		var scratch [stretch]float32
		part := scratch[:to-from]
		vek32.MulNumber_Into(part, v[from:to], c)
		copy(dst[from:to], x[from:to])
		vek32.Add_Inplace(dst[from:to], part)
	})
}
