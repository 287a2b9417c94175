package openai

import (
	"context"
	"math"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	openai "github.com/sashabaranov/go-openai"
)

// batch is how many texts go into one request for embeddings.
const batch = 64

// Embedder encodes texts at an endpoint. It is safe for concurrent use.
type Embedder struct {
	client *openai.Client
	name   string
}

// NewEmbedder returns an embedder of an endpoint; nothing is sent yet. Error:
// Invalid.
func NewEmbedder(e Endpoint) (*Embedder, error) {
	c, err := e.client()
	if err != nil {
		return nil, err
	}
	return &Embedder{client: c, name: e.Model}, nil
}

// Model names what made the vectors: only vectors of one name can be compared.
func (e *Embedder) Model() string { return e.name }

// EmbedQueries returns one vector of unit length a text, in order. Errors as of
// Model.Generate; Internal when the endpoint answers with something else than
// one vector of the same size for each text.
func (e *Embedder) EmbedQueries(ctx context.Context, texts []string) ([][]float32, error) {
	return e.embed(ctx, texts)
}

// EmbedPassages does for passages what EmbedQueries does for queries; endpoints
// make no difference between them.
func (e *Embedder) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	return e.embed(ctx, texts)
}

func (e *Embedder) embed(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, 0, len(texts))
	for len(out) < len(texts) {
		part := texts[len(out):min(len(texts), len(out)+batch)]
		r, err := e.client.CreateEmbeddings(ctx, openai.EmbeddingRequestStrings{Input: part, Model: openai.EmbeddingModel(e.name)})
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				return nil, cause
			}
			return nil, translate(err)
		}
		vectors := make([][]float32, len(part))
		for _, d := range r.Data {
			if d.Index < 0 || d.Index >= len(part) || vectors[d.Index] != nil {
				return nil, fault.New(fault.Internal, "the endpoint's embeddings do not fit the request")
			}
			vectors[d.Index] = unit(d.Embedding)
		}
		for _, v := range vectors {
			if len(v) == 0 || (len(out) > 0 && len(v) != len(out[0])) {
				return nil, fault.New(fault.Internal, "the endpoint's embeddings do not fit the request")
			}
			out = append(out, v)
		}
	}
	return out, nil
}

// unit scales v to length one in place; a zero vector stays.
func unit(v []float32) []float32 {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 || math.IsNaN(sum) || math.IsInf(sum, 0) {
		return v
	}
	for i := range v {
		v[i] = float32(float64(v[i]) / math.Sqrt(sum))
	}
	return v
}
