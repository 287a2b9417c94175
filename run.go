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

// shutdown bounds how long a stop waits for requests under way after sockets
// were sent away.
const shutdown = 10 * time.Second

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
	if err := errors.Join(a.lock.Announce(address, id.New()), a.resumeJobs(ctx)); err != nil {
		listener.Close()
		return err
	}
	// Rooms outlive the listener: a request that is being answered may still need them.
	rooms, stopRooms := context.WithCancel(context.WithoutCancel(ctx))
	defer stopRooms()
	group, rooms := errgroup.WithContext(rooms)
	for _, run := range []func(context.Context) error{a.hub.Run, a.desk.Run, a.engine.Run, a.accounts.Run, a.jobs.Run, a.server.Run} {
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
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second+shutdown)
	defer cancel()
	a.server.Drain(bounded)
	err = web.Shutdown(bounded)
	stopRooms()
	if served := <-served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return errors.Join(err, group.Wait())
}

// Handler returns what Run serves, for a server of your own; Run must then be
// running elsewhere for live delivery and answers.
func (a *App) Handler() http.Handler { return a.server.Handler() }
