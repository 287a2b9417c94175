package knowledge

import (
	"context"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Feed tells which documents were written by anybody, on any node, in an order
// that no reader can overtake.
type Feed interface {
	// DocumentHead returns the cursor behind everything that DocumentChanges would
	// return now.
	DocumentHead(ctx context.Context) (cursor string, err error)

	// DocumentChanges calls visit with documents written behind the cursor as they
	// stand now, deleted ones included, with their chunks and the model's vectors,
	// at most limit (1…1,000) of them. A write that commits late is not passed over.
	// With nothing new next is after. Error: Invalid for a cursor that is none, or of
	// another history of the database.
	DocumentChanges(ctx context.Context, model, after string, limit int, visit func(Document, []Chunk)) (next string, more bool, err error)
}

// Bounds of following: how often the feed is read, and how many documents at once.
// A page holds up this node's own writes for as long as it takes to index.
const (
	followEach = 500 * time.Millisecond
	followPage = 100
)

// Follow keeps the index at what other nodes write, from a cursor taken before
// Load, until ctx ends. While the store does not answer the index stays as it is.
func (l *Library) Follow(ctx context.Context, feed Feed, from string) error {
	tick := time.NewTicker(followEach)
	defer tick.Stop()
	for {
		next, more, err := l.catchUp(ctx, feed, from)
		switch {
		case ctx.Err() != nil:
			return nil
		case fault.Is(err, fault.Invalid):
			l.log.WarnContext(ctx, "the database has another history; all documents are read again", "error", err)
			if head, err := l.startOver(ctx, feed); err == nil {
				from = head
			} else if ctx.Err() == nil {
				l.log.WarnContext(ctx, "documents cannot be read; search may be behind", "error", err)
			}
		case err != nil:
			l.log.WarnContext(ctx, "changes of documents cannot be read; search may be behind", "error", err)
		default:
			from = next
		}
		if more {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// startOver indexes all documents as they stand now and forgets those that the
// store does not know: a standby that lacked the last writes has taken over.
func (l *Library) startOver(ctx context.Context, feed Feed) (head string, err error) {
	l.commit.Lock()
	defer l.commit.Unlock()
	if head, err = feed.DocumentHead(ctx); err != nil {
		return "", err
	}
	known := map[id.Workspace]map[DocumentID]bool{}
	err = l.store.Each(ctx, l.embedder.Model(), func(d Document, chunks []Chunk, _ string) error {
		if known[d.Workspace] == nil {
			known[d.Workspace] = map[DocumentID]bool{}
		}
		known[d.Workspace][d.ID] = true
		l.index.Replace(d, chunks)
		return ctx.Err()
	})
	if err != nil {
		return "", err
	}
	l.index.Retain(func(ws id.Workspace, doc DocumentID) bool { return known[ws][doc] })
	return head, nil
}

// catchUp indexes one page of changes. The commit lock is held from before it is
// read, so that no write of this node comes between reading and indexing.
func (l *Library) catchUp(ctx context.Context, feed Feed, from string) (next string, more bool, err error) {
	l.commit.Lock()
	defer l.commit.Unlock()
	return feed.DocumentChanges(ctx, l.embedder.Model(), from, followPage, func(d Document, chunks []Chunk) {
		if d.Status == StatusDeleted {
			l.index.Remove(d.Workspace, d.ID)
		} else {
			l.index.Replace(d, chunks)
		}
	})
}
