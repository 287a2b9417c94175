package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Outbox is what an engine keeps of long work that was asked for.
type Outbox interface {
	Enqueue(ctx context.Context, kind, workspace, subject string) error
	Outbox(ctx context.Context, relay func(kind, workspace, subject string) (taken bool, err error)) error
}

// RunOutbox exercises the outbox of an engine, and that an import is asked for in
// the transaction that stores it.
func RunOutbox(t *testing.T, outbox Outbox, imports knowledge.ImportStore) {
	add := knowledge.Import{Workspace: "shop", ID: "i1", State: knowledge.ImportQueued}
	if err := imports.AddImport(t.Context(), add); err != nil {
		t.Fatal(err)
	}
	if err := imports.AddImport(t.Context(), add); err == nil {
		t.Fatal("the same import twice")
	}
	if err := outbox.Enqueue(t.Context(), "train", "shop", "intents"); err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	var seen []string
	walk := func(taken bool, err error) error {
		seen = nil
		return outbox.Outbox(t.Context(), func(kind, workspace, subject string) (bool, error) {
			seen = append(seen, fmt.Sprint(kind, " ", workspace, " ", subject))
			return taken, err
		})
	}
	want := []string{"import shop i1", "train shop intents"}
	if err := walk(false, nil); err != nil || !slices.Equal(seen, want) {
		t.Errorf("not taken: %q, %v; want %q, for a refused write leaves no row", seen, err, want)
	}
	if err := walk(true, refused); !errors.Is(err, refused) || !slices.Equal(seen, want[:1]) {
		t.Errorf("refused: %q, %v; want the error after the first", seen, err)
	}
	if err := walk(true, nil); err != nil || !slices.Equal(seen, want) {
		t.Errorf("taken: %q, %v; want %q", seen, err, want)
	}
	if err := walk(true, nil); err != nil || len(seen) != 0 {
		t.Errorf("afterwards: %q, %v; want none", seen, err)
	}
}
