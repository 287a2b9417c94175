package sqlite

import (
	"context"
	"database/sql"
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/upload"
)

// Uploads keeps what is known about uploaded files.
type Uploads struct{ db *DB }

var _ upload.Store = (*Uploads)(nil)

// Uploads returns the store of package upload.
func (db *DB) Uploads() *Uploads { return &Uploads{db} }

// AddUpload stores a file's row.
func (s *Uploads) AddUpload(ctx context.Context, f upload.File) error {
	return s.db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO uploads (workspace, id, visitor, account, name, type, size, key, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			f.Workspace, f.ID, f.Visitor, f.Account, f.Name, f.Type, f.Size, f.Key, cell.Micros(f.CreatedAt))
		return err
	})
}

// Upload returns a row.
func (s *Uploads) Upload(ctx context.Context, ws id.Workspace, name string) (upload.File, error) {
	f := upload.File{Workspace: ws, ID: name}
	var created int64
	err := s.db.read.QueryRowContext(ctx, `
		SELECT visitor, account, name, type, size, key, created_at FROM uploads WHERE workspace = ? AND id = ?`, ws, name).
		Scan(&f.Visitor, &f.Account, &f.Name, &f.Type, &f.Size, &f.Key, &created)
	if err = translate(err); fault.Is(err, fault.NotFound) {
		return upload.File{}, fault.New(fault.NotFound, "There is no such file.")
	} else if err != nil {
		return upload.File{}, err
	}
	f.CreatedAt = cell.Time(created)
	return f, nil
}

// UseUploads notes that files were sent in a conversation.
func (s *Uploads) UseUploads(ctx context.Context, ws id.Workspace, conversation string, uploads []string) error {
	return s.db.write(ctx, func(tx *sql.Tx) error {
		for _, u := range uploads {
			_, err := tx.ExecContext(ctx,
				`INSERT INTO upload_uses (workspace, upload, conversation) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, ws, u, conversation)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// UploadSentTo reports whether a file was sent in a conversation of the visitor.
func (s *Uploads) UploadSentTo(ctx context.Context, ws id.Workspace, name, visitor string) (bool, error) {
	var sent bool
	err := s.db.read.QueryRowContext(ctx, `
		SELECT EXISTS (SELECT 1 FROM upload_uses u JOIN conversations c ON c.workspace = u.workspace AND c.id = u.conversation
			WHERE u.workspace = ? AND u.upload = ? AND c.visitor = ?)`, ws, name, visitor).Scan(&sent)
	return sent, translate(err)
}

// UploadKeys returns which of the names in the folder rows speak of.
func (s *Uploads) UploadKeys(ctx context.Context, keys []string) (map[string]bool, error) {
	known := make(map[string]bool, len(keys))
	if len(keys) == 0 {
		return known, nil
	}
	args := make([]any, len(keys))
	for i, k := range keys {
		args[i] = k
	}
	rows, err := s.db.read.QueryContext(ctx,
		`SELECT key FROM uploads WHERE key IN (?`+strings.Repeat(", ?", len(keys)-1)+`)`, args...)
	if err != nil {
		return nil, translate(err)
	}
	defer rows.Close()
	for rows.Next() {
		var k string
		if err := rows.Scan(&k); err != nil {
			return nil, translate(err)
		}
		known[k] = true
	}
	return known, translate(rows.Err())
}
