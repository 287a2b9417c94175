package intents

import "context"

// Embedder turns what people type into query vectors of unit length, one a
// text, in order. Vectors of one embedder have one length.
type Embedder interface {
	EmbedQueries(ctx context.Context, texts []string) ([][]float32, error)
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
	const batch = 64
	out := make([][]float32, 0, len(texts))
	for len(texts) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n := min(batch, len(texts))
		v, err := e.EmbedQueries(ctx, texts[:n])
		if err != nil {
			return nil, err
		}
		out = append(out, v...)
		texts = texts[n:]
		if done != nil {
			done(len(out))
		}
	}
	return out, nil
}
