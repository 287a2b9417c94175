package frontdesk

import (
	"context"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
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
	installation, err := timeline.Epoch(ctx)
	if err != nil {
		return nil, err
	}
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
