package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/frontdesk-chat/frontdesk/internal/history"
)

// Times of the widget's and the console's client; see web/src/shared/client.
const (
	backoffCeiling = 30 * time.Second
	welcomeWait    = 10 * time.Second // from dialling to welcome
	probeWait      = 5 * time.Second  // for a sign of life
	zombieSlack    = 10 * time.Second // silence of ping and this means that the socket is dead
	floodPause     = 15 * time.Second // after close code 4029
	gapWait        = time.Second      // a hole this old is asked for
	pollEvery      = 3 * time.Second  // over HTTP, while there is no socket
	fallbackAfter  = 2                // failed sockets in a row until HTTP is tried
)

// UserOptions say who a User is.
type UserOptions struct {
	Base    string // http://HOST:PORT
	Address string // source address of the loopback, 127.x.y.z: limits go by address, and everybody is on one machine
	View    history.View
	Token   string          // of visitors
	Cookie  string          // of agents: NAME=VALUE
	CSRF    string          // of agents
	Feed    bool            // agents: follow the list
	Record  *history.Client // what the user does and sees
	// Saw is told every event once, in order of arrival, on the reading goroutine; nil: nobody.
	Saw func(conversation string, e Event)
}

// User is a visitor's widget or an agent's console: outbox, cursors, backoff,
// zombie rule and HTTP fallback as the real ones have them. Run keeps it going.
type User struct {
	o      UserOptions
	dialer *net.Dialer
	client *http.Client
	cut    chan struct{} // asks the link to break

	mu         sync.Mutex // guards what follows
	conn       *websocket.Conn
	online     bool
	overHTTP   bool
	greeted    bool // the hello has gone out, with the cursors as they were
	posting    bool
	stopped    bool
	epoch      string
	lines      map[string]*timeline
	order      []string // conversations in the order in which they were watched
	outbox     map[string]*box
	resumes    Resumes
	silent     bool // the last socket ended in silence; Run's own
	refused    int  // handshakes that the server turned away
	putOff     int  // sends that it wanted later
	background sync.WaitGroup
	ctx        context.Context // of Run; nil before
}

// Resumes counts how conversations were brought up to date after a reconnect.
type Resumes struct{ Delta, Snapshot int }

// NewUser returns a user who is not connected yet.
func NewUser(o UserOptions) *User {
	dialer := &net.Dialer{Timeout: welcomeWait}
	if o.Address != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(o.Address)}
	}
	transport := &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 1, IdleConnTimeout: 5 * time.Second, DisableCompression: true}
	return &User{
		o: o, dialer: dialer, client: &http.Client{Transport: transport, Timeout: 15 * time.Second}, cut: make(chan struct{}, 1),
		lines: map[string]*timeline{}, outbox: map[string]*box{},
	}
}

// Record changes where the history is written, between runs: the cursors go on,
// so the new history starts at them.
func (u *User) Record(c *history.Client) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.o.Record = c
	u.resumes, u.putOff = Resumes{}, 0
	for _, id := range u.order {
		u.record(history.Op{Kind: history.Watch, Conversation: id, N: u.lines[id].n})
	}
}

// See changes who is told of events.
func (u *User) See(saw func(conversation string, e Event)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.o.Saw = saw
}

// Move sends the user to another address from the next connection on.
func (u *User) Move(base string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.o.Base = base
}

// Watch follows a conversation from number n on.
func (u *User) Watch(conversation string, n int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.watch(conversation, n)
}

func (u *User) watch(conversation string, n int64) {
	if u.lines[conversation] != nil {
		return
	}
	u.lines[conversation] = newTimeline(conversation, n)
	u.order = append(u.order, conversation)
	u.record(history.Op{Kind: history.Watch, Conversation: conversation, N: n})
	if u.online {
		u.write(map[string]any{"type": "watch", "conversation": conversation, "epoch": u.epoch, "n": n})
	}
}

// record writes an entry when there is a history; the caller holds mu.
func (u *User) record(op history.Op) {
	if u.o.Record != nil {
		u.o.Record.Add(op)
	}
}

// Synced reports whether the user is online, up to date everywhere and has
// nothing left to send.
func (u *User) Synced() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.upToDate() && !u.unsent()
}

func (u *User) upToDate() bool {
	if !u.online {
		return false
	}
	for _, t := range u.lines {
		if !t.synced || t.seen > t.n {
			return false
		}
	}
	return true
}

// Cursor is where the user stands in a conversation.
func (u *User) Cursor(conversation string) int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	if t := u.lines[conversation]; t != nil {
		return t.n
	}
	return 0
}

// Conversations are the ones the user follows.
func (u *User) Conversations() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]string(nil), u.order...)
}

// Resumes tells how the user was brought up to date since Record.
func (u *User) Resumes() Resumes {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.resumes
}

// PutOff counts the sends since Record that the server did not take for now.
func (u *User) PutOff() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.putOff
}

// Cut breaks the connection as a lost network does; Run connects again.
func (u *User) Cut() {
	select {
	case u.cut <- struct{}{}:
	default:
	}
}

// Run connects and reconnects until ctx ends, or the server says that the user
// is not wanted (close code 4003).
func (u *User) Run(ctx context.Context) {
	u.mu.Lock()
	u.ctx = ctx
	u.mu.Unlock()
	defer u.background.Wait()
	defer u.client.CloseIdleConnections()
	failures, named := 0, time.Duration(-1)
	for {
		if failures > 0 {
			if !sleep(ctx, backoff(failures-1, named)) {
				return
			}
			if u.silent {
				u.probe(ctx)
			}
		}
		u.silent = false
		welcomed, again := u.connect(ctx)
		u.gone()
		if ctx.Err() != nil {
			return
		}
		if welcomed {
			failures = 0
		}
		failures++
		if again == stop {
			u.mu.Lock()
			u.stopped = true
			u.mu.Unlock()
			return
		}
		named = again
		if failures >= fallbackAfter {
			u.fallBack(ctx)
		}
	}
}

// probe asks for signs of life over HTTP, so that a balancer in front learns which
// node is silent: two at once, so that of two nodes with as much to do each is
// asked. What comes back does not matter.
func (u *User) probe(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, probeWait)
	defer cancel()
	u.mu.Lock()
	base := u.o.Base
	u.mu.Unlock()
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/healthz", nil)
			if err != nil {
				return
			}
			if res, err := u.client.Do(req); err == nil {
				res.Body.Close()
			}
		})
	}
	both.Wait()
}

// stop is the wait that never ends.
const stop = time.Duration(-2)

// backoff is how long to wait before try number attempt, from 0; a wait that the
// server named wins, negative is none.
func backoff(attempt int, named time.Duration) time.Duration {
	switch {
	case named >= 0:
		return named + time.Duration(rand.Float64()*float64(min(time.Second, named)))
	case attempt <= 0:
		return time.Duration(rand.Float64() * float64(500*time.Millisecond))
	}
	return time.Duration(rand.Float64() * float64(min(backoffCeiling, time.Second<<min(attempt-1, 10))))
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// headers are those of every request.
func (u *User) headers(base string) http.Header {
	h := http.Header{"Origin": {base}}
	if u.o.Cookie != "" {
		h.Set("Cookie", u.o.Cookie)
		h.Set("X-Csrf-Token", u.o.CSRF)
	}
	return h
}

// connect has one socket: it returns whether a welcome came, and the wait that
// the server named, -1 for none.
func (u *User) connect(ctx context.Context) (welcomed bool, named time.Duration) {
	select {
	case <-u.cut:
	default:
	}
	u.mu.Lock()
	base := u.o.Base
	u.mu.Unlock()
	header := u.headers(base)
	header.Del("X-Csrf-Token")
	dialer := &websocket.Dialer{
		NetDialContext:   u.dialer.DialContext,
		HandshakeTimeout: welcomeWait, ReadBufferSize: 512, WriteBufferSize: 512,
	}
	conn, res, err := dialer.DialContext(ctx, strings.Replace(base, "http", "ws", 1)+"/api/v1/socket", header)
	if err != nil {
		if res != nil {
			res.Body.Close()
			u.mu.Lock()
			u.refused++
			u.mu.Unlock()
		}
		u.silent = timedOut(err)
		return false, -1
	}
	defer conn.Close()
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-ctx.Done():
		case <-u.cut:
		case <-ended:
			return
		}
		conn.Close()
	}()
	if err := u.hello(conn); err != nil {
		return false, -1
	}
	return u.read(conn)
}

func (u *User) hello(conn *websocket.Conn) error {
	u.mu.Lock()
	hello := map[string]any{"type": "hello", "language": "en"}
	cursors := make([]Cursor, 0, len(u.order))
	for _, id := range u.order {
		u.lines[id].synced = false
		cursors = append(cursors, Cursor{ID: id, Epoch: u.epoch, N: u.lines[id].n})
	}
	u.greeted = true
	u.mu.Unlock()
	hello["conversations"] = cursors
	if u.o.View == history.Agent {
		hello["csrf"] = u.o.CSRF
		if u.o.Feed {
			hello["feed"] = true
		}
	} else {
		hello["token"] = u.o.Token
	}
	if err := conn.SetWriteDeadline(time.Now().Add(welcomeWait)); err != nil {
		return err
	}
	return conn.WriteJSON(hello)
}

// read reads a socket until it ends.
func (u *User) read(conn *websocket.Conn) (welcomed bool, named time.Duration) {
	silence := welcomeWait
	for {
		if err := conn.SetReadDeadline(time.Now().Add(silence)); err != nil {
			return welcomed, -1
		}
		var f Frame
		if err := conn.ReadJSON(&f); err != nil {
			u.silent = timedOut(err)
			return welcomed, u.closed(err)
		}
		switch f.Type {
		case "ping":
			u.mu.Lock()
			u.write(map[string]any{"type": "pong"})
			u.mu.Unlock()
		case "drain":
			wait := time.Duration(-1)
			if f.RetryAfterMS != nil {
				wait = time.Duration(*f.RetryAfterMS) * time.Millisecond
			}
			return welcomed, wait
		case "welcome":
			welcomed = true
			silence = time.Duration(f.PingS)*time.Second + zombieSlack
			u.welcome(conn, f)
		default:
			u.mu.Lock()
			u.frame(f)
			u.mu.Unlock()
		}
	}
}

func timedOut(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// closed says what a socket's end asks for.
func (u *User) closed(err error) time.Duration {
	var c *websocket.CloseError
	if !errors.As(err, &c) {
		return -1
	}
	switch c.Code {
	case 4003:
		return stop
	case 4009:
		u.mu.Lock()
		for _, t := range u.lines {
			t.reset(0)
		}
		u.mu.Unlock()
		return 0
	case 4029:
		return floodPause
	}
	return -1
}

func (u *User) welcome(conn *websocket.Conn, f Frame) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.epoch != "" && u.epoch != f.Epoch {
		u.offerAgain("")
	}
	u.epoch = f.Epoch
	u.conn, u.online, u.overHTTP = conn, true, false
	for _, b := range u.outbox {
		b.ground()
	}
	u.pumpAll()
	if len(u.order) == 0 {
		u.record(history.Op{Kind: history.Synced})
	}
}

// gone notes that the socket ended.
func (u *User) gone() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.online {
		u.record(history.Op{Kind: history.Down})
	}
	u.conn, u.online, u.greeted = nil, false, false
	for _, t := range u.lines {
		t.synced = false
	}
	for _, b := range u.outbox {
		b.ground()
	}
}

// write writes a frame to the socket, if there is one; the caller holds mu.
func (u *User) write(frame any) bool {
	if u.conn == nil {
		return false
	}
	if err := u.conn.SetWriteDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return false
	}
	return u.conn.WriteJSON(frame) == nil
}

// frame takes what the server sends; the caller holds mu.
func (u *User) frame(f Frame) {
	switch f.Type {
	case "events":
		u.events(f)
	case "synced":
		if t := u.lines[f.conversation()]; t != nil {
			t.synced = true
			u.gap(t)
			u.maybeSynced()
		}
	case "ack":
		u.acked(f.ID, f.conversation(), f.Event, f.Dup)
	case "nack":
		wait := time.Duration(-1)
		if f.RetryAfterMS != nil {
			wait = time.Duration(*f.RetryAfterMS) * time.Millisecond
		}
		u.nacked(f.ID, wait)
	case "delta", "reset":
		t := u.lines[f.conversation()]
		if t == nil {
			return
		}
		if f.Type == "reset" {
			t.whole(f)
		} else if !t.delta(f) {
			u.write(map[string]any{"type": "text", "run": f.Run, "attempt": f.Attempt, "offset": t.held(f.Placeholder)})
		}
	case "gone":
		id := f.conversation()
		delete(u.lines, id)
		for i, o := range u.order {
			if o == id {
				u.order = append(u.order[:i:i], u.order[i+1:]...)
				break
			}
		}
	}
}

func (u *User) maybeSynced() {
	if u.upToDate() {
		u.record(history.Op{Kind: history.Synced})
	}
}

// events takes a frame of events; the caller holds mu.
func (u *User) events(f Frame) {
	conv := f.conversation()
	t := u.lines[conv]
	if t == nil {
		// The server follows for a visitor what he writes in.
		t = newTimeline(conv, 0)
		u.lines[conv] = t
		u.order = append(u.order, conv)
		u.record(history.Op{Kind: history.Watch, Conversation: conv})
	}
	if f.Top < t.seen && f.Mode != "live" {
		u.offerAgain(conv)
	}
	way := ways(f.Mode)
	switch {
	case way == history.Snapshot:
		first := f.Top + 1
		if len(f.Events) > 0 {
			first = f.Events[0].N
		}
		if t.n > 0 {
			u.resumes.Snapshot++
		}
		t.reset(first - 1)
		u.record(history.Op{Kind: history.Reset, Conversation: conv, N: first - 1})
	case way == history.Delta:
		u.resumes.Delta++
	}
	for _, e := range f.Events {
		u.see(t, e, way)
	}
	t.seen = max(t.seen, f.Top)
	u.gap(t)
}

// see takes one event.
func (u *User) see(t *timeline, e Event, way history.Way) {
	op := history.Op{Kind: history.Receive, Way: way, Conversation: t.id, ID: idIn(e.Text), Event: e.ID, N: e.N}
	if way == history.Live {
		op.Lag = time.Since(e.At)
	}
	u.record(op)
	fresh := t.insert(e)
	if fresh && e.Kind == "finished" && !t.finished(e) {
		u.record(history.Op{Kind: history.Torn, Conversation: t.id, Event: e.Of})
	}
	if fresh && u.o.Saw != nil {
		u.o.Saw(t.id, e)
	}
}

// gap asks again for what is missing, once it is old enough to be a hole. Before a
// new socket is in step what is missing may be on its way, and would come twice.
func (u *User) gap(t *timeline) {
	if t.seen <= t.n {
		return
	}
	at := t.n
	u.later(gapWait, func() {
		if t.seen > t.n && t.n == at && t.synced {
			u.write(map[string]any{"type": "watch", "conversation": t.id, "epoch": u.epoch, "n": t.n})
		}
	})
}

// later calls f with mu held after d, unless Run has ended by then.
func (u *User) later(d time.Duration, f func()) {
	ctx := u.ctx
	if ctx == nil || ctx.Err() != nil {
		return
	}
	u.background.Add(1)
	go func() {
		defer u.background.Done()
		if sleep(ctx, d) {
			u.mu.Lock()
			defer u.mu.Unlock()
			f()
		}
	}()
}

// request calls the API as this user. The status is 0 when there was no answer.
func (u *User) request(ctx context.Context, method, path string, body, out any) (status int, retry time.Duration, err error) {
	u.mu.Lock()
	base := u.o.Base
	u.mu.Unlock()
	h := u.headers(base)
	if u.o.Token != "" {
		h.Set("Authorization", "Bearer "+u.o.Token)
	}
	return request(ctx, u.client, method, base+"/api/v1"+path, h, body, out)
}

// Token is what the visitor's session goes by.
func (u *User) Token() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.o.Token
}

// Base is where the user connects to.
func (u *User) Base() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.o.Base
}

// Arrive starts a visitor's session with an inbox.
func (u *User) Arrive(ctx context.Context, inbox string) error {
	var s Session
	if _, err := u.Post(ctx, "/visitor/sessions", map[string]any{"inbox": inbox, "language": "en"}, &s); err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.o.Token = s.Token
	return nil
}

// SignIn signs an agent in.
func (u *User) SignIn(ctx context.Context, email, password string) error {
	jar := &cookies{}
	u.client.Jar = jar
	defer func() { u.client.Jar = nil }()
	var in struct {
		CSRF string `json:"csrf"`
	}
	if _, err := u.Post(ctx, "/sessions", map[string]string{"email": email, "password": password}, &in); err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.o.Cookie, u.o.CSRF = jar.pair, in.CSRF
	return nil
}

// Tab is another socket of the same person, with the same cursors and a history
// of its own.
func (u *User) Tab(address string, record *history.Client) *User {
	u.mu.Lock()
	defer u.mu.Unlock()
	o := u.o
	o.Address, o.Record, o.Saw = address, record, nil
	t := NewUser(o)
	for _, id := range u.order {
		t.watch(id, u.lines[id].n)
	}
	t.epoch = u.epoch
	return t
}

// cookies takes the one cookie of a session, whatever host and scheme it is for.
type cookies struct{ pair string }

// SetCookies implements http.CookieJar.
func (c *cookies) SetCookies(_ *url.URL, list []*http.Cookie) {
	for _, k := range list {
		c.pair = k.Name + "=" + k.Value
	}
}

// Cookies implements http.CookieJar.
func (c *cookies) Cookies(*url.URL) []*http.Cookie { return nil }

// Post calls a route of the API, for what has no frame: taking a chat, accepting an offer.
func (u *User) Post(ctx context.Context, path string, body, out any) (status int, err error) {
	status, _, err = u.request(ctx, http.MethodPost, path, body, out)
	return status, err
}

// Put is Post for PUT.
func (u *User) Put(ctx context.Context, path string, body, out any) (status int, err error) {
	status, _, err = u.request(ctx, http.MethodPut, path, body, out)
	return status, err
}

// Get reads a route of the API.
func (u *User) Get(ctx context.Context, path string, out any) (status int, err error) {
	status, _, err = u.request(ctx, http.MethodGet, path, nil, out)
	return status, err
}

// idIn is the client_msg_id in a message's text: what stands behind its last #.
// Readers are not told others' ids, so senders write them into their words.
func idIn(text string) string {
	_, id, ok := strings.Cut(text, "#")
	if !ok || len(id) != 36 {
		return ""
	}
	return id
}

// marshal writes a body; what benches send can always be written.
func marshal(body any) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	return json.Marshal(body)
}

// State says in a few words where the user stands, for people who read failures.
func (u *User) State() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	behind, unsynced, pendings := 0, 0, 0
	for _, t := range u.lines {
		if t.seen > t.n {
			behind++
		}
		if !t.synced {
			unsynced++
		}
	}
	for _, b := range u.outbox {
		for _, m := range b.items {
			if m.state == pending {
				pendings++
			}
		}
	}
	return fmt.Sprintf("online %v, over http %v, stopped %v, %d conversations with holes, %d not synced, %d messages pending, %d handshakes refused",
		u.online, u.overHTTP, u.stopped, behind, unsynced, pendings, u.refused)
}

// UpToDate reports whether the user is online and has everything.
func (u *User) UpToDate() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.upToDate()
}
