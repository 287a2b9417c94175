package knowledge

import "github.com/frontdesk-chat/frontdesk/internal/id"

// Field says which part of a document a chunk was cut from; ranking weighs by it.
type Field string

// The fields of chunks.
const (
	FieldTitle      Field = "title"      // of a page
	FieldBody       Field = "body"       // of a page's section
	FieldQuestion   Field = "question"   // of an entry
	FieldParaphrase Field = "paraphrase" // of an entry
	FieldNegative   Field = "negative"   // of an entry: closeness counts against it
	FieldAnswer     Field = "answer"     // of an entry
)

// Chunk is the unit of search: a bounded stretch of one document's field.
type Chunk struct {
	Field   Field
	Ordinal int       // order within the document, from 0
	Heading []string  // path of headings; nil for entries
	Page    int       // of the section; 0: none
	Text    string    // what a candidate quotes; for bodies the section's stretch
	Indexed string    // what is tokenized and embedded: Text with its title and headings before it where that helps
	Tokens  int       // of Indexed, by the embedding model's tokenizer
	Hash    string    // sha256 of Indexed and the way it is embedded; equal hashes share a vector
	Vector  []float32 // unit length, Dim of the model, not centred
}

// Indexer is told what was committed, so that the in-process index follows the store.
type Indexer interface {
	// Replace puts a document's current version and chunks in place of what was indexed under its ID.
	Replace(doc Document, chunks []Chunk)
	// Remove forgets a document.
	Remove(ws id.Workspace, doc DocumentID)
	// Retain forgets all documents but those that keep wants.
	Retain(keep func(ws id.Workspace, doc DocumentID) bool)
}
