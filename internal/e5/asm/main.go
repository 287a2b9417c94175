// Command asm writes the assembly of package e5. It is a module of its own so that
// the generator's libraries are no business of the program's. Run it with
// "go generate" in the package's folder.
package main

import (
	"fmt"
	"os"

	. "github.com/mmcloughlin/avo/build"
)

func main() {
	// The first argument chooses the instruction set, the rest are avo's flags.
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: asm avx2|avx512 -out FILE.s -stubs FILE.go -pkg e5")
		os.Exit(2)
	}
	set := os.Args[1]
	os.Args = append(os.Args[:1], os.Args[2:]...)
	ConstraintExpr("amd64")
	switch set {
	case "avx2":
		s := isa{suffix: "AVX2", width: 8}
		for rows := 1; rows <= 4; rows++ {
			linearAVX2(rows)
		}
		s.elementwise()
		scoresAVX2()
		gatherAVX2()
	case "avx512":
		s := isa{suffix: "AVX512", width: 16}
		for rows := 1; rows <= 6; rows++ {
			linearVNNI(rows)
		}
		s.elementwise()
		centreAVX512()
		scoresVNNI()
		gatherAVX512()
	default:
		fmt.Fprintf(os.Stderr, "asm: no instruction set %q\n", set)
		os.Exit(2)
	}
	Generate()
}
