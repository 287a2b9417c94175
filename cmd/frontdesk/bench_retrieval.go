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
	Chunks  int     `help:"Stretches of text to search." default:"100000"`
	Share   float64 `help:"Share of the chunks that are of the workspace asked about." default:"1"`
	Vectors string  `help:"Where vectors are searched: memory, or postgres with --postgres." default:"memory"`
}

// Run measures search over made-up documents, read from the store as a start does.
func (c *benchRetrievalCmd) Run(ctx context.Context, s streams) error {
	if err := oneOf("--vectors", c.Vectors, "memory", "postgres"); err != nil {
		return err
	}
	if c.Chunks < 1 || c.Chunks > 2_000_000 {
		return fault.New(fault.Invalid, "The number of chunks is wrong").WithField("chunks", "1 to 2,000,000")
	}
	if !(c.Share > 0 && c.Share <= 1) {
		return fault.New(fault.Invalid, "The share is wrong").WithField("share", "above 0 to 1")
	}
	if c.Vectors == "postgres" && c.Postgres == "" {
		return fault.New(fault.Invalid, "Vectors can be searched only in a Postgres that is named").WithField("postgres", "name an empty database")
	}
	dir, err := os.MkdirTemp("", "frontdesk-bench-")
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "No temporary folder can be made")
	}
	defer os.RemoveAll(dir)
	bar := newProgress(s.err)
	f, err := frontdesk.MeasureRetrieval(ctx, frontdesk.RetrievalBench{
		Seed: c.Seed, Chunks: c.Chunks, Share: c.Share, Postgres: c.Postgres, Outside: c.Vectors == "postgres", Dir: dir,
	}, func(done, all int) { bar.at("chunks", done, all) })
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
	}, map[string]any{"chunks": f.Chunks, "store": store, "vectors": c.Vectors, "share": c.Share})
}
