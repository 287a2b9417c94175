package sqlite

import (
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/storetest"
)

func TestStores(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Stores {
		db := openTest(t)
		// Thousands of small writes: what a power cut does is another test's subject.
		if _, err := db.writer.Exec(`PRAGMA synchronous = off`); err != nil {
			t.Fatal(err)
		}
		c := db.Conversations()
		return storetest.Stores{Lacks: []string{"Feed"}, Timeline: c, Runs: c, Traces: c, Desk: db.Handoff(), Inboxes: db.Accounts(), Tickets: db.Handoff(), Reports: db.Handoff(), Outbox: db}
	})
}
