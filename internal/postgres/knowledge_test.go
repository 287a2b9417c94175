package postgres

import (
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/storetest"
)

func TestKnowledge(t *testing.T) {
	storetest.RunKnowledge(t, func(t *testing.T) storetest.KnowledgeStores {
		db := openTest(t)
		return storetest.KnowledgeStores{Documents: db.Knowledge(), Imports: db.Knowledge()}
	})
}
