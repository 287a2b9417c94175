// Package pubsub carries bytes between the nodes of one installation. What it
// carries are copies: it may lose, repeat and reorder them, and a reader that
// misses something fetches it from storage.
package pubsub

import "sync"

// Bus is a node's place on the bus. Implementations are safe for concurrent use.
type Bus interface {
	// Publish hands a frame to every other node. It does not block and may lose
	// the frame. The bus keeps no reference to it after the call.
	Publish(frame []byte)
	// Join names the function that gets the frames of other nodes, one at a time.
	// The returned function ends it. A bus is joined once.
	Join(receive func(frame []byte)) (leave func())
	// Alone reports that there are no other nodes, so that nobody needs to encode.
	Alone() bool
	// State reports whether frames arrive, as far as this node can tell, and returns
	// a channel that is closed when that changes next; nil: it never does. After
	// every change to ok, frames may have been lost before it.
	State() (ok bool, changed <-chan struct{})
}

// Memory joins nodes that live in one process. Its zero value has no members.
type Memory struct {
	mu    sync.RWMutex // guards nodes
	nodes map[*node]struct{}
}

// Node returns one more place on the bus.
func (m *Memory) Node() Bus { return &node{bus: m} }

type node struct {
	bus     *Memory
	receive func([]byte)
}

var _ Bus = (*node)(nil)

// Publish calls every other member in the caller's goroutine.
func (n *node) Publish(frame []byte) {
	n.bus.mu.RLock()
	var to []func([]byte)
	for o := range n.bus.nodes {
		if o != n {
			to = append(to, o.receive)
		}
	}
	n.bus.mu.RUnlock()
	for _, receive := range to {
		receive(append([]byte(nil), frame...))
	}
}

// Join adds the node to the bus.
func (n *node) Join(receive func([]byte)) func() {
	n.bus.mu.Lock()
	defer n.bus.mu.Unlock()
	n.receive = receive
	if n.bus.nodes == nil {
		n.bus.nodes = make(map[*node]struct{})
	}
	n.bus.nodes[n] = struct{}{}
	return func() {
		n.bus.mu.Lock()
		defer n.bus.mu.Unlock()
		delete(n.bus.nodes, n)
	}
}

// Alone reports whether no other node has joined.
func (n *node) Alone() bool {
	n.bus.mu.RLock()
	defer n.bus.mu.RUnlock()
	for o := range n.bus.nodes {
		if o != n {
			return false
		}
	}
	return true
}

// State is ok: a call to a member arrives.
func (n *node) State() (bool, <-chan struct{}) { return true, nil }

// Polling is the bus of nodes that share nothing but storage: it carries no
// frames, and each node reads what the others wrote.
type Polling struct{}

var _ Bus = Polling{}

// Publish drops the frame.
func (Polling) Publish([]byte) {}

// Join receives nothing.
func (Polling) Join(func([]byte)) func() { return func() {} }

// Alone is false: there may be others.
func (Polling) Alone() bool { return false }

// State is never ok.
func (Polling) State() (bool, <-chan struct{}) { return false, nil }
