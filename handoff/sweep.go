package handoff

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Run keeps deadlines and makes offers until ctx ends: at once when something
// changed that may allow one, and every half second whatever happened. Deadlines
// are columns that are compared with the clock, so a crash loses none. Offers are
// made beside the sweeps, which read a long line for a while.
func (d *Desk) Run(ctx context.Context) error {
	defer d.Keep()()
	var matcher sync.WaitGroup
	defer matcher.Wait()
	matcher.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-d.kick:
				d.report(ctx, d.rematch(ctx))
			}
		}
	})
	tick := time.NewTicker(sweepEach)
	defer tick.Stop()
	for {
		d.report(ctx, d.sweepAll(ctx, d.rematched))
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (d *Desk) report(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		d.log.ErrorContext(ctx, "desk sweep failed", "error", err)
	}
}

// Sweep carries out everything that is due now, in every workspace.
func (d *Desk) Sweep(ctx context.Context) error { return d.sweepAll(ctx, d.matched) }

// due carries out one kind of what is due; moved says whether there was any.
type due func(ctx context.Context, ws bot.WorkspaceID, v view) (moved bool, err error)

func (d *Desk) sweepAll(ctx context.Context, match due) error {
	all, err := d.store.Workspaces(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, ws := range all {
		errs = append(errs, d.sweep(ctx, ws, match), d.wroteInChat(ctx, ws))
	}
	return errors.Join(errs...)
}

// rematch makes the offers that became possible where something changed.
func (d *Desk) rematch(ctx context.Context) error {
	d.mu.Lock()
	woken := d.woken
	d.woken = map[bot.WorkspaceID]bool{}
	d.mu.Unlock()
	var errs []error
	for ws := range woken {
		if d.kept(ws) == nil {
			errs = append(errs, d.sweep(ctx, ws, d.matched))
			continue
		}
		v, err := d.view(ctx, ws)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		_, err = d.awake(ctx, ws, v)
		errs = append(errs, err)
		_, err = d.matched(ctx, ws, v)
		errs = append(errs, err)
		long := false
		v.see(func(b *board) { long = len(b.line) >= longLine })
		if !long { // else with the next sweep
			d.tellPlaces(ws, v)
		}
	}
	return errors.Join(errs...)
}

// sweep looks at one workspace. What it finds is looked at again under the
// locks of each move, so that it may run on many nodes at once.
func (d *Desk) sweep(ctx context.Context, ws bot.WorkspaceID, match due) error {
	k := d.kept(ws)
	var (
		v   view
		f   Floor
		err error
	)
	fresh := k == nil || d.stale(ws)
	if fresh {
		v, f, err = d.read(ctx, ws)
	} else {
		f = k.floor
		v, err = d.view(ctx, ws)
	}
	if err != nil {
		return err
	}
	var errs []error
	for _, carryOut := range []due{
		d.missed, d.gone, d.shifts, d.returned, d.timers(f.Due), d.awake, d.waiting, d.parked, match,
	} {
		moved, err := carryOut(ctx, ws, v)
		errs = append(errs, err)
		if !moved || v.boards != nil {
			continue // moves are on a board that is kept
		}
		if v, f, err = d.read(ctx, ws); err != nil {
			return errors.Join(append(errs, err)...)
		}
	}
	d.tellPlaces(ws, v)
	if fresh {
		d.observer.Seen(ws, f, d.now())
		d.seen(ws, f)
	}
	return errors.Join(errs...)
}

// each runs do on what is due and goes on after a failure; a conversation that is
// gone needs nothing any more.
func each[T any](due []T, do func(T) error) (bool, error) {
	var errs []error
	for _, x := range due {
		if err := do(x); err != nil && !fault.Is(err, fault.NotFound) {
			errs = append(errs, err)
		}
	}
	return len(due) > 0, errors.Join(errs...)
}

// missed ends offers past their deadline.
func (d *Desk) missed(ctx context.Context, _ bot.WorkspaceID, v view) (bool, error) {
	now := d.now()
	var due []Reservation
	v.see(func(b *board) {
		for _, r := range b.open {
			if r.due(now) {
				due = append(due, r)
			}
		}
	})
	slices.SortFunc(due, func(a, b Reservation) int { return strings.Compare(a.ID, b.ID) })
	return each(due, func(r Reservation) error {
		state := ReservationMissed
		if r.Deadline.After(now) {
			state = ReservationRescinded // that is no fault of the agent's
		}
		return d.lapse(ctx, r, state, func(s *step) bool { return s.locked.Offer.due(s.now) })
	})
}

// setBack is how far in the future something was that is taken for a clock set back:
// more than the clocks of nodes are apart.
const setBack = time.Minute

// due reports whether the offer has ended: its deadline is past, or the clock was
// set back since it was made, and nobody should wait until it is that late again.
func (r Reservation) due(now time.Time) bool {
	return !r.Deadline.After(now) || r.OfferedAt.Sub(now) > setBack
}

// How many offers are made in one go, and how many of them at once: stores commit
// what comes together in one write.
const (
	offersAtOnce = 64
	offersBeside = 16
)

// rematched leaves the offers of a board that is kept to Run's matcher.
func (d *Desk) rematched(ctx context.Context, ws bot.WorkspaceID, v view) (bool, error) {
	if v.boards == nil {
		return d.matched(ctx, ws, v)
	}
	d.wake(ws)
	return false, nil
}

// matched makes the offers that can be made.
func (d *Desk) matched(ctx context.Context, ws bot.WorkspaceID, v view) (bool, error) {
	var pairs []pair
	v.see(func(b *board) { pairs = b.match(d.now(), offersAtOnce) })
	var g errgroup.Group
	g.SetLimit(offersBeside)
	for _, p := range pairs {
		g.Go(func() error {
			if err := d.offerTo(ctx, ws, p); err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			return nil
		})
	}
	err := g.Wait()
	if len(pairs) == offersAtOnce {
		d.wake(ws) // there may be more
	}
	return len(pairs) > 0, err
}

// tellPlaces tells the places of a workspace when they changed.
func (d *Desk) tellPlaces(ws bot.WorkspaceID, v view) {
	var now []Place
	v.see(func(b *board) { now = b.places(d.now()) })
	d.mu.Lock()
	same := slices.Equal(d.places[ws], now)
	d.places[ws] = now
	d.mu.Unlock()
	if !same {
		d.notifier.PlacesChanged(ws, now)
	}
}
