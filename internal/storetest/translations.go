package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

func testTranslations(t *testing.T, s Stores) {
	ctx := t.Context()
	kept, ok := s.Timeline.(bot.TranslationStore)
	if !ok {
		t.Fatal("the engine keeps no translations")
	}
	want := bot.Translation{
		Conversation: "c1", Event: "e1", Language: "en", Text: "Where is A-1042?\n\"Soon\" \u0001", Lost: []string{"30", "https://a.example/b"},
		Model: "scripted", At: start,
	}
	read := func(ws bot.WorkspaceID, conv bot.ConversationID, event bot.EventID, language string) (bot.Translation, error) {
		return kept.Translation(ctx, ws, conv, event, language)
	}
	wantKind(t, "before", errOf(read(workspace, "c1", "e1", "en")), fault.NotFound)
	for range 2 {
		if err := kept.KeepTranslation(ctx, workspace, want); err != nil {
			t.Fatal(err)
		}
	}
	later := want
	later.Text, later.At = "Where is it?", start.Add(time.Hour)
	if err := kept.KeepTranslation(ctx, workspace, later); err != nil {
		t.Fatal(err)
	}
	got, err := read(workspace, "c1", "e1", "en")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("the first one stays: %v\n%s", err, diff)
	}
	for what, err := range map[string]error{
		"another language":     errOf(read(workspace, "c1", "e1", "zh")),
		"another event":        errOf(read(workspace, "c1", "e2", "en")),
		"another conversation": errOf(read(workspace, "c2", "e1", "en")),
		"another workspace":    errOf(read("other", "c1", "e1", "en")),
	} {
		wantKind(t, what, err, fault.NotFound)
	}
}
