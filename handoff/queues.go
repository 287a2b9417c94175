package handoff

import (
	"context"
	"slices"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// PutQueue makes or replaces a queue. Error: Invalid.
func (d *Desk) PutQueue(ctx context.Context, q Queue) error {
	others, err := d.store.Queues(ctx, q.Workspace)
	if err != nil {
		return err
	}
	if err := q.check(others); err != nil {
		return err
	}
	if err := q.Hours.check(); err != nil {
		return err
	}
	if err := d.store.PutQueue(ctx, q); err != nil {
		return err
	}
	d.forget(q.Workspace)
	d.wake(q.Workspace)
	return nil
}

// Queues lists the queues in order of ID.
func (d *Desk) Queues(ctx context.Context, ws bot.WorkspaceID) ([]Queue, error) {
	return d.store.Queues(ctx, ws)
}

// DeleteQueue removes a queue that nobody waits in and no other overflows to. What
// was served in it and comes back later waits as in a queue that asks for nothing.
// Errors: NotFound; Conflict, which says what is in the way.
func (d *Desk) DeleteQueue(ctx context.Context, ws bot.WorkspaceID, queue bot.QueueID) error {
	if queue == "" {
		return fault.New(fault.Conflict, "The main queue stays: who is sent to no other waits in it.")
	}
	f, err := d.floor(ctx, ws)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(f.Queues, func(q Queue) bool { return q.ID == queue }) {
		return fault.New(fault.NotFound, "There is no such queue.")
	}
	for _, q := range f.Queues {
		if slices.ContainsFunc(q.Overflow, func(o Overflow) bool { return o.To == queue }) {
			return fault.New(fault.Conflict, "The queue “%s” overflows to this one. Take that away from it first.", q.Name)
		}
	}
	waiting := 0
	for _, s := range f.Line {
		if s.Conversation.Queue == queue {
			waiting++
		}
	}
	if waiting > 0 {
		return fault.New(fault.Conflict, "%d waiting or parked conversations are in this queue. Answer them or pass them on first.", waiting)
	}
	if err := d.store.DeleteQueue(ctx, ws, queue); err != nil {
		return err
	}
	d.forget(ws)
	d.wake(ws)
	return nil
}
