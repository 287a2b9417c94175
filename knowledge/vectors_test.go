package knowledge

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/index"
)

// subjects is a corpus of pages of ten rows each; rows of a page are as close to each
// other as sections of one subject are.
func subjects(pages int) map[string][]index.Row {
	rng := rand.New(rand.NewPCG(1, 2))
	const dim = 64
	draw := func(near []float32, apart float64) []float32 {
		v := make([]float32, dim)
		var squares float64
		for i := range v {
			v[i] = float32(rng.NormFloat64() * apart)
			if near != nil {
				v[i] += near[i] * 8
			}
			squares += float64(v[i]) * float64(v[i])
		}
		for i := range v {
			v[i] /= float32(math.Sqrt(squares))
		}
		return v
	}
	out := map[string][]index.Row{}
	for i := range pages {
		subject := draw(nil, 1)
		var rows []index.Row
		for range 10 {
			rows = append(rows, index.Row{Vector: draw(subject, .8)})
		}
		out[fmt.Sprint("page ", i)] = rows
	}
	return out
}

func fillSample(corpus map[string][]index.Row, s *sample, all *index.Index) {
	for doc, rows := range corpus { // in any order
		s.put(doc, index.Attributes{}, rows)
		all.Put(doc, index.Attributes{}, rows, nil)
	}
}

// The sample places just anything where all rows do, to a tenth of a deviation
// at 50,000 rows and exactly up to its bound.
func TestSampleOfCosines(t *testing.T) {
	for _, pages := range []int{sampleRows / 10, 5000} {
		corpus := subjects(pages)
		s, again, all := newSample(64), newSample(64), index.New(64)
		fillSample(corpus, s, all)
		fillSample(corpus, again, index.New(64))
		_, kept := s.rows.Len()
		if _, n := again.rows.Len(); n != kept {
			t.Errorf("%d pages: the sample depends on the order: %d and %d rows", pages, kept, n)
		}
		if kept > sampleRows || kept < sampleRows/4 {
			t.Fatalf("%d pages: %d rows are in the sample", pages, kept)
		}
		var off, offDeviation float64
		for _, rows := range subjects(50) {
			q := index.Query{Vector: rows[0].Vector}
			exact, near := all.Search(q), s.rows.Search(q)
			off = max(off, math.Abs(near.Mean-exact.Mean)/exact.Deviation)
			offDeviation = max(offDeviation, math.Abs(near.Deviation/exact.Deviation-1))
		}
		t.Logf("%d rows, %d in the sample: the mean is off by at most %.3f deviations, the deviation by %.1f %%", pages*10, kept, off, 100*offDeviation)
		if limit := .1; off > limit || offDeviation > limit {
			t.Errorf("%d rows: off by %.3f deviations and %.3f of one", pages*10, off, offDeviation)
		}
		if kept == pages*10 && (off != 0 || offDeviation != 0) {
			t.Errorf("everything is in the sample, and it is off by %v and %v", off, offDeviation)
		}
		for doc := range corpus {
			s.remove(doc)
		}
		if _, n := s.rows.Len(); n != 0 || len(s.docs) != 0 {
			t.Errorf("%d rows are left of removed documents", n)
		}
	}
}
