package postgres

import (
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/storetest"
)

func TestTrainingSuite(t *testing.T) {
	storetest.RunTraining(t, func(t *testing.T) storetest.TrainingStores {
		db := openTest(t)
		s := db.Training()
		return storetest.TrainingStores{
			Artefacts: s, Reviewed: s, Checks: s, Releases: s, Vectors: db.Knowledge(), Documents: db.Knowledge(),
			Examples: s, ExampleVectors: s, Jobs: s, Outbox: db,
		}
	})
}
