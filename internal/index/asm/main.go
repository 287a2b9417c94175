// Command asm writes the assembly of package index. It is a module of its own so
// that the generator's libraries are no business of the program's. Run it with
// "go generate" in the package's folder.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("amd64")
	dots()
	Generate()
}

// dots multiplies the query, widened to 16 bits, with rows of bytes. Products of
// neighbours are added in 32 bits (VPMADDWD), so nothing can overflow below
// 65,536 numbers a row. Two sums a row keep the adders busy.
func dots() {
	TEXT("dotsAVX2", NOSPLIT, "func(out *int32, query *int16, rows *int8, dim, n uint64)")
	Doc("dotsAVX2 writes the products of query with n rows of dim numbers. dim is a positive multiple of 32.")
	out := Load(Param("out"), GP64())
	query := Load(Param("query"), GP64())
	rows := Load(Param("rows"), GP64())
	dim := Load(Param("dim"), GP64())
	n := Load(Param("n"), GP64())

	Label("row")
	TESTQ(n, n)
	JZ(LabelRef("done"))
	a, b := YMM(), YMM()
	VPXOR(a, a, a)
	VPXOR(b, b, b)
	i := GP64()
	XORQ(i, i)
	Label("part")
	for k, sum := range []VecVirtual{a, b} {
		wide := YMM()
		VPMOVSXBW(Mem{Base: rows, Index: i, Scale: 1, Disp: 16 * k}, wide)
		VPMADDWD(Mem{Base: query, Index: i, Scale: 2, Disp: 32 * k}, wide, wide)
		VPADDD(wide, sum, sum)
	}
	ADDQ(Imm(32), i)
	CMPQ(i, dim)
	JB(LabelRef("part"))

	VPADDD(a, b, a)
	half := XMM()
	VEXTRACTI128(Imm(1), a, half)
	low := a.AsX()
	VPADDD(half, low, low)
	VPSHUFD(Imm(0x4e), low, half)
	VPADDD(half, low, low)
	VPSHUFD(Imm(0xb1), low, half)
	VPADDD(half, low, low)
	VMOVD(low, Mem{Base: out})
	ADDQ(Imm(4), out)
	ADDQ(dim, rows)
	DECQ(n)
	JMP(LabelRef("row"))

	Label("done")
	VZEROUPPER()
	RET()
}
