package index

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"time"
)

// MaxTerms is how many terms of a query count; the rest is left out.
const MaxTerms = 64

// Query asks both arms at once.
type Query struct {
	Terms     []QueryTerm // distinct, at most MaxTerms
	Vector    []float32   // unit length, or nil: no vector arm
	Filter    Filter
	Documents int      // best documents wanted of each arm, by their best row; 0: none
	Also      []string // documents to return besides, if the filter lets them pass
}

// QueryTerm is a word to look for.
type QueryTerm struct {
	Text   string
	Weight float32 // factor on its score, above 0; a function word counts little
}

// Filter says which documents may be found. It is applied before ranking.
type Filter struct {
	Drafts    bool
	Audiences []string // besides documents for everybody
	At        int64
}

func (f *Filter) passes(a *Attributes) bool {
	if a.Draft && !f.Drafts || a.From != 0 && f.At < a.From || a.Until != 0 && f.At >= a.Until {
		return false
	}
	return a.Audience == "" || slices.Contains(f.Audiences, a.Audience)
}

// Result is what both arms found, under one look at the index.
type Result struct {
	Hits []Hit // documents among the best of either arm, by ID
	Rows int   // visible rows with a vector
	// Mean and Deviation are of the cosines over all visible rows: how close
	// just anything in this index is to the question.
	Mean, Deviation float64
	// IDF is by query term: ln(1 + (N − n + ½)/(n + ½)) over rows, weight not included.
	IDF   []float64
	Known []bool // by query term: some row has it

	LexicalTime, VectorTime time.Duration
}

// Hit is one document with what each arm saw of each of its rows.
type Hit struct {
	ID      string
	Payload any        // of Put
	Rows    []RowScore // in the order of Put
}

// RowScore is the evidence of a row.
type RowScore struct {
	Lexical float64 // BM25, 0 when no term occurs
	Cosine  float64 // −1…1; 0 when the row has no vector
	Terms   uint64  // bit i: has query term i
}

// BM25 with the usual constants (Robertson and Zaragoza 2009): saturation, and
// the share of length normalisation.
const (
	saturation = 1.2
	lengthPart = 0.75
)

// TopOfTerm is the limit of a term's score in a row that has it very often, as a
// factor of weight × IDF.
const TopOfTerm = saturation + 1

// scanRows is how many rows are multiplied at a time: their products stay in the
// first-level cache.
const scanRows = 1024

type scratch struct {
	lexical []float32
	mask    []uint64
	cosine  []float32
	best    []float32 // by slot
	visible []bool    // by slot
	query   []int8
	wide    []int16 // query, for dots
	dots    [scanRows]int32
}

// Search runs both arms over the visible documents.
func (x *Index) Search(q Query) Result {
	s := x.scratch.Get().(*scratch)
	defer x.scratch.Put(s)
	x.mu.RLock()
	defer x.mu.RUnlock()
	s.visible = sized(s.visible, len(x.slots))
	for i, d := range x.slots {
		s.visible[i] = d != nil && q.Filter.passes(&d.attributes)
	}
	var r Result
	start := time.Now()
	x.searchTerms(&q, s, &r)
	found := x.bestSlots(s, s.lexical, q.Documents, nil)
	r.LexicalTime = time.Since(start)
	start = time.Now()
	if len(q.Vector) == x.dim && x.dim > 0 {
		x.searchVectors(&q, s, &r)
		found = x.bestSlots(s, s.cosine, q.Documents, found)
	} else {
		s.cosine = sized(s.cosine, len(x.rows))
	}
	for _, id := range q.Also {
		if d := x.docs[id]; d != nil && s.visible[d.slot] {
			found = append(found, d.slot)
		}
	}
	slices.Sort(found)
	for _, slot := range slices.Compact(found) {
		d := x.slots[slot]
		h := Hit{ID: d.id, Payload: d.payload, Rows: make([]RowScore, len(d.rows))}
		for i, n := range d.rows {
			h.Rows[i] = RowScore{Lexical: float64(s.lexical[n]), Cosine: float64(s.cosine[n]), Terms: s.mask[n]}
		}
		r.Hits = append(r.Hits, h)
	}
	slices.SortFunc(r.Hits, func(a, b Hit) int { return cmp.Compare(a.ID, b.ID) })
	r.VectorTime = time.Since(start)
	return r
}

func (x *Index) searchTerms(q *Query, s *scratch, r *Result) {
	s.lexical, s.mask = sized(s.lexical, len(x.rows)), sized(s.mask, len(x.rows))
	terms := q.Terms[:min(len(q.Terms), MaxTerms)]
	r.IDF, r.Known = make([]float64, len(terms)), make([]bool, len(terms))
	average := float32(1)
	if x.lexical > 0 && x.length > 0 {
		average = float32(x.length / float64(x.lexical))
	}
	for i, t := range terms {
		n, ok := x.terms[t.Text]
		have := float64(0)
		if ok {
			have = float64(x.lists[n].rows)
		}
		idf := math.Log1p((float64(x.lexical) - have + .5) / (have + .5))
		r.IDF[i], r.Known[i] = idf, have > 0
		if have == 0 {
			continue
		}
		factor := t.Weight * float32(idf) * (saturation + 1)
		for at := x.lists[n].all(); ; {
			p, count, ok := at.next()
			if !ok {
				break
			}
			row := &x.rows[p]
			if row.dead() {
				continue
			}
			norm := saturation * (1 - lengthPart + lengthPart*row.length/average)
			s.lexical[p] += factor * count / (count + norm)
			s.mask[p] |= 1 << i
		}
	}
}

func (x *Index) searchVectors(q *Query, s *scratch, r *Result) {
	s.cosine, s.query, s.wide = sized(s.cosine, len(x.rows)), sized(s.query, x.dim), sized(s.wide, x.dim)
	scale := Quantize(s.query, q.Vector)
	for i, v := range s.query {
		s.wide[i] = int16(v)
	}
	var sum, squares float64
	for first := 0; first < len(x.rows); first += scanRows {
		n := min(scanRows, len(x.rows)-first)
		dots(s.dots[:n], s.wide, x.vectors[first*x.dim:])
		for k, d := range s.dots[:n] {
			row := first + k
			if x.scales[row] == 0 || !s.visible[x.rows[row].slot] {
				continue // dead rows have no scale
			}
			c := float32(d) * scale * x.scales[row]
			s.cosine[row] = c
			r.Rows++
			sum += float64(c)
			squares += float64(c) * float64(c)
		}
	}
	if r.Rows > 0 {
		r.Mean = sum / float64(r.Rows)
		r.Deviation = math.Sqrt(max(0, squares/float64(r.Rows)-r.Mean*r.Mean))
	}
}

// bestSlots appends the slots of the k visible documents with the best single
// row above 0.
func (x *Index) bestSlots(s *scratch, scores []float32, k int, into []uint32) []uint32 {
	if k <= 0 {
		return into
	}
	s.best = sized(s.best, len(x.slots))
	for n, score := range scores[:len(x.rows)] {
		if score > 0 {
			if slot := x.rows[n].slot; slot != noSlot && s.visible[slot] && score > s.best[slot] {
				s.best[slot] = score
			}
		}
	}
	top := topK{k: k, x: x}
	for slot, score := range s.best {
		if score > 0 {
			top.offer(uint32(slot), score)
		}
	}
	return append(into, top.slots()...)
}

// topK is a heap of the best slots, the worst at its root. Equal scores rank by
// document ID, so that neither arm depends on the order of indexing.
type topK struct {
	k    int
	x    *Index
	heap []scored
}

type scored struct {
	slot  uint32
	score float32
}

func (t *topK) below(a, b scored) bool {
	if a.score != b.score {
		return a.score < b.score
	}
	return t.x.slots[a.slot].id > t.x.slots[b.slot].id
}

func (t *topK) offer(slot uint32, score float32) {
	s := scored{slot, score}
	if len(t.heap) < t.k {
		t.heap = append(t.heap, s)
		for i := len(t.heap) - 1; i > 0; {
			parent := (i - 1) / 2
			if !t.below(t.heap[i], t.heap[parent]) {
				return
			}
			t.heap[i], t.heap[parent] = t.heap[parent], t.heap[i]
			i = parent
		}
		return
	}
	if !t.below(t.heap[0], s) {
		return
	}
	t.heap[0] = s
	for i := 0; ; {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < len(t.heap); c++ {
			if t.below(t.heap[c], t.heap[least]) {
				least = c
			}
		}
		if least == i {
			return
		}
		t.heap[i], t.heap[least] = t.heap[least], t.heap[i]
		i = least
	}
}

func (t *topK) slots() []uint32 {
	out := make([]uint32, len(t.heap))
	for i, s := range t.heap {
		out[i] = s.slot
	}
	return out
}

// Near yields words of the index that a writer may have meant: at most edits
// insertions, deletions, replacements or swaps of neighbours away, the first
// letter kept, best first, equal ones by how many rows have them, then by text.
// The first letter is almost never the one mistyped (Pollock and Zamora 1984).
func (x *Index) Near(word string, edits, limit int) []Near {
	target := []rune(word)
	if len(target) == 0 || edits <= 0 || limit <= 0 {
		return nil
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	letters := letterSet(word)
	var out []Near
	for i := range x.lists {
		l := &x.lists[i]
		// Each edit changes at most two letters of the set, and the length by one.
		if l.rows == 0 || len(l.name) > len(word)+4*edits || len(l.name)+4*edits < len(word) ||
			bits.OnesCount64(letterSet(l.name)^letters) > 2*edits || l.name == word {
			continue
		}
		candidate := []rune(l.name)
		if candidate[0] != target[0] {
			continue
		}
		if d := distance(target, candidate, edits); d <= edits {
			out = append(out, Near{Text: l.name, Edits: d, Rows: int(l.rows)})
		}
	}
	slices.SortFunc(out, func(a, b Near) int {
		return cmp.Or(cmp.Compare(a.Edits, b.Edits), cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Text, b.Text))
	})
	return out[:min(len(out), limit)]
}

// Near is a word of the index close to another.
type Near struct {
	Text  string
	Edits int
	Rows  int
}

// Has reports whether some row has the term.
func (x *Index) Has(term string) bool { return x.Rows(term) > 0 }

// Rows returns how many rows have the term.
func (x *Index) Rows(term string) int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if n, ok := x.terms[term]; ok {
		return int(x.lists[n].rows)
	}
	return 0
}

func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	s = s[:n]
	clear(s)
	return s
}
