package frontdesk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/e5"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/knowledge"
	"github.com/frontdesk-chat/frontdesk/training"
)

// artefactIntents is the kind of a workspace's trained intents.
const artefactIntents = "intents"

// mind reads utterances with the shipped heads and the workspace's intents, and
// holds the index that finds passages.
type mind struct {
	reader *intents.Reader
	reads  intents.MiddleEmbedder // the reader's encoder
	index  *knowledge.Local
	own    bool // the reader has an encoder of its own; the turn's vector is another model's

	version atomic.Int64 // of the trained intents in service; 0: none
}

var _ bot.Understander = (*mind)(nil)

// Read implements bot.Understander.
func (m *mind) Read(ctx context.Context, in intents.Input) (intents.Reading, error) {
	if m.own {
		in.Vector = nil
	}
	return m.reader.Read(ctx, in)
}

// newMind makes a reader. The shipped heads stand on the built-in encoder, so
// that one reads utterances even where another embeds the knowledge base.
func newMind(e encoder, now func() time.Time, without []string) (*mind, error) {
	m := &mind{reads: e}
	if e.Model() != e5.ModelName {
		built, err := e5.Open()
		if err != nil {
			return nil, fault.Wrap(fault.Internal, err, "The built-in embedding model cannot be opened")
		}
		m.reads, m.own = built, true
	}
	var err error
	m.reader, err = intents.NewReader(m.reads, &intents.ReaderOptions{Now: now, Without: without})
	return m, err
}

// openMind makes a reader and puts the workspace's trained intents in service. A
// model that cannot be used any more is left aside, and the log says so: the
// starter intents still read.
func openMind(ctx context.Context, store training.ArtefactStore, e encoder, now func() time.Time, log *slog.Logger) (*mind, error) {
	m, err := newMind(e, now, nil)
	if err != nil {
		return nil, err
	}
	a, err := store.ActiveArtefact(ctx, id.DefaultWorkspace, artefactIntents)
	if fault.Is(err, fault.NotFound) {
		return m, nil
	}
	if err != nil {
		return nil, err
	}
	m.version.Store(int64(a.Version))
	model, err := intents.DecodeModel(a.Blob)
	if err == nil {
		err = m.reader.Use(id.DefaultWorkspace, model)
	}
	if err != nil {
		log.Warn("the trained intents cannot be used; the starter intents read until they are trained anew", "version", a.Version, "error", err)
	}
	return m, nil
}

// Trained says what a training made.
type Trained struct {
	Version int // of the stored model; an unchanged training returns the one in service
	Changed bool
	Stats   intents.Stats
}

// Train trains the workspace's intents from examples, stores the model as a new
// version and puts it in service. The same examples again change nothing. A
// training that fails or is cancelled leaves the old model in service.
func (a *App) Train(ctx context.Context, set intents.Set, progress func(stage string, done, all int)) (Trained, error) {
	digest := sha256.New()
	fmt.Fprintf(digest, "%s %s\n", e5.ModelName, intents.ModelFormat)
	for _, in := range set.Intents {
		fmt.Fprintf(digest, "intent %q %q\n", in.Name, in.Class)
	}
	for _, ex := range set.Examples {
		fmt.Fprintf(digest, "example %q %q\n", ex.Intent, ex.Text)
	}
	hash := hex.EncodeToString(digest.Sum(nil))
	store := a.db.training
	if old, err := store.ActiveArtefact(ctx, id.DefaultWorkspace, artefactIntents); err == nil && old.Hash == hash {
		return Trained{Version: old.Version, Stats: a.mind.reader.Model(id.DefaultWorkspace).Stats}, nil
	} else if err != nil && !fault.Is(err, fault.NotFound) {
		return Trained{}, err
	}
	model, err := intents.Train(ctx, set, a.mind.reads, &intents.Options{Progress: progress})
	if err != nil {
		return Trained{}, err
	}
	blob, err := model.Encode()
	if err != nil {
		return Trained{}, err
	}
	version, err := store.PutArtefact(ctx, training.Artefact{
		Workspace: id.DefaultWorkspace, Kind: artefactIntents, Hash: hash, Blob: blob, CreatedAt: a.set.now(),
		Note: fmt.Sprintf("%d examples of %d intents, held-back accuracy %.3f", model.Stats.Examples, len(model.Intents), model.Stats.Accuracy),
	})
	if err != nil {
		return Trained{}, err
	}
	a.mind.version.Store(int64(version))
	return Trained{Version: version, Changed: true, Stats: model.Stats}, a.mind.reader.Use(id.DefaultWorkspace, model)
}
