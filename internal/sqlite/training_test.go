package sqlite

import (
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/storetest"
)

func TestTrainingSuite(t *testing.T) {
	storetest.RunTraining(t, func(t *testing.T) storetest.TrainingStores {
		db, err := Open(t.Context(), t.TempDir(), nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		s := db.Training()
		return storetest.TrainingStores{
			Artefacts: s, Reviewed: s, Checks: s, Releases: s, Vectors: db.Knowledge(), Documents: db.Knowledge(),
			Examples: s, ExampleVectors: s, Jobs: s, Outbox: db,
		}
	})
}
