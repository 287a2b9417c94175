package api

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// call is what is known of one request. It is made by the first middleware and
// belongs to that request's goroutine.
type call struct {
	request string // names the request in log and answer
	address string // where it comes from, behind trusted proxies
	visitor *account.VisitorCaller
	console *account.Caller
	chinese bool // whoever reads what went wrong reads Chinese
	r       *http.Request
	w       http.ResponseWriter
}

type callKey struct{}

// callOf returns the call of a request's context; an empty one outside.
func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{}
}

// agent returns the caller as an author.
func (c *call) agent() bot.Author {
	return bot.Author{Kind: bot.AuthorAgent, ID: c.console.Account.ID, Name: c.console.Account.Name}
}

func (c *call) agentID() bot.AgentID { return bot.AgentID(c.console.Account.ID) }

func (c *call) visitorID() bot.VisitorID { return bot.VisitorID(c.visitor.Visitor.ID) }

// cookie names. The prefix has browsers insist on Secure, on this host and on
// Path=/; loopback over plain HTTP cannot have it.
const (
	secureCookie = "__Host-frontdesk"
	plainCookie  = "frontdesk"
)

// own returns the origin under which the browser reached this server.
func (s *Server) own(r *http.Request) string {
	scheme := "http"
	switch {
	case r.TLS != nil:
		scheme = "https"
	case s.trusted(r) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https"):
		scheme = "https"
	case s.public != nil && s.public.Host == r.Host:
		scheme = s.public.Scheme // behind a proxy that ends TLS and keeps the host
	}
	return scheme + "://" + strings.ToLower(r.Host)
}

// isOwn reports whether an Origin is this server's.
func (s *Server) isOwn(r *http.Request, origin string) bool {
	return origin == s.own(r) || s.public != nil && origin == s.public.Scheme+"://"+s.public.Host
}

// trusted reports whether the peer is a configured proxy.
func (s *Server) trusted(r *http.Request) bool {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	addr := ap.Addr().Unmap()
	for _, p := range s.opts.TrustedProxies {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// secure reports whether the browser talks TLS.
func (s *Server) secure(r *http.Request) bool { return strings.HasPrefix(s.own(r), "https://") }

// loopback reports whether the browser and the server are one machine: only then
// may a session travel without TLS.
func loopback(r *http.Request) bool {
	u, err := url.Parse("http://" + r.Host)
	if err != nil {
		return false
	}
	if u.Hostname() == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(u.Hostname())
	return err == nil && a.IsLoopback()
}

// sessionCookie returns the console's token.
func (s *Server) sessionCookie(r *http.Request) string {
	name := plainCookie
	if s.secure(r) {
		name = secureCookie
	}
	if c, err := r.Cookie(name); err == nil {
		return c.Value
	}
	return ""
}

// bearer returns the token of the Authorization header.
func bearer(r *http.Request) string {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// writes reports whether the method changes something.
func writes(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

var errOrigin = fault.New(fault.Denied, "This page may not call the server.")

// browserOrigin checks where a browser's request comes from. A request that
// names no origin is refused when it looks like a browser's, unless the browser
// itself says that it comes from our own pages.
func (s *Server) browserOrigin(r *http.Request, allows func(origin string) bool) error {
	origin := r.Header.Get("Origin")
	if origin == "" {
		site := r.Header.Get("Sec-Fetch-Site")
		if site == "" || site == "same-origin" || site == "none" && !writes(r.Method) {
			return nil // no browser, our own page, or a link that was typed in
		}
		return errOrigin
	}
	if s.isOwn(r, origin) || allows != nil && origin != "null" && allows(origin) {
		return nil
	}
	return errOrigin
}

// admit finds out who calls a route and whether they may.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, rt route) error {
	c := callOf(r.Context())
	if wait := s.limits.requests.take(c.address); wait > 0 {
		s.metrics.limited("requests")
		return tooMuch(wait, "Too many requests. Try again in a moment.")
	}
	if rt.who == everyone {
		return nil // the handler looks at the origin, because the inbox decides
	}
	if rt.who&visitor != 0 && (bearer(r) != "" || rt.who == visitor) {
		v, err := s.Accounts.Visitor(r.Context(), bearer(r))
		if err != nil {
			return err
		}
		in, err := s.inbox(r.Context(), v.Inbox)
		if err != nil {
			return err
		}
		if err := s.browserOrigin(r, in.Allows); err != nil {
			return err
		}
		s.allowCrossOrigin(w, r)
		c.visitor = &v
		return nil
	}
	caller, err := s.Accounts.Caller(r.Context(), s.sessionCookie(r))
	if err != nil {
		return err
	}
	if err := s.browserOrigin(r, nil); err != nil {
		return err
	}
	if writes(r.Method) && !caller.CheckCSRF(r.Header.Get("X-CSRF-Token")) {
		return fault.New(fault.Denied, "The X-CSRF-Token header is missing or wrong. Load the page again.")
	}
	c.console = &caller
	if !rt.who.admits(caller.Account) {
		return fault.New(fault.Denied, "Your account may not do this.")
	}
	if caller.Account.TakesChats() {
		return s.alive(r.Context(), c.agentID())
	}
	return nil
}

// allowCrossOrigin lets a page of an inbox's site read the answer.
func (s *Server) allowCrossOrigin(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	if origin == "" || s.isOwn(r, origin) {
		return
	}
	w.Header().Set("Access-Control-Allow-Origin", origin)
	w.Header().Add("Vary", "Origin")
	w.Header().Set("Access-Control-Expose-Headers", "Retry-After, X-Request-ID")
}
