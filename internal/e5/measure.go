package e5

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Figures are what Measure finds on this machine.
type Figures struct {
	TokensPerS389 float64 // tokens a second of 389-token passages, one thread
	Query16MS     float64 // milliseconds for a 16-token query, median, one thread
	SectionsPerS  float64 // sections of 120 words a second, all cores
}

const (
	measuredSentence = "Our courier brings the parcel to your door between nine and five; if nobody is in, it waits for a week at the nearest pick-up point. "
	measuredQuery    = "When will the courier bring my parcel to the door?"
)

// Measure times the encoder for about three seconds. Tokens include prefix and
// specials. The error is ctx's.
func (e *Encoder) Measure(ctx context.Context) (Figures, error) {
	var f Figures
	passage, err := e.timeForward(ctx, passagePrefix, strings.Repeat(measuredSentence, 20), 389, 12)
	if err != nil {
		return f, err
	}
	query, err := e.timeForward(ctx, queryPrefix, measuredQuery, 16, 100)
	if err != nil {
		return f, err
	}
	f.TokensPerS389 = 389 / passage.Seconds()
	f.Query16MS = query.Seconds() * 1000

	words := strings.Fields(strings.Repeat(measuredSentence, 5))[:120]
	sections := make([]string, 32)
	for i := range sections {
		sections[i] = fmt.Sprintf("%d %s", i, strings.Join(words, " "))
	}
	n, start := 0, time.Now()
	for time.Since(start) < time.Second {
		if _, err := e.EmbedPassages(ctx, sections); err != nil {
			return f, err
		}
		n += len(sections)
	}
	f.SectionsPerS = float64(n) / time.Since(start).Seconds()
	return f, nil
}

// timeForward returns the median time from text to vector, over runs, of the first
// tokens tokens of text.
func (e *Encoder) timeForward(ctx context.Context, prefix, text string, tokens, runs int) (time.Duration, error) {
	w := new(workspace)
	took := make([]time.Duration, 0, runs)
	for i := range runs + 2 {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		start := time.Now()
		w.ids = e.tokens.encode(w.ids[:0], prefix, text, tokens)
		e.forward(w)
		if i >= 2 { // the first two warm caches and workspace
			took = append(took, time.Since(start))
		}
	}
	if len(w.ids) != tokens {
		return 0, fmt.Errorf("e5: measured text has %d tokens, not %d", len(w.ids), tokens)
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}
