package api

import (
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Metrics are the server's own. Names begin with frontdesk_; no label holds what
// a caller chose.
type Metrics struct {
	requests     *prometheus.CounterVec
	seconds      *prometheus.HistogramVec
	sends        *prometheus.CounterVec
	ack          prometheus.Histogram
	limits       *prometheus.CounterVec
	closes       *prometheus.CounterVec
	resumes      *prometheus.CounterVec
	gaps         *prometheus.CounterVec
	ratings      *prometheus.CounterVec
	translations *prometheus.CounterVec
	slow         prometheus.Counter
	zombies      prometheus.Counter
	lag          prometheus.Histogram
	draining     prometheus.Gauge
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
		resumes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "frontdesk_resume_total", Help: "Readers who took up a conversation, by how: delta (what they lacked) or snapshot (the newest anew).",
		}, []string{"result"}),
		gaps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "frontdesk_gap_fills_total", Help: "Holes in a conversation that were read from the store, by what showed them: local (written here out of turn), bus (a frame of another node), sweep (the bus had lost the last frame).",
		}, []string{"source"}),
		ratings: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "frontdesk_ratings_total", Help: "Talks that visitors rated, by whom they were with (bot or agent) and score, 1 to 5.",
		}, []string{"about", "score"}),
		translations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "frontdesk_translations_total", Help: "Translations for agents, of a message, a summary or a reply before it is sent, by result: ok, doubtful (a number, code or address is missing), kept (translated before), or the kind of failure.",
		}, []string{"what", "result"}),
		slow:    prometheus.NewCounter(prometheus.CounterOpts{Name: "frontdesk_slow_closes_total", Help: "Sockets closed because they read too slowly."}),
		zombies: prometheus.NewCounter(prometheus.CounterOpts{Name: "frontdesk_zombie_closes_total", Help: "Sockets closed because they did not answer a ping."}),
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "frontdesk_deliver_lag_seconds", Help: "Time from writing an event to handing it to a socket.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .4, .5, 1, 2, 5, 10},
		}),
		draining: prometheus.NewGauge(prometheus.GaugeOpts{Name: "frontdesk_draining", Help: "1 while this node sends its sockets away."}),
		closes:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "frontdesk_socket_closes_total", Help: "Sockets that the server closed, by code."}, []string{"code"}),
	}
	for _, c := range []prometheus.Collector{
		m.requests, m.seconds, m.sends, m.ack, m.limits, m.closes, m.resumes, m.gaps, m.ratings, m.translations, m.slow, m.zombies, m.lag, m.draining,
	} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	// What must be seen at 0 before it happens first.
	for _, by := range []string{"visitor", "agent"} {
		m.sends.WithLabelValues(by, "ok")
		m.sends.WithLabelValues(by, string(fault.Unavailable))
		m.sends.WithLabelValues(by, string(fault.Internal))
	}
	for _, how := range []string{"delta", "snapshot"} {
		m.resumes.WithLabelValues(how)
	}
	for _, source := range []string{"local", "bus", "sweep"} {
		m.gaps.WithLabelValues(source)
	}
	for _, what := range []string{"message", "reply"} {
		for _, result := range []string{"ok", "doubtful", string(fault.Unavailable)} {
			m.translations.WithLabelValues(what, result)
		}
	}
	for _, about := range []string{"bot", "agent"} {
		for score := 1; score <= 5; score++ {
			m.ratings.WithLabelValues(about, strconv.Itoa(score))
		}
	}
	return m, nil
}

func (m *Metrics) translated(what string, t bot.Translation, err error) {
	result := "ok"
	switch {
	case err != nil:
		result = string(fault.KindOf(err))
	case t.Kept:
		result = "kept"
	case len(t.Lost) > 0:
		result = "doubtful"
	}
	m.translations.WithLabelValues(what, result).Inc()
}

func (m *Metrics) rated(about string, score int) {
	m.ratings.WithLabelValues(about, strconv.Itoa(score)).Inc()
}

// Live counts what the hub reports; it is the hub's Options.Count.
func (m *Metrics) Live(what string) {
	switch what {
	case "slow":
		m.slow.Inc()
	case "zombie":
		m.zombies.Inc()
	default:
		if source, ok := strings.CutPrefix(what, "gap_"); ok {
			m.gaps.WithLabelValues(source).Inc()
		} else if how, ok := strings.CutPrefix(what, "resume_"); ok {
			m.resumes.WithLabelValues(how).Inc()
		}
	}
}

// Delivered takes how long an event needed to a socket; it is the hub's
// Options.Delivered.
func (m *Metrics) Delivered(lag time.Duration) { m.lag.Observe(max(lag, 0).Seconds()) }

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
