package frontdesk

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/telemetry"
)

// nodeName is the configured name of this node, or one that no other node has.
func nodeName(c ServerConfig) string {
	if c.Node != "" {
		return c.Node
	}
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "node"
	}
	return host + "-" + rand.Text()[:6]
}

// openTelemetry makes the registry that /metrics reads, the rooms' metrics, and
// the tracer where one is configured.
func (a *App) openTelemetry(ctx context.Context) error {
	a.registry = prometheus.NewRegistry()
	a.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "frontdesk_build_info", Help: "1, with the version and the node's name as labels.",
		ConstLabels: prometheus.Labels{"version": a.set.version, "node": a.node},
	})
	info.Set(1)
	if err := a.registry.Register(info); err != nil {
		return fault.Wrap(fault.Internal, err, "The version cannot be shown")
	}
	var err error
	if a.metrics, err = telemetry.NewMetrics(a.registry, telemetry.Prices{Input: a.config.LLM.InputPrice, Output: a.config.LLM.OutputPrice}); err != nil {
		return err
	}
	if a.config.Telemetry.OTLPURL == "" {
		return nil
	}
	a.tracer, err = telemetry.NewTracer(ctx, telemetry.TracerOptions{
		URL: a.config.Telemetry.OTLPURL, Ratio: a.config.Telemetry.SampleRatio, Node: a.node, Version: a.set.version,
		Logger: a.log, Lost: a.metrics.LostSpans,
	})
	return err
}

// watch has /metrics ask the parts that are asked rather than tell.
func (a *App) watch() error {
	return telemetry.Watch(a.registry, telemetry.Sources{
		Peers: a.hub.Peers, Queued: a.hub.Queued, Bus: a.bus, Pool: a.db.Pool, Models: a.engine.Models,
		Owed: a.db.Owed, Mails: a.db.handoff.OldestMail, Jobs: a.jobs.States, Imports: a.db.knowledge.OpenImports,
		Disk: a.config.Storage.Dir, Now: a.set.now, Logger: a.log,
	})
}

// ready is what /readyz shows.
func (a *App) ready(ctx context.Context) []api.Check {
	database := a.db.Ready(ctx)
	out := []api.Check{{Name: "database", Needed: true, Err: database, Detail: a.db.kind}}
	if database == nil {
		out = append(out, a.schema(ctx))
	}
	return append(out, api.Check{Name: "bus", Detail: a.busDetail()})
}

// schema says whether the tables are those that this program can work with. A
// newer program may have changed them since the start, in ways that this one
// bears: a node must not go away because another was upgraded.
func (a *App) schema(ctx context.Context) api.Check {
	c := api.Check{Name: "schema", Needed: true}
	have, known, err := a.db.Schema(ctx)
	switch {
	case err != nil:
		c.Err = err
	case have > known:
		c.Detail = fmt.Sprintf("tables %d, made by a newer program; this one knows %d", have, known)
	case have < known: // an older copy was restored under us
		c.Err = fault.New(fault.Conflict, "The tables are of version %d, this program needs %d; restart it to bring them up to date", have, known)
	}
	return c
}
