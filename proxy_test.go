package frontdesk

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/load"
	"github.com/frontdesk-chat/frontdesk/internal/testenv"
)

// Real nginx with the files that ship, before one node that lives and one that is
// gone: visitors never meet the one that is gone.
func TestNginxServesVisitors(t *testing.T) {
	public := freeAddress(t)
	base := "https://" + public
	s := serveDemo(t, func(c *Config) { c.Server.TrustedProxies, c.Server.PublicURL = []string{"127.0.0.1"}, base })
	testenv.Nginx(t, "deploy/nginx", public, [2]string{freeAddress(t), strings.TrimPrefix(s.base, "http://")})

	own := &tls.Config{InsecureSkipVerify: true} // signed a moment ago by the test
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: own}}
	t.Cleanup(client.CloseIdleConnections)
	get := func(path string) (*http.Response, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		said, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, string(said)
	}
	for path, want := range map[string]int{"/healthz": 200, "/metrics": 404, "/readyz": 404, "/widget.js": 200, "/console/": 200} {
		if res, said := get(path); res.StatusCode != want {
			t.Errorf("%s: status %d, want %d: %.200s", path, res.StatusCode, want, said)
		}
	}
	// Each of these may be given to the node that is gone first.
	for range 10 {
		if res, said := get("/healthz"); res.StatusCode != http.StatusOK {
			t.Errorf("status %d: %s", res.StatusCode, said)
		}
	}

	post := func(path, token string, body any, out any) {
		t.Helper()
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+path, strings.NewReader(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Origin", base)
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		said, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode >= 300 {
			t.Fatalf("%s: status %d, %v: %s", path, res.StatusCode, err, said)
		}
		if err := json.Unmarshal(said, out); err != nil {
			t.Fatal(err)
		}
	}
	var session load.Session
	post("/api/v1/visitor/sessions", "", map[string]any{"inbox": "shop"}, &session)
	words := make(chan string, 10)
	c, err := load.Dial(t.Context(), base, session.Token, nil, &websocket.Dialer{TLSClientConfig: own, HandshakeTimeout: 10 * time.Second}, func(f load.Frame) {
		for _, e := range f.Events {
			if e.Author.Kind == "bot" && e.Text != "" {
				words <- e.Text
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	conversation := id.New()
	var ack struct {
		Event struct {
			N int64 `json:"n"`
		} `json:"event"`
	}
	post("/api/v1/visitor/messages", session.Token, map[string]any{"id": id.New(), "client_conv_id": conversation, "text": "What does the guarantee cover?"}, &ack)
	if ack.Event.N != 1 {
		t.Errorf("the message has number %d", ack.Event.N)
	}
	if err := c.Write(map[string]any{"type": "send", "id": id.New(), "client_conv_id": conversation, "text": "And how much does a kintsugi repair cost?"}); err != nil {
		t.Fatal(err)
	}
	select {
	case w := <-words:
		t.Logf("through nginx: %.80s", w)
	case <-time.After(30 * time.Second):
		t.Error("no answer came through nginx")
	}
}
