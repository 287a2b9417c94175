package postgres

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Nodes are upgraded one after the other and may be put back, so a program meets
// tables of a newer one. Whether it may run on them it cannot know; the newer one
// does. So each migration says in a line of its own which is the oldest program,
// by the version of the tables that it knows, that may run after it, and meta
// remembers the newest of these.

// oldestLine begins that line.
const oldestLine = "-- oldest program: "

// oldestProgram is the oldest program that may run on the tables after all
// migrations of a folder.
func oldestProgram(dir fs.FS) (int64, error) {
	names, err := fs.Glob(dir, "*.sql")
	if err != nil {
		return 0, fault.Wrap(fault.Internal, err, "The program's own tables are missing.")
	}
	var oldest int64
	for _, name := range names {
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return 0, fault.Wrap(fault.Internal, err, "The program's own tables are missing.")
		}
		_, rest, _ := strings.Cut(string(text), oldestLine)
		line, _, _ := strings.Cut(rest, "\n")
		n, err := strconv.ParseInt(line, 10, 64)
		if err != nil {
			return 0, fault.Wrap(fault.Internal, err, "The migration %s does not say which is the oldest program that may run after it.", name)
		}
		oldest = max(oldest, n)
	}
	return oldest, nil
}

// setOldest has the tables remember the oldest program that may run on them. What
// stands there is never lowered.
func setOldest(ctx context.Context, db *sql.DB, oldest int64) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO meta (key, value) VALUES ('oldest_program', $1)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE meta.value::bigint < excluded.value::bigint`, strconv.FormatInt(oldest, 10))
	return translate(err)
}

// bear lets a program that knows the tables of an older version run on these, unless
// it is too old or they do not say. Error: Conflict.
func bear(ctx context.Context, db *sql.DB, have, known int64, log *slog.Logger) error {
	var oldest int64
	err := db.QueryRowContext(ctx, `SELECT value::bigint FROM meta WHERE key = 'oldest_program'`).Scan(&oldest)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return translate(err)
	}
	if err != nil || known < oldest {
		return fault.New(fault.Conflict, "The database was written by a newer version of this program "+
			"(tables %d, this program knows %d). Use that version, or another database.", have, known)
	}
	log.InfoContext(ctx, "the tables were made by a newer program and are left as they are; this one may run on them",
		"tables", have, "known", known, "oldest", oldest)
	return nil
}
