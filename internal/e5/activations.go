package e5

// activations are rows of a layer's input in 8 bits: each block of 32 numbers has
// its own scale, so that large numbers cost their own block precision and no other.
// What would still be lost goes through a few side inputs in float32.
type activations struct {
	rows, cols int
	codes      []int8      // [rows][cols], -127 to 127; a number is code*scale
	blocks     []blockMeta // [rows][cols/32]
	side       []float32   // [rows][m.sides()] for the matrix m that they are made for
}

// blockMeta is what a kernel needs of one block besides its codes.
type blockMeta struct {
	scale float32
	// offset is -8 times the sum of the codes: weights are stored as nibbles from
	// 0 to 15 for -8 to 7, and this takes the 8 out of a block's dot product.
	offset int32
}

// input says what a matrix reads, and so how its activations are quantized.
type input int

const (
	// plain numbers lie around zero; there are no side inputs.
	plain input = iota
	// hidden states: the outliers are side inputs, and zero among the codes.
	hidden
	// activated numbers come out of GELU, so nearly all of a block is on one side of
	// zero: its codes are distances from the middle between its least and its
	// greatest number, which is a side input. That halves the steps.
	activated
)

// outliers are the coordinates of the hidden states that are kept in float32. In this
// model a few coordinates are many times larger than the rest, in every text; in 8
// bits they would cost the 31 others of their block most of their precision
// (Dettmers et al., "LLM.int8()", arXiv 2208.07339). These have the largest mean
// squares over the reference texts, all layers together, which TestOutliers checks.
// Without them the mean error of a vector's cosine is 8e-5, with them 1.3e-5.
const outlierCount = 8

func outliers() [outlierCount]int { return [outlierCount]int{15, 35, 87, 146, 297, 321, 347, 351} }

// fill quantizes x [rows][m.in] as m reads it. It changes x for the time of the call
// only.
func (a *activations) fill(k *kernels, x []float32, rows int, m *matrix) {
	a.reset(rows, m.in)
	a.side = sized(a.side, rows*m.sides())
	switch m.input {
	case plain:
		k.quantize(a, x)
	case activated:
		k.quantizeMiddle(a, x)
	case hidden:
		for r := range rows {
			for i, d := range outliers() {
				a.side[r*outlierCount+i], x[r*Dim+d] = x[r*Dim+d], 0
			}
		}
		k.quantize(a, x)
		for r := range rows {
			for i, d := range outliers() {
				x[r*Dim+d] = a.side[r*outlierCount+i]
			}
		}
	}
}

// reset makes room for rows of cols numbers.
func (a *activations) reset(rows, cols int) {
	a.rows, a.cols = rows, cols
	a.codes = sized(a.codes, rows*cols)
	a.blocks = sized(a.blocks, rows*cols/blockSize)
}

// sized returns a slice of length n, s itself when it is large enough. Its content
// is arbitrary.
func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
