package telemetry

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Prices are what a language model costs. Zero: not known, nothing is counted.
type Prices struct {
	Input  float64 // of a million tokens of a prompt, in the operator's currency
	Output float64 // of a million tokens of an answer
}

// Metrics are the metrics of all rooms but api, which has its own. It is told
// what happens by the rooms' observers.
type Metrics struct {
	prices Prices
	floors floors

	begun      prometheus.Counter
	turns      *prometheus.CounterVec
	decisions  *prometheus.CounterVec
	confidence prometheus.Histogram
	sentiment  prometheus.Histogram
	turn       prometheus.Histogram
	answer     prometheus.Histogram
	steps      *prometheus.HistogramVec
	takeovers  prometheus.Counter
	fenced     prometheus.Counter

	model    *prometheus.HistogramVec
	first    *prometheus.HistogramVec
	failures *prometheus.CounterVec
	tokens   *prometheus.CounterVec
	cost     *prometheus.CounterVec

	handovers *prometheus.CounterVec
	wait      *prometheus.HistogramVec
	offers    *prometheus.CounterVec
	overshoot prometheus.Counter
	double    prometheus.Counter

	search   prometheus.Histogram
	embed    *prometheus.HistogramVec
	embedded *prometheus.CounterVec

	mails     *prometheus.CounterVec
	mailFiles *prometheus.CounterVec

	copies    *prometheus.CounterVec
	lostSpans prometheus.Counter

	commits prometheus.Histogram
	commit  prometheus.Histogram
}

// Buckets, in seconds unless named otherwise.
var (
	quick  = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}          // one step in this process
	spoken = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 15, 30, 60, 120}          // what may hang on a language model
	queued = []float64{.05, .1, .25, .5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600} // what hangs on people
	shares = []float64{.1, .2, .3, .36, .4, .5, .6, .7, .8, .9, .95, 1}                            // confidence; .36 is where the shipped policy answers
	moods  = []float64{-.8, -.6, -.4, -.2, 0, .2, .4, .6, .8, 1}                                   // sentiment
)

// NewMetrics registers the metrics. Error: what the registry says of a name that
// is taken.
func NewMetrics(reg prometheus.Registerer, prices Prices) (*Metrics, error) {
	m := &Metrics{prices: prices}
	r := registrar{reg: reg}
	m.begun = r.counter("conversations_begun_total", "Conversations that visitors began on this node.")
	m.turns = r.counters("turns_total", "Attempts at a turn of the bot, by how they ended.", "outcome")
	m.decisions = r.counters("bot_decisions_total", "Turns that ended in a reply, by what the bot decided: answer, smalltalk, clarify, offer, handoff, refuse, flow.", "decision")
	m.confidence = r.histogram("bot_confidence", "Confidence of the best candidate of each turn, 0 to 1.", shares)
	m.sentiment = r.histogram("visitor_sentiment", "Sentiment of the visitor in each turn, -1 to 1.", moods)
	m.turn = r.histogram("turn_seconds", "Time from claiming a run to its end.", spoken)
	m.answer = r.histogram("answer_seconds", "Time from a visitor's message to the end of the reply to it.", spoken)
	m.steps = r.histograms("turn_step_seconds", "Time of one step of a turn.", quick, "step")
	m.takeovers = r.counter("run_takeovers_total", "Runs taken up that another attempt had begun.")
	m.fenced = r.counter("fenced_writes_total", "Replies that came too late: the fence kept them out.")

	m.model = r.histograms("model_seconds", "Time of a call of a language model.", spoken, "model", "order", "use")
	m.first = r.histograms("model_first_piece_seconds", "Time from asking a language model to its first piece.", spoken, "model", "order", "use")
	m.failures = r.counters("model_failures_total", "Calls of a language model that failed, by kind of failure.", "model", "order", "kind")
	m.tokens = r.counters("model_tokens_total", "Tokens as the endpoint reports them: of prompts (input) and answers (output).", "model", "kind")
	m.cost = r.counters("model_cost_total", "What tokens cost at the configured prices, in the operator's currency.", "model")

	m.handovers = r.counters("handovers_total", "Conversations that went from the bot to people, by reason.", "reason")
	m.wait = r.histograms("queue_wait_seconds", "Time from the start of a wait to an offer (offered) and to its acceptance (accepted).", queued, "until")
	m.offers = r.counters("offers_total", "Offers to agents: made, and how they ended.", "outcome")
	m.overshoot = r.counter("capacity_overshoot_total", "Offers that took an agent over capacity. Must be 0.")
	m.double = r.counter("double_assign_total", "Acceptances of a conversation that was not held for the agent. Must be 0.")

	m.search = r.histogram("search_seconds", "Time to find candidates for a question.", quick)
	m.embed = r.histograms("embed_seconds", "Time of one call of the embedding model.", quick, "what")
	m.embedded = r.counters("embedded_texts_total", "Texts given to the embedding model.", "what")

	m.mails = r.counters("mails_total", "E-mails of tickets: sent; failed (a try, another one follows); refused (given up); received.", "outcome")
	m.mailFiles = r.counters("mail_files_total", "Files of e-mails that came in: taken, refused.", "outcome")

	m.copies = r.counters("copies_total", "What was looked up among copies in Redis (embedding, search, profile), by whether it was there.", "what", "result")
	m.lostSpans = r.counter("trace_spans_lost_total", "Spans that the collector of traces did not take.")

	m.commits = r.histogram("group_commit_writes", "Writes that shared one commit (embedded store).", []float64{1, 2, 4, 8, 16, 24, 32})
	m.commit = r.histogram("group_commit_seconds", "Time of one group commit (embedded store).", quick)
	if r.err != nil {
		return nil, r.err
	}
	// What must be seen at 0 before it happens first.
	for _, how := range []bot.Outcome{bot.TurnDone, bot.TurnFailed, bot.TurnFenced, bot.TurnTaken} {
		m.turns.WithLabelValues(string(how))
	}
	for _, o := range []MailOutcome{MailSent, MailFailed, MailRefused, MailReceived} {
		m.mails.WithLabelValues(string(o))
	}
	for _, o := range []string{"taken", "refused"} {
		m.mailFiles.WithLabelValues(o)
	}
	for _, d := range []bot.Decision{bot.DecideAnswer, bot.DecideClarify, bot.DecideHandoff, bot.DecideOffer, bot.DecideRefuse, bot.DecideSmalltalk} {
		m.decisions.WithLabelValues(string(d))
	}
	for _, state := range []handoff.ReservationState{
		"made", handoff.ReservationAccepted, handoff.ReservationDeclined, handoff.ReservationMissed, handoff.ReservationRescinded,
	} {
		m.offers.WithLabelValues(string(state))
	}
	return m, reg.Register(&m.floors)
}

// registrar registers one metric after the other and keeps the first error.
type registrar struct {
	reg prometheus.Registerer
	err error
}

const namespace = "frontdesk"

func register[C prometheus.Collector](r *registrar, c C) C {
	if err := r.reg.Register(c); err != nil && r.err == nil {
		r.err = fault.Wrap(fault.Internal, err, "A metric cannot be registered.")
	}
	return c
}

func (r *registrar) counter(name, help string) prometheus.Counter {
	return register(r, prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}))
}

func (r *registrar) counters(name, help string, labels ...string) *prometheus.CounterVec {
	return register(r, prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels))
}

func (r *registrar) histogram(name, help string, buckets []float64) prometheus.Histogram {
	return register(r, prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}))
}

func (r *registrar) histograms(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return register(r, prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels))
}

// Committed takes what the embedded store says of a group commit.
func (m *Metrics) Committed(writes int, took time.Duration) {
	m.commits.Observe(float64(writes))
	m.commit.Observe(took.Seconds())
}

// LostSpans takes what a tracer says it could not send.
func (m *Metrics) LostSpans(n int) { m.lostSpans.Add(float64(n)) }

// Copied takes whether a copy that was looked for was there.
func (m *Metrics) Copied(what string, hit bool) {
	result := "miss"
	if hit {
		result = "hit"
	}
	m.copies.WithLabelValues(what, result).Inc()
}

// Tokens takes what a model's endpoint says it has read and written.
func (m *Metrics) Tokens(model string, input, output int) {
	m.tokens.WithLabelValues(model, "input").Add(float64(input))
	m.tokens.WithLabelValues(model, "output").Add(float64(output))
	if cost := (float64(input)*m.prices.Input + float64(output)*m.prices.Output) / 1e6; cost > 0 {
		m.cost.WithLabelValues(model).Add(cost)
	}
}

// turned counts an attempt at a run.
func (m *Metrics) turned(t *bot.Turn, how bot.Outcome, e bot.Ending) {
	m.turns.WithLabelValues(string(how)).Inc()
	if how == bot.TurnFenced {
		m.fenced.Inc()
	}
	if how != bot.TurnDone {
		return
	}
	m.turn.Observe(e.Took.Seconds())
	if e.Visitor > 0 {
		m.answer.Observe(e.Visitor.Seconds())
	}
	m.decisions.WithLabelValues(string(t.Trace.Decision)).Inc()
	m.sentiment.Observe(t.Trace.Reading.Sentiment)
	if len(t.Trace.Candidates) > 0 {
		m.confidence.Observe(t.Trace.Confidence)
	}
}

// Called implements bot.Observer.
func (m *Metrics) Called(c bot.Call) {
	order := strconv.Itoa(c.Order + 1)
	m.model.WithLabelValues(c.Model, order, c.For).Observe(c.Took.Seconds())
	if c.First > 0 {
		m.first.WithLabelValues(c.Model, order, c.For).Observe(c.First.Seconds())
	}
	if c.Err != nil {
		m.failures.WithLabelValues(c.Model, order, string(fault.KindOf(c.Err))).Inc()
	}
}
