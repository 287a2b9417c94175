package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/sqlite"
	"github.com/frontdesk-chat/frontdesk/training"
)

// The regression set on the command line: a bulk import tells what it broke, check
// says it again by its exit status until it is looked at, and --gate takes nothing
// that breaks.
func TestCheckFindsWhatAnImportBroke(t *testing.T) {
	data, csv := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "faq.csv")
	frontdesk := func(status int, args ...string) string {
		t.Helper()
		out, said := command(t, status, append(args, "--data", data)...)
		return out + said
	}
	table := func(rows string) {
		t.Helper()
		if err := os.WriteFile(csv, []byte("question,answer\n"+rows), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const card, hours = "What does a replacement card cost?,A replacement card costs 12 dollars.\n", "When do you open?,We open at nine on weekdays.\n"
	table(card + hours)
	frontdesk(0, "ingest", csv)
	if out := frontdesk(0, "check"); !strings.Contains(out, "no confirmed questions") {
		t.Errorf("an empty set: %s", out)
	}
	confirm(t, data, "how much is a new card", "replacement card")
	if out := frontdesk(0, "check"); !strings.Contains(out, "1 of 1 confirmed questions") {
		t.Errorf("before: %s", out)
	}
	table(hours)
	if out := frontdesk(1, "ingest", "--gate", csv); !strings.Contains(out, "how much is a new card") {
		t.Errorf("behind the gate: %s", out)
	}
	frontdesk(0, "check")
	if out := frontdesk(0, "ingest", csv); !strings.Contains(out, "1 of 1 confirmed questions are no longer") {
		t.Errorf("without the gate: %s", out)
	}
	if out := frontdesk(1, "check", "--json"); !strings.Contains(out, `"right":false,"before":true`) {
		t.Errorf("after: %s", out)
	}
	frontdesk(0, "check") // nothing new broke
	frontdesk(1, "check", "--all")
}

// confirm keeps a question as the console does.
func confirm(t *testing.T, dir, question, title string) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	heads, err := db.Knowledge().Heads(t.Context(), id.DefaultWorkspace, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range heads {
		if strings.Contains(h.Question, title) {
			_, err := db.Training().PutCheck(t.Context(), question, training.Check{
				Workspace: id.DefaultWorkspace, ID: "one", Question: question, Language: "en", Document: h.ID,
			})
			if err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("no entry has %q in its question", title)
}
