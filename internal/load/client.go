package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Frame is a frame of the live protocol as far as benches read it.
type Frame struct {
	Type         string          `json:"type"`
	ID           string          `json:"id,omitempty"`
	Conversation named           `json:"conversation"` // an ID or an object, by type
	Events       []Event         `json:"events,omitempty"`
	About        subject         `json:"event"`
	Mode         string          `json:"mode,omitempty"`
	Top          int64           `json:"top,omitempty"`
	N            int64           `json:"n,omitempty"`      // of synced
	Epoch        string          `json:"epoch,omitempty"`  // of welcome
	PingS        int             `json:"ping_s,omitempty"` // of welcome
	Dup          bool            `json:"dup,omitempty"`    // of ack
	Text         string          `json:"text,omitempty"`   // of delta and reset
	Run          string          `json:"run,omitempty"`
	Attempt      int             `json:"attempt,omitempty"`
	Offset       int             `json:"offset,omitempty"`
	Problem      json.RawMessage `json:"problem,omitempty"`
	RetryAfterMS *int            `json:"retry_after_ms,omitempty"`
}

// subject is the event of an ack, or in delta and reset the ID of one.
type subject struct {
	Event       *Event
	Placeholder string
}

func (s *subject) UnmarshalJSON(b []byte) error {
	if b[0] != '{' {
		return json.Unmarshal(b, &s.Placeholder)
	}
	s.Event = &Event{}
	return json.Unmarshal(b, s.Event)
}

// named is an ID, alone or in an object.
type named string

func (n *named) UnmarshalJSON(b []byte) error {
	if b[0] != '{' {
		return json.Unmarshal(b, (*string)(n))
	}
	var object struct {
		ID string `json:"id"`
	}
	err := json.Unmarshal(b, &object)
	*n = named(object.ID)
	return err
}

// Event is an event as the protocol shows it.
type Event struct {
	ID          string    `json:"id"`
	N           int64     `json:"n"`
	Kind        string    `json:"kind"`
	ClientMsgID string    `json:"client_msg_id"`
	At          time.Time `json:"at"`
	Text        string    `json:"text"`
	State       string    `json:"state"` // of a finished answer
	Of          string    `json:"of"`    // placeholder of a finished answer
	Service     string    `json:"service"`
	Speaker     string    `json:"speaker"`
	Author      struct {
		Kind string `json:"kind"`
	} `json:"author"`
}

// Cursor says where a client stands in a conversation.
type Cursor struct {
	ID    string `json:"id"`
	Epoch string `json:"epoch"`
	N     int64  `json:"n"`
}

// Client is one socket of a visitor. Frames are handed to the handler in order,
// from one goroutine.
type Client struct {
	conn  *websocket.Conn
	epoch string     // of the server's database
	mu    sync.Mutex // guards writes
	done  chan struct{}
	err   error // valid once done is closed
}

// Refusal is a handshake that the server refused.
type Refusal struct {
	Status int
	After  time.Duration // when to try again; 0: not said
}

func (r *Refusal) Error() string { return fmt.Sprintf("socket refused with status %d", r.Status) }

// Dial connects a visitor and says hello. base is the server's http address.
// The source address may be chosen through dialer; nil is the default one.
// Error: a Refusal when the handshake was refused.
func Dial(ctx context.Context, base, token string, cursors []Cursor, dialer *websocket.Dialer, handle func(Frame)) (*Client, error) {
	c, err := dial(ctx, base, token, cursors, dialer)
	if err == nil {
		go c.read(handle)
	}
	return c, err
}

// dial connects and says hello; the caller reads what follows the welcome.
func dial(ctx context.Context, base, token string, cursors []Cursor, dialer *websocket.Dialer) (*Client, error) {
	if dialer == nil {
		dialer = DialerFrom(0)
	}
	header := http.Header{"Origin": {base}}
	conn, res, err := dialer.DialContext(ctx, strings.Replace(base, "http", "ws", 1)+"/api/v1/socket", header)
	if err != nil {
		if res != nil {
			res.Body.Close()
			seconds, _ := strconv.Atoi(res.Header.Get("Retry-After")) // absent: 0
			return nil, &Refusal{res.StatusCode, time.Duration(seconds) * time.Second}
		}
		return nil, err
	}
	c := &Client{conn: conn, done: make(chan struct{})}
	if cursors == nil {
		cursors = []Cursor{}
	}
	if err := c.Write(map[string]any{"type": "hello", "token": token, "language": "en", "conversations": cursors}); err != nil {
		conn.Close()
		return nil, err
	}
	var first Frame
	if err := conn.ReadJSON(&first); err != nil {
		conn.Close()
		return nil, fmt.Errorf("no welcome: %w", err)
	}
	if first.Type != "welcome" {
		conn.Close()
		return nil, fmt.Errorf("want welcome, got %s %s", first.Type, first.Problem)
	}
	c.epoch = first.Epoch
	return c, nil
}

// perAddress is how many sockets leave from one source address. A loopback address
// has about 28,000 ports, some of which are still closing from the run before, and
// the kernel looks for a free one the longer the fewer there are.
const perAddress = 500

// DialerFrom returns a dialer for the i-th socket of a bench.
func DialerFrom(i int) *websocket.Dialer {
	from := &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(1+i/perAddress))}
	return &websocket.Dialer{
		NetDialContext: (&net.Dialer{LocalAddr: from, Timeout: 20 * time.Second}).DialContext, HandshakeTimeout: 20 * time.Second,
		ReadBufferSize: 1024, WriteBufferSize: 1024,
	}
}

// isFrame reports whether the bytes are a frame of a type, as the server writes it.
func isFrame(data []byte, kind string) bool {
	return bytes.HasPrefix(data, []byte(`{"type":"`+kind+`"`))
}

// stream hands over the bytes of every frame until the socket ends; they are
// valid during the call. It answers pings. Where thousands of frames a second
// arrive, decoding them would measure the client.
func (c *Client) stream(handle func(data []byte)) {
	defer close(c.done)
	var buf bytes.Buffer
	for {
		_, r, err := c.conn.NextReader()
		if err == nil {
			buf.Reset()
			_, err = buf.ReadFrom(r)
		}
		if err == nil && isFrame(buf.Bytes(), "ping") {
			if err = c.Write(map[string]any{"type": "pong"}); err == nil {
				continue
			}
		}
		if err != nil {
			c.err = err
			return
		}
		handle(buf.Bytes())
	}
}

// only hands over frames of the given types, decoded, until the socket ends.
func (c *Client) only(handle func(Frame), kinds ...string) {
	c.stream(func(data []byte) {
		if !slices.ContainsFunc(kinds, func(k string) bool { return isFrame(data, k) }) {
			return
		}
		var f Frame
		if json.Unmarshal(data, &f) == nil {
			handle(f)
		}
	})
}

func (c *Client) read(handle func(Frame)) {
	defer close(c.done)
	for {
		var f Frame
		if err := c.conn.ReadJSON(&f); err != nil {
			c.err = err
			return
		}
		if f.Type == "ping" {
			if err := c.Write(map[string]any{"type": "pong"}); err != nil {
				c.err = err
				return
			}
			continue
		}
		handle(f)
	}
}

// Send writes a message under the given client_msg_id.
func (c *Client) Send(id, conversation, text string) error {
	return c.Write(map[string]any{"type": "send", "id": id, "conversation": conversation, "text": text})
}

// Write writes any frame.
func (c *Client) Write(frame any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.conn.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	return c.conn.WriteJSON(frame)
}

// Done is closed when the socket ended; Err says why.
func (c *Client) Done() <-chan struct{} { return c.done }

// Err returns why the socket ended; call it after Done.
func (c *Client) Err() error { return c.err }

// Close ends the socket.
func (c *Client) Close() error { return c.conn.Close() }
