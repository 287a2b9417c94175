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

// Limits bound a language model's answer, so that every call ends in something
// the visitor sees.
type Limits struct {
	FirstToken time.Duration // until the first sentence can be shown; 0: 20 s; the turn's deadline bounds it as well
	Idle       time.Duration // between pieces; 0: 15 s
	Total      time.Duration // 0: 120 s
	MaxTokens  int           // asked of the model; 0: 600
	MaxBytes   int           // taken from it whatever it was asked; 0: 8 KiB
	Rewrite    time.Duration // for rewriting a follow-up; 0: 3 s
	Translate  time.Duration // for translating one message; 0: 6 s; negative: nothing is translated
}

func (l Limits) filled() Limits {
	for _, d := range []struct {
		of   *time.Duration
		zero time.Duration
	}{{&l.FirstToken, 20 * time.Second}, {&l.Idle, 15 * time.Second}, {&l.Total, 120 * time.Second}, {&l.Rewrite, 3 * time.Second}} {
		if *d.of <= 0 {
			*d.of = d.zero
		}
	}
	if l.Translate == 0 {
		l.Translate = 6 * time.Second
	}
	if l.MaxTokens <= 0 {
		l.MaxTokens = 600
	}
	if l.MaxBytes <= 0 {
		l.MaxBytes = 8 << 10
	}
	return l
}

// Why a model's answer ends early.
var (
	errSlow    = errors.New("nothing to show in time")
	errIdle    = errors.New("it stopped sending")
	errTooLong = errors.New("it took too long")
	errEndless = errors.New("it did not come to an end")
	errRepeats = errors.New("it repeats itself")
)

// fallbackReserve is kept of the turn's deadline for answering without a model.
const fallbackReserve = time.Second

// guarded is a model behind a breaker: after three failures in a row it is left
// alone for a while, so that visitors do not wait for an endpoint that is down.
type guarded struct {
	model Model
	order int // of preference

	mu       sync.Mutex
	failures int       // in a row; guarded by mu
	until    time.Time // left alone until then; guarded by mu
}

const (
	breakerFailures = 3
	breakerPause    = 30 * time.Second
)

// ready reports whether the model may be tried. After the pause one turn probes
// it; the others wait for the outcome.
func (g *guarded) ready(now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failures < breakerFailures {
		return true
	}
	if now.Before(g.until) {
		return false
	}
	g.until = now.Add(breakerPause)
	return true
}

func (g *guarded) report(failed bool, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !failed {
		g.failures = 0
		return
	}
	g.failures++
	if g.failures >= breakerFailures {
		g.until = now.Add(breakerPause)
	}
}

// generate lets the models write the answer from the passages, in order of
// preference, until one has something to show. done is false when none has; the
// reply then says why. Once words are visible they stay: an answer that breaks
// off is completed from the pages.
func (e *Engine) generate(ctx context.Context, t *Turn) (done bool, err error) {
	passages := e.passagesFor(t)
	start := time.Now()
	defer func() { t.took("generate", time.Since(start)) }()
	for _, g := range e.models {
		if !g.ready(e.Now()) {
			t.Reply.Fallback = g.model.Name() + ": left alone after failures"
			continue
		}
		visible := min(e.opts.Limits.FirstToken, time.Until(t.started.Add(e.opts.Deadline))-fallbackReserve)
		if visible <= 0 {
			t.Reply.Fallback = "no time left"
			break
		}
		w := newWriting(e, t, passages)
		call := Call{Model: g.model.Name(), Order: g.order, For: "answer"}
		asked := time.Now()
		err := e.listen(ctx, g, w, answerPrompt(t, passages, e.opts.Limits.MaxTokens), visible, &call.First)
		call.Took = time.Since(asked)
		if context.Cause(ctx) == nil && w.broken == nil {
			call.Err = err
		}
		e.Observer.Called(call)
		text := w.finish()
		if w.broken != nil {
			return true, w.broken
		}
		if cause := context.Cause(ctx); cause != nil {
			t.Reply.Text = text
			return true, cause
		}
		g.report(err != nil, e.Now())
		if err != nil {
			t.Reply.Fallback = g.model.Name() + ": " + reason(err)
			e.Logger.WarnContext(ctx, "a language model failed", "model", g.model.Name(), "run_id", t.Run.ID, "error", err)
		}
		if text == "" {
			if err == nil {
				t.Reply.Fallback = g.model.Name() + ": nothing it wrote is supported by the pages"
			}
			continue
		}
		t.Reply.Model, t.Reply.Unsupported = g.model.Name(), w.unsupported
		if err != nil && !errors.Is(err, errEndless) && !errors.Is(err, errRepeats) {
			c := t.candidate()
			w.add("\n\n" + phrase("answer_broken", t.language()) + "\n\n" + extract(c.Passage, t.Trace.Question))
			w.cite(0)
			text = w.finish()
			if w.broken != nil {
				return true, w.broken
			}
		}
		t.Reply.Text, t.Reply.Sources = text, w.sources()
		return true, nil
	}
	return false, nil
}

// reason says in public words why a model failed.
func reason(err error) string {
	for _, e := range []error{errSlow, errIdle, errTooLong, errEndless, errRepeats} {
		if errors.Is(err, e) {
			return e.Error()
		}
	}
	return fault.Message(err)
}

// listen asks a model and hands its pieces to w, within the limits; first is set
// to the time of the first piece. A panic in the model's code counts as its failure.
func (e *Engine) listen(ctx context.Context, g *guarded, w *writing, p Prompt, visible time.Duration, first *time.Duration) (err error) {
	l := e.opts.Limits
	ctx, ended := e.Observer.Begin(ctx, "model", w.t)
	defer func() { ended(err) }()
	start := time.Now()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w.cancel = cancel
	slow := time.AfterFunc(visible, func() {
		if !w.visible() {
			cancel(errSlow)
		}
	})
	defer slow.Stop()
	idle := time.AfterFunc(max(l.Idle, visible), func() { cancel(errIdle) })
	defer idle.Stop()
	long := time.AfterFunc(l.Total, func() { cancel(errTooLong) })
	defer long.Stop()
	defer func() {
		if v := recover(); v != nil {
			err = fault.New(fault.Internal, "it broke: %v", v)
		}
		if cause := context.Cause(ctx); err != nil && cause != nil {
			err = cause
		}
	}()
	if !e.rehearses(w.t) {
		e.Publisher.Typing(Typing{Workspace: w.t.Run.Workspace, Conversation: w.t.Run.Conversation, Author: Author{Kind: AuthorBot}, Stage: "thinking"})
	}
	received := 0
	_, err = g.model.Generate(ctx, p, func(piece string) error {
		idle.Reset(l.Idle)
		if *first == 0 {
			*first = time.Since(start)
		}
		if received += len(piece); received > l.MaxBytes {
			cancel(errEndless)
			return errEndless
		}
		if err := w.hear(piece); err != nil {
			cancel(err)
			return err
		}
		return context.Cause(ctx)
	})
	if err == nil {
		err = w.heardAll()
	}
	return err
}

// rehearses reports whether a turn writes nothing.
func (e *Engine) rehearses(t *Turn) bool { return t.Run.ID == "" }

// rewriteWithModel asks the first ready model to make the words stand alone; ""
// when there is none, it is slow, or what it says is no such question.
func (e *Engine) rewriteWithModel(ctx context.Context, t *Turn) string {
	for _, g := range e.models {
		if !g.ready(e.Now()) {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, e.opts.Limits.Rewrite)
		defer cancel()
		ctx, ended := e.Observer.Begin(ctx, "model", t)
		call := Call{Model: g.model.Name(), Order: g.order, For: "rewrite"}
		asked := time.Now()
		size := 0
		out, err := g.model.Generate(ctx, rewritePrompt(t.Memory, t.Trace.Asked, t.language()), func(piece string) error {
			if size == 0 {
				call.First = time.Since(asked)
			}
			if size += len(piece); size > 1000 {
				return errEndless
			}
			return nil
		})
		ended(err)
		call.Took = time.Since(asked)
		failed := err != nil && !errors.Is(context.Cause(ctx), context.Canceled)
		if failed {
			call.Err = err
		}
		e.Observer.Called(call)
		if failed {
			g.report(true, e.Now())
		}
		if err != nil {
			return ""
		}
		return standsFor(strings.TrimSpace(out), t)
	}
	return ""
}

// standsFor accepts a model's rewrite only when it is one short line in the
// visitor's language made of words of this conversation: a model that answers
// instead, or wanders off, is not followed.
func standsFor(out string, t *Turn) string {
	out = strings.Trim(out, "\"“”「」 ")
	if out == "" || strings.Contains(out, "\n") || len([]rune(out)) > 200 || !sameLanguage(out, t.language()) {
		return ""
	}
	known := bag(t.Trace.Asked)
	for _, x := range t.Memory.Turns {
		for _, s := range []string{x.Asked, x.Question, x.Answer, x.Topic} {
			for w := range bag(s) {
				known[w] = true
			}
		}
	}
	words, hits := contentWords(out), 0
	for _, w := range words {
		if known[w] {
			hits++
		}
	}
	if len(words) == 0 || float64(hits) < .7*float64(len(words)) {
		return ""
	}
	return out
}

// cited returns the candidates behind the numbers of a model's citations.
func cited(passages []knowledge.Candidate, used []bool) []Source {
	var out []Source
	for i, c := range passages {
		if i < len(used) && used[i] {
			out = append(out, sourceOf(c))
		}
	}
	return out
}
