package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/internal/account"
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
		FramesPerSecond: 20, MessagesPerMinute: 3, SocketsPerAddress: 4, ConnectsPerSecond: -1, ConversationsPerHour: 2, SessionsPerMinute: -1, RequestsPerSecond: -1,
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

	// Somebody with a backlog is read at the pace of the limit; a flood is not waited for.
	k = other.live(nil)
	start := time.Now()
	for range 85 {
		k.send(map[string]any{"type": "pong"})
	}
	k.send(`{"type":"fly"}`)
	k.next("error", nil)
	if took := time.Since(start); took < 2*time.Second {
		t.Errorf("85 frames at once, where 40 and then 20 a second are the limit, were read in %v", took)
	}
	for range 150 {
		k.send(map[string]any{"type": "pong"})
	}
	if code := k.closed(); code != live.CloseFlood {
		t.Errorf("after 150 frames too many: closed with %d, want %d", code, live.CloseFlood)
	}

	// A console has as many conversations as the agent: it is read faster, and stays.
	console := w.console(account.RoleAgent).live(nil)
	start = time.Now()
	for range 400 {
		console.send(map[string]any{"type": "pong"})
	}
	console.send(`{"type":"fly"}`)
	console.next("error", nil)
	if took := time.Since(start); took < 1500*time.Millisecond || took > 10*time.Second {
		t.Errorf("400 frames at once, where a console has 200 and then 100 a second, were read in %v", took)
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

// metric returns what /metrics says.
// Under random cuts and over several sockets, every acknowledged send is in the
// reader's view once and in order, and views equal the database (I-03 to I-07).
// What a visitor gets never holds what only the team may see (I-10).
