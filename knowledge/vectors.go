package knowledge

import (
	"context"
	"hash/fnv"
	"math/bits"
	"strconv"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/index"
)

// Vectors is a vector arm outside this process. It holds the chunks' vectors as
// Centring makes them, and is written with them.
type Vectors interface {
	// Nearest returns all rows of the documents whose best visible row is nearest, in no order.
	Nearest(ctx context.Context, q VectorQuery) ([]Nearness, error)
	// Cosines returns the rows of these documents, in no order, whatever filters say.
	Cosines(ctx context.Context, ws id.Workspace, vector []float32, docs []DocumentID) ([]Nearness, error)
}

// VectorQuery asks for what is nearest to a vector. Filters are as in Query.
type VectorQuery struct {
	Workspace id.Workspace
	Vector    []float32 // centred and of unit length
	Audiences []string
	At        time.Time
	Drafts    bool
	Documents int // at most, 1…200
}

// Nearness is the cosine of one row.
type Nearness struct {
	Document DocumentID
	Ordinal  int     // of the chunk, from 0
	Cosine   float64 // −1…1
}

// outside is the vector half of a Local whose vectors are elsewhere: the arm, and a
// sample for the cosine of just anything, which no search for the nearest tells.
type outside struct {
	arm Vectors
	dim int

	mu      sync.Mutex // guards samples
	samples map[id.Workspace]*sample
}

// sampleRows bounds a workspace's sample. Up to it every row is in the sample; at
// 50,000 rows the mean of the cosines is off by a few hundredths of their deviation,
// see TestSampleOfCosines.
const sampleRows = 4000

// sample holds the vectors of rows whose hash ends with level zero bits or more: the
// same ones on every node that has seen the same rows come and none go.
type sample struct {
	mu    sync.Mutex // guards level, docs and the order of changes
	level int
	rows  *index.Index     // each row as a document of its own
	docs  map[string][]int // by document the ordinals of its rows in the sample
}

func newSample(dim int) *sample { return &sample{rows: index.New(dim), docs: map[string][]int{}} }

// of returns a workspace's sample.
func (o *outside) of(ws id.Workspace) *sample {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.samples[ws]
	if s == nil {
		s = newSample(o.dim)
		o.samples[ws] = s
	}
	return s
}

// put replaces the rows of a document and halves the sample when it has become too
// large.
func (s *sample) put(doc string, a index.Attributes, rows []index.Row) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(doc)
	for i, r := range rows {
		if r.Vector != nil && level(doc, i) >= s.level {
			s.rows.Put(rowID(doc, i), a, []index.Row{{Vector: r.Vector}}, nil)
			s.docs[doc] = append(s.docs[doc], i)
		}
	}
	for {
		if n, _ := s.rows.Len(); n <= sampleRows {
			return
		}
		s.level++
		for doc, rows := range s.docs {
			kept := rows[:0]
			for _, i := range rows {
				if level(doc, i) >= s.level {
					kept = append(kept, i)
				} else {
					s.rows.Delete(rowID(doc, i))
				}
			}
			if s.docs[doc] = kept; len(kept) == 0 {
				delete(s.docs, doc)
			}
		}
	}
}

func (s *sample) remove(doc string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(doc)
}

func (s *sample) drop(doc string) {
	for _, i := range s.docs[doc] {
		s.rows.Delete(rowID(doc, i))
	}
	delete(s.docs, doc)
}

func rowID(doc string, i int) string { return doc + " " + strconv.Itoa(i) }

// level is how many zero bits a row's hash ends with.
func level(doc string, i int) int {
	h := fnv.New64a()
	h.Write([]byte(rowID(doc, i))) //nolint:errcheck // never fails
	return bits.TrailingZeros64(mix(h.Sum64()))
}

// mix spreads the bits of a hash whose last ones are poor (the finaliser of MurmurHash3).
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// cosines are what the arm says of documents, by document and ordinal.
type cosines map[string]map[int]float64

func (c cosines) add(rows []Nearness) {
	for _, r := range rows {
		doc := c[string(r.Document)]
		if doc == nil {
			doc = map[int]float64{}
			c[string(r.Document)] = doc
		}
		doc[r.Ordinal] = r.Cosine
	}
}

// search is index.Search with the vector half outside: the arm's documents, then
// one look at the index for theirs and those of the lexical arm, then the cosines of the
// latter. A document that changes between the looks shows its old text with its
// new cosines for as long as the index needs to follow.
func (o *outside) search(ctx context.Context, x *index.Index, q index.Query, outer *Query, at time.Time) (index.Result, error) {
	start := time.Now()
	vector := q.Vector
	q.Vector = nil
	if vector == nil {
		return x.Search(q), nil
	}
	near, err := o.arm.Nearest(ctx, VectorQuery{
		Workspace: outer.Workspace, Vector: vector, Audiences: outer.Audiences, At: at, Drafts: outer.Drafts, Documents: q.Documents,
	})
	if err != nil {
		return index.Result{}, err
	}
	seen := cosines{}
	seen.add(near)
	for doc := range seen {
		q.Also = append(q.Also, doc)
	}
	asked := time.Since(start)
	r := x.Search(q)
	start = time.Now()
	var missing []DocumentID
	for i := range r.Hits {
		if seen[r.Hits[i].ID] == nil {
			missing = append(missing, DocumentID(r.Hits[i].ID))
		}
	}
	if len(missing) > 0 {
		rows, err := o.arm.Cosines(ctx, outer.Workspace, vector, missing)
		if err != nil {
			return index.Result{}, err
		}
		seen.add(rows)
	}
	for i := range r.Hits {
		for n, c := range seen[r.Hits[i].ID] {
			if n < len(r.Hits[i].Rows) {
				r.Hits[i].Rows[n].Cosine = c
			}
		}
	}
	typical := o.of(outer.Workspace).rows.Search(index.Query{Vector: vector, Filter: q.Filter})
	r.Rows, r.Mean, r.Deviation = typical.Rows, typical.Mean, typical.Deviation
	r.VectorTime += asked + time.Since(start)
	return r, nil
}
