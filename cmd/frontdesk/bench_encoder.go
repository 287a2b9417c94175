package main

import (
	"context"

	"github.com/frontdesk-chat/frontdesk/internal/e5"
)

type benchEncoderCmd struct{ benchFlags }

// Run measures the built-in encoder.
func (c *benchEncoderCmd) Run(ctx context.Context, s streams) error {
	e, err := e5.Open()
	if err != nil {
		return err
	}
	f, err := e.Measure(ctx)
	if err != nil {
		return err
	}
	return c.print(s.out, "encoder", map[string]float64{
		"tokens_per_s_389": f.TokensPerS389, "query16_ms": f.Query16MS, "sections_per_s": f.SectionsPerS,
	}, map[string]any{"model": e5.ModelName, "kernels": e.Kernels()})
}
