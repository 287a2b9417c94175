package account

import (
	"context"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Store is everything this package keeps. One engine type satisfies all four.
type Store interface {
	AccountStore
	SessionStore
	VisitorStore
	InboxStore
}

// AccountStore keeps accounts.
type AccountStore interface {
	// PutAccount inserts when a.Version is 0 and otherwise replaces the row of
	// exactly that version; the stored row has the version above it. Errors:
	// Conflict when the version moved or the e-mail address is taken; NotFound.
	PutAccount(ctx context.Context, a Account) (Account, error)
	// PutAccounts does so with several, all or none.
	PutAccounts(ctx context.Context, list []Account) ([]Account, error)
	// Account returns one account. Error: NotFound.
	Account(ctx context.Context, ws id.Workspace, account string) (Account, error)
	// AccountByEmail looks an account up by its normal address. Error: NotFound.
	AccountByEmail(ctx context.Context, ws id.Workspace, email string) (Account, error)
	// Accounts lists by e-mail address, those after the given one, at most limit.
	Accounts(ctx context.Context, ws id.Workspace, after string, limit int) ([]Account, error)
	// DeleteAccount removes an account and its sessions. Error: NotFound.
	DeleteAccount(ctx context.Context, ws id.Workspace, account string) error
}

// Session is a console session as stored.
type Session struct {
	Hash      string // of the token
	Workspace id.Workspace
	Account   string
	Address   string // where it signed in from
	CreatedAt time.Time
	SeenAt    time.Time // last use, to the minute
}

// SessionStore keeps console sessions.
type SessionStore interface {
	PutSession(ctx context.Context, s Session) error
	// Session returns a session with its account. Error: NotFound.
	Session(ctx context.Context, hash string) (Session, Account, error)
	// TouchSession sets SeenAt; a session that is gone stays gone.
	TouchSession(ctx context.Context, hash string, at time.Time) error
	// DeleteSession removes one session; none is no error.
	DeleteSession(ctx context.Context, hash string) error
	// DeleteSessions removes every session of an account except one; "" keeps none.
	DeleteSessions(ctx context.Context, ws id.Workspace, account, except string) error
	// SweepSessions removes sessions made before created or last seen before seen,
	// visitor sessions and spent identities that ended before now.
	SweepSessions(ctx context.Context, created, seen, now time.Time) error
}

// VisitorStore keeps visitors and their sessions.
type VisitorStore interface {
	// PutVisitor inserts or replaces the visitor and, when s.Hash is set, inserts
	// the session, in one transaction. When spent is set, that identity token is
	// marked as used in the same transaction. Error: Conflict when the token was
	// used before or another visitor of the inbox has the external ID.
	PutVisitor(ctx context.Context, v Visitor, s VisitorSession, spent Spent) error
	// VisitorSession returns a session with its visitor. Error: NotFound.
	VisitorSession(ctx context.Context, hash string) (VisitorSession, Visitor, error)
	// ExtendVisitorSession moves the end of a session.
	ExtendVisitorSession(ctx context.Context, hash string, expires time.Time) error
	// DeleteVisitorSession removes one session; none is no error.
	DeleteVisitorSession(ctx context.Context, hash string) error
	// Visitor returns one visitor. Error: NotFound.
	Visitor(ctx context.Context, ws id.Workspace, visitor string) (Visitor, error)
	// VisitorByExternal returns the visitor whom a site knows by that ID. Error: NotFound.
	VisitorByExternal(ctx context.Context, ws id.Workspace, inbox, external string) (Visitor, error)
	// MergeVisitor moves the conversations of one visitor to another and removes
	// the first with its sessions.
	MergeVisitor(ctx context.Context, ws id.Workspace, from, to string) error
}

// Spent marks an identity token as used. The zero Spent marks nothing.
type Spent struct {
	Hash    string
	Expires time.Time // of the token: after it the mark is not needed
}

// InboxStore keeps inboxes.
type InboxStore interface {
	// PutInbox inserts or replaces an inbox.
	PutInbox(ctx context.Context, in Inbox) error
	// Inbox returns one inbox. Error: NotFound.
	Inbox(ctx context.Context, ws id.Workspace, inbox string) (Inbox, error)
	// Inboxes lists the inboxes of a workspace by ID.
	Inboxes(ctx context.Context, ws id.Workspace) ([]Inbox, error)
}
