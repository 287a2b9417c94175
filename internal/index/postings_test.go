package index

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Postings come back as they were added, in few bytes.
func TestPostings(t *testing.T) {
	type posting struct {
		row   uint32
		count float32
	}
	counts := []float32{1, 1, 1, 2, 3, 254, 255, 256, 1e6, .5, 1.25, 0, -3, math.MaxFloat32}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, gap := range []int{1, 3, 100, 10_000, 3_000_000} {
		var p list
		var want, got []posting
		row := uint32(rng.IntN(gap)) // the first row may be 0
		for range 300 {
			count := counts[rng.IntN(len(counts))]
			p.add(row, count)
			want = append(want, posting{row, count})
			row += 1 + uint32(rng.IntN(gap))
		}
		at := p.all()
		for row, count, ok := at.next(); ok; row, count, ok = at.next() {
			got = append(got, posting{row, count})
		}
		if !slices.Equal(got, want) {
			t.Errorf("gaps up to %d:\n got %v\nwant %v", gap, got, want)
		}
	}
	var usual list
	for row := range uint32(100) {
		usual.add(60*row, float32(1+row%2))
	}
	if n := len(usual.data); n > 250 {
		t.Errorf("100 usual postings take %d bytes", n)
	}
}

func TestTerms(t *testing.T) {
	rows := [][]uint32{{0, 1, 2, 200, 70_000, math.MaxUint32}, {}, {5}}
	var data []byte
	for _, r := range rows {
		data = appendTerms(data, r)
	}
	var got []uint32
	for _, want := range rows {
		if got, data = takeTerms(data, got); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	if len(data) > 0 {
		t.Errorf("%d bytes are left over", len(data))
	}
}
