package frontdesk

import (
	"context"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// Ask takes a question through the live code path without writing anything, and
// returns everything the turn saw and did.
func (a *App) Ask(ctx context.Context, q bot.Question) (bot.Trace, error) {
	return a.engine.Ask(ctx, q)
}
