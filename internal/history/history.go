// Package history keeps what the clients of a test bed did and saw, and checks
// it against a final read: was anything that was acknowledged lost, was anything
// there twice, did anybody see another order, how late was everybody. The checks
// follow Jepsen's set-full, total-queue and unique-ids.
package history

import (
	"sync"
	"time"
)

// View says whose numbers a reader counts by: agents count every event, visitors
// those that they may see.
type View string

// The two views.
const (
	Visitor View = "visitor"
	Agent   View = "agent"
)

// Kind is what happened.
type Kind uint8

// What happens to a client. A send that was invoked and has neither OK nor
// Refused at the end is unknown: it may be there once or not at all.
const (
	Invoke  Kind = iota + 1 // a send began; At is when it was meant to
	OK                      // the server acknowledged it
	Refused                 // the server said no, for good
	Watch                   // the client follows a conversation, from N
	Receive                 // an event came
	Reset                   // a snapshot replaced what the client has: it holds nothing up to N
	Down                    // the connection is gone
	Synced                  // connected again, and everything that is watched is up to date
	Torn                    // a streamed text does not agree with what was stored
)

// Way is how an event came to its reader.
type Way uint8

// Ways of an event. Acknowledgements show senders their own events.
const (
	Live Way = iota + 1
	Delta
	Snapshot
	Polled
	Acked
)

// Op is one entry of a history.
type Op struct {
	Kind         Kind
	Way          Way
	Dup          bool // of OK: the server had it already
	At           time.Duration
	Lag          time.Duration // of a live Receive: since the event's own time
	Conversation string
	ID           string // client_msg_id of a send; of a received event the one in its text, "" when there is none
	Event        string
	N            int64
}

// Log is the common clock of all clients of a run.
type Log struct{ start time.Time }

// NewLog returns a log that starts now.
func NewLog() *Log { return &Log{start: time.Now()} }

// Now is the time of the log.
func (l *Log) Now() time.Duration { return time.Since(l.start) }

// Since is the time of the log at t.
func (l *Log) Since(t time.Time) time.Duration { return t.Sub(l.start) }

// Client is the history of one client; it is safe for concurrent use.
type Client struct {
	Name string // of the sender: two sockets of a person share it
	View View

	log *Log
	mu  sync.Mutex
	ops []Op // guarded by mu
}

// Client returns an empty history.
func (l *Log) Client(name string, view View) *Client { return &Client{Name: name, View: view, log: l} }

// Add writes an entry; a zero At means now.
func (c *Client) Add(op Op) {
	if op.At == 0 {
		op.At = c.log.Now()
	}
	c.mu.Lock()
	c.ops = append(c.ops, op)
	c.mu.Unlock()
}

// Ops returns a copy of the entries in the order in which they were written.
func (c *Client) Ops() []Op {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Op(nil), c.ops...)
}

// Final is what the server has in the end, in one view of one conversation.
type Final struct {
	View         View
	Conversation string
	From         int64 // numbers up to here are of before the run
	Events       []Stored
}

// Stored is an event of a final read, in order.
type Stored struct {
	N     int64
	Event string
	ID    string // as in Op
}
