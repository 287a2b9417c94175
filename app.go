package frontdesk

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/jobs"
	"github.com/frontdesk-chat/frontdesk/internal/live"
	"github.com/frontdesk-chat/frontdesk/internal/mail"
	"github.com/frontdesk-chat/frontdesk/internal/redis"
	"github.com/frontdesk-chat/frontdesk/internal/sqlite"
	"github.com/frontdesk-chat/frontdesk/internal/telemetry"
	"github.com/frontdesk-chat/frontdesk/internal/upload"
	"github.com/frontdesk-chat/frontdesk/knowledge"
	"github.com/frontdesk-chat/frontdesk/training"
	"github.com/frontdesk-chat/frontdesk/web"
)

// App is one installation: everything that Config describes, wired. Open starts
// nothing; Run serves until its context ends. Close gives the data folder back.
type App struct {
	config Config
	set    settings
	log    *slog.Logger
	node   string        // this node's name
	redis  *redis.Client // nil: none is configured

	registry *prometheus.Registry
	metrics  *telemetry.Metrics
	tracer   *telemetry.Tracer // nil: no traces are configured

	lock      *sqlite.FolderLock
	db        *store
	encoder   encoder
	library   *knowledge.Library
	imports   *knowledge.Imports
	jobs      *jobs.Queue
	mind      *mind
	catalogue *training.Catalogue
	asked     *training.Embeddings
	checks    *training.Checks
	gate      *training.Gate
	review    *training.Review
	written   string // where the index stands in the feed of documents
	stale     int    // documents that the index lacks until they are cut and embedded anew
	engine    *bot.Engine
	desk      *handoff.Desk
	post      *mail.Post // nil: no mail server is configured
	accounts  *account.Directory
	uploads   *upload.Keeper
	hub       *live.Hub
	server    *api.Server
}

// Open takes the data folder, opens the store and the models, loads the index,
// and joins the rooms. Errors: Invalid for a configuration that does not fit;
// Conflict when another process holds the folder; Unavailable when the folder or
// a configured endpoint cannot be used.
func Open(ctx context.Context, c Config, options ...Option) (_ *App, err error) {
	if problems := c.Problems(); len(problems) > 0 {
		return nil, &fault.Error{Kind: fault.Invalid, Message: "The configuration has problems", Fields: problems}
	}
	a := &App{config: c, set: collect(c, options), node: nodeName(c.Server)}
	a.log = a.set.logger
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	if err = a.openTelemetry(ctx); err != nil {
		return nil, err
	}
	if a.encoder, err = newEncoder(ctx, c.Embedding); err != nil { // before the store, which may search its vectors
		return nil, err
	}
	if err = a.openStore(ctx); err != nil {
		return nil, err
	}
	a.encoder.embedder = telemetry.WatchEmbedder(a.metrics, a.tracer, a.encoder.embedder)
	if err := a.openKnowledge(ctx); err != nil {
		return nil, err
	}
	if err := a.openJobs(ctx); err != nil {
		return nil, err
	}
	if err := a.openServer(ctx); err != nil {
		return nil, err
	}
	return a, nil
}

// openKnowledge opens what reads and what finds: the library with its index, and
// the reader of utterances.
func (a *App) openKnowledge(ctx context.Context) error {
	index, err := knowledge.NewLocal(a.encoder, a.encoder.dim, &knowledge.LocalOptions{Now: a.set.now, Tokens: a.encoder.count, Vectors: a.db.vectors})
	if err != nil {
		return err
	}
	if a.db.changes != nil { // before the load: what is written while it runs comes again
		if a.written, err = a.db.changes.DocumentHead(ctx); err != nil {
			return err
		}
	}
	a.library = knowledge.NewLibrary(a.db.knowledge, a.encoder, index, a.set.now, a.log, &knowledge.Options{
		Cutter: knowledge.Cutter{Tokens: a.encoder.count}, Extractor: a.set.extractor, Judge: a.judgeKnowledge,
	})
	loaded, err := a.library.Load(ctx)
	if err != nil {
		return err
	}
	a.stale = loaded.Stale
	if a.mind, err = openMind(ctx, a.db.training, a.encoder, a.set.now, a.log); err != nil {
		return err
	}
	a.mind.index = index
	a.openCatalogue()
	a.imports = knowledge.NewImports(a.db.knowledge, a.library, filepath.Join(a.config.Storage.Dir, "imports"), a.set.now, a.log)
	a.openReview()
	return nil
}

// policy is the configured one.
func (a *App) policy() bot.Policy {
	if a.set.policy != nil {
		return *a.set.policy
	}
	return bot.DefaultPolicy().AnswerFrom(a.config.Policy.Answer)
}

// openServer joins engine, desk, hub and API.
func (a *App) openServer(ctx context.Context) error {
	metrics, err := api.NewMetrics(a.registry)
	if err != nil {
		return err
	}
	conversations := a.db.conversations
	alone := a.db.feed == nil // no other process works on this store
	bus, err := a.openBus(ctx, conversations, alone)
	if err != nil {
		return err
	}
	parts := a.parts()
	a.accounts = account.New(parts.accounts, a.set.now, &account.Options{Logger: a.log})
	frames := api.NewFrames(a.accounts, a.log)
	a.hub = live.New(conversations, frames, a.set.now, &live.Options{
		Bus: bus, Changes: a.db.feed, Offers: a.db.handoff, Logger: a.log, Count: metrics.Live, Delivered: metrics.Delivered,
	})
	models, err := models(a.config.LLM, a.set.models, a.metrics.Tokens)
	if err != nil {
		return err
	}
	policy := a.policy()
	rewriter, err := newRestater()
	if err != nil {
		return err
	}
	if a.post, err = a.config.Mail.post(); err != nil {
		return err
	}
	told := &observers{hub: a.hub}
	a.desk = handoff.New(a.db.handoff, conversations, told, a.set.now, a.log, &handoff.Options{
		OfferFor: a.config.Desk.OfferFor, Grace: a.config.Desk.GoneAfter,
		Idle:     handoff.Idle{After: a.config.Desk.IdleAfter, Share: a.config.Desk.IdleShare},
		Notifier: a.hub, Observer: a.metrics, Customers: customers{a.accounts},
		Seen: a.hub.Seen, Here: a.hub.VisitorWatches, Tickets: a.db.handoff, Mails: a.post != nil,
	})
	a.engine, err = bot.New(bot.Parts{
		Timeline: telemetry.Timeline(a.metrics, a.tracer, conversations), Runs: conversations, Understander: a.mind,
		Retriever: telemetry.Retriever(a.metrics, a.tracer, parts.retriever), Embedder: parts.embedder, Restater: rewriter,
		Escalator: a.desk, Publisher: spoken{a.hub, a.desk}, Translations: conversations, Observer: telemetry.Observer(a.metrics, a.tracer), Now: a.set.now, Logger: a.log,
	}, &bot.Options{
		Policy: &policy, Models: models, Limits: a.config.LLM.limits(), Deadline: a.config.LLM.TurnLimit, Owner: a.owner(), Alone: alone,
	})
	if err != nil {
		return err
	}
	told.engine = a.engine
	if a.uploads, err = upload.New(filepath.Join(a.config.Storage.Dir, "files"), a.db.uploads, a.set.now,
		&upload.Options{MaxBytes: int64(a.config.Limits.UploadMB) << 20}); err != nil {
		return err
	}
	proxies, err := prefixes(a.config.Server.TrustedProxies)
	if err != nil {
		return err
	}
	assets := api.Assets{Loader: web.Loader(), Widget: web.Widget(), Console: web.Console()}
	if a.config.Server.Demo {
		assets.Demo = web.Demo()
	}
	a.server, err = api.New(api.Parts{
		Engine: a.engine, Timeline: conversations, Runs: conversations, Traces: conversations, Lists: conversations,
		Desk: a.desk, Replies: handoff.NewReplies(a.db.replies, a.desk), Library: a.library, Imports: a.imports, Wake: a.jobs.Wake, Review: a.review,
		Checks: a.checks, Answerer: a.asItIs, Releases: a.db.training, Catalogue: a.catalogue,
		Accounts: a.accounts, Uploads: a.uploads, Hub: a.hub, Frames: frames, Metrics: metrics, Gatherer: a.registry, Assets: assets,
		Ready: a.ready, Spans: a.tracer, Counter: a.counter(), Here: a.here(), Policy: policy, Now: a.set.now, Logger: a.log,
	}, &api.Options{
		PublicURL: a.config.Server.PublicURL, TrustedProxies: proxies, Limits: a.limits(), Version: a.set.version, Node: a.node,
		Notice: a.notice(), Drain: drainSockets,
	})
	if err != nil {
		return err
	}
	return a.watch()
}

// spareFiles are kept from sockets for requests, the database and documents.
const spareFiles = 500

// sockets is how many sockets this process has files for: all but the spare ones,
// and half of them where there are fewer than 1,000. Negative: no limit is known.
func sockets(files int) int {
	if files == 0 {
		return -1
	}
	return max(files-spareFiles, files/2)
}

// limits are the configured ones, or none. What the system can hold, and how fast
// it takes sockets in, stay limits when they are asked for.
func (a *App) limits() api.Limits {
	l := a.config.Limits
	out := api.Limits{
		MessagesPerMinute: l.MessagesPerMinute, SocketsPerAddress: l.SocketsPerAddress, ConversationsPerHour: l.ConversationsPerHour,
		ConnectsPerSecond: l.SocketsPerSecond,
	}
	if !a.set.limits {
		out = api.Limits{
			MessagesPerMinute: -1, FramesPerSecond: -1, SocketsPerAddress: -1, ConnectsPerSecond: -1, ConversationsPerHour: -1,
			SessionsPerMinute: -1, SignInsPerMinute: -1, RequestsPerSecond: -1, UploadsPerMinute: -1,
		}
	}
	out.Sockets = sockets(fileLimit())
	if a.set.admit != 0 {
		out.ConnectsPerSecond = a.set.admit
	}
	return out
}

// prefixes reads addresses and CIDRs; Config.Problems has checked them.
func prefixes(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range list {
		if !strings.Contains(s, "/") {
			addr, err := netip.ParseAddr(s)
			if err != nil {
				return nil, fault.Wrap(fault.Invalid, err, "The trusted proxy %q is no address", s)
			}
			out = append(out, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "The trusted proxy %q is no CIDR", s)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// observers tells the hub's readers what the desk wrote, and the engine, so that
// a turn under way stops when a person takes over.
type observers struct {
	hub    *live.Hub
	engine *bot.Engine
}

var _ bot.Publisher = (*observers)(nil)

// Published implements bot.Publisher.
func (o *observers) Published(w bot.Written) {
	o.engine.Observe(w)
	o.hub.Published(w)
}

// Delta implements bot.Publisher; the desk streams nothing.
func (o *observers) Delta(d bot.Delta) { o.hub.Delta(d) }

// Typing implements bot.Publisher.
func (o *observers) Typing(t bot.Typing) { o.hub.Typing(t) }

// spoken tells the hub's readers what visitors and the bot wrote, and the desk, for
// which chats of silent visitors count less.
type spoken struct {
	*live.Hub
	desk *handoff.Desk
}

// Published implements bot.Publisher.
func (s spoken) Published(w bot.Written) {
	s.desk.Heard(w)
	s.Hub.Published(w)
}

// Close closes the store and gives the data folder back. It may be called after
// a failed Open and twice; Run must have returned.
func (a *App) Close() error {
	var errs []error
	if a.tracer != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		errs = append(errs, a.tracer.Close(ctx))
		a.tracer = nil
	}
	if a.redis != nil {
		a.redis.Close()
		a.redis = nil
	}
	if a.jobs != nil {
		errs = append(errs, a.jobs.Close())
		a.jobs = nil
	}
	if a.db != nil {
		errs = append(errs, a.db.Close())
		a.db = nil
	}
	if a.lock != nil {
		errs = append(errs, a.lock.Unlock())
		a.lock = nil
	}
	return errors.Join(errs...)
}
