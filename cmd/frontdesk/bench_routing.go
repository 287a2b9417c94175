package main

import (
	"context"
	"os"
	"time"

	"github.com/frontdesk-chat/frontdesk"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

type benchRoutingCmd struct {
	bedFlags
	Waiting int           `help:"Conversations in line." default:"10000"`
	Agents  int           `help:"Agents on duty, with four places each." default:"500"`
	Skills  int           `help:"Skills, of which each agent has three and each conversation wants one." default:"20"`
	Rate    int           `help:"Assignments a second where the time of each is measured." default:"500"`
	For     time.Duration `help:"How long each part lasts." default:"15s"`
}

func (c *benchRoutingCmd) Help() string {
	return "Fills a desk, then lets agents become free as fast as it goes, then at the rate, and at last has visitors come at the rate while agents are free.\n\nExample:\n  frontdesk bench routing --json"
}

// Run measures the desk over a store, without sockets.
func (c *benchRoutingCmd) Run(ctx context.Context, s streams) error {
	if c.Waiting < 1 || c.Agents < 1 || c.Skills < 1 || c.Rate < 1 || c.For < time.Second {
		return fault.New(fault.Invalid, "A setting is wrong").WithField("waiting, agents, skills, rate, for", "at least 1, and 1s")
	}
	dir, err := os.MkdirTemp("", "frontdesk-bench-")
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "No temporary folder can be made")
	}
	defer os.RemoveAll(dir) //nolint:errcheck // temporary
	bar := newProgress(s.err)
	f, err := frontdesk.MeasureRouting(ctx, frontdesk.RoutingBench{
		Seed: c.Seed, Waiting: c.Waiting, Agents: c.Agents, Skills: c.Skills, Rate: c.Rate, For: c.For, Postgres: c.Postgres, Dir: dir,
	}, bar.at)
	bar.end()
	if err != nil {
		return err
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	store := "sqlite"
	if c.Postgres != "" {
		store = "postgres"
	}
	return c.print(s.out, "routing", map[string]float64{
		"assignments_per_s": f.PerSecond, "p99_ms": ms(max(f.Freed, f.Came)), "freed_p99_ms": ms(f.Freed), "came_p99_ms": ms(f.Came),
		"assigned": float64(f.Assigned), "doubles": float64(f.Doubles), "overshoots": float64(f.Overshoots), "lost": float64(f.Lost),
	}, map[string]any{"waiting": c.Waiting, "agents": c.Agents, "skills": c.Skills, "rate": c.Rate, "store": store})
}
