package training

import (
	"context"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// Artefact is one trained model of a workspace, kept so that it can be gone back to.
type Artefact struct {
	Workspace bot.WorkspaceID
	Kind      string    // "intents"
	Version   int       // from 1, dense per workspace and kind
	Hash      string    // of what it was trained from: examples and the embedding model's name
	Note      string    // for people: examples, held-back accuracy
	Blob      []byte    // the model as its room encodes it
	CreatedAt time.Time // UTC microseconds
}

// ArtefactStore keeps trained models; at most one a kind is active.
type ArtefactStore interface {
	// PutArtefact stores a model as the next version and makes it the active one,
	// in one transaction; it returns the version.
	PutArtefact(ctx context.Context, a Artefact) (int, error)
	// ActiveArtefact returns the model in service. Error: NotFound.
	ActiveArtefact(ctx context.Context, ws bot.WorkspaceID, kind string) (Artefact, error)
	// ActivateArtefact puts an earlier version back in service. Error: NotFound.
	ActivateArtefact(ctx context.Context, ws bot.WorkspaceID, kind string, version int) error
	// Artefacts lists versions without their blobs, newest first. Limit 1…200.
	Artefacts(ctx context.Context, ws bot.WorkspaceID, kind string, limit int) ([]Artefact, error)
}
