package index

import (
	"bytes"
	"maps"
	"math"
	"slices"
	"strings"
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
	terms      []byte // of each row, see appendTerms; not changed once made
}

type row struct {
	slot   uint32 // of its document, noSlot when that is gone
	length float32
}

// noSlot is the slot of dead rows.
const noSlot = math.MaxUint32

func (r *row) dead() bool { return r.slot == noSlot }

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
	var numbers []uint32
	var terms []byte
	for i, r := range rows {
		n := uint32(len(x.rows))
		d.rows[i] = n
		numbers = numbers[:0]
		for _, t := range r.Terms {
			numbers = append(numbers, x.post(t, n))
		}
		slices.Sort(numbers)
		terms = appendTerms(terms, numbers)
		x.rows = append(x.rows, row{slot: d.slot, length: r.Length})
		x.live++
		if len(r.Terms) > 0 {
			x.lexical++
			x.length += float64(r.Length)
		}
	}
	d.terms = bytes.Clone(terms) // without the room to grow
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
		name := strings.Clone(t.Text) // which is often a part of a whole text
		x.terms[name] = n
		x.lists = append(x.lists, list{name: name})
	}
	l := &x.lists[n]
	l.rows++
	l.add(row, t.Count)
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
	var numbers []uint32
	terms := d.terms
	for _, n := range d.rows {
		r := &x.rows[n]
		r.slot = noSlot
		x.scales[n] = 0
		numbers, terms = takeTerms(terms, numbers)
		for _, t := range numbers {
			x.lists[t].rows--
		}
		if len(numbers) > 0 {
			x.lexical--
			x.length -= float64(r.length)
		}
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
	moved := make([]uint32, len(x.rows)) // where a row goes, gone for a dead one
	const gone = math.MaxUint32
	kept := 0
	for i := range x.rows {
		if x.rows[i].dead() {
			moved[i] = gone
			continue
		}
		moved[i] = uint32(kept)
		x.rows[kept] = x.rows[i]
		x.scales[kept] = x.scales[i]
		copy(x.vectors[kept*x.dim:(kept+1)*x.dim], x.vectors[i*x.dim:(i+1)*x.dim])
		kept++
	}
	x.rows, x.scales, x.vectors = x.rows[:kept], x.scales[:kept], x.vectors[:kept*x.dim]
	renumbered := make([]uint32, len(x.lists))
	lists := make([]list, 0, len(x.lists))
	clear(x.terms)
	for n, l := range x.lists {
		if l.rows == 0 {
			continue
		}
		// In place: distances grow only over rows that go, and with them their bytes.
		old := l.all()
		l.data, l.last = l.data[:0], 0
		for row, count, ok := old.next(); ok; row, count, ok = old.next() {
			if moved[row] != gone {
				l.add(moved[row], count)
			}
		}
		renumbered[n] = uint32(len(lists))
		x.terms[l.name] = renumbered[n]
		lists = append(lists, l)
	}
	x.lists = lists
	var numbers []uint32
	for _, d := range x.docs {
		rest := d.terms
		var terms []byte
		for i, n := range d.rows {
			d.rows[i] = moved[n]
			numbers, rest = takeTerms(rest, numbers)
			for j, t := range numbers {
				numbers[j] = renumbered[t]
			}
			terms = appendTerms(terms, numbers)
		}
		d.terms = bytes.Clone(terms)
	}
	x.dead = 0
}
