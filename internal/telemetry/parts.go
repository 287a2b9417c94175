package telemetry

import (
	"context"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Retriever returns r, timed and traced.
func Retriever(m *Metrics, t *Tracer, r bot.Retriever) bot.Retriever {
	return retriever{m, t, r}
}

type retriever struct {
	metrics *Metrics
	tracer  *Tracer
	inner   bot.Retriever
}

// Search implements bot.Retriever.
func (r retriever) Search(ctx context.Context, q knowledge.Query) (knowledge.Result, error) {
	ctx, ended := r.tracer.span(ctx, "search")
	start := time.Now()
	out, err := r.inner.Search(ctx, q)
	r.metrics.search.Observe(time.Since(start).Seconds())
	ended(err)
	return out, err
}

// Embedder makes vectors of what people type and of what editors write.
type Embedder interface {
	EmbedQueries(ctx context.Context, texts []string) ([][]float32, error)
	EmbedPassages(ctx context.Context, texts []string) ([][]float32, error)
	Model() string
}

// WatchEmbedder returns e, timed and traced.
func WatchEmbedder(m *Metrics, t *Tracer, e Embedder) Embedder { return embedder{m, t, e} }

type embedder struct {
	metrics *Metrics
	tracer  *Tracer
	Embedder
}

// EmbedQueries implements Embedder.
func (e embedder) EmbedQueries(ctx context.Context, texts []string) ([][]float32, error) {
	return e.call(ctx, "query", texts, e.Embedder.EmbedQueries)
}

// EmbedPassages implements Embedder.
func (e embedder) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	return e.call(ctx, "passage", texts, e.Embedder.EmbedPassages)
}

func (e embedder) call(ctx context.Context, what string, texts []string, embed func(context.Context, []string) ([][]float32, error)) ([][]float32, error) {
	ctx, ended := e.tracer.span(ctx, "embed")
	start := time.Now()
	out, err := embed(ctx, texts)
	e.metrics.embed.WithLabelValues(what).Observe(time.Since(start).Seconds())
	e.metrics.embedded.WithLabelValues(what).Add(float64(len(texts)))
	ended(err)
	return out, err
}

// Timeline returns t with its writes counted and traced.
func Timeline(m *Metrics, t *Tracer, inner bot.Timeline) bot.Timeline {
	return timeline{m, t, inner}
}

type timeline struct {
	metrics *Metrics
	tracer  *Tracer
	bot.Timeline
}

// Open implements bot.Timeline.
func (l timeline) Open(ctx context.Context, c bot.Conversation, key bot.Key, decide bot.Decide) (bot.Written, error) {
	start := time.Now()
	w, err := l.Timeline.Open(ctx, c, key, decide)
	if err == nil && w.Created && !w.Dup {
		l.metrics.begun.Inc()
	}
	l.tracer.stored(ctx, start, w, err)
	return w, err
}

// Write implements bot.Timeline.
func (l timeline) Write(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, key bot.Key, decide bot.Decide) (bot.Written, error) {
	start := time.Now()
	w, err := l.Timeline.Write(ctx, ws, conv, key, decide)
	l.tracer.stored(ctx, start, w, err)
	return w, err
}
