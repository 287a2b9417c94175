package main

import (
	"os"
	"slices"
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// existing is the path of a file or folder that is there.
type existing string

// UnmarshalText implements encoding.TextUnmarshaler.
func (e *existing) UnmarshalText(text []byte) error {
	*e = existing(text)
	_, err := os.Stat(string(text))
	return err
}

// existingFile is the path of a file that is there.
type existingFile string

// UnmarshalText implements encoding.TextUnmarshaler.
func (e *existingFile) UnmarshalText(text []byte) error {
	*e = existingFile(text)
	info, err := os.Stat(string(text))
	if err == nil && info.IsDir() {
		return fault.New(fault.Invalid, "%s is a folder", text)
	}
	return err
}

// list is a flag that may be repeated, and that takes several values with commas
// between them.
type list []string

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *list) UnmarshalText(text []byte) error {
	*l = append(*l, strings.Split(string(text), ",")...)
	return nil
}

func texts[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, t := range in {
		out[i] = string(t)
	}
	return out
}

// oneOf refuses a flag's value that is none of those it may have; "" is no value.
func oneOf(flag, value string, may ...string) error {
	if value == "" || slices.Contains(may, value) {
		return nil
	}
	return fault.New(fault.Invalid, "%s is one of %s, not %q.", flag, strings.Join(may, ", "), value)
}
