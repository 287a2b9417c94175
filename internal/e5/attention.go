package e5

// tileRows is how many queries the attention kernels take at once. Their inputs and
// outputs have room for whole tiles; what the rows past the end hold does not matter.
const tileRows = 6

// noKey is added to the scores of places behind the last key.
const noKey = -1e30

// attention is the working memory of one head.
type attention struct {
	keys    []byte    // [padded/16][8][16][4], codes plus 128 (AVX-512)
	keysT   []float32 // [padded/16][headDim][16] (AVX2)
	scale   []float32 // [padded]
	bias    []float32 // [padded], 0 or noKey
	values  []float32 // [n][headDim]
	scores  []float32 // [tileRows][padded]
	inverse [tileRows]float32
}

// reset makes room for n keys and returns n rounded up to whole panels of 32.
func (t *attention) reset(n int) (padded int) {
	padded = (n + 31) / 32 * 32
	t.scale, t.bias = sized(t.scale, padded), sized(t.bias, padded)
	t.values = sized(t.values, n*headDim)
	t.scores = sized(t.scores, tileRows*padded)
	clear(t.bias[:n])
	for j := n; j < padded; j++ {
		t.scale[j], t.bias[j] = 0, noKey
	}
	return padded
}

// wholeTiles rounds n up to a multiple of tileRows.
func wholeTiles(n int) int { return (n + tileRows - 1) / tileRows * tileRows }

// gatherValues copies head h's values from qkv [n][3*Dim], so that they lie side by side.
func (t *attention) gatherValues(qkv []float32, n, h int) {
	for j := range n {
		copy(t.values[j*headDim:][:headDim], qkv[j*3*Dim+2*Dim+h*headDim:])
	}
}
