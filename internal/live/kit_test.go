package live_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/bot/bottest"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/live"
	"github.com/frontdesk-chat/frontdesk/internal/pubsub"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const ws = id.DefaultWorkspace

var errBroken = errors.New("broken")

// plain writes messages as JSON with their type, as api does in its own words.
type plain struct{ pad int }

type wire struct {
	Type string
	Pad  string `json:",omitempty"`
	Body json.RawMessage
}

func (p plain) Encode(view bot.View, m live.Message) []byte {
	body, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	w := wire{Type: fmt.Sprintf("%T", m), Body: body}
	if _, ok := m.(live.Events); ok && p.pad > 0 {
		w.Pad = strings.Repeat("x", p.pad)
	}
	out, err := json.Marshal(w)
	if err != nil {
		panic(err)
	}
	return out
}

// reader is a client with a socket that a test can jam: it keeps its own view of
// one conversation, as a browser does, and checks it as it grows.
type reader struct {
	t    testing.TB
	view bot.View

	mu      sync.Mutex
	cond    *sync.Cond
	frames  []wire
	events  []bot.Event // gap-free prefix of what this reader sees
	base    int64       // number before the first of events: a snapshot may begin later
	synced  bool
	closed  int // close code; 0: open
	jam     chan struct{}
	broken  bool
	current *socket // frames of older ones come too late for a client; nil: any socket will do
	dups    int
	most    int // frames that came in one write
	problem string
}

func newReader(t testing.TB, view bot.View) *reader {
	r := &reader{t: t, view: view}
	r.cond = sync.NewCond(&r.mu)
	return r
}

// socket is one connection of a reader.
type socket struct{ r *reader }

func (s *socket) Write(frames [][]byte) error {
	s.r.mu.Lock()
	s.r.most = max(s.r.most, len(frames))
	s.r.mu.Unlock()
	for _, f := range frames {
		if err := s.r.write(s, f); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) write(s *socket, frame []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.jam != nil && !r.broken {
		jam := r.jam
		r.mu.Unlock()
		<-jam
		r.mu.Lock()
	}
	if r.broken || r.current != nil && r.current != s {
		return errBroken
	}
	var w wire
	if err := json.Unmarshal(frame, &w); err != nil {
		r.problem = err.Error()
	}
	r.take(w)
	r.cond.Broadcast()
	return nil
}

func (s *socket) Close(code int, _ string) {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	if s.r.closed == 0 {
		s.r.closed = code
	}
	s.r.cond.Broadcast()
}

func (r *reader) number(e bot.Event) int64 {
	if r.view == bot.ViewVisitor {
		return e.VSeq
	}
	return e.Seq
}

func (r *reader) top() int64 { return r.base + int64(len(r.events)) }

// take applies a frame; the caller holds mu.
func (r *reader) take(w wire) {
	r.frames = append(r.frames, wire{Type: w.Type, Body: w.Body})
	switch w.Type {
	case "live.Events":
		var m live.Events
		if err := json.Unmarshal(w.Body, &m); err != nil {
			r.problem = err.Error()
			return
		}
		if m.Mode == live.ModeSnapshot {
			r.events, r.base = nil, m.Top-int64(len(m.List))
		}
		for _, e := range m.List {
			n := r.number(e)
			switch {
			case n <= 0:
				r.problem = fmt.Sprintf("event %d of kind %s is not for this view", e.Seq, e.Kind)
			case n <= r.top():
				r.dups++
			case n != r.top()+1:
				r.problem = fmt.Sprintf("hole: got %d after %d", n, r.top())
			default:
				r.events = append(r.events, e)
			}
		}
		if m.Top != r.top() {
			r.problem = fmt.Sprintf("frame says top %d, reader has %d", m.Top, r.top())
		}
	case "live.Synced":
		var m live.Synced
		if err := json.Unmarshal(w.Body, &m); err != nil || m.N != r.top() {
			r.problem = fmt.Sprintf("synced at %d, reader has %d (%v)", m.N, r.top(), err)
		}
		r.synced = true
	}
}

// wait blocks until ok, which is called under the reader's lock.
func (r *reader) wait(what string, ok func() bool) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	late := time.AfterFunc(20*time.Second, func() { r.mu.Lock(); r.broken = true; r.cond.Broadcast(); r.mu.Unlock() })
	defer late.Stop()
	for !ok() {
		if r.broken {
			r.t.Fatalf("waited too long for %s; %d events, top %d, closed %d, problem %q", what, len(r.events), r.top(), r.closed, r.problem)
		}
		r.cond.Wait()
	}
}

func (r *reader) count(kind string) int {
	n := 0
	for _, f := range r.frames {
		if f.Type == kind {
			n++
		}
	}
	return n
}

// bench is a database with one conversation, and hubs over it.
type bench struct {
	t    testing.TB
	tl   *bottest.Store
	conv bot.Conversation
	hubs []*live.Hub
	bus  []*lossy
	stop func()
}

// lossy drops frames of the bus when told to.
type lossy struct {
	pubsub.Bus
	mu      sync.Mutex
	drop    bool
	unwell  bool
	changed chan struct{}
	joined  chan struct{}
}

func (l *lossy) Join(receive func([]byte)) func() {
	defer close(l.joined)
	return l.Bus.Join(receive)
}

// fail has the node take its bus for broken.
func (l *lossy) fail(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unwell = on
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *lossy) State() (bool, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.unwell, l.changed
}

func (l *lossy) Publish(f []byte) {
	l.mu.Lock()
	drop := l.drop
	l.mu.Unlock()
	if !drop {
		l.Bus.Publish(f)
	}
}

func (l *lossy) lose(on bool) {
	l.mu.Lock()
	l.drop = on
	l.mu.Unlock()
}

// headed tells when a node stands in the feed.
type headed struct {
	bot.Feed
	once  sync.Once
	taken chan struct{}
}

func (h *headed) Changes(ctx context.Context, after string, limit int) (bot.FeedPage, error) {
	h.once.Do(func() { close(h.taken) })
	return h.Feed.Changes(ctx, after, limit)
}

func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

func newBench(t testing.TB, nodes int, o live.Options, enc live.Encoder) *bench {
	t.Helper()
	b := &bench{t: t, tl: bottest.NewStore(now)}
	var mem pubsub.Memory
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	var heads []*headed
	for range nodes {
		bus := &lossy{Bus: mem.Node(), changed: make(chan struct{}), joined: make(chan struct{})}
		o := o
		head := &headed{Feed: b.tl, taken: make(chan struct{})}
		o.Bus, o.Changes = bus, head
		heads = append(heads, head)
		if nodes > 1 && o.Sweep == 0 {
			o.Sweep = 5 * time.Millisecond
		}
		h := live.New(b.tl, enc, now, &o)
		b.hubs, b.bus = append(b.hubs, h), append(b.bus, bus)
		wg.Go(func() {
			if err := h.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	for _, bus := range b.bus {
		<-bus.joined
	}
	for i, bus := range b.bus {
		if nodes > 1 {
			bus.fail(false) // it looks once more, now that it is not alone
			<-heads[i].taken
		}
	}
	b.stop = func() {
		cancel()
		wg.Wait()
	}
	t.Cleanup(func() { b.stop() })
	w, err := b.tl.Open(context.Background(), bot.Conversation{
		Workspace: ws, Inbox: "shop", Visitor: "v1", ClientConvID: id.New(), CreatedAt: now(),
	}, bot.Key{Sender: bot.Author{Kind: bot.AuthorVisitor, ID: "v1"}, ClientMsgID: id.New(), Digest: "x"}, change(true, "hello"))
	if err != nil {
		t.Fatal(err)
	}
	b.conv = w.Conversation
	return b
}

// change appends one message or note.
func change(visible bool, text string) bot.Decide {
	return func(bot.Conversation) (bot.Change, error) {
		kind, author := bot.EventMessage, bot.AuthorBot
		if !visible {
			kind, author = bot.EventNote, bot.AuthorAgent
		}
		return bot.Change{Events: []bot.NewEvent{{
			Kind: kind, Visible: visible, At: now(), Author: bot.Author{Kind: author}, Body: bot.Body{Text: text},
		}}}, nil
	}
}

func (b *bench) write(visible bool, text string) bot.Written {
	b.t.Helper()
	w, err := b.tl.Write(context.Background(), ws, b.conv.ID, bot.Key{}, change(visible, text))
	if err != nil {
		b.t.Fatal(err)
	}
	return w
}

// has gives the conversation to an agent.
func (b *bench) has(agent bot.AgentID) {
	b.t.Helper()
	w, err := b.tl.Write(context.Background(), ws, b.conv.ID, bot.Key{}, func(bot.Conversation) (bot.Change, error) {
		return bot.Change{
			Row:    func(c *bot.Conversation) { c.Agent, c.Speaker, c.Service = agent, bot.SpeakerHuman, bot.ServiceActive },
			Events: []bot.NewEvent{{Kind: bot.EventService, Visible: true, At: now(), Author: bot.Author{Kind: bot.AuthorSystem}, Body: bot.Body{Change: "taken", Agent: agent}}},
		}, nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.hubs[0].Published(w)
}

func (b *bench) who(view bot.View) live.Who {
	if view == bot.ViewVisitor {
		return live.Who{Workspace: ws, View: view, Visitor: "v1", Session: "sv"}
	}
	return live.Who{Workspace: ws, View: view, Agent: "a1", Session: "sa"}
}

// connect opens a socket of the reader and has it watch from where it stands.
func (b *bench) connect(h *live.Hub, r *reader) *live.Peer {
	b.t.Helper()
	r.mu.Lock()
	r.closed, r.synced, r.jam = 0, false, nil
	n := r.top()
	s := &socket{r}
	r.current = s
	r.mu.Unlock()
	p, err := h.Connect(b.who(r.view), s)
	if err != nil {
		b.t.Fatal(err)
	}
	epoch, err := h.Epoch(context.Background())
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := h.Watch(context.Background(), p, b.conv.ID, live.Cursor{Epoch: epoch, N: n}); err != nil {
		b.t.Fatal(err)
	}
	return p
}

// all reads a view of the conversation from the database.
func (b *bench) all(view bot.View) []bot.Event {
	b.t.Helper()
	var out []bot.Event
	for after := int64(0); ; {
		page, err := b.tl.Events(context.Background(), bot.EventQuery{Workspace: ws, Conversation: b.conv.ID, View: view, After: after, Limit: 500})
		if err != nil {
			b.t.Fatal(err)
		}
		out = append(out, page.Events...)
		if !page.More {
			return out
		}
		after = page.Events[len(page.Events)-1].Seq
		if view == bot.ViewVisitor {
			after = page.Events[len(page.Events)-1].VSeq
		}
	}
}

// settled waits until the reader has everything and compares it with the database.
func (b *bench) settled(r *reader) {
	b.t.Helper()
	want := b.all(r.view)
	r.wait("the last event", func() bool { return r.top() >= int64(len(want)) || r.problem != "" })
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.problem != "" {
		b.t.Fatal(r.problem)
	}
	if r.dups > 0 {
		b.t.Fatalf("%d events came twice", r.dups)
	}
	if r.top() != int64(len(want)) {
		b.t.Fatalf("reader has %d events, the database %d", r.top(), len(want))
	}
	for i, e := range r.events {
		if e.ID != want[int(r.base)+i].ID {
			b.t.Fatalf("event %d of the reader is %s, in the database %s", i, e.ID, want[int(r.base)+i].ID)
		}
	}
}
