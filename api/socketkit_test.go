package api_test

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// got is a frame from the server, with every field that some frame has.
type got struct {
	Type         string
	Conversation json.RawMessage
	Events       []api.Event
	Event        json.RawMessage
	Top          int64
	Mode         string
	HasOlder     bool `json:"has_older"`
	N            int64
	ID           string
	Dup          bool
	Epoch        string
	Me           json.RawMessage
	Text         string
	Run          string
	Attempt      int
	Offset       int
	Position     int
	Open         bool
	Problem      *api.Problem
	Retry        int64 `json:"retry_after_ms"`
	Reservation  *api.Reservation
	Agent        *api.Agent
	Author       api.Author
	Stage        string
	raw          string
}

// conv returns the conversation's ID, which is an object in some frames.
func (g got) conv() string {
	var s string
	if json.Unmarshal(g.Conversation, &s) == nil {
		return s
	}
	var c api.Conversation
	_ = json.Unmarshal(g.Conversation, &c)
	return c.ID
}

// wire is one socket of a client, whose frames pile up.
type wire struct {
	t    testing.TB
	conn *websocket.Conn

	writing sync.Mutex // a connection has one writer at a time; the reader answers pings

	mu     sync.Mutex
	cond   *sync.Cond
	frames []got
	err    error
	late   bool
	hold   chan struct{} // while set, nothing is read from the socket
}

// dial opens a socket; origin "" is the server's own.
func (c *client) dial(header http.Header) (*websocket.Conn, *http.Response, error) {
	h := http.Header{}
	for k, v := range header {
		h[k] = v
	}
	if _, ok := h["Origin"]; !ok {
		h.Set("Origin", c.w.http.URL)
	} else if h.Get("Origin") == "" {
		h.Del("Origin")
	}
	if c.cookie != "" {
		h.Set("Cookie", c.cookie)
	}
	d := websocket.Dialer{NetDial: func(network, addr string) (net.Conn, error) {
		// A small window, so that a reader that stops reading is noticed soon.
		conn, err := net.Dial(network, addr)
		if err == nil {
			err = conn.(*net.TCPConn).SetReadBuffer(8 << 10)
		}
		return conn, err
	}}
	return d.Dial("ws"+strings.TrimPrefix(c.w.http.URL, "http")+"/api/v1/socket", h)
}

// open opens a socket and starts reading.
func (c *client) open() *wire {
	c.w.t.Helper()
	conn, res, err := c.dial(nil)
	if err != nil {
		c.w.t.Fatalf("%v (%v)", err, res)
	}
	return c.w.read(conn)
}

func (w *world) read(conn *websocket.Conn) *wire {
	k := &wire{t: w.t, conn: conn}
	k.cond = sync.NewCond(&k.mu)
	w.t.Cleanup(func() { conn.Close() })
	go func() {
		for {
			k.mu.Lock()
			hold := k.hold
			k.mu.Unlock()
			if hold != nil {
				<-hold
			}
			_, data, err := conn.ReadMessage()
			var g got
			if err == nil {
				g.raw = string(data)
				err = json.Unmarshal(data, &g)
			}
			if g.Type == "ping" {
				_ = k.write(`{"type":"pong"}`)
			}
			k.mu.Lock()
			if err != nil {
				k.err = err
			} else {
				k.frames = append(k.frames, g)
			}
			k.cond.Broadcast()
			k.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return k
}

// live opens a socket and says hello with cursors.
func (c *client) live(more map[string]any) *wire {
	c.w.t.Helper()
	k := c.open()
	hello := map[string]any{"type": "hello", "conversations": []any{}}
	if c.token != "" {
		hello["token"] = c.token
	} else {
		hello["csrf"] = c.csrf
	}
	for key, v := range more {
		hello[key] = v
	}
	k.send(hello)
	k.next("welcome", nil)
	return k
}

func (k *wire) write(data string) error {
	k.writing.Lock()
	defer k.writing.Unlock()
	return k.conn.WriteMessage(websocket.TextMessage, []byte(data))
}

func (k *wire) send(frame any) {
	k.t.Helper()
	data, ok := frame.(string)
	if !ok {
		b, err := json.Marshal(frame)
		if err != nil {
			k.t.Fatal(err)
		}
		data = string(b)
	}
	if err := k.write(data); err != nil && !errors.Is(err, websocket.ErrCloseSent) {
		k.t.Logf("send: %v", err)
	}
}

// wait blocks until ok, which is called under the lock.
func (k *wire) wait(what string, ok func() bool) {
	k.t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	timer := time.AfterFunc(20*time.Second, func() { k.mu.Lock(); k.late = true; k.cond.Broadcast(); k.mu.Unlock() })
	defer timer.Stop()
	for !ok() {
		if k.late {
			var types []string
			for _, f := range k.frames {
				types = append(types, f.raw)
			}
			k.t.Fatalf("waited too long for %s; error %v; frames:\n%s", what, k.err, strings.Join(types, "\n"))
		}
		k.cond.Wait()
	}
}

// next waits for the first frame of a type that fits and returns it.
func (k *wire) next(kind string, fits func(got) bool) got {
	k.t.Helper()
	var out got
	k.wait("a frame "+kind, func() bool {
		for _, f := range k.frames {
			if f.Type == kind && (fits == nil || fits(f)) {
				out = f
				return true
			}
		}
		return k.err != nil
	})
	if out.Type == "" {
		k.t.Fatalf("the socket ended before a frame %s: %v", kind, k.err)
	}
	return out
}

// closed waits for the end and returns the close code.
func (k *wire) closed() int {
	k.t.Helper()
	k.wait("the close", func() bool { return k.err != nil })
	var ce *websocket.CloseError
	if errors.As(k.err, &ce) {
		return ce.Code
	}
	return -1
}

// message is a send frame of a new message.
func message(conv, text string) map[string]any {
	m := map[string]any{"type": "send", "id": id.New(), "text": text}
	if conv == "" {
		m["client_conv_id"] = id.New()
	} else {
		m["conversation"] = conv
	}
	return m
}
