package intents

import (
	"context"
	"math/rand/v2"
	"testing"
)

// given hands out the same vector for every text, at no cost.
type given []float32

func (g given) EmbedQueries(_ context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i := range out {
		out[i] = g
	}
	return out, nil
}

func (g given) EmbedMiddles(ctx context.Context, texts []string) ([][]float32, error) {
	return g.EmbedQueries(ctx, texts)
}

// BenchmarkRead times everything that is read of a message once it is embedded: intents,
// out-of-scope, signals, sentiment, entities.
func BenchmarkRead(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	v := make(given, 384)
	for i := range v {
		v[i] = float32(r.NormFloat64() / 20)
	}
	reader, err := NewReader(v, nil)
	if err != nil {
		b.Fatal(err)
	}
	for name, text := range map[string]string{
		"short":   "Where is my order 12345?",
		"clauses": "I ordered a lamp on Monday, it came broken, and I would like my money back please. Can somebody call me?",
		"chinese": "我周一订的台灯坏了，能不能退货？麻烦转人工客服处理一下。",
	} {
		b.Run(name, func(b *testing.B) {
			in := Input{Text: text, Vector: v}
			for b.Loop() {
				if _, err := reader.Read(context.Background(), in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
