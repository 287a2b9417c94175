package main

import (
	"context"
	"os"

	"github.com/frontdesk-chat/frontdesk"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

type benchTakeoverCmd struct {
	bedFlags
	Races int `help:"Conversations that are taken over while the bot answers." default:"10000"`
}

func (c *benchTakeoverCmd) Help() string {
	return "Agents and supervisors take conversations over at random moments of an answer, half of them from another node; then the store is searched for words of the bot behind the take-over.\n\nExample:\n  frontdesk bench takeover --races 1000"
}

// Run races the bot against people, without sockets.
func (c *benchTakeoverCmd) Run(ctx context.Context, s streams) error {
	if c.Races < 1 {
		return fault.New(fault.Invalid, "A setting is wrong").WithField("races", "at least 1")
	}
	dir, err := os.MkdirTemp("", "frontdesk-bench-")
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "No temporary folder can be made")
	}
	defer os.RemoveAll(dir) //nolint:errcheck // temporary
	bar := newProgress(s.err)
	f, err := frontdesk.MeasureTakeover(ctx, frontdesk.TakeoverBench{Seed: c.Seed, Races: c.Races, Postgres: c.Postgres, Dir: dir}, bar.at)
	bar.end()
	if err != nil {
		return err
	}
	store := "sqlite"
	if c.Postgres != "" {
		store = "postgres"
	}
	return c.print(s.out, "takeover", map[string]float64{
		"late_bot_events": float64(f.LateEvents), "late_pieces": float64(f.LatePieces), "cut": float64(f.Cut), "unbegun": float64(f.Unbegun),
		"answered": float64(f.Answered), "seconds": f.Took.Seconds(),
	}, map[string]any{"races": f.Races, "store": store})
}
