package e5

import (
	"fmt"
	"math"
	"strconv"

	"github.com/frontdesk-chat/frontdesk/internal/e5/safetensors"
)

// The sizes of multilingual-e5-small. They are constants, not read from the file,
// because the kernels are laid out for them; a file of other sizes is refused.
const (
	layers    = 12
	heads     = 12
	headDim   = Dim / heads // 32, one quantization block
	ffDim     = 4 * Dim
	pieceN    = 61105
	blockSize = 32 // weights or activations that share a scale
	panelRows = 16 // outputs whose weights lie side by side, see matrix
)

// matrix is a linear layer, y = Wx + b, with W in Q4_0, its rows interleaved so that
// one vector register holds the same four inputs of 16 outputs. A panel is 16
// outputs; it is a run of in/32 blocks of 256 bytes. Byte 64*r+4*o+i of a block
// holds, of output o of the panel, the code of input 4*r+i of the block in its low
// nibble and that of input 16+4*r+i in its high one.
type matrix struct {
	in, out int
	codes   []byte    // [out/16][in/32][256]
	scales  []uint16  // [out/16][in/32][16], half floats
	bias    []float32 // [out]
	// side is the matrix of the side inputs in float32: the columns of the outliers
	// for hidden states, the sums over blocks for activated numbers.
	side  []float32 // [sides][out]
	input input
}

// sides is the number of side inputs.
func (m *matrix) sides() int { return len(m.side) / m.out }

// layer is one post-norm transformer layer.
type layer struct {
	qkv      matrix // query, key, value, one below the other
	attnOut  matrix
	attnNorm norm
	up, down matrix
	ffNorm   norm
}

// norm is the gain and bias of a layer normalization, [Dim] each.
type norm struct{ gain, bias []float32 }

// weights are views of the embedded file, which is laid out as the kernels read it (see
// command pack): they lie in the program's read-only pages, once for all processes of
// it, and nothing of them on the heap. Nobody may write to them.
type weights struct {
	wordCodes  []byte    // [pieceN][Dim/2], Q4_0
	wordScales []uint16  // [pieceN][Dim/32]
	position   []float32 // [MaxTokens][Dim], the token type's row added
	embNorm    norm
	layer      [layers]layer
}

func loadWeights(f *safetensors.File) (*weights, error) {
	for key, want := range map[string]string{
		"hidden": strconv.Itoa(Dim), "layers": strconv.Itoa(layers), "heads": strconv.Itoa(heads), "feedforward": strconv.Itoa(ffDim),
		"max_position": strconv.Itoa(MaxTokens), "block": strconv.Itoa(blockSize), "pieces": strconv.Itoa(pieceN),
		"bos": strconv.Itoa(bosID), "pad": strconv.Itoa(padID), "eos": strconv.Itoa(eosID), "unk": strconv.Itoa(unkID),
		"outliers": fmt.Sprint(outliers()),
	} {
		if got := f.Meta[key]; got != want {
			return nil, fmt.Errorf("model file: %s is %q, not %s", key, got, want)
		}
	}
	l := loader{f: f}
	w := &weights{
		wordCodes:  view[byte](&l, "embeddings.word.q4", pieceN, Dim/2),
		wordScales: view[uint16](&l, "embeddings.word.scale", pieceN, Dim/blockSize),
		position:   view[float32](&l, "embeddings.position", MaxTokens, Dim),
		embNorm:    l.norm("embeddings.norm"),
	}
	for i := range w.layer {
		p := "layer." + strconv.Itoa(i) + "."
		w.layer[i] = layer{
			qkv:      l.matrix(p+"attention.qkv", Dim, 3*Dim, hidden),
			attnOut:  l.matrix(p+"attention.output", Dim, Dim, plain),
			attnNorm: l.norm(p + "attention.norm"),
			up:       l.matrix(p+"feedforward.up", Dim, ffDim, hidden),
			down:     l.matrix(p+"feedforward.down", ffDim, Dim, activated),
			ffNorm:   l.norm(p + "feedforward.norm"),
		}
	}
	return w, l.err
}

// loader views tensors until the first error, which it keeps.
type loader struct {
	f   *safetensors.File
	err error
}

func view[T safetensors.Number](l *loader, name string, shape ...int) []T {
	if l.err != nil {
		return nil
	}
	var v []T
	v, l.err = safetensors.View[T](l.f, name, shape...)
	return v
}

func (l *loader) norm(name string) norm {
	return norm{gain: view[float32](l, name+".weight", Dim), bias: view[float32](l, name+".bias", Dim)}
}

func (l *loader) matrix(name string, in, out int, reads input) matrix {
	panels, blocks := out/panelRows, in/blockSize
	m := matrix{
		in: in, out: out, input: reads,
		codes:  view[byte](l, name+".q4", panels, blocks, panelRows*blockSize/2),
		scales: view[uint16](l, name+".scale", panels, blocks, panelRows),
		bias:   view[float32](l, name+".bias", out),
	}
	switch reads {
	case hidden:
		m.side = view[float32](l, name+".side", outlierCount, out)
	case activated:
		m.side = view[float32](l, name+".side", blocks, out)
	}
	return m
}

// embed writes the word embedding of piece id plus position pos to dst, [Dim].
func (w *weights) embed(dst []float32, id int32, pos int) {
	position := w.position[pos*Dim:][:Dim]
	codes := w.wordCodes[int(id)*Dim/2:][:Dim/2]
	scales := w.wordScales[int(id)*Dim/blockSize:][:Dim/blockSize]
	for b := range Dim / blockSize {
		scale := halfToFloat(scales[b])
		c, p, d := codes[16*b:][:16], position[32*b:][:32], dst[32*b:][:32]
		for j := range 16 {
			d[j] = float32(int(c[j]&15)-8)*scale + p[j]
			d[j+16] = float32(int(c[j]>>4)-8)*scale + p[j+16]
		}
	}
}

// halfToFloat converts an IEEE 754 half float; the scales hold no infinities.
func halfToFloat(h uint16) float32 {
	sign, exp, frac := uint32(h>>15), uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch exp {
	case 0: // zero or subnormal: frac * 2^-24
		f := float32(frac) * 0x1p-24
		if sign == 1 {
			return -f
		}
		return f
	case 0x1f:
		return math.Float32frombits(sign<<31 | 0xff<<23 | frac<<13)
	}
	return math.Float32frombits(sign<<31 | (exp+127-15)<<23 | frac<<13)
}
