package postgres

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/testenv"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

const armModel = "axes"

func axes(t *testing.T, dim int) *knowledge.Centring {
	t.Helper()
	c, err := knowledge.NewCentring(armModel, dim)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func openArm(t *testing.T, dsn string, c *knowledge.Centring) *DB {
	t.Helper()
	db, err := Open(t.Context(), dsn, &Options{Vectors: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// leaning is a unit vector between the first axis and another one.
func leaning(first float32, other int) []float32 {
	v := make([]float32, 3)
	v[0], v[other] = first, 1-first
	return v
}

// page is a document with rows of these vectors; change may be nil.
func page(name string, version int, change func(d *knowledge.Document), vectors ...[]float32) knowledge.Revision {
	at := time.UnixMicro(1_000_000).UTC()
	d := knowledge.Document{
		Workspace: id.DefaultWorkspace, ID: knowledge.DocumentID(name), Path: name, Kind: knowledge.KindPage, Status: knowledge.StatusPublished,
		Version: version, Title: name, Language: "en", Hash: name, CreatedAt: at, UpdatedAt: at,
	}
	if change != nil {
		change(&d)
	}
	r := knowledge.Revision{Document: d, Model: armModel}
	for i, v := range vectors {
		r.Chunks = append(r.Chunks, knowledge.Chunk{Field: knowledge.FieldBody, Ordinal: i, Text: name, Indexed: name, Hash: name + string(rune('a'+i)) + string(rune('0'+version)), Vector: v})
	}
	return r
}

func save(t *testing.T, s *Knowledge, revisions ...knowledge.Revision) {
	t.Helper()
	for _, r := range revisions {
		if err := s.Save(t.Context(), []knowledge.Revision{r}); err != nil {
			t.Fatal(err)
		}
	}
}

// nearest returns the documents found, sorted.
func nearest(t *testing.T, s *Knowledge, q knowledge.VectorQuery) []string {
	t.Helper()
	q.Vector = []float32{1, 0, 0}
	if q.Workspace == "" {
		q.Workspace = id.DefaultWorkspace
	}
	if q.At.IsZero() {
		q.At = time.UnixMicro(500)
	}
	if q.Documents == 0 {
		q.Documents = 50
	}
	rows, err := s.Nearest(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, r := range rows {
		out = append(out, string(r.Document))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestNearestFiltersInsideTheQuery(t *testing.T) {
	s := openArm(t, testenv.Postgres(t), axes(t, 3)).Knowledge()
	save(
		t, s,
		page("best", 1, nil, leaning(.9, 1), leaning(0, 2)),
		page("second", 1, nil, leaning(.7, 1)),
		page("opposite", 1, nil, []float32{-1, 0, 0}),
		page("draft", 1, func(d *knowledge.Document) { d.Status = knowledge.StatusDraft }, leaning(1, 1)),
		page("staff", 1, func(d *knowledge.Document) { d.Audience = "staff" }, leaning(1, 1)),
		page("over", 1, func(d *knowledge.Document) { d.ValidUntil = time.UnixMicro(500) }, leaning(1, 1)),
		page("yet to come", 1, func(d *knowledge.Document) { d.ValidFrom = time.UnixMicro(501) }, leaning(1, 1)),
		page("theirs", 1, func(d *knowledge.Document) { d.Workspace = "other" }, leaning(1, 1)),
	)
	for _, c := range []struct {
		name string
		q    knowledge.VectorQuery
		want string
	}{
		{"everybody", knowledge.VectorQuery{}, "best second"},
		{"one document", knowledge.VectorQuery{Documents: 1}, "best"},
		{"drafts", knowledge.VectorQuery{Drafts: true}, "best draft second"},
		{"staff", knowledge.VectorQuery{Audiences: []string{"staff", "partners"}}, "best second staff"},
		{"earlier", knowledge.VectorQuery{At: time.UnixMicro(499)}, "best over second"},
		{"later", knowledge.VectorQuery{At: time.UnixMicro(501)}, "best second yet to come"},
		{"another workspace", knowledge.VectorQuery{Workspace: "other"}, "theirs"},
		{"no such workspace", knowledge.VectorQuery{Workspace: "none"}, ""},
	} {
		if got := strings.Join(nearest(t, s, c.q), " "); got != c.want {
			t.Errorf("%s: found %q, want %q", c.name, got, c.want)
		}
	}
	rows, err := s.Nearest(t.Context(), knowledge.VectorQuery{Workspace: id.DefaultWorkspace, Vector: []float32{1, 0, 0}, At: time.UnixMicro(500), Documents: 1})
	if err != nil || len(rows) != 2 {
		t.Fatalf("all rows of the best document are wanted, got %v, %v", rows, err)
	}
	for _, r := range rows {
		if want := map[int]float64{0: .9939, 1: 0}[r.Ordinal]; r.Cosine < want-.002 || r.Cosine > want+.002 {
			t.Errorf("row %d: cosine %v, want %v", r.Ordinal, r.Cosine, want)
		}
	}
	rows, err = s.Cosines(t.Context(), id.DefaultWorkspace, []float32{1, 0, 0}, []knowledge.DocumentID{"opposite", "theirs", "nobody"})
	if err != nil || len(rows) != 1 || rows[0].Document != "opposite" || rows[0].Cosine != -1 {
		t.Errorf("cosines of named documents: %v, %v", rows, err)
	}
}

func TestArmFollowsTheDocument(t *testing.T) {
	s := openArm(t, testenv.Postgres(t), axes(t, 3)).Knowledge()
	save(t, s, page("a", 1, nil, leaning(.9, 1), leaning(.8, 1)))
	save(t, s, page("a", 2, nil, leaning(0, 2)))
	if got := nearest(t, s, knowledge.VectorQuery{}); len(got) != 0 {
		t.Errorf("an earlier version is found: %v", got)
	}
	save(t, s, page("a", 3, nil, leaning(.9, 1)))
	if got := nearest(t, s, knowledge.VectorQuery{}); len(got) != 1 {
		t.Errorf("the new version is not found")
	}
	save(t, s, page("a", 3, func(d *knowledge.Document) { d.Status = knowledge.StatusDeleted }))
	if got := nearest(t, s, knowledge.VectorQuery{}); len(got) != 0 {
		t.Errorf("a deleted document is found: %v", got)
	}
}

// Rows are written for what was stored without the arm, changed without it, or
// embedded into another space.
func TestOpenFillsTheArm(t *testing.T) {
	dsn := testenv.Postgres(t)
	plain, err := Open(t.Context(), dsn, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	save(t, plain.Knowledge(), page("a", 1, nil, leaning(.9, 1)), page("gone", 1, nil, leaning(.9, 1)), page("empty", 1, nil))
	db := openArm(t, dsn, axes(t, 3))
	if got := nearest(t, db.Knowledge(), knowledge.VectorQuery{}); !slices.Equal(got, []string{"a", "gone"}) {
		t.Fatalf("after opening found %v", got)
	}
	save(t, plain.Knowledge(), page("a", 2, nil, leaning(.5, 1)), page("gone", 1, func(d *knowledge.Document) { d.Status = knowledge.StatusDeleted }))
	if got := nearest(t, db.Knowledge(), knowledge.VectorQuery{}); len(got) != 0 {
		t.Errorf("rows of earlier versions are found: %v", got)
	}
	if err := db.Knowledge().fillArm(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := nearest(t, db.Knowledge(), knowledge.VectorQuery{}); !slices.Equal(got, []string{"a"}) {
		t.Errorf("after filling found %v", got)
	}
	// Another dimension has an index of its own and sees nothing of these rows.
	other := openArm(t, dsn, axes(t, 4))
	rows, err := other.Knowledge().Nearest(t.Context(), knowledge.VectorQuery{
		Workspace: id.DefaultWorkspace, Vector: []float32{1, 0, 0, 0}, At: time.UnixMicro(500), Documents: 5,
	})
	if err != nil || len(rows) != 0 {
		t.Errorf("another dimension: %v, %v", rows, err)
	}
}

func TestTooWideVectorsAreRefused(t *testing.T) {
	_, err := Open(t.Context(), testenv.Postgres(t), &Options{Vectors: axes(t, 4001)})
	if !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Message(err), "search.vectors") {
		t.Errorf("got %v, want an Invalid that names search.vectors", err)
	}
}

// The index serves the query: a filter or a parameter that hides it would cost a
// hundred times as much, and nothing else would tell.
func TestNearestUsesTheIndex(t *testing.T) {
	db := openArm(t, testenv.Postgres(t), axes(t, 3))
	var plan []string
	err := db.view(t.Context(), id.DefaultWorkspace, func(ctx context.Context, tx *tx) error {
		tx.exec(`SET LOCAL enable_seqscan = off`)
		tx.exec(`SET LOCAL enable_bitmapscan = off`)
		tx.exec(`SET LOCAL enable_sort = off`)
		if err := tx.flush(ctx); err != nil {
			return err
		}
		rows, err := tx.conn.Query(ctx, `EXPLAIN `+nearQuery(3), db.Knowledge().nearArgs(knowledge.VectorQuery{Workspace: id.DefaultWorkspace, Documents: 50}, knowledge.Round([]float32{1, 0, 0}))...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				return err
			}
			plan = append(plan, line)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(plan, "\n")
	if n := strings.Count(text, "_embedding_idx on chunk_vectors_part_"); n != 1 {
		t.Errorf("the vector index of one partition is wanted, %d are used:\n%s", n, text)
	}
}
