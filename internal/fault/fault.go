// Package fault is the one error type of the program: a closed list of kinds, a
// message that people may read, and a hidden cause that only the log gets.
//
// An error without a kind is Internal. Engines and clients translate their
// drivers' errors at their own edge, by code or sentinel, never by text.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what went wrong in a way that a caller can act on.
type Kind string

// The closed list of kinds. The zero Kind is not used; KindOf never returns it.
const (
	Invalid         Kind = "invalid"         // the input is wrong; the message names the field, file or line
	NotFound        Kind = "not_found"       // no such thing, or not the caller's
	Conflict        Kind = "conflict"        // somebody else was first, or the version moved
	Denied          Kind = "denied"          // known caller without the right
	Unauthenticated Kind = "unauthenticated" // no caller, or an expired one
	Limited         Kind = "limited"         // too much, too big or too often
	Unavailable     Kind = "unavailable"     // try again later: closing, disk full, peer down
	Internal        Kind = "internal"        // our mistake
)

// Error carries a kind, a message for people and the hidden cause.
type Error struct {
	Kind    Kind
	Message string  // for people; never holds a cause's text, a secret or a path of the machine
	Fields  []Field // what is wrong in which field; may be empty
	Cause   error   // for the log; may be nil
}

// Field names one wrong input.
type Field struct {
	Name    string // as the caller wrote it: "valid_until", "line 12"
	Problem string // what is wrong and what to do
}

// Error returns the public message, followed by the cause for the log.
func (e *Error) Error() string {
	if e.Cause != nil {
		return e.Message + ": " + e.Cause.Error()
	}
	return e.Message
}

// Unwrap returns the hidden cause.
func (e *Error) Unwrap() error { return e.Cause }

// New returns an error of a kind with a message for people.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Wrap returns an error of a kind that hides cause behind a message for people.
func Wrap(kind Kind, cause error, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), Cause: cause}
}

// WithField returns a copy that also names a wrong field.
func (e *Error) WithField(name, problem string) *Error {
	c := *e
	c.Fields = append(append([]Field(nil), e.Fields...), Field{Name: name, Problem: problem})
	return &c
}

// KindOf returns the kind of the first fault in err's chain, Internal when there is none, and "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var f *Error
	if errors.As(err, &f) && f.Kind != "" {
		return f.Kind
	}
	return Internal
}

// Is reports whether err is a fault of the kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// Message returns what people may read of err: the first fault's message, or a
// general sentence when the error carries none.
func Message(err error) string {
	var f *Error
	if errors.As(err, &f) {
		return f.Message
	}
	return "Something went wrong on our side."
}
