package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
)

// meanwhile has something happen at the end of the first reading of the floor.
type meanwhile struct {
	handoff.Store
	then func()
}

func (m *meanwhile) Floor(ctx context.Context, ws bot.WorkspaceID, recent, now time.Time) (handoff.Floor, error) {
	f, err := m.Store.Floor(ctx, ws, recent, now)
	if then := m.then; then != nil {
		m.then = nil
		then()
	}
	return f, err
}

// testDeskSettings saves a queue while the desk is being read: from then on the desk
// goes by what was saved.
func testDeskSettings(t *testing.T, s Stores) {
	ctx := t.Context()
	d := newDesk(s, workspace)
	d.hire(t, "lin", 1)
	slow := &meanwhile{Store: s.Desk}
	desk := handoff.New(slow, s.Timeline, d.heard, d.clock.now, nil, nil)
	defer desk.Keep()()
	slow.then = func() {
		if err := desk.PutQueue(ctx, handoff.Queue{Workspace: workspace, ID: "gold", Name: "Gold"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := desk.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	w, err := desk.Wall(ctx, workspace)
	if err != nil {
		t.Fatal(err)
	}
	if slow.then != nil || len(w.Queues) != 2 || w.Queues[1].Queue.Name != "Gold" {
		t.Errorf("after the queue was saved the wall has %+v", w.Queues)
	}
}
