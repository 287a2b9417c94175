package e5

import (
	"context"
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

func TestMiddlesStopWithTheirContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := open(t, "").EmbedMiddles(ctx, []string{"anything"}); err == nil {
		t.Error("a cancelled call gives no error")
	}
}
