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
		Trainer: &training.Trainer{Artefacts: a.db.training, Vectors: a.db.training, Embedder: a.mind.reads, Use: a.mind.use, Now: a.set.now},
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
// leaves the old model in service. Error: Invalid listing every problem.
func (a *App) Train(ctx context.Context, progress func(stage string, done, all int)) (Trained, error) {
	return a.catalogue.TrainNow(ctx, id.DefaultWorkspace, progress)
}

// StoreExamples stores the examples of files, instead of those that were stored from
// files before. The notes say what was left out. Error: Invalid naming file and line.
func (a *App) StoreExamples(ctx context.Context, set intents.Set) ([]intents.Note, error) {
	return a.catalogue.AddSet(ctx, id.DefaultWorkspace, set, training.FromFile, "", true)
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
	folder, _, err := Examples([]string{dir}, false)
	if err == nil {
		b.Folder = folder
	}
	return b, err
}
