package frontdesk

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/training"
)

// modelEach is how often a node asks whether another one has put trained intents in
// service, or ended while it trained.
const modelEach = 2 * time.Second

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
		if err := errors.Join(a.newIntents(ctx), a.catalogue.Sweep(ctx, id.DefaultWorkspace, false)); err != nil && ctx.Err() == nil && !fault.Is(err, fault.Unavailable) {
			a.log.WarnContext(ctx, "trained intents cannot be followed", "error", err)
		}
	}
}

// newIntents looks for a version that is in service, and not here.
func (a *App) newIntents(ctx context.Context) error {
	versions, err := a.db.training.Artefacts(ctx, id.DefaultWorkspace, training.KindIntents, 200)
	at := slices.IndexFunc(versions, func(v training.Artefact) bool { return v.Active })
	if err != nil || at < 0 || versions[at].Version == int(a.mind.version.Load()) {
		return err
	}
	stored, err := a.db.training.Artefact(ctx, id.DefaultWorkspace, training.KindIntents, versions[at].Version)
	if err != nil {
		return err
	}
	model, err := intents.DecodeModel(stored.Blob)
	if err == nil {
		err = a.mind.use(id.DefaultWorkspace, stored.Version, model)
	}
	if err != nil {
		a.mind.version.Store(int64(stored.Version)) // one that cannot be used is tried once
		return err
	}
	a.log.InfoContext(ctx, "intents of another node are in service", "version", stored.Version)
	return nil
}
