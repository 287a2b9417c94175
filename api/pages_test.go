package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/internal/account"
)

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

func TestInboxes(t *testing.T) {
	w := newWorld(t, setup{})
	admin := w.console(account.RoleAdministrator)
	secret := "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	var in api.Inbox
	admin.do("PUT", "/inboxes/store", map[string]any{
		"name": "Store", "origins": []string{"https://store.example.com/"}, "accent": "#3457d5", "greeting": map[string]string{"en": "Hi", "zh": "您好"},
		"hours": map[string]any{"zone": "Asia/Shanghai", "weeks": []map[string]any{{"day": 1, "open": "09:00", "close": "18:30"}}},
		"slots": 0.5,
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
	if in.Origins[0] != "https://store.example.com" || in.Hours.Weeks[0].Close != "18:30" || in.Greeting.ZH != "您好" || len(in.Keys) != 1 || in.Slots != .5 || strings.Contains(string(a.body), secret) {
		t.Errorf("inbox %s", a)
	}
	// A change that leaves the keys out, or sends one without its secret, keeps the secret.
	in.Name = "Shop of Ana"
	body, _ := json.Marshal(map[string]any{"name": in.Name, "origins": in.Origins, "version": in.Version, "keys": in.Keys})
	req := json.RawMessage(body)
	admin.do("PUT", "/inboxes/store", req).want(t, 200)
	if got, err := w.accounts.Inbox(t.Context(), ws, "store"); err != nil || len(got.Keys[0].Secret) != 32 || got.Takes != 50 || got.Name != "Shop of Ana" {
		t.Errorf("stored %+v %v", got, err)
	}
	admin.do("PUT", "/inboxes/store", req).want(t, 409)
	for _, bad := range []map[string]any{
		{"name": "S", "origins": []string{"*"}},
		{"name": "", "origins": []string{}},
		{"name": "S", "origins": []string{}, "accent": "red"},
		{"name": "S", "origins": []string{}, "slots": .3},
		{"name": "S", "origins": []string{}, "slots": 10.5},
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
