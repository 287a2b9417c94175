package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

var _ knowledge.ImportStore = (*Knowledge)(nil)

// AddImport stores a new import; see knowledge.ImportStore.
func (s *Knowledge) AddImport(ctx context.Context, i knowledge.Import) error {
	files, err := cell.Encode(i.Files)
	if err != nil {
		return err
	}
	return s.db.write(ctx, i.Workspace, func(ctx context.Context, t *tx) error {
		t.exec(`
			INSERT INTO imports (workspace, id, state, attempts, status, audience, files, error, created_by, created_at, started_at, finished_at, despite)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			i.Workspace, i.ID, i.State, i.Attempts, i.Status, i.Audience, files, i.Error, i.CreatedBy, cell.Micros(i.CreatedAt), cell.Micros(i.StartedAt), cell.Micros(i.FinishedAt), i.Despite)
		if err := t.flush(ctx); isUnique(err) {
			return fault.New(fault.Conflict, "there is an import of that ID already")
		} else if err != nil {
			return err
		}
		if err := addReports(t, i, i.Reports); err != nil {
			return err
		}
		s.db.enqueue(t, knowledge.JobImport, i.Workspace, string(i.ID))
		return nil
	})
}

// UpdateImport moves an import on; see knowledge.ImportStore.
func (s *Knowledge) UpdateImport(ctx context.Context, i knowledge.Import, reports ...knowledge.FileReport) error {
	return s.db.write(ctx, i.Workspace, func(ctx context.Context, t *tx) error {
		var n int64
		t.count(&n, `UPDATE imports SET state = $1, attempts = $2, error = $3, started_at = $4, finished_at = $5 WHERE workspace = $6 AND id = $7`,
			i.State, i.Attempts, i.Error, cell.Micros(i.StartedAt), cell.Micros(i.FinishedAt), i.Workspace, i.ID)
		if err := t.flush(ctx); err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "there is no such import")
		}
		return addReports(t, i, reports)
	})
}

func addReports(t *tx, i knowledge.Import, reports []knowledge.FileReport) error {
	for _, r := range reports {
		report, err := cell.Encode(r)
		if err != nil {
			return err
		}
		t.exec(`
			INSERT INTO import_files (workspace, import, ordinal, report)
			SELECT $1, $2, (SELECT count(*) FROM import_files WHERE workspace = $1 AND import = $2), $3`, i.Workspace, i.ID, report)
	}
	return nil
}

const importColumns = `workspace, id, state, attempts, status, audience, files, error, created_by, created_at, started_at, finished_at, despite`

func scanImport(row pgx.CollectableRow) (knowledge.Import, error) {
	var i knowledge.Import
	var files string
	var created, started, finished int64
	err := row.Scan(&i.Workspace, &i.ID, &i.State, &i.Attempts, &i.Status, &i.Audience, &files, &i.Error, &i.CreatedBy, &created, &started, &finished, &i.Despite)
	if err != nil {
		return knowledge.Import{}, err
	}
	i.CreatedAt, i.StartedAt, i.FinishedAt = cell.Time(created), cell.Time(started), cell.Time(finished)
	return i, cell.Decode(files, &i.Files)
}

// Import returns one import with its reports; see knowledge.ImportStore.
func (s *Knowledge) Import(ctx context.Context, ws id.Workspace, imp knowledge.ImportID) (knowledge.Import, error) {
	var (
		i     knowledge.Import
		found bool
	)
	err := s.db.read(ctx, ws, func(q queue) {
		one(q, &i, &found, scanImport, `SELECT `+importColumns+` FROM imports WHERE workspace = $1 AND id = $2`, ws, imp)
	})
	if err != nil {
		return i, err
	}
	if !found {
		return i, fault.New(fault.NotFound, "there is no such import")
	}
	i.Reports, err = s.reports(ctx, i)
	return i, err
}

func (s *Knowledge) reports(ctx context.Context, i knowledge.Import) ([]knowledge.FileReport, error) {
	return many(ctx, s.db, i.Workspace, func(row pgx.CollectableRow) (r knowledge.FileReport, err error) {
		var text string
		if err := row.Scan(&text); err != nil {
			return r, err
		}
		return r, cell.Decode(text, &r)
	}, `SELECT report FROM import_files WHERE workspace = $1 AND import = $2 ORDER BY ordinal`, i.Workspace, i.ID)
}

// Imports lists imports; see knowledge.ImportStore.
func (s *Knowledge) Imports(ctx context.Context, ws id.Workspace, before time.Time, beforeID knowledge.ImportID, limit int) ([]knowledge.Import, error) {
	return many(ctx, s.db, ws, scanImport, `
		SELECT `+importColumns+` FROM imports
		WHERE workspace = $1 AND ($2::bigint = 0 OR (created_at, id) < ($2, $3))
		ORDER BY created_at DESC, id DESC LIMIT $4`, ws, cell.Micros(before), beforeID, limit)
}

// OpenImports returns what is yet to be done; see knowledge.ImportStore.
func (s *Knowledge) OpenImports(ctx context.Context) ([]knowledge.Import, error) {
	open, err := many(ctx, s.db, everywhere, scanImport, `SELECT `+importColumns+` FROM imports WHERE state IN ('queued', 'running') ORDER BY created_at, id`)
	if err != nil {
		return nil, err
	}
	for k := range open {
		if open[k].Reports, err = s.reports(ctx, open[k]); err != nil {
			return nil, err
		}
	}
	return open, nil
}
