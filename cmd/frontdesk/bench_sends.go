package main

import (
	"context"

	"github.com/frontdesk-chat/frontdesk/internal/load"
)

type benchSendsCmd struct {
	bedFlags
	Data    string  `help:"Data folder (default: a fresh temporary one)." placeholder:"DIR"`
	Rate    float64 `help:"Sends a second, open loop (default: as fast as it goes)."`
	Seats   int     `help:"Visitors, each in a conversation that a person serves." default:"32"`
	Window  int     `help:"Sends in flight of each visitor when no rate is given." default:"3"`
	Seconds int     `help:"Length of the run." default:"15"`
}

// Run seats visitors with an agent, so that the bot keeps silent, and has them send.
func (c *benchSendsCmd) Run(ctx context.Context, s streams) error {
	b, err := c.newBed(ctx, s, c.Data, staff(c.Seats))
	if err != nil {
		return err
	}
	defer b.close()
	p := load.SendsPlan{Base: b.base, Rate: c.Rate, Window: c.Window, Seconds: seconds(c.Seconds)}
	if p.Seats, err = b.seats(ctx, c.Seats); err != nil {
		return err
	}
	var r load.SendsReport
	if err := child(ctx, s, plan{Sends: &p}, &r, nil); err != nil {
		return err
	}
	return c.print(s.out, "sends", map[string]float64{
		"per_s": float64(len(r.AckMS)) / r.Seconds, "p50_ms": load.Quantile(r.AckMS, .5), "p99_ms": load.Quantile(r.AckMS, .99),
		"deliver_p99_ms": load.Quantile(r.DeliverMS, .99), "lost": float64(r.Lost), "doubled": float64(r.Doubled),
		"gaps": float64(r.Gaps), "refused": float64(r.Refused),
	}, map[string]any{"rate": c.Rate, "seats": c.Seats, "window": c.Window, "seconds": c.Seconds})
}
