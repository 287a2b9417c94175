package bot

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// How a stream is paced: small enough to look alive, large enough not to make a
// frame and a look at the fence of every token.
const (
	coalesceFor     = 60 * time.Millisecond
	checkpointFor   = 500 * time.Millisecond
	checkpointBytes = 1 << 10
)

// writing is an answer that a model writes while the visitor watches. Sentences
// are held until they are complete and checked against the passages; what was
// shown is never taken back, so the pieces that were sent are the answer.
type writing struct {
	e        *Engine
	t        *Turn
	passages []knowledge.Candidate
	check    *support
	cancel   context.CancelCauseFunc // of the model's call
	split    splitter
	repeats  int
	seen     map[string]bool

	unsupported int

	mu       sync.Mutex
	text     strings.Builder // shown, or about to be; guarded by mu
	sent     int             // bytes of text that were published; guarded by mu
	kept     int             // bytes of text in the last checkpoint; guarded by mu
	sentAt   time.Time       // guarded by mu
	keptAt   time.Time       // guarded by mu
	flushing *time.Timer     // guarded by mu
	broken   error           // the store's word that this run may not go on; guarded by mu until finish
	breaks   string          // paragraph breaks held until more text comes
}

func newWriting(e *Engine, t *Turn, passages []knowledge.Candidate) *writing {
	return &writing{e: e, t: t, passages: passages, check: newSupport(t, passages), seen: map[string]bool{}, cancel: func(error) {}}
}

// hear takes a piece of the model's text.
func (w *writing) hear(piece string) error {
	for _, s := range w.split.feed(validText(piece)) {
		if err := w.sentence(s); err != nil {
			return err
		}
	}
	return nil
}

// heardAll takes what is left when the model has ended by itself.
func (w *writing) heardAll() error {
	if s := w.split.rest(); strings.TrimSpace(s) != "" {
		return w.sentence(s)
	}
	return nil
}

// sentence shows a complete sentence when the passages support it.
func (w *writing) sentence(s string) error {
	words := strings.TrimSpace(s)
	if words == "" {
		if w.visible() {
			w.breaks += s // a paragraph break counts only before more text
		}
		return nil
	}
	if k := key(words); k != "" {
		if w.seen[k] {
			if w.repeats++; w.repeats >= 3 {
				return errRepeats
			}
			return nil
		}
		w.seen[k] = true
	}
	if !w.check.holds(words) {
		w.unsupported++
		return nil
	}
	if !w.visible() {
		s = strings.TrimLeft(s, " \n")
	} else if w.t.language() == "zh" {
		s = strings.TrimLeft(s, " ") // left behind by a sentence that was not shown
	}
	s, w.breaks = w.breaks+s, ""
	w.add(s)
	return w.stopped()
}

func (w *writing) stopped() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broken
}

func (w *writing) visible() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Len() > 0
}

// add shows text and returns all of it.
func (w *writing) add(s string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken != nil {
		return w.text.String()
	}
	if w.text.Len() == 0 {
		if err := w.open(s); err != nil {
			w.fail(err)
			return ""
		}
	}
	w.text.WriteString(s)
	if time.Since(w.sentAt) >= coalesceFor {
		w.flush()
	} else if w.flushing == nil {
		w.flushing = time.AfterFunc(coalesceFor, func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.flushing = nil
			w.flush()
		})
	}
	return w.text.String()
}

// finish sends what is left and returns the text. Nothing is sent afterwards.
func (w *writing) finish() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.flushing != nil {
		w.flushing.Stop()
		w.flushing = nil
	}
	w.flush()
	return w.text.String()
}

// fail remembers why the run may not go on and ends the model's call.
func (w *writing) fail(err error) {
	w.broken = err
	w.cancel(err)
}

// open puts the placeholder into the timeline: the answer takes its place, and
// its first words become the checkpoint. A later attempt at the same run goes on
// at the place the first one took.
func (w *writing) open(words string) error {
	t, e := w.t, w.e
	if e.rehearses(t) {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), commitFor)
	defer cancel()
	again := t.Reply.Streamed
	written, err := e.Timeline.Write(ctx, t.Run.Workspace, t.Run.Conversation, Key{}, func(c Conversation) (Change, error) {
		if c.Seq > t.Conversation.Seq && !again && time.Since(t.begun) < e.opts.Deadline/2 {
			return Change{}, errMore
		}
		change := Change{Run: &RunUpdate{
			ID: t.Run.ID, Attempt: t.Run.Attempt, Epoch: t.Run.Epoch, State: RunStreaming, Text: words, Placeholder: t.Reply.Event,
		}}
		if !again {
			change.Events = []NewEvent{{
				ID: t.Reply.Event, Kind: EventAnswer, Author: Author{Kind: AuthorBot}, Visible: true, At: e.Now(),
				Body: Body{Language: t.language(), Decision: t.Trace.Decision, Run: t.Run.ID, State: RunStreaming},
			}}
		}
		return change, nil
	})
	if err != nil {
		return stored(err)
	}
	t.Reply.Streamed = true
	t.Run.Placeholder = t.Reply.Event
	if len(written.Events) > 0 {
		e.Publisher.Published(written)
	}
	return nil
}

// flush publishes what was added since the last piece, if this run still has
// the word: a person who took over meanwhile must not be followed by the bot.
// w.mu is held.
func (w *writing) flush() {
	text := w.text.String()
	if w.broken != nil || w.sent == len(text) || w.e.rehearses(w.t) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), commitFor)
	defer cancel()
	t, e, now := w.t, w.e, time.Now()
	var (
		alive bool
		err   error
	)
	if len(text)-w.kept >= checkpointBytes || now.Sub(w.keptAt) >= checkpointFor {
		alive, err = e.Runs.Checkpoint(ctx, t.Run.Workspace, t.Run.ID, t.Run.Attempt, text, e.Now())
		if err == nil && alive {
			w.kept, w.keptAt = len(text), now
		}
	} else {
		var r Run
		r, err = e.Runs.Run(ctx, t.Run.Workspace, t.Run.ID)
		alive = r.Attempt == t.Run.Attempt && !r.State.Done()
	}
	switch {
	case fault.Is(err, fault.Unavailable) || errors.Is(err, context.DeadlineExceeded):
		return // who has the word cannot be told now: the text waits for the next piece
	case err != nil:
		w.fail(stored(err))
		return
	case !alive:
		w.fail(errTaken)
		return
	}
	e.Publisher.Delta(Delta{
		Workspace: t.Run.Workspace, Conversation: t.Run.Conversation, Run: t.Run.ID, Event: t.Reply.Event,
		Attempt: t.Run.Attempt, Offset: w.sent, Text: text[w.sent:],
	})
	w.sent, w.sentAt = len(text), now
}

// cite marks a passage as used.
func (w *writing) cite(passage int) { w.check.used[passage] = true }

// sources are the passages that the shown sentences cite; without citations,
// those that support them.
func (w *writing) sources() []Source {
	if out := cited(w.passages, w.check.used); len(out) > 0 {
		return out
	}
	return cited(w.passages, w.check.leant)
}
