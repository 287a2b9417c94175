package intents

import "context"

// Embedder turns what people type into query vectors of unit length, one a
// text, in order. Vectors of one embedder have one length.
type Embedder interface {
	EmbedQueries(ctx context.Context, texts []string) ([][]float32, error)
}

// MiddleEmbedder also tells the means of the hidden states halfway through the
// encoder, one a text, in order: the heads look at both. Telling those of a text
// that EmbedQueries just had should cost nothing.
type MiddleEmbedder interface {
	Embedder
	EmbedMiddles(ctx context.Context, texts []string) ([][]float32, error)
}

// embedBoth returns vectors and middles of texts.
func embedBoth(ctx context.Context, e MiddleEmbedder, texts []string) (vectors, middles [][]float32, err error) {
	if vectors, err = e.EmbedQueries(ctx, texts); err != nil {
		return nil, nil, err
	}
	middles, err = e.EmbedMiddles(ctx, texts)
	return vectors, middles, err
}

// MaxReadRunes bounds how much of an utterance is read: what a visitor wants
// stands in the first sentences, and a pasted log must not stall a turn.
const MaxReadRunes = 2000

// cut returns the first MaxReadRunes characters of s, and s when it is shorter.
func cut(s string) string {
	if len(s) <= MaxReadRunes {
		return s
	}
	n := 0
	for i := range s {
		if n == MaxReadRunes {
			return s[:i]
		}
		n++
	}
	return s
}

// embedAll embeds texts in batches, so that progress can be told and a cancel
// is quick.
func embedAll(ctx context.Context, e Embedder, texts []string, done func(n int)) ([][]float32, error) {
	out := make([][]float32, 0, len(texts))
	err := inBatches(ctx, texts, done, func(batch []string) error {
		v, err := e.EmbedQueries(ctx, batch)
		out = append(out, v...)
		return err
	})
	return out, err
}

// embedAllBoth is embedAll for vectors and middles.
func embedAllBoth(ctx context.Context, e MiddleEmbedder, texts []string, done func(n int)) (vectors, middles [][]float32, err error) {
	err = inBatches(ctx, texts, done, func(batch []string) error {
		v, m, err := embedBoth(ctx, e, batch)
		vectors, middles = append(vectors, v...), append(middles, m...)
		return err
	})
	return vectors, middles, err
}

func inBatches(ctx context.Context, texts []string, done func(n int), embed func(batch []string) error) error {
	const batch = 64
	for from := 0; from < len(texts); from += batch {
		if err := ctx.Err(); err != nil {
			return err
		}
		to := min(from+batch, len(texts))
		if err := embed(texts[from:to]); err != nil {
			return err
		}
		if done != nil {
			done(to)
		}
	}
	return nil
}
