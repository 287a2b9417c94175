package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// args is how River stores what a job is about. River tells kinds of jobs apart
// by the types of their arguments.
type args struct {
	Workspace string `json:"workspace"`
	Subject   string `json:"subject"`
}

type (
	importArgs  struct{ args }
	trainArgs   struct{ args }
	reindexArgs struct{ args }
	mailArgs    struct{ args }
)

// Kind returns Import.
func (importArgs) Kind() string { return string(Import) }

// Kind returns Train.
func (trainArgs) Kind() string { return string(Train) }

// Kind returns Reindex.
func (reindexArgs) Kind() string { return string(Reindex) }

// Kind returns Mail.
func (mailArgs) Kind() string { return string(Mail) }

func (a args) names() args { return a }

// argsOf returns River's arguments of a job, nil for a kind that is not ours.
func argsOf(j Job) river.JobArgs {
	a := args{string(j.Workspace), j.Subject}
	switch j.Kind {
	case Import:
		return importArgs{a}
	case Train:
		return trainArgs{a}
	case Reindex:
		return reindexArgs{a}
	case Mail:
		return mailArgs{a}
	}
	return nil
}

// worker calls the handler of one kind of jobs.
type worker[T interface {
	river.JobArgs
	names() args
}] struct {
	river.WorkerDefaults[T]
	queue *Queue
	limit time.Duration // in one go; zero: the queue's
}

// Timeout is how long a job may work in one go.
func (w *worker[T]) Timeout(*river.Job[T]) time.Duration { return w.limit }

// Work does one job.
func (w *worker[T]) Work(ctx context.Context, r *river.Job[T]) error {
	a := r.Args.names()
	j := Job{Kind: Kind(r.Kind), Workspace: id.Workspace(a.Workspace), Subject: a.Subject, Attempt: r.Attempt}
	handle := w.queue.handlers[j.Kind]
	if handle == nil {
		return fault.New(fault.Internal, "no handler for jobs of kind %s", j.Kind)
	}
	if w.queue.alone != nil {
		release, ok, err := w.queue.alone(ctx, "jobs/"+string(j.Kind)+"/"+string(j.Workspace))
		if err != nil {
			return err
		}
		if !ok {
			return river.JobSnooze(busyAgain)
		}
		defer release()
	}
	log := w.queue.log.With("job", string(j.Kind), "subject", j.Subject)
	start := time.Now()
	err := handle(ctx, j)
	switch {
	case ctx.Err() != nil: // the program is closing or the stretch is over: no attempt was used up
		return river.JobSnooze(0)
	case err != nil:
		log.Warn("job failed and will be tried again", "attempt", j.Attempt, "error", err)
	default:
		log.Info("job done", "ms", time.Since(start).Milliseconds())
	}
	return err
}
