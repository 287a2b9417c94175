package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/bot/bottest"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/extract"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/live"
	"github.com/frontdesk-chat/frontdesk/internal/sqlite"
	"github.com/frontdesk-chat/frontdesk/internal/upload"
	"github.com/frontdesk-chat/frontdesk/knowledge"
	"github.com/frontdesk-chat/frontdesk/training"
)

const (
	ws       = id.DefaultWorkspace
	shopSite = "https://shop.example.com"
	password = "correct horse"
)

// world is a whole server on a free port over a database of its own.
type world struct {
	t         testing.TB
	db        *sqlite.DB
	accounts  *account.Directory
	hub       *live.Hub
	desk      *handoff.Desk
	imports   *knowledge.Imports
	catalogue *training.Catalogue
	woken     atomic.Int32 // how often a queued import was told
	engine    *bot.Engine
	server    *api.Server
	http      *httptest.Server
	spec      *spec
	log       *bytes.Buffer
	judge     atomic.Pointer[knowledge.Judge] // of the library; nil: everything passes

	mu     sync.Mutex // guards offset
	offset time.Duration
}

// now is the world's clock: the real one, moved on by tests.
func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.offset).UTC().Truncate(time.Microsecond)
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.offset += d
}

// ready is a store that is needed and a bus that is not.
func (w *world) ready(ctx context.Context) []api.Check {
	return []api.Check{
		{Name: "database", Needed: true, Err: w.db.Ready(ctx)},
		{Name: "bus", Detail: "polling", Err: fault.New(fault.Unavailable, "Redis does not answer.")},
	}
}

// hashes embeds texts by their words: equal words are close.
type hashes struct{}

func (hashes) Model() string { return "hashes" }
func (h hashes) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	return h.EmbedQueries(ctx, texts)
}

func (hashes) EmbedQueries(_ context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, t := range texts {
		v := make([]float32, 16)
		v[0] = 1
		for _, w := range strings.Fields(strings.ToLower(t)) {
			f := fnv.New32a()
			f.Write([]byte(w))
			v[f.Sum32()%16]++
		}
		var sum float64
		for _, x := range v {
			sum += float64(x) * float64(x)
		}
		for j := range v {
			v[j] /= float32(math.Sqrt(sum))
		}
		out[i] = v
	}
	return out, nil
}

// both tells engine and hub what the desk wrote.
type both struct {
	*live.Hub
	engine *bot.Engine
}

func (b *both) Published(w bot.Written) {
	b.engine.Observe(w)
	b.Hub.Published(w)
}

// customers tells the desk what sites vouch for.
type customers struct{ *account.Directory }

func (c customers) Attributes(ctx context.Context, ws bot.WorkspaceID, visitor bot.VisitorID) (map[string]string, error) {
	v, err := c.VisitorByID(ctx, ws, string(visitor))
	return v.Attributes, err
}

// unlimited is what tests run with that are not about limits.
var unlimited = api.Limits{
	MessagesPerMinute: -1, FramesPerSecond: -1, SocketsPerAddress: -1, ConnectsPerSecond: -1, ConversationsPerHour: -1,
	SessionsPerMinute: -1, SignInsPerMinute: -1, RequestsPerSecond: -1, UploadsPerMinute: -1,
}

type setup struct {
	options api.Options
	live    live.Options
	models  []bot.Model
	assets  api.Assets
}

func newWorld(t testing.TB, s setup) *world {
	t.Helper()
	w := &world{t: t, log: new(bytes.Buffer)}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	dir := t.TempDir()
	w.db, err = sqlite.Open(context.Background(), dir, &sqlite.Options{Now: w.now})
	must(err)
	log := slog.New(slog.NewTextHandler(&locked{w: w.log}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.accounts = account.New(w.db.Accounts(), w.now, &account.Options{Argon: account.Argon{Memory: 64, Time: 1, Threads: 1}, Logger: log})
	reg := prometheus.NewRegistry()
	metrics, err := api.NewMetrics(reg)
	must(err)
	tl := w.db.Conversations()
	frames := api.NewFrames(w.accounts, log)
	s.live.Logger, s.live.Count = log, metrics.Live
	w.hub = live.New(tl, frames, w.now, &s.live)
	told := &both{Hub: w.hub}
	w.desk = handoff.New(w.db.Handoff(), tl, told, w.now, log, &handoff.Options{Notifier: w.hub, Tickets: w.db.Handoff(), Mails: true, Customers: customers{w.accounts}})
	index, err := knowledge.NewLocal(hashes{}, 16, &knowledge.LocalOptions{Now: w.now})
	must(err)
	library := knowledge.NewLibrary(w.db.Knowledge(), hashes{}, index, w.now, log, &knowledge.Options{Extractor: extract.Local{}, Judge: func(ctx context.Context, r knowledge.Release) error {
		if judge := w.judge.Load(); judge != nil {
			return (*judge)(ctx, r)
		}
		return nil
	}})
	w.imports = knowledge.NewImports(w.db.Knowledge(), library, dir+"/uploads", w.now, log)
	w.catalogue = w.newCatalogue()
	policy := bot.DefaultPolicy()
	w.engine, err = bot.New(bot.Parts{
		Timeline: tl, Runs: tl, Understander: bottest.Reader{}, Retriever: &bottest.Library{Documents: []bottest.Document{
			{Question: "What is the return period?", Answer: "You may send goods back within 30 days."},
		}}, Embedder: hashes{}, Escalator: w.desk, Publisher: w.hub, Now: w.now, Logger: log, Translations: tl,
	}, &bot.Options{Policy: &policy, Models: s.models})
	must(err)
	told.engine = w.engine
	uploads, err := upload.New(dir+"/files", w.db.Uploads(), w.now, nil)
	must(err)
	if s.options.Limits == (api.Limits{}) {
		s.options.Limits = unlimited
	}
	w.server, err = api.New(api.Parts{
		Engine: w.engine, Timeline: tl, Runs: tl, Traces: tl, Lists: tl, Desk: w.desk, Replies: handoff.NewReplies(w.db.Handoff(), w.desk), Library: library,
		Imports: w.imports, Wake: func() { w.woken.Add(1) },
		Review: training.NewReview(tl, w.db.Training(), w.db.Training(), nil, w.now),
		Checks: training.NewChecks(w.db.Training(), nil, w.now), Answerer: func() (training.Answerer, error) { return w.engine, nil }, Releases: w.db.Training(), Catalogue: w.catalogue, Accounts: w.accounts, Uploads: uploads, Hub: w.hub, Frames: frames,
		Metrics: metrics, Gatherer: reg, Assets: s.assets, Ready: w.ready, Policy: policy, Now: w.now, Logger: log,
	}, &s.options)
	must(err)
	_, err = w.accounts.PutInbox(context.Background(), account.Inbox{Workspace: ws, ID: "shop", Name: "Shop", Origins: []string{shopSite}})
	must(err)
	_, err = w.accounts.PutInbox(context.Background(), account.Inbox{Workspace: ws, ID: "blog", Name: "Blog", Origins: []string{"https://blog.example.com"}})
	must(err)

	w.http = httptest.NewUnstartedServer(nil)
	w.http.Config = w.server.HTTPServer()
	w.http.Start()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, run := range []func(context.Context) error{w.hub.Run, w.server.Run, w.engine.Run, w.desk.Run} {
		wg.Go(func() {
			if err := run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() {
		cancel()
		wg.Wait()
		w.http.Close()
		if err := w.db.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() && testing.Verbose() {
			t.Log(w.log.String())
		}
	})
	w.spec = w.readSpec()
	return w
}

// locked lets several goroutines log.
type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// client calls the server as one caller.
type client struct {
	w      *world
	token  string // visitor
	cookie string // console
	csrf   string
	id     string // of the visitor or account
	header http.Header
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) String() string { return fmt.Sprintf("%d %s", a.status, a.body) }

// into decodes the body.
func (a answer) into(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatalf("%v in %s", err, a)
	}
}

// code returns the code of a problem document.
func (a answer) code() string {
	var p api.Problem
	if json.Unmarshal(a.body, &p) != nil || a.header.Get("Content-Type") != "application/problem+json" {
		return "not a problem: " + a.String()
	}
	return p.Code
}

func (c *client) request(method, path string, body any) *http.Request {
	var r io.Reader
	kind := ""
	switch b := body.(type) {
	case nil:
	case io.Reader:
		r = b
	default:
		data, err := json.Marshal(b)
		if err != nil {
			c.w.t.Fatal(err)
		}
		r, kind = bytes.NewReader(data), "application/json"
	}
	req, err := http.NewRequestWithContext(context.Background(), method, c.w.http.URL+path, r)
	if err != nil {
		c.w.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.cookie != "" {
		req.Header.Set("Cookie", c.cookie)
		req.Header.Set("X-CSRF-Token", c.csrf)
	}
	for k, v := range c.header {
		req.Header[k] = v
	}
	return req
}

// do calls a path under the API and checks the answer against its description.
func (c *client) do(method, path string, body any) answer {
	c.w.t.Helper()
	a := c.send(c.request(method, "/api/v1"+path, body))
	c.w.spec.check(c.w.t, method, path, a)
	return a
}

func (c *client) send(req *http.Request) answer {
	c.w.t.Helper()
	res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	if err != nil {
		c.w.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		c.w.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, data}
}

// want fails unless the status is as expected.
func (a answer) want(t testing.TB, status int) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("got %s, want status %d", a, status)
	}
	return a
}

func (w *world) nobody() *client { return &client{w: w} }

// visitor starts a visitor's session.
func (w *world) visitor() *client {
	w.t.Helper()
	var s api.VisitorSession
	w.nobody().do("POST", "/visitor/sessions", map[string]any{"inbox": "shop", "language": "en"}).want(w.t, 200).into(w.t, &s)
	return &client{w: w, token: s.Token, id: s.Visitor.ID}
}

// console makes an account and signs in.
func (w *world) console(roles ...account.Role) *client {
	w.t.Helper()
	email := id.New() + "@example.com"
	if _, err := w.accounts.Create(context.Background(), account.NewAccount{Workspace: ws, Email: email, Name: "Lin", Roles: roles, Password: password}); err != nil {
		w.t.Fatal(err)
	}
	return w.signIn(email)
}

func (w *world) signIn(email string) *client {
	w.t.Helper()
	a := w.nobody().do("POST", "/sessions", map[string]string{"email": email, "password": password}).want(w.t, 200)
	var s api.Session
	a.into(w.t, &s)
	cookie, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
	return &client{w: w, cookie: cookie, csrf: s.CSRF, id: s.Account.ID}
}

// say sends a visitor's message by HTTP; "" begins a conversation.
func (c *client) say(conv, text string) api.Ack {
	c.w.t.Helper()
	m := map[string]any{"id": id.New(), "text": text}
	if conv == "" {
		m["client_conv_id"] = id.New()
	} else {
		m["conversation"] = conv
	}
	var ack api.Ack
	c.do("POST", "/visitor/messages", m).want(c.w.t, 200).into(c.w.t, &ack)
	return ack
}

// eventually asks until ok, without a pause of its own: each try is a round trip.
func (w *world) eventually(what string, ok func() bool) {
	w.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if ok() {
			return
		}
	}
	w.t.Fatalf("waited too long for %s", what)
}
