package api_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/live"
	"github.com/frontdesk-chat/frontdesk/internal/pubsub"
)

func TestSlowSocketIsClosedAndResumes(t *testing.T) {
	w := newWorld(t, setup{live: live.Options{QueueBytes: 16 << 10}, options: api.Options{Write: 200 * time.Millisecond}})
	v := w.visitor()
	conv := v.say("", "hello there").Conversation
	k := v.live(map[string]any{"conversations": []any{map[string]any{"id": conv}}})
	k.next("synced", nil)
	hold := make(chan struct{})
	k.mu.Lock()
	k.hold = hold
	k.mu.Unlock()
	// More than the kernel buffers for a reader that does not read.
	text := strings.Repeat("slow ", 1500)
	w.eventually("the close of the slow socket", func() bool {
		written, err := w.db.Conversations().Write(t.Context(), ws, bot.ConversationID(conv), bot.Key{}, func(bot.Conversation) (bot.Change, error) {
			return bot.Change{Events: []bot.NewEvent{{
				Kind: bot.EventMessage, Visible: true, At: w.now(), Author: bot.Author{Kind: bot.AuthorSystem}, Body: bot.Body{Text: text},
			}}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		w.hub.Published(written)
		_, visitors := w.hub.Peers()
		return strings.Contains(w.metric(), `frontdesk_socket_closes_total{code="4008"}`) || visitors == 0
	})
	k.mu.Lock()
	k.hold = nil
	k.mu.Unlock()
	close(hold)
	// The code arrives if the kernel had room for it; a reader that was stalled to
	// the end sees a broken socket. Both mean: resume.
	if code := k.closed(); code != live.CloseSlow && code != -1 && code != websocket.CloseAbnormalClosure {
		t.Errorf("closed with %d, want %d", code, live.CloseSlow)
	}
	var page api.EventPage
	v.do("GET", "/visitor/conversations/"+conv+"/events", nil).want(t, 200).into(t, &page)
	again := v.live(map[string]any{"conversations": []any{map[string]any{"id": conv, "epoch": page.Epoch, "n": page.Top}}})
	if s := again.next("synced", nil); s.N < page.Top {
		t.Errorf("resumed at %d, want at least %d", s.N, page.Top)
	}
}

func (w *world) metric() string {
	return string(w.nobody().send(w.nobody().request("GET", "/metrics", nil)).body)
}

func TestNothingIsLostUnderCuts(t *testing.T) {
	w := newWorld(t, setup{})
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)
	v := w.visitor()
	conv := v.say("", "hello there").Conversation
	var epoch string
	seen := []api.Event{}
	base := int64(0)
	top := func() int64 { return base + int64(len(seen)) }
	take := func(k *wire, from int) int {
		k.mu.Lock()
		defer k.mu.Unlock()
		for ; from < len(k.frames); from++ {
			f := k.frames[from]
			if f.Type != "events" || f.conv() != conv {
				continue
			}
			if f.Mode == "snapshot" {
				seen, base = nil, f.Top-int64(len(f.Events))
			}
			for _, e := range f.Events {
				if e.N != top()+1 {
					t.Fatalf("seed %d: event %d after %d (%s)", seed, e.N, top(), f.Mode)
				}
				seen = append(seen, e)
			}
		}
		return from
	}
	var unacked []map[string]any
	sent := []string{}
	for range 25 {
		k := v.live(map[string]any{"conversations": []any{map[string]any{"id": conv, "epoch": epoch, "n": top()}}})
		epoch = k.next("welcome", nil).Epoch
		for _, m := range unacked { // as after every reconnect: again, in order, under the same ids
			k.send(m)
		}
		var wg sync.WaitGroup
		for range rnd.IntN(6) {
			m := message(conv, fmt.Sprintf("text %d", len(sent)))
			if len(sent) > 0 {
				m["after"] = sent[len(sent)-1]
			}
			sent = append(sent, m["id"].(string))
			unacked = append(unacked, m)
			k.send(m)
		}
		wg.Wait()
		if rnd.IntN(3) == 0 {
			k.next("synced", nil)
		}
		for range rnd.IntN(3) {
			want := len(unacked)
			k.wait("some acks", func() bool { return k.err != nil || countAcks(k.frames, unacked) >= want/2 })
		}
		k.conn.NetConn().Close() // cut, not closed
		k.wait("the cut", func() bool { return k.err != nil })
		take(k, 0)
		k.mu.Lock()
		unacked = slices.DeleteFunc(unacked, func(m map[string]any) bool {
			return slices.ContainsFunc(k.frames, func(f got) bool { return f.Type == "ack" && f.ID == m["id"] })
		})
		k.mu.Unlock()
	}
	k := v.live(map[string]any{"conversations": []any{map[string]any{"id": conv, "epoch": epoch, "n": top()}}})
	for _, m := range unacked {
		k.send(m)
	}
	at := 0
	mine := func() []string {
		var ids []string
		for _, e := range seen {
			if e.ClientMsgID != "" {
				ids = append(ids, e.ClientMsgID)
			}
		}
		return ids
	}
	w.eventually("every message", func() bool { at = take(k, at); return len(mine()) >= len(sent)+1-int(base) })
	var page api.EventPage
	w.eventually("a quiet conversation", func() bool {
		v.do("GET", "/visitor/conversations/"+conv+"/events?limit=200", nil).want(t, 200).into(t, &page)
		at = take(k, at)
		return page.Top == top()
	})
	if ids := mine(); !slices.Equal(ids[len(ids)-len(sent):], sent) {
		t.Errorf("seed %d: order of own messages\n got %v\nwant %v", seed, ids, sent)
	}
	for i, e := range page.Events {
		if have := seen[len(seen)-len(page.Events)+i]; have.ID != e.ID || have.N != e.N {
			t.Errorf("seed %d: event %d is %s, in the database %s", seed, e.N, have.ID, e.ID)
		}
	}
}

func countAcks(frames []got, of []map[string]any) int {
	n := 0
	for _, m := range of {
		if slices.ContainsFunc(frames, func(f got) bool { return f.Type == "ack" && f.ID == m["id"] }) {
			n++
		}
	}
	return n
}

func TestDrainSendsSocketsAway(t *testing.T) {
	w := newWorld(t, setup{})
	v := w.visitor()
	k := v.live(nil)
	w.nobody().send(w.nobody().request("GET", "/readyz", nil)).want(t, 200)
	w.server.Drain(t.Context())
	k.next("drain", nil)
	if code := k.closed(); code != live.CloseRestart {
		t.Errorf("closed with %d, want %d", code, live.CloseRestart)
	}
	w.nobody().send(w.nobody().request("GET", "/readyz", nil)).want(t, 503)
	w.nobody().send(w.nobody().request("GET", "/healthz", nil)).want(t, 200)
	if _, res, err := v.dial(nil); err == nil || res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a new socket while draining: %v %v", res, err)
	}
	v.say("", "requests under way go on")
}

// TestSessionsThatAnotherNodeEnds: the frame of the bus that says so may be lost;
// an agent's socket is closed within three seconds all the same (F-41), a
// visitor's within a minute.
func TestSessionsThatAnotherNodeEnds(t *testing.T) {
	w := newWorld(t, setup{live: live.Options{Bus: pubsub.Polling{}}})
	agent, other, v := w.console(account.RoleAgent), w.console(account.RoleAgent), w.visitor()
	ak, ok, vk := agent.live(nil), other.live(nil), v.live(nil)
	disabled := true
	if _, err := w.accounts.Update(t.Context(), ws, agent.id, account.Patch{Disabled: &disabled}); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if code := ak.closed(); code != live.CloseExpired {
		t.Errorf("closed with %d, want %d", code, live.CloseExpired)
	}
	if took := time.Since(begun); took > 3*time.Second {
		t.Errorf("closed after %v, want 3 s at most", took)
	}
	visitor, err := w.accounts.Visitor(t.Context(), v.token)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.accounts.Leave(t.Context(), visitor.Session); err != nil {
		t.Fatal(err)
	}
	for turn := range api.SessionTurns {
		api.CheckSessions(t.Context(), w.server, turn)
	}
	if code := vk.closed(); code != live.CloseExpired {
		t.Errorf("visitor: closed with %d, want %d", code, live.CloseExpired)
	}
	ok.send(map[string]any{"type": "pong"})
	if got := other.do("GET", "/conversations", nil); got.status != 200 {
		t.Errorf("a colleague: %v", got)
	}
}
