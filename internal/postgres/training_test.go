package postgres

import (
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/storetest"
)

func TestTrainingSuite(t *testing.T) {
	storetest.RunTraining(t, func(t *testing.T) storetest.TrainingStores {
		db := openTest(t)
		return storetest.TrainingStores{
			Artefacts: db.Training(), Reviewed: db.Training(), Checks: db.Training(), Releases: db.Training(), Vectors: db.Knowledge(), Documents: db.Knowledge(),
		}
	})
}
