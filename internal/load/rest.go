package load

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/history"
)

// request calls the API as this user. The status is 0 when there was no answer.
func (u *User) request(ctx context.Context, method, path string, body, out any) (status int, retry time.Duration, err error) {
	u.mu.Lock()
	base := u.o.Base
	u.mu.Unlock()
	h := u.headers(base)
	if u.o.Token != "" {
		h.Set("Authorization", "Bearer "+u.o.Token)
	}
	return request(ctx, u.client, method, base+"/api/v1"+path, h, body, out)
}

// Token is what the visitor's session goes by.
func (u *User) Token() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.o.Token
}

// Base is where the user connects to.
func (u *User) Base() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.o.Base
}

// Arrive starts a visitor's session with an inbox.
func (u *User) Arrive(ctx context.Context, inbox string) error {
	var s Session
	if _, err := u.Post(ctx, "/visitor/sessions", map[string]any{"inbox": inbox, "language": "en"}, &s); err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.o.Token = s.Token
	return nil
}

// SignIn signs an agent in.
func (u *User) SignIn(ctx context.Context, email, password string) error {
	jar := &cookies{}
	u.client.Jar = jar
	defer func() { u.client.Jar = nil }()
	var in struct {
		CSRF string `json:"csrf"`
	}
	if _, err := u.Post(ctx, "/sessions", map[string]string{"email": email, "password": password}, &in); err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.o.Cookie, u.o.CSRF = jar.pair, in.CSRF
	return nil
}

// Tab is another socket of the same person, with the same cursors and a history
// of its own.
func (u *User) Tab(address string, record *history.Client) *User {
	u.mu.Lock()
	defer u.mu.Unlock()
	o := u.o
	o.Address, o.Record, o.Saw = address, record, nil
	t := NewUser(o)
	for _, id := range u.order {
		t.watch(id, u.lines[id].n)
	}
	t.epoch = u.epoch
	return t
}

// cookies takes the one cookie of a session, whatever host and scheme it is for.
type cookies struct{ pair string }

// SetCookies implements http.CookieJar.
func (c *cookies) SetCookies(_ *url.URL, list []*http.Cookie) {
	for _, k := range list {
		c.pair = k.Name + "=" + k.Value
	}
}

// Cookies implements http.CookieJar.
func (c *cookies) Cookies(*url.URL) []*http.Cookie { return nil }

// Post calls a route of the API, for what has no frame: taking a chat, accepting an offer.
func (u *User) Post(ctx context.Context, path string, body, out any) (status int, err error) {
	status, _, err = u.request(ctx, http.MethodPost, path, body, out)
	return status, err
}

// Put is Post for PUT.
func (u *User) Put(ctx context.Context, path string, body, out any) (status int, err error) {
	status, _, err = u.request(ctx, http.MethodPut, path, body, out)
	return status, err
}

// Get reads a route of the API.
func (u *User) Get(ctx context.Context, path string, out any) (status int, err error) {
	status, _, err = u.request(ctx, http.MethodGet, path, nil, out)
	return status, err
}

// marshal writes a body; what benches send can always be written.
func marshal(body any) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	return json.Marshal(body)
}
