package e5

import (
	"context"
	"strings"
	"testing"
)

func BenchmarkForward(b *testing.B) {
	for _, k := range append(nativeKernels(), portableKernels()) {
		e := open(b, k.name)
		for _, c := range []struct {
			name, prefix, text string
			tokens             int
		}{
			{"query16", queryPrefix, measuredQuery, 16},
			{"passage128", passagePrefix, strings.Repeat(measuredSentence, 20), 128},
			{"passage389", passagePrefix, strings.Repeat(measuredSentence, 20), 389},
		} {
			b.Run(k.name+"/"+c.name, func(b *testing.B) {
				w := new(workspace)
				for b.Loop() {
					w.ids = e.tokens.encode(w.ids[:0], c.prefix, c.text, c.tokens)
					e.forward(w)
				}
				if len(w.ids) != c.tokens {
					b.Fatalf("%d tokens, want %d", len(w.ids), c.tokens)
				}
				b.ReportMetric(float64(c.tokens*b.N)/b.Elapsed().Seconds(), "tokens/s")
			})
		}
	}
}

func BenchmarkPassages(b *testing.B) {
	e := open(b, "")
	texts := make([]string, 64)
	for i := range texts {
		texts[i] = strings.Repeat(measuredSentence, 4)
	}
	for b.Loop() {
		if _, err := e.EmbedPassages(context.Background(), texts); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(texts)*b.N)/b.Elapsed().Seconds(), "sections/s")
}

func BenchmarkCountTokens(b *testing.B) {
	e := open(b, "")
	text := strings.Repeat(measuredSentence, 20)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		e.CountTokens(text)
	}
}

func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		if _, err := Open(); err != nil {
			b.Fatal(err)
		}
	}
}
