package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"strings"

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
	return s.db.write(ctx, func(tx *sql.Tx) error {
		for i := range revisions {
			if err := saveRevision(ctx, tx, &revisions[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func saveRevision(ctx context.Context, tx *sql.Tx, r *knowledge.Revision) error {
	d := &r.Document
	var version int
	err := tx.QueryRowContext(ctx, `SELECT version FROM documents WHERE workspace = ? AND id = ?`, d.Workspace, d.ID).Scan(&version)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if d.Version != version+1 && (d.Version != version || version == 0) {
		return fault.New(fault.Conflict, "somebody changed the document: it is at version %d now", version)
	}
	if d.Version == version+1 {
		if err := saveVersion(ctx, tx, d); err != nil {
			return err
		}
	}
	imported := ""
	if r.Imported {
		imported = d.Hash
	}
	if version == 0 {
		_, err = tx.ExecContext(ctx, `
			INSERT INTO documents (workspace, id, path, source, kind, status, version, title, language, audience, hash, imported, recipe, created_at, updated_at, updated_by)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			d.Workspace, d.ID, d.Path, d.Source, d.Kind, d.Status, d.Version, d.Title, d.Language, d.Audience, d.Hash, imported, r.Recipe,
			cell.Micros(d.CreatedAt), cell.Micros(d.UpdatedAt), d.UpdatedBy)
	} else {
		_, err = tx.ExecContext(ctx, `
			UPDATE documents SET path = ?, source = ?, status = ?, version = ?, title = ?, language = ?, audience = ?, hash = ?,
				imported = CASE WHEN ? = '' THEN imported ELSE ? END, recipe = ?, updated_at = ?, updated_by = ?
			WHERE workspace = ? AND id = ?`,
			d.Path, d.Source, d.Status, d.Version, d.Title, d.Language, d.Audience, d.Hash, imported, imported, r.Recipe,
			cell.Micros(d.UpdatedAt), d.UpdatedBy, d.Workspace, d.ID)
	}
	if isUnique(err) {
		return fault.New(fault.Conflict, "another document has the path %q; rename one of them", d.Path)
	}
	if err != nil {
		return err
	}
	return saveChunks(ctx, tx, r)
}

func saveVersion(ctx context.Context, tx *sql.Tx, d *knowledge.Document) error {
	lists := make([]string, 5)
	for i, v := range []any{d.Tags, d.Sections, d.Paraphrases, d.Negatives, d.Confirmed} {
		var err error
		if lists[i], err = encodeList(v); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO document_versions (workspace, document, version, title, url, language, audience, tags, valid_from, valid_until, hash,
			sections, question, answer, paraphrases, negatives, confirmed, updated_at, updated_by)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		d.Workspace, d.ID, d.Version, d.Title, d.URL, d.Language, d.Audience, lists[0], cell.Micros(d.ValidFrom), cell.Micros(d.ValidUntil), d.Hash,
		lists[1], d.Question, d.Answer, lists[2], lists[3], lists[4], cell.Micros(d.UpdatedAt), d.UpdatedBy)
	return err
}

// encodeList writes a slice as JSON, an empty one as ”.
func encodeList(v any) (string, error) {
	s, err := cell.Encode(v)
	if s == "null" || s == "[]" {
		s = ""
	}
	return s, err
}

func saveChunks(ctx context.Context, tx *sql.Tx, r *knowledge.Revision) error {
	d := &r.Document
	if _, err := tx.ExecContext(ctx, `DELETE FROM chunks WHERE workspace = ? AND document = ?`, d.Workspace, d.ID); err != nil {
		return err
	}
	if d.Status == knowledge.StatusDeleted {
		return nil
	}
	for i := range r.Chunks {
		c := &r.Chunks[i]
		heading, err := encodeList(c.Heading)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO chunks (workspace, document, ordinal, field, heading, page, text, indexed, tokens, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			d.Workspace, d.ID, c.Ordinal, c.Field, heading, c.Page, c.Text, c.Indexed, c.Tokens, c.Hash)
		if err != nil {
			return err
		}
		if c.Vector == nil {
			continue
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO vectors (workspace, model, hash, vector) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			d.Workspace, r.Model, c.Hash, cell.PackVector(c.Vector))
		if err != nil {
			return err
		}
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

// scanDocument reads the columns of a document and the columns of tail.
func scanDocument(scan func(...any) error, tail ...any) (knowledge.Document, error) {
	var d knowledge.Document
	var tags, paraphrases, negatives, confirmed string
	var from, until, created, updated int64
	err := scan(append([]any{
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

// scanWhole reads the columns of a document and v.sections.
func scanWhole(scan func(...any) error) (knowledge.Document, error) {
	var sections string
	d, err := scanDocument(scan, &sections)
	if err != nil {
		return d, err
	}
	return d, cell.Decode(sections, &d.Sections)
}

// Document returns the current version; see knowledge.Store.
func (s *Knowledge) Document(ctx context.Context, ws id.Workspace, doc knowledge.DocumentID) (knowledge.Document, error) {
	row := s.db.read.QueryRowContext(ctx, `
		SELECT `+currentColumns+`, v.sections
		FROM documents d JOIN document_versions v ON v.workspace = d.workspace AND v.document = d.id AND v.version = d.version
		WHERE d.workspace = ? AND d.id = ?`, ws, doc)
	d, err := scanWhole(row.Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return knowledge.Document{}, fault.New(fault.NotFound, "there is no such document")
	}
	return d, translate(err)
}

// Versions returns versions, newest first; see knowledge.Store.
func (s *Knowledge) Versions(ctx context.Context, ws id.Workspace, doc knowledge.DocumentID, before, limit int) ([]knowledge.Document, error) {
	return many(ctx, s.db, scanWhole, `
		SELECT `+versionColumns+`, v.sections
		FROM documents d JOIN document_versions v ON v.workspace = d.workspace AND v.document = d.id
		WHERE d.workspace = ? AND d.id = ? AND (? = 0 OR v.version < ?)
		ORDER BY v.version DESC LIMIT ?`, ws, doc, before, before, limit)
}

// Documents lists current versions; see knowledge.Store.
func (s *Knowledge) Documents(ctx context.Context, q knowledge.DocumentQuery) ([]knowledge.Document, error) {
	where, args := `d.workspace = ?`, []any{q.Workspace}
	and := func(condition string, values ...any) {
		where += " AND " + condition
		args = append(args, values...)
	}
	if len(q.Statuses) == 0 {
		and(`d.status <> 'deleted'`)
	} else {
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(q.Statuses)), ", ")
		and(`d.status IN (` + marks + `)`)
		for _, st := range q.Statuses {
			args = append(args, st)
		}
	}
	if q.Kind != "" {
		and(`d.kind = ?`, q.Kind)
	}
	if q.Language != "" {
		and(`d.language = ?`, q.Language)
	}
	if q.Source != "" {
		and(`d.source = ?`, q.Source)
	}
	if q.Text != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(q.Text) + "%"
		and(`(d.title LIKE ? ESCAPE '\' OR d.path LIKE ? ESCAPE '\')`, like, like)
	}
	if !q.Before.IsZero() {
		and(`(d.updated_at, d.id) < (?, ?)`, cell.Micros(q.Before), q.BeforeID)
	}
	scan := func(scan func(...any) error) (knowledge.Document, error) { return scanDocument(scan) }
	return many(ctx, s.db, scan, `
		SELECT `+currentColumns+`
		FROM documents d JOIN document_versions v ON v.workspace = d.workspace AND v.document = d.id AND v.version = d.version
		WHERE `+where+` ORDER BY d.updated_at DESC, d.id DESC LIMIT ?`, append(args, q.Limit)...)
}

// Heads returns what imports compare with; see knowledge.Store.
func (s *Knowledge) Heads(ctx context.Context, ws id.Workspace, source string) ([]knowledge.Head, error) {
	scan := func(scan func(...any) error) (knowledge.Head, error) {
		var h knowledge.Head
		err := scan(&h.ID, &h.Path, &h.Source, &h.Status, &h.Version, &h.Hash, &h.Imported, &h.Kind, &h.Question, &h.Language, &h.Audience)
		return h, err
	}
	// An entry's title is its question, so the versions need not be read.
	const columns = `id, path, source, status, version, hash, imported, kind, iif(kind = 'entry', title, ''), language, audience`
	if source == "" {
		return many(ctx, s.db, scan, `SELECT `+columns+` FROM documents WHERE workspace = ? AND status <> 'deleted' ORDER BY path`, ws)
	}
	return many(ctx, s.db, scan, `SELECT `+columns+` FROM documents WHERE workspace = ? AND source = ? AND status <> 'deleted' ORDER BY path`, ws, source)
}

// many runs a query for reading and scans its rows.
func many[T any](ctx context.Context, db *DB, scan func(func(...any) error) (T, error), query string, args ...any) ([]T, error) {
	rows, err := db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, translate(err)
	}
	return collect(rows, scan)
}
