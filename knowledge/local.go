package knowledge

import (
	"maps"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/index"
)

// Local searches in process: everything that is indexed lives in memory, one
// index a workspace, so no filter can let one workspace see another's.
//
// It follows the store by Replace and Remove and holds nothing durable. All
// methods may be called at once; a search sees each document as it was before
// or after a change, never between.
type Local struct {
	embedder Embedder
	centres  *centres
	judge    *judge
	now      func() time.Time
	options  LocalOptions

	mu      sync.RWMutex // guards indexes
	indexes map[id.Workspace]*index.Index

	prints  prints
	outside *outside // nil: vectors are in the indexes
}

var _ Indexer = (*Local)(nil)

// LocalOptions are the optional parts of NewLocal.
type LocalOptions struct {
	Now     func() time.Time // nil: time.Now
	Tokens  func(string) int // by the embedding model's tokenizer, to tell words from slips; nil: a word that no document has may be one
	Vectors Vectors          // searched instead of vectors in memory; nil: these are in memory

	// For ablations: what a search does without.
	WithoutLexical    bool
	WithoutVector     bool
	WithoutConfidence bool // a candidate's confidence is its score
}

// book is what a candidate shows of a document. It travels with the document's
// rows through the index and is not changed once stored.
type book struct {
	kind     Kind
	path     string
	title    string
	url      string
	language string
	version  int
	question string
	answer   string
	rows     []page
}

// page is what is shown of one row of the index.
type page struct {
	field   Field
	heading []string
	text    string
}

// NewLocal returns an empty search over vectors of the embedder's model, dim
// numbers each. Options may be nil.
func NewLocal(embedder Embedder, dim int, o *LocalOptions) (*Local, error) {
	c, err := loadCentres(embedder.Model(), dim)
	if err != nil {
		return nil, err
	}
	j, err := loadJudge()
	if err != nil {
		return nil, err
	}
	if dim <= 0 {
		return nil, fault.New(fault.Invalid, "vectors need at least one number, not %d", dim)
	}
	l := &Local{embedder: embedder, centres: c, judge: j, now: time.Now, indexes: map[id.Workspace]*index.Index{}}
	if o != nil {
		l.options = *o
		if o.Now != nil {
			l.now = o.Now
		}
		if o.Vectors != nil {
			l.outside = &outside{arm: o.Vectors, dim: dim, samples: map[id.Workspace]*sample{}}
		}
	}
	return l, nil
}

// index returns a workspace's index, nil when it has none and create is false.
func (l *Local) index(ws id.Workspace, create bool) *index.Index {
	l.mu.RLock()
	x := l.indexes[ws]
	l.mu.RUnlock()
	if x != nil || !create {
		return x
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if x = l.indexes[ws]; x == nil {
		dim := l.centres.dim
		if l.outside != nil {
			dim = 0
		}
		x = index.New(dim)
		l.indexes[ws] = x
	}
	return x
}

// Replace implements Indexer. A deleted document is removed.
func (l *Local) Replace(doc Document, chunks []Chunk) {
	if doc.Status == StatusDeleted {
		l.Remove(doc.Workspace, doc.ID)
		return
	}
	b := &book{
		kind: doc.Kind, path: doc.Path, title: doc.Title, url: doc.URL, language: doc.Language, version: doc.Version,
		question: doc.Question, answer: doc.Answer, rows: make([]page, len(chunks)),
	}
	rows := make([]index.Row, len(chunks))
	quoted := passages(doc, chunks)
	for i, c := range chunks {
		b.rows[i] = page{field: c.Field, heading: c.Heading, text: quoted[i]}
		if c.Field != FieldNegative { // a negative example is compared by meaning only
			rows[i].Terms, rows[i].Length = rowTerms(c.Indexed)
		}
		rows[i].Vector = l.centres.passage(c.Vector, doc.Language, asQuery(c.Field))
	}
	a := index.Attributes{Draft: doc.Status != StatusPublished, Audience: doc.Audience, From: unixMicro(doc.ValidFrom), Until: unixMicro(doc.ValidUntil)}
	l.prints.change(doc.Workspace, doc.ID, printOf(doc), func() {
		if l.outside != nil {
			l.outside.of(doc.Workspace).put(string(doc.ID), a, rows)
		}
		l.index(doc.Workspace, true).Put(string(doc.ID), a, rows, b)
	})
}

// Remove implements Indexer.
func (l *Local) Remove(ws id.Workspace, doc DocumentID) {
	if x := l.index(ws, false); x != nil {
		l.prints.change(ws, doc, print{}, func() {
			if l.outside != nil {
				l.outside.of(ws).remove(string(doc))
			}
			x.Delete(string(doc))
		})
	}
}

// Print names what a search of the workspace at a time looks at: as long as two
// prints are the same, on whatever node, so are the results of the same query by
// the same program and model. It is "" while a document is being replaced.
func (l *Local) Print(ws id.Workspace, at time.Time) string { return l.prints.of(ws, at) }

// Retain implements Indexer.
func (l *Local) Retain(keep func(ws id.Workspace, doc DocumentID) bool) {
	l.mu.RLock()
	indexes := maps.Clone(l.indexes)
	l.mu.RUnlock()
	for ws, x := range indexes {
		for _, doc := range x.IDs() {
			if !keep(ws, DocumentID(doc)) {
				x.Delete(doc)
			}
		}
	}
}

// Size returns how many documents and rows of a workspace can be searched.
func (l *Local) Size(ws id.Workspace) (documents, rows int) {
	if x := l.index(ws, false); x != nil {
		return x.Len()
	}
	return 0, 0
}

// rowTerms counts the terms of a row.
func rowTerms(s string) ([]index.Term, float32) {
	all := termsOf(s)
	at := make(map[string]int, len(all))
	var out []index.Term
	for _, t := range all {
		i, ok := at[t.text]
		if !ok {
			i = len(out)
			at[t.text] = i
			out = append(out, index.Term{Text: t.text})
		}
		out[i].Count++
	}
	return out, float32(len(all))
}

func unixMicro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}
