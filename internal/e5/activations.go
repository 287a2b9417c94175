package e5

// activations are rows of a layer's input in 8 bits: each block of 32 numbers has
// its own scale, so that the few large coordinates of this model's hidden states
// cost their own block precision and no other.
type activations struct {
	rows, cols int
	codes      []int8      // [rows][cols], -127 to 127; a number is code*scale
	blocks     []blockMeta // [rows][cols/32]
}

// blockMeta is what a kernel needs of one block besides its codes.
type blockMeta struct {
	scale float32
	// offset is -8 times the sum of the codes: weights are stored as nibbles from
	// 0 to 15 for -8 to 7, and this takes the 8 out of a block's dot product.
	offset int32
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
