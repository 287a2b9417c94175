package e5

import (
	"fmt"
	"strconv"
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

// at returns the weight of output o for input i.
func (m *matrix) at(o, i int) float32 {
	block := o/panelRows*(m.in/blockSize) + i/blockSize
	k := i % blockSize
	c := m.codes[block*panelRows*blockSize/2+k%16/4*64+o%panelRows*4+k%4] >> (k / 16 * 4) & 15
	return float32(int(c)-8) * halfToFloat(m.scales[block*panelRows+o%panelRows])
}

// reads sets what m's input is, and fills side.
func (m *matrix) reads(in input) {
	m.input = in
	switch in {
	case hidden:
		m.side = make([]float32, outlierCount*m.out)
		for i, d := range outliers() {
			for o := range m.out {
				m.side[i*m.out+o] = m.at(o, d)
			}
		}
	case activated:
		blocks := m.in / blockSize
		m.side = make([]float32, blocks*m.out)
		for o := range m.out {
			for b := range blocks {
				at := o/panelRows*blocks + b
				codes := m.codes[at*panelRows*blockSize/2+o%panelRows*4:]
				sum := -8 * blockSize
				for r := range 4 {
					for _, c := range codes[64*r:][:4] {
						sum += int(c&15) + int(c>>4)
					}
				}
				m.side[b*m.out+o] = float32(sum) * halfToFloat(m.scales[at*panelRows+o%panelRows])
			}
		}
	}
}

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

// weights is the model in memory: about 14 MB on the heap. The word embeddings,
// half of the file, stay in the embedded string, and only rows in use are paged in.
type weights struct {
	wordCodes, wordScales string    // Q4_0, [pieceN][Dim]
	position              []float32 // [MaxTokens][Dim], the token type's row added
	embNorm               norm
	layer                 [layers]layer
}

func loadWeights(f *tensorFile) (*weights, error) {
	for key, want := range map[string]int{
		"hidden": Dim, "layers": layers, "heads": heads, "feedforward": ffDim, "max_position": MaxTokens,
		"block": blockSize, "pieces": pieceN, "bos": bosID, "pad": padID, "eos": eosID, "unk": unkID,
	} {
		if got := f.meta[key]; got != strconv.Itoa(want) {
			return nil, fmt.Errorf("model file: %s is %q, not %d", key, got, want)
		}
	}
	l := loader{f: f}
	w := &weights{
		position: l.floats("embeddings.position", MaxTokens, Dim),
		embNorm:  l.norm("embeddings.norm"),
	}
	w.wordCodes, w.wordScales = l.q4("embeddings.word", pieceN, Dim)
	if l.err != nil {
		return nil, l.err
	}
	// Only one token type is in use, so its row can be part of the position's.
	if kind := l.floats("embeddings.token_type", 2, Dim); l.err == nil {
		for i := range w.position {
			w.position[i] += kind[i%Dim]
		}
	}
	for i := range w.layer {
		p := "layer." + strconv.Itoa(i) + "."
		w.layer[i] = layer{
			qkv:      l.matrix(Dim, Dim, p+"attention.query", p+"attention.key", p+"attention.value"),
			attnOut:  l.matrix(Dim, Dim, p+"attention.output"),
			attnNorm: l.norm(p + "attention.norm"),
			up:       l.matrix(Dim, ffDim, p+"feedforward.up"),
			down:     l.matrix(ffDim, Dim, p+"feedforward.down"),
			ffNorm:   l.norm(p + "feedforward.norm"),
		}
		if l.err != nil {
			return nil, l.err
		}
		w.layer[i].qkv.reads(hidden)
		w.layer[i].up.reads(hidden)
		w.layer[i].down.reads(activated)
	}
	return w, nil
}

// loader reads tensors until the first error, which it keeps.
type loader struct {
	f   *tensorFile
	err error
}

func (l *loader) floats(name string, shape ...int) []float32 {
	if l.err != nil {
		return nil
	}
	var v []float32
	v, l.err = l.f.floats(name, shape...)
	return v
}

func (l *loader) q4(name string, rows, cols int) (codes, scales string) {
	if l.err != nil {
		return "", ""
	}
	codes, scales, l.err = l.f.q4(name, rows, cols)
	return codes, scales
}

func (l *loader) norm(name string) norm {
	return norm{gain: l.floats(name+".weight", Dim), bias: l.floats(name+".bias", Dim)}
}

// matrix reads the named matrices, each in to out, as one of len(names)*out outputs.
func (l *loader) matrix(in, out int, names ...string) matrix {
	m := matrix{in: in, out: out * len(names)}
	blocks := in / blockSize
	m.codes = make([]byte, m.out*in/2)
	m.scales = make([]uint16, m.out*blocks)
	m.bias = make([]float32, 0, m.out)
	for n, name := range names {
		codes, scales := l.q4(name+".weight", out, in)
		m.bias = append(m.bias, l.floats(name+".bias", out)...)
		if l.err != nil {
			return matrix{}
		}
		for row := range out {
			panel, lane := (n*out+row)/panelRows, (n*out+row)%panelRows
			for b := range blocks {
				at := panel*blocks + b
				m.scales[at*panelRows+lane] = le16(scales[2*(row*blocks+b):])
				src := codes[(row*blocks+b)*blockSize/2:][:blockSize/2]
				dst := m.codes[at*panelRows*blockSize/2:][:panelRows*blockSize/2]
				for r := range 4 {
					copy(dst[64*r+4*lane:][:4], src[4*r:])
				}
			}
		}
	}
	return m
}

// embed writes the word embedding of piece id plus position pos to dst, [Dim].
func (w *weights) embed(dst []float32, id int32, pos int) {
	position := w.position[pos*Dim:][:Dim]
	codes := w.wordCodes[int(id)*Dim/2:][:Dim/2]
	scales := w.wordScales[int(id)*Dim/blockSize*2:][:Dim/blockSize*2]
	for b := range Dim / blockSize {
		scale := halfToFloat(le16(scales[2*b:]))
		c, p, d := codes[16*b:][:16], position[32*b:][:32], dst[32*b:][:32]
		for j := range 16 {
			d[j] = float32(int(c[j]&15)-8)*scale + p[j]
			d[j+16] = float32(int(c[j]>>4)-8)*scale + p[j+16]
		}
	}
}
