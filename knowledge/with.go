package knowledge

import (
	"context"
	"slices"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/index"
)

// With returns a search that finds what l would find after the changes: the
// workspace's index is copied and they are carried out on the copy. Changes carry
// their chunks with vectors, as a Judge gets them. Other workspaces are not in it,
// and later changes of l are not seen.
func (l *Local) With(ws id.Workspace, changes []Revision) *Local {
	after := &Local{embedder: l.embedder, centres: l.centres, judge: l.judge, now: l.now, options: l.options, indexes: map[id.Workspace]*index.Index{}}
	if x := l.index(ws, false); x != nil {
		after.indexes[ws] = x.Clone()
	}
	if l.outside != nil {
		after.outside = l.outside.with(l, ws, changes)
	}
	for _, r := range changes {
		if r.Document.Workspace == ws {
			after.Replace(r.Document, r.Chunks)
		}
	}
	return after
}

// with returns the vector half after changes. The sample starts as a copy, so that
// only the changed documents move it.
func (o *outside) with(l *Local, ws id.Workspace, changes []Revision) *outside {
	arm := &changedVectors{Vectors: o.arm, at: map[DocumentID]changed{}}
	for _, r := range changes {
		d := r.Document
		c := changed{
			gone:       d.Status == StatusDeleted,
			attributes: index.Attributes{Draft: d.Status != StatusPublished, Audience: d.Audience, From: unixMicro(d.ValidFrom), Until: unixMicro(d.ValidUntil)},
		}
		for _, ch := range r.Chunks {
			if v := l.centres.passage(ch.Vector, d.Language, asQuery(ch.Field)); v != nil {
				c.rows = append(c.rows, changedRow{ch.Ordinal, Round(v)})
			}
		}
		arm.at[d.ID] = c
	}
	return &outside{arm: arm, dim: o.dim, samples: map[id.Workspace]*sample{ws: o.of(ws).clone()}}
}

// clone copies a sample.
func (s *sample) clone() *sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &sample{level: s.level, rows: s.rows.Clone(), docs: make(map[string][]int, len(s.docs))}
	for doc, rows := range s.docs {
		c.docs[doc] = slices.Clone(rows)
	}
	return c
}

// changedVectors is a vector arm as it would be after changes that it does not hold yet.
type changedVectors struct {
	Vectors
	at map[DocumentID]changed
}

type changed struct {
	gone       bool
	attributes index.Attributes
	rows       []changedRow
}

type changedRow struct {
	ordinal int
	vector  Rounded
}

// Nearest implements Vectors.
func (v *changedVectors) Nearest(ctx context.Context, q VectorQuery) ([]Nearness, error) {
	wider := q
	wider.Documents = min(q.Documents+len(v.at), 200) // those that are changed may be among the nearest
	found, err := v.Vectors.Nearest(ctx, wider)
	if err != nil {
		return nil, err
	}
	rows := v.unchanged(found)
	for doc, c := range v.at {
		if !c.gone && visible(c.attributes, q.Drafts, q.Audiences, q.At) {
			rows = append(rows, c.cosines(doc, q.Vector)...)
		}
	}
	return rows, nil
}

// Cosines implements Vectors.
func (v *changedVectors) Cosines(ctx context.Context, ws id.Workspace, vector []float32, docs []DocumentID) ([]Nearness, error) {
	var asked []DocumentID
	var rows []Nearness
	for _, doc := range docs {
		if c, ok := v.at[doc]; ok {
			rows = append(rows, c.cosines(doc, vector)...)
		} else {
			asked = append(asked, doc)
		}
	}
	if len(asked) == 0 {
		return rows, nil
	}
	found, err := v.Vectors.Cosines(ctx, ws, vector, asked)
	return append(rows, found...), err
}

// unchanged leaves out rows of documents that are changed.
func (v *changedVectors) unchanged(rows []Nearness) []Nearness {
	return slices.DeleteFunc(slices.Clone(rows), func(n Nearness) bool {
		_, ok := v.at[n.Document]
		return ok
	})
}

func (c changed) cosines(doc DocumentID, vector []float32) []Nearness {
	asked := Round(vector)
	var out []Nearness
	for _, r := range c.rows {
		var product float64
		for i, x := range asked.Numbers[:min(len(asked.Numbers), len(r.vector.Numbers))] {
			product += float64(x) * float64(r.vector.Numbers[i])
		}
		out = append(out, Nearness{Document: doc, Ordinal: r.ordinal, Cosine: asked.Cosine(product, r.vector.Scale)})
	}
	return out
}

// visible is the filter of a search for one document.
func visible(a index.Attributes, drafts bool, audiences []string, at time.Time) bool {
	now := at.UnixMicro()
	if a.Draft && !drafts || a.From != 0 && now < a.From || a.Until != 0 && now >= a.Until {
		return false
	}
	return a.Audience == "" || slices.Contains(audiences, a.Audience)
}
