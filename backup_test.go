package frontdesk

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/sqlite"
)

// A copy made while the server runs is whole, has what was acknowledged before,
// and begins a history of its own.
func TestBackupAndRestore(t *testing.T) {
	s := serveDemo(t, nil)
	v := s.visitor()
	words := v.ask("How much does a kintsugi repair cost and how long does it take?")
	to := t.TempDir()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	dir := s.app.config.Storage.Dir
	if err := os.MkdirAll(filepath.Join(dir, "files", "ab"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "files", "ab", "picture"), []byte("bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	first, err := Backup(t.Context(), s.app.config, to, 1, at)
	if err != nil || first.Files != 1 || first.Dropped != 0 {
		t.Fatalf("%+v, %v", first, err)
	}
	if _, err := Backup(t.Context(), s.app.config, to, 1, at); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a copy was written over: %v", err)
	}
	second, err := Backup(t.Context(), s.app.config, to, 1, at.Add(time.Minute))
	if err != nil || second.Files != 0 || second.Dropped != 1 {
		t.Fatalf("%+v, %v", second, err)
	}
	if info, err := os.Stat(second.Database); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may read the copy: %v, %v", info.Mode(), err)
	}
	before, err := s.app.db.conversations.Epoch(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	c := Defaults()
	c.Storage.Dir = t.TempDir()
	if err := os.Rename(second.Database, filepath.Join(c.Storage.Dir, "frontdesk.db")); err != nil {
		t.Fatal(err)
	}
	restored, err := Open(t.Context(), c, WithLog(t.Output()))
	if err != nil {
		t.Fatal(err)
	}
	defer restored.Close()
	if err := restored.db.database.(*sqlite.DB).Check(t.Context()); err != nil {
		t.Error(err)
	}
	after, err := restored.db.conversations.Epoch(t.Context())
	if err != nil || after == before || after == "" {
		t.Errorf("epoch %q, before %q, %v", after, before, err)
	}
	rows, err := restored.db.conversations.Conversations(t.Context(), bot.ConversationQuery{Workspace: id.DefaultWorkspace, Limit: 10})
	if err != nil || len(rows) != 1 || len(words) == 0 || rows[0].LastBy != bot.AuthorBot {
		t.Errorf("conversations %+v, %v", rows, err)
	}
	c.Storage.Postgres = "postgres://elsewhere"
	if _, err := Backup(t.Context(), c, to, 1, at.Add(time.Hour)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a Postgres: %v", err)
	}
	c.Storage.Dir, c.Storage.Postgres = t.TempDir(), ""
	if _, err := Backup(t.Context(), c, to, 1, at.Add(time.Hour)); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a folder without a database: %v", err)
	}
}
