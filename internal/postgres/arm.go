package postgres

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// The vector arm in the database: an HNSW index over half-precision vectors, with
// the filters inside the query and a scan that goes on until enough rows pass them.
// The numbers are the whole ones that the index in memory keeps, which half precision
// holds exactly, and so does a product of two such vectors: searches find the same.
const (
	// armRows is how many rows a scan brings: pages have several, and a search
	// wants fifty documents.
	armRows = 200
	// armSearch is how many candidates the scan keeps in view. 200 was twice as fast as 400
	// (BenchmarkVectorArm, over halves of the exact vectors, recall@10 1.00); over the rounded
	// ones recall@10 is .99 (frontdesk bench retrieval --vectors postgres).
	armSearch = 200
	// lackingEach is how often a node looks for documents without rows: those that a
	// node with its vectors in memory wrote.
	lackingEach = time.Minute
	// maxDim is the widest half-precision vector that HNSW takes.
	maxDim = 4000
)

// buildArm makes the index of the arm's dimension unless it is there. The table's
// rows of other dimensions are not in it.
func buildArm(ctx context.Context, conn *pgx.Conn, c *knowledge.Centring) error {
	if c.Dim() > maxDim {
		return fault.New(fault.Invalid, "Vectors of %d numbers cannot be searched in the database. Set search.vectors to memory.", c.Dim()).
			WithField("search.vectors", fmt.Sprintf("postgres takes up to %d numbers a vector", maxDim))
	}
	var there bool
	if err := conn.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, fmt.Sprintf("chunk_vectors_%d", c.Dim())).Scan(&there); err != nil || there {
		return translate(err) // who does not own the table could not even ask for what is there
	}
	_, err := conn.Exec(ctx, fmt.Sprintf(`
		CREATE INDEX IF NOT EXISTS chunk_vectors_%[1]d ON chunk_vectors
		USING hnsw ((embedding::halfvec(%[1]d)) halfvec_cosine_ops) WITH (m = 16, ef_construction = 128) WHERE dim = %[1]d`, c.Dim()))
	if code(err) == codeNotAllowed {
		return fault.Wrap(fault.Invalid, err, "The index of the vectors is missing and we may not make it. "+
			"Run `frontdesk migrate` with search.vectors: postgres as the owner of the tables")
	}
	return translate(err)
}

// saveArm writes the rows of a document's chunks, in place of those it had.
func saveArm(t *tx, c *knowledge.Centring, d *knowledge.Document, chunks []knowledge.Chunk) {
	t.exec(`DELETE FROM chunk_vectors WHERE workspace = $1 AND document = $2`, d.Workspace, d.ID)
	if c == nil || d.Status == knowledge.StatusDeleted {
		return
	}
	for i := range chunks {
		v := c.Passage(d.Language, &chunks[i])
		r := knowledge.Round(v)
		if r.Scale == 0 {
			continue // not embedded yet
		}
		t.exec(`
			INSERT INTO chunk_vectors (workspace, document, ordinal, version, generation, dim, draft, audience, valid_from, valid_until, embedding, scale)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			d.Workspace, d.ID, i, d.Version, c.Name(), len(v), d.Status != knowledge.StatusPublished, d.Audience,
			cell.Micros(d.ValidFrom), cell.Micros(d.ValidUntil), pgvector.NewHalfVector(r.Numbers), r.Scale)
	}
}

// fillArm writes what the arm lacks of documents that were stored without it: by
// another engine, by a program before it or by a node whose vectors are in memory.
func (s *Knowledge) fillArm(ctx context.Context) error {
	keys, err := many(ctx, s.db, everywhere, pgx.RowToStructByPos[key], `
		SELECT d.workspace, d.id FROM documents d
		WHERE d.status <> 'deleted' AND EXISTS (SELECT 1 FROM chunks c WHERE c.workspace = d.workspace AND c.document = d.id)
			AND NOT EXISTS (SELECT 1 FROM chunk_vectors a WHERE a.workspace = d.workspace AND a.document = d.id
				AND a.version = d.version AND a.generation = $1)
		ORDER BY d.workspace, d.id`, s.db.arm.Name())
	if err != nil || len(keys) == 0 {
		return err
	}
	for page := range slices.Chunk(keys, eachPage) {
		err := s.db.write(ctx, everywhere, func(ctx context.Context, t *tx) error {
			var docs []walked
			workspaces, ids := columns(page)
			all(t, &docs, scanWalked, `SELECT `+currentColumns+`, v.sections, d.recipe FROM `+named+`
				WHERE d.status <> 'deleted' ORDER BY k.n FOR UPDATE OF d`, workspaces, ids)
			if err := t.flush(ctx); err != nil {
				return err
			}
			chunks, err := chunksOf(ctx, t, s.db.arm.Model(), docs)
			if err != nil {
				return err
			}
			for i := range docs {
				saveArm(t, s.db.arm, &docs[i].document, chunks[i])
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	s.db.log.InfoContext(ctx, "vectors of documents that lacked them were written", "documents", len(keys))
	return nil
}

var _ knowledge.Vectors = (*Knowledge)(nil)

// nearness reads a row of the arm as both of its queries return it.
func nearness(q knowledge.Rounded) pgx.RowToFunc[knowledge.Nearness] {
	return func(row pgx.CollectableRow) (n knowledge.Nearness, err error) {
		var product float64
		var scale float32
		if err := row.Scan(&n.Document, &n.Ordinal, &product, &scale); err != nil {
			return n, err
		}
		n.Cosine = q.Cosine(product, scale)
		return n, nil
	}
}

// nearQuery is Nearest's. The dimension is written out: a partial index is of no
// use to a parameter.
func nearQuery(dim int) string {
	return fmt.Sprintf(`
		WITH near AS MATERIALIZED (
			SELECT document, scale * (embedding::halfvec(%[1]d) <#> $1::halfvec(%[1]d)) AS distance FROM chunk_vectors
			WHERE workspace = $2 AND dim = %[1]d AND generation = $3 AND (NOT draft OR $4) AND audience = ANY($5)
				AND valid_from <= $6 AND (valid_until = 0 OR valid_until > $6)
			ORDER BY embedding::halfvec(%[1]d) <=> $1::halfvec(%[1]d) LIMIT %[2]d
		), best AS (
			SELECT document FROM near GROUP BY document HAVING min(distance) < 0 ORDER BY min(distance), document LIMIT $7
		)
		SELECT v.document, v.ordinal, -(v.embedding::halfvec(%[1]d) <#> $1::halfvec(%[1]d)), v.scale
		FROM best JOIN chunk_vectors v ON v.workspace = $2 AND v.document = best.document
		WHERE v.dim = %[1]d AND v.generation = $3`, dim, armRows)
}

// nearArgs are the parameters of nearQuery.
func (s *Knowledge) nearArgs(q knowledge.VectorQuery, vector knowledge.Rounded) []any {
	audiences := append([]string{""}, q.Audiences...)
	return []any{pgvector.NewHalfVector(vector.Numbers), q.Workspace, s.db.arm.Name(), q.Drafts, audiences, cell.Micros(q.At), q.Documents}
}

// Nearest implements knowledge.Vectors.
func (s *Knowledge) Nearest(ctx context.Context, q knowledge.VectorQuery) ([]knowledge.Nearness, error) {
	var out []knowledge.Nearness
	vector := knowledge.Round(q.Vector)
	err := s.db.read(ctx, q.Workspace, func(b queue) {
		b.queue(`SELECT set_config('hnsw.ef_search', $1, true), set_config('hnsw.iterative_scan', 'strict_order', true), set_config('jit', 'off', true)`,
			strconv.Itoa(armSearch))
		all(b, &out, nearness(vector), nearQuery(s.db.arm.Dim()), s.nearArgs(q, vector)...)
	})
	return out, err
}

// Cosines implements knowledge.Vectors.
func (s *Knowledge) Cosines(ctx context.Context, ws id.Workspace, vector []float32, docs []knowledge.DocumentID) ([]knowledge.Nearness, error) {
	r := knowledge.Round(vector)
	return many(ctx, s.db, ws, nearness(r), fmt.Sprintf(`
		SELECT document, ordinal, -(embedding::halfvec(%[1]d) <#> $1::halfvec(%[1]d)), scale FROM chunk_vectors
		WHERE workspace = $2 AND document = ANY($3) AND dim = %[1]d AND generation = $4`, s.db.arm.Dim()),
		pgvector.NewHalfVector(r.Numbers), ws, docs, s.db.arm.Name())
}
