package handoff

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Code says what a chat was about, for reports; an agent picks one when it ends.
type Code struct {
	ID   string
	Name string
	Off  bool `json:",omitempty"` // not to be picked any more; chats that have it keep it
}

// Bounds of wrap-up codes.
const (
	maxCodes    = 100
	maxCodeName = 60 // characters
)

// Codes returns the workspace's wrap-up codes in their order.
func (d *Desk) Codes(ctx context.Context, ws bot.WorkspaceID) (codes []Code, version int64, err error) {
	return readList[Code](ctx, d.store, ws, listCodes)
}

// PutCodes replaces the wrap-up codes, whose version the caller saw. New ones get
// an ID. Errors: Invalid; Conflict when somebody else saved meanwhile.
func (d *Desk) PutCodes(ctx context.Context, ws bot.WorkspaceID, codes []Code, version int64) ([]Code, int64, error) {
	if len(codes) > maxCodes {
		return nil, 0, fault.New(fault.Invalid, "There can be 100 codes, not %d.", len(codes)).WithField("codes", "at most 100")
	}
	codes = slices.Clone(codes)
	ids, names := map[string]bool{}, map[string]bool{}
	for i := range codes {
		c := &codes[i]
		c.Name = strings.TrimSpace(c.Name)
		field := "codes[" + strconv.Itoa(i) + "].name"
		if n := utf8.RuneCountInString(c.Name); n == 0 || n > maxCodeName {
			return nil, 0, fault.New(fault.Invalid, "Code %d needs a name of 1 to 60 characters.", i+1).WithField(field, "1 to 60 characters")
		}
		if key := strings.ToLower(c.Name); names[key] {
			return nil, 0, fault.New(fault.Invalid, "There are two codes “%s”.", c.Name).WithField(field, "is there twice")
		} else {
			names[key] = true
		}
		if c.ID == "" || ids[c.ID] {
			c.ID = id.New()
		}
		ids[c.ID] = true
	}
	version, err := writeList(ctx, d.store, ws, listCodes, codes, version)
	return codes, version, err
}

// code returns a wrap-up code that may be picked, "" being none, and whether there
// are any. Error: Invalid.
func (d *Desk) code(ctx context.Context, ws bot.WorkspaceID, code string) (picked Code, any bool, err error) {
	codes, _, err := d.Codes(ctx, ws)
	if err != nil {
		return Code{}, false, err
	}
	codes = slices.DeleteFunc(codes, func(c Code) bool { return c.Off })
	if code == "" {
		return Code{}, len(codes) > 0, nil
	}
	i := slices.IndexFunc(codes, func(c Code) bool { return c.ID == code })
	if i < 0 {
		return Code{}, false, fault.New(fault.Invalid, "There is no such wrap-up code any more. Pick another one.").WithField("code", "is not in the list")
	}
	return codes[i], true, nil
}
