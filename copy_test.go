package frontdesk

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/testenv"
	"github.com/frontdesk-chat/frontdesk/knowledge"
	"github.com/frontdesk-chat/frontdesk/training"
)

// Somebody who started small grows: everything is there afterwards, search finds the
// same in the same order, and an interrupted copy goes on.
func TestCopyToPostgres(t *testing.T) {
	ctx := t.Context()
	c := Defaults()
	c.Storage.Dir = filepath.Join(t.TempDir(), "data")
	small, err := Open(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := small.Demo(ctx); err != nil {
		t.Fatal(err)
	}
	var conv bot.ConversationID
	for i := range 700 {
		key := id.New()
		by := bot.Author{Kind: bot.AuthorVisitor, ID: "v"}
		w, err := small.db.conversations.Open(ctx, bot.Conversation{Workspace: id.DefaultWorkspace, Inbox: "shop", Visitor: "v", ClientConvID: key},
			bot.Key{Sender: by, ClientMsgID: key, Digest: "d"}, func(bot.Conversation) (bot.Change, error) {
				return bot.Change{Owe: i%2 == 0, Events: []bot.NewEvent{{Kind: bot.EventMessage, Author: by, Visible: true, Body: bot.Body{Text: "odd \x00 text 您好"}}}}, nil
			})
		if err != nil {
			t.Fatal(err)
		}
		conv = w.Conversation.ID
	}
	teach(t, small, "kiln_visit", "can I visit the kiln", "参观工作室")
	if _, err := small.Train(ctx, "", nil); err != nil {
		t.Fatal(err)
	}
	search := func(a *App) (out []knowledge.Candidate) {
		t.Helper()
		for _, q := range []string{"how do I return a pot", "when does my parcel arrive", "怎么退货", "gift card"} {
			r, err := a.mind.index.Search(ctx, knowledge.Query{Workspace: id.DefaultWorkspace, Text: q, Limit: 5})
			if err != nil || len(r.Candidates) == 0 {
				t.Fatalf("%s: %d candidates, %v", q, len(r.Candidates), err)
			}
			out = append(out, r.Candidates...)
		}
		return out
	}
	if _, err := small.checks.Add(ctx, training.Check{Workspace: id.DefaultWorkspace, Question: "怎么退货", Document: "d", By: "ann"}); err != nil {
		t.Fatal(err)
	}
	lines, err := small.checks.List(ctx, id.DefaultWorkspace)
	if err != nil {
		t.Fatal(err)
	}
	want := search(small)
	page, err := small.db.conversations.Events(ctx, bot.EventQuery{Workspace: id.DefaultWorkspace, Conversation: conv, View: bot.ViewAgent, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	dsn := testenv.Postgres(t)
	if err := Copy(ctx, c.Storage.Dir, dsn, nil); !fault.Is(err, fault.Conflict) {
		t.Errorf("copying a folder that is held: %v, want Conflict", err)
	}
	if err := small.Close(); err != nil {
		t.Fatal(err)
	}
	stopped := errors.New("stopped")
	seen := 0
	if err := Copy(ctx, c.Storage.Dir, dsn, func(CopiedTable) error {
		if seen++; seen == 8 {
			return stopped
		}
		return nil
	}); !errors.Is(err, stopped) {
		t.Fatalf("got %v, want the interruption", err)
	}
	rows := map[string]int{}
	if err := Copy(ctx, c.Storage.Dir, dsn, func(t CopiedTable) error {
		rows[t.Name] = t.Rows
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if rows["conversations"] != 700 || rows["events"] != 700 || rows["runs"] != 350 || rows["sends"] != 700 || rows["accounts"] != 3 || rows["documents"] == 0 || rows["intents"] != 1 || rows["examples"] != 2 ||
		rows["artefacts"] != 1 || rows["example_vectors"] < 100 || len(rows) < 20 {
		t.Errorf("copied %v", rows)
	}
	if err := Copy(ctx, c.Storage.Dir, dsn, nil); !fault.Is(err, fault.Conflict) {
		t.Errorf("copying into a database in use: %v, want Conflict", err)
	}
	c.Storage.Postgres = Secret(dsn)
	large, err := Open(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	defer large.Close()
	if d := cmp.Diff(want, search(large)); d != "" {
		t.Errorf("search differs between the engines (-sqlite +postgres):\n%s", d)
	}
	got, err := large.db.conversations.Events(ctx, bot.EventQuery{Workspace: id.DefaultWorkspace, Conversation: conv, View: bot.ViewAgent, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	page.Conversation.LastText = "odd \uFFFD text 您好" // Postgres keeps no zero character
	copied, err := large.checks.List(ctx, id.DefaultWorkspace)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(lines, copied); d != "" || len(lines) != 1 {
		t.Errorf("confirmed questions differ (-sqlite +postgres):\n%s", d)
	}
	if d := cmp.Diff(page, got); d != "" {
		t.Errorf("timeline differs (-sqlite +postgres):\n%s", d)
	}
	// Taught intents are in service, and nothing is to be trained again.
	if v, m := large.mind.serving(id.DefaultWorkspace); v != 1 || m.Stats.Examples == 0 {
		t.Errorf("version %d in service, %+v", v, m.Stats.Examples)
	}
	if again, err := large.Train(ctx, "", nil); err != nil || again.Changed {
		t.Errorf("trained again: %+v, %v", again.Version, err)
	}
	// What is written next fits: numbers that the database makes do not collide.
	if err := large.db.Enqueue(ctx, "train", string(id.DefaultWorkspace), "x"); err != nil {
		t.Error(err)
	}
}

// On tables of a newer program that lets this one run, migrate says so and copy works.
func TestCommandsOnTablesOfANewerProgram(t *testing.T) {
	ctx := t.Context()
	dsn := testenv.Postgres(t)
	c := Defaults()
	c.Storage.Postgres = Secret(dsn)
	have, known, err := Migrate(ctx, c)
	if err != nil || have != known || have == 0 {
		t.Fatalf("new tables: %d of %d, %v", have, known, err)
	}
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // the statement's error counts
	if _, err := conn.Exec(ctx, `
		INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true);
		ALTER TABLE inboxes ADD COLUMN later bigint NOT NULL DEFAULT 7`); err != nil {
		t.Fatal(err)
	}
	if have, again, err := Migrate(ctx, c); err != nil || have != 99999 || again != known {
		t.Errorf("newer tables: %d of %d, %v; want 99999 of %d", have, again, err, known)
	}
	c = Defaults()
	c.Storage.Dir = filepath.Join(t.TempDir(), "data")
	small, err := Open(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := small.Demo(ctx); err != nil {
		t.Fatal(err)
	}
	if err := small.Close(); err != nil {
		t.Fatal(err)
	}
	rows := map[string]int{}
	if err := Copy(ctx, c.Storage.Dir, dsn, func(t CopiedTable) error {
		rows[t.Name] = t.Rows
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if rows["inboxes"] == 0 || rows["documents"] == 0 {
		t.Errorf("copied %v", rows)
	}
}

func TestCopyAddress(t *testing.T) {
	for in, want := range map[string][2]string{
		"sqlite:data":            {"sqlite", "data"},
		"postgres://u@h/db":      {"postgres", "postgres://u@h/db"},
		"postgres:host=h user=u": {"postgres", "host=h user=u"},
	} {
		if engine, address, err := CopyAddress(in); err != nil || engine != want[0] || address != want[1] {
			t.Errorf("%s: %s %s %v", in, engine, address, err)
		}
	}
	for _, in := range []string{"", "data", "mysql:x", "sqlite:"} {
		if _, _, err := CopyAddress(in); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v, want Invalid", in, err)
		}
	}
}
