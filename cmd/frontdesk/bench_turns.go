package main

import (
	"context"
	"fmt"

	"github.com/frontdesk-chat/frontdesk"
	"github.com/frontdesk-chat/frontdesk/internal/load"
)

type benchTurnsCmd struct {
	bedFlags
	Data    string `help:"Data folder (default: a fresh temporary one)." placeholder:"DIR"`
	Chunks  int    `help:"Documents of one chunk each." default:"1000"`
	Users   int    `help:"Visitors at once in the second part." default:"32"`
	Seconds int    `help:"Length of each part." default:"15"`
}

// Run measures one visitor alone, then many.
func (c *benchTurnsCmd) Run(ctx context.Context, s streams) error {
	corpus := load.NewCorpus(c.Seed)
	bar := newProgress(s.err)
	b, err := c.newBed(ctx, s, c.Data, func(app *frontdesk.App) error {
		for i := range c.Chunks {
			bar.at("documents", i+1, c.Chunks)
			if err := app.AddDocument(ctx, corpus.Document(i)); err != nil {
				return err
			}
		}
		bar.end()
		return nil
	})
	if err != nil {
		return err
	}
	defer b.close()
	part := func(users, questions int) (*load.TurnsReport, error) {
		p := load.TurnsPlan{Base: b.base, Seconds: seconds(c.Seconds)}
		for range users {
			v, err := load.NewSession(ctx, b.base, benchInbox)
			if err != nil {
				return nil, err
			}
			p.Tokens = append(p.Tokens, v.Token)
		}
		for range questions {
			p.Questions = append(p.Questions, corpus.Query())
		}
		var r load.TurnsReport
		return &r, child(ctx, s, plan{Turns: &p}, &r, nil)
	}
	if _, err := part(1, 50); err != nil { // warm
		return err
	}
	one, err := part(1, 1000*c.Seconds)
	if err != nil {
		return err
	}
	many, err := part(c.Users, 1000*c.Seconds)
	if err != nil {
		return err
	}
	return c.print(s.out, "turns", map[string]float64{
		"p50_ms": load.Quantile(one.MS, .5), "p99_ms": load.Quantile(one.MS, .99), "turns": float64(len(one.MS)),
		"turns_per_s":                        float64(len(many.MS)) / many.Seconds,
		fmt.Sprintf("p99_ms_at_%d", c.Users): load.Quantile(many.MS, .99),
	}, map[string]any{"chunks": c.Chunks, "users": c.Users, "seconds": c.Seconds})
}
