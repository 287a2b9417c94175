package linear

import (
	"math"
)

// SymmetricPower raises a symmetric, positive semi-definite n×n matrix (by rows)
// to an exponent. Eigenvalues below floor times the largest are lifted to that,
// so that a negative exponent does not blow up noise. Cyclic Jacobi rotations:
// slow beside a tridiagonal method, exact, and needed once per shipped model.
func SymmetricPower(matrix []float64, n int, exponent, floor float64) []float64 {
	a := append([]float64(nil), matrix...)
	v := make([]float64, n*n) // eigenvectors by rows
	for i := range n {
		v[i*n+i] = 1
	}
	for range 30 {
		var off, diag float64
		for i := range n {
			diag += a[i*n+i] * a[i*n+i]
			for j := i + 1; j < n; j++ {
				off += a[i*n+j] * a[i*n+j]
			}
		}
		if off <= 1e-18*diag {
			break
		}
		for p := range n {
			for q := p + 1; q < n; q++ {
				rotate(a, v, n, p, q)
			}
		}
	}
	var top float64
	for i := range n {
		top = math.Max(top, a[i*n+i])
	}
	out := make([]float64, n*n)
	for k := range n {
		scale := math.Pow(math.Max(a[k*n+k], floor*top), exponent)
		for i := range n {
			s := scale * v[k*n+i]
			for j := range n {
				out[i*n+j] += s * v[k*n+j]
			}
		}
	}
	return out
}

// rotate zeroes a[p][q].
func rotate(a, v []float64, n, p, q int) {
	apq := a[p*n+q]
	if apq == 0 {
		return
	}
	theta := (a[q*n+q] - a[p*n+p]) / (2 * apq)
	t := 1 / (math.Abs(theta) + math.Sqrt(theta*theta+1))
	if theta < 0 {
		t = -t
	}
	c := 1 / math.Sqrt(t*t+1)
	s := t * c
	rp, rq := a[p*n:(p+1)*n], a[q*n:(q+1)*n]
	app, aqq := rp[p], rq[q]
	for k := range n {
		x, y := rp[k], rq[k]
		rp[k], rq[k] = c*x-s*y, s*x+c*y
	}
	for k := range n {
		a[k*n+p], a[k*n+q] = rp[k], rq[k]
	}
	rp[p], rq[q] = app-t*apq, aqq+t*apq
	rp[q], rq[p] = 0, 0
	vp, vq := v[p*n:(p+1)*n], v[q*n:(q+1)*n]
	for k := range n {
		x, y := vp[k], vq[k]
		vp[k], vq[k] = c*x-s*y, s*x+c*y
	}
}
