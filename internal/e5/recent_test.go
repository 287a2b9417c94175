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
	if v := r.get("never asked"); v != nil {
		t.Errorf("an empty one has %v", v)
	}
	r.put("often", []float32{1})
	for i := range 3 * recentN {
		r.put(fmt.Sprint(i), []float32{float32(i)})
		if i%100 == 0 && !slices.Equal(r.get("often"), []float32{1}) {
			t.Fatalf("what is asked again and again was gone after %d others", i)
		}
		if n := len(r.young) + len(r.old); n > recentN {
			t.Fatalf("%d are kept", n)
		}
	}
	last := fmt.Sprint(3*recentN - 1)
	if v := r.get(last); !slices.Equal(v, []float32{3*recentN - 1}) {
		t.Errorf("the last one is %v", v)
	}
	if v := r.get("0"); v != nil {
		t.Errorf("the first one is still there: %v", v)
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
