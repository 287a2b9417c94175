package telemetry

import (
	"context"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// Observer returns what the engine tells everything to.
func Observer(m *Metrics, t *Tracer) bot.Observer { return observer{m, t} }

type observer struct {
	*Metrics
	tracer *Tracer
}

var _ bot.Observer = observer{}

// Begin implements bot.Observer. Rehearsals of editors are not counted.
func (o observer) Begin(ctx context.Context, what string, t *bot.Turn) (context.Context, func(error)) {
	if t.Run.ID == "" {
		return ctx, func(error) {}
	}
	var ended func(error)
	switch what {
	case "turn":
		if t.Run.Attempt > 1 {
			o.takeovers.Inc()
		}
		return o.tracer.turn(ctx, t)
	case "model":
		return o.tracer.span(ctx, what)
	}
	ctx, ended = o.tracer.span(ctx, what)
	start := time.Now()
	return ctx, func(err error) {
		o.steps.WithLabelValues(what).Observe(time.Since(start).Seconds())
		ended(err)
	}
}

// Turned implements bot.Observer.
func (o observer) Turned(t *bot.Turn, how bot.Outcome, e bot.Ending) {
	o.turned(t, how, e)
}
