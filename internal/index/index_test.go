package index

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const dim = 24

func vector(rng *rand.Rand) []float32 {
	v := make([]float32, dim)
	var squares float64
	for i := range v {
		v[i] = float32(rng.NormFloat64())
		squares += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(squares))
	}
	return v
}

// doc makes a document of a few rows of words from a small vocabulary.
func doc(rng *rand.Rand) []Row {
	rows := make([]Row, 1+rng.IntN(4))
	for i := range rows {
		counts := map[string]float32{}
		for range 1 + rng.IntN(12) {
			counts[fmt.Sprintf("w%d", rng.IntN(1+rng.IntN(40)))]++
			rows[i].Length++
		}
		for w, n := range counts {
			rows[i].Terms = append(rows[i].Terms, Term{w, n})
		}
		if rng.IntN(5) > 0 {
			rows[i].Vector = vector(rng)
		}
	}
	return rows
}

func query(rng *rand.Rand) Query {
	q := Query{Vector: vector(rng), Documents: 5}
	for i := range 1 + rng.IntN(4) {
		q.Terms = append(q.Terms, QueryTerm{fmt.Sprintf("w%d", 10*i+rng.IntN(10)), 1})
	}
	return q
}

// plain is what both formulas say about a document, computed the slow way.
func plain(all map[string][]Row, q Query, id string) []RowScore {
	var n, length float64
	have := make([]float64, len(q.Terms))
	for _, rows := range all {
		for _, r := range rows {
			n++
			length += float64(r.Length)
			for i, t := range q.Terms {
				for _, u := range r.Terms {
					if u.Text == t.Text {
						have[i]++
					}
				}
			}
		}
	}
	out := make([]RowScore, len(all[id]))
	for k, r := range all[id] {
		for i, t := range q.Terms {
			for _, u := range r.Terms {
				if u.Text == t.Text {
					idf := math.Log1p((n - have[i] + .5) / (have[i] + .5))
					tf := float64(u.Count)
					out[k].Lexical += idf * tf * 2.2 / (tf + 1.2*(.25+.75*float64(r.Length)/(length/n)))
					out[k].Terms |= 1 << i
				}
			}
		}
		if r.Vector != nil {
			for i := range r.Vector {
				out[k].Cosine += float64(r.Vector[i]) * float64(q.Vector[i])
			}
		}
	}
	return out
}

func TestScoresEqualTheFormulas(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	x, all := New(dim), map[string][]Row{}
	for i := range 60 {
		id := fmt.Sprint("d", i)
		all[id] = doc(rng)
		x.Put(id, Attributes{}, all[id], id)
	}
	for range 50 {
		q := query(rng)
		q.Documents = len(all)
		for _, h := range x.Search(q).Hits {
			if h.Payload != h.ID {
				t.Fatalf("document %s came with the payload of %v", h.ID, h.Payload)
			}
			// Two int8 vectors of 24 numbers: about one part in a hundred.
			if d := cmp.Diff(plain(all, q, h.ID), h.Rows, cmpopts.EquateApprox(1e-4, .02)); d != "" {
				t.Fatalf("document %s (-formula +index):\n%s", h.ID, d)
			}
		}
	}
}

// A history of changes leaves nothing behind: the index answers as a fresh one
// over the same documents does.
func TestChangesLeaveNoTrace(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	x, all := New(dim), map[string][]Row{}
	for range 4000 { // enough for several compactions
		id := fmt.Sprint("d", rng.IntN(80))
		if rng.IntN(4) == 0 {
			x.Delete(id)
			delete(all, id)
			continue
		}
		all[id] = doc(rng)
		x.Put(id, Attributes{}, all[id], nil)
	}
	fresh := New(dim)
	rows := 0
	for id, r := range all {
		fresh.Put(id, Attributes{}, r, nil)
		rows += len(r)
	}
	if d, n := x.Len(); d != len(all) || n != rows {
		t.Errorf("%d documents with %d rows, want %d with %d", d, n, len(all), rows)
	}
	ignoreTime := cmpopts.IgnoreFields(Result{}, "LexicalTime", "VectorTime")
	for range 50 {
		q := query(rng)
		if d := cmp.Diff(fresh.Search(q), x.Search(q), ignoreTime, cmpopts.EquateApprox(1e-9, 1e-9)); d != "" {
			t.Fatalf("(-fresh +changed):\n%s", d)
		}
	}
}

func TestFilterIsInsideTheQuery(t *testing.T) {
	x := New(dim)
	row := []Row{{Terms: []Term{{"refund", 1}}, Length: 1, Vector: vector(rand.New(rand.NewPCG(1, 1)))}}
	x.Put("draft", Attributes{Draft: true}, row, nil)
	x.Put("staff", Attributes{Audience: "staff"}, row, nil)
	x.Put("old", Attributes{Until: 100}, row, nil)
	x.Put("coming", Attributes{From: 200}, row, nil)
	x.Put("public", Attributes{}, row, nil)
	for _, c := range []struct {
		filter Filter
		want   []string
	}{
		{Filter{At: 150}, []string{"public"}},
		{Filter{At: 99}, []string{"old", "public"}},
		{Filter{At: 100}, []string{"public"}},
		{Filter{At: 200}, []string{"coming", "public"}},
		{Filter{At: 150, Drafts: true}, []string{"draft", "public"}},
		{Filter{At: 150, Audiences: []string{"vip", "staff"}}, []string{"public", "staff"}},
	} {
		// One document is wanted of each arm, so what is filtered later than the
		// choice would crowd out what may be seen.
		for limit := 1; limit <= 5; limit += 4 {
			r := x.Search(Query{Terms: []QueryTerm{{"refund", 1}}, Vector: row[0].Vector, Filter: c.filter, Documents: limit})
			var got []string
			for _, h := range r.Hits {
				got = append(got, h.ID)
			}
			if d := cmp.Diff(c.want[:min(limit, len(c.want))], got); d != "" {
				t.Errorf("filter %+v, limit %d (-want +got):\n%s", c.filter, limit, d)
			}
			if r.Rows != len(c.want) {
				t.Errorf("filter %+v: statistics over %d rows, want %d", c.filter, r.Rows, len(c.want))
			}
		}
	}
}

func TestTiesBreakByDocument(t *testing.T) {
	row := []Row{{Terms: []Term{{"x", 1}}, Length: 1}}
	for _, order := range [][]string{{"a", "b", "c"}, {"c", "b", "a"}, {"b", "c", "a"}} {
		x := New(dim)
		for _, id := range order {
			x.Put(id, Attributes{}, row, nil)
		}
		hits := x.Search(Query{Terms: []QueryTerm{{"x", 1}}, Documents: 2}).Hits
		if len(hits) != 2 || hits[0].ID != "a" || hits[1].ID != "b" {
			t.Errorf("indexed as %v: found %v, want a and b", order, hits)
		}
	}
}

func TestEmptyAndOddInput(t *testing.T) {
	x := New(dim)
	if r := x.Search(Query{Terms: []QueryTerm{{"x", 1}}, Vector: make([]float32, dim), Documents: 3}); len(r.Hits) != 0 || r.Known[0] {
		t.Errorf("an empty index found %+v", r)
	}
	x.Put("none", Attributes{}, nil, nil)
	x.Put("zero", Attributes{}, []Row{{Vector: make([]float32, dim)}, {Vector: []float32{1, 2}}, {Vector: []float32{float32(math.NaN())}}}, nil)
	if r := x.Search(Query{Vector: vector(rand.New(rand.NewPCG(1, 1))), Documents: 3}); len(r.Hits) != 0 || r.Rows != 0 {
		t.Errorf("documents without words and vectors were found: %+v", r)
	}
	x.Delete("never there")
}

func TestDotsAgreeWithPortable(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for _, dim := range []int{1, 31, 32, 64, 96, 384} {
		for _, n := range []int{0, 1, 2, 7} {
			query, rows := make([]int16, dim), make([]int8, n*dim)
			for i := range query {
				query[i] = int16(rng.IntN(255) - 127)
			}
			for i := range rows {
				rows[i] = int8(rng.IntN(256) - 128)
			}
			if n == 7 { // the largest products there are
				for i := range query {
					query[i], rows[i] = -127, -128
				}
			}
			got, want := make([]int32, n), make([]int32, n)
			dots(got, query, rows)
			dotsPortable(want, query, rows)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%d rows of %d (-portable +got):\n%s", n, dim, d)
			}
		}
	}
}

func TestNear(t *testing.T) {
	x := New(dim)
	x.Put("a", Attributes{}, []Row{{Terms: []Term{{"password", 1}, {"passport", 1}, {"verif", 1}, {"refund", 1}}, Length: 4}}, nil)
	x.Put("b", Attributes{}, []Row{{Terms: []Term{{"password", 1}}, Length: 1}}, nil)
	for _, c := range []struct {
		word  string
		edits int
		want  []Near
	}{
		{"pasword", 1, []Near{{"password", 1, 2}}},
		{"passwrod", 2, []Near{{"password", 1, 2}}},
		{"passpord", 2, []Near{{"passport", 1, 1}, {"password", 1, 2}}},
		{"efund", 1, nil}, // the first letter is kept
		{"password", 2, []Near{{"passport", 2, 1}}},
		{"weather", 2, nil},
		{"", 2, nil},
	} {
		got := x.Near(c.word, c.edits, 5)
		if d := cmp.Diff(c.want, got, cmpopts.SortSlices(func(a, b Near) bool { return a.Text < b.Text }), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("Near(%q, %d) (-want +got):\n%s", c.word, c.edits, d)
		}
	}
	x.Delete("a")
	x.Delete("b")
	if got := x.Near("pasword", 1, 5); len(got) != 0 || x.Has("password") {
		t.Errorf("words of deleted documents are still offered: %v", got)
	}
}

// Readers see a document before or after a change, both rows alike.
func TestSearchBesideChanges(t *testing.T) {
	x := New(dim)
	rng := rand.New(rand.NewPCG(5, 6))
	v := vector(rng)
	version := func(n int) []Row {
		return []Row{
			{Terms: []Term{{"x", 1}, {fmt.Sprint("v", n%2), 1}}, Length: 2, Vector: v},
			{Terms: []Term{{fmt.Sprint("v", n%2), 1}}, Length: 1},
		}
	}
	x.Put("d", Attributes{}, version(0), 0)
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			q := Query{Terms: []QueryTerm{{"v0", 1}, {"v1", 1}, {"x", 1}}, Vector: v, Documents: 3}
			for {
				select {
				case <-done:
					return
				default:
				}
				r := x.Search(q)
				if len(r.Hits) != 1 {
					t.Errorf("found %d documents, want 1", len(r.Hits))
					return
				}
				h := r.Hits[0]
				bit := uint64(1) << (h.Payload.(int) % 2)
				if h.Rows[0].Terms != bit|4 || h.Rows[1].Terms != bit {
					t.Errorf("rows %b and %b do not belong to version %v", h.Rows[0].Terms, h.Rows[1].Terms, h.Payload)
					return
				}
			}
		})
	}
	for n := range 3000 {
		x.Put("d", Attributes{}, version(n), n)
	}
	close(done)
	readers.Wait()
}

func BenchmarkSearch(b *testing.B) {
	for _, rows := range []int{10_000, 100_000} {
		x := New(384)
		rng := rand.New(rand.NewPCG(7, 8))
		zipf := rand.NewZipf(rng, 1.1, 10, 50_000)
		for i := 0; i < rows; i += 4 {
			chunk := make([]Row, 4)
			for j := range chunk {
				counts := map[string]float32{}
				for range 80 {
					counts[fmt.Sprint("w", zipf.Uint64())]++
				}
				for w, n := range counts {
					chunk[j].Terms = append(chunk[j].Terms, Term{w, n})
				}
				chunk[j].Length = 80
				chunk[j].Vector = make([]float32, 384)
				for k := range chunk[j].Vector {
					chunk[j].Vector[k] = float32(rng.NormFloat64()) / 20
				}
			}
			x.Put(fmt.Sprint(i), Attributes{}, chunk, nil)
		}
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			var lexical, vector int64
			for b.Loop() {
				q := Query{Documents: 50, Vector: make([]float32, 384)}
				for k := range q.Vector {
					q.Vector[k] = float32(rng.NormFloat64()) / 20
				}
				for range 8 {
					q.Terms = append(q.Terms, QueryTerm{fmt.Sprint("w", zipf.Uint64()), 1})
				}
				r := x.Search(q)
				lexical += r.LexicalTime.Microseconds()
				vector += r.VectorTime.Microseconds()
			}
			b.ReportMetric(float64(lexical)/float64(b.N), "lexical-µs")
			b.ReportMetric(float64(vector)/float64(b.N), "vector-µs")
		})
	}
}
