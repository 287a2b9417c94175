package frontdesk

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// How a stop spends its time. Together with the engine's and the jobs' five
// seconds for work under way it ends within 25 s, before what started the program
// loses patience.
const (
	drainNotice   = 2 * time.Second  // for a proxy to notice that this node takes no more sockets
	drainSockets  = 15 * time.Second // at most, to send the open ones away
	drainRequests = 3 * time.Second  // for requests under way after that
)

// notice is drainNotice where a proxy stands before this node.
func (a *App) notice() time.Duration {
	if len(a.config.Server.TrustedProxies) == 0 {
		return 0
	}
	return drainNotice
}

// Run listens on the configured address, calls ready with the address it got,
// and serves until ctx ends. It stops in this order: no new work, sockets are
// told to come back, turns under way end, background work ends. It may be called
// once. Errors: Unavailable when the address cannot be listened on.
func (a *App) Run(ctx context.Context, ready func(address string)) error {
	listener, err := net.Listen("tcp", a.config.Server.Addr)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "Cannot listen on %s; is another program using it?", a.config.Server.Addr)
	}
	address := listener.Addr().String()
	if err := errors.Join(a.announce(address), a.resumeJobs(ctx)); err != nil {
		listener.Close()
		return err
	}
	// Rooms outlive the listener: a request that is being answered may still need them.
	rooms, stopRooms := context.WithCancel(context.WithoutCancel(ctx))
	defer stopRooms()
	group, rooms := errgroup.WithContext(rooms)
	answering, stopAnswering := context.WithCancel(rooms)
	defer stopAnswering()
	engine := func(context.Context) error { return a.engine.Run(answering) }
	for _, run := range append(a.follow(), a.hub.Run, a.desk.Run, engine, a.accounts.Run, a.jobs.Run, a.receiveMail, a.server.Run) {
		group.Go(func() error {
			if err := run(rooms); err != nil && !errors.Is(err, context.Canceled) {
				return err
			}
			return nil
		})
	}
	web := a.server.HTTPServer()
	web.BaseContext = func(net.Listener) context.Context { return rooms }
	served := make(chan error, 1)
	go func() { served <- web.Serve(listener) }()
	if files := fileLimit(); files > 0 {
		a.log.Info("sockets are refused above what the limit of open files leaves room for", "files", files, "sockets", sockets(files))
	}
	if ready != nil {
		ready(address)
	}
	select {
	case <-ctx.Done():
		a.log.Info("stopping")
	case <-rooms.Done(): // a room failed; its error is the group's
	case err := <-served:
		stopRooms()
		return errors.Join(err, group.Wait())
	}
	if a.hub.Mode() != "alone" {
		stopAnswering() // others answer; what ends here soon still does
	}
	web.SetKeepAlivesEnabled(false) // a proxy must not meet a connection that closes as it sends
	a.server.Drain(context.WithoutCancel(ctx))
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainRequests)
	defer cancel()
	if err = web.Shutdown(bounded); errors.Is(err, context.DeadlineExceeded) {
		a.log.Warn("requests under way were cut off")
		err = web.Close()
	}
	stopRooms()
	if served := <-served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return errors.Join(err, group.Wait())
}

// announce writes into the data folder who serves from it; a shared database has
// many who do.
func (a *App) announce(address string) error {
	if a.lock == nil {
		return nil
	}
	return a.lock.Announce(address, id.New())
}

// Handler returns what Run serves, for a server of your own; Run must then be
// running elsewhere for live delivery and answers.
func (a *App) Handler() http.Handler { return a.server.Handler() }
