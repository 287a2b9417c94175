package training

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// VectorStore keeps embeddings by what was embedded.
type VectorStore interface {
	// Vectors returns those that are known.
	Vectors(ctx context.Context, ws bot.WorkspaceID, model string, hashes []string) (map[string][]float32, error)
	// PutVectors keeps vectors; one that is known stays as it is.
	PutVectors(ctx context.Context, ws bot.WorkspaceID, model string, vectors map[string][]float32) error
}

// QuestionEncoder is the embedding model whose work Embeddings remembers.
type QuestionEncoder interface {
	bot.Embedder
	Model() string // names what made the vectors
}

// Embeddings are an encoder that embeds a question of review or regression set
// once: the vectors are kept in the store, and the newest 5,000 of them in memory. It
// is safe for concurrent use.
type Embeddings struct {
	encoder QuestionEncoder
	store   VectorStore

	mu    sync.Mutex // guards known
	known map[string][]float32
}

var _ bot.Embedder = (*Embeddings)(nil)

// rememberedVectors bounds the vectors in memory: 8 MB of the built-in model's.
const rememberedVectors = 5000

// NewEmbeddings returns an encoder over a store.
func NewEmbeddings(encoder QuestionEncoder, store VectorStore) *Embeddings {
	return &Embeddings{encoder: encoder, store: store, known: map[string][]float32{}}
}

// Of returns the vectors of questions, in order, and keeps those it had to make.
func (e *Embeddings) Of(ctx context.Context, ws bot.WorkspaceID, questions []string) ([][]float32, error) {
	out := make([][]float32, len(questions))
	missing := e.recall(questions, out)
	if len(missing) == 0 {
		return out, nil
	}
	hashes := make([]string, len(missing))
	for k, i := range missing {
		hashes[k] = questionHash(questions[i])
	}
	stored, err := e.store.Vectors(ctx, ws, e.encoder.Model(), hashes)
	if err != nil {
		return nil, err
	}
	var absent []string
	seen := map[string]bool{}
	for k, i := range missing {
		if stored[hashes[k]] == nil && !seen[hashes[k]] {
			seen[hashes[k]] = true
			absent = append(absent, questions[i])
		}
	}
	for len(absent) > 0 {
		n := min(len(absent), 64) // enough to keep the cores busy, few enough to stop soon
		made, err := e.encoder.EmbedQueries(ctx, absent[:n])
		if err != nil {
			return nil, err
		}
		if len(made) != n {
			return nil, fault.New(fault.Internal, "the encoder returned %d vectors for %d texts", len(made), n)
		}
		fresh := make(map[string][]float32, n)
		for k, v := range made {
			fresh[questionHash(absent[k])] = v
			stored[questionHash(absent[k])] = v
		}
		if err := e.store.PutVectors(ctx, ws, e.encoder.Model(), fresh); err != nil {
			return nil, err
		}
		absent = absent[n:]
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.known)+len(stored) > rememberedVectors {
		clear(e.known) // the store has them
	}
	for k, i := range missing {
		out[i] = stored[hashes[k]]
		e.known[questions[i]] = out[i]
	}
	return out, nil
}

// EmbedQueries implements bot.Embedder: from memory where it can.
func (e *Embeddings) EmbedQueries(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	if len(e.recall(texts, out)) == 0 {
		return out, nil
	}
	return e.encoder.EmbedQueries(ctx, texts)
}

// recall fills in what is in memory and returns the places that are not.
func (e *Embeddings) recall(texts []string, out [][]float32) (missing []int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, t := range texts {
		if out[i] = e.known[t]; out[i] == nil {
			missing = append(missing, i)
		}
	}
	return missing
}

// questionHash names the embedding of a question as it was typed. Chunks have other
// hashes, because they are folded before.
func questionHash(question string) string {
	sum := sha256.Sum256([]byte("asked\x00" + question))
	return hex.EncodeToString(sum[:])
}
