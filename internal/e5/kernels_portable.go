package e5

import "math"

// layerNormEps is the variance floor of the model's layer normalizations.
const layerNormEps = 1e-12

func portableKernels() *kernels {
	return &kernels{
		name:           "portable",
		chunk:          256, // unpacking the weights costs as much as some 30 rows
		quantize:       quantizePortable,
		quantizeMiddle: quantizeMiddlePortable,
		linear:         linearPortable,
		attend:         attendPortable,
		gelu:           geluPortable,
		addNorm:        addNormPortable,
	}
}

// roundMagic added to a float32 of magnitude below 2^22 leaves the nearest integer
// (ties to even) in the low bits.
const roundMagic = 3 << 22

func quantizePortable(a *activations, x []float32) {
	for i := range a.blocks {
		in := x[i*blockSize:][:blockSize]
		var peak float32
		for _, v := range in {
			peak = max(peak, v, -v)
		}
		a.blocks[i] = quantizeBlock(a.codes[i*blockSize:][:blockSize], in, 0, peak)
	}
}

func quantizeMiddlePortable(a *activations, x []float32) {
	for i := range a.blocks {
		in := x[i*blockSize:][:blockSize]
		least, most := in[0], in[0]
		for _, v := range in {
			least, most = min(least, v), max(most, v)
		}
		middle := (least + most) * 0.5
		a.side[i] = middle
		a.blocks[i] = quantizeBlock(a.codes[i*blockSize:][:blockSize], in, middle, most-middle)
	}
}

// leastPeak stands for a block whose numbers are all equal: it keeps the codes zero.
const leastPeak = 1e-30

// quantizeBlock writes the codes of numbers at most peak away from middle.
func quantizeBlock(codes []int8, x []float32, middle, peak float32) blockMeta {
	inverse := 127 / max(peak, leastPeak)
	sum := int32(0)
	for i, v := range x {
		// The conversion keeps the compiler from fusing the product into the sum.
		f := float32((v-middle)*inverse) + roundMagic
		code := int32(math.Float32bits(f) - math.Float32bits(roundMagic))
		codes[i] = int8(code)
		sum += code
	}
	return blockMeta{scale: peak * (1.0 / 127), offset: -8 * sum}
}

// linearPortable multiplies four outputs at once inside one 64-bit integer: with
// activations moved to 0..255 and weight codes of 0..15, a sum of 16 products is
// at most 61,200 and stays inside its 16-bit lane.
func linearPortable(dst []float32, a *activations, m *matrix, w *workspace) {
	w.shifted = sized(w.shifted, len(a.codes))
	for i, c := range a.codes {
		w.shifted[i] = uint8(c) ^ 0x80
	}
	blocks, sides := m.in/blockSize, m.sides()
	w.lanes = sized(w.lanes, m.in)
	w.laneMeta = sized(w.laneMeta, blocks)
	for o := 0; o < m.out; o += 4 {
		unpackLanes(w.lanes, w.laneMeta, m, o)
		bias := m.bias[o:][:4]
		for row := range a.rows {
			x := w.shifted[row*m.in:][:m.in]
			meta := a.blocks[row*blocks:][:blocks]
			y0, y1, y2, y3 := bias[0], bias[1], bias[2], bias[3]
			for i := range sides {
				v, c := a.side[row*sides+i], m.side[i*m.out+o:][:4]
				y0 += v * c[0]
				y1 += v * c[1]
				y2 += v * c[2]
				y3 += v * c[3]
			}
			for b := range meta {
				even, odd := dotLanes((*[blockSize]uint8)(x[b*blockSize:]), (*[blockSize]uint64)(w.lanes[b*blockSize:]))
				// sum (n-8)(u-128) = sum n u - 128 sum n - 8 sum code
				l := &w.laneMeta[b]
				scale, offset := meta[b].scale, meta[b].offset
				y0 += float32(int32(uint32(even))-l.shift[0]+offset) * (scale * l.scale[0])
				y1 += float32(int32(uint32(odd))-l.shift[1]+offset) * (scale * l.scale[1])
				y2 += float32(int32(even>>32)-l.shift[2]+offset) * (scale * l.scale[2])
				y3 += float32(int32(odd>>32)-l.shift[3]+offset) * (scale * l.scale[3])
			}
			out := dst[row*m.out+o:][:4]
			out[0], out[1], out[2], out[3] = y0, y1, y2, y3
		}
	}
}

// laneMeta belongs to one block of four outputs: their scales and 128 times the sum
// of their codes.
type laneMeta struct {
	scale [4]float32
	shift [4]int32
}

// unpackLanes writes the codes of outputs o to o+3 of m, one uint64 an input with 16
// bits an output.
func unpackLanes(lanes []uint64, meta []laneMeta, m *matrix, o int) {
	blocks := m.in / blockSize
	panel, lane := o/panelRows, o%panelRows
	for b := range blocks {
		at := panel*blocks + b
		codes := m.codes[at*panelRows*blockSize/2:][:panelRows*blockSize/2]
		scales := m.scales[at*panelRows+lane:][:4]
		out := lanes[b*blockSize:][:blockSize]
		var sum uint64
		for k := range blockSize / 2 {
			var lo, hi uint64
			for i := range 4 {
				c := uint64(codes[k/4*64+4*(lane+i)+k%4])
				lo |= c & 15 << (16 * i)
				hi |= c >> 4 << (16 * i)
			}
			out[k], out[k+blockSize/2] = lo, hi
			sum += lo + hi
		}
		for i := range 4 {
			meta[b].scale[i] = halfToFloat(scales[i])
			meta[b].shift[i] = 128 * int32(sum>>(16*i)&0xffff)
		}
	}
}

// dotLanes returns the sums of products of a block for the four outputs of w, widened
// to 32 bits: outputs 0 and 2 in even, 1 and 3 in odd. Half a block fits 16 bits.
func dotLanes(x *[blockSize]uint8, w *[blockSize]uint64) (even, odd uint64) {
	const mask = 0x0000ffff0000ffff
	lo := uint64(x[0])*w[0] + uint64(x[1])*w[1] + uint64(x[2])*w[2] + uint64(x[3])*w[3]
	lo += uint64(x[4])*w[4] + uint64(x[5])*w[5] + uint64(x[6])*w[6] + uint64(x[7])*w[7]
	lo += uint64(x[8])*w[8] + uint64(x[9])*w[9] + uint64(x[10])*w[10] + uint64(x[11])*w[11]
	lo += uint64(x[12])*w[12] + uint64(x[13])*w[13] + uint64(x[14])*w[14] + uint64(x[15])*w[15]
	hi := uint64(x[16])*w[16] + uint64(x[17])*w[17] + uint64(x[18])*w[18] + uint64(x[19])*w[19]
	hi += uint64(x[20])*w[20] + uint64(x[21])*w[21] + uint64(x[22])*w[22] + uint64(x[23])*w[23]
	hi += uint64(x[24])*w[24] + uint64(x[25])*w[25] + uint64(x[26])*w[26] + uint64(x[27])*w[27]
	hi += uint64(x[28])*w[28] + uint64(x[29])*w[29] + uint64(x[30])*w[30] + uint64(x[31])*w[31]
	return lo&mask + hi&mask, lo>>16&mask + hi>>16&mask
}

func attendPortable(dst, qkv []float32, n int, w *workspace) {
	const stride = 3 * Dim
	w.scores = sized(w.scores, n)
	invRoot := float32(1 / math.Sqrt(headDim))
	for h := range heads {
		for i := range n {
			q := (*[headDim]float32)(qkv[i*stride+h*headDim:])
			top := float32(math.Inf(-1))
			for j := range w.scores {
				s := dotHead(q, (*[headDim]float32)(qkv[j*stride+Dim+h*headDim:])) * invRoot
				w.scores[j] = s
				top = max(top, s)
			}
			var sum float32
			for j, s := range w.scores {
				p := exp32(s - top)
				w.scores[j] = p
				sum += p
			}
			out := (*[headDim]float32)(dst[i*Dim+h*headDim:])
			*out = [headDim]float32{}
			for j, p := range w.scores {
				v := (*[headDim]float32)(qkv[j*stride+2*Dim+h*headDim:])
				for d := range out {
					out[d] += p * v[d]
				}
			}
			for d := range out {
				out[d] /= sum
			}
		}
	}
}

func dotHead(a, b *[headDim]float32) float32 {
	var s0, s1, s2, s3 float32
	for i := 0; i < headDim; i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	return s0 + s1 + (s2 + s3)
}

func geluPortable(x []float32) {
	for i, v := range x {
		x[i] = gelu32(v)
	}
}

func addNormPortable(x, y []float32, p *norm) {
	for ; len(x) > 0; x, y = x[Dim:], y[Dim:] {
		var sum float32
		for i := range Dim {
			x[i] += y[i]
			sum += x[i]
		}
		normalizeRow(x[:Dim], sum/Dim, p)
	}
}

// normalizeRow is layer normalization of one row whose mean is known.
func normalizeRow(x []float32, mean float32, p *norm) {
	var square float32
	for _, v := range x {
		square += (v - mean) * (v - mean)
	}
	inverse := float32(1 / math.Sqrt(float64(square/Dim)+layerNormEps))
	for i, v := range x {
		x[i] = (v-mean)*inverse*p.gain[i] + p.bias[i]
	}
}
