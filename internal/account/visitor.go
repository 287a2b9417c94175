package account

import (
	"context"
	"maps"
	"reflect"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Visitor is a person on somebody's site.
type Visitor struct {
	Workspace id.Workspace
	ID        string // UUIDv7
	Inbox     string
	External  string // the site's own ID of the person, verified by its signature; "" for strangers
	Name      string // verified; "" for strangers
	Email     string // verified; "" for strangers
	Language  string // "en", "zh" or ""
	CreatedAt time.Time
	UpdatedAt time.Time

	Attributes map[string]string // verified, such as "tier": "vip"; none for strangers
}

// same reports whether nothing differs.
func (v Visitor) same(w Visitor) bool {
	a, b := v.Attributes, w.Attributes
	v.Attributes, w.Attributes = nil, nil
	return maps.Equal(a, b) && reflect.DeepEqual(v, w)
}

// VisitorSession is a visitor's session as stored.
type VisitorSession struct {
	Hash      string // of the token
	Workspace id.Workspace
	Visitor   string
	Inbox     string
	CreatedAt time.Time
	Expires   time.Time
}

// VisitorCaller is a visitor with a valid session.
type VisitorCaller struct {
	Visitor Visitor
	Inbox   string
	Session string // hash of the token
	Expires time.Time
}

// Arrival is what a browser says to become a visitor.
type Arrival struct {
	Workspace id.Workspace
	Inbox     string
	Identity  string // JWT; "" for strangers
	Language  string // "en", "zh" or ""
	Token     string // of the session this browser has; "" none. Its conversations follow a stranger who says who they are
}

// Arrive makes a visitor session; token is what the browser keeps. A browser
// that has a session and brings nothing new keeps it, token and all: its other
// tabs hold the same token. One whose visitor becomes somebody gets a new token,
// and the old one ends.
// Errors: NotFound for an unknown inbox; Unauthenticated when the identity token
// is refused; Conflict when it was used before.
func (d *Directory) Arrive(ctx context.Context, ar Arrival) (token string, c VisitorCaller, in Inbox, err error) {
	in, err = d.store.Inbox(ctx, ar.Workspace, ar.Inbox)
	if err != nil {
		return "", VisitorCaller{}, Inbox{}, err
	}
	now := d.now()
	var had VisitorCaller
	if ar.Token != "" {
		had, err = d.Visitor(ctx, ar.Token)
		if err != nil && !fault.Is(err, fault.Unauthenticated) {
			return "", VisitorCaller{}, Inbox{}, err
		}
		if had.Inbox != in.ID {
			had = VisitorCaller{}
		}
	}
	fresh := Visitor{Workspace: ar.Workspace, ID: id.New(), Inbox: in.ID, Language: ar.Language, CreatedAt: now, UpdatedAt: now}
	v, merge, spent := fresh, "", Spent{}
	if ar.Identity == "" {
		if had.Visitor.ID != "" {
			v = had.Visitor
		}
	} else {
		who, err := in.identity(ar.Identity, now)
		if err != nil {
			return "", VisitorCaller{}, Inbox{}, err
		}
		if had.Visitor.External != who.External {
			// A browser that is this person already gains nothing by the token; a page
			// that was kept in a cache may show it again.
			spent = Spent{Hash: hashToken(ar.Identity), Expires: who.Expires}
		}
		known, err := d.store.VisitorByExternal(ctx, ar.Workspace, in.ID, who.External)
		stranger := had.Visitor.ID != "" && had.Visitor.External == ""
		switch {
		case err == nil:
			v = known
			if stranger {
				merge = had.Visitor.ID
			}
		case !fault.Is(err, fault.NotFound):
			return "", VisitorCaller{}, Inbox{}, err
		case stranger:
			v = had.Visitor
		}
		v.External, v.Name, v.Email, v.Attributes, v.UpdatedAt = who.External, who.Name, who.Email, who.Attributes, now
	}
	if ar.Language != "" {
		v.Language = ar.Language
	}
	if had.Visitor.ID != "" && had.Visitor.ID == v.ID && had.Visitor.External == v.External {
		if !v.same(had.Visitor) {
			if err := d.store.PutVisitor(ctx, v, VisitorSession{}, Spent{}); err != nil {
				return "", VisitorCaller{}, Inbox{}, err
			}
		}
		had.Visitor = v
		return ar.Token, had, in, nil
	}
	token = newToken()
	s := VisitorSession{
		Hash: hashToken(token), Workspace: ar.Workspace, Visitor: v.ID, Inbox: in.ID,
		CreatedAt: now, Expires: now.Add(VisitorLife),
	}
	if err := d.store.PutVisitor(ctx, v, s, spent); err != nil {
		return "", VisitorCaller{}, Inbox{}, err
	}
	if merge != "" {
		if err := d.store.MergeVisitor(ctx, ar.Workspace, merge, v.ID); err != nil {
			return "", VisitorCaller{}, Inbox{}, err
		}
	}
	if had.Session != "" {
		// Who held the old token must not become the person who signed in. Failing to
		// remove it is told, because it matters.
		if err := d.store.DeleteVisitorSession(ctx, had.Session); err != nil {
			return "", VisitorCaller{}, Inbox{}, err
		}
	}
	return token, VisitorCaller{Visitor: v, Inbox: in.ID, Session: s.Hash, Expires: s.Expires}, in, nil
}

// Visitor returns who holds a visitor token and renews it. Error:
// Unauthenticated when there is no such session or it ended.
func (d *Directory) Visitor(ctx context.Context, token string) (VisitorCaller, error) {
	over := fault.New(fault.Unauthenticated, "The visitor session has ended. Start a new one.")
	if token == "" {
		return VisitorCaller{}, over
	}
	s, v, err := d.store.VisitorSession(ctx, hashToken(token))
	if fault.Is(err, fault.NotFound) {
		return VisitorCaller{}, over
	}
	if err != nil {
		return VisitorCaller{}, err
	}
	now := d.now()
	if !now.Before(s.Expires) {
		return VisitorCaller{}, over
	}
	if ends := now.Add(VisitorLife); ends.Sub(s.Expires) >= extendVisitorDay {
		if err := d.store.ExtendVisitorSession(ctx, s.Hash, ends); err != nil {
			d.log.Warn("visitor session was not renewed", "error", err)
		} else {
			s.Expires = ends
		}
	}
	return VisitorCaller{Visitor: v, Inbox: s.Inbox, Session: s.Hash, Expires: s.Expires}, nil
}

// StillHere reports whether a visitor's session goes on, without renewing it; for
// sockets, which outlive the request that opened them. Error: Unauthenticated.
func (d *Directory) StillHere(ctx context.Context, session string) error {
	s, _, err := d.store.VisitorSession(ctx, session)
	if fault.Is(err, fault.NotFound) || err == nil && !d.now().Before(s.Expires) {
		return fault.New(fault.Unauthenticated, "The visitor session has ended. Start a new one.")
	}
	return err
}

// Leave ends a visitor session.
func (d *Directory) Leave(ctx context.Context, session string) error {
	return d.store.DeleteVisitorSession(ctx, session)
}

// VisitorByID returns a visitor for people of the workspace. Error: NotFound.
func (d *Directory) VisitorByID(ctx context.Context, ws id.Workspace, visitor string) (Visitor, error) {
	return d.store.Visitor(ctx, ws, visitor)
}
