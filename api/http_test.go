package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/fstest"
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

func TestPagesAndTheirHeaders(t *testing.T) {
	script := strings.Repeat("console.log('frontdesk');\n", 100)
	pages := func(name string) fstest.MapFS {
		return fstest.MapFS{"index.html": {Data: []byte("<!doctype html><title>" + name + "</title>")}, "assets/app-1a2b.js": {Data: []byte(script)}}
	}
	demo := pages("demo")
	demo["shop/style-3c4d.css"] = &fstest.MapFile{Data: []byte("body{}")}
	w := newWorld(t, setup{assets: api.Assets{Loader: []byte(script), Widget: pages("widget"), Console: pages("console"), Demo: demo}})
	get := func(path string, header ...string) answer {
		req := w.nobody().request("GET", path, nil)
		req.Header.Set("Accept-Encoding", "identity")
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		return w.nobody().send(req)
	}
	for path, want := range map[string]string{
		"/widget/?inbox=shop":    "frame-ancestors 'self' " + shopSite,
		"/widget/?inbox=nowhere": "frame-ancestors 'none'",
		"/console/":              "frame-ancestors 'none'",
		"/":                      "frame-ancestors 'none'",
	} {
		a := get(path).want(t, 200)
		csp := a.header.Get("Content-Security-Policy")
		if !strings.HasSuffix(csp, want) || !strings.HasPrefix(csp, "default-src 'none'; script-src 'self';") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q, want it to end in %q", path, csp, want)
		}
		if a.header.Get("Cache-Control") != "no-cache" || a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: headers %v", path, a.header)
		}
	}
	for _, path := range []string{"/widget/assets/app-1a2b.js", "/console/assets/app-1a2b.js", "/shop/style-3c4d.css"} {
		if a := get(path).want(t, 200); a.header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: %v", path, a.header)
		}
	}
	loader := get("/widget.js").want(t, 200)
	if loader.header.Get("Cross-Origin-Resource-Policy") != "cross-origin" || loader.header.Get("Cache-Control") != "public, max-age=300" {
		t.Errorf("loader: %v", loader.header)
	}
	if a := get("/widget.js", "If-None-Match", loader.header.Get("ETag")); a.status != 304 || len(a.body) > 0 {
		t.Errorf("unchanged loader: %s", a)
	}
	if a := get("/widget.js", "Accept-Encoding", "gzip"); a.header.Get("Content-Encoding") != "gzip" || len(a.body) > len(script)/2 {
		t.Errorf("packed loader has %d bytes of %d", len(a.body), len(script))
	}
	for _, path := range []string{"/widget/../api/server.go", "/widget/nothing.js", "/console/assets/", "/nothing"} {
		if a := get(path); a.status != 404 && a.status != 301 {
			t.Errorf("%s: %s", path, a)
		}
	}
	if a := get("/healthz").want(t, 200); a.header.Get("Content-Security-Policy") != "default-src 'none'; frame-ancestors 'none'" {
		t.Errorf("healthz: %v", a.header)
	}
	if m := w.metric(); !strings.Contains(m, "frontdesk_http_requests_total") {
		t.Errorf("metrics: %s", m)
	}
}

func TestDeskOverHTTP(t *testing.T) {
	w := newWorld(t, setup{})
	v := w.visitor()
	lin, ana := w.console(account.RoleAgent), w.console(account.RoleAgent)
	boss := w.console(account.RoleSupervisor)
	conv := v.say("", "What is the return period?").Conversation
	read := func(c *client) (out api.Conversation) {
		c.do("GET", "/conversations/"+conv, nil).want(t, 200).into(t, &out)
		return out
	}
	w.eventually("the answer", func() bool { return read(lin).N >= 2 })
	var page api.EventPage
	lin.do("GET", "/conversations/"+conv+"/events", nil).want(t, 200).into(t, &page)
	var trace api.Trace
	lin.do("GET", "/conversations/"+conv+"/traces/"+page.Events[1].ID, nil).want(t, 200).into(t, &trace)
	if trace.Decision != "answer" || trace.Rule == "" || len(trace.Candidates) == 0 || len(trace.Signals) == 0 || len(trace.Thresholds["confidence"]) == 0 || trace.Timings["total"] <= 0 {
		t.Errorf("trace %+v", trace)
	}

	// Nobody on duty: a wish for a person is kept; somebody comes: it is offered.
	var place api.Place
	v.do("POST", "/visitor/conversations/"+conv+"/person", map[string]any{"id": id.New()}).want(t, 200).into(t, &place)
	if place.Open || read(lin).Service != "parked" {
		t.Errorf("nobody there: %+v, service %s", place, read(lin).Service)
	}
	var me api.Agent
	lin.live(nil)
	lin.do("PUT", "/agents/me/duty", map[string]any{"duty": "on", "capacity": 2}).want(t, 200).into(t, &me)
	if me.Duty != "on" || me.Capacity != 2 {
		t.Errorf("on duty: %+v", me)
	}
	v.do("POST", "/visitor/conversations/"+conv+"/person", map[string]any{"id": id.New()}).want(t, 200).into(t, &place)
	if !place.Open || place.Position != 1 {
		t.Errorf("somebody there: %+v", place)
	}
	var offers struct{ Items []api.Reservation }
	w.eventually("the offer", func() bool {
		lin.do("GET", "/offers", nil).want(t, 200).into(t, &offers)
		return len(offers.Items) == 1
	})
	var line struct{ Items []api.Waiting }
	ana.do("GET", "/queue", nil).want(t, 200).into(t, &line)
	if len(line.Items) != 1 || line.Items[0].Row.ID != conv || line.Items[0].Position != 1 {
		t.Errorf("line %+v", line)
	}
	ana.do("POST", "/offers/"+offers.Items[0].ID+"/accept", nil).want(t, 403)
	lin.do("POST", "/offers/"+offers.Items[0].ID+"/accept", nil).want(t, 200)
	if c := read(ana); c.Service != "active" || c.Speaker != "human" || c.Agent == nil || c.Agent.ID != lin.id || c.Agent.Name != "Lin" || c.Visitor.ID != v.id {
		t.Errorf("accepted: %+v", c)
	}
	ana.do("POST", "/conversations/"+conv+"/take", nil).want(t, 409)
	ana.do("POST", "/conversations/"+conv+"/messages", map[string]any{"id": id.New(), "text": "me too"}).want(t, 403)
	ana.do("POST", "/conversations/"+conv+"/messages", map[string]any{"id": id.New(), "text": "look", "kind": "note"}).want(t, 200)
	boss.do("POST", "/conversations/"+conv+"/take", map[string]any{"version": 1}).want(t, 409)
	boss.do("POST", "/conversations/"+conv+"/take", nil).want(t, 200)
	boss.do("POST", "/conversations/"+conv+"/close", nil).want(t, 200)
	var list api.ConversationList
	for view, want := range map[string]int{"closed": 1, "mine": 0, "queue": 0, "bot": 0, "all": 1} {
		lin.do("GET", "/conversations?view="+view, nil).want(t, 200).into(t, &list)
		if len(list.Items) != want {
			t.Errorf("view %s has %d, want %d", view, len(list.Items), want)
		}
	}
	if list.Counts.Closed != 1 || list.Counts.All != 1 {
		t.Errorf("counts %+v", list.Counts)
	}
	lin.do("POST", "/conversations/"+conv+"/reopen", nil).want(t, 200)
	lin.do("POST", "/conversations/"+conv+"/hand-back", map[string]any{"note": "done"}).want(t, 200)
	v.do("POST", "/visitor/conversations/"+conv+"/feedback", map[string]any{"event": page.Events[1].ID, "helpful": false, "why": "incomplete"}).want(t, 204)
	var review struct{ Items []api.ReviewItem }
	editor := w.console(account.RoleEditor)
	editor.do("GET", "/review?kind=unhelpful", nil).want(t, 200).into(t, &review)
	if len(review.Items) != 1 || review.Items[0].Event != page.Events[1].ID || review.Items[0].Why != "incomplete" {
		t.Errorf("review %+v", review)
	}
	editor.do("POST", "/review/"+page.Events[1].ID+"/done", nil).want(t, 204)
	editor.do("GET", "/review?kind=unhelpful", nil).want(t, 200).into(t, &review)
	if len(review.Items) != 0 {
		t.Errorf("after it was done: %+v", review)
	}
}

func TestDocumentsOverHTTP(t *testing.T) {
	w := newWorld(t, setup{})
	e := w.console(account.RoleEditor)
	v := w.visitor()
	text := "# Returns\n\nSend goods back.\n\n## Abroad\n\nWithin 60 days."
	var d, again api.Document
	e.do("POST", "/documents", map[string]any{"title": "Returns", "text": text}).want(t, 201).into(t, &d)
	if d.Kind != "page" || d.Status != "draft" || d.Version != 1 || d.UpdatedBy != "Lin" || d.Language != "en" {
		t.Errorf("made %+v", d)
	}
	v.do("GET", "/visitor/documents/"+d.ID, nil).want(t, 404)
	e.do("POST", "/documents/"+d.ID+"/publish", nil).want(t, 200)
	var seen api.VisitorDocument
	v.do("GET", "/visitor/documents/"+d.ID, nil).want(t, 200).into(t, &seen)
	if seen.Title != "Returns" || !strings.Contains(seen.Text, "Within 60 days.") {
		t.Errorf("visitor reads %+v", seen)
	}
	e.do("PUT", "/documents/"+d.ID, map[string]any{"title": "Returns", "text": text + "\n\nAlways.", "version": 1}).want(t, 200).into(t, &again)
	if again.Version != 2 || again.Status != "published" {
		t.Errorf("changed %+v", again)
	}
	e.do("PUT", "/documents/"+d.ID, map[string]any{"title": "Old", "text": text, "version": 1}).want(t, 409)
	e.do("PUT", "/documents/"+d.ID, map[string]any{"title": "None", "text": text}).want(t, 422)
	var versions struct{ Items []api.Version }
	e.do("GET", "/documents/"+d.ID+"/versions", nil).want(t, 200).into(t, &versions)
	if len(versions.Items) != 2 || versions.Items[0].Version != 2 {
		t.Errorf("versions %+v", versions)
	}
	e.do("GET", "/documents/"+d.ID+"/versions/1", nil).want(t, 200).into(t, &again)
	if strings.Contains(again.Text, "Always") {
		t.Errorf("version 1 reads %q", again.Text)
	}
	e.do("POST", "/documents/"+d.ID+"/restore", map[string]any{"version": 1}).want(t, 200).into(t, &again)
	if again.Version != 3 || strings.Contains(again.Text, "Always") {
		t.Errorf("restored %+v", again)
	}
	for i := range 5 {
		e.do("POST", "/documents", map[string]any{"kind": "entry", "question": fmt.Sprintf("What is %d?", i), "answer": "That.", "tags": []string{"start"}}).want(t, 201).into(t, &again)
		e.do("POST", "/documents/"+again.ID+"/publish", map[string]any{"version": again.Version}).want(t, 200)
	}
	var ids []string
	for next := ""; ; {
		var page struct {
			Items []api.Document
			Next  string
		}
		e.do("GET", "/documents?limit=4&cursor="+next, nil).want(t, 200).into(t, &page)
		for _, p := range page.Items {
			ids = append(ids, p.ID)
			if p.Text != "" {
				t.Error("the list carries whole texts")
			}
		}
		if next = page.Next; next == "" {
			break
		}
	}
	if len(ids) != 6 {
		t.Errorf("paged through %d documents, want 6", len(ids))
	}
	var s api.Suggestions
	v.do("GET", "/visitor/suggestions?language=en", nil).want(t, 200).into(t, &s)
	if len(s.Questions) != 3 {
		t.Errorf("suggestions %v", s.Questions)
	}
	e.do("DELETE", "/documents/"+d.ID, nil).want(t, 204)
	v.do("GET", "/visitor/documents/"+d.ID, nil).want(t, 404)
	var tr api.Trace
	e.do("POST", "/ask", map[string]any{"text": "What is the return period?", "context": []map[string]string{{"by": "visitor", "text": "Hi"}, {"by": "bot", "text": "Hello"}}}).want(t, 200).into(t, &tr)
	if tr.Decision != "answer" || tr.Answer == "" || tr.Event != "" {
		t.Errorf("ask %+v", tr)
	}
}

func TestInboxes(t *testing.T) {
	w := newWorld(t, setup{})
	admin := w.console(account.RoleAdministrator)
	secret := "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	var in api.Inbox
	admin.do("PUT", "/inboxes/store", map[string]any{
		"name": "Store", "origins": []string{"https://store.example.com/"}, "accent": "#3457d5", "greeting": map[string]string{"en": "Hi", "zh": "您好"},
		"hours": map[string]any{"zone": "Asia/Shanghai", "weeks": []map[string]any{{"day": 1, "open": "09:00", "close": "18:30"}}},
		"keys":  []map[string]string{{"id": "k1", "alg": "HS256", "secret": secret}},
	}).want(t, 200)
	a := admin.do("GET", "/inboxes/store", nil).want(t, 200)
	a.into(t, &in)
	queues, err := w.desk.Queues(t.Context(), ws)
	if err != nil || len(queues) != 1 || len(queues[0].Hours.Weeks) != 1 || queues[0].Hours.Zone != "Asia/Shanghai" {
		t.Errorf("the line's hours %+v (%v), want those of the inbox", queues, err)
	}
	var sess api.VisitorSession
	w.nobody().do("POST", "/visitor/sessions", map[string]any{"inbox": "store"}).want(t, 200).into(t, &sess)
	if !sess.Inbox.People.Open && sess.Inbox.People.OpensAt == nil {
		t.Errorf("people %+v: neither open nor opening", sess.Inbox.People)
	}
	if in.Origins[0] != "https://store.example.com" || in.Hours.Weeks[0].Close != "18:30" || in.Greeting.ZH != "您好" || len(in.Keys) != 1 || strings.Contains(string(a.body), secret) {
		t.Errorf("inbox %s", a)
	}
	// A change that leaves the keys out, or sends one without its secret, keeps the secret.
	in.Name = "Shop of Ana"
	body, _ := json.Marshal(map[string]any{"name": in.Name, "origins": in.Origins, "version": in.Version, "keys": in.Keys})
	req := json.RawMessage(body)
	admin.do("PUT", "/inboxes/store", req).want(t, 200)
	if got, err := w.accounts.Inbox(t.Context(), ws, "store"); err != nil || len(got.Keys[0].Secret) != 32 || got.Name != "Shop of Ana" {
		t.Errorf("stored %+v %v", got, err)
	}
	admin.do("PUT", "/inboxes/store", req).want(t, 409)
	for _, bad := range []map[string]any{
		{"name": "S", "origins": []string{"*"}}, {"name": "", "origins": []string{}}, {"name": "S", "origins": []string{}, "accent": "red"},
		{"name": "S", "origins": []string{}, "hours": map[string]any{"weeks": []map[string]any{{"day": 1, "open": "18:00", "close": "09:00"}}}},
	} {
		admin.do("PUT", "/inboxes/store", bad).want(t, 422)
	}
	// An origin taken off the list is refused at once for new calls.
	v := w.visitor()
	v.header = http.Header{"Origin": {shopSite}}
	v.do("GET", "/visitor/conversations", nil).want(t, 200)
	admin.do("PUT", "/inboxes/shop", map[string]any{"name": "Shop", "origins": []string{}}).want(t, 200)
	v.do("GET", "/visitor/conversations", nil).want(t, 403)
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
