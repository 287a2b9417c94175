package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/frontdesk-chat/frontdesk/internal/history"
)

// Times of the widget's and the console's client; see web/src/shared/client.
const (
	backoffCeiling = 30 * time.Second
	welcomeWait    = 10 * time.Second // from dialling to welcome
	welcomeSilent  = 5 * time.Second  // the same after a socket that ended in silence
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
	silent     bool          // the last socket ended in silence; Run's own
	welcomeIn  time.Duration // how long the next one may take; Run's own
	refused    int           // handshakes that the server turned away
	putOff     int           // sends that it wanted later
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
		u.welcomeIn = welcomeWait
		if failures > 0 {
			if !sleep(ctx, backoff(failures-1, named)) {
				return
			}
			if u.silent {
				u.welcomeIn = welcomeSilent
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
