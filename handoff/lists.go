package handoff

import (
	"context"
	"encoding/json"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// ListStore keeps short lists that supervisors edit as a whole, such as the rules.
type ListStore interface {
	// List returns the stored list of that name and its version; "" and 0 when it was
	// never stored.
	List(ctx context.Context, ws bot.WorkspaceID, name string) (value string, version int64, err error)
	// PutList replaces the list of exactly that version, 0 for none, and returns the
	// new version. Error: Conflict when it moved on.
	PutList(ctx context.Context, ws bot.WorkspaceID, name, value string, version int64) (int64, error)
}

// The names of the lists.
const (
	listRules = "rules"
	listCodes = "codes"
)

// readList decodes a list.
func readList[T any](ctx context.Context, s ListStore, ws bot.WorkspaceID, name string) (items []T, version int64, err error) {
	value, version, err := s.List(ctx, ws, name)
	if err != nil || value == "" {
		return nil, version, err
	}
	if err := json.Unmarshal([]byte(value), &items); err != nil {
		return nil, version, fault.Wrap(fault.Internal, err, "The stored list of %s cannot be read.", name)
	}
	return items, version, nil
}

func writeList[T any](ctx context.Context, s ListStore, ws bot.WorkspaceID, name string, items []T, version int64) (int64, error) {
	value, err := json.Marshal(items)
	if err != nil {
		return 0, fault.Wrap(fault.Internal, err, "The list of %s cannot be stored.", name)
	}
	return s.PutList(ctx, ws, name, string(value), version)
}
