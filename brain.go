package frontdesk

import (
	"context"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/e5"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/openai"
)

// embedder is what intents, knowledge, training and the engine share.
type embedder interface {
	EmbedQueries(ctx context.Context, texts []string) ([][]float32, error)
	EmbedPassages(ctx context.Context, texts []string) ([][]float32, error)
	Model() string
}

// encoder is the configured embedder, its dimension, and how it counts tokens;
// count and middles are nil when the endpoint does not tell.
type encoder struct {
	embedder
	dim     int
	count   func(text string) int
	middles func(ctx context.Context, texts []string) ([][]float32, error)
}

// EmbedMiddles implements intents.MiddleEmbedder for the built-in model; an endpoint
// tells no hidden states.
func (e encoder) EmbedMiddles(ctx context.Context, texts []string) ([][]float32, error) {
	if e.middles == nil {
		return nil, fault.New(fault.Internal, "the model %s tells no hidden states", e.Model())
	}
	return e.middles(ctx, texts)
}

// newEncoder opens the built-in model, or asks the configured endpoint once to
// learn its dimension.
func newEncoder(ctx context.Context, c EmbeddingConfig) (encoder, error) {
	if c.URL == "" {
		e, err := e5.Open()
		if err != nil {
			return encoder{}, fault.Wrap(fault.Internal, err, "The built-in embedding model cannot be opened")
		}
		return encoder{embedder: e, dim: e5.Dim, count: e.CountTokens, middles: e.EmbedMiddles}, nil
	}
	e, err := openai.NewEmbedder(openai.Endpoint{URL: c.URL, Model: c.Model, Key: string(c.Key)})
	if err != nil {
		return encoder{}, err
	}
	v, err := e.EmbedQueries(ctx, []string{"dimension"})
	if err != nil {
		return encoder{}, err
	}
	return encoder{embedder: e, dim: len(v[0])}, nil
}

// models are the configured language models in order of preference; tokens is
// told what their endpoints count, nil: nobody is.
func models(c LLMConfig, own []bot.Model, tokens func(model string, input, output int)) ([]bot.Model, error) {
	out := append([]bot.Model(nil), own...)
	for _, url := range []string{c.URL, c.Second} {
		if url == "" {
			continue
		}
		e := openai.Endpoint{URL: url, Model: c.Model, Key: string(c.Key)}
		if tokens != nil {
			e.Usage = func(input, output int) { tokens(c.Model, input, output) }
		}
		m, err := openai.New(e)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}
