package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Knowledge stores documents with their versions, chunks and vectors.
type Knowledge struct{ db *DB }

var _ knowledge.Store = (*Knowledge)(nil)

// Knowledge returns the store of documents.
func (db *DB) Knowledge() *Knowledge { return &Knowledge{db} }

// Save writes revisions, all or none; see knowledge.Store.
func (s *Knowledge) Save(ctx context.Context, revisions []knowledge.Revision) error {
	if len(revisions) == 0 {
		return nil
	}
	ws := revisions[0].Document.Workspace
	for i := range revisions {
		if revisions[i].Document.Workspace != ws {
			ws = everywhere
		}
	}
	return s.db.write(ctx, ws, func(ctx context.Context, t *tx) error {
		for i := range revisions {
			if err := saveRevision(ctx, t, s.db.arm, &revisions[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func saveRevision(ctx context.Context, t *tx, arm *knowledge.Centring, r *knowledge.Revision) error {
	d := &r.Document
	var (
		version int
		known   bool
	)
	value(t, &known, []any{&version}, `SELECT version FROM documents WHERE workspace = $1 AND id = $2 FOR UPDATE`, d.Workspace, d.ID)
	if err := t.flush(ctx); err != nil {
		return pathTaken(err, d)
	}
	if d.Version != version+1 && (d.Version != version || version == 0) {
		return fault.New(fault.Conflict, "somebody changed the document: it is at version %d now", version)
	}
	if d.Version == version+1 {
		if err := saveVersion(t, d); err != nil {
			return err
		}
	}
	imported := ""
	if r.Imported {
		imported = d.Hash
	}
	if version == 0 {
		t.exec(`
			INSERT INTO documents (workspace, id, path, source, kind, status, version, title, language, audience, hash, imported, recipe, created_at, updated_at, updated_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
			d.Workspace, d.ID, d.Path, d.Source, d.Kind, d.Status, d.Version, d.Title, d.Language, d.Audience, d.Hash, imported, r.Recipe,
			cell.Micros(d.CreatedAt), cell.Micros(d.UpdatedAt), d.UpdatedBy)
	} else {
		t.exec(`
			UPDATE documents SET path = $1, source = $2, status = $3, version = $4, title = $5, language = $6, audience = $7, hash = $8,
				imported = CASE WHEN $9 = '' THEN imported ELSE $9 END, recipe = $10, updated_at = $11, updated_by = $12, xid = pg_current_xact_id()
			WHERE workspace = $13 AND id = $14`,
			d.Path, d.Source, d.Status, d.Version, d.Title, d.Language, d.Audience, d.Hash, imported, r.Recipe,
			cell.Micros(d.UpdatedAt), d.UpdatedBy, d.Workspace, d.ID)
	}
	if err := saveChunks(t, r); err != nil {
		return err
	}
	saveArm(t, arm, d, r.Chunks)
	return pathTaken(t.flush(ctx), d)
}

// pathTaken says what a taken key of documents means.
func pathTaken(err error, d *knowledge.Document) error {
	switch {
	case constraint(err) == "documents_path":
		return fault.New(fault.Conflict, "another document has the path %q; rename one of them", d.Path)
	case constraint(err) == "documents_pkey", constraint(err) == "document_versions_pkey":
		return fault.New(fault.Conflict, "somebody changed the document meanwhile")
	}
	return err
}

func saveVersion(t *tx, d *knowledge.Document) error {
	lists := make([]string, 5)
	for i, v := range []any{d.Tags, d.Sections, d.Paraphrases, d.Negatives, d.Confirmed} {
		var err error
		if lists[i], err = encodeList(v); err != nil {
			return err
		}
	}
	t.exec(`
		INSERT INTO document_versions (workspace, document, version, title, url, language, audience, tags, valid_from, valid_until, hash,
			sections, question, answer, paraphrases, negatives, confirmed, updated_at, updated_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
		d.Workspace, d.ID, d.Version, d.Title, d.URL, d.Language, d.Audience, lists[0], cell.Micros(d.ValidFrom), cell.Micros(d.ValidUntil), d.Hash,
		lists[1], d.Question, d.Answer, lists[2], lists[3], lists[4], cell.Micros(d.UpdatedAt), d.UpdatedBy)
	return nil
}

// encodeList writes a slice as JSON, an empty one as ”.
func encodeList(v any) (string, error) {
	s, err := cell.Encode(v)
	if s == "null" || s == "[]" {
		s = ""
	}
	return s, err
}

func saveChunks(t *tx, r *knowledge.Revision) error {
	d := &r.Document
	t.exec(`DELETE FROM chunks WHERE workspace = $1 AND document = $2`, d.Workspace, d.ID)
	if d.Status == knowledge.StatusDeleted {
		return nil
	}
	for i := range r.Chunks {
		c := &r.Chunks[i]
		heading, err := encodeList(c.Heading)
		if err != nil {
			return err
		}
		t.exec(`
			INSERT INTO chunks (workspace, document, ordinal, field, heading, page, text, indexed, tokens, hash)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			d.Workspace, d.ID, c.Ordinal, c.Field, heading, c.Page, c.Text, c.Indexed, c.Tokens, c.Hash)
		if c.Vector == nil {
			continue
		}
		t.exec(`INSERT INTO vectors (workspace, model, hash, vector) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
			d.Workspace, r.Model, c.Hash, cell.PackVector(c.Vector))
	}
	return nil
}

// The columns of a document. When it is the current version, the row's own time
// and author stand for it, because a change of status makes no version.
const (
	versionColumns = contentColumns + `v.updated_at, v.updated_by`
	currentColumns = contentColumns + `d.updated_at, d.updated_by`
	contentColumns = `d.workspace, d.id, d.path, d.source, d.kind, d.status, v.version, v.title, v.url, v.language, v.audience, v.tags,
		v.valid_from, v.valid_until, v.hash, v.question, v.answer, v.paraphrases, v.negatives, v.confirmed, d.created_at, `
)

// currentTables joins documents with their current versions.
const currentTables = `documents d JOIN document_versions v ON v.workspace = d.workspace AND v.document = d.id AND v.version = d.version`

// scanDocument reads the columns of a document and the columns of tail.
func scanDocument(row pgx.CollectableRow, tail ...any) (knowledge.Document, error) {
	var d knowledge.Document
	var tags, paraphrases, negatives, confirmed string
	var from, until, created, updated int64
	err := row.Scan(append([]any{
		&d.Workspace, &d.ID, &d.Path, &d.Source, &d.Kind, &d.Status, &d.Version, &d.Title, &d.URL, &d.Language, &d.Audience, &tags,
		&from, &until, &d.Hash, &d.Question, &d.Answer, &paraphrases, &negatives, &confirmed, &created, &updated, &d.UpdatedBy,
	}, tail...)...)
	if err != nil {
		return knowledge.Document{}, err
	}
	d.ValidFrom, d.ValidUntil, d.CreatedAt, d.UpdatedAt = cell.Time(from), cell.Time(until), cell.Time(created), cell.Time(updated)
	return d, errors.Join(cell.Decode(tags, &d.Tags), cell.Decode(paraphrases, &d.Paraphrases), cell.Decode(negatives, &d.Negatives),
		cell.Decode(confirmed, &d.Confirmed))
}

// scanListed reads the columns of a document alone.
func scanListed(row pgx.CollectableRow) (knowledge.Document, error) { return scanDocument(row) }

// scanWhole reads the columns of a document and v.sections.
func scanWhole(row pgx.CollectableRow) (knowledge.Document, error) {
	var sections string
	d, err := scanDocument(row, &sections)
	if err != nil {
		return d, err
	}
	return d, cell.Decode(sections, &d.Sections)
}

// Document returns the current version; see knowledge.Store.
func (s *Knowledge) Document(ctx context.Context, ws id.Workspace, doc knowledge.DocumentID) (knowledge.Document, error) {
	var (
		d     knowledge.Document
		found bool
	)
	err := s.db.read(ctx, ws, func(q queue) {
		one(q, &d, &found, scanWhole, `
			SELECT `+currentColumns+`, v.sections FROM `+currentTables+` WHERE d.workspace = $1 AND d.id = $2`, ws, doc)
	})
	if err == nil && !found {
		err = fault.New(fault.NotFound, "there is no such document")
	}
	return d, err
}

// Versions returns versions, newest first; see knowledge.Store.
func (s *Knowledge) Versions(ctx context.Context, ws id.Workspace, doc knowledge.DocumentID, before, limit int) ([]knowledge.Document, error) {
	return many(ctx, s.db, ws, scanWhole, `
		SELECT `+versionColumns+`, v.sections
		FROM documents d JOIN document_versions v ON v.workspace = d.workspace AND v.document = d.id
		WHERE d.workspace = $1 AND d.id = $2 AND ($3::bigint = 0 OR v.version < $3)
		ORDER BY v.version DESC LIMIT $4`, ws, doc, before, limit)
}

// Documents lists current versions; see knowledge.Store.
func (s *Knowledge) Documents(ctx context.Context, q knowledge.DocumentQuery) ([]knowledge.Document, error) {
	var f filter
	f.and(`d.workspace = ?`, q.Workspace)
	if len(q.Statuses) == 0 {
		f.and(`d.status <> 'deleted'`)
	} else {
		f.and(`d.status = ANY(?)`, q.Statuses)
	}
	if q.Kind != "" {
		f.and(`d.kind = ?`, q.Kind)
	}
	if q.Language != "" {
		f.and(`d.language = ?`, q.Language)
	}
	if q.Source != "" {
		f.and(`d.source = ?`, q.Source)
	}
	if q.Text != "" {
		f.and(`(d.title ILIKE ? OR d.path ILIKE ?)`, substring(q.Text), substring(q.Text))
	}
	if !q.Before.IsZero() {
		f.and(`(d.updated_at, d.id) < (?, ?)`, cell.Micros(q.Before), q.BeforeID)
	}
	limit := f.limit(q.Limit)
	return many(ctx, s.db, q.Workspace, scanListed, `
		SELECT `+currentColumns+` FROM `+currentTables+`
		WHERE `+f.String()+` ORDER BY d.updated_at DESC, d.id DESC LIMIT `+limit, f.args...)
}

// Heads returns what imports compare with; see knowledge.Store.
func (s *Knowledge) Heads(ctx context.Context, ws id.Workspace, source string) ([]knowledge.Head, error) {
	scan := func(row pgx.CollectableRow) (knowledge.Head, error) {
		var h knowledge.Head
		err := row.Scan(&h.ID, &h.Path, &h.Source, &h.Status, &h.Version, &h.Hash, &h.Imported, &h.Kind, &h.Question, &h.Language, &h.Audience)
		return h, err
	}
	// An entry's title is its question, so the versions need not be read.
	return many(ctx, s.db, ws, scan, `
		SELECT id, path, source, status, version, hash, imported, kind, CASE WHEN kind = 'entry' THEN title ELSE '' END, language, audience
		FROM documents WHERE workspace = $1 AND ($2 = '' OR source = $2) AND status <> 'deleted' ORDER BY path`, ws, source)
}

// many reads the rows of one query.
func many[T any](ctx context.Context, db *DB, ws id.Workspace, scan pgx.RowToFunc[T], query string, args ...any) ([]T, error) {
	var out []T
	err := db.read(ctx, ws, func(q queue) { all(q, &out, scan, query, args...) })
	return out, err
}
