package knowledge

import (
	"context"
	"sort"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// asQuery reports whether chunks of a field are embedded as what people ask,
// the way the visitor's question is, rather than as passages.
func asQuery(f Field) bool {
	return f == FieldQuestion || f == FieldParaphrase || f == FieldNegative
}

// embedBatch is how many texts go to the embedder in one call: enough to keep
// every core busy to the end, few enough that a cancelled import stops soon.
const embedBatch = 64

// fill sets the vectors of chunks: from known by hash, else from the embedder.
// It adds what it made to known.
func fill(ctx context.Context, e Embedder, known map[string][]float32, chunks []*Chunk) error {
	var queries, passages []*Chunk
	asked := map[string]bool{}
	for _, c := range chunks {
		if known[c.Hash] != nil || asked[c.Hash] {
			continue
		}
		asked[c.Hash] = true
		if asQuery(c.Field) {
			queries = append(queries, c)
		} else {
			passages = append(passages, c)
		}
	}
	if err := embed(ctx, e.EmbedQueries, queries, known); err != nil {
		return err
	}
	if err := embed(ctx, e.EmbedPassages, passages, known); err != nil {
		return err
	}
	for _, c := range chunks {
		c.Vector = known[c.Hash]
	}
	return nil
}

func embed(ctx context.Context, call func(context.Context, []string) ([][]float32, error), chunks []*Chunk, known map[string][]float32) error {
	// Long ones first: a core that draws the longest text last would work alone.
	sort.SliceStable(chunks, func(i, j int) bool { return chunks[i].Tokens > chunks[j].Tokens })
	for len(chunks) > 0 {
		n := min(embedBatch, len(chunks))
		texts := make([]string, n)
		for i, c := range chunks[:n] {
			texts[i] = text.Mainland(c.Indexed) // as questions are, see clip
		}
		vectors, err := call(ctx, texts)
		if err != nil {
			return err
		}
		if len(vectors) != n {
			return fault.New(fault.Internal, "the embedding model returned %d vectors for %d texts", len(vectors), n)
		}
		for i, c := range chunks[:n] {
			known[c.Hash] = vectors[i]
		}
		chunks = chunks[n:]
	}
	return nil
}

// Embed sets the vectors of chunks the way an import does, equal texts once.
func Embed(ctx context.Context, e Embedder, chunks []Chunk) error {
	all := make([]*Chunk, len(chunks))
	for i := range chunks {
		all[i] = &chunks[i]
	}
	return fill(ctx, e, map[string][]float32{}, all)
}
