package knowledge

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// ByIngest is Document.UpdatedBy of what came from a file.
const ByIngest = "ingest"

// Library is where documents are written, kept and read. What it changes is
// durable first and then handed to the index, in the order of the commits.
// It is safe for concurrent use.
type Library struct {
	store    Store
	embedder Embedder
	index    Indexer
	now      func() time.Time
	log      *slog.Logger
	cutter   Cutter
	extract  Extractor
	judge    Judge

	// commit is held from before a write until the index knows of it, so that
	// the index never sees an older version last.
	commit sync.Mutex
}

// Options of NewLibrary.
type Options struct {
	Cutter    Cutter    // how documents are cut; its Tokens should be the embedder's
	Extractor Extractor // reads files; nil: Import is refused
	Judge     Judge     // asked before visitors notice a change; nil: nobody is
}

// NewLibrary returns a library over a store. Load has to be called before the
// index answers; nothing is started.
func NewLibrary(store Store, embedder Embedder, index Indexer, now func() time.Time, log *slog.Logger, o *Options) *Library {
	if o == nil {
		o = &Options{}
	}
	return &Library{store: store, embedder: embedder, index: index, now: now, log: log, cutter: o.Cutter, extract: o.Extractor, judge: o.Judge}
}

// Loaded says what Load found.
type Loaded struct {
	Documents, Chunks int
	Stale             int // documents cut by another recipe or lacking vectors of the present model: Reindex brings them up to date
}

// Load fills the index with everything that is stored, drafts too. It is meant for
// the start: what is written while it runs may be indexed in an older version.
func (l *Library) Load(ctx context.Context) (Loaded, error) {
	var n Loaded
	err := l.store.Each(ctx, l.embedder.Model(), func(d Document, chunks []Chunk, recipe string) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		n.Documents++
		n.Chunks += len(chunks)
		if l.stale(chunks, recipe) {
			n.Stale++
		}
		l.index.Replace(d, chunks)
		return nil
	})
	return n, err
}

func (l *Library) stale(chunks []Chunk, recipe string) bool {
	for _, c := range chunks {
		if c.Vector == nil {
			return true
		}
	}
	return recipe != l.cutter.Recipe()
}

// Reindex cuts and embeds stale documents anew; versions stay as they are.
// progress, which may be nil, is told after each document.
func (l *Library) Reindex(ctx context.Context, progress func(done, all int)) error {
	type key struct {
		ws  id.Workspace
		doc DocumentID
	}
	var stale []key
	err := l.store.Each(ctx, l.embedder.Model(), func(d Document, chunks []Chunk, recipe string) error {
		if l.stale(chunks, recipe) {
			stale = append(stale, key{d.Workspace, d.ID})
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	for i, k := range stale {
		if err := l.reindex(ctx, k.ws, k.doc); err != nil {
			return err
		}
		if progress != nil {
			progress(i+1, len(stale))
		}
	}
	return nil
}

func (l *Library) reindex(ctx context.Context, ws id.Workspace, doc DocumentID) error {
	for {
		d, err := l.store.Document(ctx, ws, doc)
		if err != nil || d.Status == StatusDeleted {
			return err
		}
		r, err := l.revision(ctx, d)
		if err != nil {
			return err
		}
		if err := l.save(ctx, []Revision{r}); !fault.Is(err, fault.Conflict) {
			return err
		}
		// Somebody wrote it meanwhile: look again.
	}
}

// Document returns the current version, a deleted one included. Error: NotFound.
func (l *Library) Document(ctx context.Context, ws id.Workspace, doc DocumentID) (Document, error) {
	return l.store.Document(ctx, ws, doc)
}

// Documents lists current versions without Sections, last changed first.
func (l *Library) Documents(ctx context.Context, q DocumentQuery) ([]Document, error) {
	q.Limit = bounded(q.Limit, 50, 200)
	return l.store.Documents(ctx, q)
}

// Versions returns versions numbered below before (0: from the newest), newest
// first. Error: NotFound.
func (l *Library) Versions(ctx context.Context, ws id.Workspace, doc DocumentID, before, limit int) ([]Document, error) {
	if _, err := l.store.Document(ctx, ws, doc); err != nil {
		return nil, err
	}
	return l.store.Versions(ctx, ws, doc, before, bounded(limit, 20, 200))
}

func bounded(n, usual, most int) int {
	if n <= 0 {
		return usual
	}
	return min(n, most)
}

// revision cuts and embeds a document for Save.
func (l *Library) revision(ctx context.Context, d Document) (Revision, error) {
	r := []Revision{{Document: d}}
	err := l.prepare(ctx, r)
	return r[0], err
}

// prepare cuts and embeds the documents of revisions of one workspace, together,
// so that few calls keep the embedder busy. Vectors that are stored are not made again.
func (l *Library) prepare(ctx context.Context, revisions []Revision) error {
	var all []*Chunk
	var hashes []string
	for i := range revisions {
		r := &revisions[i]
		if r.Document.Status == StatusDeleted {
			continue
		}
		r.Model, r.Recipe = l.embedder.Model(), l.cutter.Recipe()
		r.Chunks = l.cutter.Cut(r.Document)
		for k := range r.Chunks {
			all = append(all, &r.Chunks[k])
			hashes = append(hashes, r.Chunks[k].Hash)
		}
	}
	if len(all) == 0 {
		return nil
	}
	known, err := l.store.Vectors(ctx, revisions[0].Document.Workspace, l.embedder.Model(), hashes)
	if err != nil {
		return err
	}
	return fill(ctx, l.embedder, known, all)
}

// save commits revisions and tells the index.
func (l *Library) save(ctx context.Context, revisions []Revision) error {
	l.commit.Lock()
	defer l.commit.Unlock()
	if err := l.store.Save(ctx, revisions); err != nil {
		return err
	}
	for _, r := range revisions {
		if r.Document.Status == StatusDeleted {
			l.index.Remove(r.Document.Workspace, r.Document.ID)
		} else {
			l.index.Replace(r.Document, r.Chunks)
		}
	}
	return nil
}
