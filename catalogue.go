package frontdesk

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/training"
)

// openCatalogue joins what editors of intents work with.
func (a *App) openCatalogue() {
	base := &baseReader{dir: a.config.Intents.Dir}
	a.catalogue = &training.Catalogue{
		Examples: a.db.training, Jobs: a.db.training, Base: base.read, Serving: a.mind.serving, Now: a.set.now,
		Trainer: &training.Trainer{Artefacts: a.db.training, Vectors: a.db.training, Embedder: a.mind.reads, Use: a.mind.use, Judge: a.judgeIntents, Now: a.set.now},
		Wake: func() {
			if a.jobs != nil {
				a.jobs.Wake()
			}
		},
	}
}

// Trained says what a training made.
type Trained = training.Trained

// Train trains the workspace's intents from the starting set, the configured folder
// and the stored examples, keeps the model as a new version and puts it in service.
// The same examples again change nothing. A training that fails or is cancelled
// leaves the old model in service, and so does one that confirmed questions break by,
// unless despite gives a reason, which is kept. Errors: Invalid listing every problem;
// *training.Stopped.
func (a *App) Train(ctx context.Context, despite string, progress func(stage string, done, all int)) (Trained, error) {
	return a.catalogue.TrainNow(ctx, training.Service{Workspace: id.DefaultWorkspace, Despite: despite, By: "training"}, progress)
}

// StoreExamples stores the examples of files, instead of those that were stored from
// files before. The notes say what was left out. Error: Invalid naming file and line.
func (a *App) StoreExamples(ctx context.Context, set intents.Set) ([]intents.Note, error) {
	return a.catalogue.AddSet(ctx, id.DefaultWorkspace, set, training.FromFile, "", true)
}

// ImportExamples adds the examples of another chatbot to the stored ones. Words that
// are small talk, a wish for a person or another topic in the starting set stay that:
// the bot knows how to take them. The notes say what was left out. Error: Invalid.
func (a *App) ImportExamples(ctx context.Context, set intents.Set) ([]intents.Note, error) {
	starter, err := intents.Starter()
	if err != nil {
		return nil, err
	}
	own, notes := set.Beside(starter)
	more, err := a.catalogue.AddSet(ctx, id.DefaultWorkspace, own, training.FromImport, "", false)
	return append(notes, more...), err
}

// baseReader reads the starting set and the folder, the latter again when a file of
// it changed.
type baseReader struct {
	dir string

	mu    sync.Mutex // guards the rest
	print string     // of the folder as it was read
	base  training.Base
	err   error
}

func (r *baseReader) read() (training.Base, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	print, err := printOf(r.dir)
	if err != nil {
		return training.Base{}, err
	}
	if r.base.Starter.Intents == nil || print != r.print {
		r.print = print
		r.base, r.err = readBase(r.dir)
	}
	return r.base, r.err
}

// printOf tells one state of a folder from another by names, sizes and times.
func printOf(dir string) (string, error) {
	if dir == "" {
		return "", nil
	}
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && !d.IsDir() {
			fmt.Fprintf(&b, "%s %d %d\n", path, info.Size(), info.ModTime().UnixNano())
		}
		return err
	})
	if err != nil {
		return "", fault.Wrap(fault.Invalid, err, "The folder of intents.dir cannot be read")
	}
	return b.String(), nil
}

func readBase(dir string) (training.Base, error) {
	var b training.Base
	var err error
	if b.Starter, err = intents.Starter(); err != nil || dir == "" {
		return b, err
	}
	folder, _, err := Examples([]string{dir})
	if err == nil {
		b.Folder = folder
	}
	return b, err
}
