package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Backup writes a copy of a data folder's database to a new file, also while a
// server works with it: the copy is what was committed at one moment, and
// nothing else waits for it. The copy has no stream epoch, so a server that
// opens it makes a new one: what browsers remember of the time after the backup
// is then not trusted. Errors: NotFound without a database; Conflict when the file
// is there already; Unavailable when it cannot be written.
func Backup(ctx context.Context, dir, file string) (err error) {
	from, err := filepath.Abs(filepath.Join(dir, FileName))
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "The data folder's name cannot be used.")
	}
	if _, err := os.Stat(from); err != nil {
		return fault.Wrap(fault.NotFound, err, "There is no database in the folder %s.", dir)
	}
	if _, err := os.Stat(file); err == nil {
		return fault.New(fault.Conflict, "The file %s is there already.", file)
	}
	part := file + ".part" // so that no half of a copy is ever taken for a whole one
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fault.Wrap(fault.Unavailable, err, "The file %s cannot be written.", part)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(part))
		}
	}()
	if err := execute(ctx, from, `VACUUM INTO ?`, part); err != nil {
		return err
	}
	if err := execute(ctx, part, `DELETE FROM meta WHERE key = 'stream_epoch'`); err != nil {
		return err
	}
	if err := flush(part); err != nil {
		return fault.Wrap(fault.Unavailable, err, "The copy cannot be written to disk.")
	}
	if err := os.Rename(part, file); err != nil {
		return fault.Wrap(fault.Unavailable, err, "The copy cannot be put in place.")
	}
	return nil
}

// execute runs one statement on a connection of its own.
func execute(ctx context.Context, file, statement string, args ...any) error {
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(file), RawQuery: "_pragma=busy_timeout(5000)"}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return translate(err)
	}
	_, err = db.ExecContext(ctx, statement, args...)
	return errors.Join(translate(err), db.Close())
}

// flush has the disk keep what was written, and others on the machine not read it.
func flush(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Sync(), f.Close())
}
