package knowledge_test

import (
	"context"
	"slices"
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// anew is a feed of another history than its reader knows; caught is closed when
// the reader stands in it.
type anew struct{ caught chan struct{} }

func (f *anew) DocumentHead(context.Context) (string, error) { return "two", nil }

func (f *anew) DocumentChanges(_ context.Context, _, after string, _ int, _ func(knowledge.Document, []knowledge.Chunk)) (string, bool, error) {
	if after != "two" {
		return after, false, fault.New(fault.Invalid, "a place of another history")
	}
	select {
	case <-f.caught:
	default:
		close(f.caught)
	}
	return after, false, nil
}

// After another database server took over, the index holds what that one has: no
// document that was lost with the old one, and every one that it knows.
func TestFollowStartsOver(t *testing.T) {
	b := newBench(t)
	d := b.put(t, knowledge.Document{Workspace: ws, Path: "stays.md", Kind: knowledge.KindPage, Status: knowledge.StatusPublished, Language: "en", Title: "Stays", Sections: knowledge.Sections("It stays.")}, 0)
	b.index.Remove(ws, d.ID) // written by another node, and not heard of
	b.index.Replace(knowledge.Document{Workspace: ws, ID: "lost", Path: "lost.md"}, nil)
	feed := &anew{caught: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Follow(ctx, feed, "one") }()
	<-feed.caught
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got, want := b.index.paths(), []string{"stays.md"}; !slices.Equal(got, want) {
		t.Errorf("indexed %q, want %q", got, want)
	}
}
