package knowledge

import (
	"testing"
	"time"
)

func TestPrintFollowsWhatIsIndexed(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	doc := func(id string, version int) Document {
		return Document{Workspace: "shop", ID: DocumentID(id), Version: version, Status: StatusPublished}
	}
	put := func(p *prints, d Document) { p.change(d.Workspace, d.ID, printOf(d), func() {}) }
	remove := func(p *prints, id string) { p.change("shop", DocumentID(id), print{}, func() {}) }

	var a, b prints // two nodes that learn of the same documents in another order
	put(&a, doc("1", 1))
	put(&a, doc("2", 1))
	put(&a, doc("1", 2))
	put(&b, doc("1", 2))
	put(&b, doc("3", 1))
	if a.of("shop", at) == b.of("shop", at) {
		t.Error("other documents have the same print")
	}
	put(&b, doc("2", 1))
	remove(&b, "3")
	if got, want := b.of("shop", at), a.of("shop", at); got != want {
		t.Errorf("the same documents have the prints %s and %s", got, want)
	}
	seen := map[string]string{a.of("shop", at): "before"}
	look := func(what string) {
		t.Helper()
		now := a.of("shop", at)
		if was, ok := seen[now]; ok {
			t.Errorf("%s: the print is that of %s", what, was)
		}
		seen[now] = what
	}
	put(&a, doc("1", 3))
	look("another version")
	draft := doc("1", 3)
	draft.Status = StatusDraft
	put(&a, draft)
	look("a draft")
	remove(&a, "2")
	look("one document less")
	timed := doc("4", 1)
	timed.ValidFrom, timed.ValidUntil = at.Add(time.Hour), at.Add(2*time.Hour)
	put(&a, timed)
	look("one that is not valid yet")
	early := a.of("shop", at)
	if during := a.of("shop", at.Add(time.Hour)); during == early {
		t.Error("a document became valid and the print is the same")
	}
	if late := a.of("shop", at.Add(2*time.Hour)); late != early {
		t.Errorf("outside its time a document counts the same: %s and %s", early, late)
	}
	a.change("shop", "1", print{}, func() {
		if got := a.of("shop", at); got != "" {
			t.Errorf("while a document is being replaced the print is %q, want none", got)
		}
	})
	if a.of("another", at) == a.of("shop", at) {
		t.Error("another workspace has the same print")
	}
}
