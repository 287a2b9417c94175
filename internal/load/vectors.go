package load

import (
	"context"
	"math"
	"math/rand/v2"
)

// Dim is how many numbers the made-up vectors have, as many as the bundled model's.
const Dim = 384

// Vectors stands in for an embedding model: vectors of unit length around a few
// hundred centres, the same for the same text. Neighbours within a centre are as
// close to each other as real sections of one subject (a cosine of about .6), so an
// index is neither flattered by vectors that lie far apart nor misjudged by noise.
type Vectors struct {
	seed    uint64
	centres [][]float32
}

// centres and spread shape the made-up vectors.
const (
	centres = 300
	spread  = .8 // of what a text adds to its centre, in lengths of the centre
)

// NewVectors returns the vectors of a seed.
func NewVectors(seed uint64) *Vectors {
	v := &Vectors{seed: seed, centres: make([][]float32, centres)}
	rng := rand.New(rand.NewPCG(seed, 0x766563746f7273))
	for i := range v.centres {
		v.centres[i] = unit(draw(rng))
	}
	return v
}

func draw(rng *rand.Rand) []float32 {
	out := make([]float32, Dim)
	for i := range out {
		out[i] = float32(rng.NormFloat64())
	}
	return out
}

func unit(v []float32) []float32 {
	var sum float64
	for _, f := range v {
		sum += float64(f) * float64(f)
	}
	scale := float32(1 / math.Sqrt(sum))
	for i := range v {
		v[i] *= scale
	}
	return v
}

// Of returns the vector of a text.
func (v *Vectors) Of(text string) []float32 {
	rng := rand.New(rand.NewPCG(v.seed, fnv(text)))
	out := unit(draw(rng))
	centre := v.centres[rng.IntN(centres)]
	for i := range out {
		out[i] = spread*out[i] + centre[i]
	}
	return unit(out)
}

// fnv is FNV-1a, the same in every process.
func fnv(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// EmbedQueries implements knowledge.Embedder.
func (v *Vectors) EmbedQueries(_ context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, t := range texts {
		out[i] = v.Of(t)
	}
	return out, nil
}

// EmbedPassages implements knowledge.Embedder.
func (v *Vectors) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	return v.EmbedQueries(ctx, texts)
}

// Model implements knowledge.Embedder.
func (v *Vectors) Model() string { return "made-up" }
