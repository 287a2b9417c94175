package api

import (
	"context"
	"net/http"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/live"
)

// Account is somebody who signs in.
type Account struct {
	ID        string   `json:"id"`
	Email     string   `json:"email"`
	Name      string   `json:"name"`
	Roles     []string `json:"roles"`
	Skills    []string `json:"skills"`
	Capacity  int      `json:"capacity"`
	Weight    int      `json:"weight" doc:"Share of chats among equals; 100 is normal."`
	Ramp      int      `json:"ramp_s" doc:"How long the chats at once grow from one to all when somebody new comes on duty, or is back after an hour and more, in seconds."`
	Disabled  bool     `json:"disabled"`
	CreatedAt Time     `json:"created_at"`
}

// Session is who is signed in, with what the console needs first.
type Session struct {
	Account   Account   `json:"account"`
	CSRF      string    `json:"csrf" doc:"Writes carry it in the header X-CSRF-Token."`
	ExpiresAt Time      `json:"expires_at"`
	Agent     *Agent    `json:"agent,omitempty"`
	Inboxes   []Named   `json:"inboxes"`
	Workspace Workspace `json:"workspace"`
	Translate bool      `json:"translate,omitempty" doc:"A language model translates what visitors and agents write."`
}

// Named is a thing with a name.
type Named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Workspace names whom this installation serves.
type Workspace struct {
	Name string `json:"name"`
}

func accountOf(a account.Account) Account {
	out := Account{ID: a.ID, Email: a.Email, Name: a.Name, Roles: []string{}, Skills: some(a.Skills), Capacity: a.Capacity, Weight: a.Weight, Ramp: int(a.Ramp / time.Second), Disabled: a.Disabled, CreatedAt: Time{a.CreatedAt}}
	for _, r := range a.Roles {
		out.Roles = append(out.Roles, string(r))
	}
	return out
}

type signInIn struct {
	Body struct {
		Email    string `json:"email" maxLength:"254"`
		Password string `json:"password" maxLength:"1024"`
	}
}

type signInOut struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      Session
}

type signOutOut struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

func (s *Server) sessionRoutes(g *registrar) {
	handle(g, "POST", "/sessions", s.signIn, body(8<<10))
	handle(g, "GET", "/sessions/current", func(ctx context.Context, _ *empty) (*bodyOf[Session], error) {
		out, err := s.session(ctx, *callOf(ctx).console)
		return &bodyOf[Session]{out}, err
	})
	handle(g, "DELETE", "/sessions/current", func(ctx context.Context, _ *empty) (*signOutOut, error) {
		c := callOf(ctx)
		if err := s.Accounts.SignOut(ctx, c.console.Session); err != nil {
			return nil, err
		}
		s.Hub.CloseSession(c.console.Session, live.CloseExpired, "signed out")
		if !s.elsewhere(c.agentID(), c.console.Session) {
			s.offDuty(ctx, c.console.Account.ID)
		}
		return &signOutOut{s.cookie(c.r, "", time.Unix(1, 0))}, nil
	}, status(http.StatusNoContent))
}

// elsewhere reports whether another console of the agent is open, as far as this node
// knows. One on another node shows that its agent went off duty.
func (s *Server) elsewhere(agent bot.AgentID, session string) (open bool) {
	s.Hub.Each(func(p *live.Peer) {
		if w := p.Who(); w.Workspace == s.ws && w.Agent == agent && w.Session != session {
			open = true
		}
	})
	return open
}

// cookie returns the session's cookie.
func (s *Server) cookie(r *http.Request, token string, expires time.Time) http.Cookie {
	c := http.Cookie{Name: plainCookie, Value: token, Path: "/", Expires: expires, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if s.secure(r) {
		c.Name, c.Secure = secureCookie, true
	}
	return c
}

// signIn makes a console session. Every refusal for what was typed in is the same.
func (s *Server) signIn(ctx context.Context, in *signInIn) (*signInOut, error) {
	c := callOf(ctx)
	if err := s.browserOrigin(c.r, nil); err != nil {
		return nil, err
	}
	if !s.secure(c.r) && !loopback(c.r) {
		return nil, fault.New(fault.Denied, "Signing in needs HTTPS. Put a proxy with a certificate in front, and set the public URL or the trusted proxies.")
	}
	if wait := s.limits.signIns.take(c.address); wait > 0 {
		s.metrics.limited("sign_ins")
		return nil, tooMuch(wait, "Too many tries to sign in. Wait a moment.")
	}
	token, caller, err := s.Accounts.SignIn(ctx, s.ws, in.Body.Email, in.Body.Password, c.address)
	if err != nil {
		return nil, err
	}
	// A session that this browser had is replaced: one cookie, one session.
	if old, err := s.Accounts.Caller(ctx, s.sessionCookie(c.r)); err == nil {
		if err := s.Accounts.SignOut(ctx, old.Session); err != nil {
			s.log.Warn("a replaced session was not ended", "request_id", c.request, "error", err)
		}
		s.Hub.CloseSession(old.Session, live.CloseExpired, "signed in again")
	}
	s.log.Info("signed in", "account_id", caller.Account.ID, "address", c.address)
	out, err := s.session(ctx, caller)
	if err != nil {
		return nil, err
	}
	return &signInOut{SetCookie: s.cookie(c.r, token, caller.Expires), Body: out}, nil
}

// session describes who is signed in.
func (s *Server) session(ctx context.Context, c account.Caller) (Session, error) {
	out := Session{Account: accountOf(c.Account), CSRF: c.CSRF, ExpiresAt: Time{c.Expires}, Inboxes: []Named{}, Workspace: Workspace{Name: string(s.ws)}, Translate: s.Engine.Translates()}
	boxes, err := s.Accounts.Inboxes(ctx, s.ws)
	if err != nil {
		return Session{}, err
	}
	for _, b := range boxes {
		out.Inboxes = append(out.Inboxes, Named{b.ID, b.Name})
	}
	if c.Account.TakesChats() {
		a, err := s.deskAgent(ctx, c.Account)
		if err != nil {
			return Session{}, err
		}
		wire := agentOf(a)
		out.Agent = &wire
	}
	return out, nil
}

// deskAgent returns the account's agent at the desk, which it makes if the
// account came to be while no server ran.
func (s *Server) deskAgent(ctx context.Context, a account.Account) (handoff.Agent, error) {
	all, err := s.Desk.Agents(ctx, s.ws)
	if err != nil {
		return handoff.Agent{}, err
	}
	for _, g := range all {
		if string(g.ID) == a.ID {
			return g, nil
		}
	}
	return s.putAgent(ctx, a)
}
