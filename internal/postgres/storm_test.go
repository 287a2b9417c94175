package postgres

import (
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/storetest"
)

func TestDeskStorm(t *testing.T) {
	db := openTest(t)
	c := db.Conversations()
	storetest.RunDeskStorm(t, storetest.Stores{Timeline: c, Runs: c, Traces: c, Desk: db.Handoff(), Inboxes: db.Accounts(), Feed: c}, storetest.StormOperations(t), 1)
}
