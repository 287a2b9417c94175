package index

import (
	"maps"
	"slices"
	"sync"
)

// Index is one searchable set of documents, of one workspace. Make it with New.
type Index struct {
	dim int

	mu      sync.RWMutex // guards everything below
	docs    map[string]*document
	slots   []*document // by slot; nil where free
	rows    []row
	vectors []int8    // len(rows) × dim; zero where a row has no vector
	scales  []float32 // by row: vector = int8 × scale; 0: no vector
	terms   map[string]uint32
	lists   []list // by term number
	live    int    // rows that belong to a document
	lexical int    // live rows with terms
	length  float64
	dead    int
	scratch sync.Pool
}

type document struct {
	id         string
	slot       uint32
	attributes Attributes
	payload    any
	rows       []uint32
}

type row struct {
	slot   uint32
	dead   bool
	length float32
	terms  []uint32
}

type list struct {
	name     string
	rows     int32 // live rows that have the term
	postings []posting
}

type posting struct {
	row   uint32
	count float32
}

// Attributes are what a filter looks at.
type Attributes struct {
	Draft    bool
	Audience string // "": everybody
	From     int64  // visible from this time on; 0: always. Any unit, the same as Filter.At
	Until    int64  // visible before this time; 0: for ever
}

// Row is one searchable stretch of a document.
type Row struct {
	Terms  []Term    // distinct; empty: the lexical arm does not see the row
	Length float32   // of the stretch in terms, for length normalisation
	Vector []float32 // dim numbers of unit length, or nil: the vector arm does not see the row
}

// Term is a word of a row with how often it occurs, weighted as the caller likes.
type Term struct {
	Text  string
	Count float32
}

// New returns an empty index for vectors of dim numbers; 0: of terms only.
func New(dim int) *Index {
	x := &Index{dim: dim, docs: map[string]*document{}, terms: map[string]uint32{}}
	x.scratch.New = func() any { return new(scratch) }
	return x
}

// Put replaces a document. Rows keep their order: hits name them by position.
// The payload comes back with every hit, so what a caller shows of a document
// is of the very version that was found; it must not change afterwards.
func (x *Index) Put(id string, a Attributes, rows []Row, payload any) {
	// Quantising is the long part and needs no lock.
	vectors := make([]int8, len(rows)*x.dim)
	scales := make([]float32, len(rows))
	for i, r := range rows {
		if len(r.Vector) == x.dim {
			scales[i] = Quantize(vectors[i*x.dim:(i+1)*x.dim], r.Vector)
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.remove(id)
	d := &document{id: id, attributes: a, payload: payload, rows: make([]uint32, len(rows))}
	d.slot = x.freeSlot(d)
	x.docs[id] = d
	for i, r := range rows {
		n := uint32(len(x.rows))
		d.rows[i] = n
		entry := row{slot: d.slot, length: r.Length, terms: make([]uint32, len(r.Terms))}
		for j, t := range r.Terms {
			entry.terms[j] = x.post(t, n)
		}
		x.rows = append(x.rows, entry)
		x.live++
		if len(r.Terms) > 0 {
			x.lexical++
			x.length += float64(r.Length)
		}
	}
	x.vectors = append(x.vectors, vectors...)
	x.scales = append(x.scales, scales...)
}

// Delete forgets a document; one that is not there is no error.
func (x *Index) Delete(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.remove(id)
}

// IDs returns the documents that are indexed, in no order.
func (x *Index) IDs() []string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return slices.Collect(maps.Keys(x.docs))
}

// Len returns the number of documents and of their rows.
func (x *Index) Len() (documents, rows int) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.docs), x.live
}

func (x *Index) freeSlot(d *document) uint32 {
	for i := len(x.slots) - 1; i >= 0 && i >= len(x.slots)-8; i-- {
		if x.slots[i] == nil {
			x.slots[i] = d
			return uint32(i)
		}
	}
	x.slots = append(x.slots, d)
	return uint32(len(x.slots) - 1)
}

func (x *Index) post(t Term, row uint32) uint32 {
	n, ok := x.terms[t.Text]
	if !ok {
		n = uint32(len(x.lists))
		x.terms[t.Text] = n
		x.lists = append(x.lists, list{name: t.Text})
	}
	l := &x.lists[n]
	l.rows++
	l.postings = append(l.postings, posting{row, t.Count})
	return n
}

// remove marks a document's rows dead; its postings go at the next compaction.
func (x *Index) remove(id string) {
	d := x.docs[id]
	if d == nil {
		return
	}
	delete(x.docs, id)
	x.slots[d.slot] = nil
	for _, n := range d.rows {
		r := &x.rows[n]
		r.dead = true
		x.scales[n] = 0
		for _, t := range r.terms {
			x.lists[t].rows--
		}
		if len(r.terms) > 0 {
			x.lexical--
			x.length -= float64(r.length)
		}
		r.terms = nil
	}
	x.live -= len(d.rows)
	x.dead += len(d.rows)
	// A quarter of dead rows costs a quarter of a search; below a thousand rows nobody notices.
	if x.dead > 1000 && x.dead*4 > len(x.rows) {
		x.compact()
	}
}

// compact rebuilds rows and postings without the dead.
func (x *Index) compact() {
	moved := make([]uint32, len(x.rows))
	kept := 0
	for i := range x.rows {
		if x.rows[i].dead {
			continue
		}
		moved[i] = uint32(kept)
		x.rows[kept] = x.rows[i]
		x.scales[kept] = x.scales[i]
		copy(x.vectors[kept*x.dim:(kept+1)*x.dim], x.vectors[i*x.dim:(i+1)*x.dim])
		kept++
	}
	dead := make([]bool, len(moved))
	for _, d := range x.docs {
		for i, n := range d.rows {
			dead[n] = true // here: seen alive; turned round below
			d.rows[i] = moved[n]
		}
	}
	for i := range dead {
		dead[i] = !dead[i]
	}
	clear(x.rows[kept:])
	x.rows, x.scales, x.vectors = x.rows[:kept], x.scales[:kept], x.vectors[:kept*x.dim]
	renumbered := make([]uint32, len(x.lists))
	lists := make([]list, 0, len(x.lists))
	clear(x.terms)
	for n, l := range x.lists {
		if l.rows == 0 {
			continue
		}
		postings := l.postings[:0]
		for _, p := range l.postings {
			if !dead[p.row] {
				postings = append(postings, posting{moved[p.row], p.count})
			}
		}
		l.postings = postings
		renumbered[n] = uint32(len(lists))
		x.terms[l.name] = renumbered[n]
		lists = append(lists, l)
	}
	x.lists = lists
	for i := range x.rows {
		for j, t := range x.rows[i].terms {
			x.rows[i].terms[j] = renumbered[t]
		}
	}
	x.dead = 0
}
