package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

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
	return s.db.write(ctx, f.Workspace, func(_ context.Context, t *tx) error {
		t.exec(`
			INSERT INTO uploads (workspace, id, visitor, account, name, type, size, key, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			f.Workspace, f.ID, f.Visitor, f.Account, f.Name, f.Type, f.Size, f.Key, cell.Micros(f.CreatedAt))
		return nil
	})
}

// Upload returns a row.
func (s *Uploads) Upload(ctx context.Context, ws id.Workspace, name string) (upload.File, error) {
	f := upload.File{Workspace: ws, ID: name}
	var (
		created int64
		found   bool
	)
	err := s.db.read(ctx, ws, func(q queue) {
		value(q, &found, []any{&f.Visitor, &f.Account, &f.Name, &f.Type, &f.Size, &f.Key, &created}, `
			SELECT visitor, account, name, type, size, key, created_at FROM uploads WHERE workspace = $1 AND id = $2`, ws, name)
	})
	if err == nil && !found {
		err = fault.New(fault.NotFound, "There is no such file.")
	}
	if err != nil {
		return upload.File{}, err
	}
	f.CreatedAt = cell.Time(created)
	return f, nil
}

// UseUploads notes that files were sent in a conversation.
func (s *Uploads) UseUploads(ctx context.Context, ws id.Workspace, conversation string, uploads []string) error {
	return s.db.write(ctx, ws, func(_ context.Context, t *tx) error {
		t.exec(`
			INSERT INTO upload_uses (workspace, upload, conversation) SELECT $1, unnest($2::text[]), $3 ON CONFLICT DO NOTHING`, ws, uploads, conversation)
		return nil
	})
}

// UploadSentTo reports whether a file was sent in a conversation of the visitor.
func (s *Uploads) UploadSentTo(ctx context.Context, ws id.Workspace, name, visitor string) (bool, error) {
	var sent, found bool
	err := s.db.read(ctx, ws, func(q queue) {
		value(q, &found, []any{&sent}, `
			SELECT EXISTS (SELECT 1 FROM upload_uses u JOIN conversations c ON c.workspace = u.workspace AND c.id = u.conversation
				WHERE u.workspace = $1 AND u.upload = $2 AND c.visitor = $3)`, ws, name, visitor)
	})
	return sent, err
}

// UploadKeys returns which of the names in the folder rows speak of.
func (s *Uploads) UploadKeys(ctx context.Context, keys []string) (map[string]bool, error) {
	rows, err := many(ctx, s.db, everywhere, pgx.RowTo[string], `SELECT key FROM uploads WHERE key = ANY($1)`, keys)
	if err != nil {
		return nil, err
	}
	known := make(map[string]bool, len(rows))
	for _, k := range rows {
		known[k] = true
	}
	return known, nil
}
