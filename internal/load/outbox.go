package load

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/history"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Bounds of the outbox, as in web/src/shared/client/sender.ts.
const (
	inFlight  = 8                // of a conversation, as the server allows
	ackWait   = 10 * time.Second // no ack by then on a live socket: the same send goes over HTTP
	keepEach  = 50               // acknowledged messages that are kept, to heal a server that lost its tail
	maxBehind = 500              // events that a delta brings; who lacks more gets the newest page
)

// box is what a user has to say in one conversation: first in, first out.
type box struct {
	conversation string // "" until the server has named it
	clientConv   string
	items        []*outgoing
}

type outgoing struct {
	id, text, after, kind string
	state                 outState
	flying                int // number of the flight, 0: on the ground
	flights               int
	held                  bool
	known                 bool // was acknowledged once
}

type outState uint8

const (
	pending outState = iota
	acknowledged
	failed
)

func (b *box) ground() {
	for _, m := range b.items {
		m.flying = 0
	}
}

// Say puts a message into the outbox and returns its client_msg_id. meant is when
// the generator wanted it sent; latency counts from then.
func (u *User) Say(conversation, words string, meant time.Duration) string {
	return u.say(conversation, "", words, "", meant)
}

// Begin says the first message of a new conversation, named by the client.
func (u *User) Begin(clientConv, words string, meant time.Duration) string {
	return u.say("", clientConv, words, "", meant)
}

func (u *User) say(conversation, clientConv, words, kind string, meant time.Duration) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	key := conversation
	if key == "" {
		key = clientConv
	}
	b := u.outbox[key]
	if b == nil {
		b = &box{conversation: conversation, clientConv: clientConv}
		u.outbox[key] = b
	}
	m := &outgoing{id: id.New(), kind: kind}
	m.text = words + " #" + m.id
	for i := len(b.items) - 1; i >= 0; i-- {
		if b.items[i].state != failed {
			m.after = b.items[i].id
			break
		}
	}
	b.items = append(b.items, m)
	u.record(history.Op{Kind: history.Invoke, Conversation: key, ID: m.id, At: meant})
	u.pump(b)
	return m.id
}

func (u *User) unsent() bool {
	for _, b := range u.outbox {
		for _, m := range b.items {
			if m.state == pending {
				return true
			}
		}
	}
	return false
}

// body is a message as frame and route have it.
func (m *outgoing) body(b *box) map[string]any {
	f := map[string]any{"id": m.id, "text": m.text}
	if b.clientConv != "" {
		f["client_conv_id"] = b.clientConv
	} else {
		f["conversation"] = b.conversation
	}
	if m.after != "" {
		f["after"] = m.after
	}
	if m.kind != "" {
		f["kind"] = m.kind
	}
	return f
}

func (u *User) pumpAll() {
	for _, b := range u.outbox {
		u.pump(b)
	}
}

// pump sends what may be sent over the socket; the caller holds mu. Nothing
// overtakes a message that must wait.
func (u *User) pump(b *box) {
	if u.overHTTP {
		u.post()
	}
	if !u.online {
		return
	}
	open := 0
	for _, m := range b.items {
		if m.state != pending {
			continue
		}
		if open++; m.held || open > inFlight {
			return
		}
		if m.flying != 0 {
			continue
		}
		frame := m.body(b)
		frame["type"] = "send"
		if !u.write(frame) {
			return
		}
		m.flights++
		m.flying = m.flights
		flight := m.flying
		u.later(ackWait, func() { u.late(b, m, flight) })
	}
}

// late looks after a send that has no answer in time; only the oldest goes another
// way, those behind it would overtake it there. The caller holds mu.
func (u *User) late(b *box, m *outgoing, flight int) {
	if m.state != pending || m.flying != flight {
		return
	}
	for _, first := range b.items {
		if first.state != pending {
			continue
		}
		if first == m {
			u.overdue(b, m)
		} else {
			u.later(time.Second, func() { u.late(b, m, flight) })
		}
		return
	}
}

// overdue sends over HTTP what a live socket does not acknowledge.
func (u *User) overdue(b *box, m *outgoing) {
	ctx := u.ctx
	u.background.Add(1)
	go func() {
		defer u.background.Done()
		_ = u.deliver(ctx, b, m) // without an answer it stays pending
		u.mu.Lock()
		defer u.mu.Unlock()
		m.flying = 0
		u.pump(b)
	}()
}

// acked takes an acknowledgement; the caller holds mu.
func (u *User) acked(msg, conversation string, e *Event, dup bool) {
	b, m := u.find(msg)
	if m == nil {
		return
	}
	m.flying = 0
	if !m.known {
		u.record(history.Op{Kind: history.OK, ID: msg, Conversation: conversation, Dup: dup})
	}
	m.state, m.known = acknowledged, true
	if b.conversation == "" {
		b.conversation = conversation
		u.watch(conversation, 0)
	}
	if t := u.lines[conversation]; t != nil && e != nil && e.ID != "" {
		u.see(t, *e, history.Acked)
		u.gap(t)
	}
	u.trim(b)
	u.pump(b)
}

// nacked takes a refusal: to be tried again after wait, or for good when wait is negative.
func (u *User) nacked(msg string, wait time.Duration) {
	b, m := u.find(msg)
	if m == nil || m.state == acknowledged {
		return
	}
	m.flying = 0
	if wait >= 0 {
		u.putOff++
		u.hold(b, m, backoff(0, wait))
		return
	}
	m.state = failed
	u.record(history.Op{Kind: history.Refused, ID: msg})
	u.pump(b)
}

func (u *User) hold(b *box, m *outgoing, wait time.Duration) {
	m.held = true
	u.later(wait, func() {
		m.held = false
		u.pump(b)
	})
}

func (u *User) find(msg string) (*box, *outgoing) {
	for _, b := range u.outbox {
		for i := len(b.items) - 1; i >= 0; i-- {
			if b.items[i].id == msg {
				return b, b.items[i]
			}
		}
	}
	return nil, nil
}

// trim forgets the oldest acknowledged messages beyond those that are kept.
func (u *User) trim(b *box) {
	done := 0
	for _, m := range b.items {
		if m.state == acknowledged {
			done++
		}
	}
	for len(b.items) > 0 && done > keepEach && b.items[0].state == acknowledged {
		b.items = b.items[1:]
		done--
	}
}

// offerAgain sends kept messages once more under their ids: the server may have
// lost what it had acknowledged. conversation "" means all.
func (u *User) offerAgain(conversation string) {
	for _, b := range u.outbox {
		if conversation != "" && b.conversation != conversation {
			continue
		}
		for _, m := range b.items {
			if m.state == acknowledged {
				m.state = pending
			}
		}
		u.pump(b)
	}
}

// fallBack polls and posts over HTTP until there is a socket again.
func (u *User) fallBack(ctx context.Context) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.overHTTP || u.posting {
		return
	}
	u.overHTTP = true
	u.background.Add(1)
	go func() {
		defer u.background.Done()
		for {
			u.mu.Lock()
			on := u.overHTTP
			convs := append([]string(nil), u.order...)
			u.mu.Unlock()
			if !on {
				return
			}
			for _, c := range convs {
				if !u.poll(ctx, c) {
					break
				}
			}
			u.mu.Lock()
			if u.overHTTP {
				u.post()
			}
			u.mu.Unlock()
			if !sleep(ctx, pollEvery) {
				return
			}
		}
	}()
}

// prefix is where the user's routes of a conversation begin.
func (u *User) prefix() string {
	if u.o.View == history.Agent {
		return "/conversations/"
	}
	return "/visitor/conversations/"
}

// poll reads what is new in a conversation; false when the server was not reached.
func (u *User) poll(ctx context.Context, conv string) bool {
	for more := true; more; {
		n := u.Cursor(conv)
		var page struct {
			Events   []Event `json:"events"`
			Top      int64   `json:"top"`
			HasNewer bool    `json:"has_newer"`
		}
		if n == 0 {
			return true // the newest page is no delta; the socket's snapshot will do
		}
		status, _, err := u.request(ctx, http.MethodGet, fmt.Sprintf("%s%s/events?after=%d&limit=200", u.prefix(), conv, n), nil, &page)
		if err != nil {
			return status != 0 && status < 502
		}
		if page.Top-n > maxBehind {
			return true // the newest page is no delta here either
		}
		u.mu.Lock()
		t := u.lines[conv]
		if t == nil || u.greeted || t.n != n {
			u.mu.Unlock()
			return true // the socket is back and knows better
		}
		for _, e := range page.Events {
			u.see(t, e, history.Polled)
		}
		u.mu.Unlock()
		more = page.HasNewer && len(page.Events) > 0
	}
	return true
}

// post sends what is pending over HTTP, one after the other, on a goroutine of
// its own; the caller holds mu.
func (u *User) post() {
	if u.posting || !u.unsent() {
		return
	}
	u.posting = true
	ctx := u.ctx
	u.background.Add(1)
	go func() {
		defer u.background.Done()
		defer func() {
			u.mu.Lock()
			u.posting = false
			u.mu.Unlock()
		}()
		for {
			u.mu.Lock()
			b, m := u.nextPending()
			on := u.overHTTP
			u.mu.Unlock()
			if m == nil || !on || u.deliver(ctx, b, m) != nil {
				return // the next poll tries again
			}
		}
	}()
}

func (u *User) nextPending() (*box, *outgoing) {
	for _, b := range u.outbox {
		for _, m := range b.items {
			if m.state == pending {
				if m.held {
					break
				}
				return b, m
			}
		}
	}
	return nil, nil
}

// deliver sends one message over HTTP. The error means that there was no answer,
// or one that leaves the message pending.
func (u *User) deliver(ctx context.Context, b *box, m *outgoing) error {
	u.mu.Lock()
	body := m.body(b)
	path := "/visitor/messages"
	if u.o.View == history.Agent {
		path = "/conversations/" + b.conversation + "/messages"
	}
	u.mu.Unlock()
	var ack struct {
		Conversation string `json:"conversation"`
		Event        *Event `json:"event"`
		Dup          bool   `json:"dup"`
	}
	status, retry, err := u.request(ctx, http.MethodPost, path, body, &ack)
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case err == nil:
		u.acked(m.id, ack.Conversation, ack.Event, ack.Dup)
		return nil
	case status == 0 || status == http.StatusRequestTimeout || status == http.StatusTooManyRequests || status >= 500:
		if retry > 0 {
			u.hold(b, m, retry)
		}
		return err
	}
	u.nacked(m.id, -1)
	return nil
}

// request calls the API; the status is 0 when there was no answer.
func request(ctx context.Context, client *http.Client, method, url string, h http.Header, body, out any) (int, time.Duration, error) {
	payload, err := marshal(body)
	if err != nil {
		return 0, 0, err
	}
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(string(payload)))
	if err != nil {
		return 0, 0, err
	}
	req.Header = h
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return 0, 0, err
	}
	defer res.Body.Close()
	return answer(res, method+" "+url, out)
}
