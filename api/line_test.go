package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/internal/live"
)

// TestFramesInOnePacketAndInPieces has frames arrive in every way that a stream
// may cut them: none may wait for the next one to come.
func TestFramesInOnePacketAndInPieces(t *testing.T) {
	w := newWorld(t, setup{})
	v := w.visitor()
	conn, _, err := v.dial(nil)
	if err != nil {
		t.Fatal(err)
	}
	k := w.read(conn)
	// Frames of a client are masked; a mask of zeros leaves them readable.
	frame := func(text string) []byte {
		switch n := len(text); {
		case n < 126:
			return append([]byte{0x81, 0x80 | byte(n), 0, 0, 0, 0}, text...)
		default:
			return append([]byte{0x81, 0x80 | 126, byte(n >> 8), byte(n), 0, 0, 0, 0}, text...)
		}
	}
	var all bytes.Buffer
	all.Write(frame(`{"type":"hello","token":"` + v.token + `"}`))
	for i := range 6 {
		all.Write(frame(`{"type":"pong"}`))
		// Longer than the buffer that frames are read through.
		all.Write(frame(fmt.Sprintf(`{"type":"unwatch","conversation":"%d%s"}`, i, strings.Repeat("x", 3000))))
	}
	all.Write(frame(`{"type":"fly"}`))
	if _, err := conn.NetConn().Write(all.Bytes()); err != nil {
		t.Fatal(err)
	}
	k.next("welcome", nil)
	k.next("error", nil)
	for _, part := range []string{"a", "b"} { // the socket waits again, and is woken by pieces
		f := frame(`{"type":"` + part + `"}`)
		for len(f) > 0 {
			n := min(len(f), 5)
			if _, err := conn.NetConn().Write(f[:n]); err != nil {
				t.Fatal(err)
			}
			f = f[n:]
		}
	}
	if code := k.closed(); code != live.CloseMalformed {
		t.Errorf("closed with %d, want %d: a frame was not read", code, live.CloseMalformed)
	}
}

// TestNodeIsFull wants the refusal before the upgrade, with the time to wait.
func TestNodeIsFull(t *testing.T) {
	w := newWorld(t, setup{options: api.Options{Limits: api.Limits{Sockets: 2, SocketsPerAddress: -1, ConnectsPerSecond: -1}}})
	v := w.visitor()
	k := v.live(nil)
	v.live(nil)
	_, res, err := v.dial(nil)
	if err == nil || res == nil || res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Fatalf("third socket: %v %v, want 503 with Retry-After", err, res)
	}
	if err := k.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	k.closed()
	k.wait("room for another socket", func() bool {
		k.mu.Unlock()
		defer k.mu.Lock()
		conn, _, err := v.dial(nil)
		if err != nil {
			return false
		}
		conn.Close()
		return true
	})
}
