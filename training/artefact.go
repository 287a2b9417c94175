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
	Version   int       // from 1, rising by one per workspace and kind
	Hash      string    // of what it was trained from: examples and the embedding model's name
	Note      string    // for people: what an editor wrote about it
	By        string    // account that asked for it; "" for the program itself
	Intents   int       // that it knows; 0 in versions of before they were counted, as the next three
	Examples  int       // it was trained on
	HeldBack  int       // examples that were predicted without having been trained on
	Accuracy  float64   // on those, 0…1
	Active    bool      // it is in service; stores fill it, PutArtefact does not look at it
	Blob      []byte    // the model as its room encodes it
	CreatedAt time.Time // UTC microseconds
}

// KeepArtefacts is how many versions of a kind are kept besides the active one: a
// year of monthly trainings with room to spare, at a few megabytes each.
const KeepArtefacts = 30

// ArtefactStore keeps trained models; at most one a kind is active.
type ArtefactStore interface {
	// PutArtefact stores a model as the next version and makes it the active one,
	// and forgets versions that are not among the newest KeepArtefacts, in one
	// transaction; it returns the version.
	PutArtefact(ctx context.Context, a Artefact) (int, error)
	// Artefact returns a version with its blob; 0 is the one in service. Error: NotFound.
	Artefact(ctx context.Context, ws bot.WorkspaceID, kind string, version int) (Artefact, error)
	// ActivateArtefact puts an earlier version back in service. Error: NotFound.
	ActivateArtefact(ctx context.Context, ws bot.WorkspaceID, kind string, version int) error
	// Artefacts lists versions without their blobs, newest first. Limit 1…200.
	Artefacts(ctx context.Context, ws bot.WorkspaceID, kind string, limit int) ([]Artefact, error)
}
