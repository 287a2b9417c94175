package e5

import (
	"context"
	"fmt"
	"slices"
	"testing"
)

// Questions that were asked lately are kept, at most recentN of them, and what is asked
// again stays while others go.
func TestRecent(t *testing.T) {
	var r recent
	if p, ok := r.get("never asked"); ok {
		t.Errorf("an empty one has %v", p)
	}
	often := pooled{vector: []float32{1}, middle: []float32{2}}
	r.put("often", often)
	for i := range 3 * recentN {
		r.put(fmt.Sprint(i), pooled{vector: []float32{float32(i)}})
		if i%100 == 0 {
			if p, ok := r.get("often"); !ok || !slices.Equal(p.vector, often.vector) || !slices.Equal(p.middle, often.middle) {
				t.Fatalf("what is asked again and again is %v after %d others", p, i)
			}
		}
		if n := len(r.young) + len(r.old); n > recentN {
			t.Fatalf("%d are kept", n)
		}
	}
	last := fmt.Sprint(3*recentN - 1)
	if p, ok := r.get(last); !ok || !slices.Equal(p.vector, []float32{3*recentN - 1}) {
		t.Errorf("the last one is %v", p)
	}
	if p, ok := r.get("0"); ok {
		t.Errorf("the first one is still there: %v", p)
	}
}

// A vector that a caller changed is not what the next one gets, and a passage is not
// taken for a question of the same words.
func TestRecentVectorsAreCopies(t *testing.T) {
	e := open(t, "")
	ctx, text := context.Background(), []string{"Where is my parcel?"}
	first, err := e.EmbedQueries(ctx, text)
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(first[0])
	passage, err := e.EmbedPassages(ctx, text)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Equal(passage[0], want) {
		t.Error("the passage has the question's vector")
	}
	for range 2 { // what was computed, and what was kept
		first[0][0] = 7
		if first, err = e.EmbedQueries(ctx, text); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(first[0], want) {
			t.Fatal("a caller's change shows in the next vector")
		}
	}
}
