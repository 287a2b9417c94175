package bottest

import (
	"context"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// Storage is what a World can be kept in: an engine of the product.
type Storage interface {
	bot.Timeline
	bot.RunStore
	bot.TraceStore
	bot.TranslationStore
}

// Open opens a Storage whose clock is the World's.
type Open func(now func() time.Time) Storage

// storage tells besides when something was written.
type storage interface {
	Storage
	Changed() <-chan struct{}
}

// watched tells of the writes that go through it.
type watched struct {
	Storage

	mu    sync.Mutex
	moved chan struct{} // closed and replaced at every write; guarded by mu
}

var _ storage = (*watched)(nil)

// Changed returns a channel that is closed at the next write.
func (w *watched) Changed() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.moved
}

func (w *watched) tell() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.moved)
	w.moved = make(chan struct{})
}

// Open implements bot.Timeline.
func (w *watched) Open(ctx context.Context, c bot.Conversation, key bot.Key, decide bot.Decide) (bot.Written, error) {
	defer w.tell()
	return w.Storage.Open(ctx, c, key, decide)
}

// Write implements bot.Timeline.
func (w *watched) Write(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, key bot.Key, decide bot.Decide) (bot.Written, error) {
	defer w.tell()
	return w.Storage.Write(ctx, ws, conv, key, decide)
}

// ClaimRun implements bot.RunStore.
func (w *watched) ClaimRun(ctx context.Context, owner string, lease time.Duration, now time.Time) (bot.Run, bool, error) {
	defer w.tell()
	return w.Storage.ClaimRun(ctx, owner, lease, now)
}

// ReleaseRuns implements bot.RunStore.
func (w *watched) ReleaseRuns(ctx context.Context, owner string, now time.Time) (int, error) {
	defer w.tell()
	return w.Storage.ReleaseRuns(ctx, owner, now)
}
