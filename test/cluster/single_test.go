package cluster

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite" // for the check of the file's integrity

	"github.com/frontdesk-chat/frontdesk/internal/faultproxy"
	"github.com/frontdesk-chat/frontdesk/internal/history"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/load"
)

// singleFaults are those that need one node only.
var singleFaults = []fault{
	{"F-01", "every client is cut for 2 s every 10 s", true, cutEverybody},
	{"F-02", "a client is away while 1,000 events pass", false, awayForLong},
	{"F-15", "the connection ends before the acknowledgement arrives", true, cutAcks},
	{"F-17", "kill -9 at random during sends", true, killAtRandom},
	{"F-18", "one id 50 times at once, socket and HTTP", true, sameID},
	{"F-19", "one id with another body", true, otherBody},
	{"F-20", "the first message from two tabs at once", true, twoTabs},
	{"F-21", "a client reads one byte a second", false, slowReader},
	{"F-22", "all sockets reconnect at the same instant", true, storm},
	{"F-25", "the model hangs, refuses, breaks off, never ends", false, badModel},
	{"F-40", "floods of messages, sockets, conversations, frames", true, flood},
}

// cutEverybody is AnyCable's drop test.
func cutEverybody(t *testing.T, b *bed, p *people, r *result) {
	r.outcome = b.play(t, p, b.rate(), func(e *episode) {
		ctx, stop := context.WithTimeout(e.ctx, size(b, 24*time.Second, 2*time.Minute))
		defer stop()
		var wg sync.WaitGroup
		for i, front := range b.fronts {
			wg.Add(1)
			go func() {
				defer wg.Done()
				pause(ctx, time.Duration(i)*10*time.Second/doors)
				for ctx.Err() == nil {
					front.Refuse(true)
					front.Cut()
					pause(ctx, 2*time.Second)
					front.Refuse(false)
					pause(ctx, 8*time.Second)
				}
			}()
		}
		wg.Wait()
	})
	r.clean(t)
	resumes := r.Resumes.Delta + r.Resumes.Snapshot
	r.note("resumes by delta", "%d of %d", r.Resumes.Delta, resumes)
	r.note("delivered", "%.2f %%", 100*float64(r.Acked-r.Lost)/float64(max(r.Acked, 1)))
	if float64(r.Resumes.Delta) < .999*float64(resumes) || resumes == 0 {
		t.Errorf("%d of %d resumes were by delta, the bar is 99.9 %%", r.Resumes.Delta, resumes)
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// awayForLong keeps one visitor away until more has passed than a delta holds.
func awayForLong(t *testing.T, b *bed, p *people, r *result) {
	s := p.seats[0]
	lone := proxy(t, trimHTTP(b.door(0)))
	home := s.visitor.Base()
	s.visitor.Move("http://" + lone.Addr())
	s.visitor.Cut()
	if !until(quiesce, s.visitor.Synced) {
		t.Fatal("the visitor did not move")
	}
	r.outcome = b.play(t, p, 0, func(e *episode) {
		lone.Refuse(true)
		lone.Cut()
		const events = 1000
		for i := range events {
			meant := e.log.Now()
			s.agent.Say(s.conversation, fmt.Sprintf("while you were away %d", i), meant)
			pause(e.ctx, 110*time.Millisecond) // a console may send ten frames a second
		}
		lone.Refuse(false)
	})
	r.clean(t)
	if got := s.visitor.Resumes(); got.Snapshot != 1 {
		t.Errorf("the visitor got %d snapshots and %d deltas, want one snapshot", got.Snapshot, got.Delta)
	}
	r.note("resumes", "%d snapshot, %d delta", s.visitor.Resumes().Snapshot, s.visitor.Resumes().Delta)
	s.visitor.Move(home)
	s.visitor.Cut()
}

func trimHTTP(base string) string { return base[len("http://"):] }

// cutAcks ends connections where the server has acknowledged and the client does
// not know it.
func cutAcks(t *testing.T, b *bed, p *people, r *result) {
	want := size(b, int64(200), int64(1000))
	var cuts atomic.Int64
	tap := func() faultproxy.Tap {
		return func(d faultproxy.Direction, chunk []byte) ([]byte, bool) {
			if d == faultproxy.Down && cuts.Load() < want && bytes.Contains(chunk, []byte(`"type":"ack"`)) && rand.IntN(4) == 0 {
				cuts.Add(1)
				return nil, true
			}
			return chunk, false
		}
	}
	for _, f := range b.fronts {
		f.Watch(tap)
		f.Cut() // taps are for new connections
	}
	r.outcome = b.play(t, p, b.rate(), func(e *episode) {
		for cuts.Load() < want && time.Since(e.started) < 4*time.Minute {
			pause(e.ctx, 100*time.Millisecond)
		}
	})
	for _, f := range b.fronts {
		f.Watch(nil)
		f.Cut()
	}
	r.clean(t)
	r.note("acknowledgements cut off", "%d", cuts.Load())
	if cuts.Load() < want {
		t.Errorf("only %d of %d connections were cut", cuts.Load(), want)
	}
}

// killAtRandom kills the only node again and again.
func killAtRandom(t *testing.T, b *bed, p *people, r *result) {
	kills := size(b, 5, 200)
	n := b.nodes[0]
	r.outcome = b.play(t, p, b.rate(), func(e *episode) {
		for range kills {
			pause(e.ctx, time.Duration(200+rand.IntN(1300))*time.Millisecond)
			n.proc.kill()
			n.start(t)
		}
		e.wait(2 * time.Second)
	})
	r.clean(t)
	r.note("kills", "%d", kills)
	n.proc.kill()
	defer n.start(t)
	for _, name := range sqliteFiles(t, n.dir) {
		db, err := sql.Open("sqlite", "file:"+name+"?mode=ro")
		if err != nil {
			t.Fatal(err)
		}
		var verdict string
		if err := db.QueryRow(`PRAGMA integrity_check`).Scan(&verdict); err != nil || verdict != "ok" {
			t.Errorf("%s: integrity check says %q, %v", filepath.Base(name), verdict, err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

func sqliteFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.db"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no database files in %s (%v)", dir, err)
	}
	return files
}

// ack is what a send is answered with.
type ack struct {
	ID           string     `json:"id"`
	Conversation string     `json:"conversation"`
	Event        load.Event `json:"event"`
	Dup          bool       `json:"dup"`
}

// sameID sends one message fifty times at once.
func sameID(t *testing.T, b *bed, p *people, r *result) {
	s := p.seats[1]
	r.outcome = b.play(t, p, b.rate(), func(e *episode) {
		for range size(b, 10, 40) {
			msg := id.New()
			text := "once #" + msg
			acks := make(chan ack, 50)
			var wg sync.WaitGroup
			gun := make(chan struct{})
			for i := range 50 {
				wg.Add(1)
				go func() {
					defer wg.Done()
					a, err := sendOnce(t.Context(), b.door(i), s.visitor, s.conversation, msg, text, i%2 == 0, gun)
					if err != nil {
						t.Errorf("send %d: %v", i, err)
						return
					}
					acks <- a
				}()
			}
			close(gun)
			wg.Wait()
			close(acks)
			var first ack
			fresh := 0
			for a := range acks {
				if first.ID == "" {
					first = a
				}
				if !a.Dup {
					fresh++
				}
				if a.Event.ID != first.Event.ID || a.Event.N != first.Event.N {
					t.Errorf("two answers to one send: %+v and %+v", first, a)
				}
			}
			if fresh != 1 {
				t.Errorf("%d answers say that the send is new, want one", fresh)
			}
		}
	})
	r.clean(t)
}

// sendOnce sends over a socket of its own or over HTTP and returns the answer.
func sendOnce(ctx context.Context, base string, v *load.User, conv, msg, text string, socket bool, gun <-chan struct{}) (ack, error) {
	if !socket {
		<-gun
		for try := 1; ; try++ {
			var a ack
			status, err := v.Post(ctx, "/visitor/messages", map[string]any{"id": msg, "conversation": conv, "text": text}, &a)
			if status != http.StatusTooManyRequests || try == 20 {
				return a, err
			}
			select { // all come from one address, whose requests are limited: again in a moment, as clients do
			case <-time.After(time.Second):
			case <-ctx.Done():
				return ack{}, ctx.Err()
			}
		}
	}
	got := make(chan load.Frame, 1)
	c, err := load.Dial(ctx, base, v.Token(), nil, nil, func(f load.Frame) {
		if f.Type == "ack" || f.Type == "nack" {
			select {
			case got <- f:
			default:
			}
		}
	})
	if err != nil {
		return ack{}, err
	}
	defer c.Close()
	<-gun
	if err := c.Send(msg, conv, text); err != nil {
		return ack{}, err
	}
	select {
	case f := <-got:
		if f.Type == "nack" || f.About.Event == nil {
			return ack{}, fmt.Errorf("refused: %s", f.Problem)
		}
		return ack{ID: f.ID, Event: *f.About.Event, Dup: f.Dup}, nil
	case <-time.After(20 * time.Second):
		return ack{}, fmt.Errorf("no answer in 20 s")
	}
}

func otherBody(t *testing.T, b *bed, p *people, r *result) {
	s := p.seats[2]
	r.outcome = b.play(t, p, b.rate(), func(e *episode) {
		msg := id.New()
		var first ack
		if _, err := s.visitor.Post(t.Context(), "/visitor/messages", map[string]any{"id": msg, "conversation": s.conversation, "text": "one"}, &first); err != nil {
			t.Fatal(err)
		}
		status, err := s.visitor.Post(t.Context(), "/visitor/messages", map[string]any{"id": msg, "conversation": s.conversation, "text": "another"}, nil)
		if status != http.StatusConflict {
			t.Errorf("another body: status %d, %v; want 409", status, err)
		}
		var again ack
		if _, err := s.visitor.Post(t.Context(), "/visitor/messages", map[string]any{"id": msg, "conversation": s.conversation, "text": "one"}, &again); err != nil || again.Event.ID != first.Event.ID || again.Event.Text != "one" || !again.Dup {
			t.Errorf("the first body again: %+v, %v", again, err)
		}
		e.wait(2 * time.Second)
	})
	r.clean(t)
}

func twoTabs(t *testing.T, b *bed, p *people, r *result) {
	r.outcome = b.play(t, p, b.rate(), func(e *episode) {
		for range size(b, 5, 30) {
			v := load.NewUser(load.UserOptions{Base: b.door(0), Address: p.address(), View: history.Visitor})
			if err := v.Arrive(t.Context(), inbox); err != nil {
				t.Fatal(err)
			}
			conv, ids := id.New(), []string{id.New(), id.New()}
			var wg sync.WaitGroup
			found := make(chan string, 20)
			for i := range 20 {
				wg.Add(1)
				go func() {
					defer wg.Done()
					var a ack
					if _, err := v.Post(t.Context(), "/visitor/messages", map[string]any{"id": ids[i%2], "client_conv_id": conv, "text": "hello from tab " + fmt.Sprint(i%2)}, &a); err != nil {
						t.Errorf("send %d: %v", i, err)
					}
					found <- a.Conversation
				}()
			}
			wg.Wait()
			close(found)
			one := <-found
			for c := range found {
				if c != one {
					t.Errorf("two conversations: %s and %s", one, c)
				}
			}
			var list struct {
				Items []struct{ ID string }
			}
			if _, err := v.Get(t.Context(), "/visitor/conversations", &list); err != nil || len(list.Items) != 1 {
				t.Errorf("the visitor has %d conversations, %v", len(list.Items), err)
			}
		}
	})
	r.clean(t)
}

// slowReader is a console tab on all conversations behind a line of one byte a second.
func slowReader(t *testing.T, b *bed, p *people, r *result) {
	calm := b.play(t, p, b.rate(), func(e *episode) { e.wait(size(b, 5*time.Second, 20*time.Second)) })
	lone := proxy(t, trimHTTP(b.door(1)))
	agent := p.agents[0]
	tab := agent.Tab(p.address(), nil)
	for i, s := range p.seats {
		if i < 150 {
			tab.Watch(s.conversation, s.agent.Cursor(s.conversation))
		}
	}
	tab.Move("http://" + lone.Addr())
	p.names[tab] = "slow console"
	p.agents = append(p.agents, tab)
	p.join(tab)
	slow := func() (sum float64) {
		for _, n := range b.nodes {
			sum += n.metric("frontdesk_socket_closes_total", `code="4008"`)
		}
		return sum
	}
	before := slow()
	var closed float64
	r.outcome = b.play(t, p, b.rate(), func(e *episode) {
		lone.Pace(faultproxy.Down, 1)
		// Room for 512 frames or 256 KB, two kernel buffers, and five seconds for a write that stands.
		until(60*time.Second, func() bool {
			closed = slow() - before
			return closed > 0
		})
		took := time.Since(e.started)
		r.note("closed after", "%s", ms(took))
		lone.Pace(faultproxy.Down, 0)
		lone.Cut()
		e.wait(3 * time.Second)
	})
	r.clean(t)
	if closed < 1 {
		t.Error("the slow socket was not closed with 4008")
	}
	r.note("others' p99", "%s, before %s", ms(r.Deliver.P99), ms(calm.Deliver.P99))
	tab.Move(b.door(1))
	tab.Cut()
}

// storm has every tab of every visitor reconnect at once.
func storm(t *testing.T, b *bed, p *people, r *result) {
	count := size(b, 500, 2000)
	crowd := b.gather(t, p, count)
	defer crowd.leave(p)
	r.outcome = b.play(t, p, b.rate()/4, func(e *episode) {
		at := e.log.Now()
		b.cut(crowd)
		everybody := len(p.everybody())
		if !until(60*time.Second, func() bool { return p.online() == everybody }) {
			t.Errorf("%d of %d are back after a minute", p.online(), everybody)
		}
		took, never := history.Recovery(e.clients, at)
		r.note("sockets", "%d", everybody)
		r.note("all synced after", "%s", ms(took.Worst))
		if len(never) > 0 {
			t.Errorf("%d were never up to date again", len(never))
		}
		within(t, "the time until all are synced", took.Worst, 10*time.Second)
	})
	r.clean(t)
}
