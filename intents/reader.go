package intents

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// topIntents is how many intents a reading lists.
const topIntents = 5

// Reader reads utterances: shipped heads for signals and sentiment, and for
// intents the workspace's model, or the starter model where it has none. It is
// safe for concurrent use.
type Reader struct {
	embedder MiddleEmbedder
	heads    *Heads
	starter  *Model
	now      func() time.Time
	options  ReaderOptions

	mu     sync.RWMutex // guards models
	models map[id.Workspace]*Model
}

// ReaderOptions are the choices of a reader. Nil means the shipped parts.
type ReaderOptions struct {
	Heads   *Heads           // nil: ShippedHeads
	Starter *Model           // nil: StarterModel
	Now     func() time.Time // for "tomorrow"; nil: time.Now in its own zone
	Without []string         // parts switched off for an ablation: "sentiment-lexicon"
}

// NewReader makes a reader. e must be the encoder that the heads were trained
// with; vectors of another length in Input are not used.
func NewReader(e MiddleEmbedder, o *ReaderOptions) (*Reader, error) {
	r := &Reader{embedder: e, now: time.Now, models: map[id.Workspace]*Model{}}
	if o != nil {
		r.options = *o
		r.heads, r.starter = o.Heads, o.Starter
		if o.Now != nil {
			r.now = o.Now
		}
	}
	var err error
	if r.heads == nil {
		if r.heads, err = ShippedHeads(); err != nil {
			return nil, err
		}
	}
	if r.starter == nil {
		if r.starter, err = StarterModel(); err != nil {
			return nil, err
		}
	}
	if named, ok := e.(interface{ Model() string }); ok && named.Model() != r.heads.Model {
		return nil, fault.New(fault.Invalid, "the heads were trained with %s, the encoder is %s", r.heads.Model, named.Model())
	}
	return r, nil
}

// Use puts a workspace's model in place; nil goes back to the starter model.
// Readings under way finish with what they began with. Error: Invalid when the
// model was trained with an encoder of another vector length.
func (r *Reader) Use(ws id.Workspace, m *Model) error {
	if m != nil && m.Stats.Dimension != len(r.heads.space.mean) {
		return fault.New(fault.Invalid, "the model was trained on vectors of %d numbers, the encoder makes %d", m.Stats.Dimension, len(r.heads.space.mean))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if m == nil {
		delete(r.models, ws)
		return nil
	}
	r.models[ws] = m
	return nil
}

// Model returns what a workspace is read with.
func (r *Reader) Model(ws id.Workspace) *Model {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if m, ok := r.models[ws]; ok {
		return m
	}
	return r.starter
}

// Read reads one utterance. Only its first MaxReadRunes characters count. An
// utterance without letters and digits (emoji, signs) has no intents and is out
// of scope; only its sentiment is told. The error is the encoder's or ctx's.
func (r *Reader) Read(ctx context.Context, in Input) (Reading, error) {
	s := cut(in.Text)
	out := Reading{Language: text.Language(s), Entities: Extract(s, r.now())}
	if !hasWords(s) {
		out.OutOfScope = 1
		out.Sentiment = math.Tanh(loadLexicon().feel(s).emoji / 2)
		return out, nil
	}
	vector, whole, parts, err := r.embed(ctx, s, in.Vector)
	if err != nil {
		return Reading{}, err
	}
	prediction := r.Model(in.Workspace).Predict(s, vector)
	out.Intents = prediction.Intents[:min(topIntents, len(prediction.Intents))]
	out.OutOfScope = prediction.outside()
	p := r.heads.signals(whole, parts)
	out.Signals = Signals{
		WantsPerson: p[0], RefusesPerson: p[1], AccountAction: p[2], Rejects: p[3], Abuse: p[4], Closing: p[5], FarTopic: p[6],
	}
	if s := &out.Signals; s.RefusesPerson > s.WantsPerson {
		s.WantsPerson *= 1 - s.RefusesPerson // "don't transfer me" holds the words of a wish
	}
	if top := out.Intents[0]; top.Class == ClassPerson && top.Confidence >= personSure && out.Signals.WantsPerson >= personLikely && prediction.OutOfScope < .5 {
		out.Signals.WantsPerson = max(out.Signals.WantsPerson, min(top.Confidence, 1-out.Signals.RefusesPerson))
	}
	if in.Previous == "" {
		// Nothing was said yet that could be rejected.
		out.Signals.Rejects *= firstTurnRejects
	}
	for i, name := range AllSignals()[sensitiveFrom:] {
		if v := p[sensitiveFrom+i]; v > out.Signals.Sensitive.Probability {
			out.Signals.Sensitive = Sensitive{Topic: string(name), Probability: v}
		}
	}
	out.Sentiment = r.heads.sentimentOf(s, whole.x, r.options.Without)
	return out, nil
}

const (
	// personSure is how sure the model must be of an intent of class person, and
	// personLikely how likely the head must hold a wish, for the model to decide. The
	// nearest intent to words about agents is a wish for one: without the second bound
	// 77 of our own 1,075 Chinese look-alikes were taken for wishes by it, for a few wishes more. Both in
	// training/data/signals/README.md.
	personSure   = .9
	personLikely = .3
	// firstTurnRejects scales "that is wrong" where no answer stands before it.
	firstTurnRejects = .3
)

// embed returns the utterance's vector, which is computed unless it is given, and
// the pieces of the utterance and of its clauses.
func (r *Reader) embed(ctx context.Context, s string, vector []float32) ([]float32, piece, []piece, error) {
	texts := append([]string{s}, clausesOf(s)...)
	var vectors [][]float32
	missing := texts
	if len(vector) == len(r.heads.space.mean) {
		vectors, missing = [][]float32{vector}, texts[1:]
	}
	if len(missing) > 0 {
		more, err := r.embedder.EmbedQueries(ctx, missing)
		if err != nil {
			return nil, piece{}, nil, err
		}
		vectors = append(vectors, more...)
	}
	middles, err := r.embedder.EmbedMiddles(ctx, texts)
	if err != nil {
		return nil, piece{}, nil, err
	}
	pieces := make([]piece, len(texts))
	for i, t := range texts {
		pieces[i] = piece{t, r.heads.look(vectors[i], middles[i])}
	}
	return vectors[0], pieces[0], pieces[1:], nil
}

func hasWords(s string) bool {
	for range text.Words(s) {
		return true
	}
	return false
}
