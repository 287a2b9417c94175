package sqlite

import (
	"context"
	"database/sql"
	"errors"

	modernc "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// translate turns a driver's error into a fault by its code. A fault and an
// ended context pass as they are, and nil stays nil.
func translate(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if f := (*fault.Error)(nil); errors.As(err, &f) {
		return err
	}
	if errors.Is(err, sql.ErrNoRows) {
		return fault.Wrap(fault.NotFound, err, "There is no such thing.")
	}
	if errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) {
		return fault.Wrap(fault.Unavailable, err, "The storage was closed. Please try again.")
	}
	switch code(err) {
	case lib.SQLITE_FULL:
		return fault.Wrap(fault.Unavailable, err, "The storage is full. Nothing was saved; free some space and try again.")
	case lib.SQLITE_READONLY:
		return fault.Wrap(fault.Unavailable, err, "The storage is read-only. Nothing was saved.")
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return fault.Wrap(fault.Unavailable, err, "The storage is busy. Please try again.")
	case lib.SQLITE_IOERR, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM, lib.SQLITE_NOMEM:
		return fault.Wrap(fault.Unavailable, err, "The storage cannot be used now. Nothing was saved.")
	case lib.SQLITE_CONSTRAINT:
		return fault.Wrap(fault.Conflict, err, "That exists already or does not fit what is stored.")
	case lib.SQLITE_TOOBIG:
		return fault.Wrap(fault.Limited, err, "That is too large to be stored.")
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return fault.Wrap(fault.Internal, err, "The database file is damaged.")
	}
	return fault.Wrap(fault.Internal, err, "Something went wrong on our side.")
}

// code returns the primary result code of a driver's error, 0 when it has none.
func code(err error) int {
	var e *modernc.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// isUnique reports whether err says that a unique key exists already.
func isUnique(err error) bool {
	var e *modernc.Error
	return errors.As(err, &e) &&
		(e.Code() == lib.SQLITE_CONSTRAINT_UNIQUE || e.Code() == lib.SQLITE_CONSTRAINT_PRIMARYKEY)
}
