package telemetry

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// TracerOptions say where traces go.
type TracerOptions struct {
	URL     string  // base URL of an OTLP/HTTP collector, such as http://127.0.0.1:4318
	Ratio   float64 // share of runs and requests that are traced, 0…1
	Node    string  // name of this node
	Version string  // of the program
	Logger  *slog.Logger
	Lost    func(spans int) // told of spans that the collector did not take
}

// Tracer writes spans of requests and runs. A nil Tracer writes none and costs
// nothing.
//
// The trace of a run is named by the run's ID alone, so that the visitor's
// message, which one node stored, and every attempt to answer it, on whichever
// node, stand in one trace with nothing to carry along.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// NewTracer returns a tracer; Close ends it.
func NewTracer(ctx context.Context, o TracerOptions) (*Tracer, error) {
	exporter, err := otlptrace.New(ctx, newCollector(o))
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "Traces cannot be sent.")
	}
	p := sdk.NewTracerProvider(
		sdk.WithBatcher(exporter),
		sdk.WithIDGenerator(ids{}),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(o.Ratio))),
		sdk.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "frontdesk"),
			attribute.String("service.instance.id", o.Node),
			attribute.String("service.version", o.Version),
		)),
	)
	return &Tracer{provider: p, tracer: p.Tracer("frontdesk")}, nil
}

// Close sends what is left, for as long as ctx allows.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// runKey marks a context whose spans belong to a run's trace; its value is the run.
type runKey struct{}

// ids names traces: those of a run by the run, others by chance.
type ids struct{}

// NewIDs implements sdk.IDGenerator.
func (g ids) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	var t trace.TraceID
	if run, ok := ctx.Value(runKey{}).(bot.RunID); ok {
		sum := sha256.Sum256([]byte(run)) // the sampler wants evenly spread bits
		copy(t[:], sum[:])
	} else {
		rand.Read(t[:])
	}
	return t, g.NewSpanID(ctx, t)
}

// NewSpanID implements sdk.IDGenerator.
func (ids) NewSpanID(context.Context, trace.TraceID) trace.SpanID {
	var s trace.SpanID
	rand.Read(s[:])
	return s
}

// span begins a part of what ctx is in; nothing outside of any trace.
func (t *Tracer) span(ctx context.Context, name string) (context.Context, func(error)) {
	if t == nil || !trace.SpanContextFromContext(ctx).IsValid() {
		return ctx, func(error) {}
	}
	ctx, s := t.tracer.Start(ctx, name)
	return ctx, func(err error) { end(s, err) }
}

// end closes a span. What an error says may hold words of people: only its kind
// is told.
func end(s trace.Span, err error, at ...trace.SpanEndOption) {
	if err != nil {
		s.SetStatus(codes.Error, string(fault.KindOf(err)))
	}
	s.End(at...)
}

// Request begins the trace of an HTTP request; ended takes its status.
func (t *Tracer) Request(ctx context.Context, method, route string) (_ context.Context, ended func(status int)) {
	if t == nil {
		return ctx, func(int) {}
	}
	ctx, s := t.tracer.Start(ctx, method+" "+route, trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer))
	return ctx, func(status int) {
		s.SetAttributes(attribute.Int("http.response.status_code", status))
		if status >= 500 {
			s.SetStatus(codes.Error, "")
		}
		s.End()
	}
}

// turn begins an attempt at a run, in the run's trace.
func (t *Tracer) turn(ctx context.Context, turn *bot.Turn) (context.Context, func(error)) {
	if t == nil {
		return ctx, func(error) {}
	}
	ctx, s := t.tracer.Start(context.WithValue(ctx, runKey{}, turn.Run.ID), "turn", trace.WithNewRoot(), trace.WithAttributes(
		attribute.String("run_id", string(turn.Run.ID)),
		attribute.String("conversation_id", string(turn.Run.Conversation)),
		attribute.Int("attempt", turn.Run.Attempt),
	))
	return ctx, func(err error) {
		s.SetAttributes(attribute.String("decision", string(turn.Trace.Decision)), attribute.String("rule", turn.Trace.Rule))
		end(s, err)
	}
}

// stored notes a write to a timeline that began at start. The message that owes
// a run also stands at the head of the run's trace.
func (t *Tracer) stored(ctx context.Context, start time.Time, w bot.Written, err error) {
	if t == nil {
		return
	}
	outer := trace.SpanFromContext(ctx)
	if outer.SpanContext().IsValid() {
		_, s := t.tracer.Start(ctx, "store", trace.WithTimestamp(start))
		end(s, err)
	}
	if _, within := ctx.Value(runKey{}).(bot.RunID); within || w.Run == "" || w.Dup {
		return
	}
	o := []trace.SpanStartOption{trace.WithNewRoot(), trace.WithTimestamp(start), trace.WithAttributes(
		attribute.String("run_id", string(w.Run)), attribute.String("conversation_id", string(w.Conversation.ID)),
	)}
	if outer.SpanContext().IsValid() {
		o = append(o, trace.WithLinks(trace.Link{SpanContext: outer.SpanContext()}))
	}
	_, s := t.tracer.Start(context.WithValue(ctx, runKey{}, w.Run), "append", o...)
	outer.AddLink(trace.Link{SpanContext: s.SpanContext()})
	s.End()
}
