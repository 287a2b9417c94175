package frontdesk

import (
	"context"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/hot"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/pubsub"
	"github.com/frontdesk-chat/frontdesk/internal/redis"
)

// openBus returns what carries frames between nodes: Redis when there is one,
// else nothing, and then nodes that share a store poll it. nil: this node is
// alone. A Redis that is away now is found when it comes.
func (a *App) openBus(ctx context.Context, timeline bot.Timeline, alone bool) (pubsub.Bus, error) {
	if a.config.Redis.URL == "" {
		if alone {
			return nil, nil
		}
		return pubsub.Polling{}, nil
	}
	epoch, err := timeline.Epoch(ctx)
	if err != nil {
		return nil, err
	}
	installation, _, _ := strings.Cut(epoch, ".") // nodes that opened before and after a failover still hear each other
	client, away, err := redis.Open(string(a.config.Redis.URL), installation, &redis.Options{Logger: a.log})
	if err != nil {
		return nil, err
	}
	a.redis = client
	if away != nil {
		a.log.WarnContext(ctx, "Redis does not answer; starting without it, and it is used when it does", "redis", client.Where(), "error", away)
	}
	return client.Bus(), nil
}

// bus says how this node hears of others.
func (a *App) bus() (mode string, lag time.Duration) { return a.hub.Mode(), a.hub.Lag() }

// busDetail is bus for people.
func (a *App) busDetail() string {
	mode, _ := a.bus()
	if mode == "polling" && a.redis != nil {
		return "polling: Redis at " + a.redis.Where() + " does not answer"
	}
	return mode
}

// owner names this life of the node in the runs that it holds: after a restart
// nothing of the former life may be taken for its own.
func (a *App) owner() string { return a.node + "/" + id.New() }

// counter counts limits on all nodes together; nil: each node counts for itself.
func (a *App) counter() api.Counter {
	if a.redis == nil {
		return nil
	}
	return a.redis.Limits(string(id.DefaultWorkspace))
}

// here tells nodes who is connected to the others; nil: nobody tells.
func (a *App) here() api.Here {
	if a.redis == nil {
		return nil
	}
	return a.redis.Here(string(id.DefaultWorkspace), a.node)
}

// parts that are asked the same things again, with copies in front where there
// is a Redis.
type parts struct {
	embedder  bot.Embedder
	retriever bot.Retriever
	accounts  account.Store
}

func (a *App) parts() parts {
	p := parts{embedder: a.encoder, retriever: a.mind.index, accounts: a.db.accounts}
	if a.redis == nil {
		return p
	}
	copies, count := a.redis.Copies(string(id.DefaultWorkspace)), a.metrics.Copied
	p.embedder = hot.Embed(a.encoder, copies, count)
	p.retriever = hot.Search(a.mind.index, a.set.version+" "+a.encoder.Model(), a.set.now, copies, count)
	p.accounts = hot.Profiles(p.accounts, copies, count)
	return p
}
