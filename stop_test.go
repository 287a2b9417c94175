package frontdesk

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/frontdesk-chat/frontdesk/internal/load"
)

// A stop refuses new visitors at once, gives the proxy time to notice, tells
// every socket to come back, and ends in time.
func TestStopIsOrderly(t *testing.T) {
	s := serveDemo(t, func(c *Config) { c.Server.TrustedProxies = []string{"127.0.0.1"} })
	var sockets []*load.Client
	drained := make(chan int, 1000)
	for range 60 {
		session, err := load.NewSession(t.Context(), s.base, "shop")
		if err != nil {
			t.Fatal(err)
		}
		c, err := load.Dial(t.Context(), s.base, session.Token, nil, nil, func(f load.Frame) {
			if f.Type == "drain" && f.RetryAfterMS != nil {
				drained <- *f.RetryAfterMS
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		sockets = append(sockets, c)
	}
	begun := time.Now()
	stopped := make(chan time.Duration, 1)
	go func() {
		s.stop()
		stopped <- time.Since(begun)
	}()
	for {
		res, err := http.Get(s.base + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		said, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode == http.StatusServiceUnavailable {
			if !strings.Contains(string(said), `"draining":true`) {
				t.Errorf("not ready, and says %s", said)
			}
			break
		}
	}
	if _, err := load.Dial(t.Context(), s.base, "token", nil, nil, func(load.Frame) {}); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("a new socket was met with %v, want 503", err)
	}
	late := time.After(time.Minute)
	for i, c := range sockets {
		select {
		case <-c.Done():
		case <-late:
			t.Fatalf("socket %d is open still", i)
		}
		var e *websocket.CloseError
		if !errors.As(c.Err(), &e) || e.Code != websocket.CloseServiceRestart {
			t.Errorf("socket %d ended with %v, want %d", i, c.Err(), websocket.CloseServiceRestart)
		}
	}
	close(drained)
	told := 0
	for retry := range drained {
		if told++; retry > 1000 {
			t.Errorf("a reader is to stay away for %d ms", retry)
		}
	}
	if told != len(sockets) {
		t.Errorf("%d of %d sockets were told when to come back", told, len(sockets))
	}
	if took := <-stopped; took < drainNotice || took > 25*time.Second {
		t.Errorf("the stop took %v, want between %v and 25s", took, drainNotice)
	} else {
		t.Logf("60 sockets, stopped in %v", took)
	}
}
