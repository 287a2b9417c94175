package sqlite_test

import (
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/sqlite"
	"github.com/frontdesk-chat/frontdesk/internal/storetest"
)

func TestKnowledge(t *testing.T) {
	storetest.RunKnowledge(t, func(t *testing.T) storetest.KnowledgeStores {
		db, err := sqlite.Open(t.Context(), t.TempDir(), nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		return storetest.KnowledgeStores{Documents: db.Knowledge(), Imports: db.Knowledge()}
	})
}
