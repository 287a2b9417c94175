package training

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// KindIntents is the kind of a workspace's trained intents.
const KindIntents = "intents"

// Trained says what a training made.
type Trained struct {
	Version int  // of the model in service
	Changed bool // it was not in service before
	Stats   intents.Stats
}

// Trainer trains intents, keeps the models as versions and puts them in service.
type Trainer struct {
	Artefacts ArtefactStore
	Vectors   ExampleVectorStore
	Embedder  QueryEmbedder
	Use       func(ws bot.WorkspaceID, version int, m *intents.Model) error // puts a model in service on this node
	// Judge is asked before a model goes into service; its error keeps the old one
	// there. nil: everything passes.
	Judge func(ctx context.Context, m *intents.Model, to Service) error
	Now   func() time.Time
}

// Service is what a model goes into service for.
type Service struct {
	Workspace bot.WorkspaceID
	Note, By  string
	Despite   string // why it goes in although confirmed questions break by it; "": it shall not
}

// Ask is what a training is asked for.
type Ask struct {
	Service
	Set      intents.Set                       // as Check returned it
	Base     string                            // hash of what comes with the program and from files, see BaseOf; "" unknown
	Progress func(stage string, done, all int) // called from one goroutine; nil: nobody looks
	Wanted   func(ctx context.Context) error   // asked before the model is stored, whose error ends it; nil: it is
}

// Train trains a set, stores the model as a new version and puts it in service. A
// set that a kept version was trained from puts that one in service. What fails or
// is cancelled leaves the old model there.
func (t *Trainer) Train(ctx context.Context, a Ask) (Trained, error) {
	hash := setHash(t.Embedder.Model(), a.Set)
	versions, err := t.Artefacts.Artefacts(ctx, a.Workspace, KindIntents, 200)
	if err != nil {
		return Trained{}, err
	}
	for _, v := range versions {
		if of, _, _ := strings.Cut(v.Hash, "+"); of == hash {
			m, err := t.Activate(ctx, v.Version, a.Service)
			if err != nil {
				return Trained{}, err
			}
			return Trained{v.Version, !v.Active, m.Stats}, nil
		}
	}
	e, err := remember(ctx, t.Embedder, t.Vectors, a.Workspace)
	if err != nil {
		return Trained{}, err
	}
	like, err := t.like(ctx, a)
	if err != nil {
		return Trained{}, err
	}
	m, err := intents.Train(ctx, a.Set, e, &intents.Options{Progress: a.Progress, Like: like})
	if err != nil {
		return Trained{}, err
	}
	blob, err := m.Encode()
	if err != nil {
		return Trained{}, err
	}
	if a.Wanted != nil {
		if err := a.Wanted(ctx); err != nil {
			return Trained{}, err
		}
	}
	if err := t.judge(ctx, m, a.Service); err != nil {
		return Trained{}, err
	}
	version, err := t.Artefacts.PutArtefact(ctx, Artefact{
		Workspace: a.Workspace, Kind: KindIntents, Hash: hash + "+" + a.Base, Note: a.Note, By: a.By, Blob: blob, CreatedAt: t.Now(),
		Intents: len(m.Intents), Examples: m.Stats.Examples, HeldBack: m.Stats.HeldBack, Accuracy: m.Stats.Accuracy,
	})
	if err != nil {
		return Trained{}, err
	}
	if err := t.Use(a.Workspace, version, m); err != nil {
		return Trained{}, err
	}
	return Trained{version, true, m.Stats}, e.forget(ctx)
}

// Two sets are trained with the same strengths when they differ by no more than a
// twentieth of the examples, and since the strengths were tried no more than a fifth
// came or went: small steps shall not add up to another set. The best strength moves
// by a factor when the number of examples does.
const (
	nearlySame = .05
	stillSame  = .2
)

// like is the model in service where it was trained on nearly the same examples,
// else nil.
func (t *Trainer) like(ctx context.Context, a Ask) (*intents.Model, error) {
	was, err := t.Artefacts.Artefact(ctx, a.Workspace, KindIntents, 0)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m, err := intents.DecodeModel(was.Blob)
	if err != nil {
		return nil, nil // of another form: nothing can be taken over
	}
	now := float64(len(a.Set.Examples))
	n, ok := m.Stats.Differ(a.Set.Examples)
	if !ok || float64(n) > nearlySame*now || math.Abs(now-float64(m.Stats.StrengthsOf)) > stillSame*now {
		return nil, nil
	}
	return m, nil
}

func (t *Trainer) judge(ctx context.Context, m *intents.Model, to Service) error {
	if t.Judge == nil {
		return nil
	}
	return t.Judge(ctx, m, to)
}

// Activate puts a version in service. One that this program cannot read any more
// is refused, and the old one stays. Errors: NotFound; Invalid; what Judge says.
func (t *Trainer) Activate(ctx context.Context, version int, to Service) (*intents.Model, error) {
	ws := to.Workspace
	a, err := t.Artefacts.Artefact(ctx, ws, KindIntents, version)
	if err != nil {
		return nil, err
	}
	m, err := intents.DecodeModel(a.Blob)
	if err != nil {
		return nil, err
	}
	if !a.Active {
		if err := t.judge(ctx, m, to); err != nil {
			return nil, err
		}
		if err := t.Artefacts.ActivateArtefact(ctx, ws, KindIntents, version); err != nil {
			return nil, err
		}
	}
	return m, t.Use(ws, version, m)
}

// setHash identifies what a training of a set would give.
func setHash(model string, set intents.Set) string {
	digest := sha256.New()
	fmt.Fprintf(digest, "%s %s\n", model, intents.ModelFormat)
	fmt.Fprint(digest, set.Hash())
	return hex.EncodeToString(digest.Sum(nil))
}
