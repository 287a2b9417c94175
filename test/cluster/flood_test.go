package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/frontdesk-chat/frontdesk/internal/history"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/load"
)

func newID() string { return id.New() }

// flood has one visitor do everything that is too much, at a node with the
// shipped limits, while others talk. What the others' latency is compared with is
// taken while the same sockets and requests go to a server that does nothing but
// refuse: the flood's own client takes its part of the cores in both.
func flood(t *testing.T, parent *bed, _ *people, r *result) {
	b := newBed(t, parent.full)
	n := newNode(t, b.dir, b.binary, nodeOptions{name: "limited", model: b.model.URL()})
	shipped(t, n)
	b.nodes = []*node{n}
	b.openDoors(t, n.addr)
	n.start(t, "--demo")
	p := b.populate(t, size(b, 40, 100), 4)
	// The shipped limits hold for the others too: no more than 24 messages a minute each,
	// or what is measured is their own wait.
	rounds, rate := size(b, 1, 5), size(b, 15.0, 40.0)
	syscall.Sync() // what was built before must not be written to disk beside what is measured
	wall := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }))
	defer wall.Close()
	calm := b.play(t, p, rate, func(e *episode) {
		for range rounds {
			dialMany(t, strings.TrimPrefix(wall.URL, "http://"))
			if _, err := openMany(t, load.NewUser(load.UserOptions{Base: wall.URL, Address: "127.99.0.1", View: history.Visitor})); err != nil {
				t.Fatal(err)
			}
			e.wait(8 * time.Second)
		}
	})
	calm.clean(t)
	rss := n.rss()
	base := "http://" + n.addr
	bad := load.NewUser(load.UserOptions{Base: base, Address: "127.99.0.1", View: history.Visitor})
	r.outcome = b.play(t, p, rate, func(e *episode) {
		if err := bad.Arrive(t.Context(), inbox); err != nil {
			t.Fatal(err)
		}
		for range rounds {
			floodMessages(t, base, bad)
			floodSockets(t, n, r)
			floodConversations(t, bad, r)
			bigFrame(t, base, bad)
			slowHello(t, n)
		}
	})
	r.clean(t)
	r.note("others' ack p99", "%s of %d, while another server refuses the same flood %s", ms(r.Ack.P99), r.Ack.Count, ms(calm.Ack.P99))
	r.note("grown by", "%d MB", (n.rss()-rss)>>20)
	if grown := n.rss() - rss; grown > 128<<20 {
		t.Errorf("the node grew by %d MB", grown>>20)
	}
	// A p99 of a few hundred sends is the third worst of them; only the full length has enough to compare.
	if limit := calm.Ack.P99*12/10 + size(b, 50*time.Millisecond, 0); r.Ack.P99 > limit {
		t.Errorf("others' p99 is %s, the limit %s", ms(r.Ack.P99), ms(limit))
	}
}

// shipped takes the bed's own limits out of a node's configuration.
func shipped(t testing.TB, n *node) {
	t.Helper()
	edit(t, n, func(text string) string { before, _, _ := strings.Cut(text, "limits:"); return before })
}

func floodMessages(t *testing.T, base string, v *load.User) {
	c, err := load.Dial(t.Context(), base, v.Token(), nil, nil, func(load.Frame) {})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	conv := id.New()
	for i := range 1000 {
		if c.Write(map[string]any{"type": "send", "id": id.New(), "client_conv_id": conv, "text": fmt.Sprintf("flood %d", i)}) != nil {
			break
		}
	}
	select {
	case <-c.Done():
		var code *websocket.CloseError
		if errors.As(c.Err(), &code) && code.Code != 4029 {
			t.Errorf("1,000 messages at once are answered with close code %d, want 4029", code.Code)
		}
	case <-time.After(20 * time.Second): // a hundred are read at ten a second
		t.Error("1,000 messages at once leave the socket open")
	}
}

// floodSockets opens 5,000 sockets from one address.
func floodSockets(t *testing.T, n *node, r *result) {
	open := dialMany(t, n.addr)
	r.note("sockets of one address", "%d of 5,000", open)
	// Those that say no hello are closed after five seconds, so a few batches of fifty get in.
	if open > 500 {
		t.Errorf("%d of 5,000 sockets from one address were let in", open)
	}
}

// dialMany dials 5,000 sockets from one address and returns how many were let in;
// they stay open until all were tried.
func dialMany(t *testing.T, addr string) (open int) {
	from := &net.TCPAddr{IP: net.IPv4(127, 99, 0, 2)}
	dialer := &websocket.Dialer{NetDialContext: (&net.Dialer{LocalAddr: from, Timeout: 5 * time.Second}).DialContext, HandshakeTimeout: 5 * time.Second}
	for range 5000 {
		c, res, err := dialer.DialContext(t.Context(), "ws://"+addr+"/api/v1/socket", http.Header{"Origin": {"http://" + addr}})
		if err != nil {
			if res != nil {
				res.Body.Close()
			}
			continue
		}
		open++
		defer c.Close()
	}
	return open
}

func floodConversations(t *testing.T, v *load.User, r *result) {
	made, err := openMany(t, v)
	if err != nil {
		t.Error(err)
	}
	r.note("conversations of one address", "%d of 10,000", made)
	if made > 11 {
		t.Errorf("%d new conversations in an hour from one address, the limit is 10", made)
	}
}

// openMany begins 10,000 conversations and returns how many were not refused for
// being too many.
func openMany(t *testing.T, v *load.User) (made int, err error) {
	for range 10_000 {
		status, err := v.Post(t.Context(), "/visitor/messages", map[string]any{"id": id.New(), "client_conv_id": id.New(), "text": "hello"}, nil)
		if err == nil {
			made++
		} else if status != http.StatusTooManyRequests {
			return made, fmt.Errorf("status %d: %w", status, err)
		}
	}
	return made, nil
}

func bigFrame(t *testing.T, base string, v *load.User) {
	time.Sleep(time.Second) // the address has used up its requests
	c, err := load.Dial(t.Context(), base, v.Token(), nil, nil, func(load.Frame) {})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Write(map[string]any{"type": "send", "id": id.New(), "client_conv_id": id.New(), "text": string(bytes.Repeat([]byte("x"), 1<<20))}); err == nil {
		select {
		case <-c.Done():
		case <-time.After(10 * time.Second):
			t.Error("a frame of 1 MB leaves the socket open")
		}
	}
}

// slowHello opens sockets that send their hello a byte a second.
func slowHello(t *testing.T, n *node) {
	const sockets = 40
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	closed := make(chan error, sockets)
	for range sockets {
		go func() {
			from := &net.TCPAddr{IP: net.IPv4(127, 99, 0, 3)}
			dialer := &websocket.Dialer{NetDialContext: (&net.Dialer{LocalAddr: from, Timeout: 5 * time.Second}).DialContext}
			c, res, err := dialer.DialContext(ctx, "ws://"+n.addr+"/api/v1/socket", http.Header{"Origin": {"http://" + n.addr}})
			if err != nil {
				if res != nil {
					res.Body.Close()
				}
				closed <- nil // refused is as good
				return
			}
			defer c.Close()
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				for {
					if _, _, err := c.NextReader(); err != nil {
						return
					}
				}
			}()
			tick := time.NewTicker(time.Second)
			defer tick.Stop()
			header := []byte{0x81, 0xfe, 0x00, 0xff, 1, 2, 3, 4} // a masked text frame of 255 bytes that never completes
			for i := 0; ; i++ {
				if _, err := c.NetConn().Write([]byte{header[min(i, len(header)-1)]}); err != nil {
					closed <- nil
					return
				}
				select {
				case <-tick.C:
				case <-ended:
					closed <- nil
					return
				case <-ctx.Done():
					closed <- ctx.Err()
					return
				}
			}
		}()
	}
	late := 0
	for range sockets {
		if <-closed != nil {
			late++
		}
	}
	if late > 0 {
		t.Errorf("%d of %d sockets that say no hello are open after 15 s", late, sockets)
	}
}
