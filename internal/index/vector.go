package index

import "math"

// quantize writes v as int8 with one scale for the whole row and returns the
// scale; 0 for a vector of zeros. The largest component becomes ±127, which
// costs about half a per mille of a cosine at 384 numbers.
func quantize(into []int8, v []float32) float32 {
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

// dot is the product of two int8 vectors of equal length.
func dot(a, b []int8) int32 {
	var s0, s1, s2, s3 int32
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += int32(a[i]) * int32(b[i])
		s1 += int32(a[i+1]) * int32(b[i+1])
		s2 += int32(a[i+2]) * int32(b[i+2])
		s3 += int32(a[i+3]) * int32(b[i+3])
	}
	for ; i < len(a); i++ {
		s0 += int32(a[i]) * int32(b[i])
	}
	return s0 + s1 + s2 + s3
}
