package e5

import "context"

// middleLayer is the layer whose states EmbedMiddles tells, of twelve. The last ones
// gather what a text is about, for retrieval; how its writer feels is read better
// here: of heads trained on the domains of training/data/signals but one, and tried
// on that one, those on layers 6, 8, 10 and 12 get .731, .794, .791 and .782 right,
// one on 8 and 12 together .807.
const middleLayer = 8

// EmbedMiddles returns for each of texts the mean over its tokens of the hidden states
// halfway, [len(texts)][Dim], not of unit length. They are computed and kept together
// with the vectors, so after EmbedQueries of the same texts they cost nothing. The only
// error is ctx's.
func (e *Encoder) EmbedMiddles(ctx context.Context, texts []string) ([][]float32, error) {
	return e.embed(ctx, e.queries, queryPrefix, texts, &e.recent, func(p pooled) []float32 { return p.middle })
}
