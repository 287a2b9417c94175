package e5

import (
	"context"
	"fmt"
	"slices"
	"testing"
)

func TestMiddlesAreThoseOfTheirTexts(t *testing.T) {
	e := open(t, "")
	ctx := context.Background()
	texts := []string{"the room was lovely", "", "房间很脏"}
	if _, err := e.EmbedQueries(ctx, texts[:1]); err != nil {
		t.Fatal(err)
	}
	remembered, err := e.EmbedMiddles(ctx, texts)
	if err != nil {
		t.Fatal(err)
	}
	// One after another in another encoder, none of them remembered.
	other := open(t, "")
	for i, text := range texts {
		fresh, err := other.EmbedMiddles(ctx, []string{text})
		if err != nil {
			t.Fatal(err)
		}
		if len(fresh[0]) != Dim || !slices.Equal(fresh[0], remembered[i]) {
			t.Errorf("%q: the middle differs from that computed alone", text)
		}
	}
	if slices.Equal(remembered[0], remembered[2]) {
		t.Error("two texts have one middle")
	}
}

func TestOnlyTheLastMiddlesAreRemembered(t *testing.T) {
	var r recent
	for i := range recentTexts + 1 {
		r.put(fmt.Sprint(i), []float32{float32(i)})
	}
	r.put("1", []float32{-1}) // there already
	if r.get("0") != nil || len(r.middles) != recentTexts {
		t.Errorf("%d are remembered, the oldest among them: %v", len(r.middles), r.get("0"))
	}
	for _, i := range []int{1, recentTexts} {
		if v := r.get(fmt.Sprint(i)); len(v) != 1 || v[0] != float32(i) {
			t.Errorf("text %d: %v", i, v)
		}
	}
}

func TestMiddlesStopWithTheirContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := open(t, "").EmbedMiddles(ctx, []string{"anything"}); err == nil {
		t.Error("a cancelled call gives no error")
	}
}
