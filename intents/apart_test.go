package intents

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/linear"
)

// loud embeds "label/n": the label moves two directions a little, and how it is said
// moves eight others much.
type loud struct{}

func (loud) EmbedQueries(_ context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, s := range texts {
		var label, n int
		if _, err := fmt.Sscanf(s, "%d/%d", &label, &n); err != nil {
			return nil, err
		}
		rng := rand.New(rand.NewPCG(uint64(label), uint64(n)))
		v := make([]float32, 10)
		for j := range v {
			v[j] = float32(rng.NormFloat64())
		}
		v[0], v[1] = v[0]*.05, v[1]*.05
		v[0] += float32(label%3) * .5
		v[1] += float32(label/3) * .5
		out[i] = v
	}
	return out, nil
}

func TestSpaceTellsWhatFromHow(t *testing.T) {
	var set, unseen Labelled
	for label := range 9 {
		for n := range 20 {
			s := fmt.Sprintf("%d/%d", label, n)
			if label%4 == 3 { // the space must serve intents that it never saw
				unseen.Texts, unseen.Intents = append(unseen.Texts, s), append(unseen.Intents, fmt.Sprint(label))
			} else {
				set.Texts, set.Intents = append(set.Texts, s), append(set.Intents, fmt.Sprint(label))
			}
		}
	}
	trained, err := TrainSpace(t.Context(), []Labelled{set}, loud{}, "loud", nil)
	if err != nil {
		t.Fatal(err)
	}
	data, err := trained.Encode()
	if err != nil {
		t.Fatal(err)
	}
	read, err := DecodeSpace(data)
	if err != nil || read.Model != "loud" {
		t.Fatalf("read again: %v", err)
	}
	vectors, _ := loud{}.EmbedQueries(t.Context(), unseen.Texts)
	right := func(s *space) (share float64) {
		x := s.applyAll(vectors)
		for i := range x {
			best := -1
			for j := range x {
				if j != i && (best < 0 || linear.Dot(x[i], x[j]) > linear.Dot(x[i], x[best])) {
					best = j
				}
			}
			if unseen.Intents[best] == unseen.Intents[i] {
				share += 1 / float64(len(x))
			}
		}
		return share
	}
	before, after := right(&space{mean: trained.space.mean}), right(read.space)
	if after < .9 || after < before+.2 {
		t.Errorf("the nearest utterance means the same for %.2f, before %.2f", after, before)
	}
	data[len(data)-1] ^= 1
	if _, err := DecodeSpace(data); !fault.Is(err, fault.Invalid) {
		t.Errorf("a damaged space: %v", err)
	}
}

func TestSpaceSaysWhatIsWrong(t *testing.T) {
	one := Labelled{Name: "one", Texts: []string{"1/1", "1/2"}, Intents: []string{"a", "a"}}
	for name, sets := range map[string][]Labelled{
		"nothing":         nil,
		"one intent":      {one},
		"a missing label": {{Name: "short", Texts: []string{"1/1", "2/1"}, Intents: []string{"a"}}},
		"an empty set":    {{Name: "empty"}},
	} {
		if _, err := TrainSpace(t.Context(), sets, loud{}, "loud", nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want Invalid", name, err)
		}
	}
}
