package api

import (
	"context"
	"errors"
	"hash/crc32"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/live"
)

// Server answers HTTP. New starts nothing; Run does what has to be done in the
// background. Handler may be served on any listener, before or after Run began.
type Server struct {
	Parts
	opts     Options
	ws       bot.WorkspaceID
	public   *url.URL // nil: not configured
	log      *slog.Logger
	metrics  *Metrics
	limits   *limits
	names    *names
	begun    begun
	router   *gin.Engine
	api      huma.API
	upgrader websocket.Upgrader
	pools    *pools
	zh       *tongue
	draining atomic.Bool
	began    time.Time      // on the process's clock
	sockets  sync.WaitGroup // readers of sockets

	seenMu sync.Mutex                // guards seen
	seen   map[bot.AgentID]time.Time // last request of an agent's console

	inboxesMu sync.Mutex // guards inboxes
	inboxes   map[string]cachedInbox

	bots botChats

	reports madeReports
}

type cachedInbox struct {
	inbox account.Inbox
	until time.Time
}

// quiet takes gin's debug output away, once a process: its mode is a global.
var quiet = sync.OnceFunc(func() { gin.SetMode(gin.ReleaseMode) })

// New returns a server. Error: Invalid when a part is missing or an option
// cannot be used.
func New(parts Parts, o *Options) (*Server, error) {
	for name, missing := range map[string]bool{
		"Engine": parts.Engine == nil, "Timeline": parts.Timeline == nil, "Runs": parts.Runs == nil, "Traces": parts.Traces == nil,
		"Lists": parts.Lists == nil, "Desk": parts.Desk == nil, "Library": parts.Library == nil, "Accounts": parts.Accounts == nil,
		"Uploads": parts.Uploads == nil, "Hub": parts.Hub == nil, "Frames": parts.Frames == nil, "Metrics": parts.Metrics == nil,
		"Ready": parts.Ready == nil, "Now": parts.Now == nil,
	} {
		if missing {
			return nil, fault.New(fault.Invalid, "A server needs the part %s.", name)
		}
	}
	s := &Server{Parts: parts, log: parts.Logger, metrics: parts.Metrics, names: parts.Frames.names, inboxes: make(map[string]cachedInbox), seen: make(map[bot.AgentID]time.Time), began: time.Now()}
	if o != nil {
		s.opts = *o
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.ws = s.opts.Workspace; s.ws == "" {
		s.ws = id.DefaultWorkspace
	}
	if s.opts.ImportBytes <= 0 {
		s.opts.ImportBytes = 1 << 30
	}
	if s.opts.Hello <= 0 {
		s.opts.Hello = 5 * time.Second
	}
	if s.opts.Write <= 0 {
		s.opts.Write = 5 * time.Second
	}
	if s.opts.Drain <= 0 {
		s.opts.Drain = 15 * time.Second
	}
	if s.opts.Version == "" {
		s.opts.Version = "development"
	}
	if s.opts.PublicURL != "" {
		u, err := url.Parse(s.opts.PublicURL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, fault.New(fault.Invalid, "The public URL must be http or https with a host, not %q.", s.opts.PublicURL)
		}
		s.public = u
	}
	s.pools = newPools()
	var err error
	if s.zh, err = readTongue(problemsZH); err != nil {
		return nil, err
	}
	s.limits = newLimits(s.opts.Limits, parts.Now, parts.Counter)
	s.upgrader = websocket.Upgrader{
		HandshakeTimeout: 5 * time.Second,
		ReadBufferSize:   0, // the line's
		WriteBufferSize:  1 << 10,
		WriteBufferPool:  &sync.Pool{},
		CheckOrigin:      func(*http.Request) bool { return true }, // socketOrigin has looked before
		Error: func(w http.ResponseWriter, r *http.Request, status int, reason error) {
			s.refuse(w, r, fault.Wrap(fault.Invalid, reason, "This is not a WebSocket handshake."))
		},
	}

	quiet()
	s.router = gin.New()
	s.router.HandleMethodNotAllowed = true
	s.router.ContextWithFallback = true
	s.router.UseRawPath = true // names of intents may hold a slash
	s.router.RemoteIPHeaders = []string{"X-Forwarded-For"}
	var proxies []string
	for _, p := range s.opts.TrustedProxies {
		proxies = append(proxies, p.String())
	}
	if err := s.router.SetTrustedProxies(proxies); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "The trusted proxies cannot be read.")
	}
	s.router.Use(s.begin)
	s.router.NoRoute(func(c *gin.Context) {
		s.refuse(c.Writer, c.Request, fault.New(fault.NotFound, "There is nothing here."))
	})
	s.router.NoMethod(func(c *gin.Context) {
		s.refuse(c.Writer, c.Request, &Problem{
			Type: "about:blank", Title: http.StatusText(http.StatusMethodNotAllowed),
			Status: http.StatusMethodNotAllowed, Detail: "This address does not take " + c.Request.Method + ".", Code: codeOf(http.StatusMethodNotAllowed),
		})
	})
	if err := s.register(); err != nil {
		return nil, err
	}
	if err := s.plainRoutes(); err != nil {
		return nil, err
	}
	return s, nil
}

// plainRoutes are those that speak no JSON of ours.
func (s *Server) plainRoutes() error {
	r := s.router
	r.GET(base+"/socket", func(c *gin.Context) { s.connect(c.Writer, c.Request) })
	r.OPTIONS(base+"/visitor/*path", func(c *gin.Context) { s.preflight(c.Writer, c.Request) })
	r.OPTIONS(base+"/uploads/*path", func(c *gin.Context) { s.preflight(c.Writer, c.Request) })
	r.OPTIONS(base+"/uploads", func(c *gin.Context) { s.preflight(c.Writer, c.Request) })
	description, err := s.api.OpenAPI().MarshalJSON()
	if err != nil {
		return fault.Wrap(fault.Internal, err, "The API cannot be described.")
	}
	r.GET("/openapi.json", func(c *gin.Context) { c.Data(http.StatusOK, "application/vnd.oai.openapi+json", description) })
	r.GET("/healthz", func(c *gin.Context) { c.String(http.StatusOK, "ok\n") })
	r.GET("/readyz", s.readyz)
	if s.Gatherer != nil {
		h := promhttp.HandlerFor(s.Gatherer, promhttp.HandlerOpts{})
		r.GET("/metrics", func(c *gin.Context) { h.ServeHTTP(c.Writer, c.Request) })
	}
	return s.staticRoutes()
}

// begin is the first middleware: it names the request, says who calls from
// where, sets the headers of every answer, and catches panics.
func (s *Server) begin(c *gin.Context) {
	start := time.Now()
	ca := &call{request: id.New(), address: c.ClientIP(), chinese: readsChinese(c.GetHeader("Accept-Language"))}
	ctx, traced := s.span(c)
	c.Request = c.Request.WithContext(context.WithValue(ctx, callKey{}, ca))
	ca.r, ca.w = c.Request, c.Writer
	h := c.Writer.Header()
	h.Set("X-Request-ID", ca.request)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	if s.secure(c.Request) {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	defer func() {
		if p := recover(); p != nil {
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			s.log.Error("a handler panicked", "request_id", ca.request, "panic", p, "stack", string(debug.Stack()))
			if !c.Writer.Written() {
				s.refuse(c.Writer, c.Request, fault.New(fault.Internal, "Something went wrong on our side."))
			}
		}
		route := c.FullPath()
		if route == "" {
			route = "none"
		}
		s.metrics.request(c.Request.Method, route, c.Writer.Status(), time.Since(start))
		traced(c.Writer.Status())
	}()
	c.Next()
}

// span begins the trace of a call of the API. Sockets have none: they last, and
// what they send is traced where it is stored.
func (s *Server) span(c *gin.Context) (context.Context, func(status int)) {
	route := c.FullPath()
	if s.Spans == nil || !strings.HasPrefix(route, base+"/") || route == base+"/socket" {
		return c.Request.Context(), func(int) {}
	}
	return s.Spans.Request(c.Request.Context(), c.Request.Method, route)
}

// Handler returns what answers requests.
func (s *Server) Handler() http.Handler { return s.router }

// HTTPServer returns an http.Server around the handler with time limits that
// keep slow senders from holding connections.
func (s *Server) HTTPServer() *http.Server {
	return &http.Server{
		Handler:           s.router,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       uploadTime + 10*time.Second, // uploads on slow lines
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

// How often Run does what.
const (
	beatEvery    = 2 * time.Second  // what was heard of agents since is stored: as a sign of life it is as old as that, at most
	sessionEvery = 2 * time.Second  // are the sessions behind sockets still there
	sessionTurns = 30               // of these, in which each visitor's is looked at once; alone, each agent's too
	hereEvery    = 15 * time.Second // who is connected here, for the consoles of other nodes
	sweepEvery   = 10 * time.Minute // limits and files that nobody knows
)

// Run does the server's background work until ctx ends, then waits for the
// readers of sockets; those end when the hub's Run ends.
func (s *Server) Run(ctx context.Context) error {
	for _, sync := range []func(context.Context) error{s.syncAgents, s.syncHours} {
		if err := sync(ctx); err != nil && ctx.Err() == nil {
			return err
		}
	}
	if s.Here != nil {
		here := time.NewTicker(hereEvery)
		defer here.Stop()
		var telling sync.WaitGroup
		defer telling.Wait()
		ended := ctx.Done()
		telling.Go(func() {
			for {
				s.Here.Refresh(ctx, s.Hub.Visitors(s.ws))
				select {
				case <-here.C:
				case <-ended:
					return
				}
			}
		})
	}
	turn := 0
	beat, session, sweep := time.NewTicker(beatEvery), time.NewTicker(sessionEvery), time.NewTicker(sweepEvery)
	defer beat.Stop()
	defer session.Stop()
	defer sweep.Stop()
	for {
		select {
		case <-beat.C:
			if err := s.Desk.Beat(ctx, s.ws, s.aliveAgents()); err != nil && ctx.Err() == nil {
				s.log.Warn("signs of life were not stored", "error", err)
			}
		case <-session.C:
			turn++
			s.checkSessions(ctx, turn)
		case <-sweep.C:
			s.limits.sweep()
			if n, err := s.Uploads.Sweep(ctx); err != nil && ctx.Err() == nil {
				s.log.Warn("left-over files were not removed", "error", err)
			} else if n > 0 {
				s.log.Info("left-over files were removed", "files", n)
			}
		case <-ctx.Done():
			s.sockets.Wait()
			return nil
		}
	}
}

// lately is how long somebody's calls may be apart for the beats to take them: a
// console without a socket polls every few seconds.
const lately = 15 * time.Second

// alive notes that an agent's console called. The first call after a silence
// counts at once: the desk must not think of somebody who just took a chat as gone.
func (s *Server) alive(ctx context.Context, a bot.AgentID) error {
	now := s.Now()
	s.seenMu.Lock()
	before := s.seen[a]
	s.seen[a] = now
	s.seenMu.Unlock()
	if now.Sub(before) < lately {
		return nil
	}
	return s.Desk.Beat(ctx, s.ws, []bot.AgentID{a})
}

// aliveAgents are those who were heard since the last look. Whoever is silent with an
// open socket is not: the machine may be asleep.
func (s *Server) aliveAgents() []bot.AgentID {
	const within = beatEvery + time.Second // the hub counts in seconds
	out := s.Hub.Agents(s.ws, within)
	now := s.Now()
	s.seenMu.Lock()
	defer s.seenMu.Unlock()
	for a, at := range s.seen {
		switch silent := now.Sub(at); {
		case silent >= lately:
			delete(s.seen, a)
		case silent < within && !slices.Contains(out, a):
			out = append(out, a)
		}
	}
	return out
}

// online reports whether a visitor is connected: to this node for certain, to
// another as far as is known; nil: not known. Alone, this node knows all.
func (s *Server) online(ctx context.Context, visitor bot.VisitorID) *bool {
	online := s.Hub.Online(s.ws, visitor)
	if online || s.Hub.Mode() == "alone" {
		return &online
	}
	if s.Here == nil {
		return nil
	}
	online, ok := s.Here.Online(ctx, string(visitor))
	if !ok {
		return nil
	}
	return &online
}

// checkSessions closes the sockets of those whose session is over. This node
// hears at once of the sessions that it ends itself, and by the bus of those that
// others end; a frame that was lost leaves an agent's socket open for one turn at
// most, and a visitor's, of which there are many, for thirty.
func (s *Server) checkSessions(ctx context.Context, turn int) {
	ctx, cancel := context.WithTimeout(ctx, sessionEvery)
	defer cancel()
	among := s.Hub.Mode() != "alone"
	over := map[string]bool{}
	s.Hub.Each(func(p *live.Peer) {
		w := p.Who()
		due := (turn+int(crc32.ChecksumIEEE([]byte(w.Session))))%sessionTurns == 0
		if ctx.Err() != nil || !due && (!among || w.View != bot.ViewAgent) || !among && w.View != bot.ViewAgent {
			return
		}
		ended, known := over[w.Session]
		if !known {
			var err error
			if w.View == bot.ViewAgent {
				_, err = s.Accounts.StillSignedIn(ctx, w.Session)
			} else {
				err = s.Accounts.StillHere(ctx, w.Session)
			}
			ended = fault.Is(err, fault.Unauthenticated)
			over[w.Session] = ended
		}
		if ended {
			p.Close(live.CloseExpired, "session ended")
		}
	})
}

// Drain has the server refuse new sockets and report itself as not ready, waits
// for a proxy to notice, and then sends the open sockets away over a time that
// fits their number. It returns when all have been told or ctx ends; requests
// under way go on.
func (s *Server) Drain(ctx context.Context) {
	s.draining.Store(true)
	s.metrics.draining.Set(1)
	s.Hub.Refuse()
	if s.opts.Notice > 0 {
		notice := time.NewTimer(s.opts.Notice)
		defer notice.Stop()
		select {
		case <-notice.C:
		case <-ctx.Done():
		}
	}
	agents, visitors := s.Hub.Peers()
	// 400 sockets a second: well below what a node that takes them over admits.
	window := min(s.opts.Drain, time.Duration(agents+visitors)*time.Second/400)
	s.Hub.Drain(ctx, window)
}

// inbox returns an inbox, at most two seconds old.
func (s *Server) inbox(ctx context.Context, name string) (account.Inbox, error) {
	now := s.Now()
	s.inboxesMu.Lock()
	c, ok := s.inboxes[name]
	s.inboxesMu.Unlock()
	if ok && now.Before(c.until) {
		return c.inbox, nil
	}
	in, err := s.Accounts.Inbox(ctx, s.ws, name)
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			return account.Inbox{}, fault.New(fault.NotFound, "There is no such inbox.")
		}
		return account.Inbox{}, err
	}
	s.inboxesMu.Lock()
	s.inboxes[name] = cachedInbox{in, now.Add(2 * time.Second)}
	s.inboxesMu.Unlock()
	return in, nil
}

func (s *Server) forgetInboxes() {
	s.inboxesMu.Lock()
	clear(s.inboxes)
	s.inboxesMu.Unlock()
}

// anyInboxAllows reports whether a page of the origin may call for some inbox.
func (s *Server) anyInboxAllows(ctx context.Context, origin string) bool {
	if origin == "" || origin == "null" {
		return false
	}
	list, err := s.Accounts.Inboxes(ctx, s.ws)
	if err != nil {
		s.log.Warn("inboxes could not be read", "error", err)
		return false
	}
	for _, in := range list {
		if in.Allows(origin) {
			return true
		}
	}
	return false
}

// missing answers for a part that this server was built without.
func missing(what string) error {
	return fault.Wrap(fault.Unavailable, errors.New("part not wired"), "%s is not available here.", what)
}
