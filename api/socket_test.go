package api_test

import (
	"encoding/json"
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
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/live"
)

func TestVisitorAsksAndIsAnswered(t *testing.T) {
	w := newWorld(t, setup{})
	v := w.visitor()
	k := v.live(nil)
	welcome := k.next("welcome", nil)
	if !strings.Contains(string(welcome.Me), v.id) || welcome.Epoch == "" {
		t.Errorf("welcome %s", welcome.raw)
	}
	m := message("", "What is the return period?")
	k.send(m)
	ack := k.next("ack", nil)
	if ack.ID != m["id"] || ack.Dup || ack.Event == nil {
		t.Errorf("ack %s", ack.raw)
	}
	k.next("synced", nil)
	answer := k.next("events", func(g got) bool {
		return slices.ContainsFunc(g.Events, func(e api.Event) bool { return e.Author.Kind == "bot" })
	})
	last := answer.Events[len(answer.Events)-1]
	if last.Text != "You may send goods back within 30 days." || last.Decision != "answer" || last.N != 2 || len(last.Sources) != 1 {
		t.Errorf("answer %+v", last)
	}
	// The same send again, by socket and by HTTP, is acknowledged as before and stored once.
	k.send(m)
	again := k.next("ack", func(g got) bool { return g.Dup })
	delete(m, "type")
	var byHTTP api.Ack
	v.do("POST", "/visitor/messages", m).want(t, 200).into(t, &byHTTP)
	if again.conv() != ack.conv() || byHTTP.Conversation != ack.conv() || !byHTTP.Dup || byHTTP.Event.N != 1 {
		t.Errorf("retries: %s and %+v, want the first conversation %s", again.raw, byHTTP, ack.conv())
	}
	m["text"] = "other words"
	if a := v.do("POST", "/visitor/messages", m); a.status != http.StatusConflict {
		t.Errorf("same id with other words: %s", a)
	}
}

func TestOriginsOfSockets(t *testing.T) {
	w := newWorld(t, setup{})
	v := w.visitor()
	console := w.console(account.RoleAgent)
	host := strings.TrimPrefix(w.http.URL, "http://")
	for _, bad := range []string{
		"https://evil.example", "null", "", shopSite + ".evil.example", "https://evil-shop.example.com", "http://shop.example.com",
		"https://shop.example.com:8443", "https://SHOP.example.com", "https://" + host, "http://" + host + ".evil.example", "http://localhost",
	} {
		for name, c := range map[string]*client{"nobody": w.nobody(), "console with a valid cookie": console} {
			_, res, err := c.dial(http.Header{"Origin": {bad}})
			if err == nil || res == nil || res.StatusCode != http.StatusForbidden {
				t.Errorf("%s, origin %q: %v %v, want 403 before the upgrade", name, bad, res, err)
			}
		}
	}
	// A visitor's page of the inbox's site may; of another inbox's site the hello is refused.
	conn, _, err := v.dial(http.Header{"Origin": {shopSite}})
	if err != nil {
		t.Fatal(err)
	}
	k := w.read(conn)
	k.send(map[string]any{"type": "hello", "token": v.token})
	k.next("welcome", nil)
	conn, _, err = v.dial(http.Header{"Origin": {"https://blog.example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	k = w.read(conn)
	k.send(map[string]any{"type": "hello", "token": v.token})
	if code := k.closed(); code != live.CloseForbidden {
		t.Errorf("shop's visitor on the blog's page: closed with %d, want %d", code, live.CloseForbidden)
	}
	// A cookie with an allowed foreign origin is not a console.
	conn, _, err = console.dial(http.Header{"Origin": {shopSite}})
	if err != nil {
		t.Fatal(err)
	}
	k = w.read(conn)
	k.send(map[string]any{"type": "hello", "csrf": console.csrf})
	if code := k.closed(); code != live.CloseForbidden {
		t.Errorf("console from a site's page: closed with %d, want %d", code, live.CloseForbidden)
	}
	// A program that shows its bearer token needs no origin; a token in the address is refused.
	conn, _, err = v.dial(http.Header{"Origin": {""}, "Authorization": {"Bearer " + v.token}})
	if err != nil {
		t.Fatal(err)
	}
	k = w.read(conn)
	k.send(map[string]any{"type": "hello"})
	k.next("welcome", nil)
	_, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(w.http.URL, "http")+"/api/v1/socket?token="+v.token, http.Header{"Origin": {w.http.URL}})
	if err == nil || res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("token in the address: %v %v", res, err)
	}
}

func TestHelloIsNeededAndChecked(t *testing.T) {
	w := newWorld(t, setup{options: api.Options{Hello: 100 * time.Millisecond}})
	v := w.visitor()
	console := w.console(account.RoleAgent)
	for name, c := range map[string]struct {
		who   *client
		frame any
		code  int
	}{
		"silence":           {v, nil, live.CloseMalformed},
		"not a hello":       {v, map[string]any{"type": "pong"}, live.CloseMalformed},
		"garbage":           {v, "hello", live.CloseMalformed},
		"unknown key":       {v, map[string]any{"type": "hello", "token": v.token, "admin": true}, live.CloseMalformed},
		"no token":          {v, map[string]any{"type": "hello"}, live.CloseExpired},
		"wrong token":       {v, map[string]any{"type": "hello", "token": strings.Repeat("A", 43)}, live.CloseExpired},
		"console, no csrf":  {console, map[string]any{"type": "hello"}, live.CloseForbidden},
		"console, bad csrf": {console, map[string]any{"type": "hello", "csrf": "x"}, live.CloseForbidden},
		"editor's console":  {w.console(account.RoleEditor), map[string]any{"type": "hello", "csrf": ""}, live.CloseForbidden},
		"too large a frame": {v, `{"type":"hello","token":"` + strings.Repeat("x", 70<<10) + `"}`, websocket.CloseMessageTooBig},
	} {
		k := c.who.open()
		if m, ok := c.frame.(map[string]any); ok && name == "editor's console" {
			m["csrf"] = c.who.csrf
		}
		if c.frame != nil {
			k.send(c.frame)
		}
		if code := k.closed(); code != c.code {
			t.Errorf("%s: closed with %d, want %d", name, code, c.code)
		}
	}
}

func TestMalformedFramesAndFloods(t *testing.T) {
	w := newWorld(t, setup{options: api.Options{Limits: api.Limits{
		FramesPerSecond: 10, MessagesPerMinute: 3, SocketsPerAddress: 4, ConnectsPerSecond: -1, ConversationsPerHour: 2, SessionsPerMinute: -1, RequestsPerSecond: -1,
	}}})
	v := w.visitor()
	k := v.live(nil)
	for i, bad := range []string{`{"type":"fly"}`, `{"type":"typing","conversation":"x","on":true,"seq":1}`, `{"type":"pong"}{"type":"pong"}`} {
		k.send(bad)
		k.wait("an error frame", func() bool {
			n := 0
			for _, f := range k.frames {
				if f.Type == "error" && f.Problem.Code == "invalid" {
					n++
				}
			}
			return n > i
		})
	}
	if code := k.closed(); code != live.CloseMalformed {
		t.Errorf("after three malformed frames: closed with %d, want %d", code, live.CloseMalformed)
	}

	// Messages over the limit are refused one by one with the time to wait; the socket stays.
	k = v.live(nil)
	first := message("", "one")
	k.send(first)
	conv := k.next("ack", nil).conv()
	for range 3 {
		k.send(message(conv, "more"))
	}
	nack := k.next("nack", nil)
	if nack.Problem.Code != "limited" || nack.Retry <= 0 {
		t.Errorf("over the limit: %s", nack.raw)
	}
	// A third new conversation of this address within the hour.
	other := w.visitor()
	k2 := other.live(nil)
	k2.send(message("", "one"))
	k2.next("ack", nil)
	k2.send(message("", "two"))
	if g := k2.next("nack", nil); g.Problem.Code != "limited" {
		t.Errorf("third conversation: %s", g.raw)
	}

	for range 40 {
		k.send(map[string]any{"type": "pong"})
	}
	if code := k.closed(); code != live.CloseFlood {
		t.Errorf("after 40 frames at once: closed with %d, want %d", code, live.CloseFlood)
	}

	w.visitor().live(nil)
	var refused *http.Response
	for range 5 {
		conn, res, err := v.dial(nil)
		if err != nil {
			refused = res
		} else {
			defer conn.Close()
		}
	}
	if refused == nil || refused.StatusCode != http.StatusTooManyRequests || refused.Header.Get("Retry-After") == "" {
		t.Errorf("sockets over the limit of an address: %v", refused)
	}
}

func TestSessionsEndSockets(t *testing.T) {
	w := newWorld(t, setup{})
	v := w.visitor()
	agent := w.console(account.RoleAgent)
	admin := w.console(account.RoleAdministrator)
	vk, ak := v.live(nil), agent.live(nil)
	v.do("DELETE", "/visitor/sessions/current", nil).want(t, 204)
	if code := vk.closed(); code != live.CloseExpired {
		t.Errorf("visitor signed out: closed with %d, want %d", code, live.CloseExpired)
	}
	v.do("GET", "/visitor/conversations", nil).want(t, 401)
	admin.do("PATCH", "/accounts/"+agent.id, map[string]any{"disabled": true}).want(t, 200)
	if code := ak.closed(); code != live.CloseExpired {
		t.Errorf("account disabled: closed with %d, want %d", code, live.CloseExpired)
	}
	agent.do("GET", "/conversations", nil).want(t, 401)
	mk := admin.live(nil)
	admin.do("DELETE", "/sessions/current", nil).want(t, 204)
	if code := mk.closed(); code != live.CloseExpired {
		t.Errorf("signed out: closed with %d, want %d", code, live.CloseExpired)
	}
}

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

// metric returns what /metrics says.
func (w *world) metric() string {
	return string(w.nobody().send(w.nobody().request("GET", "/metrics", nil)).body)
}

// Under random cuts and over several sockets, every acknowledged send is in the
// reader's view once and in order, and views equal the database (I-03 to I-07).
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

// What a visitor gets never holds what only the team may see (I-10).
func TestNothingOfTheTeamReachesTheVisitor(t *testing.T) {
	w := newWorld(t, setup{})
	v := w.visitor()
	agent := w.console(account.RoleAgent)
	ak := agent.live(map[string]any{"feed": true})
	agent.do("PUT", "/agents/me/duty", map[string]any{"duty": "on"}).want(t, 200)
	k := v.live(nil)
	k.send(message("", "I want a person, order AB-12345"))
	conv := k.next("ack", nil).conv()
	offer := ak.next("offer", nil)
	if offer.Reservation.Conversation.ID != conv || offer.Reservation.Summary == nil || offer.Reservation.Reason != "asked" {
		t.Errorf("offer %s", offer.raw)
	}
	agent.do("POST", "/offers/"+offer.Reservation.ID+"/accept", nil).want(t, 200)
	ak.send(map[string]any{"type": "watch", "conversation": conv})
	ak.next("synced", nil)
	note := message(conv, "TEAM-ONLY note")
	note["kind"] = "note"
	ak.send(note)
	ak.next("ack", func(g got) bool { return g.ID == note["id"] })
	words := message(conv, "Hello, this is Lin.")
	ak.send(words)
	ack := ak.next("ack", func(g got) bool { return g.ID == words["id"] })
	k.next("events", func(g got) bool {
		return slices.ContainsFunc(g.Events, func(e api.Event) bool { return e.Text == "Hello, this is Lin." })
	})
	agent.do("POST", "/conversations/"+conv+"/hand-back", map[string]any{"note": "TEAM-ONLY on leaving"}).want(t, 200)
	k.next("events", func(g got) bool {
		return slices.ContainsFunc(g.Events, func(e api.Event) bool { return e.Change == "handed_back" })
	})

	var everything strings.Builder
	k.mu.Lock()
	last := int64(0)
	for _, f := range k.frames {
		everything.WriteString(f.raw)
		for _, e := range f.Events {
			if f.Mode == "live" && e.N != last+1 {
				t.Errorf("the visitor sees a hole: %d after %d", e.N, last)
			}
			last = e.N
		}
	}
	k.mu.Unlock()
	for _, path := range []string{"/visitor/conversations", "/visitor/conversations/" + conv + "/events?after=1"} {
		everything.Write(v.do("GET", path, nil).want(t, 200).body)
	}
	for _, secret := range []string{"TEAM-ONLY", `"seq"`, `"reason"`, `"summary"`, `"sentiment"`, `"queue"`, `"version"`, `"facts"`, agent.id} {
		if strings.Contains(everything.String(), secret) {
			t.Errorf("the visitor was sent %s in\n%s", secret, everything.String())
		}
	}
	var e api.Event
	if err := json.Unmarshal(ack.Event, &e); err != nil || e.N <= last-1 {
		t.Errorf("the agent's numbers count notes: %s, the visitor stands at %d", ack.raw, last)
	}
}

func TestVisitorsDoNotMeet(t *testing.T) {
	w := newWorld(t, setup{})
	a, b := w.visitor(), w.visitor()
	conv := a.say("", "private words").Conversation
	k := b.live(map[string]any{"conversations": []any{map[string]any{"id": conv}}})
	if g := k.next("gone", nil); g.conv() != conv {
		t.Errorf("hello with another's conversation: %s", g.raw)
	}
	k.send(map[string]any{"type": "typing", "conversation": conv, "on": true})
	k.send(map[string]any{"type": "watch", "conversation": id.New()})
	k.send(message(conv, "let me in"))
	nack := k.next("nack", nil)
	k.send(message(id.New(), "let me in"))
	k.next("nack", func(g got) bool { return g.ID != nack.ID })
	same := func(what string, f func(conv string) answer) {
		t.Helper()
		theirs, none := f(conv), f(id.New())
		strip := func(a answer) string {
			var p api.Problem
			a.into(t, &p)
			p.Instance = ""
			out, _ := json.Marshal(p)
			return string(out)
		}
		if theirs.status != http.StatusNotFound || strip(theirs) != strip(none) {
			t.Errorf("%s: another's gives %s, none gives %s", what, theirs, none)
		}
	}
	same("events", func(c string) answer { return b.do("GET", "/visitor/conversations/"+c+"/events", nil) })
	same("person", func(c string) answer {
		return b.do("POST", "/visitor/conversations/"+c+"/person", map[string]any{"id": id.New()})
	})
	same("leave", func(c string) answer { return b.do("DELETE", "/visitor/conversations/"+c+"/person", nil) })
	same("message", func(c string) answer {
		return b.do("POST", "/visitor/conversations/"+c+"/leave-message", map[string]any{"id": id.New(), "text": "x"})
	})
	same("feedback", func(c string) answer {
		return b.do("POST", "/visitor/conversations/"+c+"/feedback", map[string]any{"event": id.New(), "helpful": true})
	})
	same("send", func(c string) answer {
		return b.do("POST", "/visitor/messages", map[string]any{"id": id.New(), "conversation": c, "text": "x"})
	})
	var mine struct{ Items []api.Conversation }
	b.do("GET", "/visitor/conversations", nil).want(t, 200).into(t, &mine)
	if len(mine.Items) != 0 {
		t.Errorf("b sees %+v", mine.Items)
	}
}
