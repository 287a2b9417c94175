package handoff

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

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

// DeleteQueue removes a queue that nobody waits in, no other overflows to and no rule
// sends anybody to. What
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
	rules, _, err := readList[Rule](ctx, d.store, ws, listRules)
	if err != nil {
		return err
	}
	if err := errUsed(queue, f.Queues, rules); err != nil {
		return err
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

// errUsed names who needs a queue; nil when nobody does.
func errUsed(queue bot.QueueID, queues []Queue, rules []Rule) error {
	e := fault.New(fault.Conflict, "")
	var users []string
	for i, r := range rules {
		name := fmt.Sprintf("rule %d, “%s”", i+1, r.Name)
		switch {
		case r.Off:
		case r.Queue == queue:
			users, e = append(users, name), e.WithField(fmt.Sprintf("rules[%d].queue", i), name+" sends chats to this queue")
		case r.Ticket != nil && r.Ticket.Queue == queue:
			users, e = append(users, name), e.WithField(fmt.Sprintf("rules[%d].ticket.queue", i), name+" makes tickets of this queue")
		}
	}
	for _, q := range queues {
		for i, o := range q.Overflow {
			if o.To == queue {
				name := fmt.Sprintf("the queue “%s”", cmp.Or(q.Name, string(q.ID)))
				users, e = append(users, name), e.WithField(fmt.Sprintf("queues[%s].overflow[%d]", q.ID, i), name+" overflows to this queue")
			}
		}
	}
	if len(users) == 0 {
		return nil
	}
	e.Message = "This queue is still used by " + strings.Join(users, " and ") + ". Change that first."
	return e
}

// Ability is who could ever serve a queue.
type Ability struct {
	Able int      // agents, on duty or not, who have what it asks for, or what a queue that helps it asks for
	None []string // of what it asks for, what nobody has
}

// Abilities says of each queue who could ever serve it: one that nobody can is a
// line without an end.
func (d *Desk) Abilities(ctx context.Context, ws bot.WorkspaceID) (map[bot.QueueID]Ability, error) {
	v, err := d.view(ctx, ws)
	if err != nil {
		return nil, err
	}
	out := map[bot.QueueID]Ability{}
	v.see(func(b *board) {
		out[""] = b.ability(b.queue(""))
		for _, q := range b.queues {
			out[q.ID] = b.ability(q)
		}
	})
	return out, nil
}

func (b *board) ability(q Queue) (a Ability) {
	teams := [][]Need{needsOf("", q.Skills)}
	for _, o := range q.Overflow {
		teams = append(teams, needsOf("", b.queue(o.To).Skills))
	}
	lacks := func(i int, team []Need) bool {
		return slices.ContainsFunc(team, func(n Need) bool { return !n.Preferred && !b.skills[i].meets(n) })
	}
	for i := range b.agents {
		if !b.agents[i].Retired() && slices.ContainsFunc(teams, func(team []Need) bool { return !lacks(i, team) }) {
			a.Able++
		}
	}
	for _, n := range teams[0] {
		if !n.Preferred && !b.hasSkill(n.String()) {
			a.None = append(a.None, n.String())
		}
	}
	return a
}
