package load

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/frontdesk-chat/frontdesk/internal/history"
)

// desk is the other end: a server whose every socket is handed to the test.
type desk struct {
	*httptest.Server
	sockets chan *websocket.Conn
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{sockets: make(chan *websocket.Conn, 8)}
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/v1/socket", func(w http.ResponseWriter, r *http.Request) {
		c, err := up.Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		d.sockets <- c
	})
	d.Server = httptest.NewServer(mux)
	t.Cleanup(d.Close)
	return d
}

// socket waits for a client, reads its hello and welcomes it.
func (d *desk) socket(t *testing.T, epoch string) (c *websocket.Conn, hello map[string]any) {
	t.Helper()
	select {
	case c = <-d.sockets:
	case <-time.After(20 * time.Second):
		t.Fatal("nobody comes")
	}
	hello = read(t, c)
	write(t, c, map[string]any{"type": "welcome", "epoch": epoch, "ping_s": 25})
	return c, hello
}

func read(t *testing.T, c *websocket.Conn) map[string]any {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	var f map[string]any
	if err := c.ReadJSON(&f); err != nil {
		t.Fatal(err)
	}
	return f
}

func write(t *testing.T, c *websocket.Conn, f map[string]any) {
	t.Helper()
	if err := c.WriteJSON(f); err != nil {
		t.Fatal(err)
	}
}

// await waits for what the user's own goroutine is about to do.
func await(t *testing.T, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	late := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("in vain")
		}
	}
}

func ackOf(send map[string]any, n int) map[string]any {
	return map[string]any{"type": "ack", "id": send["id"], "conversation": "c1", "event": map[string]any{
		"id": "e" + send["id"].(string), "n": n, "kind": "message", "text": send["text"], "at": time.Now(),
	}}
}

// start runs a user who watches c1.
func start(t *testing.T, d *desk) (*User, *history.Log, *history.Client) {
	t.Helper()
	log := history.NewLog()
	record := log.Client("v", history.Visitor)
	u := NewUser(UserOptions{Base: d.URL, View: history.Visitor, Token: "t", Record: record})
	u.Watch("c1", 0)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); u.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	return u, log, record
}

func TestUserResendsInOrderAndResumesByCursor(t *testing.T) {
	d := newDesk(t)
	u, log, record := start(t, d)
	c, _ := d.socket(t, "e1")
	write(t, c, map[string]any{"type": "synced", "conversation": "c1", "n": 0})
	one, two, three := u.Say("c1", "one", log.Now()), u.Say("c1", "two", log.Now()), u.Say("c1", "three", log.Now())
	first := read(t, c)
	if second := read(t, c); second["after"] != one || second["id"] != two || first["after"] != nil {
		t.Errorf("sends are not chained: %v, %v", first, second)
	}
	read(t, c)
	write(t, c, ackOf(first, 1))
	await(t, func() bool { return u.Cursor("c1") == 1 })
	c.Close()
	c, hello := d.socket(t, "e1")
	cursors, err := json.Marshal(hello["conversations"])
	if err != nil || string(cursors) != `[{"epoch":"e1","id":"c1","n":1}]` {
		t.Errorf("the cursors of a resume are %s", cursors)
	}
	again := []string{read(t, c)["id"].(string), read(t, c)["id"].(string)}
	if !slices.Equal(again, []string{two, three}) {
		t.Errorf("sent again: %v, want %v", again, []string{two, three})
	}
	kinds := map[history.Kind]int{}
	for _, op := range record.Ops() {
		kinds[op.Kind]++
	}
	if kinds[history.Invoke] != 3 || kinds[history.OK] != 1 || kinds[history.Down] != 1 || kinds[history.Synced] != 1 {
		t.Errorf("the history has %v", kinds)
	}
}

func TestUserWaitsAsToldAndLetsNothingOvertake(t *testing.T) {
	d := newDesk(t)
	u, log, record := start(t, d)
	c, _ := d.socket(t, "e1")
	one := u.Say("c1", "one", log.Now())
	read(t, c)
	write(t, c, map[string]any{"type": "nack", "id": one, "problem": map[string]any{"status": 503}, "retry_after_ms": 30})
	await(t, func() bool {
		u.mu.Lock()
		defer u.mu.Unlock()
		return u.outbox["c1"].items[0].held
	})
	two := u.Say("c1", "two", log.Now())
	a, b := read(t, c), read(t, c)
	if a["id"] != one || b["id"] != two {
		t.Errorf("after the wait came %v and %v, want %s and %s", a["id"], b["id"], one, two)
	}
	write(t, c, map[string]any{"type": "nack", "id": one, "problem": map[string]any{"status": 400}})
	write(t, c, ackOf(b, 1))
	await(t, func() bool {
		u.mu.Lock()
		defer u.mu.Unlock()
		return !u.unsent()
	})
	refused := 0
	for _, op := range record.Ops() {
		if op.Kind == history.Refused && op.ID == one {
			refused++
		}
	}
	if refused != 1 {
		t.Errorf("%d refusals in the history", refused)
	}
}

func TestUserOffersAgainWhatAnotherEpochMayHaveLost(t *testing.T) {
	d := newDesk(t)
	u, log, _ := start(t, d)
	c, _ := d.socket(t, "e1")
	one := u.Say("c1", "one", log.Now())
	write(t, c, ackOf(read(t, c), 1))
	await(t, func() bool { return u.Cursor("c1") == 1 })
	c.Close()
	c, _ = d.socket(t, "e2")
	if again := read(t, c); again["type"] != "send" || again["id"] != one {
		t.Errorf("under another epoch came %v, want the message %s again", again, one)
	}
}

func TestTimelineAssemblesStreams(t *testing.T) {
	line := newTimeline("c1", 0)
	step := func(attempt, offset int, text string) bool {
		return line.delta(Frame{About: subject{Placeholder: "p"}, Attempt: attempt, Offset: offset, Text: text})
	}
	if !step(1, 0, "天 is ") || !step(1, 5, "blue") || step(1, 20, "!") {
		t.Error("pieces are not put together")
	}
	if !line.finished(Event{Of: "p", State: "complete", Text: "天 is blue today"}) {
		t.Error("a stored text that goes on is torn")
	}
	step(2, 0, "red")
	if line.finished(Event{Of: "p", State: "complete", Text: "天 is blue"}) {
		t.Error("another text is not torn")
	}
}
