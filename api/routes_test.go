package api_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// sample is a well-formed body of a route, so that what refuses it is the right
// and not the shape.
func sample(path string) any {
	switch path {
	case "/visitor/sessions":
		return map[string]any{"inbox": "shop"}
	case "/visitor/messages":
		return map[string]any{"id": id.New(), "client_conv_id": id.New(), "text": "hello"}
	case "/visitor/conversations/{id}/feedback":
		return map[string]any{"event": id.New(), "helpful": true}
	case "/visitor/conversations/{id}/person":
		return map[string]any{"id": id.New()}
	case "/visitor/conversations/{id}/leave-message":
		return map[string]any{"id": id.New(), "text": "call me"}
	case "/sessions":
		return map[string]any{"email": "nobody@example.com", "password": "wrong password"}
	case "/conversations/{id}/messages":
		return map[string]any{"id": id.New(), "text": "hello"}
	case "/tickets":
		return map[string]any{"conversation": id.New()}
	case "/tickets/{id}/answers":
		return map[string]any{"id": id.New(), "text": "hello"}
	case "/tickets/{id}/merge", "/tickets/{id}/link":
		return map[string]any{"other": id.New()}
	case "/replies":
		return map[string]any{"shortcut": "s" + id.New(), "title": "A reply", "text": map[string]any{"en": "Hello"}, "own": true}
	case "/replies/{id}":
		return map[string]any{"shortcut": "s", "title": "A reply", "text": map[string]any{"en": "Hello"}, "own": true, "version": 1}
	case "/conversations/{id}/translations":
		return map[string]any{"n": 1, "to": "en"}
	case "/conversations/{id}/macro":
		return map[string]any{"id": id.New(), "reply": id.New(), "text": "hello"}
	case "/codes":
		return map[string]any{"codes": []any{}, "version": 0}
	case "/visitor/conversations/{id}/rating":
		return map[string]any{"id": id.New(), "score": 5}
	case "/rules":
		return map[string]any{"rules": []any{}, "version": 0}
	case "/agents/me/duty":
		return map[string]any{"duty": "away"}
	case "/documents":
		return map[string]any{"kind": "entry", "question": "What " + id.New() + "?", "answer": "That."}
	case "/documents/{id}":
		return map[string]any{"question": "What?", "answer": "That.", "version": 1}
	case "/documents/{id}/restore":
		return map[string]any{"version": 1}
	case "/ask":
		return map[string]any{"text": "What is the return period?"}
	case "/intents", "/intents/{name}":
		return map[string]any{"name": "intent-" + id.New()}
	case "/intents/{name}/examples":
		return map[string]any{"text": "hello " + id.New()}
	case "/accounts":
		return map[string]any{"email": id.New() + "@example.com", "name": "New", "roles": []string{"agent"}, "password": password}
	case "/accounts/import":
		return map[string]any{"csv": "email,name\n" + id.New() + "@example.com,New\n"}
	case "/accounts/{id}":
		return map[string]any{"name": "Other"}
	case "/queues/{id}":
		return map[string]any{"name": "Other"}
	case "/rosters/{id}":
		return map[string]any{"hours": map[string]any{"weeks": []any{}, "holidays": []any{}}, "version": "x"}
	case "/inboxes/{id}":
		return map[string]any{"name": "Other", "origins": []string{}}
	}
	return map[string]any{}
}

// form is a multipart body with one file.
func form(t testing.TB, field, name string, data []byte) (*bytes.Reader, http.Header) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, err := m.CreateFormFile(field, name)
	if err != nil {
		t.Fatal(err)
	}
	part.Write(data)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes()), http.Header{"Content-Type": {m.FormDataContentType()}}
}

func (c *client) call(r api.Right) answer {
	c.w.t.Helper()
	path := strings.NewReplacer("{id}", id.New(), "{event}", id.New(), "{name}", id.New(), "{version}", "1").Replace(r.Path)
	if r.Path == "/uploads" || r.Path == "/imports" && r.Method == "POST" {
		body, header := form(c.w.t, "file", "a.txt", []byte("hello there"))
		withForm := *c
		withForm.header = header
		return withForm.do(r.Method, path, body)
	}
	if r.Method == "GET" || r.Method == "DELETE" {
		return c.do(r.Method, path, nil)
	}
	return c.do(r.Method, path, sample(r.Path))
}

// Every route as every caller: who may not is refused before anything is looked
// at, who may is never told that they may not.
func TestEveryRouteAsEveryRole(t *testing.T) {
	w := newWorld(t, setup{})
	type caller struct {
		name string
		make func() *client
		may  func(api.Right) bool
	}
	callers := []caller{
		{"nobody", w.nobody, func(r api.Right) bool { return r.Everyone }},
		{"visitor", w.visitor, func(r api.Right) bool { return r.Everyone || r.Visitor }},
		{"agent", func() *client { return w.console(account.RoleAgent) }, func(r api.Right) bool { return r.Everyone || r.Agent }},
		{"supervisor", func() *client { return w.console(account.RoleSupervisor) }, func(r api.Right) bool { return r.Everyone || r.Agent || r.Supervisor }},
		{"editor", func() *client { return w.console(account.RoleEditor) }, func(r api.Right) bool { return r.Everyone || r.Editor }},
		{"administrator", func() *client { return w.console(account.RoleAdministrator) }, func(r api.Right) bool {
			return r.Everyone || r.Agent || r.Editor || r.Supervisor || r.Admin
		}},
		{"forged token", func() *client { return &client{w: w, token: strings.Repeat("A", 43)} }, func(r api.Right) bool { return r.Everyone }},
		{"forged cookie", func() *client { return &client{w: w, cookie: "frontdesk=" + strings.Repeat("A", 43), csrf: "x"} }, func(r api.Right) bool { return r.Everyone }},
	}
	for _, c := range callers {
		t.Run(c.name, func(t *testing.T) {
			me := c.make()
			for _, r := range api.Rights() {
				if strings.Contains(r.Path, "/sessions") && r.Method == "DELETE" {
					continue // signing out would end the run; TestSignOut looks at it
				}
				a := me.call(r)
				refused := a.status == http.StatusUnauthorized || a.status == http.StatusForbidden
				if r.Path == "/sessions" && r.Method == "POST" {
					refused = a.status == http.StatusForbidden // the sample's password is wrong
				}
				if refused == c.may(r) {
					t.Errorf("%s %s: %s", r.Method, r.Path, a)
				}
				if a.status >= 500 && a.status != http.StatusServiceUnavailable {
					t.Errorf("%s %s: %s", r.Method, r.Path, a)
				}
			}
		})
	}
}

func TestWritesNeedTheCSRFToken(t *testing.T) {
	w := newWorld(t, setup{})
	me := w.console(account.RoleAdministrator)
	other := w.console(account.RoleAdministrator)
	for _, bad := range []string{"", "x", other.csrf} {
		forged := *me
		forged.csrf = bad
		for _, r := range api.Rights() {
			if r.Method == "GET" || r.Everyone || r.Visitor && !r.Agent {
				continue
			}
			if a := forged.call(r); a.status != http.StatusForbidden {
				t.Errorf("%s %s with csrf %q: %s", r.Method, r.Path, bad, a)
			}
		}
	}
	// The cookie alone from another site's page does nothing, with the token or without.
	foreign := *me
	foreign.header = http.Header{"Origin": {"https://evil.example"}}
	foreign.do("POST", "/accounts", sample("/accounts")).want(t, http.StatusForbidden)
}

func TestUnknownFieldsAndShapesAreProblems(t *testing.T) {
	w := newWorld(t, setup{})
	v := w.visitor()
	admin := w.console(account.RoleAdministrator)
	for name, c := range map[string]struct {
		a      answer
		status int
		code   string
		field  string
	}{
		"unknown field":   {v.do("POST", "/visitor/messages", map[string]any{"id": id.New(), "text": "x", "verified": true}), 422, "invalid", "body.verified"},
		"unknown query":   {v.do("GET", "/visitor/conversations?admin=1", nil), 422, "invalid", "query.admin"},
		"no JSON":         {v.do("POST", "/visitor/messages", strings.NewReader("{")), 400, "invalid", "body"},
		"wrong type":      {v.do("POST", "/visitor/messages", map[string]any{"id": id.New(), "text": 7}), 422, "invalid", "body.text"},
		"bad cursor":      {v.do("GET", "/visitor/conversations?cursor=!", nil), 422, "invalid", "query.cursor"},
		"domain's own":    {admin.do("POST", "/accounts", map[string]any{"email": "x", "name": "N", "roles": []string{"owner"}, "password": "1"}), 422, "invalid", "email"},
		"nothing there":   {v.do("GET", "/nothing", nil), 404, "not_found", ""},
		"wrong method":    {v.do("PATCH", "/visitor/messages", nil), 405, "method_not_allowed", ""},
		"too large":       {v.do("POST", "/visitor/messages", map[string]any{"id": id.New(), "text": strings.Repeat("x", 200<<10)}), 413, "too_large", ""},
		"no such inbox":   {w.nobody().do("POST", "/visitor/sessions", map[string]any{"inbox": "nowhere"}), 404, "not_found", ""},
		"expired session": {(&client{w: w, token: "x"}).do("GET", "/visitor/conversations", nil), 401, "unauthenticated", ""},
	} {
		if c.a.status != c.status || c.a.code() != c.code {
			t.Errorf("%s: %s, want %d %s", name, c.a, c.status, c.code)
			continue
		}
		var p api.Problem
		c.a.into(t, &p)
		found := c.field == ""
		for _, f := range p.Errors {
			found = found || f.Location == c.field && f.Message != ""
		}
		if !found || p.Title == "" || !strings.HasPrefix(p.Instance, "urn:uuid:") || p.Instance != "urn:uuid:"+c.a.header.Get("X-Request-ID") {
			t.Errorf("%s: %s, want field %q, a title and this request's name", name, c.a, c.field)
		}
	}
}
