package telemetry

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Sources are asked when somebody reads the metrics, what needs the store at
// most once a second. All are required but those that say otherwise.
type Sources struct {
	Peers   func() (agents, visitors int)                                 // sockets
	Queued  func() int64                                                  // bytes that wait in their queues
	Bus     func() (mode string, lag time.Duration)                       // mode: alone, bus, polling; lag: how far the feed's safe horizon is behind
	Pool    func() (used, idle, limit int)                                // connections to the database
	Models  func() []bot.ModelState                                       // language models and their breakers
	Owed    func(context.Context) (rows int, oldest time.Time, err error) // the outbox; oldest is zero when empty
	Mails   func(context.Context) (oldest time.Time, err error)           // e-mails that wait to be sent; oldest is zero when none does
	Jobs    func(context.Context) (map[string]int, error)                 // by state
	Imports func(context.Context) ([]knowledge.Import, error)             // queued and running ones
	Disk    string                                                        // folder whose disk is watched
	Now     func() time.Time
	Logger  *slog.Logger
}

// Watch registers what the sources say. Error: what the registry says of a name
// that is taken.
func Watch(reg prometheus.Registerer, s Sources) error { return reg.Register(&watcher{Sources: s}) }

type watcher struct {
	Sources

	mu   sync.Mutex // guards what follows, and lets one reader at a time ask the store
	till time.Time  // kept is as good as new until then
	kept []prometheus.Metric
}

// fresh is how long an answer of the store is given to others who ask.
const fresh = time.Second

// busModes are the ways in which nodes hear of each other.
var busModes = []string{"alone", "bus", "polling"}

var (
	socketsDesc   = describe("sockets", "Open sockets, by kind: agent, visitor.", "kind")
	queuedDesc    = describe("socket_queued_bytes", "Bytes that wait to be written to sockets.")
	busDesc       = describe("bus_mode", "1 for the way in which this node hears of the others: alone, bus, polling.", "mode")
	horizonDesc   = describe("feed_horizon_lag_seconds", "How far the horizon below which no row can appear any more is behind.")
	poolDesc      = describe("db_connections", "Connections to the database, used and idle.", "state")
	poolLimitDesc = describe("db_connections_limit", "Connections to the database that there may be.")
	breakerDesc   = describe("model_breaker_open", "1 while a language model is left alone after failures.", "model", "order")
	owedDesc      = describe("outbox_rows", "Rows that wait to be relayed to the job queue.")
	oldestOwed    = describe("outbox_oldest_seconds", "Age of the oldest row that waits to be relayed.")
	oldestMail    = describe("mail_oldest_seconds", "Age of the oldest e-mail that waits to be sent.")
	jobsDesc      = describe("jobs", "Jobs that are not over, by state.", "state")
	importsDesc   = describe("imports", "Imports that are not over, by state.", "state")
	filesDesc     = describe("import_files", "Files of imports that are not over: done and waiting.", "state")
	freeDesc      = describe("disk_free_bytes", "Free bytes on the disk of the data folder.")
	sizeDesc      = describe("disk_size_bytes", "Size of the disk of the data folder.")
	sourceDesc    = describe("source_up", "1 when the store could be asked for metrics.")
)

// Describe implements prometheus.Collector.
func (w *watcher) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		socketsDesc, queuedDesc, busDesc, horizonDesc, poolDesc, poolLimitDesc, breakerDesc, owedDesc, oldestOwed, oldestMail, jobsDesc,
		importsDesc, filesDesc, freeDesc, sizeDesc, sourceDesc,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (w *watcher) Collect(ch chan<- prometheus.Metric) {
	agents, visitors := w.Peers()
	ch <- gauge(socketsDesc, float64(agents), "agent")
	ch <- gauge(socketsDesc, float64(visitors), "visitor")
	ch <- gauge(queuedDesc, float64(w.Queued()))
	mode, lag := w.Bus()
	for _, m := range busModes {
		ch <- gauge(busDesc, one(m == mode), m)
	}
	ch <- gauge(horizonDesc, lag.Seconds())
	used, idle, limit := w.Pool()
	ch <- gauge(poolDesc, float64(used), "used")
	ch <- gauge(poolDesc, float64(idle), "idle")
	ch <- gauge(poolLimitDesc, float64(limit))
	for i, m := range w.Models() {
		ch <- gauge(breakerDesc, one(m.Open), m.Name, strconv.Itoa(i+1))
	}
	for _, m := range w.stored() {
		ch <- m
	}
}

// age is how long ago something was; zero for what never was.
func (w *watcher) age(at time.Time) time.Duration {
	if at.IsZero() {
		return 0
	}
	return max(w.Now().Sub(at), 0)
}

// stored is what the store says; with an error it says what it could.
func (w *watcher) stored() []prometheus.Metric {
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Now().Before(w.till) {
		return w.kept
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	var out []prometheus.Metric
	failed := false
	fail := func(what string, err error) {
		failed = true
		w.Logger.Warn("a metric could not be read", "metric", what, "error", err)
	}
	if rows, oldest, err := w.Owed(ctx); err != nil {
		fail("outbox", err)
	} else {
		out = append(out, gauge(owedDesc, float64(rows)), gauge(oldestOwed, w.age(oldest).Seconds()))
	}
	if oldest, err := w.Mails(ctx); err != nil {
		fail("mails", err)
	} else {
		out = append(out, gauge(oldestMail, w.age(oldest).Seconds()))
	}
	if states, err := w.Jobs(ctx); err != nil {
		fail("jobs", err)
	} else {
		for state, n := range states {
			out = append(out, gauge(jobsDesc, float64(n), state))
		}
	}
	if open, err := w.Imports(ctx); err != nil {
		fail("imports", err)
	} else {
		out = append(out, progress(open)...)
	}
	if free, size, err := diskSpace(w.Disk); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		fail("disk", err)
	} else if err == nil {
		out = append(out, gauge(freeDesc, float64(free)), gauge(sizeDesc, float64(size)))
	}
	out = append(out, gauge(sourceDesc, one(!failed)))
	w.kept, w.till = out, time.Now().Add(fresh)
	return out
}

// progress says how far imports are. The files in an archive are not counted
// before it is opened.
func progress(open []knowledge.Import) []prometheus.Metric {
	states := map[knowledge.ImportState]int{knowledge.ImportQueued: 0, knowledge.ImportRunning: 0}
	done, waiting := 0, 0
	for _, i := range open {
		states[i.State]++
		done += len(i.Reports)
		waiting += max(len(i.Files)-len(i.Reports), 0)
	}
	out := []prometheus.Metric{gauge(filesDesc, float64(done), "done"), gauge(filesDesc, float64(waiting), "waiting")}
	for s, n := range states {
		out = append(out, gauge(importsDesc, float64(n), string(s)))
	}
	return out
}

func gauge(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
