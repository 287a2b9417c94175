package sqlite

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Names of the files that say who uses a data folder.
const (
	lockName   = "frontdesk.lock"
	holderName = "server.json"
)

// Holder is the process that uses a data folder.
type Holder struct {
	PID     int       `json:"pid"`
	Command string    `json:"command"`           // as it was started, without its arguments' values
	Address string    `json:"address,omitempty"` // base URL of its API; "" when it serves none
	Token   string    `json:"token,omitempty"`   // lets commands on this machine use the API; "" when there is none
	Started time.Time `json:"started"`
}

// FolderLock is the right to use a data folder. The operating system gives it
// back when the process ends, however it ends.
type FolderLock struct {
	dir    string
	f      *flock.Flock
	holder Holder
}

// Lock takes the data folder for this process, creating it when it is missing.
// Error: Conflict when another process has it, with its number, command and
// address if they are known.
func Lock(dir string) (*FolderLock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "The data folder cannot be made. Check its name and your rights.")
	}
	f := flock.New(filepath.Join(dir, lockName))
	ok, err := f.TryLock()
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "The data folder cannot be locked. Check your rights to write there.")
	}
	if !ok {
		// Best effort: the holder's note may be a moment late.
		h, _ := ReadHolder(dir)
		return nil, fault.New(fault.Conflict, "The data folder is in use by %s. Stop it, or use its API.", h)
	}
	l := &FolderLock{dir: dir, f: f, holder: Holder{PID: os.Getpid(), Command: filepath.Base(os.Args[0]), Started: time.Now().UTC()}}
	if len(os.Args) > 1 {
		l.holder.Command += " " + os.Args[1]
	}
	if err := l.note(); err != nil {
		return nil, errors.Join(err, f.Unlock())
	}
	return l, nil
}

// Announce notes where this process serves its API and the token that lets
// commands on this machine use it.
func (l *FolderLock) Announce(address, token string) error {
	l.holder.Address, l.holder.Token = address, token
	return l.note()
}

// note writes the holder's file whole or not at all, readable by its owner only.
func (l *FolderLock) note() error {
	b, err := json.Marshal(l.holder)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "Something went wrong on our side.")
	}
	name := filepath.Join(l.dir, holderName)
	tmp := name + ".new"
	if err := os.WriteFile(tmp, b, 0o600); err == nil {
		err = os.Rename(tmp, name)
		if err == nil {
			return nil
		}
	}
	// A full or read-only disk must not keep people from reading what is there:
	// the lock itself is held, only its note is missing.
	_ = os.Remove(tmp)
	return nil
}

// Unlock gives the folder back. It may be called twice.
func (l *FolderLock) Unlock() error {
	if !l.f.Locked() {
		return nil
	}
	err := os.Remove(filepath.Join(l.dir, holderName))
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, l.f.Unlock())
}

// ReadHolder returns who uses the folder now. Errors: NotFound when nobody does
// or nothing is known.
func ReadHolder(dir string) (Holder, error) {
	b, err := os.ReadFile(filepath.Join(dir, holderName))
	if err != nil {
		return Holder{}, fault.Wrap(fault.NotFound, err, "Nobody uses the data folder.")
	}
	var h Holder
	if err := json.Unmarshal(b, &h); err != nil {
		return Holder{}, fault.Wrap(fault.NotFound, err, "It is not known who uses the data folder.")
	}
	return h, nil
}

// String names the holder for people.
func (h Holder) String() string {
	switch {
	case h.PID == 0:
		return "another process"
	case h.Address != "":
		return fmt.Sprintf("%q (process %d), which answers at %s", h.Command, h.PID, h.Address)
	default:
		return fmt.Sprintf("%q (process %d)", h.Command, h.PID)
	}
}
