package knowledge

import (
	"context"

	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Judge is asked about a change that visitors would notice before it is committed.
// Its error stops the change and is what the caller gets: Conflict means that the
// change is refused, anything else that it could not be judged. Another writer may
// commit between the judgement and the change.
type Judge func(ctx context.Context, r Release) error

// Release is a change that visitors would notice: documents that are, or were
// until now, published.
type Release struct {
	Workspace id.Workspace
	By        string     // account ID or "ingest"
	Despite   Despite    // "": the change has to pass
	Changes   []Revision // cut and embedded; a deleted document has no chunks
}

// Despite says why a change goes through although questions that were confirmed
// break by it. It is kept with the release.
type Despite string

// judged asks the judge about r unless nobody but editors would notice it.
func (l *Library) judged(ctx context.Context, before Status, r Revision, despite []Despite) error {
	if l.judge == nil || before != StatusPublished && r.Document.Status != StatusPublished {
		return nil
	}
	release := Release{Workspace: r.Document.Workspace, By: r.Document.UpdatedBy, Changes: []Revision{r}}
	for _, d := range despite {
		release.Despite = d
	}
	return l.judge(ctx, release)
}

// release judges and saves one revision; before is the document's status until now.
func (l *Library) release(ctx context.Context, before Status, r Revision, despite []Despite) error {
	if err := l.judged(ctx, before, r, despite); err != nil {
		return err
	}
	return l.save(ctx, []Revision{r})
}
