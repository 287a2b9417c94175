package knowledge

import (
	"context"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Store keeps documents, all their versions, and the chunks and vectors of the
// current version. Every method is one transaction; what it returns is durable.
type Store interface {
	// Save writes revisions in order, all or none: version rows, chunks and vectors
	// together. Errors: Conflict when a document is not at the version that its
	// revision follows, or another undeleted document has its path.
	Save(ctx context.Context, revisions []Revision) error

	// Document returns the current version, a deleted one included. Error: NotFound.
	Document(ctx context.Context, ws id.Workspace, doc DocumentID) (Document, error)

	// Versions returns versions numbered below before (0: from the newest), newest
	// first, with sections. The status of every one is the document's present one.
	// Limit 1…200. A document that never was has none.
	Versions(ctx context.Context, ws id.Workspace, doc DocumentID, before, limit int) ([]Document, error)

	// Documents lists current versions without Sections, last changed first, ties by ID descending.
	Documents(ctx context.Context, q DocumentQuery) ([]Document, error)

	// Heads returns the undeleted documents of a source, by path. Sources "": all of
	// the workspace.
	Heads(ctx context.Context, ws id.Workspace, source string) ([]Head, error)

	// Vectors returns the vectors that the model made for these hashes; unknown ones are missing.
	Vectors(ctx context.Context, ws id.Workspace, model string, hashes []string) (map[string][]float32, error)

	// Each calls visit with every undeleted document of every workspace, its chunks
	// with the model's vectors (nil where there is none) and the recipe they were
	// cut by. An error of visit ends the walk and is returned.
	Each(ctx context.Context, model string, visit func(doc Document, chunks []Chunk, recipe string) error) error
}

// Revision is what Save writes about one document.
type Revision struct {
	// Document as it shall be. Version 1 makes it; a Version that is the stored one
	// changes status and chunks only; one above stores a new version.
	Document Document
	Chunks   []Chunk // of this version, in order of Ordinal; replaces the earlier ones
	Model    string  // that made the chunks' vectors; a nil vector is not written
	Recipe   string  // how the chunks were cut, see Cutter.Recipe
	Imported bool    // the content came from a file: it is what the next import of that file is compared with
}

// Head is what an import compares a file's documents with.
type Head struct {
	ID       DocumentID
	Path     string
	Source   string
	Status   Status
	Version  int
	Hash     string // of the current version
	Imported string // hash of the last imported version; "" when none was
	Kind     Kind
	Question string // of an entry
	Language string
	Audience string
}

// DocumentQuery filters a list of documents.
type DocumentQuery struct {
	Workspace id.Workspace
	Statuses  []Status // any of these; empty: drafts and published ones
	Kind      Kind     // "": any
	Language  string   // "": any
	Source    string   // "": any
	Text      string   // substring of title or path, letters of either case; "": any
	Before    time.Time
	BeforeID  DocumentID // keyset: documents that sort after (Before, BeforeID), the last one's UpdatedAt and ID; zero: from the first
	Limit     int        // 1…200
}

// Embedder turns texts into vectors of unit length, [len(texts)][dim], in order.
type Embedder interface {
	EmbedQueries(ctx context.Context, texts []string) ([][]float32, error)
	EmbedPassages(ctx context.Context, texts []string) ([][]float32, error)
	// Model names what made the vectors: only vectors of one name can be compared.
	Model() string
}
