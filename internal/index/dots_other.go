//go:build !amd64

package index

// dots writes the products of a query with rows of len(query) numbers each.
func dots(out []int32, query []int16, rows []int8) { dotsPortable(out, query, rows) }
