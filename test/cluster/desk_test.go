package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/history"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/load"
)

// floor is a desk of its own on the bed's Postgres and Redis: agents with little
// capacity and visitors who want them.
type floor struct {
	*bed
	p             *people
	agents        []*load.User
	visitors      []*load.User
	conversations []string
}

// newFloor starts it; offers last as long as given.
func (b *bed) newFloor(t *testing.T, nodes, agents, capacity, visitors int, offerFor time.Duration) *floor {
	t.Helper()
	f := &floor{bed: startCluster(t, b.full, clusterOptions{nodes: nodes, share: b, extra: fmt.Sprintf("desk:\n  offer_for: %s\n", offerFor)})}
	f.p = &people{names: map[*load.User]string{}}
	f.p.run, f.p.stop = context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(func() { f.p.stop(); f.p.wg.Wait() })
	boss := f.administrator(t)
	for i := range agents {
		a := f.hire(t, t.Context(), f.p, boss, fmt.Sprintf("floor%d", i), capacity, false)
		f.agents = append(f.agents, a)
		f.p.join(a)
		if _, err := a.Put(t.Context(), "/agents/me/duty", map[string]any{"duty": "on"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for i := range visitors {
		v := load.NewUser(load.UserOptions{Base: f.door(i), Address: f.p.address(), View: history.Visitor})
		if err := v.Arrive(t.Context(), inbox); err != nil {
			t.Fatal(err)
		}
		var made ack
		if _, err := v.Post(t.Context(), "/visitor/messages", map[string]any{"id": id.New(), "client_conv_id": id.New(), "text": "hello"}, &made); err != nil {
			t.Fatal(err)
		}
		v.Watch(made.Conversation, 0)
		f.visitors = append(f.visitors, v)
		f.conversations = append(f.conversations, made.Conversation)
		f.p.join(v)
	}
	return f
}

// offer is one held for an agent.
type offer struct {
	ID           string
	Deadline     time.Time
	Conversation struct {
		ID      string
		Version int64
	}
}

func (f *floor) offers(ctx context.Context, a *load.User) []offer {
	var list struct{ Items []offer }
	if _, err := a.Get(ctx, "/offers", &list); err != nil {
		return nil
	}
	return list.Items
}

// audit recounts the desk in the database, in one snapshot.
func (f *floor) audit(t testing.TB) {
	t.Helper()
	for _, q := range []struct{ wrong, sql string }{
		{"a conversation has two open reservations", `SELECT conversation, count(*) FROM reservations WHERE decided_at = 0 GROUP BY 1 HAVING count(*) > 1`},
		{"an agent's stored load is not the number of chats", `SELECT a.id, a.load, count(c.id) FROM agents a LEFT JOIN conversations c ON c.agent = a.id AND c.service = 'active' GROUP BY a.id, a.load HAVING a.load <> count(c.id)`},
		{"an agent's reserved is not the number of open offers", `SELECT a.id, a.reserved, count(r.id) FROM agents a LEFT JOIN reservations r ON r.agent = a.id AND r.decided_at = 0 GROUP BY a.id, a.reserved HAVING a.reserved <> count(r.id)`},
		{"an active chat has nobody", `SELECT id FROM conversations WHERE service = 'active' AND agent = ''`},
		{"an offered chat has no open offer", `SELECT c.id FROM conversations c WHERE c.service = 'offered' AND NOT EXISTS (SELECT FROM reservations r WHERE r.conversation = c.id AND r.decided_at = 0)`},
	} {
		if rows := f.query(t, q.sql); len(rows) > 0 {
			t.Errorf("%s: %v", q.wrong, rows)
		}
	}
}

// overshoot wants no agent to hold an offer that does not fit. Who takes a chat by
// hand may fill up while an offer is open, which then goes back at once: it is given
// the time to.
func (f *floor) overshoot(t testing.TB) {
	t.Helper()
	const sql = `SELECT r.id, a.id, a.load, a.reserved, a.capacity FROM agents a JOIN reservations r ON r.agent = a.id AND r.decided_at = 0
		WHERE a.load + a.reserved > a.capacity ORDER BY 1`
	before := f.query(t, sql)
	if len(before) == 0 {
		return
	}
	time.Sleep(time.Second)
	for _, now := range f.query(t, sql) {
		for _, b := range before {
			if now[0] == b[0] {
				t.Errorf("a second long an agent has had an offer that does not fit: %v", now)
			}
		}
	}
}

// deskRaces has everybody press every button at random.
func deskRaces(t *testing.T, b *bed, _ *people, r *result) {
	f := b.newFloor(t, size(b, 2, 4), 10, 3, 50, 2*time.Second)
	var ops, refused, broken atomic.Int64
	ctx, stop := context.WithTimeout(t.Context(), size(b, 15*time.Second, 5*time.Minute))
	defer stop()
	goal := int64(size(b, 3_000, 100_000))
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			rng := rand.New(rand.NewPCG(uint64(w), 26))
			for ctx.Err() == nil && ops.Load() < goal {
				status, err := f.press(ctx, rng)
				ops.Add(1)
				switch {
				case err == nil || ctx.Err() != nil:
				case status >= 400 && status < 500:
					refused.Add(1)
				default:
					if broken.Add(1) <= 5 {
						t.Errorf("status %d: %v", status, err)
					}
				}
			}
		}()
	}
	for ctx.Err() == nil && ops.Load() < goal {
		pause(ctx, 500*time.Millisecond)
		f.audit(t)
		f.overshoot(t)
	}
	wg.Wait()
	f.audit(t)
	f.overshoot(t)
	r.note("operations", "%d, refused %d, failed %d", ops.Load(), refused.Load(), broken.Load())
	offers := f.query(t, `SELECT state, count(*) FROM reservations GROUP BY 1 ORDER BY 1`)
	r.note("offers", "%v", offers)
	// None is lost: with everybody on duty and nobody pressing, the line empties as
	// far as there is room, and who is left is in line.
	for _, a := range f.agents {
		if _, err := a.Put(t.Context(), "/agents/me/duty", map[string]any{"duty": "on"}, nil); err != nil {
			t.Error(err)
		}
	}
	states := f.query(t, `SELECT service, count(*) FROM conversations GROUP BY 1 ORDER BY 1`)
	total := 0
	for _, s := range states {
		var n int
		if _, err := fmt.Sscan(s[1], &n); err != nil {
			t.Fatal(err)
		}
		total += n
	}
	if total != len(f.conversations) {
		t.Errorf("there are %d conversations, %d were made: %v", total, len(f.conversations), states)
	}
	r.note("in the end", "%v", states)
}

// press does one thing that somebody may do.
func (f *floor) press(ctx context.Context, rng *rand.Rand) (int, error) {
	a := f.agents[rng.IntN(len(f.agents))]
	i := rng.IntN(len(f.conversations))
	v, conv := f.visitors[i], f.conversations[i]
	none := map[string]any{}
	switch k := rng.IntN(20); {
	case k < 6:
		return v.Post(ctx, "/visitor/conversations/"+conv+"/person", map[string]any{"id": id.New()}, nil)
	case k < 12:
		open := f.offers(ctx, a)
		if len(open) == 0 {
			return 200, nil
		}
		verb := "accept"
		if rng.IntN(4) == 0 {
			verb = "decline"
		}
		return a.Post(ctx, "/offers/"+open[rng.IntN(len(open))].ID+"/"+verb, nil, nil)
	case k < 14:
		return a.Post(ctx, "/conversations/"+conv+"/close", none, nil)
	case k < 15:
		return a.Post(ctx, "/conversations/"+conv+"/take", none, nil)
	case k < 16:
		return a.Post(ctx, "/conversations/"+conv+"/hand-back", none, nil)
	case k < 17:
		return a.Post(ctx, "/conversations/"+conv+"/transfer", map[string]any{"queue": "default"}, nil)
	case k < 18:
		return v.Post(ctx, "/visitor/messages", map[string]any{"id": id.New(), "conversation": conv, "text": "are you there?"}, nil)
	case k < 19:
		duty := []string{"on", "on", "on", "away", "off"}[rng.IntN(5)]
		return a.Put(ctx, "/agents/me/duty", map[string]any{"duty": duty}, nil)
	}
	return a.Put(ctx, "/agents/me/duty", map[string]any{"duty": "on"}, nil)
}

// deadlineRaces has offers accepted at the moment at which they end, and chats
// taken by two agents at once.
func deadlineRaces(t *testing.T, b *bed, _ *people, r *result) {
	rounds := size(b, 10, 1000)
	f := b.newFloor(t, 2, 20, 1, 20, time.Second)
	ctx, cancel := context.WithTimeout(t.Context(), size(b, 30*time.Second, 10*time.Minute))
	defer cancel()
	var accepted, late, races atomic.Int64
	var wg sync.WaitGroup
	for i, v := range f.visitors {
		conv := f.conversations[i]
		wg.Add(1)
		go func() {
			defer wg.Done()
			for ctx.Err() == nil && races.Load() < int64(rounds) {
				if _, err := v.Post(ctx, "/visitor/conversations/"+conv+"/person", map[string]any{"id": id.New()}, nil); err != nil {
					pause(ctx, 100*time.Millisecond)
				}
				agent, o := f.offered(ctx, conv)
				if agent == nil {
					continue
				}
				// Both presses leave so that they arrive about when the timer does.
				pause(ctx, time.Until(o.Deadline)-time.Duration(rand.IntN(8))*time.Millisecond)
				status := make(chan int, 2)
				for range 2 {
					go func() {
						s, _ := agent.Post(ctx, "/offers/"+o.ID+"/accept", nil, nil)
						status <- s
					}()
				}
				first, second := <-status, <-status
				if ctx.Err() != nil {
					return
				}
				races.Add(1)
				won := f.query(t, `SELECT state FROM reservations WHERE id = $1`, o.ID)[0][0]
				yes := first < 300 || second < 300
				switch {
				case first >= 500 || second >= 500 || first == 0 || second == 0:
					t.Errorf("accept is answered with %d and %d", first, second)
				case yes && won != "accepted":
					t.Errorf("an accept was answered with %d and %d, the offer is %s", first, second, won)
				case !yes && won == "accepted":
					t.Errorf("nobody was told that the offer is accepted: %d and %d", first, second)
				}
				if yes {
					accepted.Add(1)
					if _, err := agent.Post(ctx, "/conversations/"+conv+"/close", map[string]any{}, nil); err != nil && ctx.Err() == nil {
						t.Errorf("close: %v", err)
					}
				} else {
					late.Add(1)
				}
				// Missed offers take an agent off duty.
				if _, err := agent.Put(ctx, "/agents/me/duty", map[string]any{"duty": "on"}, nil); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
		}()
	}
	wg.Wait()
	f.audit(t)
	r.note("at the deadline", "%d offers, %d accepted, %d ran out", races.Load(), accepted.Load(), late.Load())
	if races.Load() == 0 {
		t.Error("no offer was raced for")
	}
	f.takeTwice(t, r, size(b, 10, 200))
}

// offered waits for an offer of a conversation and returns whose it is.
func (f *floor) offered(ctx context.Context, conv string) (*load.User, offer) {
	for range 20 {
		for _, a := range f.agents {
			for _, o := range f.offers(ctx, a) {
				if o.Conversation.ID == conv {
					return a, o
				}
			}
			if ctx.Err() != nil {
				return nil, offer{}
			}
		}
	}
	return nil, offer{}
}

// takeTwice has two agents take the same chat with the version both saw.
func (f *floor) takeTwice(t *testing.T, r *result, rounds int) {
	for _, a := range f.agents {
		if _, err := a.Put(t.Context(), "/agents/me/duty", map[string]any{"duty": "off"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for i := range rounds {
		conv := f.conversations[i%len(f.conversations)]
		one, two := f.agents[i%len(f.agents)], f.agents[(i+1)%len(f.agents)]
		var row struct {
			Version int64
			Service string
		}
		if _, err := one.Get(t.Context(), "/conversations/"+conv, &row); err != nil {
			t.Fatal(err)
		}
		if row.Service == "closed" {
			if _, err := f.visitors[i%len(f.visitors)].Post(t.Context(), "/visitor/messages", map[string]any{"id": id.New(), "conversation": conv, "text": "hello again"}, nil); err != nil {
				t.Fatal(err)
			}
			// The bot's answer changes the version too: wait for it.
			last := int64(-1)
			until(5*time.Second, func() bool {
				_, err := one.Get(t.Context(), "/conversations/"+conv, &row)
				same := err == nil && row.Version == last
				last = row.Version
				pause(t.Context(), 150*time.Millisecond)
				return same
			})
		}
		status := make(chan int, 2)
		gun := make(chan struct{})
		for _, a := range []*load.User{one, two} {
			go func() {
				<-gun
				s, _ := a.Post(t.Context(), "/conversations/"+conv+"/take", map[string]any{"version": row.Version}, nil)
				status <- s
			}()
		}
		close(gun)
		first, second := <-status, <-status
		if (first < 300) == (second < 300) || max(first, second) != http.StatusConflict {
			t.Errorf("two agents take one chat: %d and %d, want one 200 and one 409", first, second)
		}
		for _, a := range []*load.User{one, two} {
			_, _ = a.Post(t.Context(), "/conversations/"+conv+"/close", map[string]any{}, nil) // the loser's is refused
		}
	}
	f.audit(t)
	r.note("taken by two", "%d times", rounds)
}

// agentsGo lets agents disappear in the ways in which they do.
func agentsGo(t *testing.T, b *bed, _ *people, r *result) {
	f := b.newFloor(t, 2, 1, 2, 2, 25*time.Second)
	ctx := t.Context()
	agent := f.agents[0]
	ask := func(i int) offer {
		t.Helper()
		if _, err := f.visitors[i].Post(ctx, "/visitor/conversations/"+f.conversations[i]+"/person", map[string]any{"id": id.New()}, nil); err != nil {
			t.Fatal(err)
		}
		var o offer
		if !until(10*time.Second, func() bool {
			for _, x := range f.offers(ctx, agent) {
				if x.Conversation.ID == f.conversations[i] {
					o = x
					return true
				}
			}
			return false
		}) {
			t.Fatal("no offer came")
		}
		return o
	}
	service := func(i int) string {
		rows := f.query(t, `SELECT service FROM conversations WHERE id = $1`, f.conversations[i])
		return rows[0][0]
	}
	if _, err := agent.Post(ctx, "/offers/"+ask(0).ID+"/accept", nil, nil); err != nil {
		t.Fatal(err)
	}
	ask(1) // stays open: the browser dies with it
	f.p.stop()
	f.p.wg.Wait()
	at := time.Now()
	if !until(45*time.Second, func() bool { return service(1) != "offered" }) {
		t.Error("an offer of an agent who is gone stands after 45 s")
	}
	r.note("offer given back after", "%s", ms(time.Since(at)))
	within(t, "the time until an offer of a gone agent is given back", time.Since(at), 31*time.Second)
	// Twenty seconds and more away: the chat is kept. The agent comes back, and its node dies.
	if s := service(0); s != "active" {
		t.Errorf("after %s away the chat is %s, want it kept", ms(time.Since(at)), s)
	}
	run, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() { defer close(ended); agent.Run(run) }()
	if !until(10*time.Second, agent.UpToDate) {
		t.Error("the agent cannot come back")
	}
	f.nodes[0].proc.kill()
	pause(ctx, 15*time.Second)
	if s := service(0); s != "active" || !agent.UpToDate() {
		t.Errorf("15 s after a node died the chat is %s and the agent up to date: %v", s, agent.UpToDate())
	}
	f.nodes[0].start(t)
	// Now the agent sleeps for good: thirty seconds without a heartbeat and the grace.
	stop()
	<-ended
	at = time.Now()
	if !until(2*time.Minute, func() bool { return service(0) != "active" }) {
		t.Error("a chat stays with an absent agent for two minutes")
	}
	r.note("chat back in line after", "%s", ms(time.Since(at)))
	within(t, "the time until a chat of an absent agent is back in line", time.Since(at), 90*time.Second)
	var page struct{ Events []load.Event }
	if _, err := f.visitors[0].Get(ctx, "/visitor/conversations/"+f.conversations[0]+"/events?limit=200", &page); err != nil {
		t.Fatal(err)
	}
	if last := page.Events[len(page.Events)-1]; last.Kind != "service" && last.Kind != "message" {
		t.Errorf("the visitor was not told; the last event is %s", last.Kind)
	}
}
