package bottest_test

import (
	"testing"

	"github.com/frontdesk-chat/frontdesk/bot/bottest"
	"github.com/frontdesk-chat/frontdesk/internal/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Stores {
		s := bottest.NewStore(nil)
		return storetest.Stores{Lacks: []string{"Desk", "Ticket"}, Timeline: s, Runs: s, Traces: s, Feed: s}
	})
}
