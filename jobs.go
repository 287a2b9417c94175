package frontdesk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/foreign"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/jobs"
	"github.com/frontdesk-chat/frontdesk/knowledge"
	"github.com/frontdesk-chat/frontdesk/training"
)

// openJobs opens the queue of long work and says who does what.
func (a *App) openJobs(ctx context.Context) error {
	var err error
	a.jobs, err = a.db.jobs(ctx, map[jobs.Kind]jobs.Handler{
		jobs.Import: func(ctx context.Context, j jobs.Job) error {
			return a.imports.Work(ctx, j.Workspace, knowledge.ImportID(j.Subject))
		},
		jobs.Reindex: func(ctx context.Context, _ jobs.Job) error { return a.library.Reindex(ctx, nil) },
		jobs.Train: func(ctx context.Context, j jobs.Job) error {
			if j.Subject == atStart {
				return a.trainFolder(ctx)
			}
			return a.catalogue.Work(ctx, j.Workspace, j.Subject)
		},
		jobs.Mail: a.sendMail,
	})
	return err
}

// resumeJobs asks again for what an earlier life of the program left undone: the
// queue's file may have been lost, the rows of the data are the truth.
func (a *App) resumeJobs(ctx context.Context) error {
	var young time.Duration
	if a.db.feed != nil {
		young = time.Hour // another node may be receiving an upload into the same folder
	}
	open, err := a.imports.Sweep(ctx, young)
	if err != nil {
		return err
	}
	for _, i := range open {
		if err := a.db.Enqueue(ctx, string(jobs.Import), string(i.Workspace), string(i.ID)); err != nil {
			return err
		}
	}
	if a.stale > 0 {
		a.log.Info("documents are cut and embedded anew", "documents", a.stale)
		if err := a.db.Enqueue(ctx, string(jobs.Reindex), string(id.DefaultWorkspace), "stale"); err != nil {
			return err
		}
	}
	if a.config.Intents.Dir != "" {
		if err := a.db.Enqueue(ctx, string(jobs.Train), string(id.DefaultWorkspace), atStart); err != nil {
			return err
		}
	}
	return a.catalogue.Sweep(ctx, id.DefaultWorkspace, a.db.feed == nil)
}

// atStart is the subject of the training that a start asks for.
const atStart = "start"

// trainFolder asks for a training where the configured folder, or the starting set,
// is not what the newest version was trained from. Examples that cannot be read
// leave the old model in service; trying again would not mend them.
func (a *App) trainFolder(ctx context.Context) error {
	changed, err := a.catalogue.BaseChanged(ctx, id.DefaultWorkspace)
	if fault.Is(err, fault.Invalid) {
		a.log.Error("the intents stay as they were", "error", err)
		return nil
	}
	if err != nil || !changed {
		return err
	}
	_, err = a.catalogue.Start(ctx, training.Service{Workspace: id.DefaultWorkspace})
	if fault.Is(err, fault.Conflict) {
		return nil // one is under way, and takes the folder as it is now
	}
	return err
}

// Examples joins the examples in files and folders of paths, in the program's own
// format or another one that internal/foreign reads, and checks them together. The
// notes say what was left out. Error: Invalid naming file and line.
func Examples(paths []string) (intents.Set, []intents.Note, error) {
	var set intents.Set
	files, err := foreign.Files(paths)
	if err != nil {
		return set, nil, err
	}
	b, err := foreign.ReadAll(context.Background(), files)
	if err != nil {
		return set, nil, err
	}
	notes := b.Notes()
	if err := b.Err(); err != nil {
		return set, notes, err
	}
	for _, f := range b.Files {
		if f.Entries > 0 {
			notes = append(notes, intents.Note{File: f.Name, What: fmt.Sprintf("its %d questions with answers are not trained on; `frontdesk ingest` takes them", f.Entries)})
		}
	}
	if len(paths) > 0 && len(b.Set.Examples) == 0 {
		return set, notes, fault.New(fault.Invalid, "%s: no examples of intents in it", strings.Join(paths, ", "))
	}
	checked, said, err := b.Set.Check()
	return checked, append(notes, said...), err
}
