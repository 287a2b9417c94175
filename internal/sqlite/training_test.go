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
		return storetest.TrainingStores{
			Artefacts: db.Training(), Reviewed: db.Training(), Checks: db.Training(), Releases: db.Training(), Vectors: db.Knowledge(), Documents: db.Knowledge(),
		}
	})
}
