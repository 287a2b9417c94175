package training

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

const (
	beatEach    = time.Second      // how often a running training looks whether it is to end, and says how far it is
	silentAfter = 30 * time.Second // without a sign of life, a training's node is taken to be gone
	maxAttempts = 3                // a training that ends its node each time shall not end all of them
	maxProblems = 20
)

var (
	errCancelled  = errors.New("the training was cancelled")
	errSuperseded = errors.New("the training goes on elsewhere")
)

// Start asks for a training of what the workspace has now. Error: Conflict while
// another one is under way.
func (c *Catalogue) Start(ctx context.Context, to Service) (Job, error) {
	ws := to.Workspace
	j, err := c.Jobs.Job(ctx, ws)
	if err != nil {
		return Job{}, err
	}
	if j.open() {
		return Job{}, fault.New(fault.Conflict, "A training is under way. Wait for its end, or cancel it.")
	}
	j = Job{Workspace: ws, Revision: j.Revision, ID: id.New(), State: JobQueued, By: to.By, Note: to.Note, Despite: to.Despite, QueuedAt: c.Now()}
	if err := c.Jobs.PutJob(ctx, j, true); err != nil {
		return Job{}, err
	}
	c.wake()
	j.Revision++
	return j, nil
}

// Job returns the training under way, or the last one.
func (c *Catalogue) Job(ctx context.Context, ws bot.WorkspaceID) (Job, error) {
	return c.Jobs.Job(ctx, ws)
}

// Cancel ends the training under way: at once while it waits, within a second or
// two when it runs. The old model stays in service. Error: Conflict when none is
// under way.
func (c *Catalogue) Cancel(ctx context.Context, ws bot.WorkspaceID) (Job, error) {
	return c.change(ctx, ws, func(j *Job) error {
		switch j.State {
		case JobQueued:
			j.State, j.EndedAt = JobCancelled, c.Now()
		case JobRunning:
			j.Cancel = true
		default:
			return fault.New(fault.Conflict, "No training is under way.")
		}
		return nil
	})
}

// change writes what f makes of the training, again when somebody was faster.
func (c *Catalogue) change(ctx context.Context, ws bot.WorkspaceID, f func(j *Job) error) (Job, error) {
	for {
		j, err := c.Jobs.Job(ctx, ws)
		if err != nil {
			return Job{}, err
		}
		if err := f(&j); err != nil {
			return j, err
		}
		err = c.Jobs.PutJob(ctx, j, false)
		if err == nil {
			j.Revision++
			return j, nil
		}
		if !fault.Is(err, fault.Conflict) {
			return Job{}, err
		}
	}
}

// Sweep asks again for a training whose node ended. alone says that this process
// has just begun and no other works on the store: then none can be under way.
func (c *Catalogue) Sweep(ctx context.Context, ws bot.WorkspaceID, alone bool) error {
	j, err := c.Jobs.Job(ctx, ws)
	if err != nil {
		return err
	}
	if !(j.State == JobRunning && (alone || c.Now().Sub(j.BeatAt) > silentAfter) || alone && j.State == JobQueued) {
		return nil
	}
	j.ID, j.State = id.New(), JobQueued // another subject: the queue may still hold the job of the old one
	if err := c.Jobs.PutJob(ctx, j, true); err != nil && !fault.Is(err, fault.Conflict) {
		return err
	}
	c.wake()
	return nil
}

// Work does a training that was asked for; what is not to be done any more is
// passed over. How it went stands in the Job; an error means that it must be tried
// again. When ctx ends, the training is left to be taken up.
func (c *Catalogue) Work(ctx context.Context, ws bot.WorkspaceID, job string) error {
	mine := func(j *Job) error {
		if j.ID != job || !j.open() {
			return errSuperseded
		}
		return nil
	}
	j, err := c.change(ctx, ws, func(j *Job) error {
		if err := mine(j); err != nil {
			return err
		}
		if j.Attempt >= maxAttempts {
			j.State, j.EndedAt, j.Error = JobFailed, c.Now(), "The program ended three times while it trained. Train with fewer examples, or give it more memory."
			return nil
		}
		j.State, j.StartedAt, j.BeatAt = JobRunning, c.Now(), c.Now()
		j.Attempt++
		return nil
	})
	if errors.Is(err, errSuperseded) || err == nil && !j.open() {
		return nil
	}
	if err != nil {
		return err
	}
	t, failure := c.runUnderWatch(ctx, j)
	if ctx.Err() != nil { // the program is closing: no attempt was used up
		left, cancel := context.WithTimeout(context.WithoutCancel(ctx), beatEach)
		defer cancel()
		_, err := c.change(left, ws, func(j *Job) error {
			j.State, j.Attempt, j.Stage, j.Done, j.All = JobQueued, j.Attempt-1, "", 0, 0
			return mine(j)
		})
		return cmp.Or(err, ctx.Err())
	}
	if fault.Is(failure, fault.Unavailable) {
		return failure // the store or an endpoint was away
	}
	_, err = c.change(ctx, ws, func(j *Job) error {
		if err := mine(j); err != nil {
			return err
		}
		j.end(t, failure, c.Now())
		return nil
	})
	if errors.Is(err, errSuperseded) {
		return nil
	}
	return err
}

// wanted says why a training should end, seen from how it stands now.
func (j Job) wanted(now Job) error {
	switch {
	case now.ID != j.ID || !now.open():
		return errSuperseded
	case now.Cancel:
		return errCancelled
	}
	return nil
}

// end writes how it went.
func (j *Job) end(t Trained, err error, at time.Time) {
	j.Stage, j.Done, j.All, j.EndedAt = "", 0, 0, at
	switch {
	case err == nil:
		j.State, j.Version, j.Changed = JobDone, t.Version, t.Changed
	case errors.Is(err, errCancelled):
		j.State = JobCancelled
	default:
		j.State, j.Error = JobFailed, fault.Message(err)
		if f, ok := errors.AsType[*fault.Error](err); ok {
			j.Problems = f.Fields[:min(len(f.Fields), maxProblems)]
		}
		if s, ok := errors.AsType[*Stopped](err); ok {
			j.Stopped = &s.Verdict
		}
	}
}

// runUnderWatch trains while another goroutine says how far it is and looks
// whether it is to end.
func (c *Catalogue) runUnderWatch(ctx context.Context, j Job) (Trained, error) {
	run, end := context.WithCancelCause(ctx)
	defer end(nil)
	var (
		mu        sync.Mutex // guards the stage
		stage     string
		done, all int
		watch     sync.WaitGroup
	)
	watch.Go(func() {
		tick := time.NewTicker(c.beat())
		defer tick.Stop()
		for {
			select {
			case <-run.Done():
				return
			case <-tick.C:
			}
			mu.Lock()
			at, n, of := stage, done, all
			mu.Unlock()
			_, err := c.change(run, j.Workspace, func(now *Job) error {
				if err := j.wanted(*now); err != nil {
					return err
				}
				now.Stage, now.Done, now.All, now.BeatAt = at, n, of, c.Now()
				return nil
			})
			// Where the store is away, the training goes on.
			if errors.Is(err, errSuperseded) || errors.Is(err, errCancelled) {
				end(err)
				return
			}
		}
	})
	t, err := c.train(run, j, func(s string, n, of int) {
		mu.Lock()
		stage, done, all = s, n, of
		mu.Unlock()
	}, func(ctx context.Context) error {
		now, err := c.Jobs.Job(ctx, j.Workspace)
		return cmp.Or(err, j.wanted(now))
	})
	why := context.Cause(run)
	end(nil)
	watch.Wait()
	if err != nil && why != nil {
		err = why
	}
	return t, err
}

// TrainNow trains what the workspace has now, without a job. Error: Invalid listing
// every problem of the examples; *Stopped when confirmed questions break.
func (c *Catalogue) TrainNow(ctx context.Context, to Service, progress func(stage string, done, all int)) (Trained, error) {
	return c.train(ctx, Job{Workspace: to.Workspace, By: to.By, Note: to.Note, Despite: to.Despite}, progress, nil)
}

// train trains what the workspace has now.
func (c *Catalogue) train(ctx context.Context, j Job, progress func(stage string, done, all int), wanted func(context.Context) error) (Trained, error) {
	base, err := c.Base()
	if err != nil {
		return Trained{}, err
	}
	declared, taught, err := c.Examples.Taught(ctx, j.Workspace)
	if err != nil {
		return Trained{}, err
	}
	set, _, err := join(base, declared, taught).Check()
	if err != nil {
		return Trained{}, err
	}
	return c.Trainer.Train(ctx, Ask{Service: Service{j.Workspace, j.Note, j.By, j.Despite}, Set: set, Base: base.hash(), Progress: progress, Wanted: wanted})
}

func (c *Catalogue) beat() time.Duration {
	if c.Beat > 0 {
		return c.Beat
	}
	return beatEach
}

func (c *Catalogue) wake() {
	if c.Wake != nil {
		c.Wake()
	}
}
