package e5

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"
)

// minCosine is what the 8-bit activations may cost against exact float32 arithmetic
// over the same weights.
const minCosine = 0.9995

type reference struct {
	Text   string  `json:"text"`
	Kind   string  `json:"kind"` // "query" or "passage"
	IDs    []int32 `json:"ids"`
	Vector []byte  `json:"vector"` // base64 of [Dim]float32, little endian
}

func (r *reference) vector() []float32 {
	v := make([]float32, len(r.Vector)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(r.Vector[4*i:]))
	}
	return v
}

func readReference(t testing.TB) []reference {
	t.Helper()
	f, err := os.Open("testdata/reference.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var refs []reference
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r reference
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatalf("line %d: %v", len(refs)+1, err)
		}
		if len(r.Vector) != 4*Dim {
			t.Fatalf("line %d: vector of %d bytes", len(refs)+1, base64.StdEncoding.EncodedLen(len(r.Vector)))
		}
		refs = append(refs, r)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if len(refs) != 324 {
		t.Fatalf("%d reference lines, want 324", len(refs))
	}
	return refs
}

func TestReferenceIDs(t *testing.T) {
	e := open(t, "")
	for i, r := range readReference(t) {
		prefix := map[string]string{"query": queryPrefix, "passage": passagePrefix}[r.Kind]
		if got := e.tokens.encode(nil, prefix, r.Text, MaxTokens); !slices.Equal(got, r.IDs) {
			t.Errorf("line %d, %s %q:\n got %v\nwant %v", i+1, r.Kind, r.Text, got, r.IDs)
		}
	}
}

func TestReferenceVectors(t *testing.T) {
	refs := readReference(t)
	for _, k := range append(nativeKernels(), portableKernels()) {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			e := open(t, k.name)
			worst := 1.0
			for _, kind := range []string{"query", "passage"} {
				var texts []string
				var want [][]float32
				for i, r := range refs {
					// The portable kernels are a minute's work: a part has to do at -short.
					if testing.Short() && k.name == "portable" && i%8 != 0 {
						continue
					}
					if r.Kind == kind {
						texts, want = append(texts, r.Text), append(want, r.vector())
					}
				}
				embed := e.EmbedQueries
				if kind == "passage" {
					embed = e.EmbedPassages
				}
				got, err := embed(context.Background(), texts)
				if err != nil {
					t.Fatal(err)
				}
				for i := range got {
					c := cosine(got[i], want[i])
					worst = min(worst, c)
					if !(c >= minCosine) {
						t.Errorf("%s %q: cosine %.6f to the reference, want %v", kind, texts[i], c, minCosine)
					}
				}
			}
			t.Logf("worst cosine %.6f", worst)
		})
	}
}

func open(t testing.TB, kernels string) *Encoder {
	t.Helper()
	e, err := OpenWith(&Options{Kernels: kernels})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return ab / math.Sqrt(aa*bb)
}
