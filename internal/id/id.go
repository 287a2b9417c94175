// Package id makes and types identifiers. They are UUIDv7: made in Go before
// the insert, sortable by time, the same on every engine.
package id

import "github.com/google/uuid"

// Workspace names one tenant. It is part of every table, key and query.
type Workspace string

// DefaultWorkspace is the one workspace of a single-tenant installation.
const DefaultWorkspace Workspace = "default"

// New returns a new UUIDv7 in its canonical text form. Later calls sort after
// earlier ones of the same process.
func New() string { return uuid.Must(uuid.NewV7()).String() }

// Valid reports whether s is a UUID in canonical text form, as clients send for
// their own ids.
func Valid(s string) bool {
	u, err := uuid.Parse(s)
	return err == nil && len(s) == 36 && u.String() == s
}
