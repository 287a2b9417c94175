package training

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// ExampleVectorStore remembers the embeddings of examples, the dear part of a training.
// They can be made again.
type ExampleVectorStore interface {
	// Vectors returns what is remembered of a model, by key.
	Vectors(ctx context.Context, ws bot.WorkspaceID, model string) (map[string][]byte, error)
	// PutVectors remembers more; a key that is there stays as it is.
	PutVectors(ctx context.Context, ws bot.WorkspaceID, model string, vectors map[string][]byte) error
	// KeepVectors forgets all keys but these, and all of other models.
	KeepVectors(ctx context.Context, ws bot.WorkspaceID, model string, keys []string) error
}

// QueryEmbedder turns what people type into unit vectors and names itself.
type QueryEmbedder interface {
	EmbedQueries(ctx context.Context, texts []string) ([][]float32, error)
	Model() string
}

// remembering embeds what is not remembered yet, and remembers it at once, so that
// a training that was cut off goes on where it stopped. It is for one goroutine.
type remembering struct {
	embedder QueryEmbedder
	store    ExampleVectorStore
	ws       bot.WorkspaceID
	known    map[string][]byte
	used     map[string]bool
}

func remember(ctx context.Context, e QueryEmbedder, store ExampleVectorStore, ws bot.WorkspaceID) (*remembering, error) {
	known, err := store.Vectors(ctx, ws, e.Model())
	return &remembering{e, store, ws, known, map[string]bool{}}, err
}

// EmbedQueries implements intents.Embedder.
func (r *remembering) EmbedQueries(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	var fresh []string
	var at []int
	for i, s := range texts {
		key := vectorKey(s)
		r.used[key] = true
		if b, ok := r.known[key]; ok {
			out[i] = unpackVector(b)
			continue
		}
		fresh, at = append(fresh, s), append(at, i)
	}
	if len(fresh) == 0 {
		return out, nil
	}
	made, err := r.embedder.EmbedQueries(ctx, fresh)
	if err != nil {
		return nil, err
	}
	put := make(map[string][]byte, len(fresh))
	for k, v := range made {
		out[at[k]] = v
		put[vectorKey(fresh[k])] = packVector(v)
	}
	return out, r.store.PutVectors(ctx, r.ws, r.embedder.Model(), put)
}

// forget drops what this training did not ask for.
func (r *remembering) forget(ctx context.Context) error {
	keys := make([]string, 0, len(r.used))
	for k := range r.used {
		keys = append(keys, k)
	}
	return r.store.KeepVectors(ctx, r.ws, r.embedder.Model(), keys)
}

func vectorKey(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

func packVector(v []float32) []byte {
	out := make([]byte, 0, 4*len(v))
	for _, x := range v {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x))
	}
	return out
}

func unpackVector(b []byte) []float32 {
	out := make([]float32, len(b)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out
}
