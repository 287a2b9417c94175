package frontdesk

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/load"
)

// served is an App with the sample shop that serves on a free port.
type served struct {
	t    *testing.T
	app  *App
	base string
	stop func() // ends Run and waits; may be called twice
}

func serveDemo(t *testing.T, change func(*Config), options ...Option) *served {
	t.Helper()
	c := Defaults()
	c.Storage.Dir, c.Server.Addr, c.Server.Demo, c.Server.Node = t.TempDir(), "127.0.0.1:0", true, "test"
	if change != nil {
		change(&c)
	}
	app, err := Open(t.Context(), c, append([]Option{WithoutLimits(), WithLog(t.Output())}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := app.Demo(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- app.Run(ctx, func(address string) { ready <- address }) }()
	s := &served{t: t, app: app}
	select {
	case address := <-ready:
		s.base = "http://" + address
	case err := <-ended:
		t.Fatalf("it did not serve: %v", err)
	}
	s.stop = func() {
		cancel()
		if err, ok := <-ended; ok {
			close(ended)
			if err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(func() {
		s.stop()
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// talk is a visitor with one conversation.
type talk struct {
	s      *served
	client *load.Client
	conv   string // client_conv_id
	words  chan load.Event
}

func (s *served) visitor() *talk {
	s.t.Helper()
	session, err := load.NewSession(s.t.Context(), s.base, "shop")
	if err != nil {
		s.t.Fatal(err)
	}
	v := &talk{s: s, conv: id.New(), words: make(chan load.Event, 100)}
	v.client, err = load.Dial(s.t.Context(), s.base, session.Token, nil, nil, func(f load.Frame) {
		for _, e := range f.Events {
			v.words <- e
		}
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { v.client.Close() })
	return v
}

// ask sends a question and returns the bot's words.
func (v *talk) ask(question string) string {
	v.s.t.Helper()
	if err := v.client.Write(map[string]any{"type": "send", "id": id.New(), "client_conv_id": v.conv, "text": question}); err != nil {
		v.s.t.Fatal(err)
	}
	for {
		select {
		case e := <-v.words:
			if e.Author.Kind == "bot" && e.Text != "" {
				return e.Text
			}
		case <-time.After(30 * time.Second):
			v.s.t.Fatalf("%q was not answered", question)
		}
	}
}

// agent returns the demo's agent, on duty.
func (s *served) agent() bot.AgentID {
	s.t.Helper()
	f, err := s.app.db.handoff.Floor(s.t.Context(), id.DefaultWorkspace, time.Time{}, time.Now())
	if err != nil || len(f.Agents) == 0 {
		s.t.Fatalf("agents %v, %v", f.Agents, err)
	}
	who := f.Agents[0].ID
	if err := s.app.desk.Beat(s.t.Context(), id.DefaultWorkspace, []bot.AgentID{who}); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.app.desk.SetDuty(s.t.Context(), id.DefaultWorkspace, who, handoff.DutyOn); err != nil {
		s.t.Fatal(err)
	}
	return who
}

// accept has the agent take the first offer.
func (s *served) accept(who bot.AgentID) {
	s.t.Helper()
	if err := s.app.desk.Sweep(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	offers, err := s.app.desk.Offers(s.t.Context(), id.DefaultWorkspace, who)
	if err != nil || len(offers) == 0 {
		s.t.Fatalf("offers %v, %v", offers, err)
	}
	if _, err := s.app.desk.Accept(s.t.Context(), id.DefaultWorkspace, offers[0].ID, who); err != nil {
		s.t.Fatal(err)
	}
	// An agent who does not write loses the chat.
	if _, err := s.app.desk.Say(s.t.Context(), id.DefaultWorkspace, offers[0].Conversation, bot.Author{Kind: bot.AuthorAgent, ID: string(who)},
		bot.Key{ClientMsgID: id.New()}, bot.Body{Text: "Hello!"}, false); err != nil {
		s.t.Fatal(err)
	}
}

// scrape reads /metrics as Prometheus would.
func (s *served) scrape() map[string]*dto.MetricFamily {
	s.t.Helper()
	r := httptest.NewRecorder()
	s.app.Handler().ServeHTTP(r, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if r.Code != http.StatusOK {
		s.t.Fatalf("status %d: %s", r.Code, r.Body)
	}
	p := expfmt.NewTextParser(model.UTF8Validation)
	families, err := p.TextToMetricFamilies(bytes.NewReader(r.Body.Bytes()))
	if err != nil {
		s.t.Fatal(err)
	}
	return families
}

// value sums the series of a family whose labels hold all of want ("name=value"):
// counters and gauges by their value, histograms by how often they were told.
func value(families map[string]*dto.MetricFamily, name string, want ...string) float64 {
	sum := 0.0
	for _, m := range families[name].GetMetric() {
		var have []string
		for _, l := range m.GetLabel() {
			have = append(have, l.GetName()+"="+l.GetValue())
		}
		if slices.ContainsFunc(want, func(w string) bool { return !slices.Contains(have, w) }) {
			continue
		}
		sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
	}
	return sum
}

func TestMetricsOfADialogue(t *testing.T) {
	s := serveDemo(t, nil)
	who := s.agent()
	v := s.visitor()
	v.ask("How much does a kintsugi repair cost and how long does it take?")
	v.ask("Who won the football world cup in 1998?")
	v.ask("I want to talk to a person")
	during := s.scrape()
	s.accept(who)
	s.stop() // what was under way is told of now
	if err := s.app.desk.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	f := s.scrape()

	for _, c := range []struct {
		name   string
		labels []string
		want   float64
	}{
		{"frontdesk_conversations_begun_total", nil, 1},
		{"frontdesk_turns_total", []string{"outcome=done"}, 3},
		{"frontdesk_bot_decisions_total", []string{"decision=answer"}, 1},
		{"frontdesk_bot_decisions_total", []string{"decision=refuse"}, 1},
		{"frontdesk_bot_decisions_total", []string{"decision=handoff"}, 1},
		{"frontdesk_visitor_sentiment", nil, 3},
		{"frontdesk_bot_confidence", nil, 3},
		{"frontdesk_answer_seconds", nil, 3},
		{"frontdesk_turn_seconds", nil, 3},
		{"frontdesk_turn_step_seconds", []string{"step=append"}, 3},
		{"frontdesk_handovers_total", []string{"reason=asked"}, 1},
		{"frontdesk_offers_total", []string{"outcome=made"}, 1},
		{"frontdesk_offers_total", []string{"outcome=accepted"}, 1},
		{"frontdesk_queue_wait_seconds", []string{"until=offered"}, 1},
		{"frontdesk_queue_wait_seconds", []string{"until=accepted"}, 1},
		{"frontdesk_capacity_overshoot_total", nil, 0},
		{"frontdesk_double_assign_total", nil, 0},
		{"frontdesk_run_takeovers_total", nil, 0},
		{"frontdesk_queue_conversations", nil, 0},
		{"frontdesk_agents", []string{"duty=on"}, 1},
		{"frontdesk_agents_present", nil, 1},
		{"frontdesk_agents_load", nil, 1},
		{"frontdesk_sends_total", []string{"by=visitor", "result=ok"}, 3},
		{"frontdesk_send_ack_seconds", nil, 3},
		{"frontdesk_bus_mode", []string{"mode=alone"}, 1},
		{"frontdesk_bus_mode", nil, 1},
		{"frontdesk_outbox_rows", nil, 0},
		{"frontdesk_source_up", nil, 1},
		{"frontdesk_draining", nil, 1},
		{"frontdesk_build_info", []string{"node=test"}, 1},
	} {
		if got := value(f, c.name, c.labels...); f[c.name] == nil || got != c.want {
			t.Errorf("%s%v is %v, want %v", c.name, c.labels, got, c.want)
		}
	}
	for _, name := range []string{
		"frontdesk_search_seconds", "frontdesk_embed_seconds", "frontdesk_embedded_texts_total", "frontdesk_deliver_lag_seconds",
		"frontdesk_group_commit_writes", "frontdesk_group_commit_seconds", "frontdesk_db_connections_limit", "frontdesk_disk_free_bytes", "frontdesk_disk_size_bytes",
	} {
		if value(f, name) == 0 {
			t.Errorf("%s did not move", name)
		}
	}
	if got := value(during, "frontdesk_sockets", "kind=visitor"); got != 1 {
		t.Errorf("%v sockets of visitors, want 1", got)
	}
	for name, family := range f {
		for _, m := range family.GetMetric() {
			for _, l := range m.GetLabel() {
				if strings.Contains(l.GetValue(), "kintsugi") || strings.Contains(l.GetValue(), v.conv) {
					t.Errorf("%s has a label with what the visitor chose: %v", name, l)
				}
			}
		}
	}
}

// scripted is a model's endpoint; answer says what it writes, "" fails the call.
func scripted(t *testing.T, answer func() string) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text := answer()
		if text == "" {
			http.Error(w, `{"error":{"message":"out of order"}}`, http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		piece, _ := json.Marshal(map[string]any{"choices": []any{map[string]any{"index": 0, "delta": map[string]string{"content": text}, "finish_reason": "stop"}}})
		fmt.Fprintf(w, "data: %s\n\n", piece)
		fmt.Fprint(w, "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":900,\"completion_tokens\":100}}\n\ndata: [DONE]\n\n")
	}))
	t.Cleanup(s.Close)
	return s
}

func TestMetricsOfAModel(t *testing.T) {
	var broken atomic.Bool
	llm := scripted(t, func() string {
		if broken.Load() {
			return ""
		}
		return "Nothing of this stands on the pages."
	})
	s := serveDemo(t, func(c *Config) {
		c.LLM.URL, c.LLM.Model, c.LLM.InputPrice, c.LLM.OutputPrice = llm.URL+"/v1", "tiny", 2, 10
	})
	question := "How hot should the water be for oolong tea?"
	s.visitor().ask(question)
	broken.Store(true)
	for range 3 {
		s.visitor().ask(question)
	}
	s.stop()
	f := s.scrape()
	for _, c := range []struct {
		name   string
		labels []string
		want   float64
	}{
		{"frontdesk_model_seconds", []string{"model=tiny", "order=1", "use=answer"}, 4},
		{"frontdesk_model_first_piece_seconds", []string{"model=tiny"}, 1},
		{"frontdesk_model_failures_total", []string{"model=tiny", "kind=unavailable"}, 3},
		{"frontdesk_model_tokens_total", []string{"kind=input"}, 900},
		{"frontdesk_model_tokens_total", []string{"kind=output"}, 100},
		{"frontdesk_model_cost_total", []string{"model=tiny"}, .0028},
		{"frontdesk_model_breaker_open", []string{"model=tiny"}, 1},
	} {
		if got := value(f, c.name, c.labels...); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s%v is %v, want %v", c.name, c.labels, got, c.want)
		}
	}
}

func TestTracesOfARun(t *testing.T) {
	var mu sync.Mutex
	var raw []byte
	spans := map[string][]*tracepb.Span{} // by name
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var data tracepb.TracesData
		if err == nil {
			err = proto.Unmarshal(body, &data)
		}
		if err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		mu.Lock()
		defer mu.Unlock()
		raw = append(raw, body...)
		for _, res := range data.ResourceSpans {
			for _, scope := range res.ScopeSpans {
				for _, s := range scope.Spans {
					spans[s.Name] = append(spans[s.Name], s)
				}
			}
		}
	}))
	defer collector.Close()
	llm := scripted(t, func() string { return "Nothing of this stands on the pages." })
	s := serveDemo(t, func(c *Config) {
		c.Telemetry.OTLPURL, c.Telemetry.SampleRatio = collector.URL, 1
		c.LLM.URL, c.LLM.Model = llm.URL+"/v1", "tiny"
	})
	question := "How hot should the water be for oolong tea?"
	s.visitor().ask(question)
	s.stop()
	if err := s.app.tracer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(spans["turn"]) != 1 {
		t.Fatalf("%d spans of turns among %v, want 1", len(spans["turn"]), slices.Collect(maps.Keys(spans)))
	}
	run := spans["turn"][0].TraceId
	for _, name := range []string{"append", "own", "understand", "retrieve", "decide", "act", "publish", "search", "embed", "model", "store"} {
		in := 0
		for _, sp := range spans[name] {
			if bytes.Equal(sp.TraceId, run) {
				in++
			}
		}
		if in == 0 {
			t.Errorf("the run's trace has no span %q", name)
		}
	}
	if len(spans["POST /api/v1/visitor/sessions"]) != 1 {
		t.Errorf("requests are not traced: %v", slices.Collect(maps.Keys(spans)))
	}
	if bytes.Contains(raw, []byte("oolong")) {
		t.Error("a trace holds what the visitor wrote")
	}
	if got := value(s.scrape(), "frontdesk_trace_spans_lost_total"); got != 0 {
		t.Errorf("%v spans were lost", got)
	}
}
