package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// isa writes code that is the same for both vector widths.
type isa struct {
	suffix string // of the function names
	width  int    // float32 lanes of a register
}

func (s isa) vec() reg.VecVirtual {
	if s.width == 8 {
		return YMM()
	}
	return ZMM()
}

// vecs returns n registers.
func (s isa) vecs(n int) []reg.VecVirtual {
	v := make([]reg.VecVirtual, n)
	for i := range v {
		v[i] = s.vec()
	}
	return v
}

// bytes is the size of a register.
func (s isa) bytes() int { return 4 * s.width }

// float returns a register with x in every lane. The constant is stored once.
func (s isa) float(x float32) reg.VecVirtual {
	v := s.vec()
	VBROADCASTSS(constant(x), v)
	return v
}

// zero clears v.
func (s isa) zero(v reg.VecVirtual) {
	if s.width == 8 {
		VXORPS(v, v, v)
	} else {
		VPXORD(v, v, v)
	}
}

// and is the bitwise and of floats.
func (s isa) and(a, b, dst Op) {
	if s.width == 8 {
		VANDPS(a, b, dst)
	} else {
		VPANDD(a, b, dst)
	}
}

// reduce folds the lanes of v with op and leaves the result in lane 0 of the
// returned register, which is v's low part.
func (s isa) reduce(v reg.VecVirtual, op func(...Op)) reg.Register {
	t := XMM()
	if s.width == 16 {
		t := YMM()
		VEXTRACTF64X4(U8(1), v, t)
		op(t, v.AsY(), v.AsY())
		VEXTRACTF32X4(U8(1), v.AsY(), t.AsX())
		op(t.AsX(), v.AsX(), v.AsX())
	} else {
		VEXTRACTF128(U8(1), v.AsY(), t)
		op(t, v.AsX(), v.AsX())
	}
	VPERMILPS(U8(0x0e), v.AsX(), t)
	op(t, v.AsX(), v.AsX())
	VPERMILPS(U8(0x01), v.AsX(), t)
	op(t, v.AsX(), v.AsX())
	return v.AsX()
}

// dotAdd is VPDPBUSD, which avo does not know: to every 32-bit lane of acc it adds
// the products of the lane's four unsigned bytes in u and four signed ones in x.
func dotAdd(x, u, acc reg.VecVirtual) {
	Instruction(&ir.Instruction{
		Opcode:   "VPDPBUSD",
		Operands: []Op{x, u, acc},
		Inputs:   []Op{x, u, acc},
		Outputs:  []Op{acc},
		ISA:      []string{"AVX512_VNNI"},
	})
}

// constants is what has been written to the data section of this file.
var constants = map[uint32]Mem{}

func constant(x float32) Mem {
	// By bits: the mask of absolute values is no number.
	bits := math.Float32bits(x)
	m, ok := constants[bits]
	if !ok {
		m = ConstData(fmt.Sprintf("float%08x", bits), U32(bits))
		constants[bits] = m
	}
	return m
}

// load returns the named parameter in a register.
func load(name string) reg.GPVirtual { return Load(Param(name), GP64()).(reg.GPVirtual) }

// row is the address of displacement disp in row r of rows that lie stride bytes
// apart, where base holds row 0 and base3 row 3.
func row(base, base3, stride reg.Register, r, disp int) Mem {
	if r >= 3 {
		base, r = base3, r-3
	}
	if r == 0 {
		return Mem{Base: base, Disp: disp}
	}
	return Mem{Base: base, Index: stride, Scale: uint8(r), Disp: disp}
}

// third returns a register with base + 3*stride.
func third(base, stride reg.Register) reg.GPVirtual {
	t := GP64()
	LEAQ(Mem{Base: base, Index: stride, Scale: 2}, t)
	ADDQ(stride, t)
	return t
}
