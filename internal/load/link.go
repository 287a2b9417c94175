package load

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"github.com/frontdesk-chat/frontdesk/internal/history"
)

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
		HandshakeTimeout: u.welcomeIn, ReadBufferSize: 512, WriteBufferSize: 512,
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
	silence := u.welcomeIn
	for {
		if err := conn.SetReadDeadline(time.Now().Add(silence)); err != nil {
			return welcomed, -1
		}
		_, data, err := conn.ReadMessage()
		if err != nil {
			u.silent = timedOut(err)
			return welcomed, u.closed(err)
		}
		if isFrame(data, "conversation") { // a row of the list, which no check looks at
			continue
		}
		var f Frame
		if json.Unmarshal(data, &f) != nil {
			return welcomed, -1
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
		if t := u.lines[string(f.Conversation)]; t != nil {
			t.synced = true
			u.gap(t)
			u.maybeSynced()
		}
	case "ack":
		u.acked(f.ID, string(f.Conversation), f.About.Event, f.Dup)
	case "nack":
		wait := time.Duration(-1)
		if f.RetryAfterMS != nil {
			wait = time.Duration(*f.RetryAfterMS) * time.Millisecond
		}
		u.nacked(f.ID, wait)
	case "delta", "reset":
		t := u.lines[string(f.Conversation)]
		if t == nil {
			return
		}
		if f.Type == "reset" {
			t.whole(f)
		} else if !t.delta(f) {
			u.write(map[string]any{"type": "text", "run": f.Run, "attempt": f.Attempt, "offset": t.held(f.About.Placeholder)})
		}
	case "gone":
		id := string(f.Conversation)
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
	conv := string(f.Conversation)
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

// idIn is the client_msg_id in a message's text: what stands behind its last #.
// Readers are not told others' ids, so senders write them into their words.
func idIn(text string) string {
	_, id, ok := strings.Cut(text, "#")
	if !ok || len(id) != 36 {
		return ""
	}
	return id
}
