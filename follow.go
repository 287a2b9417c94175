package frontdesk

import (
	"context"
	"time"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// modelEach is how often a node asks whether another one has trained the intents.
const modelEach = 5 * time.Second

// follow lists what keeps this node at what others do: the database's clock,
// documents, and trained intents. On the embedded store there are no others.
func (a *App) follow() []func(context.Context) error {
	var out []func(context.Context) error
	if a.db.run != nil {
		out = append(out, a.db.run)
	}
	if a.db.changes != nil {
		out = append(out, func(ctx context.Context) error { return a.library.Follow(ctx, a.db.changes, a.written) }, a.followIntents)
	}
	return out
}

// followIntents puts intents in service that another node has trained.
func (a *App) followIntents(ctx context.Context) error {
	tick := time.NewTicker(modelEach)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := a.newIntents(ctx); err != nil && ctx.Err() == nil && !fault.Is(err, fault.Unavailable) {
			a.log.WarnContext(ctx, "trained intents cannot be followed", "error", err)
		}
	}
}

// newIntents looks for a version that is not in service here.
func (a *App) newIntents(ctx context.Context) error {
	newest, err := a.db.training.Artefacts(ctx, id.DefaultWorkspace, artefactIntents, 1)
	if err != nil || len(newest) == 0 || newest[0].Version == int(a.mind.version.Load()) {
		return err
	}
	stored, err := a.db.training.ActiveArtefact(ctx, id.DefaultWorkspace, artefactIntents)
	if err != nil {
		return err
	}
	model, err := intents.DecodeModel(stored.Blob)
	if err == nil {
		err = a.mind.reader.Use(id.DefaultWorkspace, model)
	}
	a.mind.version.Store(int64(newest[0].Version)) // one that cannot be used is tried once
	if err != nil {
		return err
	}
	a.log.InfoContext(ctx, "intents trained elsewhere are in service", "version", stored.Version)
	return nil
}
