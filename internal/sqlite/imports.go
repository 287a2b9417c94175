package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

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
	return s.db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO imports (workspace, id, state, attempts, status, audience, files, error, created_by, created_at, started_at, finished_at, despite)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			i.Workspace, i.ID, i.State, i.Attempts, i.Status, i.Audience, files, i.Error, i.CreatedBy, cell.Micros(i.CreatedAt), cell.Micros(i.StartedAt), cell.Micros(i.FinishedAt), i.Despite)
		if isUnique(err) {
			return fault.New(fault.Conflict, "there is an import of that ID already")
		}
		if err != nil {
			return err
		}
		if err := addReports(ctx, tx, i, i.Reports); err != nil {
			return err
		}
		return s.db.enqueue(ctx, tx, knowledge.JobImport, string(i.Workspace), string(i.ID))
	})
}

// UpdateImport moves an import on; see knowledge.ImportStore.
func (s *Knowledge) UpdateImport(ctx context.Context, i knowledge.Import, reports ...knowledge.FileReport) error {
	return s.db.write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE imports SET state = ?, attempts = ?, error = ?, started_at = ?, finished_at = ? WHERE workspace = ? AND id = ?`,
			i.State, i.Attempts, i.Error, cell.Micros(i.StartedAt), cell.Micros(i.FinishedAt), i.Workspace, i.ID)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fault.New(fault.NotFound, "there is no such import"))
		}
		return addReports(ctx, tx, i, reports)
	})
}

func addReports(ctx context.Context, tx *sql.Tx, i knowledge.Import, reports []knowledge.FileReport) error {
	for _, r := range reports {
		report, err := cell.Encode(r)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO import_files (workspace, import, ordinal, report)
			SELECT ?1, ?2, (SELECT count(*) FROM import_files WHERE workspace = ?1 AND import = ?2), ?3`, i.Workspace, i.ID, report)
		if err != nil {
			return err
		}
	}
	return nil
}

const importColumns = `workspace, id, state, attempts, status, audience, files, error, created_by, created_at, started_at, finished_at, despite`

func scanImport(scan func(...any) error) (knowledge.Import, error) {
	var i knowledge.Import
	var files string
	var created, started, finished int64
	err := scan(&i.Workspace, &i.ID, &i.State, &i.Attempts, &i.Status, &i.Audience, &files, &i.Error, &i.CreatedBy, &created, &started, &finished, &i.Despite)
	if err != nil {
		return knowledge.Import{}, err
	}
	i.CreatedAt, i.StartedAt, i.FinishedAt = cell.Time(created), cell.Time(started), cell.Time(finished)
	return i, cell.Decode(files, &i.Files)
}

// Import returns one import with its reports; see knowledge.ImportStore.
func (s *Knowledge) Import(ctx context.Context, ws id.Workspace, imp knowledge.ImportID) (knowledge.Import, error) {
	i, err := scanImport(s.db.read.QueryRowContext(ctx, `SELECT `+importColumns+` FROM imports WHERE workspace = ? AND id = ?`, ws, imp).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return knowledge.Import{}, fault.New(fault.NotFound, "there is no such import")
	}
	if err != nil {
		return knowledge.Import{}, translate(err)
	}
	i.Reports, err = s.reports(ctx, i)
	return i, err
}

func (s *Knowledge) reports(ctx context.Context, i knowledge.Import) ([]knowledge.FileReport, error) {
	scan := func(scan func(...any) error) (knowledge.FileReport, error) {
		var text string
		var r knowledge.FileReport
		if err := scan(&text); err != nil {
			return r, err
		}
		return r, cell.Decode(text, &r)
	}
	return many(ctx, s.db, scan, `SELECT report FROM import_files WHERE workspace = ? AND import = ? ORDER BY ordinal`, i.Workspace, i.ID)
}

// Imports lists imports; see knowledge.ImportStore.
func (s *Knowledge) Imports(ctx context.Context, ws id.Workspace, before time.Time, beforeID knowledge.ImportID, limit int) ([]knowledge.Import, error) {
	return many(ctx, s.db, scanImport, `
		SELECT `+importColumns+` FROM imports
		WHERE workspace = ? AND (? = 0 OR (created_at, id) < (?, ?))
		ORDER BY created_at DESC, id DESC LIMIT ?`, ws, cell.Micros(before), cell.Micros(before), beforeID, limit)
}

// OpenImports returns what is yet to be done; see knowledge.ImportStore.
func (s *Knowledge) OpenImports(ctx context.Context) ([]knowledge.Import, error) {
	open, err := many(ctx, s.db, scanImport, `SELECT `+importColumns+` FROM imports WHERE state IN ('queued', 'running') ORDER BY created_at, id`)
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
