package handoff

import (
	"context"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// begins is a store in which so many conversations began on a day, and one queue.
type begins struct {
	Store
	on map[string]int
}

func (begins) Queues(context.Context, bot.WorkspaceID) ([]Queue, error) { return nil, nil }

func (begins) Happenings(context.Context, bot.WorkspaceID, time.Time, time.Time, func(Happening) error) error {
	return nil
}

func (begins) Made(context.Context, bot.WorkspaceID, time.Time, time.Time, func(Made) error) error {
	return nil
}

func (b begins) Begun(_ context.Context, _ bot.WorkspaceID, from, _ time.Time, each func(Begun) error) error {
	for range b.on[from.Format(time.DateOnly)] {
		if err := each(Begun{At: from}); err != nil {
			return err
		}
	}
	return nil
}

// Too much is refused; too much to compare with is only left out.
func TestReportOfTooMuch(t *testing.T) {
	store := begins{on: map[string]int{"2026-03-04": maxReportRows + 1, "2026-03-05": 2, "2026-03-06": 1}}
	d := &Desk{store: store, reports: store, now: func() time.Time { return time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC) }}
	of := func(date string) (Report, error) { return d.Report(t.Context(), ReportQuery{From: date, To: date}) }
	if _, err := of("2026-03-04"); !fault.Is(err, fault.Invalid) {
		t.Errorf("too much: %v", err)
	}
	if r, err := of("2026-03-05"); err != nil || r.Total.Begun != 2 || r.Before != nil {
		t.Errorf("with too much before: %+v, %v", r, err)
	}
	if r, err := of("2026-03-06"); err != nil || r.Before == nil || r.Before.Begun != 2 {
		t.Errorf("with two before: %+v, %v", r, err)
	}
}
