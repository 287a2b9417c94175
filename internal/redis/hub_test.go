package redis_test

import (
	"context"
	"encoding/binary"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/bot/bottest"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/live"
)

// numbers encodes of every message only the numbers of its events.
type numbers struct{}

func (numbers) Encode(_ bot.View, m live.Message) []byte {
	var out []byte
	if e, ok := m.(live.Events); ok {
		for _, x := range e.List {
			out = binary.LittleEndian.AppendUint64(out, uint64(x.Seq))
		}
	}
	return out
}

// sink is a reader that notes when which event came.
type sink struct {
	mu   sync.Mutex
	came map[int64]time.Time
	last int64
	bad  []int64 // repeated or out of order
	more chan struct{}
}

func (s *sink) Write(frames [][]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range frames {
		for ; len(f) >= 8; f = f[8:] {
			n := int64(binary.LittleEndian.Uint64(f))
			if n != s.last+1 {
				s.bad = append(s.bad, n)
			}
			s.last = n
			s.came[n] = time.Now()
		}
	}
	select {
	case s.more <- struct{}{}:
	default:
	}
	return nil
}

func (s *sink) Close(int, string) {}

// TestNothingIsLostWithoutRedis: two nodes over one store; what one writes
// reaches a reader on the other in order and once, while Redis is well, killed,
// back, silent and emptied (F-07, F-08, F-09), and soon.
func TestNothingIsLostWithoutRedis(t *testing.T) {
	s := newServer(t)
	s.start()
	store := bottest.NewStore(nil)
	now := func() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	t.Cleanup(func() { cancel(); wg.Wait() })
	var hubs []*live.Hub
	for range 2 {
		h := live.New(store, numbers{}, now, &live.Options{Bus: open(t, s.url()).Bus(), Changes: store, Logger: logger(t)})
		hubs = append(hubs, h)
		wg.Go(func() {
			if err := h.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	mode := func(want string) {
		t.Helper()
		wait(t, "mode "+want, func() bool { return hubs[0].Mode() == want && hubs[1].Mode() == want })
	}
	mode("bus")
	says := func(bot.Conversation) (bot.Change, error) {
		return bot.Change{Events: []bot.NewEvent{{Kind: bot.EventMessage, Visible: true, At: now(), Author: bot.Author{Kind: bot.AuthorBot}}}}, nil
	}
	w, err := store.Open(ctx, bot.Conversation{Workspace: "shop", Inbox: "i", Visitor: "v", ClientConvID: id.New(), CreatedAt: now()}, bot.Key{}, says)
	if err != nil {
		t.Fatal(err)
	}
	r := &sink{came: map[int64]time.Time{}, more: make(chan struct{}, 1)}
	p, err := hubs[1].Connect(live.Who{Workspace: "shop", View: bot.ViewAgent, Agent: "a"}, r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hubs[1].Watch(ctx, p, w.Conversation.ID, live.Cursor{}); err != nil {
		t.Fatal(err)
	}
	// say writes on the first node and returns the longest time until it was read on the second.
	say := func(what string, n int, limit time.Duration) {
		t.Helper()
		var worst time.Duration
		for range n {
			begun := time.Now()
			w, err := store.Write(ctx, "shop", w.Conversation.ID, bot.Key{}, says)
			if err != nil {
				t.Fatal(err)
			}
			hubs[0].Published(w)
			late := time.After(10 * time.Second)
			for read := false; !read; {
				r.mu.Lock()
				read = r.last >= w.Conversation.Seq
				r.mu.Unlock()
				if read {
					break
				}
				select {
				case <-r.more:
				case <-late:
					t.Fatalf("%s: event %d did not come", what, w.Conversation.Seq)
				}
			}
			worst = max(worst, time.Since(begun))
		}
		t.Logf("%s: %d events, the slowest after %v", what, n, worst)
		if worst > limit {
			t.Errorf("%s: the slowest event took %v, want %v at most", what, worst, limit)
		}
	}
	const soon, swept, polled = 500 * time.Millisecond, 1500 * time.Millisecond, 400 * time.Millisecond
	say("with Redis", 200, soon)
	s.kill()
	say("just killed", 3, swept) // until it is noticed, the sweep finds what is lost
	mode("polling")
	say("without Redis", 10, polled)
	s.start()
	mode("bus")
	say("back", 100, soon)
	s.do("CLIENT", "PAUSE", "4000", "ALL")
	say("just silent", 2, swept)
	mode("polling")
	say("silent", 5, polled)
	mode("bus")
	s.do("FLUSHALL")
	say("emptied", 100, soon)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.bad) > 0 {
		t.Errorf("repeated or out of order: %v", r.bad)
	}
}
