package e5

// kernels are the inner loops of the forward pass, for one kind of processor.
// Every set gives the same result but for the rounding of float32 sums.
type kernels struct {
	name string // "portable", "avx2", "avx512vnni"
	// chunk is how many tokens pass together through everything but attention.
	chunk int
	// quantize fills a, reset to its shape, from x [rows][cols].
	quantize func(a *activations, x []float32)
	// quantizeMiddle is quantize for activated numbers; it fills a.side with middles.
	quantizeMiddle func(a *activations, x []float32)
	// linear writes m's output for every row of a to dst [a.rows][m.out].
	linear func(dst []float32, a *activations, m *matrix, w *workspace)
	// attend writes softmax(q k / sqrt(headDim)) v of every head to dst [n][Dim],
	// from qkv [n][3*Dim], which it may change.
	attend func(dst, qkv []float32, n int, w *workspace)
	// gelu replaces every x by x*Phi(x), Phi the normal distribution.
	gelu func(x []float32)
	// addNorm replaces the rows of x [n][Dim] by the layer normalization of x+y.
	addNorm func(x, y []float32, p *norm)
}
