package frontdesk

import (
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/testenv"
)

// TestTakeoverSilencesTheBot is a short `frontdesk bench takeover`: people take
// conversations over while the bot answers, and no word of it may follow.
func TestTakeoverSilencesTheBot(t *testing.T) {
	for _, e := range []struct {
		name     string
		postgres func(t testing.TB) string
	}{
		{"SQLite", func(testing.TB) string { return "" }},
		{"Postgres", testenv.Postgres},
	} {
		t.Run(e.name, func(t *testing.T) {
			f, err := MeasureTakeover(t.Context(), TakeoverBench{Seed: 1, Races: 200, Postgres: e.postgres(t), Dir: t.TempDir()}, nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%+v", f)
			if f.LateEvents > 0 || f.LatePieces > 0 {
				t.Errorf("after the take-over the bot wrote %d events and %d pieces", f.LateEvents, f.LatePieces)
			}
			if f.Races != 200 || f.Cut == 0 || f.Unbegun == 0 || f.Answered == 0 {
				t.Errorf("the races do not meet every part of an answer: %+v", f)
			}
		})
	}
}
