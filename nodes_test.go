package frontdesk_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk"
	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/testenv"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// serveNode runs a node over a shared database until the test ends.
func serveNode(t *testing.T, dsn string) *frontdesk.App {
	t.Helper()
	c := frontdesk.Defaults()
	c.Storage.Dir, c.Storage.Postgres, c.Server.Addr = t.TempDir(), frontdesk.Secret(dsn), "127.0.0.1:0"
	app, err := frontdesk.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- app.Run(ctx, func(address string) { ready <- address }) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := app.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	select {
	case <-ready:
	case err := <-ended:
		t.Fatal(err)
	}
	return app
}

// What one node writes, the others answer from a moment later.
func TestNodesShareKnowledge(t *testing.T) {
	dsn := testenv.Postgres(t)
	a, b := serveNode(t, dsn), serveNode(t, dsn)
	until := func(what, part string) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); ; {
			tr, err := b.Ask(t.Context(), bot.Question{Text: "How long do parcels to Iceland take?", Language: "en"})
			if err != nil {
				t.Fatal(err)
			}
			if part == "" && len(tr.Sources) == 0 || part != "" && strings.Contains(tr.Answer, part) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: the other node answers %q", what, tr.Answer)
			}
		}
	}
	until("before", "")
	d := knowledge.Document{
		Workspace: id.DefaultWorkspace, Path: "faq#1", Kind: knowledge.KindEntry, Status: knowledge.StatusPublished, Language: "en",
		Question: "How long do parcels to Iceland take?", Answer: "Parcels to Iceland take nine days.",
	}
	if err := a.AddDocument(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	until("after it was added", "nine days")
}
