package training

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// ReviewKind is why turns wait for an editor.
type ReviewKind string

// The lists of the review.
const (
	ReviewUnanswered ReviewKind = "unanswered" // refused, asked back or handed over for want of an answer
	ReviewUnhelpful  ReviewKind = "unhelpful"  // the visitor's thumb points down
)

// reviewWindow is how far back the lists look. What nobody mended in three months
// is asked again if it matters.
const reviewWindow = 90 * 24 * time.Hour

// reviewScan bounds how many turns one list reads; newer ones win.
const reviewScan = 2000

// ReviewStore remembers which turns an editor is done with.
type ReviewStore interface {
	// MarkReviewed notes that the turns of these events are done with. Repeating it changes nothing.
	MarkReviewed(ctx context.Context, ws bot.WorkspaceID, events []bot.EventID, by string, at time.Time) error
	// Reviewed returns which of the events are done with.
	Reviewed(ctx context.Context, ws bot.WorkspaceID, events []bot.EventID) (map[bot.EventID]bool, error)
}

// TurnReader reads turns; bot.TraceStore has it.
type TurnReader interface {
	Turns(ctx context.Context, q bot.TurnQuery) ([]bot.Trace, error)
}

// ReviewItem is a question that waits for an editor, with everybody who asked it.
type ReviewItem struct {
	Question string        // the newest wording, as it stands alone
	Newest   bot.Trace     // its turn
	Events   []bot.EventID // of all turns with this question, newest first
	Count    int           // of Events
	First    time.Time     // when it was first asked in the window
}

// Review lists what the bot could not answer or answered badly.
type Review struct {
	turns TurnReader
	store ReviewStore
	now   func() time.Time
}

// NewReview returns a review over a workspace's turns.
func NewReview(turns TurnReader, store ReviewStore, now func() time.Time) *Review {
	return &Review{turns: turns, store: store, now: now}
}

// List returns at most limit (1…200) questions, the most often asked first, then
// the newest. Wordings that differ only in case, width, script, punctuation or
// the order of their words count as one. Error: Invalid.
func (r *Review) List(ctx context.Context, ws bot.WorkspaceID, kind ReviewKind, limit int) ([]ReviewItem, error) {
	q := bot.TurnQuery{Workspace: ws, Since: r.now().Add(-reviewWindow), Limit: 500}
	switch kind {
	case ReviewUnanswered:
		q.Decisions = []bot.Decision{bot.DecideRefuse, bot.DecideClarify, bot.DecideOffer, bot.DecideHandoff}
	case ReviewUnhelpful:
		q.Unhelpful = true
	default:
		return nil, fault.New(fault.Invalid, "There is no review list %q; there are unanswered and unhelpful.", kind).WithField("kind", "is not known")
	}
	var items []*ReviewItem
	byKey := map[string]*ReviewItem{}
	for read := 0; read < reviewScan; {
		page, err := r.turns.Turns(ctx, q)
		if err != nil {
			return nil, err
		}
		read += len(page)
		events := make([]bot.EventID, len(page))
		for i, t := range page {
			events[i] = t.Event
		}
		done, err := r.store.Reviewed(ctx, ws, events)
		if err != nil {
			return nil, err
		}
		for _, t := range page {
			if done[t.Event] || !wanted(kind, t) {
				continue
			}
			key := reviewKey(t.Question)
			it := byKey[key]
			if it == nil {
				it = &ReviewItem{Question: t.Question, Newest: t}
				byKey[key] = it
				items = append(items, it)
			}
			it.Events = append(it.Events, t.Event)
			it.Count++
			it.First = t.At
		}
		if len(page) < q.Limit {
			break
		}
		q.Before = page[len(page)-1].At
	}
	return most(items, limit), nil
}

// Done takes a turn off the lists, with every turn that asks the same. by is an
// account ID.
func (r *Review) Done(ctx context.Context, ws bot.WorkspaceID, events []bot.EventID, by string) error {
	return r.store.MarkReviewed(ctx, ws, events, by, r.now())
}

// wanted keeps turns that new content could have helped: somebody who asked for a
// person, or an angry word, lacks no article.
func wanted(kind ReviewKind, t bot.Trace) bool {
	if strings.TrimSpace(t.Question) == "" {
		return false
	}
	if kind == ReviewUnhelpful {
		return true
	}
	switch t.Decision {
	case bot.DecideOffer, bot.DecideHandoff:
		return t.Reason == bot.ReasonUnanswered || t.Reason == bot.ReasonLowConfidence || t.Reason == bot.ReasonRepeated
	default:
		return t.Reading.Signals.FarTopic < .5
	}
}

// reviewKey is equal for wordings that ask the same in the same words.
func reviewKey(question string) string {
	var words []string
	for w := range text.Words(text.Simplify(text.Fold(question))) {
		words = append(words, w.Text)
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// most returns the limit items that were asked most, newer ones first among equals.
func most(items []*ReviewItem, limit int) []ReviewItem {
	slices.SortStableFunc(items, func(a, b *ReviewItem) int {
		return cmp.Or(b.Count-a.Count, b.Newest.At.Compare(a.Newest.At))
	})
	out := make([]ReviewItem, 0, min(len(items), max(1, min(limit, 200))))
	for _, it := range items[:cap(out)] {
		out = append(out, *it)
	}
	return out
}
