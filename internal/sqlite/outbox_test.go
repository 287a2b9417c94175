package sqlite

import (
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/storetest"
)

func TestOutbox(t *testing.T) {
	db := openTest(t)
	storetest.RunOutbox(t, db, db.Knowledge())
}
