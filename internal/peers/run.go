package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/load"
)

// Shape of the delivery test, as in `frontdesk bench deliveries`.
const (
	groups  = 100
	readers = 20
	warm    = 3 * time.Second
)

// lateClients is the lag of sending, in milliseconds, above which a figure is one of
// the machine and not of the server.
const lateClients = 5

// thrifty has a Go server keep a tenth of what it uses for garbage and freed pages
// instead of as much again. That reserve would hide what sockets take: it stands
// there before they come, or grows with them, as it happens.
const thrifty = "GOGC=10"

// run compares the peers, test by test, one after the other within each.
func run(ctx context.Context, peers []peer, s sizes) error {
	var rates []float64
	for _, r := range strings.Split(s.rates, ",") {
		rate, err := strconv.ParseFloat(r, 64)
		if err != nil || rate <= 0 {
			return fmt.Errorf("-rates: %q is no number of deliveries a second", r)
		}
		rates = append(rates, rate)
	}
	t := newTable(peers)
	for _, follow := range []bool{false, true} {
		for i, p := range peers {
			err := with(ctx, p, func(srv server) error { return t.idle(ctx, i, srv, s, follow) }, thrifty)
			if err != nil {
				return fmt.Errorf("%s, idle sockets: %w", p.name(), err)
			}
		}
	}
	for _, rate := range rates {
		reports := make([][]*load.DeliveriesReport, len(peers))
		for range s.rounds {
			for i, p := range peers {
				err := with(ctx, p, func(srv server) error {
					f, err := srv.fanout(ctx, groups, readers)
					if err != nil {
						return err
					}
					f.Rate, f.Warm, f.Seconds = rate, warm, s.fanout
					r, err := f.Run(ctx)
					reports[i] = append(reports[i], r)
					return err
				})
				if err != nil {
					return fmt.Errorf("%s, deliveries: %w", p.name(), err)
				}
			}
		}
		t.deliveries(rate, reports)
	}
	for i, p := range peers {
		err := with(ctx, p, func(srv server) error {
			got, err := dropTest(ctx, srv, s.drop)
			t.drop(i, got)
			return err
		})
		if err != nil {
			return fmt.Errorf("%s, drop test: %w", p.name(), err)
		}
	}
	return t.print(os.Stdout)
}

// with runs f with a fresh server, which has env in its environment.
func with(ctx context.Context, p peer, f func(server) error, env ...string) error {
	dir, err := os.MkdirTemp("", "peers-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := p.start(ctx, dir, env...)
	if err != nil {
		return err
	}
	return errors.Join(f(s), s.process().stop())
}

// idle measures idle sockets and fills the table's cells of peer i.
func (t *table) idle(ctx context.Context, i int, srv server, s sizes, follow bool) error {
	// The first sockets pay for pools and caches that all share.
	if err := held(ctx, srv, 50, follow, func() error { return nil }); err != nil {
		return err
	}
	p := srv.process()
	empty, err := p.memory(ctx)
	if err != nil {
		return err
	}
	return held(ctx, srv, s.sockets, follow, func() error {
		pause(ctx, 2*time.Second) // what opening them left to do
		before, err := p.cpu()
		if err != nil {
			return err
		}
		pause(ctx, s.idle)
		after, err := p.cpu()
		if err != nil {
			return err
		}
		full, err := p.memory(ctx)
		if err != nil {
			return err
		}
		n := float64(s.sockets)
		what := fmt.Sprintf("%d idle sockets, connected only", s.sockets)
		if follow {
			what = fmt.Sprintf("%d idle sockets, each following a conversation of two messages", s.sockets)
		}
		t.set(what+": RSS each", i, "%.1f KB", (full.anonymous-empty.anonymous)/n/1024)
		t.set(what+": live heap and stacks each", i, "%.1f KB", (full.live-empty.live)/n/1024)
		t.set(what+": processor time each", i, "%.2f µs/s", float64((after-before).Microseconds())/n/s.idle.Seconds())
		if !follow {
			t.set("RSS without sockets", i, "%.0f MB", empty.resident/(1<<20))
		}
		return nil
	})
}

// held runs f while sockets are open.
func held(ctx context.Context, srv server, count int, follow bool, f func() error) error {
	open, leave := context.WithCancel(ctx)
	defer leave()
	var inner error
	err := srv.hold(open, count, follow, func() {
		inner = f()
		leave()
	})
	return errors.Join(err, inner)
}

// machine is what the figures were taken on.
func machine() string {
	return fmt.Sprintf("%d cores, %s", runtime.NumCPU(), runtime.Version())
}
