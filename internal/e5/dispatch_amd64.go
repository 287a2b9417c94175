package e5

import "golang.org/x/sys/cpu"

//go:generate go -C asm run . avx2 -out ../avx2_amd64.s -stubs ../avx2_amd64.go -pkg e5
//go:generate go -C asm run . avx512 -out ../avx512_amd64.s -stubs ../avx512_amd64.go -pkg e5

// nativeKernels returns the kernels in assembly that this processor runs, best first.
func nativeKernels() []*kernels {
	var list []*kernels
	x := &cpu.X86
	if x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL && x.HasAVX512VNNI && x.HasFMA {
		list = append(list, avx512Kernels())
	}
	// Every processor with AVX2 and FMA also converts half floats (F16C).
	if x.HasAVX2 && x.HasFMA {
		list = append(list, avx2Kernels())
	}
	return list
}

// cacheChunk keeps the widest buffer, cacheChunk*ffDim floats, within a core's
// second-level cache while the weights stream by; whole tiles of 4 and of 6 rows.
const cacheChunk = 48

func avx512Kernels() *kernels {
	return &kernels{
		name:  "avx512vnni",
		chunk: cacheChunk,
		quantize: func(a *activations, x []float32) {
			quantizeAVX512(&a.codes[0], &a.blocks[0].scale, &x[0], uint64(len(a.blocks)))
		},
		quantizeMiddle: func(a *activations, x []float32) {
			quantizeMiddleAVX512(&a.codes[0], &a.blocks[0].scale, &a.side[0], &x[0], uint64(len(a.blocks)))
		},
		linear: func(dst []float32, a *activations, m *matrix, _ *workspace) {
			tiles, rest := a.rows/6, a.rows%6
			linearTiles(linearVNNI6, 32, dst, a, m, 0, 6, tiles)
			switch done := tiles * 6; rest {
			case 1:
				linearTiles(linearVNNI1, 32, dst, a, m, done, 1, 1)
			case 2:
				linearTiles(linearVNNI2, 32, dst, a, m, done, 2, 1)
			case 3:
				linearTiles(linearVNNI3, 32, dst, a, m, done, 3, 1)
			case 4:
				linearTiles(linearVNNI4, 32, dst, a, m, done, 4, 1)
			case 5:
				linearTiles(linearVNNI5, 32, dst, a, m, done, 5, 1)
			}
		},
		attend: attendVNNI,
		gelu: func(x []float32) {
			geluAVX512(&x[0], uint64(len(x)/16))
		},
		addNorm: func(x, y []float32, p *norm) {
			addNormAVX512(&x[0], &y[0], &p.gain[0], &p.bias[0], uint64(len(x)/Dim))
		},
	}
}

func avx2Kernels() *kernels {
	return &kernels{
		name:  "avx2",
		chunk: cacheChunk,
		quantize: func(a *activations, x []float32) {
			quantizeAVX2(&a.codes[0], &a.blocks[0].scale, &x[0], uint64(len(a.blocks)))
		},
		quantizeMiddle: func(a *activations, x []float32) {
			quantizeMiddleAVX2(&a.codes[0], &a.blocks[0].scale, &a.side[0], &x[0], uint64(len(a.blocks)))
		},
		linear: func(dst []float32, a *activations, m *matrix, _ *workspace) {
			tiles, rest := a.rows/4, a.rows%4
			linearTiles(linearAVX2x4, 16, dst, a, m, 0, 4, tiles)
			switch done := tiles * 4; rest {
			case 1:
				linearTiles(linearAVX2x1, 16, dst, a, m, done, 1, 1)
			case 2:
				linearTiles(linearAVX2x2, 16, dst, a, m, done, 2, 1)
			case 3:
				linearTiles(linearAVX2x3, 16, dst, a, m, done, 3, 1)
			}
		},
		attend: attendAVX2,
		gelu: func(x []float32) {
			geluAVX2(&x[0], uint64(len(x)/8))
		},
		addNorm: func(x, y []float32, p *norm) {
			addNormAVX2(&x[0], &y[0], &p.gain[0], &p.bias[0], uint64(len(x)/Dim))
		},
	}
}

type linearFunc func(dst *float32, codes *int8, blocks, side *float32, w *byte, scales *uint16, bias, sideW *float32,
	out, nblocks, sides, tiles uint64)

// linearTiles runs kernel, which makes cols outputs of tiles times height rows, over
// all outputs of m, for the rows of a from first on.
func linearTiles(kernel linearFunc, cols int, dst []float32, a *activations, m *matrix, first, height, tiles int) {
	if tiles == 0 {
		return
	}
	_ = dst[(first+tiles*height)*m.out-1] // the kernels check nothing
	blocks, sides := m.in/blockSize, m.sides()
	for o := 0; o < m.out; o += cols {
		side, sideW := &m.bias[0], &m.bias[0] // not read
		if sides > 0 {
			side, sideW = &a.side[first*sides], &m.side[o]
		}
		kernel(&dst[first*m.out+o], &a.codes[first*m.in], &a.blocks[first*blocks].scale, side,
			&m.codes[o*m.in/2], &m.scales[o*blocks], &m.bias[o], sideW,
			uint64(m.out), uint64(blocks), uint64(sides), uint64(tiles))
	}
}
