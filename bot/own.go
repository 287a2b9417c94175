package bot

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// commitFor is how long a write may take once the turn is thought through. It
// does not hang on the turn's deadline: an answer that is ready is written.
const commitFor = 10 * time.Second

// storeError marks what the store said, so that its absence makes a turn wait
// instead of fail.
type storeError struct{ error }

func (s storeError) Unwrap() error { return s.error }

func stored(err error) error {
	if err == nil || errors.Is(err, errMore) || errors.Is(err, errTaken) {
		return err
	}
	return storeError{err}
}

// waitsForStore reports whether a turn has to wait for the store to come back.
func waitsForStore(err error) bool {
	var s storeError
	return errors.As(err, &s) && fault.Is(err, fault.Unavailable)
}

// own is step 2: who may speak now, and which messages of the visitor are not
// answered yet. They are one turn.
func (e *Engine) own(ctx context.Context, t *Turn) error {
	if err := e.read(ctx, t); err != nil {
		return err
	}
	for e.opts.Debounce > 0 {
		newest := t.Messages[len(t.Messages)-1].At
		quiet := e.opts.Debounce - e.Now().Sub(newest)
		if quiet <= 0 || time.Since(t.begun) > 4*e.opts.Debounce {
			break
		}
		timer := time.NewTimer(quiet)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
		if err := e.read(ctx, t); err != nil {
			return err
		}
	}
	if e.opts.Audiences != nil {
		groups, err := e.opts.Audiences(ctx, t.Run.Workspace, t.Conversation.Visitor)
		if err != nil {
			return fault.Wrap(fault.KindOf(err), err, "the visitor's groups could not be read")
		}
		t.Audiences = groups
	}
	return nil
}

// read loads the conversation and what nobody answered yet, from one snapshot
// where it fits one page.
func (e *Engine) read(ctx context.Context, t *Turn) error {
	after := t.Run.From - 1
	t.Messages = nil
	for {
		page, err := e.Timeline.Events(ctx, EventQuery{
			Workspace: t.Run.Workspace, Conversation: t.Run.Conversation, View: ViewAgent, After: max(after, 0), Limit: 500,
		})
		if err != nil {
			return stored(err)
		}
		t.Conversation = page.Conversation
		for _, ev := range page.Events {
			after = ev.Seq
			if ev.Kind == EventMessage && ev.Author.Kind == AuthorVisitor && ev.Seq > page.Conversation.Memory.Answered {
				t.Messages = append(t.Messages, ev)
			}
		}
		if !page.More || len(page.Events) == 0 {
			break
		}
	}
	t.Memory = t.Conversation.Memory.clone()
	t.Trace.Workspace, t.Trace.Conversation, t.Trace.Run, t.Trace.At = t.Run.Workspace, t.Run.Conversation, t.Run.ID, e.Now()
	t.Reply.Event = EventID(id.New())
	if t.Run.Placeholder != "" {
		// An earlier attempt began to stream: this one ends the same message.
		t.Reply.Event, t.Reply.Streamed = t.Run.Placeholder, true
	}
	switch {
	case t.Conversation.Speaker != SpeakerBot || t.Conversation.Service == ServiceClosed:
		return errTaken
	case len(t.Messages) == 0:
		return errNothing
	}
	return nil
}

// append is step 7: the reply takes its number, fenced by the control epoch and
// the attempt. A hand-off is written by the desk in one transaction with the
// place in line.
func (e *Engine) append(ctx context.Context, t *Turn) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitFor)
	defer cancel()
	if t.Trace.Decision == DecideHandoff {
		ask := t.escalation()
		ask.Turn = func(c Conversation, o Outlook) (Change, error) {
			u := *t
			u.Outlook = o
			u.Reply.Text = handoffText(handoffPhrase(u.Rule), u.language(), o, e.Now())
			u.Trace.Answer = u.Reply.Text
			return e.change(&u, c, RunComplete)
		}
		w, err := e.Escalator.Enqueue(ctx, ask)
		if err == nil {
			t.written = w
			return nil
		}
		if errors.Is(err, errMore) || fault.Is(err, fault.Conflict) {
			return err
		}
		e.Logger.ErrorContext(ctx, "the desk did not take a conversation", "conversation_id", t.Run.Conversation, "error", err)
		t.Reply.Text = phrase("desk_failed", t.language())
		t.Trace.Answer, t.Trace.Decision, t.Trace.Failed = t.Reply.Text, DecideOffer, true
		return e.write(ctx, t, RunFailed)
	}
	return e.write(ctx, t, RunComplete)
}

// escalation is the turn's wish for a person.
func (t *Turn) escalation() Escalation {
	return Escalation{
		Workspace: t.Trace.Workspace, Conversation: t.Trace.Conversation,
		Reason: t.Trace.Reason, Skills: t.Rule.Skills, Priority: t.Rule.Priority,
		Summary: summary(t.Memory, t.Trace.Asked, t), Language: t.language(),
		Topics: t.Memory.topicsWith(t.Trace.Reading), Page: t.Memory.pageOf(t.Messages),
	}
}

func (e *Engine) write(ctx context.Context, t *Turn, state RunState) error {
	w, err := e.Timeline.Write(ctx, t.Run.Workspace, t.Run.Conversation, Key{}, func(c Conversation) (Change, error) {
		return e.change(t, c, state)
	})
	t.written = w
	return stored(err)
}

// change is what a finished turn writes. It may be called more than once.
func (e *Engine) change(t *Turn, c Conversation, state RunState) (Change, error) {
	now := e.Now()
	if c.Seq > t.Conversation.Seq && state == RunComplete && !t.Reply.Streamed && time.Since(t.begun) < e.opts.Deadline/2 {
		// The visitor wrote on while we were thinking: one turn answers it all.
		return Change{}, errMore
	}
	memory := t.Memory.clone()
	memory.remember(t, now)
	memory.Answered = max(memory.Answered, t.Run.Through)
	if n := len(t.Messages); n > 0 {
		memory.Answered = max(memory.Answered, t.Messages[n-1].Seq)
	}
	memory.Segment = c.Memory.Segment
	trace := t.Trace
	trace.Event, trace.Run = t.Reply.Event, t.Run.ID
	event := NewEvent{
		ID: t.Reply.Event, Kind: EventMessage, Author: Author{Kind: AuthorBot}, Visible: true, At: now,
		Body: Body{
			Text: t.Reply.Text, Language: t.language(), Decision: trace.Decision, Sources: trace.Sources,
			Suggestions: trace.Suggest, Run: t.Run.ID, State: state, Rate: t.ends(memory),
		},
	}
	update := RunUpdate{ID: t.Run.ID, Attempt: t.Run.Attempt, Epoch: t.Run.Epoch, State: state, Text: t.Reply.Text}
	if t.Reply.Streamed {
		event.ID, event.Kind, event.Body.Of = EventID(id.New()), EventFinished, t.Reply.Event
		update.Placeholder = t.Reply.Event
	}
	return Change{
		Events: []NewEvent{event},
		Row: func(c *Conversation) {
			c.Memory, c.Sentiment, c.Language = memory, memory.Trend, t.language()
		},
		Run: &update, Trace: &trace,
	}, nil
}

// publish is step 8: every connected reader hears of the reply.
func (e *Engine) publish(_ context.Context, t *Turn) error {
	e.Publisher.Published(t.written)
	return nil
}

// end ends a run that leaves no words: another turn answered, or a person has
// the conversation. That it ended otherwise meanwhile is just as well.
func (e *Engine) end(ctx context.Context, t *Turn, state RunState) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitFor)
	defer cancel()
	_, err := e.Timeline.Write(ctx, t.Run.Workspace, t.Run.Conversation, Key{}, func(c Conversation) (Change, error) {
		return Change{Run: &RunUpdate{
			ID: t.Run.ID, Attempt: t.Run.Attempt, Epoch: c.ControlEpoch, State: state, Text: t.Reply.Text, Placeholder: t.Run.Placeholder,
		}}, nil
	})
	if fault.Is(err, fault.Conflict) {
		return nil
	}
	return stored(err)
}

// stopped ends a run as the visitor wished: what was streamed stays.
func (e *Engine) stopped(ctx context.Context, t *Turn) error {
	return e.close(ctx, t, RunCancelled, func() {
		if !t.Reply.Streamed {
			t.Reply.Text = phrase("stopped", t.language())
		} else if t.Reply.Text == "" {
			t.Reply.Text = t.Run.Text
		}
		t.Trace.Decision, t.Trace.Rule, t.Trace.Because = DecideSmalltalk, "stopped", "The visitor stopped the answer."
	})
}

// fail tells the visitor that there is no answer, and offers a person.
func (e *Engine) fail(ctx context.Context, t *Turn, cause error) error {
	return e.close(ctx, t, RunFailed, func() {
		name := "failure"
		if t.inLine() {
			name = "failure_line"
		}
		t.Rule = Rule{Name: "failure", Decide: DecideOffer, Reason: ReasonFailure}
		t.Trace.Decision, t.Trace.Reason, t.Trace.Rule = DecideOffer, ReasonFailure, "failure"
		t.Trace.Because = "The turn failed: " + fault.Message(cause)
		t.Trace.Sources, t.Trace.Suggest, t.Trace.Choices, t.Trace.Failed = nil, nil, nil, true
		outlook, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer stop()
		t.Reply.Text = offerText(name, t.language(), e.outlook(outlook, t), e.Now())
		t.Reply.Sources = nil
	})
}

// close writes the visible end of a turn that did not go through the steps.
func (e *Engine) close(ctx context.Context, t *Turn, state RunState, say func()) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitFor)
	defer cancel()
	if t.Conversation.ID == "" {
		if err := e.read(ctx, t); err != nil && !errors.Is(err, errNothing) {
			if errors.Is(err, errTaken) {
				return e.end(ctx, t, RunCancelled)
			}
			return err
		}
	}
	if t.Trace.Asked == "" {
		t.Trace.Asked = asked(t.Messages)
		t.Trace.Question = t.Trace.Asked
	}
	say()
	t.Trace.Answer = t.Reply.Text
	err := e.write(ctx, t, state)
	if fault.Is(err, fault.Conflict) {
		return e.end(ctx, t, RunCancelled)
	}
	if err == nil {
		e.Publisher.Published(t.written)
	}
	return err
}

// validText drops what a piece cut in the middle of a character leaves behind.
func validText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	out := make([]rune, 0, len(s))
	for _, r := range s {
		if r != utf8.RuneError {
			out = append(out, r)
		}
	}
	return string(out)
}
