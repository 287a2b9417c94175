package frontdesk

import (
	"context"
	"time"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/jobs"
	"github.com/frontdesk-chat/frontdesk/internal/postgres"
	"github.com/frontdesk-chat/frontdesk/internal/sqlite"
	"github.com/frontdesk-chat/frontdesk/internal/upload"
	"github.com/frontdesk-chat/frontdesk/knowledge"
	"github.com/frontdesk-chat/frontdesk/training"
)

// database is an open engine.
type database interface {
	Ready(ctx context.Context) error
	Schema(ctx context.Context) (have, known int64, err error)
	Pool() (used, idle, limit int)
	Enqueue(ctx context.Context, kind, workspace, subject string) error
	Outbox(ctx context.Context, relay func(kind, workspace, subject string) (taken bool, err error)) error
	Owed(ctx context.Context) (rows int, oldest time.Time, err error)
	Close() error
}

// store is an open engine with the contracts of the rooms.
type store struct {
	database
	kind string // "embedded" or "postgres", as /readyz shows it

	conversations conversationStore
	handoff       handoffStore
	replies       handoff.ReplyStore
	knowledge     knowledgeStore
	training      trainingStore
	vectorStore   training.VectorStore
	accounts      account.Store
	uploads       upload.Store

	vectors knowledge.Vectors                                                                   // searched instead of vectors in memory; nil: these are in memory
	feed    bot.Feed                                                                            // what other nodes wrote; nil: there are no others
	changes knowledge.Feed                                                                      // … of documents; nil: there are no others
	run     func(ctx context.Context) error                                                     // what the engine does all the time; nil: nothing
	jobs    func(ctx context.Context, handlers map[jobs.Kind]jobs.Handler) (*jobs.Queue, error) // opens the queue of long work
}

type (
	conversationStore interface {
		bot.Timeline
		bot.RunStore
		bot.TraceStore
		bot.TranslationStore
		api.Lists
	}
	handoffStore interface {
		handoff.Store
		handoff.TicketStore
	}
	knowledgeStore interface {
		knowledge.Store
		knowledge.ImportStore
	}
	trainingStore interface {
		training.ArtefactStore
		training.ReviewStore
		training.CheckStore
		training.ReleaseStore
		training.ExampleStore
		training.ExampleVectorStore
		training.JobStore
	}
)

// openStore opens the configured engine. The embedded one needs the lock of its
// folder, which nobody else may hold; a Postgres is shared.
func (a *App) openStore(ctx context.Context) (err error) {
	if a.config.Storage.Postgres != "" {
		return a.openPostgres(ctx)
	}
	if a.lock, err = sqlite.Lock(a.config.Storage.Dir); err != nil {
		return err
	}
	db, err := sqlite.Open(ctx, a.config.Storage.Dir, &sqlite.Options{Now: a.set.now, Logger: a.log, Lock: a.lock, Committed: a.metrics.Committed})
	if err != nil {
		return err
	}
	a.db = &store{
		database: db, kind: "embedded", conversations: db.Conversations(), handoff: db.Handoff(), replies: db.Handoff(), knowledge: db.Knowledge(),
		training: db.Training(), vectorStore: db.Knowledge(), accounts: db.Accounts(), uploads: db.Uploads(),
		jobs: func(ctx context.Context, handlers map[jobs.Kind]jobs.Handler) (*jobs.Queue, error) {
			return jobs.Open(ctx, a.config.Storage.Dir, db, handlers, a.log)
		},
	}
	return nil
}

// openPostgres opens a shared database. Its clock becomes the program's, so that
// nodes agree on deadlines whatever their own clocks say.
func (a *App) openPostgres(ctx context.Context) error {
	o := &postgres.Options{Now: a.set.clock, Logger: a.log, Tables: jobs.Tables, Committed: a.metrics.Committed}
	var err error
	if o.Vectors, err = a.config.centring(a.encoder); err != nil {
		return err
	}
	db, err := postgres.Open(ctx, string(a.config.Storage.Postgres), o)
	if err != nil {
		return err
	}
	a.db = &store{
		database: db, kind: "postgres", conversations: db.Conversations(), handoff: db.Handoff(), replies: db.Handoff(), knowledge: db.Knowledge(),
		training: db.Training(), vectorStore: db.Knowledge(), accounts: db.Accounts(), uploads: db.Uploads(),
		feed: db.Conversations(), changes: db.Knowledge(), run: db.Run,
		jobs: func(_ context.Context, handlers map[jobs.Kind]jobs.Handler) (*jobs.Queue, error) {
			return jobs.OpenPostgres(db.Connections(), db, db.Alone, handlers, a.log)
		},
	}
	if o.Vectors != nil {
		a.db.vectors = db.Knowledge()
	}
	if a.set.clock == nil {
		a.set.now = db.Now
	}
	return nil
}

// centring is how a Postgres makes the vectors that it searches; nil where they are
// in memory.
func (c Config) centring(e encoder) (*knowledge.Centring, error) {
	if c.Search.Vectors != vectorsInPostgres {
		return nil, nil
	}
	return knowledge.NewCentring(e.Model(), e.dim)
}
