package frontdesk

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/testenv"
	"github.com/frontdesk-chat/frontdesk/training"
)

// running opens an app and runs it until the test ends.
func running(t *testing.T, c Config) *App {
	t.Helper()
	c.Server.Addr = "127.0.0.1:0"
	a, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- a.Run(ctx, func(address string) { ready <- address }) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := a.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	select {
	case <-ready:
	case err := <-ended:
		t.Fatal(err)
	}
	return a
}

// until asks the store of an app again and again until ok.
func until(t *testing.T, a *App, what string, ok func(training.Job) bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Minute); ; {
		j, err := a.catalogue.Job(t.Context(), id.DefaultWorkspace)
		if err != nil {
			t.Fatal(err)
		}
		if ok(j) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s: the training is %+v", what, j)
		}
	}
}

func teach(t *testing.T, a *App, intent string, texts ...string) {
	t.Helper()
	if err := a.catalogue.AddIntent(t.Context(), id.DefaultWorkspace, intents.Intent{Name: intent}); err != nil {
		t.Fatal(err)
	}
	for _, s := range texts {
		if _, err := a.catalogue.AddExample(t.Context(), id.DefaultWorkspace, training.Example{Intent: intent, Text: s, From: training.FromPerson}); err != nil {
			t.Fatal(err)
		}
	}
}

// Whichever node trains, all serve the version within seconds, and an earlier one
// that is put back as well.
func TestNodesShareTrainedIntents(t *testing.T) {
	c := Defaults()
	c.Storage.Postgres = Secret(testenv.Postgres(t))
	c.Storage.Dir = t.TempDir()
	a := running(t, c)
	c.Storage.Dir = t.TempDir()
	b := running(t, c)
	train := func(version int) {
		t.Helper()
		if _, err := a.catalogue.Start(t.Context(), training.Service{Workspace: id.DefaultWorkspace, By: "", Note: ""}); err != nil {
			t.Fatal(err)
		}
		until(t, a, "training", func(j training.Job) bool {
			if j.State == training.JobFailed {
				t.Fatal(j.Error)
			}
			return j.State == training.JobDone && j.Version == version
		})
	}
	both := func(version int64) {
		t.Helper()
		until(t, b, "both nodes", func(training.Job) bool { return a.mind.version.Load() == version && b.mind.version.Load() == version })
	}
	teach(t, a, "kiln_visit", "can I visit the kiln", "do you show people around the workshop", "is the studio open to visitors")
	train(1)
	both(1)
	got, err := b.mind.Read(t.Context(), intents.Input{Workspace: id.DefaultWorkspace, Text: "may we visit your kiln on Saturday"})
	if err != nil || got.Intents[0].Name != "kiln_visit" {
		t.Errorf("the other node reads %+v, %v", got.Intents, err)
	}
	teach(t, b, "wholesale", "do you sell to shops", "wholesale prices please", "I run a store and want to resell")
	train(2)
	both(2)
	if _, err := b.catalogue.Activate(t.Context(), 1, training.Service{Workspace: id.DefaultWorkspace}); err != nil {
		t.Fatal(err)
	}
	// Who looks at the page sees it at once, whichever node answers.
	if o, err := a.catalogue.Overview(t.Context(), id.DefaultWorkspace); err != nil || o.Version.Version != 1 || !o.Version.Active || o.Added != 3 {
		t.Errorf("version %+v and %d examples since, %v; want version 1 and 3", o.Version, o.Added, err)
	}
	both(1)
}

// The folder is trained at start when it changed, and a version that an editor put
// back stays in service when it did not.
func TestFolderIsTrainedWhenItChanged(t *testing.T) {
	c := Defaults()
	c.Storage.Dir, c.Intents.Dir = filepath.Join(t.TempDir(), "data"), t.TempDir()
	write := func(text string) {
		t.Helper()
		text = "version: 1\nintents:\n  - name: kiln_visit\n    examples: [\"can I visit the kiln\", \"" + text + "\"]\n"
		if err := os.WriteFile(filepath.Join(c.Intents.Dir, "a.yml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	life := func(f func(a *App)) {
		t.Helper()
		t.Run("life", func(t *testing.T) { f(running(t, c)) })
	}
	write("tour of the workshop")
	life(func(a *App) {
		until(t, a, "first start", func(j training.Job) bool { return j.State == training.JobDone && j.Version == 1 })
		teach(t, a, "wholesale", "do you sell to shops", "wholesale prices please")
		if _, err := a.catalogue.Start(t.Context(), training.Service{Workspace: id.DefaultWorkspace, By: "", Note: ""}); err != nil {
			t.Fatal(err)
		}
		until(t, a, "an editor", func(j training.Job) bool { return j.State == training.JobDone && j.Version == 2 })
		if _, err := a.catalogue.Activate(t.Context(), 1, training.Service{Workspace: id.DefaultWorkspace}); err != nil {
			t.Fatal(err)
		}
	})
	life(func(a *App) {
		if changed, err := a.catalogue.BaseChanged(t.Context(), id.DefaultWorkspace); err != nil || changed || a.mind.version.Load() != 1 {
			t.Errorf("the folder is as it was: changed %v, %v, version %d in service", changed, err, a.mind.version.Load())
		}
	})
	write("show me round")
	life(func(a *App) {
		until(t, a, "changed folder", func(j training.Job) bool { return j.State == training.JobDone && j.Version == 3 })
	})
}
