package main

import (
	"context"
	"fmt"

	"github.com/frontdesk-chat/frontdesk"
	"github.com/frontdesk-chat/frontdesk/internal/load"
)

type benchReconnectCmd struct {
	bedFlags
	Count         int `help:"Sockets that come back." default:"10000"`
	Conversations int `help:"Visitors' conversations that they share." default:"500"`
	Admit         int `help:"Connections a second that the server admits; the others are told when to come (default: the server's own; -1: all)."`
}

// Run has sockets come back with the cursors of a client that was connected.
func (c *benchReconnectCmd) Run(ctx context.Context, s streams) error {
	if c.Admit == 0 {
		c.Admit = frontdesk.Defaults().Limits.SocketsPerSecond
	}
	b, err := c.newBed(ctx, s, "", staff(c.Conversations), frontdesk.WithAdmission(c.Admit))
	if err != nil {
		return err
	}
	defer b.close()
	p := load.StormPlan{Base: b.base, Count: c.Count}
	if p.Seats, err = b.seats(ctx, c.Conversations); err != nil {
		return err
	}
	var r load.StormReport
	before := cpu()
	if err := child(ctx, s, plan{Storm: &p}, &r, nil); err != nil {
		return err
	}
	spent := cpu() - before
	if r.Failed > 0 {
		fmt.Fprintf(s.err, "%d sockets did not come back; one says: %s\n", r.Failed, r.Reason)
	}
	return c.print(s.out, "reconnect", map[string]float64{
		"count": float64(len(r.SyncedMS)), "p50_ms": load.Quantile(r.SyncedMS, .5), "p99_ms": load.Quantile(r.SyncedMS, .99),
		"max_ms": load.Quantile(r.SyncedMS, 1), "refused": float64(r.Refused), "failed": float64(r.Failed),
		"cpu_us_per_socket": float64(spent.Microseconds()) / float64(max(len(r.SyncedMS), 1)),
	}, map[string]any{"conversations": c.Conversations, "admit": c.Admit})
}
