package postgres

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

var _ knowledge.Feed = (*Knowledge)(nil)

// shelf is a position in the feed of documents: in that timeline, behind the
// document of that workspace and ID as that transaction wrote it.
type shelf struct {
	timeline      string
	xid           uint64
	workspace, id string
}

func (s shelf) String() string {
	return fmt.Sprintf("%s %d %s %s", s.timeline, s.xid, url.QueryEscape(s.workspace), url.QueryEscape(s.id))
}

func parseShelf(text string) (s shelf, err error) {
	parts := strings.Split(text, " ")
	if len(parts) == 4 {
		s.timeline = parts[0]
		_, err = fmt.Sscan(parts[1], &s.xid)
		s.workspace, _ = url.QueryUnescape(parts[2])
		s.id, _ = url.QueryUnescape(parts[3])
	}
	if err != nil || s.String() != text {
		return s, fault.New(fault.Invalid, "That is no place in the feed of documents.")
	}
	return s, nil
}

// DocumentHead returns the place of the last document behind the horizon.
func (s *Knowledge) DocumentHead(ctx context.Context) (string, error) {
	var (
		at    shelf
		found bool
	)
	err := s.db.snapshot(ctx, everywhere, func(q queue) {
		value(q, &found, []any{&at.timeline}, `SELECT `+timeline)
		value(q, &found, []any{&at.xid, &at.workspace, &at.id}, `
			SELECT xid, workspace, id FROM documents WHERE xid < pg_snapshot_xmin(pg_current_snapshot())
			ORDER BY xid DESC, workspace DESC, id DESC LIMIT 1`)
	})
	return at.String(), err
}

// DocumentChanges returns documents behind a place; see knowledge.Feed.
func (s *Knowledge) DocumentChanges(ctx context.Context, model, after string, limit int, visit func(knowledge.Document, []knowledge.Chunk)) (next string, more bool, err error) {
	if limit < 1 || limit > 1000 {
		return after, false, fault.New(fault.Invalid, "A page of the feed has 1 to 1,000 documents, not %d.", limit).WithField("limit", "1 to 1000")
	}
	from, err := parseShelf(after)
	if err != nil {
		return after, false, err
	}
	var (
		docs   []walked
		last   []shelf
		now    string
		found  bool
		chunks [][]knowledge.Chunk
	)
	// One snapshot for documents and chunks, which a read in two parts needs.
	err = s.db.view(ctx, everywhere, func(ctx context.Context, t *tx) error {
		docs, last = nil, nil
		value(t, &found, []any{&now}, `SELECT `+timeline)
		all(t, &docs, scanWalked, `
			SELECT `+currentColumns+`, v.sections, d.recipe FROM `+currentTables+`
			WHERE (d.xid, d.workspace, d.id) > ($1::xid8, $2, $3) AND d.xid < pg_snapshot_xmin(pg_current_snapshot())
			ORDER BY d.xid, d.workspace, d.id LIMIT $4`, from.xid, from.workspace, from.id, limit+1)
		all(t, &last, func(row pgx.CollectableRow) (v shelf, err error) { return v, row.Scan(&v.xid, &v.workspace, &v.id) }, `
			SELECT xid, workspace, id FROM documents
			WHERE (xid, workspace, id) > ($1::xid8, $2, $3) AND xid < pg_snapshot_xmin(pg_current_snapshot())
			ORDER BY xid, workspace, id LIMIT $4`, from.xid, from.workspace, from.id, limit)
		if err := t.flush(ctx); err != nil {
			return err
		}
		if from.timeline != now {
			return errHistory()
		}
		if len(docs) > limit {
			more, docs = true, docs[:limit]
		}
		if len(docs) == 0 {
			return nil
		}
		var err error
		chunks, err = chunksOf(ctx, t, model, docs)
		return err
	})
	if err != nil || len(docs) == 0 {
		return after, false, err
	}
	for i, d := range docs {
		visit(d.document, chunks[i])
	}
	next = shelf{now, last[len(last)-1].xid, last[len(last)-1].workspace, last[len(last)-1].id}.String()
	return next, more, nil
}
