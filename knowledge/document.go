package knowledge

import (
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// DocumentID identifies a page or an FAQ entry for ever, across versions.
type DocumentID string

// Kind says how a document is searched and answered from.
type Kind string

// The kinds of documents.
const (
	KindPage  Kind = "page"  // headings and text; answered by an extract with its source
	KindEntry Kind = "entry" // FAQ entry: question, paraphrases, answer; answered verbatim
)

// Status is where a document stands in editing.
type Status string

// The states of a document. Deleted documents keep their versions.
const (
	StatusDraft     Status = "draft"
	StatusPublished Status = "published"
	StatusDeleted   Status = "deleted"
)

// Document is one version of a page or an FAQ entry.
type Document struct {
	Workspace  id.Workspace
	ID         DocumentID
	Path       string // unique in the workspace among undeleted documents: file path, and "#row-key" for table rows
	Source     string // the file it came from as uploaded, "" when written in the console
	Kind       Kind
	Status     Status
	Version    int // from 1, dense
	Title      string
	URL        string
	Language   string // "en" or "zh"
	Audience   string // group that may see it; "" is everybody
	Tags       []string
	ValidFrom  time.Time // zero: always
	ValidUntil time.Time // zero: for ever; exclusive
	Hash       string    // sha256 over everything that readers can see; the same hash is not stored twice in a row

	Sections    []Section // of a page, in order
	Question    string    // of an entry
	Answer      string    // of an entry
	Paraphrases []string  // of an entry: other ways to ask it
	Negatives   []string  // of an entry: questions that look alike and are not this one
	Confirmed   []string  // questions of visitors that somebody confirmed to be answered here; of pages too, searched as paraphrases are; not part of Hash: no file says them, and an import keeps them

	CreatedAt time.Time
	UpdatedAt time.Time
	UpdatedBy string // account ID or "ingest"
}

// Section is a stretch of a page under one heading.
type Section struct {
	Heading []string // path of headings from the page's first level down; empty before the first
	Text    string   // Markdown; tables are kept whole
	Page    int      // page of a paged file on which it starts, from 1; 0: the file has no pages
}
