package e5

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// attendVNNI computes the scores from queries and keys in 8 bits, each with a scale
// for its head, the rest in float32. The mean key is taken out first: it adds the same
// to all scores of a query, which softmax does not see, and would cost the keys half
// their precision (Zhang et al., "SageAttention", arXiv 2410.02367). qkv is changed.
func attendVNNI(dst, qkv []float32, n int, w *workspace) {
	const blocks = 2 * heads // of a row's queries and keys
	t, a := &w.attn, &w.act
	padded := t.reset(n)
	t.keys = sized(t.keys, padded*headDim)
	centreAVX512(&qkv[Dim], uint64(n), 4*3*Dim, 1/float32(n))
	a.reset(wholeTiles(n), blocks*blockSize)
	for i := range n {
		quantizeAVX512(&a.codes[i*a.cols], &a.blocks[i*blocks].scale, &qkv[i*3*Dim], blocks)
	}
	codes := unsafe.Slice((*byte)(unsafe.Pointer(&a.codes[0])), len(a.codes))
	invRoot := float32(1 / math.Sqrt(headDim))
	for h := range heads {
		for j := range n {
			t.scale[j] = a.blocks[j*blocks+heads+h].scale * invRoot
			src := codes[j*a.cols+Dim+h*headDim:][:headDim]
			dst := t.keys[j/16*512+j%16*4:]
			for g := range headDim / 4 {
				binary.LittleEndian.PutUint32(dst[64*g:], binary.LittleEndian.Uint32(src[4*g:])^0x80808080)
			}
		}
		t.gatherValues(qkv, n, h)
		for i := 0; i < n; i += tileRows {
			scoresVNNI(&t.scores[0], &a.codes[i*a.cols+h*headDim], &a.blocks[i*blocks+h].scale,
				&t.keys[0], &t.scale[0], &t.bias[0], uint64(a.cols), blocks*8, uint64(padded/32))
			softmaxAVX512(&t.scores[0], &t.inverse[0], tileRows, uint64(padded))
			gatherAVX512(&dst[i*Dim+h*headDim], &t.scores[0], &t.values[0], &t.inverse[0],
				uint64(n), 4*Dim, uint64(4*padded))
		}
	}
}

// attendAVX2 computes everything in float32.
func attendAVX2(dst, qkv []float32, n int, w *workspace) {
	t := &w.attn
	padded := t.reset(n)
	t.keysT = sized(t.keysT, padded*headDim)
	invRoot := float32(1 / math.Sqrt(headDim))
	for h := range heads {
		for j := range padded {
			out := t.keysT[j/16*16*headDim+j%16:]
			if j >= n {
				for d := range headDim {
					out[16*d] = 0
				}
				continue
			}
			for d, v := range qkv[j*3*Dim+Dim+h*headDim:][:headDim] {
				out[16*d] = v * invRoot
			}
		}
		t.gatherValues(qkv, n, h)
		for i := 0; i < n; i += tileRows {
			scoresAVX2(&t.scores[0], &qkv[i*3*Dim+h*headDim], &t.keysT[0], &t.bias[0], 4*3*Dim, uint64(padded/16))
			softmaxAVX2(&t.scores[0], &t.inverse[0], tileRows, uint64(padded))
			gatherAVX2(&dst[i*Dim+h*headDim], &t.scores[0], &t.values[0], &t.inverse[0],
				uint64(n), 4*Dim, uint64(4*padded))
		}
	}
}
