package bot

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Parts are what an engine works with. Understander, Retriever, Embedder and
// Now are required. Without Timeline, Runs, Escalator and Publisher an engine
// can only rehearse (Ask, Turn): Receive and Run then fail.
type Parts struct {
	Timeline     Timeline
	Runs         RunStore
	Understander Understander
	Retriever    Retriever
	Embedder     Embedder
	Restater     Restater // nil: only a language model writes follow-ups out
	Escalator    Escalator
	Publisher    Publisher
	Observer     Observer         // nil: nobody is told
	Translations TranslationStore // nil: none is kept, each is asked for anew
	Now          func() time.Time // UTC microseconds
	Logger       *slog.Logger     // nil: discards
}

// Options are the choices of an engine. The zero Options and nil are the
// shipped behaviour without a language model.
type Options struct {
	Policy   *Policy       // nil: DefaultPolicy
	Models   []Model       // language models in order of preference; empty: none
	Limits   Limits        // of a model's answer
	Owner    string        // name of this life of the process in runs; "": a new one
	Alone    bool          // no other process works on this store: what is claimed at the start was left by a dead one
	Lease    time.Duration // after which another process takes a run over unless it is renewed, which is done at a third of it; 0: 6 s
	Workers  int           // turns at once; 0: 16
	Deadline time.Duration // from claim to a visible outcome; 0: 15 s
	Debounce time.Duration // silence to wait for after the newest message; 0: answer at once
	Drain    time.Duration // how long Run lets turns under way finish when it is stopped; 0: 5 s
	Poll     time.Duration // how often to look for runs nobody announced; 0: 1 s
	Without  Without       // parts switched off, for ablations
	// Audiences returns the groups that a visitor belongs to; nil: none.
	Audiences func(ctx context.Context, ws WorkspaceID, visitor VisitorID) ([]string, error)
}

// Without switches parts of the engine off, to see what they are worth.
type Without struct{ Rewrite, Intents, Sentiment, Clarify, Offer bool }

// Engine turns visitors' messages into answers. All its methods may be called
// concurrently; Run once.
type Engine struct {
	Parts
	policy    Policy
	models    []*guarded
	opts      Options
	wake      chan struct{} // holds one token while there may be a run to claim
	closing   chan struct{} // closed when Run stops claiming
	closeOnce sync.Once

	translating singleflight.Group // events that a model translates now, by workspace, event and language

	mu      sync.Mutex
	flights map[RunID]*flight // turns under way in this process; guarded by mu
}

// New returns an engine. Error: Invalid when a required part is missing or the
// policy is not usable.
func New(parts Parts, o *Options) (*Engine, error) {
	for _, p := range []struct {
		name    string
		missing bool
	}{{"Understander", parts.Understander == nil}, {"Retriever", parts.Retriever == nil}, {"Embedder", parts.Embedder == nil}, {"Now", parts.Now == nil}} {
		if p.missing {
			return nil, fault.New(fault.Invalid, "an engine needs a %s", p.name)
		}
	}
	opts := Options{}
	if o != nil {
		opts = *o
	}
	opts = opts.filled()
	if err := opts.Policy.Validate(); err != nil {
		return nil, err
	}
	if parts.Logger == nil {
		parts.Logger = slog.New(slog.DiscardHandler)
	}
	if parts.Observer == nil {
		parts.Observer = unobserved{}
	}
	e := &Engine{
		Parts: parts, policy: opts.Without.of(*opts.Policy), opts: opts,
		wake: make(chan struct{}, 1), closing: make(chan struct{}), flights: map[RunID]*flight{},
	}
	for i, m := range opts.Models {
		e.models = append(e.models, &guarded{model: m, order: i})
	}
	return e, nil
}

func (o Options) filled() Options {
	if o.Policy == nil {
		p := DefaultPolicy()
		o.Policy = &p
	}
	if o.Owner == "" {
		o.Owner = id.New()
	}
	if o.Workers <= 0 {
		o.Workers = 16
	}
	for _, d := range []struct {
		of   *time.Duration
		zero time.Duration
	}{{&o.Deadline, 15 * time.Second}, {&o.Drain, 5 * time.Second}, {&o.Poll, time.Second}, {&o.Lease, 6 * time.Second}} {
		if *d.of <= 0 {
			*d.of = d.zero
		}
	}
	o.Limits = o.Limits.filled()
	return o
}

// of returns the policy without the rules that a switched-off part would need.
func (w Without) of(p Policy) Policy {
	kept := make([]Rule, 0, len(p.Rules))
	for _, r := range p.Rules {
		if (w.Clarify && r.Decide == DecideClarify) || (w.Offer && r.Decide == DecideOffer) {
			continue
		}
		kept = append(kept, r)
	}
	p.Rules = kept
	return p
}

// A step takes a turn one further. Steps read what earlier ones wrote and never
// change it.
type step struct {
	name string // of its timing in the trace
	do   func(ctx context.Context, t *Turn) error
}

// steps are the path of one message after Receive has taken step 1, append. A
// rehearsal takes the steps in the middle.
func (e *Engine) steps() []step {
	return []step{
		{"own", e.own},               // 2 who may speak now, and which messages are not yet answered
		{"understand", e.understand}, // 3 language, intents, entities, sentiment and its trend, how the words may stand alone
		{"retrieve", e.retrieve},     // 4 candidates from the knowledge base, each with its evidence
		{"decide", e.decide},         // 5 the policy over named signals
		{"act", e.act},               // 6 words of the reply: curated, extract, or a model's checked answer
		{"append", e.append},         // 7 the reply takes its number, fenced by the control epoch; or the desk takes the chat
		{"publish", e.publish},       // 8 to every connected reader
	}
}

// thinking are the steps that neither need nor change a store.
func (e *Engine) thinking() []step { return e.steps()[1:5] }

// walk takes a turn through steps and times each.
func (e *Engine) walk(ctx context.Context, t *Turn, steps []step) error {
	bounded, cancel := context.WithDeadline(ctx, t.started.Add(e.opts.Deadline))
	defer cancel()
	for _, s := range steps {
		start := time.Now()
		within := bounded
		if s.name == "act" || s.name == "append" {
			within = ctx // a stream may go on once it is visible, and a ready answer is written; both bound themselves
		}
		within, ended := e.Observer.Begin(within, s.name, t)
		err := s.do(within, t)
		ended(err)
		t.took(s.name, time.Since(start))
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *Turn) took(name string, d time.Duration) {
	if t.Trace.Timings == nil {
		t.Trace.Timings = map[string]time.Duration{}
	}
	t.Trace.Timings[name] += d
	t.Trace.Timings["total"] = time.Since(t.started)
}
