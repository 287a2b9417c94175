package api

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/account"
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
	s       *Server
	conn    *websocket.Conn
	line    *line // below conn
	address string
	request string
	hand    *handshake // nil after the hello: tokens are not kept
	peer    *live.Peer // nil before the hello
	visitor guest      // of visitors
	agent   bot.Author // of consoles
	frames  pace
	bad     int
	used    time.Time // console: when the session was last told of use
	closing atomic.Bool
	failed  map[string]time.Time // sends that were refused for now, and when; nil: none
}

// guest is what a socket keeps of its visitor.
type guest struct{ id, inbox, name, language string }

func guestOf(v account.Visitor) guest { return guest{v.ID, v.Inbox, v.Name, v.Language} }

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
	taken := &hijacker{ResponseWriter: w}
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

// handshake is what the upgrade's request said that the hello needs.
type handshake struct {
	origin string
	own    bool
	cookie string
	bearer string
}

// socketOrigin checks where a socket comes from: our own pages, or a page of
// some inbox's site (the hello then checks that it is the visitor's inbox). A
// caller that names no origin must show a bearer token, which browsers cannot.
func (s *Server) socketOrigin(r *http.Request) error {
	origin := r.Header.Get("Origin")
	if origin == "" {
		if bearer(r) == "" {
			return errOrigin
		}
		return nil
	}
	if s.isOwn(r, origin) || s.anyInboxAllows(r.Context(), origin) {
		return nil
	}
	return errOrigin
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

// bodies are shared by all readers: one is held only while a frame is carried out.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// read reads one frame and carries it out; false at the socket's end. What a
// closing socket still sends is dropped.
func (k *socket) read() bool {
	kind, r, err := k.conn.NextReader()
	if err != nil {
		return false
	}
	buf := bodies.Get().(*bytes.Buffer)
	buf.Reset()
	defer func() {
		if buf.Cap() <= readLimit {
			bodies.Put(buf)
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
	if k.hand == nil && bytes.Equal(data, pong) && kind == websocket.TextMessage {
		return k.pong()
	}
	defer func() {
		if p := recover(); p != nil {
			k.s.log.Error("a frame panicked", "request_id", k.request, "panic", p, "stack", string(debug.Stack()))
			goesOn = false
		}
	}()
	ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), callKey{}, &call{request: k.request, address: k.address}), frameDeadline)
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
var pong = []byte(`{"type":"pong"}`)

// pong takes a sign of life without what other frames need.
func (k *socket) pong() bool {
	k.peer.Heard()
	k.admit()
	return true
}

// admit counts a frame; when there were too many it closes the socket.
func (k *socket) admit() bool {
	if k.frames.take(time.Since(k.s.began), k.s.limits.framesEvery, k.s.limits.framesBurst) {
		return true
	}
	k.s.metrics.limited("frames")
	k.peer.Close(live.CloseFlood, "too many frames: wait")
	return false
}

// hello carries out the first frame: who is it, and where do they stand.
func (k *socket) hello(ctx context.Context, h handshake, data []byte) bool {
	f, err := decodeFrame(data)
	hello, ok := f.(*helloFrame)
	if err == nil && !ok {
		err = fault.New(fault.Invalid, "The first frame must be hello.")
	}
	if err != nil {
		k.refuseHello(ctx, err, live.CloseMalformed)
		return false
	}
	who, me, err := k.who(ctx, h, hello)
	if err != nil {
		code := live.CloseExpired
		if fault.Is(err, fault.Denied) || fault.Is(err, fault.NotFound) {
			code = live.CloseForbidden
		} else if fault.Is(err, fault.Unavailable) || fault.Is(err, fault.Internal) {
			code = live.CloseOverloaded
		}
		k.refuseHello(ctx, err, code)
		return false
	}
	ping, limit := 25, maxHello
	if who.View == bot.ViewAgent {
		ping, limit = 15, live.MaxWatched
	}
	epoch, err := k.s.Hub.Epoch(ctx)
	if err == nil {
		k.peer, err = k.s.Hub.Connect(who, k, k.s.Frames.write(welcomeFrame{"welcome", Time{k.s.Now()}, epoch, ping, me}))
	}
	if err != nil {
		k.refuseHello(ctx, err, live.CloseOverloaded)
		return false
	}
	for i, c := range hello.Conversations {
		if i == limit {
			k.complain(ctx, fault.New(fault.Limited, "A hello names at most %d conversations; watch the others one by one.", limit))
			break
		}
		k.watch(ctx, bot.ConversationID(c.ID), live.Cursor{Epoch: c.Epoch, N: c.N})
	}
	if who.View == bot.ViewAgent {
		if err := k.s.alive(ctx, who.Agent); err != nil {
			k.complain(ctx, err)
		}
		if hello.Feed {
			k.s.Hub.Feed(k.peer)
		}
		err := k.s.openOffers(ctx, who.Agent, func(o live.Offer) { k.peer.Send(k.s.Frames.Encode(bot.ViewAgent, o)) })
		if err != nil {
			k.complain(ctx, err)
		}
	}
	return true
}

// who finds out whose socket it is.
func (k *socket) who(ctx context.Context, h handshake, f *helloFrame) (live.Who, any, error) {
	token := f.Token
	if token == "" {
		token = h.bearer
	}
	if token != "" {
		v, err := k.s.Accounts.Visitor(ctx, token)
		if err != nil {
			return live.Who{}, nil, err
		}
		in, err := k.s.inbox(ctx, v.Inbox)
		if err != nil {
			return live.Who{}, nil, err
		}
		if h.origin != "" && !h.own && !in.Allows(h.origin) {
			return live.Who{}, nil, errOrigin
		}
		k.visitor = guestOf(v.Visitor)
		k.visitor.inbox = in.ID // shared by all
		if f.Language == "en" || f.Language == "zh" {
			k.visitor.language = f.Language
		}
		return live.Who{
			Workspace: k.s.ws, View: bot.ViewVisitor, Visitor: bot.VisitorID(k.visitor.id), Session: v.Session, Expires: v.Expires,
		}, Person{ID: v.Visitor.ID, Name: v.Visitor.Name}, nil
	}
	c, err := k.s.Accounts.Caller(ctx, h.cookie)
	if err != nil {
		return live.Who{}, nil, err
	}
	if !h.own || !c.CheckCSRF(f.CSRF) {
		return live.Who{}, nil, fault.New(fault.Denied, "The csrf token is missing or wrong. Load the page again.")
	}
	if !agent.admits(c.Account) {
		return live.Who{}, nil, fault.New(fault.Denied, "Your account may not follow conversations.")
	}
	k.agent = bot.Author{Kind: bot.AuthorAgent, ID: c.Account.ID, Name: c.Account.Name}
	k.used = k.s.Now()
	return live.Who{
		Workspace: k.s.ws, View: bot.ViewAgent, Agent: bot.AgentID(c.Account.ID), Session: c.Session, Expires: c.Expires,
	}, accountOf(c.Account), nil
}

// refuseHello says why and closes; there is no peer yet to queue for.
func (k *socket) refuseHello(ctx context.Context, err error, code int) {
	p := k.s.problem(ctx, err)
	if werr := k.Write([][]byte{k.s.Frames.write(errorFrame{"error", p})}); werr != nil {
		k.conn.Close()
		return
	}
	k.Close(code, p.Code)
}

// frame carries out a later frame.
func (k *socket) frame(ctx context.Context, kind int, data []byte) {
	k.peer.Heard()
	if !k.admit() {
		return
	}
	var f any
	err := error(fault.New(fault.Invalid, "Frames are text."))
	if kind == websocket.TextMessage {
		f, err = decodeFrame(data)
	}
	if _, again := f.(*helloFrame); err == nil && again {
		err = fault.New(fault.Invalid, "The hello was said already.")
	}
	if err != nil {
		k.complain(ctx, err)
		if k.bad++; k.bad >= maxMalformed {
			ctx, cancel := context.WithTimeout(ctx, goodbye)
			defer cancel()
			k.peer.Finish(ctx, live.CloseMalformed, "malformed frames") // the reason goes first
		}
		return
	}
	switch f := f.(type) {
	case *watchFrame:
		k.use(ctx)
		k.watch(ctx, bot.ConversationID(f.Conversation), live.Cursor{Epoch: f.Epoch, N: f.N})
	case *unwatchFrame:
		k.s.Hub.Unwatch(k.peer, bot.ConversationID(f.Conversation))
	case *sendFrame:
		k.use(ctx)
		k.send(ctx, f.Message)
	case *typingIn:
		k.use(ctx)
		k.typing(f)
	case *textFrame:
		k.s.Hub.Text(k.peer, bot.RunID(f.Run))
	case *stopFrame:
		k.stop(ctx, bot.RunID(f.Run))
	}
}

// use counts as use of a console's session, at most once a minute.
func (k *socket) use(ctx context.Context) {
	now := k.s.Now()
	if k.agent.ID == "" || now.Sub(k.used) < time.Minute {
		return
	}
	k.used = now
	if err := k.s.Accounts.Use(ctx, k.peer.Who().Session); err != nil {
		k.s.log.Warn("session was not touched", "request_id", k.request, "error", err)
	}
}

// complain tells the client that a frame was refused.
func (k *socket) complain(ctx context.Context, err error) {
	k.peer.Send(k.s.Frames.write(errorFrame{"error", k.s.problem(ctx, err)}))
}

// watch follows a conversation and says what a reader of it needs besides.
func (k *socket) watch(ctx context.Context, conv bot.ConversationID, cur live.Cursor) {
	page, err := k.s.Hub.Watch(ctx, k.peer, conv, cur)
	if fault.Is(err, fault.NotFound) {
		return // the hub has said gone
	}
	if err != nil {
		k.complain(ctx, err)
		if fault.Is(err, fault.Unavailable) || fault.Is(err, fault.Internal) {
			// Without its events the client would wait for ever: it resumes instead.
			k.peer.Close(live.CloseOverloaded, "cannot read now: resume")
		}
		return
	}
	c := page.Conversation
	switch c.Service {
	case bot.ServiceWaiting, bot.ServiceOffered, bot.ServiceParked:
	default:
		return
	}
	if k.peer.Who().View == bot.ViewVisitor {
		if err := k.s.Desk.Presence(ctx, k.s.ws, conv, true); err != nil && !fault.Is(err, fault.NotFound) {
			k.s.log.Warn("a visitor's return was not noted", "conversation_id", string(conv), "error", err)
		}
	}
	place, err := k.s.standing(ctx, c)
	if err != nil {
		k.s.log.Warn("a place in line could not be read", "conversation_id", string(conv), "error", err)
		return
	}
	k.peer.Send(k.s.Frames.write(placeFrame{"place", place.Body}))
}

// send takes a message; the answer is an ack or a nack.
func (k *socket) send(ctx context.Context, m Message) {
	var w bot.Written
	view := k.peer.Who().View
	err := k.turn(ctx, m)
	if err == nil && view == bot.ViewVisitor {
		w, err = k.s.fromVisitor(ctx, k.visitor, k.address, m)
	} else if err == nil {
		w, err = k.s.fromAgent(ctx, k.agent, m)
	}
	if err != nil {
		p := k.s.problem(ctx, err)
		k.noteFailed(m.ID, again(p) > 0)
		k.peer.Send(k.s.Frames.nack(m.ID, p))
		return
	}
	k.noteFailed(m.ID, false)
	a := ackOf(view, m.ID, w)
	k.peer.Send(k.s.Frames.write(ackFrame{"ack", a.ID, a.Conversation, a.Event, a.Dup}))
	if view == bot.ViewVisitor && !k.s.Hub.Watches(k.peer, w.Conversation.ID) {
		k.watch(ctx, w.Conversation.ID, live.Cursor{})
	}
}

// Bounds of what a socket remembers of failed sends.
const (
	failedFor = 30 * time.Second // the client tries again within a second or two; then it has given up
	maxFailed = 512
)

// turn refuses a message whose predecessor on this socket was refused for now:
// the store may be back for this one, and it must not overtake. Error: Unavailable.
func (k *socket) turn(ctx context.Context, m Message) error {
	at, ok := k.failed[m.After]
	if !ok || time.Since(at) > failedFor {
		return nil
	}
	by := k.agent
	if by.ID == "" {
		by = bot.Author{Kind: bot.AuthorVisitor, ID: k.visitor.id}
	}
	// It may have gone another way in the meantime.
	sent, err := k.s.Lists.Sent(ctx, k.s.ws, by, bot.ConversationID(m.Conversation), m.ClientConvID, m.After)
	if err != nil {
		return err
	}
	if !sent {
		return fault.Wrap(fault.Unavailable, retryIn{time.Second}, "The message before this one could not be stored yet.")
	}
	delete(k.failed, m.After)
	return nil
}

// noteFailed remembers that a send was refused for now, or forgets it.
func (k *socket) noteFailed(id string, failed bool) {
	if !failed {
		delete(k.failed, id)
		return
	}
	if k.failed == nil || len(k.failed) >= maxFailed {
		k.failed = make(map[string]time.Time)
	}
	k.failed[id] = time.Now()
}

// typing tells the others; a conversation that the peer does not watch is not
// theirs to speak of.
func (k *socket) typing(f *typingIn) {
	conv := bot.ConversationID(f.Conversation)
	if !k.s.Hub.Watches(k.peer, conv) {
		return
	}
	author := k.agent
	if author.ID == "" {
		author = bot.Author{Kind: bot.AuthorVisitor, ID: k.visitor.id, Name: k.visitor.name}
	}
	stage := ""
	if f.On {
		stage = "typing"
	}
	k.s.Hub.TypingFrom(k.peer, bot.Typing{Workspace: k.s.ws, Conversation: conv, Author: author, Stage: stage})
}

// stop ends an answer that the visitor does not want; agents use take for that.
func (k *socket) stop(ctx context.Context, run bot.RunID) {
	missing := fault.New(fault.NotFound, "There is no such answer.")
	r, err := k.s.Runs.Run(ctx, k.s.ws, run)
	if err == nil {
		var c bot.Conversation
		c, err = k.s.Timeline.Conversation(ctx, k.s.ws, r.Conversation)
		if err == nil && (k.visitor.id == "" || string(c.Visitor) != k.visitor.id) {
			err = missing
		}
	}
	if err == nil {
		err = k.s.Engine.Stop(ctx, k.s.ws, run)
	}
	if fault.Is(err, fault.NotFound) {
		err = missing
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		k.complain(ctx, err)
	}
}

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
