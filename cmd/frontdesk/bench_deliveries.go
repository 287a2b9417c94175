package main

import (
	"context"
	"fmt"

	"github.com/frontdesk-chat/frontdesk/internal/load"
)

type benchDeliveriesCmd struct {
	bedFlags
	Rate          float64 `help:"Deliveries a second, open loop." default:"30000"`
	Conversations int     `help:"Conversations, each with a visitor who sends." default:"100"`
	Readers       int     `help:"Sockets that follow each conversation." default:"20"`
	Seconds       int     `help:"Length of the run, after a warm-up of 3 s." default:"15"`
}

// Run has visitors send durable messages that many sockets read.
func (c *benchDeliveriesCmd) Run(ctx context.Context, s streams) error {
	b, err := c.newBed(ctx, s, "", staff(c.Conversations))
	if err != nil {
		return err
	}
	defer b.close()
	p := load.DeliveriesPlan{Base: b.base, Readers: c.Readers, Rate: c.Rate, Warm: seconds(3), Seconds: seconds(c.Seconds)}
	if p.Seats, err = b.seats(ctx, c.Conversations); err != nil {
		return err
	}
	var r load.DeliveriesReport
	if err := child(ctx, s, plan{Deliveries: &p}, &r, nil); err != nil {
		return err
	}
	if r.LagP99 > 5 {
		fmt.Fprintf(s.err, "The clients themselves were late: 1 send in 100 left more than %.0f ms after its time. The figures are of the whole machine, not of the server.\n", r.LagP99)
	}
	return c.print(s.out, "deliveries", map[string]float64{
		"per_s": r.PerS, "p50_ms": r.P50, "p99_ms": r.P99, "max_ms": r.Max, "lost": float64(r.Lost), "lag_p99_ms": r.LagP99,
	}, map[string]any{"rate": c.Rate, "conversations": c.Conversations, "readers": c.Readers, "seconds": c.Seconds})
}
