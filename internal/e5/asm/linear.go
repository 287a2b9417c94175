package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const linearParams = "dst *float32, codes *int8, blocks, side *float32, w *byte, scales *uint16, bias, sideW *float32, out, nblocks, sides, tiles uint64"

// linearVNNI writes a linear layer's 32 outputs of two neighbouring panels for tiles
// of rows rows. Per block of 32 inputs: integer dot products in 2*rows registers,
// then scaled into as many float registers. The weights' nibbles are the unsigned
// operand as they are; the offset of a row's block, loaded as the first value of the
// sum, takes their excess of 8 out.
func linearVNNI(rows int) {
	s := isa{width: 16}
	TEXT(fmt.Sprintf("linearVNNI%d", rows), NOSPLIT, "func("+linearParams+")")
	Doc(fmt.Sprintf("linearVNNI%d computes 32 outputs of a matrix for tiles*%d rows.", rows, rows))
	Pragma("noescape")
	dst, x, meta := load("dst"), load("codes"), load("blocks")
	w, scales, tiles := load("w"), load("scales"), load("tiles")
	xStride, metaStride, dstStride := strides()
	// The second panel lies nblocks*256 bytes of codes and nblocks*32 of scales on.
	code := func(c, i int) Mem {
		if c == 0 {
			return Mem{Base: w, Disp: 64 * i}
		}
		return Mem{Base: w, Index: xStride, Scale: 8, Disp: 64 * i}
	}

	mask := s.vec()
	m := GP32()
	MOVL(U32(0x0f0f0f0f), m)
	VPBROADCASTD(m, mask)

	Label("tile")
	sum, acc := s.vecs(2*rows), s.vecs(2*rows)
	bias := load("bias")
	for r := range rows {
		VMOVUPS(Mem{Base: bias}, sum[2*r])
		VMOVUPS(Mem{Base: bias, Disp: 64}, sum[2*r+1])
	}
	// The inputs that are kept exact come in float32.
	k, side, sideW, sideStride := load("sides"), load("side"), load("sideW"), load("sides")
	SHLQ(U8(2), sideStride)
	side3 := third(side, sideStride)
	TESTQ(k, k)
	JZ(LabelRef("blocks"))
	Label("side")
	ew := s.vecs(2)
	VMOVUPS(Mem{Base: sideW}, ew[0])
	VMOVUPS(Mem{Base: sideW, Disp: 64}, ew[1])
	for r := range rows {
		b := s.vec()
		VBROADCASTSS(row(side, side3, sideStride, r, 0), b)
		VFMADD231PS(ew[0], b, sum[2*r])
		VFMADD231PS(ew[1], b, sum[2*r+1])
	}
	ADDQ(U8(4), side)
	ADDQ(U8(4), side3)
	ADDQ(dstStride, sideW)
	DECQ(k)
	JNZ(LabelRef("side"))
	// side stands behind the first row; the next tile's rows follow the last.
	for range rows - 1 {
		ADDQ(sideStride, side)
	}
	Store(side, Param("side"))

	Label("blocks")
	n, x3, meta3 := load("nblocks"), third(x, xStride), third(meta, metaStride)

	Label("block")
	for r := range rows {
		VPBROADCASTD(row(meta, meta3, metaStride, r, 4), acc[2*r])
		VMOVDQA64(acc[2*r], acc[2*r+1])
	}
	for i := range 4 {
		lo, hi := s.vecs(2), s.vecs(2)
		for c := range 2 {
			VMOVDQU64(code(c, i), lo[c])
			VPSRLW(U8(4), lo[c], hi[c])
			VPANDD(mask, lo[c], lo[c])
			VPANDD(mask, hi[c], hi[c])
		}
		for half, u := range [][]reg.VecVirtual{lo, hi} {
			for r := range rows {
				b := s.vec()
				VPBROADCASTD(row(x, x3, xStride, r, 16*half+4*i), b)
				dotAdd(b, u[0], acc[2*r])
				dotAdd(b, u[1], acc[2*r+1])
			}
		}
	}
	scale := s.vecs(2)
	VCVTPH2PS(Mem{Base: scales}, scale[0])
	VCVTPH2PS(Mem{Base: scales, Index: xStride, Scale: 1}, scale[1])
	for r := range rows {
		for c := range 2 {
			a := acc[2*r+c]
			VCVTDQ2PS(a, a)
			VMULPS_BCST(row(meta, meta3, metaStride, r, 0), a, a)
			VFMADD231PS(scale[c], a, sum[2*r+c])
		}
	}
	for _, p := range []reg.Register{x, x3, scales} {
		ADDQ(U8(32), p)
	}
	for _, p := range []reg.Register{meta, meta3} {
		ADDQ(U8(8), p)
	}
	ADDQ(U32(256), w)
	DECQ(n)
	JNZ(LabelRef("block"))

	for r := range rows {
		VMOVUPS(sum[2*r], Mem{Base: dst})
		VMOVUPS(sum[2*r+1], Mem{Base: dst, Disp: 64})
		ADDQ(dstStride, dst)
	}
	rewind(rows, x, meta, xStride, metaStride, w, scales)
	DECQ(tiles)
	JNZ(LabelRef("tile"))
	VZEROUPPER()
	RET()
}

// strides returns the bytes between rows of codes, of block meta data and of dst.
func strides() (x, meta, dst reg.GPVirtual) {
	x, meta, dst = load("nblocks"), load("nblocks"), load("out")
	SHLQ(U8(5), x)
	SHLQ(U8(3), meta)
	SHLQ(U8(2), dst)
	return x, meta, dst
}

// rewind sets the pointers for the next tile: activations have moved on by one row
// and go to the next rows, the weights start again.
func rewind(rows int, x, meta, xStride, metaStride, w, scales reg.Register) {
	for range rows - 1 {
		ADDQ(xStride, x)
		ADDQ(metaStride, meta)
	}
	SUBQ(xStride, scales)
	back := GP64()
	MOVQ(xStride, back)
	SHLQ(U8(3), back)
	SUBQ(back, w)
}

// linearAVX2 writes a linear layer's 16 outputs of one panel for tiles of rows rows.
// Without VNNI the products of a block are summed in 16 bits: eight times two
// products of at most 15*127 stay below 2^15. The float sums live in dst.
func linearAVX2(rows int) {
	s := isa{width: 8}
	TEXT(fmt.Sprintf("linearAVX2x%d", rows), NOSPLIT, "func("+linearParams+")")
	Doc(fmt.Sprintf("linearAVX2x%d computes 16 outputs of a matrix for tiles*%d rows.", rows, rows))
	Pragma("noescape")
	dst, x, meta := load("dst"), load("codes"), load("blocks")
	w, scales, tiles := load("w"), load("scales"), load("tiles")
	xStride, metaStride, dstStride := strides()

	mask, ones := s.vec(), s.vec()
	m := GP32()
	MOVL(U32(0x0f0f0f0f), m)
	VMOVD(m, mask.AsX())
	VPBROADCASTD(mask.AsX(), mask)
	MOVL(U32(0x00010001), m)
	VMOVD(m, ones.AsX())
	VPBROADCASTD(ones.AsX(), ones)

	Label("tile")
	bias, sum := load("bias"), s.vecs(2*rows)
	for r := range rows {
		VMOVUPS(Mem{Base: bias}, sum[2*r])
		VMOVUPS(Mem{Base: bias, Disp: 32}, sum[2*r+1])
	}
	// The inputs that are kept exact come in float32.
	k, side, sideW, sideStride := load("sides"), load("side"), load("sideW"), load("sides")
	SHLQ(U8(2), sideStride)
	side3 := third(side, sideStride)
	TESTQ(k, k)
	JZ(LabelRef("blocks"))
	Label("side")
	ew := s.vecs(2)
	VMOVUPS(Mem{Base: sideW}, ew[0])
	VMOVUPS(Mem{Base: sideW, Disp: 32}, ew[1])
	for r := range rows {
		b := s.vec()
		VBROADCASTSS(row(side, side3, sideStride, r, 0), b)
		VFMADD231PS(ew[0], b, sum[2*r])
		VFMADD231PS(ew[1], b, sum[2*r+1])
	}
	ADDQ(U8(4), side)
	ADDQ(U8(4), side3)
	ADDQ(dstStride, sideW)
	DECQ(k)
	JNZ(LabelRef("side"))
	for range rows - 1 {
		ADDQ(sideStride, side)
	}
	Store(side, Param("side"))

	Label("blocks")
	x3, meta3, dst3 := third(x, xStride), third(meta, metaStride), third(dst, dstStride)
	for r := range rows {
		VMOVUPS(sum[2*r], row(dst, dst3, dstStride, r, 0))
		VMOVUPS(sum[2*r+1], row(dst, dst3, dstStride, r, 32))
	}
	n := load("nblocks")

	Label("block")
	acc := s.vecs(2 * rows)
	for i := range 4 {
		for half := range 2 {
			u := s.vecs(2)
			for c := range 2 {
				VMOVDQU(Mem{Base: w, Disp: 64*i + 32*c}, u[c])
				if half == 1 {
					VPSRLW(U8(4), u[c], u[c])
				}
				VPAND(mask, u[c], u[c])
			}
			for r := range rows {
				b := s.vec()
				VPBROADCASTD(row(x, x3, xStride, r, 16*half+4*i), b)
				for c := range 2 {
					if i == 0 && half == 0 {
						VPMADDUBSW(b, u[c], acc[2*r+c])
						continue
					}
					p := s.vec()
					VPMADDUBSW(b, u[c], p)
					VPADDW(p, acc[2*r+c], acc[2*r+c])
				}
			}
		}
	}
	scale := s.vecs(2)
	VCVTPH2PS(Mem{Base: scales}, scale[0])
	VCVTPH2PS(Mem{Base: scales, Disp: 16}, scale[1])
	for r := range rows {
		rowScale := s.vec()
		VBROADCASTSS(row(meta, meta3, metaStride, r, 0), rowScale)
		for c := range 2 {
			a, t := acc[2*r+c], s.vec()
			VPMADDWD(ones, a, a)
			VPBROADCASTD(row(meta, meta3, metaStride, r, 4), t)
			VPADDD(t, a, a)
			VCVTDQ2PS(a, a)
			VMULPS(rowScale, a, a)
			VMOVUPS(row(dst, dst3, dstStride, r, 32*c), t)
			VFMADD231PS(scale[c], a, t)
			VMOVUPS(t, row(dst, dst3, dstStride, r, 32*c))
		}
	}
	for _, p := range []reg.Register{x, x3, scales} {
		ADDQ(U8(32), p)
	}
	for _, p := range []reg.Register{meta, meta3} {
		ADDQ(U8(8), p)
	}
	ADDQ(U32(256), w)
	DECQ(n)
	JNZ(LabelRef("block"))

	rewind(rows, x, meta, xStride, metaStride, w, scales)
	for range rows {
		ADDQ(dstStride, dst)
	}
	DECQ(tiles)
	JNZ(LabelRef("tile"))
	VZEROUPPER()
	RET()
}
