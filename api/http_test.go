package api_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

func TestSignInAndCookies(t *testing.T) {
	w := newWorld(t, setup{})
	me := w.console(account.RoleAdministrator)
	var acc struct{ Items []api.Account }
	me.do("GET", "/accounts", nil).want(t, 200).into(t, &acc)
	email := acc.Items[0].Email

	a := w.nobody().do("POST", "/sessions", map[string]string{"email": email, "password": password}).want(t, 200)
	cookie := a.header.Get("Set-Cookie")
	for _, part := range []string{"frontdesk=", "Path=/", "HttpOnly", "SameSite=Lax"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("cookie on loopback %q lacks %q", cookie, part)
		}
	}
	if strings.Contains(cookie, "Secure") || strings.Contains(string(a.body), strings.Split(strings.Split(cookie, ";")[0], "=")[1]) {
		t.Errorf("cookie %q is Secure on plain http, or its token is in the body", cookie)
	}
	// A wrong password and an unknown address are told in the same words.
	wrong := w.nobody().do("POST", "/sessions", map[string]string{"email": email, "password": "not it at all"})
	unknown := w.nobody().do("POST", "/sessions", map[string]string{"email": "x" + email, "password": "not it at all"})
	var p1, p2 api.Problem
	wrong.want(t, 401).into(t, &p1)
	unknown.want(t, 401).into(t, &p2)
	p1.Instance, p2.Instance = "", ""
	if fmt.Sprint(p1) != fmt.Sprint(p2) {
		t.Errorf("wrong password: %v, unknown address: %v", p1, p2)
	}
	// From another site's page, and over plain http to a host that is not loopback.
	foreign := &client{w: w, header: http.Header{"Origin": {"https://evil.example"}}}
	foreign.do("POST", "/sessions", map[string]string{"email": email, "password": password}).want(t, 403)
	req := w.nobody().request("POST", "/api/v1/sessions", map[string]string{"email": email, "password": password})
	req.Host = "help.example.com"
	w.nobody().send(req).want(t, 403)

	me.do("DELETE", "/sessions/current", nil).want(t, 204)
	me.do("GET", "/sessions/current", nil).want(t, 401)
}

func TestSecureCookieBehindAProxy(t *testing.T) {
	w := newWorld(t, setup{options: api.Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}})
	w.console(account.RoleAgent)
	if _, err := w.accounts.Create(t.Context(), account.NewAccount{Workspace: ws, Email: "b@example.com", Name: "B", Roles: []account.Role{account.RoleAgent}, Password: password}); err != nil {
		t.Fatal(err)
	}
	req := w.nobody().request("POST", "/api/v1/sessions", map[string]string{"email": "b@example.com", "password": password})
	req.Host = "help.example.com"
	req.Header.Set("X-Forwarded-Proto", "https")
	req.Header.Set("Origin", "https://help.example.com")
	a := w.nobody().send(req).want(t, 200)
	cookie := a.header.Get("Set-Cookie")
	if !strings.HasPrefix(cookie, "__Host-frontdesk=") || !strings.Contains(cookie, "Secure") || a.header.Get("Strict-Transport-Security") == "" {
		t.Errorf("cookie %q, HSTS %q", cookie, a.header.Get("Strict-Transport-Security"))
	}
}

func TestForwardedAddressesAreBelievedFromProxiesOnly(t *testing.T) {
	limits := unlimited
	limits.SignInsPerMinute = 3
	flood := func(w *world) (limited int) {
		for i := range 8 {
			c := &client{w: w, header: http.Header{"X-Forwarded-For": {fmt.Sprintf("203.0.113.%d", i)}}}
			if c.do("POST", "/sessions", map[string]string{"email": "a@example.com", "password": "guess"}).status == 429 {
				limited++
			}
		}
		return limited
	}
	if n := flood(newWorld(t, setup{options: api.Options{Limits: limits}})); n != 5 {
		t.Errorf("an untrusted peer that names 8 addresses was limited %d times, want 5", n)
	}
	trusted := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	if n := flood(newWorld(t, setup{options: api.Options{Limits: limits, TrustedProxies: trusted}})); n != 0 {
		t.Errorf("8 addresses behind a trusted proxy were limited %d times, want 0", n)
	}
}

func TestPasswordFloodIsLimitedWithATime(t *testing.T) {
	w := newWorld(t, setup{})
	refused, limited := 0, 0
	for range 20 {
		a := w.nobody().do("POST", "/sessions", map[string]string{"email": "a@example.com", "password": "guess"})
		switch a.status {
		case 401:
			refused++
		case 429:
			limited++
			if a.header.Get("Retry-After") == "" {
				t.Errorf("limited without a time: %s", a)
			}
		}
	}
	if refused != 10 || limited != 10 {
		t.Errorf("%d refused and %d limited, want 10 and 10", refused, limited)
	}
}

func TestVisitorRoutesAndForeignPages(t *testing.T) {
	w := newWorld(t, setup{})
	v := w.visitor()
	from := func(origin string) *client {
		c := *v
		c.header = http.Header{"Origin": {origin}}
		return &c
	}
	a := from(shopSite).do("GET", "/visitor/conversations", nil).want(t, 200)
	if a.header.Get("Access-Control-Allow-Origin") != shopSite || a.header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("the site's page may not read: %v", a.header)
	}
	for _, origin := range []string{"https://evil.example", "null", "https://blog.example.com", shopSite + ".evil.example"} {
		if a := from(origin).do("GET", "/visitor/conversations", nil); a.status != 403 || a.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("origin %q: %s", origin, a)
		}
		if a := from(origin).do("POST", "/visitor/sessions", map[string]any{"inbox": "shop"}); a.status != 403 {
			t.Errorf("session from %q: %s", origin, a)
		}
	}
	// A browser that hides the origin of a cross-site request says so in Sec-Fetch-Site.
	c := *v
	c.header = http.Header{"Sec-Fetch-Site": {"cross-site"}}
	c.do("POST", "/visitor/messages", map[string]any{"id": id.New(), "client_conv_id": id.New(), "text": "x"}).want(t, 403)

	pre := w.nobody().request("OPTIONS", "/api/v1/visitor/messages", nil)
	pre.Header.Set("Origin", shopSite)
	if a := w.nobody().send(pre); a.status != 204 || !strings.Contains(a.header.Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Errorf("preflight of the site: %s %v", a, a.header)
	}
	pre.Header.Set("Origin", "https://evil.example")
	w.nobody().send(pre).want(t, 403)
}

func TestUploadsOverHTTP(t *testing.T) {
	w := newWorld(t, setup{})
	a, b := w.visitor(), w.visitor()
	agent := w.console(account.RoleAgent)
	put := func(c *client, name string, data []byte) answer {
		body, header := form(t, "file", name, data)
		with := *c
		with.header = header
		return with.do("POST", "/uploads", body)
	}
	var pic bytes.Buffer
	if err := png.Encode(&pic, image.NewRGBA(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	var up, text api.Attachment
	put(a, "../../shot.png", pic.Bytes()).want(t, 201).into(t, &up)
	put(a, "notes\r\nX: y.html", []byte("plain words")).want(t, 201).into(t, &text)
	if up.Name != "shot.png" || up.Type != "image/png" || up.URL != "/api/v1/uploads/"+up.ID {
		t.Errorf("upload %+v", up)
	}
	got := a.do("GET", "/uploads/"+up.ID, nil).want(t, 200)
	if got.header.Get("Content-Type") != "image/png" || !strings.HasPrefix(got.header.Get("Content-Disposition"), "inline") {
		t.Errorf("picture served as %v", got.header)
	}
	got = a.do("GET", "/uploads/"+text.ID, nil).want(t, 200)
	if h := got.header; !strings.HasPrefix(h.Get("Content-Disposition"), "attachment;") || h.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || h.Get("Content-Type") != "text/plain" || string(got.body) != "plain words" {
		t.Errorf("text served as %v", got.header)
	}
	for name, data := range map[string]string{
		"page.png": "<!doctype html><script>alert(1)</script>", "logo.png": `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "x.txt": "",
	} {
		if got := put(a, name, []byte(data)); got.status != 422 {
			t.Errorf("%s: %s", name, got)
		}
	}
	put(a, "large.txt", bytes.Repeat([]byte("a"), 12<<20)).want(t, 413)
	a.do("POST", "/uploads", strings.NewReader("no form")).want(t, 422)

	// Nobody else's, until it is sent: then the members of the conversation.
	if got := b.do("GET", "/uploads/"+up.ID, nil); got.status != 404 {
		t.Errorf("another visitor reads: %s", got)
	}
	w.nobody().do("GET", "/uploads/"+up.ID, nil).want(t, 401)
	b.do("POST", "/visitor/messages", map[string]any{"id": id.New(), "client_conv_id": id.New(), "text": "mine", "attachments": []string{up.ID}}).want(t, 422)
	conv := a.say("", "hello there").Conversation
	var ack api.Ack
	a.do("POST", "/visitor/messages", map[string]any{"id": id.New(), "conversation": conv, "text": "", "attachments": []string{up.ID}}).want(t, 200).into(t, &ack)
	if len(ack.Event.Attachments) != 1 || ack.Event.Attachments[0] != up {
		t.Errorf("sent %+v, want %+v", ack.Event.Attachments, up)
	}
	agent.do("GET", "/uploads/"+up.ID, nil).want(t, 200)
	agent.do("POST", "/conversations/"+conv+"/take", nil).want(t, 200)
	var form api.Attachment
	put(agent, "form.txt", []byte("fill in")).want(t, 201).into(t, &form)
	a.do("GET", "/uploads/"+form.ID, nil).want(t, 404)
	agent.do("POST", "/conversations/"+conv+"/messages", map[string]any{"id": id.New(), "text": "please", "attachments": []string{form.ID}}).want(t, 200)
	a.do("GET", "/uploads/"+form.ID, nil).want(t, 200)
	b.do("GET", "/uploads/"+form.ID, nil).want(t, 404)
}

func TestIdleConsoleSessionEnds(t *testing.T) {
	w := newWorld(t, setup{})
	me := w.console(account.RoleAgent)
	w.pass(61 * time.Minute)
	me.do("GET", "/conversations", nil).want(t, 401)
}

func FuzzFrames(f *testing.F) {
	for _, s := range []string{
		`{"type":"hello","token":"x","conversations":[{"id":"c","epoch":"e","n":3}]}`, `{"type":"send","id":"x","text":"y","attachments":["z"]}`,
		`{"type":"pong"}`, `{"type":"watch","n":-1}`, `[]`, `{"type":"typing","on":1}`, `{"type":"send"}{}`, "\x00", `{"type":"text","offset":1e99}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, err := api.DecodeFrame(data)
		if (frame == nil) == (err == nil) {
			t.Errorf("%q gave %v and %v", data, frame, err)
		}
	})
}
