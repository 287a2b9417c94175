package index

import "math"

// Quantize writes v as int8 with one scale for the whole row and returns the
// scale; 0 for a vector of zeros. The largest component becomes ±127, which
// costs about half a per mille of a cosine at 384 numbers.
func Quantize(into []int8, v []float32) float32 {
	var top float32
	for _, f := range v {
		top = max(top, f, -f)
	}
	if top == 0 || math.IsNaN(float64(top)) || math.IsInf(float64(top), 0) {
		clear(into)
		return 0
	}
	for i, f := range v {
		into[i] = int8(math.RoundToEven(float64(f / top * 127)))
	}
	return top / 127
}

// Dots writes to out the products of a query, codes of Quantize in a wider type, with
// as many rows of len(query) codes each.
func Dots(out []int32, query []int16, rows []int8) { dots(out, query, rows) }

// dotsPortable is dots without vector instructions.
func dotsPortable(out []int32, query []int16, rows []int8) {
	for r := range out {
		row := rows[r*len(query):][:len(query)]
		var s0, s1, s2, s3 int32
		i := 0
		for ; i+4 <= len(row); i += 4 {
			s0 += int32(row[i]) * int32(query[i])
			s1 += int32(row[i+1]) * int32(query[i+1])
			s2 += int32(row[i+2]) * int32(query[i+2])
			s3 += int32(row[i+3]) * int32(query[i+3])
		}
		for ; i < len(row); i++ {
			s0 += int32(row[i]) * int32(query[i])
		}
		out[r] = s0 + s1 + s2 + s3
	}
}
