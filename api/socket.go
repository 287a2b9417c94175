package api

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/live"
)

// Bounds of a socket.
const (
	readLimit     = 64 << 10         // bytes of a frame
	goodbye       = 2 * time.Second  // for the other side to answer a close
	frameDeadline = 30 * time.Second // to carry out one frame
	maxMalformed  = 3                // frames that are not of the protocol, before the socket is closed
	kernelBuffer  = 64 << 10         // bytes that wait in the kernel: left alone it grows to megabytes before a slow reader is noticed
	fullWait      = 5 * time.Second  // before somebody asks a full node again
	maxHello      = 50               // conversations of a visitor's hello; agents may watch live.MaxWatched
)

// socket is one WebSocket. An idle one is this struct and one goroutine that
// waits with the smallest stack there is. When something arrives, a goroutine
// of its own reads and carries out the frames and then waits again in a new one,
// because a stack that has grown does not shrink.
type socket struct {
	s          *Server
	conn       *websocket.Conn
	line       *line // below conn
	address    string
	request    string
	hand       *handshake // nil after the hello: tokens are not kept
	peer       *live.Peer // nil before the hello
	visitor    guest      // of visitors
	agent      bot.Author // of consoles
	supervisor bool       // of consoles: may whisper
	chinese    bool       // reads what goes wrong in Chinese
	frames     pace
	late       uint16    // frames that came too soon, since the last rest
	bad        uint8     // malformed ones
	used       time.Time // console: when the session was last told of use
	closing    atomic.Bool
	failed     map[string]time.Time // sends that were refused for now, and when; nil: none
}

var _ live.Sink = (*socket)(nil)

// Write sends frames, all in one system call.
func (k *socket) Write(frames [][]byte) error {
	k.line.hold()
	var err error
	for _, f := range frames {
		if err = k.conn.WriteMessage(websocket.TextMessage, f); err != nil {
			break
		}
	}
	if sent := k.line.flush(time.Now().Add(k.s.opts.Write)); sent != nil {
		return sent
	}
	return err
}

// Close says goodbye and gives the other side a moment to answer: closing at
// once while something of theirs is unread would reset the connection, and the
// code would be lost.
func (k *socket) Close(code int, reason string) {
	if k.closing.Swap(true) {
		return
	}
	k.s.metrics.closed(code)
	if err := k.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(time.Second)); err != nil {
		k.conn.Close()
		return
	}
	if err := k.conn.SetReadDeadline(time.Now().Add(goodbye)); err != nil {
		k.conn.Close()
	}
}

// connect upgrades a request to a socket. Everything that can be refused without
// the store is refused before the upgrade.
func (s *Server) connect(w http.ResponseWriter, r *http.Request) {
	c := callOf(r.Context())
	if s.draining.Load() {
		s.refuse(w, r, fault.New(fault.Unavailable, "The server is restarting. Try again in a moment."))
		return
	}
	if s.limits.all >= 0 && s.limits.sockets.sum() >= s.limits.all {
		s.metrics.limited("node_sockets")
		s.refuse(w, r, busy(fullWait, "This node has no room for more connections. Try again in a moment."))
		return
	}
	if wait := s.limits.connects.enter(); wait > 0 {
		s.metrics.limited("connects")
		s.refuse(w, r, busy(wait, "Too many connections at once. Try again in a moment."))
		return
	}
	if err := s.socketOrigin(r); err != nil {
		s.log.Info("a socket was refused for its origin", "request_id", c.request, "origin", r.Header.Get("Origin"), "address", c.address)
		s.refuse(w, r, err)
		return
	}
	if q := r.URL.RawQuery; q != "" {
		// Addresses end up in logs: a token in one is refused even if it is valid.
		s.refuse(w, r, fault.New(fault.Invalid, "The socket's address takes no parameters; the token goes into the first frame."))
		return
	}
	if !s.limits.sockets.open(c.address) {
		s.metrics.limited("sockets")
		s.refuse(w, r, tooMuch(10*time.Second, "Too many open connections from your network."))
		return
	}
	taken := &hijacker{ResponseWriter: w, pool: s.pools}
	conn, err := s.upgrader.Upgrade(taken, r, nil)
	if err != nil {
		s.limits.sockets.close(c.address)
		return // the upgrader has answered
	}
	if tcp, ok := taken.line.Conn.(*net.TCPConn); ok {
		if err := tcp.SetWriteBuffer(kernelBuffer); err != nil {
			s.log.Debug("a socket's buffer was not set", "request_id", c.request, "error", err)
		}
	}
	k := &socket{
		s: s, conn: conn, line: taken.line, address: c.address, request: c.request,
		hand: &handshake{origin: r.Header.Get("Origin"), own: s.isOwn(r, r.Header.Get("Origin")), cookie: s.sessionCookie(r), bearer: bearer(r)},
	}
	conn.SetReadLimit(readLimit)
	s.sockets.Add(1)
	if err := conn.SetReadDeadline(time.Now().Add(s.opts.Hello)); err != nil {
		k.end()
		return
	}
	// The handler returns here: the goroutine that net/http gave it has a large
	// stack and buffers, which an idle socket must not keep.
	go k.serve()
}

// idle waits until something arrives. It must call nothing that needs stack.
func (k *socket) idle() {
	if k.line.wait() != nil {
		go k.end()
		return
	}
	go k.serve()
}

// serve reads and carries out the frames that are there.
func (k *socket) serve() {
	for {
		k.line.lend()
		if !k.read() {
			k.end()
			return
		}
		if k.line.release() {
			go k.idle()
			return
		}
	}
}

// end ends the socket.
func (k *socket) end() {
	defer k.s.sockets.Done()
	defer k.s.limits.sockets.close(k.address)
	defer k.conn.Close()
	if k.peer != nil {
		k.s.left(k.peer)
	} else if !k.closing.Load() {
		k.Close(live.CloseMalformed, "no hello") // late, or not a hello
	}
}

// read reads one frame and carries it out; false at the socket's end. What a
// closing socket still sends is dropped.
func (k *socket) read() bool {
	kind, r, err := k.conn.NextReader()
	if err != nil {
		return false
	}
	buf := k.s.pools.bodies.Get().(*bytes.Buffer)
	buf.Reset()
	defer func() {
		if buf.Cap() <= readLimit {
			k.s.pools.bodies.Put(buf)
		}
	}()
	if _, err := buf.ReadFrom(r); err != nil {
		return false
	}
	if k.closing.Load() {
		return true
	}
	return k.carryOut(kind, buf.Bytes())
}

// carryOut carries out one frame and reports whether the socket goes on.
func (k *socket) carryOut(kind int, data []byte) (goesOn bool) {
	if k.hand == nil && string(data) == pong && kind == websocket.TextMessage {
		return k.pong()
	}
	defer func() {
		if p := recover(); p != nil {
			k.s.log.Error("a frame panicked", "request_id", k.request, "panic", p, "stack", string(debug.Stack()))
			goesOn = false
		}
	}()
	ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), callKey{}, &call{request: k.request, address: k.address, chinese: k.chinese}), frameDeadline)
	defer cancel()
	if k.hand == nil {
		k.frame(ctx, kind, data)
		return true // a socket that is being closed reads on until the other side answers
	}
	if kind != websocket.TextMessage || !k.hello(ctx, *k.hand, data) {
		return false
	}
	k.hand = nil
	return k.closing.Load() || k.conn.SetReadDeadline(time.Time{}) == nil
}

// pong is the frame that idle sockets send, as every client of ours writes it.
const pong = `{"type":"pong"}`

// pong takes a sign of life without what other frames need.
func (k *socket) pong() bool {
	k.peer.Heard()
	k.admit()
	return true
}

// maxLate is how many frames may come too soon without a rest before the socket is closed.
// Somebody who comes back with the messages of an outage is read slowly; closing at
// once would have them come back with the same ones for ever.
const maxLate = 100

// staffPace is how much faster an agent's frames are read, and how many more
// may come too soon: a console has as many conversations as the agent, and after a
// failover it offers again what was said in all of them.
const staffPace = 5

// admit counts a frame and waits until it is due; false when the socket is closed
// for having been ahead of its rate for too long.
func (k *socket) admit() bool {
	every, burst, most := k.s.limits.framesEvery, k.s.limits.framesBurst, maxLate
	if k.peer.Who().View == bot.ViewAgent {
		every, burst, most = every/staffPace, burst*staffPace, most*staffPace*staffPace
	}
	now := time.Since(k.s.began)
	wait := k.frames.take(now, every, burst)
	if wait == 0 {
		// A single frame in time is no rest: on a busy machine the wait before it took longer than it was to.
		if k.frames.rested(now, every, burst) {
			k.late = 0
		}
		return true
	}
	if int(k.late) >= most {
		k.s.metrics.limited("frames")
		k.peer.Close(live.CloseFlood, "too many frames: wait")
		return false
	}
	k.late++
	time.Sleep(wait)
	return true
}

// Bounds of what a socket remembers of failed sends.
const (
	failedFor = 30 * time.Second // the client tries again within a second or two; then it has given up
	maxFailed = 512
)

// left forgets a socket that ended. A waiting visitor's last socket is told to
// the desk.
func (s *Server) left(p *live.Peer) {
	waiting := s.Hub.Waiting(p)
	s.Hub.Disconnect(p)
	if p.Who().View != bot.ViewVisitor {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, conv := range waiting {
		if s.Hub.VisitorWatches(s.ws, conv) || s.draining.Load() {
			continue
		}
		if err := s.Desk.Presence(ctx, s.ws, conv, false); err != nil && !fault.Is(err, fault.NotFound) {
			s.log.Warn("a visitor's leaving was not noted", "conversation_id", string(conv), "error", err)
		}
	}
}
