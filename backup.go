package frontdesk

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/sqlite"
)

// Backed says what a backup wrote.
type Backed struct {
	Database string // file of the copy
	Files    int    // attachments that were not there yet
	Dropped  int    // older copies removed
}

// backupPrefix begins the name of every copy of the database in a backup folder.
const backupPrefix = "frontdesk-"

// Backup copies the embedded store into a folder, also while a server runs: the
// database as it was at one moment, under a name with the time, and attachments
// that the folder lacks. The newest keep copies stay, at least one. To restore,
// put a copy into an empty data folder as frontdesk.db, and files beside it.
// Errors: Invalid with a Postgres; NotFound without a database; Unavailable when the folder cannot be written.
func Backup(ctx context.Context, c Config, to string, keep int, now time.Time) (Backed, error) {
	if c.Storage.Postgres != "" {
		return Backed{}, fault.New(fault.Invalid, "This copies the embedded store; a Postgres is backed up with its own programs (docs/operations.md)").
			WithField("storage.postgres", "is set")
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return Backed{}, fault.Wrap(fault.Unavailable, err, "The folder %s cannot be made", to)
	}
	out := Backed{Database: filepath.Join(to, backupPrefix+now.UTC().Format("20060102T150405.000Z")+".db")}
	// The database first: every attachment that it names is a file already.
	if err := sqlite.Backup(ctx, c.Storage.Dir, out.Database); err != nil {
		return Backed{}, err
	}
	var err error
	if out.Files, err = copyMissing(ctx, filepath.Join(c.Storage.Dir, "files"), filepath.Join(to, "files")); err != nil {
		return out, fault.Wrap(fault.Unavailable, err, "The database is saved, attachments could not be copied")
	}
	old, err := filepath.Glob(filepath.Join(to, backupPrefix+"*.db"))
	if err != nil {
		return out, fault.Wrap(fault.Invalid, err, "The folder's name %s cannot be used", to)
	}
	slices.Sort(old)
	for _, file := range old[:max(len(old)-max(keep, 1), 0)] {
		if err := os.Remove(file); err != nil {
			return out, fault.Wrap(fault.Unavailable, err, "An older copy cannot be removed")
		}
		out.Dropped++
	}
	return out, nil
}

// copyMissing copies the files under from that to lacks; attachments never
// change. A from that is not there has none.
func copyMissing(ctx context.Context, from, to string) (copied int, err error) {
	err = filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		if d.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		if _, err := os.Stat(target); err == nil || !d.Type().IsRegular() {
			return nil
		}
		copied++
		return copyFile(path, target)
	})
	if errors.Is(err, fs.ErrNotExist) {
		if _, gone := os.Stat(from); errors.Is(gone, fs.ErrNotExist) {
			return 0, nil
		}
	}
	return copied, err
}

// copyFile copies one file; a half of it never bears its name.
func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // removed meanwhile
	}
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to+".part", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	return os.Rename(out.Name(), to)
}
