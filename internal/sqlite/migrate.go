package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"

	"github.com/pressly/goose/v3"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the tables up to date, each file in one transaction, forward
// only. A file written by a newer program is refused, because guessing at
// tables one does not know loses data.
func (db *DB) migrate(ctx context.Context) error {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fault.Wrap(fault.Internal, err, "The program's own tables are missing.")
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db.writer, dir,
		goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fault.Wrap(fault.Internal, err, "The program's own tables are wrong.")
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return translate(err)
	}
	db.schema = want
	if have > want {
		return fault.New(fault.Conflict, "The data folder was written by a newer version of this program "+
			"(tables %d, this program knows %d). Use that version, or another folder.", have, want)
	}
	if have < want {
		done, err := p.Up(ctx)
		if err != nil {
			return translate(err)
		}
		for _, m := range done {
			db.log.Debug("migrated", "version", m.Source.Version, "ms", m.Duration.Milliseconds())
		}
	}
	// The epoch names this history of the database; a restored copy gets another.
	var epoch string
	err = db.writer.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'stream_epoch'`).Scan(&epoch)
	if errors.Is(err, sql.ErrNoRows) {
		_, err = db.writer.ExecContext(ctx, `INSERT INTO meta (key, value) VALUES ('stream_epoch', ?)`, id.New())
	}
	return translate(err)
}
