package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Why a turn under way is stopped.
var (
	errStopped = errors.New("the visitor stopped the answer")
	errTaken   = errors.New("a person took the conversation over")
	errClosing = errors.New("the process is closing")
	errNothing = errors.New("nothing left to answer") // another turn took the messages
	errLost    = errors.New("another process took the run over")
	errMore    = errors.New("the visitor wrote on") // the turn starts again with the new message
)

// maxAttempts is how often a run is started before the visitor is told that it
// failed: a turn that kills its process must not do so for ever.
const maxAttempts = 2

// flight is a turn under way in this process.
type flight struct {
	conversation ConversationID
	epoch        int64
	cancel       context.CancelCauseFunc
}

// leaseCall is how long a renewal may take: one that hangs must not keep the
// next from being tried.
const leaseCall = 2 * time.Second

// Wake makes Run look for a run now. It never blocks.
func (e *Engine) Wake() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// Run works off the answers that the bot owes until ctx is done, those that a
// dead process left behind included. It holds each by a lease that it renews, and
// drops a turn whose lease another process took. When ctx is done it claims no
// more, lets turns under way finish for a while (Options.Drain), stops the rest,
// gives back what is owed still, so that another process goes on at once, and
// returns when all have ended. It may be called once.
func (e *Engine) Run(ctx context.Context) error {
	if err := e.writable(); err != nil {
		return err
	}
	if e.opts.Alone {
		if n, err := e.Runs.ReleaseRuns(ctx, "", e.Now()); err != nil {
			return fault.Wrap(fault.KindOf(err), err, "answers owed from before could not be taken up")
		} else if n > 0 {
			e.Logger.InfoContext(ctx, "took up answers owed from before", "runs", n)
		}
	}
	turns, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(errClosing)
	var under sync.WaitGroup
	slots := make(chan struct{}, e.opts.Workers)
	poll := time.NewTicker(e.opts.Poll)
	defer poll.Stop()
	ended := make(chan struct{})
	var renewing sync.WaitGroup
	renewing.Go(func() { e.renew(turns, ended) })

	for ctx.Err() == nil {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			continue
		}
		run, ok, err := e.Runs.ClaimRun(ctx, e.opts.Owner, e.opts.Lease, e.Now())
		if err == nil && ok {
			if run.Attempt > 1 {
				e.Logger.InfoContext(ctx, "a run is begun again", "run_id", run.ID, "conversation_id", run.Conversation, "attempt", run.Attempt)
			}
			turn, f := e.takeOff(turns, run)
			under.Go(func() {
				defer func() { <-slots; e.Wake() }()
				defer e.land(run.ID, f)
				e.settle(turn, run)
			})
			continue
		}
		<-slots
		if err != nil && ctx.Err() == nil {
			e.Logger.ErrorContext(ctx, "no run could be claimed", "error", err)
		}
		select {
		case <-e.wake:
		case <-poll.C:
		case <-ctx.Done():
		}
	}
	e.closeOnce.Do(func() { close(e.closing) })

	done := make(chan struct{})
	go func() { under.Wait(); close(done) }()
	patience := time.NewTimer(e.opts.Drain)
	defer patience.Stop()
	select {
	case <-done:
	case <-patience.C:
		stop(errClosing)
		<-done
	}
	close(ended)
	renewing.Wait()
	e.giveBack(turns)
	return nil
}

// giveBack releases what is owed still. When the store does not answer the
// leases end by themselves.
func (e *Engine) giveBack(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseCall)
	defer cancel()
	n, err := e.Runs.ReleaseRuns(ctx, e.opts.Owner, e.Now())
	switch {
	case err != nil:
		e.Logger.WarnContext(ctx, "answers owed could not be given back; others take them up when the leases end", "error", err)
	case n > 0:
		e.Logger.InfoContext(ctx, "gave back answers owed", "runs", n)
	}
}

// renew keeps the leases of the turns under way until ended is closed, and drops
// those that another process took.
func (e *Engine) renew(ctx context.Context, ended <-chan struct{}) {
	tick := time.NewTicker(e.opts.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			e.renewOnce(ctx)
		case <-ended:
			return
		}
	}
}

func (e *Engine) renewOnce(ctx context.Context) {
	e.mu.Lock()
	flights := maps.Clone(e.flights)
	e.mu.Unlock()
	if len(flights) == 0 {
		return
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseCall)
	defer cancel()
	held, err := e.Runs.RenewRuns(bounded, e.opts.Owner, slices.Collect(maps.Keys(flights)), e.opts.Lease, e.Now())
	if err != nil {
		e.Logger.WarnContext(ctx, "leases of turns under way could not be renewed", "runs", len(flights), "error", err)
		return
	}
	for _, run := range held {
		delete(flights, run)
	}
	for run, f := range flights {
		if e.under(run, f) {
			f.cancel(errLost)
		}
	}
}

// under reports whether a flight is still under way: one that landed while its
// lease was being renewed was not lost.
func (e *Engine) under(run RunID, f *flight) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.flights[run] == f
}

// settle sees one run to its end: it is answered, ended by somebody else, or
// ends with a visible message that says what happened. Only a store that does
// not answer keeps it waiting, and a closing process leaves it for the next.
func (e *Engine) settle(ctx context.Context, run Run) {
	begun := time.Now()
	pause := 100 * time.Millisecond
	for {
		err := e.attempt(ctx, run, begun)
		switch {
		case err == nil:
			return
		case errors.Is(context.Cause(ctx), errClosing):
			return
		case errors.Is(err, errMore):
			continue
		case waitsForStore(err):
			e.Logger.WarnContext(ctx, "a turn waits for the store", "run_id", run.ID, "conversation_id", run.Conversation, "error", err)
			timer := time.NewTimer(pause)
			select {
			case <-timer.C:
			case <-e.closing:
				timer.Stop()
				return
			}
			pause = min(2*pause, 5*time.Second)
		default:
			e.Logger.ErrorContext(ctx, "a run could not be ended", "run_id", run.ID, "conversation_id", run.Conversation, "error", err)
			return
		}
	}
}

// attempt takes a run through the steps once and gives every way it can go
// wrong an end that people can see.
func (e *Engine) attempt(ctx context.Context, run Run, begun time.Time) error {
	t := &Turn{Run: run, Chosen: -1, begun: begun, started: time.Now()}
	ctx, ended := e.Observer.Begin(ctx, "turn", t)
	err := e.guard(ctx, t)
	how := outcomeOf(err, context.Cause(ctx))
	ended(err)
	e.Observer.Turned(t, how, e.ending(t))
	switch how {
	case TurnDone:
		return nil
	case TurnSuperseded:
		return e.end(ctx, t, RunSuperseded)
	case TurnStopped:
		return e.stopped(ctx, t)
	case TurnLost:
		e.Logger.WarnContext(ctx, "a turn was taken over by another process", "run_id", run.ID, "conversation_id", run.Conversation)
		return nil
	case TurnTaken, TurnFenced:
		return e.end(ctx, t, RunCancelled)
	case TurnAgain, TurnClosing, TurnWaiting:
		return err
	}
	e.Logger.ErrorContext(ctx, "a turn failed", "run_id", run.ID, "conversation_id", run.Conversation, "error", err)
	return e.fail(ctx, t, err)
}

// guard runs the steps within the deadline and turns a panic of a part into an
// error with its stack: one broken turn must not end the process.
func (e *Engine) guard(ctx context.Context, t *Turn) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fault.Wrap(fault.Internal, fmt.Errorf("panic: %v\n%s", v, debug.Stack()), "the turn broke off")
		}
	}()
	if t.Run.Attempt > maxAttempts {
		if err := e.own(ctx, t); err != nil {
			return err
		}
		return fault.New(fault.Internal, "the turn was begun %d times and never ended", maxAttempts)
	}
	return e.walk(ctx, t, e.steps())
}

// takeOff notes a turn under way and returns its context. A former turn of the
// same run lost its lease to this one.
func (e *Engine) takeOff(ctx context.Context, run Run) (context.Context, *flight) {
	ctx, cancel := context.WithCancelCause(ctx)
	f := &flight{conversation: run.Conversation, epoch: run.Epoch, cancel: cancel}
	e.mu.Lock()
	defer e.mu.Unlock()
	if former := e.flights[run.ID]; former != nil {
		former.cancel(errLost)
	}
	e.flights[run.ID] = f
	return ctx, f
}

func (e *Engine) land(run RunID, f *flight) {
	f.cancel(nil)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.flights[run] == f {
		delete(e.flights, run)
	}
}

// Observe tells the engine what others wrote, so that a turn stops at once when
// a person takes the conversation over. The store's fence keeps a late answer
// out in any case; this keeps the last pieces of a stream away as well.
func (e *Engine) Observe(w Written) {
	c := w.Conversation
	if c.Speaker == SpeakerBot && c.Service != ServiceClosed {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range e.flights {
		if f.conversation == c.ID && f.epoch < c.ControlEpoch {
			f.cancel(errTaken)
		}
	}
}

// Stop ends a run because the visitor does not want its answer. What was
// streamed so far stays as the answer. A run that is not under way in this
// process is ended in the store. Stopping a run that is done changes nothing.
// Error: NotFound.
func (e *Engine) Stop(ctx context.Context, ws WorkspaceID, run RunID) error {
	if err := e.writable(); err != nil {
		return err
	}
	r, err := e.Runs.Run(ctx, ws, run)
	if err != nil {
		return err
	}
	e.mu.Lock()
	f := e.flights[run]
	e.mu.Unlock()
	if f != nil {
		f.cancel(errStopped)
		return nil
	}
	if r.State.Done() {
		return nil
	}
	err = e.stopped(ctx, &Turn{Run: r, Chosen: -1, started: time.Now()})
	if fault.Is(err, fault.Conflict) {
		return nil // it ended while we looked
	}
	return err
}
