package index

import "golang.org/x/sys/cpu"

//go:generate go -C asm run . -out ../avx2_amd64.s -stubs ../avx2_amd64.go -pkg index

// dots writes the products of a query with rows of len(query) numbers each.
func dots(out []int32, query []int16, rows []int8) {
	if dim := len(query); cpu.X86.HasAVX2 && dim > 0 && dim%32 == 0 && len(out) > 0 {
		_ = rows[len(out)*dim-1] // the kernel checks nothing
		dotsAVX2(&out[0], &query[0], &rows[0], uint64(dim), uint64(len(out)))
		return
	}
	dotsPortable(out, query, rows)
}
