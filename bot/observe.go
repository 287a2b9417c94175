package bot

import (
	"context"
	"errors"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Observer is told what an engine does, for metrics and traces. Its methods must
// not block, are called concurrently, and must not change the turn.
type Observer interface {
	// Begin says that something begins: "turn" for one attempt at a run, a step of
	// it ("own" … "publish"), or "model" for a call of a language model. What begins
	// runs under the context that is returned; ended is called once, with how it
	// went. A rehearsal has a turn without a run.
	Begin(ctx context.Context, what string, t *Turn) (within context.Context, ended func(error))

	// Turned says how an attempt at a run ended. What the attempt thought is in the
	// turn's trace, as far as it came.
	Turned(t *Turn, how Outcome, e Ending)

	// Called says how a call of a language model ended.
	Called(c Call)
}

// Outcome says how one attempt at a run ended.
type Outcome string

// The outcomes of an attempt.
const (
	TurnDone       Outcome = "done"       // the reply is in the timeline
	TurnSuperseded Outcome = "superseded" // another turn had answered the messages
	TurnAgain      Outcome = "again"      // the visitor wrote on: the run starts anew
	TurnStopped    Outcome = "stopped"    // by the visitor
	TurnTaken      Outcome = "taken"      // a person has the conversation
	TurnLost       Outcome = "lost"       // its lease ended and another process has it
	TurnFenced     Outcome = "fenced"     // the write came too late and changed nothing
	TurnClosing    Outcome = "closing"    // the process ends; the run is owed still
	TurnWaiting    Outcome = "waiting"    // the store does not answer
	TurnFailed     Outcome = "failed"     // the visitor is told so
)

// Ending is how long an attempt took.
type Ending struct {
	Took    time.Duration // since the run was claimed
	Visitor time.Duration // since the first message that it answers was stored; 0 when none was read
}

// Call is a call of a language model that ended.
type Call struct {
	Model string        // its name
	Order int           // of preference, from 0
	For   string        // "answer", "rewrite", "translate"
	First time.Duration // to the first piece; 0 when none came
	Took  time.Duration // of the whole call
	Err   error         // why it failed; nil also when the turn ended before it did
}

type unobserved struct{}

func (unobserved) Begin(ctx context.Context, _ string, _ *Turn) (context.Context, func(error)) {
	return ctx, func(error) {}
}
func (unobserved) Turned(*Turn, Outcome, Ending) {}
func (unobserved) Called(Call)                   {}

// outcomeOf names how an attempt ended; cause is why its context did.
func outcomeOf(err, cause error) Outcome {
	switch {
	case err == nil:
		return TurnDone
	case errors.Is(err, errNothing):
		return TurnSuperseded
	case errors.Is(err, errMore):
		return TurnAgain
	case errors.Is(cause, errStopped):
		return TurnStopped
	case errors.Is(cause, errLost):
		return TurnLost
	case errors.Is(cause, errTaken), errors.Is(err, errTaken):
		return TurnTaken
	case fault.Is(err, fault.Conflict):
		return TurnFenced
	case errors.Is(cause, errClosing):
		return TurnClosing
	case waitsForStore(err):
		return TurnWaiting // nothing can be said to anybody now
	}
	return TurnFailed
}

// ending measures an attempt.
func (e *Engine) ending(t *Turn) Ending {
	end := Ending{Took: time.Since(t.begun)}
	if len(t.Messages) > 0 {
		end.Visitor = max(e.Now().Sub(t.Messages[0].At), 1)
	}
	return end
}

// Models says of each language model, in order of preference, whether its
// breaker leaves it alone now.
func (e *Engine) Models() []ModelState {
	now := e.Now()
	out := make([]ModelState, len(e.models))
	for i, g := range e.models {
		g.mu.Lock()
		out[i] = ModelState{Name: g.model.Name(), Open: g.failures >= breakerFailures && now.Before(g.until)}
		g.mu.Unlock()
	}
	return out
}

// ModelState is a language model and whether its breaker is open.
type ModelState struct {
	Name string
	Open bool
}
