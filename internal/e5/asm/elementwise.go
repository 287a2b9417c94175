package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Sizes of the model, as in package e5.
const (
	dim       = 384
	blockSize = 32
)

func (s isa) elementwise() {
	s.quantize(false)
	s.quantize(true)
	s.gelu()
	s.addNorm()
	s.softmax()
}

// quantize turns blocks of 32 floats into codes, scales and offsets. With middle, the
// codes are distances from the middle of a block's range, which is stored too.
func (s isa) quantize(middle bool) {
	if middle {
		TEXT("quantizeMiddle"+s.suffix, NOSPLIT, "func(codes *int8, blocks, middles, x *float32, n uint64)")
		Doc("quantizeMiddle" + s.suffix + " fills codes, meta data and middles of n blocks.")
	} else {
		TEXT("quantize"+s.suffix, NOSPLIT, "func(codes *int8, blocks, x *float32, n uint64)")
		Doc("quantize" + s.suffix + " fills codes and meta data of n blocks.")
	}
	Pragma("noescape")
	codes, meta, x, n := load("codes"), load("blocks"), load("x"), load("n")
	var middles reg.GPVirtual
	if middle {
		middles = load("middles")
	}
	absolute := s.float(math.Float32frombits(0x7fffffff))
	tiny, peakCode, scaleUnit, half := XMM(), XMM(), XMM(), XMM()
	VMOVSS(constant(1e-30), tiny)
	VMOVSS(constant(127), peakCode)
	VMOVSS(constant(1.0/127), scaleUnit)
	VMOVSS(constant(0.5), half)
	ones, wordOnes := YMM(), YMM()
	t := GP32()
	MOVL(U32(0x01010101), t)
	VMOVD(t, ones.AsX())
	VPBROADCASTD(ones.AsX(), ones)
	MOVL(U32(0x00010001), t)
	VMOVD(t, wordOnes.AsX())
	VPBROADCASTD(wordOnes.AsX(), wordOnes)

	Label("block")
	v := s.vecs(blockSize / s.width)
	peak, least := s.vec(), s.vec()
	for i := range v {
		VMOVUPS(Mem{Base: x, Disp: s.bytes() * i}, v[i])
		switch {
		case middle && i == 0:
			VMOVAPS(v[i], peak)
			VMOVAPS(v[i], least)
		case middle:
			VMAXPS(v[i], peak, peak)
			VMINPS(v[i], least, least)
		case i == 0:
			s.and(v[i], absolute, peak)
		default:
			a := s.vec()
			s.and(v[i], absolute, a)
			VMAXPS(a, peak, peak)
		}
	}
	p := s.reduce(peak, VMAXPS)
	if middle {
		m := XMM()
		VADDSS(s.reduce(least, VMINPS), p, m)
		VMULSS(half, m, m)
		VMOVSS(m, Mem{Base: middles})
		ADDQ(U8(4), middles)
		VSUBSS(m, p, p)
		wide := s.vec()
		VBROADCASTSS(m, wide)
		for i := range v {
			VSUBPS(wide, v[i], v[i])
		}
	}
	scale := XMM()
	VMULSS(scaleUnit, p, scale)
	VMOVSS(scale, Mem{Base: meta})
	// In a block of equal numbers 127/tiny times zero is zero.
	VMAXSS(tiny, p, p)
	VDIVSS(p, peakCode, p)
	inverse := s.vec()
	VBROADCASTSS(p, inverse)
	for i := range v {
		VMULPS(inverse, v[i], v[i])
		VCVTPS2DQ(v[i], v[i])
	}
	sum := s.codes(v, codes, ones, wordOnes)
	// offset = -8 * sum
	offset := GP32()
	VMOVD(sum, offset)
	SHLL(U8(3), offset)
	NEGL(offset)
	MOVL(offset, Mem{Base: meta, Disp: 4})
	ADDQ(U32(4*blockSize), x)
	ADDQ(U8(blockSize), codes)
	ADDQ(U8(8), meta)
	DECQ(n)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// codes stores the integers of v as bytes and returns their sum in lane 0.
func (s isa) codes(v []reg.VecVirtual, dst reg.Register, ones, wordOnes reg.VecVirtual) reg.Register {
	packed := YMM()
	if s.width == 16 {
		VPMOVDB(v[0], Mem{Base: dst})
		VPMOVDB(v[1], Mem{Base: dst, Disp: 16})
		total := ZMM()
		VPADDD(v[0], v[1], total)
		return s.reduce(total, VPADDD)
	}
	// The pack instructions work within 128-bit halves: packed holds the dwords of
	// the eight registers' halves as 0 2 4 6 | 1 3 5 7.
	lo, hi := YMM(), YMM()
	VPACKSSDW(v[1], v[0], lo)
	VPACKSSDW(v[3], v[2], hi)
	VPACKSSWB(hi, lo, packed)
	order := YMM()
	VMOVDQU(dwordOrder(), order)
	VPERMD(packed, order, packed)
	VMOVDQU(packed, Mem{Base: dst})
	VPMADDUBSW(packed, ones, packed)
	VPMADDWD(wordOnes, packed, packed)
	return s.reduce(packed, VPADDD)
}

func dwordOrder() Mem {
	const name = "dwordOrder"
	for _, v := range globals {
		if v == name {
			return NewDataAddr(Symbol{Name: name, Static: true}, 0)
		}
	}
	globals = append(globals, name)
	m := GLOBL(name, 24) // RODATA|NOPTR
	for i, d := range []uint32{0, 4, 1, 5, 2, 6, 3, 7} {
		DATA(4*i, U32(d))
	}
	return m
}

var globals []string

// exp writes e^x for x <= 0 to x; see exp32 in package e5.
func (s isa) exp(x reg.VecVirtual, c expConstants) {
	n, r := s.vec(), s.vec()
	VMAXPS(c.least, x, x)
	VMOVAPS(c.magic, n)
	VFMADD231PS(c.log2e, x, n)
	f := s.vec()
	VSUBPS(c.magic, n, f)
	VMOVAPS(x, r)
	VFNMADD231PS(c.ln2High, f, r)
	VFNMADD231PS(c.ln2Low, f, r)
	VMOVAPS(c.poly[0], x)
	for _, k := range c.poly[1:] {
		VFMADD213PS(k, r, x)
	}
	VPSLLD(U8(23), n, n)
	VPADDD(n, x, x)
}

// expConstants are memory operands or registers, as the instruction set allows.
type expConstants struct {
	least, magic, log2e, ln2High, ln2Low Op
	poly                                 []Op
}

func (s isa) expConstants() expConstants {
	// Sixteen registers do not hold them all: there they stay in memory, repeated to
	// a register's width.
	get := func(x float32) Op {
		if s.width == 16 {
			return s.float(x)
		}
		return wide(x)
	}
	c := expConstants{
		least: get(-87), magic: get(3 << 22), log2e: get(math.Log2E),
		ln2High: get(0.693359375), ln2Low: get(math.Ln2 - 0.693359375),
	}
	for _, k := range []float32{1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 1.0 / 2, 1, 1} {
		c.poly = append(c.poly, get(k))
	}
	return c
}

// wide returns x eight times in memory.
func wide(x float32) Mem {
	name := fmt.Sprintf("wide%08x", math.Float32bits(x))
	for _, v := range globals {
		if v == name {
			return NewDataAddr(Symbol{Name: name, Static: true}, 0)
		}
	}
	globals = append(globals, name)
	m := GLOBL(name, 24)
	for i := range 8 {
		DATA(4*i, U32(math.Float32bits(x)))
	}
	return m
}

// gelu replaces x by x*Phi(x); see gelu32 in package e5.
func (s isa) gelu() {
	TEXT("gelu"+s.suffix, NOSPLIT, "func(x *float32, n uint64)")
	Doc("gelu" + s.suffix + fmt.Sprintf(" replaces n times %d numbers.", s.width))
	Pragma("noescape")
	x, n := load("x"), load("n")
	c := s.expConstants()
	get := func(x float32) Op {
		if s.width == 16 {
			return s.float(x)
		}
		return wide(x)
	}
	absolute, root, one, p, half := get(math.Float32frombits(0x7fffffff)), get(math.Sqrt2/2), get(1), get(0.3275911), get(0.5)
	var erf []Op
	for _, k := range []float32{1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592} {
		erf = append(erf, get(k))
	}
	zero := s.vec()
	s.zero(zero)

	Label("next")
	v, a, z, t, e := s.vec(), s.vec(), s.vec(), s.vec(), s.vec()
	VMOVUPS(Mem{Base: x}, v)
	s.and(absolute, v, a)
	VMULPS(root, a, z)
	VMOVAPS(one, t)
	VFMADD231PS(p, z, t)
	q := s.vec()
	VMOVAPS(one, q)
	VDIVPS(t, q, t)
	// e = exp(-z*z)
	s.zero(e)
	VFNMADD231PS(z, z, e)
	s.exp(e, c)
	VMOVAPS(erf[0], q)
	for _, k := range erf[1:] {
		VFMADD213PS(k, t, q)
	}
	VMULPS(t, q, q)
	VMULPS(e, q, q)
	VMULPS(half, q, q)
	// max(x, 0) - |x| * tail/2
	VMAXPS(zero, v, v)
	VFNMADD231PS(a, q, v)
	VMOVUPS(v, Mem{Base: x})
	ADDQ(U8(s.bytes()), x)
	DECQ(n)
	JNZ(LabelRef("next"))
	VZEROUPPER()
	RET()
}

// addNorm replaces rows of x by the layer normalization of x+y.
func (s isa) addNorm() {
	TEXT("addNorm"+s.suffix, NOSPLIT, "func(x, y, gain, bias *float32, rows uint64)")
	Doc("addNorm" + s.suffix + " replaces rows of x by the layer normalization of x+y.")
	Pragma("noescape")
	x, y, gain, bias, rows := load("x"), load("y"), load("gain"), load("bias"), load("rows")
	const chains = 4 // independent sums, to hide the latency of an addition
	steps := dim / s.width
	part := XMM()
	VMOVSS(constant(1.0/dim), part)
	epsilon := XMM()
	VMOVSS(constant(1e-12), epsilon)
	one := XMM()
	VMOVSS(constant(1), one)
	at := func(p reg.Register, i int) Mem { return Mem{Base: p, Disp: i * s.bytes()} }

	Label("row")
	sum := s.vecs(chains)
	for i := range steps {
		v := s.vec()
		VMOVUPS(at(x, i), v)
		VADDPS(at(y, i), v, v)
		VMOVUPS(v, at(x, i))
		if i < chains {
			VMOVAPS(v, sum[i])
		} else {
			VADDPS(v, sum[i%chains], sum[i%chains])
		}
	}
	for i := range sum[1:] {
		VADDPS(sum[i+1], sum[0], sum[0])
	}
	total := s.reduce(sum[0], VADDPS)
	VMULSS(part, total, total)
	mean := s.vec()
	VBROADCASTSS(total, mean)
	square := s.vecs(chains)
	for i := range steps {
		v := s.vec()
		VMOVUPS(at(x, i), v)
		VSUBPS(mean, v, v)
		if i < chains {
			VMULPS(v, v, square[i])
		} else {
			VFMADD231PS(v, v, square[i%chains])
		}
	}
	for i := range square[1:] {
		VADDPS(square[i+1], square[0], square[0])
	}
	q := s.reduce(square[0], VADDPS)
	VMULSS(part, q, q)
	VADDSS(epsilon, q, q)
	VSQRTSS(q, q, q)
	VDIVSS(q, one, q)
	inverse := s.vec()
	VBROADCASTSS(q, inverse)
	for i := range steps {
		v, g := s.vec(), s.vec()
		VMOVUPS(at(x, i), v)
		VSUBPS(mean, v, v)
		VMULPS(inverse, v, v)
		VMOVUPS(at(gain, i), g)
		VFMADD213PS(at(bias, i), g, v)
		VMOVUPS(v, at(x, i))
	}
	ADDQ(U32(4*dim), x)
	ADDQ(U32(4*dim), y)
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// softmax replaces rows by exp(s - max) and writes the inverse of each row's sum.
func (s isa) softmax() {
	TEXT("softmax"+s.suffix, NOSPLIT, "func(scores, inverse *float32, rows, cols uint64)")
	Doc("softmax" + s.suffix + " replaces rows of scores by exp(score-max) and stores 1/sum of each; cols is a multiple of 16.")
	Pragma("noescape")
	x, inverse, rows, cols := load("scores"), load("inverse"), load("rows"), load("cols")
	c := s.expConstants()
	SHLQ(U8(2), cols) // in bytes
	one := XMM()
	VMOVSS(constant(1), one)

	Label("row")
	i := GP64()
	peak := s.vec()
	VMOVUPS(Mem{Base: x}, peak)
	XORQ(i, i)
	Label("peak")
	VMAXPS(Mem{Base: x, Index: i, Scale: 1}, peak, peak)
	ADDQ(U8(s.bytes()), i)
	CMPQ(i, cols)
	JLT(LabelRef("peak"))
	top := s.vec()
	VBROADCASTSS(s.reduce(peak, VMAXPS), top)
	sum := s.vec()
	s.zero(sum)
	XORQ(i, i)
	Label("exp")
	v := s.vec()
	VMOVUPS(Mem{Base: x, Index: i, Scale: 1}, v)
	VSUBPS(top, v, v)
	s.exp(v, c)
	VADDPS(v, sum, sum)
	VMOVUPS(v, Mem{Base: x, Index: i, Scale: 1})
	ADDQ(U8(s.bytes()), i)
	CMPQ(i, cols)
	JLT(LabelRef("exp"))
	total := s.reduce(sum, VADDPS)
	VDIVSS(total, one, total)
	VMOVSS(total, Mem{Base: inverse})
	ADDQ(U8(4), inverse)
	ADDQ(cols, x)
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}
