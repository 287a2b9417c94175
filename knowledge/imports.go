package knowledge

import (
	"context"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// JobImport is the kind of job that an import asks for; its subject is the import's ID.
const JobImport = "import"

// ImportID names one upload of files.
type ImportID string

// ImportState says how far an import is.
type ImportState string

// The states of imports.
const (
	ImportQueued  ImportState = "queued"
	ImportRunning ImportState = "running" // or interrupted, and taken up again by the next Run
	ImportDone    ImportState = "done"    // every file has its report; some may say that they could not be read
	ImportFailed  ImportState = "failed"  // stopped; what was reported stays
)

// Import is one upload of files and what became of it.
type Import struct {
	Workspace  id.Workspace
	ID         ImportID
	State      ImportState
	Attempts   int    // how often it was taken up
	Status     Status // of documents that are new
	Audience   string // of documents that name none
	Files      []ImportFile
	Reports    []FileReport // of the files read so far; an archive gives one for each file in it
	Error      string       // for people, of a failed one
	CreatedBy  string       // account ID or "ingest"
	Despite    Despite      // for the judge
	CreatedAt  time.Time
	StartedAt  time.Time // of the last attempt; zero: not yet
	FinishedAt time.Time // zero: not yet
}

// ImportFile is a file as it was uploaded.
type ImportFile struct {
	Name    string
	Size    int64 // bytes
	Refused bool  // at the door: it has its report already and no bytes were kept
}

// ImportStore keeps imports. Every method is one transaction; what it returns is durable.
type ImportStore interface {
	// AddImport stores a new import with its first reports, and with it the wish
	// for a job of kind JobImport about it. Error: Conflict when the ID is taken.
	AddImport(ctx context.Context, i Import) error

	// UpdateImport stores state, attempts, error and times of i, and appends reports
	// to those it has. Error: NotFound.
	UpdateImport(ctx context.Context, i Import, reports ...FileReport) error

	// Import returns one with its reports. Error: NotFound.
	Import(ctx context.Context, ws id.Workspace, imp ImportID) (Import, error)

	// Imports lists those of a workspace without Reports, newest first, ties by ID
	// descending: after (before, beforeID), from the newest when before is zero. Limit 1…200.
	Imports(ctx context.Context, ws id.Workspace, before time.Time, beforeID ImportID, limit int) ([]Import, error)

	// OpenImports returns the queued and running ones of every workspace, oldest
	// first, with their reports.
	OpenImports(ctx context.Context) ([]Import, error)
}
