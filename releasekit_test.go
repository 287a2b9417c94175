package frontdesk

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/knowledge"
	"github.com/frontdesk-chat/frontdesk/training"
)

// openTestApp is a program with an empty store of its own.
func openTestApp(t *testing.T) *App {
	t.Helper()
	c := Defaults()
	c.Storage.Dir = t.TempDir()
	app, err := Open(t.Context(), c, WithLog(t.Output()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	return app
}

func entryDoc(question, answer string) knowledge.Document {
	return knowledge.Document{
		Workspace: id.DefaultWorkspace, Kind: knowledge.KindEntry, Status: knowledge.StatusPublished, Question: question, Answer: answer, UpdatedBy: "ann",
	}
}

func entryOf(t *testing.T, app *App, question, answer string) knowledge.Document {
	t.Helper()
	d, err := app.library.Put(t.Context(), entryDoc(question, answer), 0)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func addCheck(t *testing.T, app *App, question string, doc knowledge.DocumentID) {
	t.Helper()
	_, err := app.checks.Add(t.Context(), training.Check{Workspace: id.DefaultWorkspace, Question: question, Language: "en", Document: doc, By: "ann"})
	if err != nil {
		t.Fatal(err)
	}
}

func stoppedBy(t *testing.T, err error) training.Verdict {
	t.Helper()
	var s *training.Stopped
	if !errors.As(err, &s) {
		t.Fatalf("got %v, want it stopped by the gate", err)
	}
	return s.Verdict
}

// importCSV imports a table by the name of faq.csv.
func importCSV(t *testing.T, app *App, csv string, gated bool) (out []knowledge.FileReport) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "faq.csv")
	if err := os.WriteFile(path, []byte(csv), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := Files([]string{path})
	if err != nil {
		t.Fatal(err)
	}
	read := app.Import
	if gated {
		read = app.ImportGated
	}
	err = read(t.Context(), files, knowledge.StatusPublished, "", func(r knowledge.FileReport) error {
		out = append(out, r)
		return nil
	})
	if err != nil || len(out) != 1 {
		t.Fatalf("%d reports, %v", len(out), err)
	}
	return out
}
