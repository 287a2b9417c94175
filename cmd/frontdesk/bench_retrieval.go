package main

import (
	"context"
	"os"
	"time"

	"github.com/frontdesk-chat/frontdesk"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

type benchRetrievalCmd struct {
	bedFlags
	Chunks int `help:"Stretches of text to search." default:"100000"`
}

// Run measures search over made-up documents, read from the store as a start does.
func (c *benchRetrievalCmd) Run(ctx context.Context, s streams) error {
	if c.Chunks < 1 || c.Chunks > 2_000_000 {
		return fault.New(fault.Invalid, "The number of chunks is wrong").WithField("chunks", "1 to 2,000,000")
	}
	dir, err := os.MkdirTemp("", "frontdesk-bench-")
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "No temporary folder can be made")
	}
	defer os.RemoveAll(dir)
	bar := newProgress(s.err)
	f, err := frontdesk.MeasureRetrieval(ctx, c.Postgres, dir, c.Seed, c.Chunks, func(done, all int) { bar.at("chunks", done, all) })
	bar.end()
	if err != nil {
		return err
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	store := "sqlite"
	if c.Postgres != "" {
		store = "postgres"
	}
	return c.print(s.out, "retrieval", map[string]float64{
		"recall_at_10": f.RecallAt10, "p50_ms": ms(f.P50), "p99_ms": ms(f.P99), "lexical_p99_ms": ms(f.LexicalP99),
		"vector_p99_ms": ms(f.VectorP99), "rss_mb": float64(f.RSS) / (1 << 20), "load_s": f.Load.Seconds(),
	}, map[string]any{"chunks": f.Chunks, "store": store})
}
