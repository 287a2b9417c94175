package postgres

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// The SQLSTATE codes that mean something to us.
const (
	codeUnique       = "23505"
	codeSerializable = "40001"
	codeDeadlock     = "40P01"
	codeLockTimeout  = "55P03"
	codeReadOnly     = "25006"
	codeDiskFull     = "53100"
	codeNotAllowed   = "42501"
)

// errLost marks a failure of the connection, whatever shape the driver gave it.
var errLost = errors.New("the connection to the database was lost")

// translate turns a driver's error into a fault by its code. A fault and an
// ended context pass as they are, and nil stays nil.
func translate(err error) error {
	if err == nil {
		return nil
	}
	if f := (*fault.Error)(nil); errors.As(err, &f) {
		return err
	}
	if errors.Is(err, errLost) {
		return fault.Wrap(fault.Unavailable, err, "The database cannot be reached. Please try again.")
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.Wrap(fault.NotFound, err, "There is no such thing.")
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return fault.Wrap(fault.Unavailable, err, "The database cannot be reached. Please try again.")
	}
	switch c := code(err); {
	case c == codeDiskFull:
		return fault.Wrap(fault.Unavailable, err, "The storage is full. Nothing was saved; free some space and try again.")
	case c == codeReadOnly:
		return fault.Wrap(fault.Unavailable, err, "The storage is read-only. Nothing was saved.")
	case c == codeSerializable, c == codeDeadlock, c == codeLockTimeout:
		return fault.Wrap(fault.Unavailable, err, "The storage is busy. Please try again.")
	case class(c) == "23": // integrity
		return fault.Wrap(fault.Conflict, err, "That exists already or does not fit what is stored.")
	case class(c) == "54": // a limit of the program
		return fault.Wrap(fault.Limited, err, "That is too large to be stored.")
	case class(c) == "08", class(c) == "53", class(c) == "57", class(c) == "58": // connection, resources, operator, system
		return fault.Wrap(fault.Unavailable, err, "The storage cannot be used now. Please try again.")
	case c == "XX001", c == "XX002":
		return fault.Wrap(fault.Internal, err, "The database is damaged.")
	}
	return fault.Wrap(fault.Internal, err, "Something went wrong on our side.")
}

// code returns the SQLSTATE of an error, "" when it has none.
func code(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// class is the first part of a code.
func class(code string) string {
	if len(code) < 2 {
		return ""
	}
	return code[:2]
}

// isUnique reports whether err says that a unique key exists already.
func isUnique(err error) bool { return code(err) == codeUnique }

// constraint names the constraint that an error is about, "" for none.
func constraint(err error) string {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return ""
	}
	return e.ConstraintName
}

// raced lists the keys that are taken only by whoever was faster in writing the
// same thing: the next attempt finds what they wrote.
var raced = []string{
	"conversations_client", "sends_pkey", "runs_queued", "runs_active", "runs_trigger", "agents_pkey", "artefacts_pkey", "artefacts_active",
	"import_files_pkey", "reservations_open",
}

// again reports whether a transaction that failed so may succeed when it is run
// once more.
func again(err error) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return errors.Is(err, errRetry)
	}
	switch e.Code {
	case codeSerializable, codeDeadlock:
		return true
	case codeUnique:
		return slices.Contains(raced, e.ConstraintName)
	}
	return false
}

// errRetry is returned by an operation that saw something older than what it
// locked and has to look again.
var errRetry = errors.New("changed meanwhile")
