package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Vectors returns stored vectors by hash; see knowledge.Store.
func (s *Knowledge) Vectors(ctx context.Context, ws id.Workspace, model string, hashes []string) (map[string][]float32, error) {
	list, err := cell.Encode(hashes)
	if err != nil {
		return nil, err
	}
	rows, err := s.db.read.QueryContext(ctx, `
		SELECT hash, vector FROM vectors WHERE workspace = ? AND model = ? AND hash IN (SELECT value FROM json_each(?))`, ws, model, list)
	if err != nil {
		return nil, translate(err)
	}
	defer rows.Close()
	out := make(map[string][]float32, len(hashes))
	for rows.Next() {
		var hash string
		var packed sql.RawBytes
		if err := rows.Scan(&hash, &packed); err != nil {
			return nil, translate(err)
		}
		if out[hash], err = cell.UnpackVector(packed); err != nil {
			return nil, err
		}
	}
	return out, translate(rows.Err())
}

// Each walks over what is indexed; see knowledge.Store. The walk is one snapshot:
// documents and chunks are read side by side in one transaction.
func (s *Knowledge) Each(ctx context.Context, model string, visit func(knowledge.Document, []knowledge.Chunk, string) error) (err error) {
	tx, err := s.db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return translate(err)
	}
	defer func() { err = errors.Join(err, ended(tx.Rollback())) }()
	docs, err := tx.QueryContext(ctx, `
		SELECT `+currentColumns+`, v.sections, d.recipe
		FROM documents d JOIN document_versions v ON v.workspace = d.workspace AND v.document = d.id AND v.version = d.version
		WHERE d.status <> 'deleted' ORDER BY d.workspace, d.id`)
	if err != nil {
		return translate(err)
	}
	defer docs.Close()
	for docs.Next() {
		var sections, recipe string
		d, err := scanDocument(docs.Scan, &sections, &recipe)
		if err == nil {
			err = cell.Decode(sections, &d.Sections)
		}
		if err != nil {
			return translate(err)
		}
		chunks, err := chunksOf(ctx, tx, d.Workspace, d.ID, model)
		if err != nil {
			return err
		}
		if err := visit(d, chunks, recipe); err != nil {
			return err
		}
	}
	return translate(docs.Err())
}

// ended hides that a transaction is over already, as after a cancelled context.
func ended(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return translate(err)
}

func chunksOf(ctx context.Context, tx *sql.Tx, ws id.Workspace, doc knowledge.DocumentID, model string) ([]knowledge.Chunk, error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT c.ordinal, c.field, c.heading, c.page, c.text, c.indexed, c.tokens, c.hash, v.vector
		FROM chunks c LEFT JOIN vectors v ON v.workspace = c.workspace AND v.model = ? AND v.hash = c.hash
		WHERE c.workspace = ? AND c.document = ? ORDER BY c.ordinal`, model, ws, doc)
	if err != nil {
		return nil, translate(err)
	}
	defer rows.Close()
	var out []knowledge.Chunk
	for rows.Next() {
		var c knowledge.Chunk
		var heading string
		var packed sql.RawBytes
		if err := rows.Scan(&c.Ordinal, &c.Field, &heading, &c.Page, &c.Text, &c.Indexed, &c.Tokens, &c.Hash, &packed); err != nil {
			return nil, translate(err)
		}
		if c.Vector, err = cell.UnpackVector(packed); err != nil {
			return nil, err
		}
		if err := cell.Decode(heading, &c.Heading); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, translate(rows.Err())
}
