package postgres

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// The index is one for all workspaces: a scan for a workspace with a tenth of the
// rows passes nine others for each of its own. Where a workspace is small among
// large ones it is cheaper, and exact, to compare all of its rows.
const (
	// sizeKept is how long the size of a workspace is believed: it decides about speed only.
	sizeKept = time.Minute
	// sizeMost is up to where rows are counted; a workspace above it is read by the index.
	sizeMost = 50_000
	// exactRows is the number of rows, all of them of one workspace, from where on the
	// index is the faster way: TODO
	exactRows = 8_000
)

// sizes remembers which workspaces are read whole.
type sizes struct {
	mu    sync.Mutex
	known map[id.Workspace]size // guarded by mu
}

type size struct {
	exact bool
	until time.Time
}

// exact reports whether comparing all rows of a workspace costs less than the index
// of all workspaces: the first grows with its rows, the second with everybody's rows for each of its own.
func exact(rows, everybodys int64) bool {
	return rows < sizeMost && rows*rows <= exactRows*max(everybodys, rows)
}

// readsAll reports whether a search in a workspace compares all of its rows.
func (s *Knowledge) readsAll(ctx context.Context, ws id.Workspace) (bool, error) {
	known := &s.db.sizes
	known.mu.Lock()
	now, ok := known.known[ws]
	known.mu.Unlock()
	if ok && time.Now().Before(now.until) {
		return now.exact, nil
	}
	var (
		rows, everybodys int64
		found            bool
	)
	if err := s.db.read(ctx, ws, func(b queue) {
		value(b, &found, []any{&rows, &everybodys}, fmt.Sprintf(`
			SELECT (SELECT count(*) FROM (SELECT 1 FROM chunk_vectors WHERE workspace = $1 LIMIT %d)),
				coalesce((SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass('chunk_vectors_%d')), 0)`, sizeMost, s.db.arm.Dim()), ws)
	}); err != nil {
		return false, err
	}
	known.mu.Lock()
	defer known.mu.Unlock()
	if known.known == nil {
		known.known = map[id.Workspace]size{}
	}
	known.known[ws] = size{exact(rows, everybodys), time.Now().Add(sizeKept)}
	return known.known[ws].exact, nil
}
