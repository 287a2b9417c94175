package postgres

import (
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/storetest"
	"github.com/frontdesk-chat/frontdesk/internal/testenv"
)

// openTest opens an empty database of the test's own.
func openTest(t testing.TB) *DB {
	t.Helper()
	db, err := Open(t.Context(), testenv.Postgres(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestStores(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Stores {
		db := openTest(t)
		c := db.Conversations()
		return storetest.Stores{Timeline: c, Runs: c, Traces: c, Desk: db.Handoff(), Inboxes: db.Accounts(), Tickets: db.Handoff(), Reports: db.Handoff(), Outbox: db, Feed: c}
	})
}
