package knowledge

import (
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// A question that was confirmed for a page finds it, though the page says it in no
// word of it, and leaves other questions as they were.
func TestConfirmedQuestionFindsItsPage(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	fares := Document{ID: "fares", Kind: KindPage, Title: "Fares", Sections: Sections("Adults pay nine pounds.\n\n## Groups\n\nTen or more travel for half.")}
	dogs := Document{ID: "dogs", Kind: KindPage, Title: "Animals", Sections: Sections("Dogs cross on deck, on a lead, at no cost to their owners.")}
	l := newLocal(t, now, fares, dogs)
	first := func(question string) Candidate {
		t.Helper()
		r, err := l.Search(t.Context(), Query{Workspace: id.DefaultWorkspace, Text: question, At: now})
		if err != nil {
			t.Fatal(err)
		}
		return r.Candidates[0]
	}
	const asked = "what will a trip cost us"
	if got := first(asked); got.Document != "dogs" {
		t.Fatalf("before it was confirmed %q is found: the test shows nothing", got.Document)
	}
	fares.Confirmed = []string{asked}
	put(t, l, fares)
	got := first(asked)
	if got.Document != "fares" || got.Matched != "" && got.Matched != asked || got.Passage == asked || got.Passage == "" {
		t.Errorf("after it was confirmed: %+v", got)
	}
	if got := first("may my dogs come on deck"); got.Document != "dogs" {
		t.Errorf("another question finds %q", got.Document)
	}
}
