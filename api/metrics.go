package api

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the server's own. Names begin with frontdesk_; no label holds what
// a caller chose.
type Metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	sends    *prometheus.CounterVec
	ack      prometheus.Histogram
	limits   *prometheus.CounterVec
	live     *prometheus.CounterVec
	closes   *prometheus.CounterVec
}

// NewMetrics registers the server's metrics. Error: what the registry says of a
// name that is taken.
func NewMetrics(reg prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "frontdesk_http_requests_total", Help: "Requests answered."}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "frontdesk_http_request_seconds", Help: "Time to answer a request.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"method", "route"}),
		sends: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "frontdesk_sends_total", Help: "Messages sent, by who and what became of them."}, []string{"by", "result"}),
		ack: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "frontdesk_send_ack_seconds", Help: "Time from a message's arrival to its durable acknowledgement.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5},
		}),
		limits: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "frontdesk_limited_total", Help: "What was refused because of a limit."}, []string{"what"}),
		live:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "frontdesk_live_total", Help: "What happened to live readers: resume_delta, resume_snapshot, gap, slow, zombie."}, []string{"what"}),
		closes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "frontdesk_socket_closes_total", Help: "Sockets that the server closed, by code."}, []string{"code"}),
	}
	for _, c := range []prometheus.Collector{m.requests, m.seconds, m.sends, m.ack, m.limits, m.live, m.closes} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Live counts what the hub reports; it is the hub's Options.Count.
func (m *Metrics) Live(what string) { m.live.WithLabelValues(what).Inc() }

func (m *Metrics) request(method, route string, status int, took time.Duration) {
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(method, route).Observe(took.Seconds())
}

func (m *Metrics) limited(what string) { m.limits.WithLabelValues(what).Inc() }

func (m *Metrics) closed(code int) { m.closes.WithLabelValues(strconv.Itoa(code)).Inc() }

func (m *Metrics) sent(by, result string, took time.Duration) {
	m.sends.WithLabelValues(by, result).Inc()
	if result == "ok" {
		m.ack.Observe(took.Seconds())
	}
}
