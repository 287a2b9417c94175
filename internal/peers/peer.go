package main

import (
	"context"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/load"
)

// peer is a server that can be started.
type peer interface {
	name() string
	// start runs the server in an empty folder, with env in its environment, and
	// returns once it takes connections.
	start(ctx context.Context, dir string, env ...string) (server, error)
}

// server is a peer that runs, and its clients.
type server interface {
	// process is the server alone, without the clients.
	process() *process
	// hold opens idle sockets, calls opened, and keeps them until ctx ends. follow:
	// each follows a conversation of its own that has two messages.
	hold(ctx context.Context, count int, follow bool, opened func()) error
	// fanout returns groups of sockets, ready to run.
	fanout(ctx context.Context, groups, readers int) (load.Fanout, error)
	// seat opens the conversations of a drop test. The visitors of conversation i
	// connect to door(i), its agent connects to the server directly.
	seat(ctx context.Context, count int, door func(i int) string, book *ledger) ([]talk, error)
}

// talk is one conversation of a drop test.
type talk struct {
	policy string                     // how its visitor's client treats what was not acknowledged
	say    func(from side, id string) // says a message whose words hold the id
}

// side is one end of a conversation.
type side int

// The visitor is cut off, the agent is not.
const (
	visitor side = iota
	agent
)

// startWait bounds how long a server may take until it is there.
const startWait = 30 * time.Second
