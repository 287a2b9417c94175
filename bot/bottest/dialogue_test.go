package bottest_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/bot/bottest"
	"github.com/frontdesk-chat/frontdesk/internal/postgres"
	"github.com/frontdesk-chat/frontdesk/internal/sqlite"
	"github.com/frontdesk-chat/frontdesk/internal/testenv"
)

var update = flag.Bool("update", false, "write the dialogues as they went")

// TestDialogues plays every archive in the kit's store and in each engine.
func TestDialogues(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dialogues: %v", err)
	}
	play := func(t *testing.T, open func(t *testing.T) bottest.Open) {
		for _, file := range files {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				d := bottest.ParseDialogue(string(data))
				got := d.With("dialogue", d.Play(t, open(t), nil))
				if *update {
					if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
					return
				}
				if diff := cmp.Diff(string(data), got); diff != "" {
					t.Errorf("%s went another way (-want +got; -update accepts it):\n%s", file, diff)
				}
			})
		}
	}
	t.Run("memory", func(t *testing.T) {
		play(t, func(*testing.T) bottest.Open { return nil })
	})
	if *update {
		return // the engines may only confirm
	}
	t.Run("SQLite", func(t *testing.T) {
		play(t, func(t *testing.T) bottest.Open {
			return func(now func() time.Time) bottest.Storage {
				db, err := sqlite.Open(t.Context(), t.TempDir(), &sqlite.Options{Now: now})
				if err != nil {
					t.Fatal(err)
				}
				closing(t, db.Close)
				return db.Conversations()
			}
		})
	})
	t.Run("Postgres", func(t *testing.T) {
		dsn := testenv.Postgres(t) // one for all: it takes longer to make than a dialogue
		play(t, func(t *testing.T) bottest.Open {
			return func(now func() time.Time) bottest.Storage {
				db, err := postgres.Open(t.Context(), dsn, &postgres.Options{Now: now})
				if err != nil {
					t.Fatal(err)
				}
				closing(t, db.Close)
				return db.Conversations()
			}
		})
	})
}

func closing(t *testing.T, end func() error) {
	t.Cleanup(func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	})
}
