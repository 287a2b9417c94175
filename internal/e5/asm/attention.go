package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// tileRows is how many queries the attention kernels take at once.
const tileRows = 6

// scoresVNNI writes the scores of six queries and panels of 32 keys in 8 bits. A key
// panel is two times 512 bytes [8][16 keys][4], codes moved to 0..255.
func scoresVNNI() {
	s := isa{width: 16}
	TEXT("scoresVNNI", NOSPLIT, "func(scores *float32, q *int8, blocks *float32, k *byte, scale, bias *float32, qStride, metaStride, panels uint64)")
	Doc("scoresVNNI writes dot(q, k)*q scale*scale + bias for 6 queries and panels of 32 keys.")
	Pragma("noescape")
	dst, q, meta := load("scores"), load("q"), load("blocks")
	k, scale, bias := load("k"), load("scale"), load("bias")
	qStride, metaStride, panels := load("qStride"), load("metaStride"), load("panels")
	q3, meta3 := third(q, qStride), third(meta, metaStride)
	dstStride := GP64()
	MOVQ(panels, dstStride)
	SHLQ(U8(7), dstStride)
	dst3 := third(dst, dstStride)
	// The key codes are 128 too high: -128*sum(q) = 16*offset.
	offset := s.vecs(tileRows)
	for r := range offset {
		VPBROADCASTD(row(meta, meta3, metaStride, r, 4), offset[r])
		VPSLLD(U8(4), offset[r], offset[r])
	}

	Label("panel")
	acc := s.vecs(2 * tileRows)
	for r := range offset {
		VMOVDQA64(offset[r], acc[2*r])
		VMOVDQA64(offset[r], acc[2*r+1])
	}
	for i := range 8 {
		u := s.vecs(2)
		VMOVDQU64(Mem{Base: k, Disp: 64 * i}, u[0])
		VMOVDQU64(Mem{Base: k, Disp: 512 + 64*i}, u[1])
		for r := range tileRows {
			b := s.vec()
			VPBROADCASTD(row(q, q3, qStride, r, 4*i), b)
			dotAdd(b, u[0], acc[2*r])
			dotAdd(b, u[1], acc[2*r+1])
		}
	}
	for c := range 2 {
		kScale, kBias := s.vec(), s.vec()
		VMOVUPS(Mem{Base: scale, Disp: 64 * c}, kScale)
		VMOVUPS(Mem{Base: bias, Disp: 64 * c}, kBias)
		for r := range tileRows {
			a := acc[2*r+c]
			VCVTDQ2PS(a, a)
			VMULPS_BCST(row(meta, meta3, metaStride, r, 0), a, a)
			VFMADD213PS(kBias, kScale, a)
			VMOVUPS(a, row(dst, dst3, dstStride, r, 64*c))
		}
	}
	ADDQ(U32(1024), k)
	for _, p := range []Op{scale, bias, dst, dst3} {
		ADDQ(U32(128), p)
	}
	DECQ(panels)
	JNZ(LabelRef("panel"))
	VZEROUPPER()
	RET()
}

// centreAVX512 takes the mean over rows out of 384 columns.
func centreAVX512() {
	const group = 8 // registers at once
	s := isa{width: 16}
	TEXT("centreAVX512", NOSPLIT, "func(x *float32, rows, stride uint64, part float32)")
	Doc("centreAVX512 subtracts from 384 columns their mean over rows; part is 1/rows, stride in bytes.")
	Pragma("noescape")
	x, stride := load("x"), load("stride")
	part := s.vec()
	Load(Param("part"), part.AsX())
	VBROADCASTSS(part.AsX(), part)
	groups := GP64()
	MOVQ(U32(dim/16/group), groups)
	Label("group")
	sum := s.vecs(group)
	for _, v := range sum {
		s.zero(v)
	}
	at, n := GP64(), load("rows")
	MOVQ(x, at)
	Label("sum")
	for i, v := range sum {
		VADDPS(Mem{Base: at, Disp: 64 * i}, v, v)
	}
	ADDQ(stride, at)
	DECQ(n)
	JNZ(LabelRef("sum"))
	for _, v := range sum {
		VMULPS(part, v, v)
	}
	n = load("rows")
	MOVQ(x, at)
	Label("subtract")
	for i, v := range sum {
		t := s.vec()
		VMOVUPS(Mem{Base: at, Disp: 64 * i}, t)
		VSUBPS(v, t, t)
		VMOVUPS(t, Mem{Base: at, Disp: 64 * i})
	}
	ADDQ(stride, at)
	DECQ(n)
	JNZ(LabelRef("subtract"))
	ADDQ(U32(64*group), x)
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// gatherAVX512 writes the weighted sum of the values for six queries.
func gatherAVX512() {
	s := isa{width: 16}
	TEXT("gatherAVX512", NOSPLIT, "func(dst, p, v, inverse *float32, n, dstStride, pStride uint64)")
	Doc("gatherAVX512 writes sum(p*v)*inverse for 6 queries over n values [32]; strides in bytes.")
	Pragma("noescape")
	dst, p, v, inverse := load("dst"), load("p"), load("v"), load("inverse")
	n, dstStride, pStride := load("n"), load("dstStride"), load("pStride")
	p3 := third(p, pStride)
	acc := s.vecs(2 * tileRows)
	for _, a := range acc {
		s.zero(a)
	}
	Label("value")
	u := s.vecs(2)
	VMOVUPS(Mem{Base: v}, u[0])
	VMOVUPS(Mem{Base: v, Disp: 64}, u[1])
	for r := range tileRows {
		b := s.vec()
		VBROADCASTSS(row(p, p3, pStride, r, 0), b)
		VFMADD231PS(u[0], b, acc[2*r])
		VFMADD231PS(u[1], b, acc[2*r+1])
	}
	ADDQ(U32(128), v)
	ADDQ(U8(4), p)
	ADDQ(U8(4), p3)
	DECQ(n)
	JNZ(LabelRef("value"))
	for r := range tileRows {
		b := s.vec()
		VBROADCASTSS(Mem{Base: inverse, Disp: 4 * r}, b)
		for c := range 2 {
			VMULPS(b, acc[2*r+c], acc[2*r+c])
			VMOVUPS(acc[2*r+c], Mem{Base: dst, Disp: 64 * c})
		}
		ADDQ(dstStride, dst)
	}
	VZEROUPPER()
	RET()
}

// scoresAVX2 writes the scores of six queries and panels of 16 keys in float32. A
// key panel is [32][16 keys] floats.
func scoresAVX2() {
	s := isa{width: 8}
	TEXT("scoresAVX2", NOSPLIT, "func(scores, q, k, bias *float32, qStride, panels uint64)")
	Doc("scoresAVX2 writes dot(q, k) + bias for 6 queries and panels of 16 keys.")
	Pragma("noescape")
	dst, q, k, bias := load("scores"), load("q"), load("k"), load("bias")
	qStride, panels := load("qStride"), load("panels")
	q3 := third(q, qStride)
	dstStride := GP64()
	MOVQ(panels, dstStride)
	SHLQ(U8(6), dstStride)
	dst3 := third(dst, dstStride)

	Label("panel")
	acc := s.vecs(2 * tileRows)
	for r := range tileRows {
		VMOVUPS(Mem{Base: bias}, acc[2*r])
		VMOVUPS(Mem{Base: bias, Disp: 32}, acc[2*r+1])
	}
	for d := range 32 {
		u := s.vecs(2)
		VMOVUPS(Mem{Base: k, Disp: 64 * d}, u[0])
		VMOVUPS(Mem{Base: k, Disp: 64*d + 32}, u[1])
		for r := range tileRows {
			b := s.vec()
			VBROADCASTSS(row(q, q3, qStride, r, 4*d), b)
			VFMADD231PS(u[0], b, acc[2*r])
			VFMADD231PS(u[1], b, acc[2*r+1])
		}
	}
	for r := range tileRows {
		VMOVUPS(acc[2*r], row(dst, dst3, dstStride, r, 0))
		VMOVUPS(acc[2*r+1], row(dst, dst3, dstStride, r, 32))
	}
	ADDQ(U32(2048), k)
	for _, p := range []Op{bias, dst, dst3} {
		ADDQ(U8(64), p)
	}
	DECQ(panels)
	JNZ(LabelRef("panel"))
	VZEROUPPER()
	RET()
}

// gatherAVX2 is gatherAVX512 in two halves of 16 numbers, which is what 16 registers
// hold of six rows.
func gatherAVX2() {
	s := isa{width: 8}
	TEXT("gatherAVX2", NOSPLIT, "func(dst, p, v, inverse *float32, n, dstStride, pStride uint64)")
	Doc("gatherAVX2 writes sum(p*v)*inverse for 6 queries over n values [32]; strides in bytes.")
	Pragma("noescape")
	dst, p, inverse := load("dst"), load("p"), load("inverse")
	dstStride, pStride := load("dstStride"), load("pStride")
	p3 := third(p, pStride)
	for _, half := range []struct {
		name string
		disp int
	}{{"low", 0}, {"high", 64}} {
		v, n := load("v"), load("n")
		acc := s.vecs(2 * tileRows)
		for _, a := range acc {
			s.zero(a)
		}
		i := GP64()
		XORQ(i, i)
		at, at3 := GP64(), GP64()
		MOVQ(p, at)
		MOVQ(p3, at3)
		Label(half.name)
		u := s.vecs(2)
		VMOVUPS(Mem{Base: v, Disp: half.disp}, u[0])
		VMOVUPS(Mem{Base: v, Disp: half.disp + 32}, u[1])
		for r := range tileRows {
			b := s.vec()
			VBROADCASTSS(row(at, at3, pStride, r, 0), b)
			VFMADD231PS(u[0], b, acc[2*r])
			VFMADD231PS(u[1], b, acc[2*r+1])
		}
		ADDQ(U32(128), v)
		ADDQ(U8(4), at)
		ADDQ(U8(4), at3)
		DECQ(n)
		JNZ(LabelRef(half.name))
		out := GP64()
		MOVQ(dst, out)
		for r := range tileRows {
			b := s.vec()
			VBROADCASTSS(Mem{Base: inverse, Disp: 4 * r}, b)
			for c := range 2 {
				VMULPS(b, acc[2*r+c], acc[2*r+c])
				VMOVUPS(acc[2*r+c], Mem{Base: out, Disp: half.disp + 32*c})
			}
			ADDQ(dstStride, out)
		}
	}
	VZEROUPPER()
	RET()
}
