package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/internal/live"
)

type readiness struct {
	Ready, Draining bool
	Node            string
	Checks          map[string]struct {
		OK, Needed bool
		Detail     string
	}
}

func ready(t *testing.T, h http.Handler) (int, readiness) {
	t.Helper()
	r := httptest.NewRecorder()
	h.ServeHTTP(r, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	var out readiness
	if err := json.Unmarshal(r.Body.Bytes(), &out); err != nil {
		t.Fatalf("%q: %v", r.Body, err)
	}
	return r.Code, out
}

func TestReadyz(t *testing.T) {
	w := newWorld(t, setup{options: api.Options{Node: "one"}})
	status, got := ready(t, w.server.Handler())
	// The world's bus fails and is not needed.
	if status != http.StatusOK || !got.Ready || got.Node != "one" || !got.Checks["database"].OK || got.Checks["bus"].OK || got.Checks["bus"].Detail != "Redis does not answer." {
		t.Errorf("status %d, %+v", status, got)
	}
	if err := w.db.Close(); err != nil {
		t.Fatal(err)
	}
	status, got = ready(t, w.server.Handler())
	if status != http.StatusServiceUnavailable || got.Ready || got.Checks["database"].OK || got.Checks["database"].Detail == "" {
		t.Errorf("without the database: status %d, %+v", status, got)
	}
}

// A proxy gets time to notice before the first socket is sent away; what it asks
// meanwhile is refused at once, and a stop that has no time left waits for nobody.
func TestDrainWaitsForTheProxy(t *testing.T) {
	w := newWorld(t, setup{options: api.Options{Notice: time.Hour}})
	k := w.visitor().live(nil)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.server.Drain(ctx)
	}()
	for {
		if status, got := ready(t, w.server.Handler()); got.Draining {
			if status != http.StatusServiceUnavailable || got.Ready {
				t.Errorf("status %d, %+v", status, got)
			}
			break
		}
	}
	if agents, visitors := w.hub.Peers(); agents+visitors != 1 {
		t.Errorf("%d sockets while the proxy may notice, want 1", agents+visitors)
	}
	cancel()
	<-ended
	if code := k.closed(); code != live.CloseRestart {
		t.Errorf("closed with %d, want %d", code, live.CloseRestart)
	}
}
