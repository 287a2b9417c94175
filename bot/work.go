package bot

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
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
	errMore    = errors.New("the visitor wrote on")   // the turn starts again with the new message
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

// Wake makes Run look for a run now. It never blocks.
func (e *Engine) Wake() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// Run works off the answers that the bot owes until ctx is done. It first takes
// up those that an earlier process left behind. When ctx is done it claims no
// more, lets turns under way finish for a while (Options.Drain), stops the rest
// and returns when all have ended; what was stopped is owed still and is taken
// up by the next process. It may be called once.
func (e *Engine) Run(ctx context.Context) error {
	if err := e.writable(); err != nil {
		return err
	}
	if n, err := e.Runs.ReleaseRuns(ctx, e.opts.Owner, e.Now()); err != nil {
		return fault.Wrap(fault.KindOf(err), err, "answers owed from before could not be taken up")
	} else if n > 0 {
		e.Logger.InfoContext(ctx, "took up answers owed from before", "runs", n)
	}
	turns, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(errClosing)
	var under sync.WaitGroup
	slots := make(chan struct{}, e.opts.Workers)
	poll := time.NewTicker(e.opts.Poll)
	defer poll.Stop()

	for ctx.Err() == nil {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			continue
		}
		run, ok, err := e.Runs.ClaimRun(ctx, e.opts.Owner, e.Now())
		if err == nil && ok {
			under.Go(func() {
				defer func() { <-slots; e.Wake() }()
				e.settle(turns, run)
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
	return nil
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
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	e.takeOff(run, cancel)
	defer e.land(run.ID)

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

func (e *Engine) takeOff(run Run, cancel context.CancelCauseFunc) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.flights[run.ID] = &flight{conversation: run.Conversation, epoch: run.Epoch, cancel: cancel}
}

func (e *Engine) land(run RunID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.flights, run)
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
