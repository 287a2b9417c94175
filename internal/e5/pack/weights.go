package main

import (
	"math"
	"strconv"

	"github.com/frontdesk-chat/frontdesk/internal/e5/safetensors"
)

// Sizes of multilingual-e5-small and of the panels, as in package e5.
const (
	dim       = 384
	ffDim     = 4 * dim
	layers    = 12
	positions = 512
	blockSize = 32
	panelRows = 16
)

// outliers are the inputs of hidden states that are multiplied in float32; the encoder
// refuses a file made for others than its own.
var outliers = []int{15, 35, 87, 146, 297, 321, 347, 351}

// sideOf says which inputs of a matrix come in float32 beside its codes.
type sideOf int

const (
	noSide      sideOf = iota
	outlierSide        // the columns of the outliers
	blockSide          // of each block of 32 inputs their sum
)

// weights lays out everything but the vocabulary.
func weights(f *safetensors.File) ([]safetensors.Tensor, error) {
	p := packer{f: f}
	p.copyCodes("embeddings.word")
	p.positions()
	p.copyFloats("embeddings.norm.weight", "embeddings.norm.bias")
	for i := range layers {
		l := "layer." + strconv.Itoa(i) + "."
		p.matrix(l+"attention.qkv", dim, dim, outlierSide, l+"attention.query", l+"attention.key", l+"attention.value")
		p.matrix(l+"attention.output", dim, dim, noSide, l+"attention.output")
		p.matrix(l+"feedforward.up", dim, ffDim, outlierSide, l+"feedforward.up")
		p.matrix(l+"feedforward.down", ffDim, dim, blockSide, l+"feedforward.down")
		p.copyFloats(l+"attention.norm.weight", l+"attention.norm.bias", l+"feedforward.norm.weight", l+"feedforward.norm.bias")
	}
	return p.out, p.err
}

// packer works until the first error, which it keeps.
type packer struct {
	f   *safetensors.File
	out []safetensors.Tensor
	err error
}

func view[T safetensors.Number](p *packer, name string, shape ...int) []T {
	if p.err != nil {
		return nil
	}
	var v []T
	v, p.err = safetensors.View[T](p.f, name, shape...)
	return v
}

func add[T safetensors.Number](p *packer, name string, values []T, shape ...int) {
	if p.err == nil {
		p.out = append(p.out, safetensors.Of(name, values, shape...))
	}
}

// copyCodes copies a matrix whose rows are looked up.
func (p *packer) copyCodes(name string) {
	codes := view[uint8](p, name+".q4", safetensors.Any, dim/2)
	rows := len(codes) / (dim / 2)
	add(p, name+".q4", codes, rows, dim/2)
	add(p, name+".scale", view[uint16](p, name+".scale", rows, dim/blockSize), rows, dim/blockSize)
}

func (p *packer) copyFloats(names ...string) {
	for _, name := range names {
		add(p, name, view[float32](p, name, dim), dim)
	}
}

// positions adds the row of the only token type in use to every position's.
func (p *packer) positions() {
	at, kind := view[float32](p, "embeddings.position", positions, dim), view[float32](p, "embeddings.token_type", 2, dim)
	if p.err != nil {
		return
	}
	sum := make([]float32, len(at))
	for i := range sum {
		sum[i] = at[i] + kind[i%dim]
	}
	add(p, "embeddings.position", sum, positions, dim)
}

// matrix joins the named matrices, each in to out, into one of len(names)*out outputs
// and interleaves its rows; see matrix in package e5 for the order.
func (p *packer) matrix(name string, in, out int, side sideOf, names ...string) {
	all, blocks := out*len(names), in/blockSize
	codes, scales := make([]byte, all*in/2), make([]uint16, all*blocks)
	var bias []float32
	for n, part := range names {
		q4 := view[uint8](p, part+".weight.q4", out, in/2)
		scale := view[uint16](p, part+".weight.scale", out, blocks)
		bias = append(bias, view[float32](p, part+".bias", out)...)
		if p.err != nil {
			return
		}
		for row := range out {
			panel, lane := (n*out+row)/panelRows, (n*out+row)%panelRows
			for b := range blocks {
				at := panel*blocks + b
				scales[at*panelRows+lane] = scale[row*blocks+b]
				src := q4[(row*blocks+b)*blockSize/2:][:blockSize/2]
				dst := codes[at*panelRows*blockSize/2:][:panelRows*blockSize/2]
				for r := range 4 {
					copy(dst[64*r+4*lane:][:4], src[4*r:])
				}
			}
		}
	}
	panels := all / panelRows
	add(p, name+".q4", codes, panels, blocks, panelRows*blockSize/2)
	add(p, name+".scale", scales, panels, blocks, panelRows)
	add(p, name+".bias", bias, all)
	p.side(name, in, side, names, out)
}

// side writes the weights of a matrix's side inputs, [side inputs][outputs].
func (p *packer) side(name string, in int, side sideOf, names []string, out int) {
	if side == noSide {
		return
	}
	all, sides := out*len(names), len(outliers)
	if side == blockSide {
		sides = in / blockSize
	}
	weights := make([]float32, sides*all)
	for n, part := range names {
		q := q4{view[uint8](p, part+".weight.q4", out, in/2), view[uint16](p, part+".weight.scale", out, in/blockSize), in}
		if p.err != nil {
			return
		}
		for row := range out {
			for i := range sides {
				to := &weights[i*all+n*out+row]
				if side == outlierSide {
					*to = float32(q.code(row, outliers[i])) * q.scale(row, outliers[i])
					continue
				}
				sum := 0
				for k := range blockSize {
					sum += q.code(row, i*blockSize+k)
				}
				*to = float32(sum) * q.scale(row, i*blockSize)
			}
		}
	}
	add(p, name+".side", weights, sides, all)
}

// q4 is a matrix in Q4_0 by rows: see the README beside the model.
type q4 struct {
	codes  []uint8
	scales []uint16
	in     int
}

func (q q4) code(row, i int) int {
	c := q.codes[row*q.in/2+i/blockSize*blockSize/2+i%(blockSize/2)]
	return int(c>>(i%blockSize/(blockSize/2)*4)&15) - 8
}

func (q q4) scale(row, i int) float32 {
	h := q.scales[row*q.in/blockSize+i/blockSize]
	// A half float without its sign is 2^(exponent-25) times its significand, which has
	// a leading one unless the exponent is 0.
	exponent, significand := int(h>>10&31), int(h&0x3ff)
	if exponent == 0 {
		exponent = 1
	} else {
		significand += 1 << 10
	}
	if h>>15 == 1 {
		significand = -significand
	}
	return float32(math.Ldexp(float64(significand), exponent-25))
}
