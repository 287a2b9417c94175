package e5

import "math"

// workspace is the memory of one forward pass; a thread uses it again and again.
// It grows to about 5 MB at MaxTokens tokens.
type workspace struct {
	ids  []int32
	x    []float32 // [n][Dim], hidden states
	qkv  []float32 // [n][3*Dim]
	ctx  []float32 // [n][Dim], what attention gathered
	y    []float32 // [chunk][Dim]
	ff   []float32 // [chunk][ffDim]
	act  activations
	attn attention

	// of the portable kernels
	scores   []float32
	shifted  []uint8
	lanes    []uint64
	laneMeta []laneMeta
}

// forward computes the sentence vector of w.ids, at most MaxTokens ids: word and
// position embeddings, twelve post-norm BERT layers, the mean over all tokens, cut
// to unit length. middle is the mean over all tokens after middleLayer.
func (e *Encoder) forward(w *workspace) (vector, middle []float32) {
	vector, middle = make([]float32, Dim), make([]float32, Dim)
	e.states(w, middle)
	addRows(vector, w.x)
	normalize(vector)
	for d := range middle {
		middle[d] /= float32(len(w.ids))
	}
	return vector, middle
}

// addRows adds to dst the rows of x.
func addRows(dst, x []float32) {
	for ; len(x) > 0; x = x[Dim:] {
		for d, v := range x[:Dim] {
			dst[d] += v
		}
	}
}

// states leaves in w.x the last layer's hidden states, [len(w.ids)][Dim], and adds to
// middle those after middleLayer.
func (e *Encoder) states(w *workspace, middle []float32) {
	k, m, n := e.kernels, e.weights, len(w.ids)
	w.x, w.ctx = sized(w.x, n*Dim), sized(w.ctx, wholeTiles(n)*Dim)
	w.qkv = sized(w.qkv, wholeTiles(n)*3*Dim)
	chunk := min(n, k.chunk)
	w.y, w.ff = sized(w.y, chunk*Dim), sized(w.ff, chunk*ffDim)
	for i, id := range w.ids {
		row := w.x[i*Dim:][:Dim]
		m.embed(row, id, i)
		var sum float32
		for _, v := range row {
			sum += v
		}
		normalizeRow(row, sum/Dim, &m.embNorm)
	}
	for i := range m.layer {
		l := &m.layer[i]
		for lo := 0; lo < n; lo += chunk {
			rows := min(chunk, n-lo)
			e.project(w.qkv[lo*3*Dim:], w.x[lo*Dim:], rows, &l.qkv, w)
		}
		k.attend(w.ctx, w.qkv, n, w)
		for lo := 0; lo < n; lo += chunk {
			rows := min(chunk, n-lo)
			x, y, ff := w.x[lo*Dim:][:rows*Dim], w.y[:rows*Dim], w.ff[:rows*ffDim]
			e.project(y, w.ctx[lo*Dim:], rows, &l.attnOut, w)
			k.addNorm(x, y, &l.attnNorm)
			e.project(ff, x, rows, &l.up, w)
			k.gelu(ff)
			e.project(y, ff, rows, &l.down, w)
			k.addNorm(x, y, &l.ffNorm)
		}
		if i+1 == middleLayer {
			addRows(middle, w.x)
		}
	}
}

// project writes m's output for the first rows of x to dst, through 8 bits.
func (e *Encoder) project(dst, x []float32, rows int, m *matrix, w *workspace) {
	w.act.fill(e.kernels, x[:rows*m.in], rows, m)
	e.kernels.linear(dst[:rows*m.out], &w.act, m, w)
}

// normalize cuts v to unit length. A zero vector, which no text has, stays zero.
func normalize(v []float32) {
	var square float64
	for _, f := range v {
		square += float64(f) * float64(f)
	}
	if square == 0 {
		return
	}
	inverse := float32(1 / math.Sqrt(square))
	for i := range v {
		v[i] *= inverse
	}
}
