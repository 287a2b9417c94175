package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Vectors returns stored vectors by hash; see knowledge.Store.
func (s *Knowledge) Vectors(ctx context.Context, ws id.Workspace, model string, hashes []string) (map[string][]float32, error) {
	type row struct {
		hash   string
		vector []float32
	}
	rows, err := many(ctx, s.db, ws, func(r pgx.CollectableRow) (v row, err error) {
		var packed []byte
		if err = r.Scan(&v.hash, &packed); err == nil {
			v.vector, err = cell.UnpackVector(packed)
		}
		return v, err
	}, `SELECT hash, vector FROM vectors WHERE workspace = $1 AND model = $2 AND hash = ANY($3)`, ws, model, hashes)
	if err != nil {
		return nil, err
	}
	out := make(map[string][]float32, len(rows))
	for _, r := range rows {
		out[r.hash] = r.vector
	}
	return out, nil
}

// eachPage is how many documents a walk over all of them reads at a time.
const eachPage = 200

// walked is a document on a walk.
type walked struct {
	document knowledge.Document
	recipe   string
}

func scanWalked(row pgx.CollectableRow) (w walked, err error) {
	var sections string
	if w.document, err = scanDocument(row, &sections, &w.recipe); err != nil {
		return w, err
	}
	return w, cell.Decode(sections, &w.document.Sections)
}

// key names a document.
type key struct{ Workspace, ID string }

// columns returns keys as two arrays, which a query joins by unnest.
func columns(keys []key) (workspaces, ids []string) {
	for _, k := range keys {
		workspaces, ids = append(workspaces, k.Workspace), append(ids, k.ID)
	}
	return workspaces, ids
}

// named is the FROM of a query for the documents that $1 and $2 name, in that order.
const named = `unnest($1::text[], $2::text[]) WITH ORDINALITY AS k (workspace, id, n)
	JOIN documents d ON d.workspace = k.workspace AND d.id = k.id
	JOIN document_versions v ON v.workspace = d.workspace AND v.document = d.id AND v.version = d.version`

// Each walks over what is indexed; see knowledge.Store. The walk is one snapshot,
// read in pages; what is written meanwhile comes by the feed. The names are read
// first: a page "behind the last one" sorts all that is left behind the wall of
// rows, whose share of the table the planner takes for tiny.
func (s *Knowledge) Each(ctx context.Context, model string, visit func(knowledge.Document, []knowledge.Chunk, string) error) error {
	return s.db.view(ctx, everywhere, func(ctx context.Context, t *tx) error {
		var keys []key
		all(t, &keys, pgx.RowToStructByPos[key], `SELECT workspace, id FROM documents WHERE status <> 'deleted' ORDER BY workspace, id`)
		if err := t.flush(ctx); err != nil {
			return err
		}
		for page := range slices.Chunk(keys, eachPage) {
			var docs []walked
			workspaces, ids := columns(page)
			all(t, &docs, scanWalked, `SELECT `+currentColumns+`, v.sections, d.recipe FROM `+named+` ORDER BY k.n`, workspaces, ids)
			if err := t.flush(ctx); err != nil {
				return err
			}
			chunks, err := chunksOf(ctx, t, model, docs)
			if err != nil {
				return err
			}
			for i, d := range docs {
				if err := visit(d.document, chunks[i], d.recipe); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// chunksOf reads the chunks of documents with the model's vectors, in their order.
func chunksOf(ctx context.Context, t *tx, model string, docs []walked) ([][]knowledge.Chunk, error) {
	var workspaces, ids []string
	for _, d := range docs {
		workspaces, ids = append(workspaces, string(d.document.Workspace)), append(ids, string(d.document.ID))
	}
	type row struct {
		doc   int
		chunk knowledge.Chunk
	}
	var rows []row
	all(t, &rows, func(r pgx.CollectableRow) (v row, err error) {
		var heading string
		var packed []byte
		c := &v.chunk
		if err := r.Scan(&v.doc, &c.Ordinal, &c.Field, &heading, &c.Page, &c.Text, &c.Indexed, &c.Tokens, &c.Hash, &packed); err != nil {
			return v, err
		}
		if c.Vector, err = cell.UnpackVector(packed); err != nil {
			return v, err
		}
		return v, cell.Decode(heading, &c.Heading)
	}, `
		SELECT k.n, c.ordinal, c.field, c.heading, c.page, c.text, c.indexed, c.tokens, c.hash, v.vector
		FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS k (workspace, id, n)
		JOIN chunks c ON c.workspace = k.workspace AND c.document = k.id
		LEFT JOIN vectors v ON v.workspace = c.workspace AND v.model = $1 AND v.hash = c.hash
		ORDER BY k.n, c.ordinal`, model, workspaces, ids)
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	out := make([][]knowledge.Chunk, len(docs))
	for _, r := range rows {
		out[r.doc-1] = append(out[r.doc-1], r.chunk)
	}
	return out, nil
}
