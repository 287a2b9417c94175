package sqlite

import (
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/storetest"
)

func TestDeskStorm(t *testing.T) {
	db := openTest(t)
	if _, err := db.writer.Exec(`PRAGMA synchronous = off`); err != nil {
		t.Fatal(err)
	}
	c := db.Conversations()
	storetest.RunDeskStorm(t, storetest.Stores{Timeline: c, Runs: c, Traces: c, Desk: db.Handoff(), Inboxes: db.Accounts()}, storetest.StormOperations(t), 1)
}
