package bot

import (
	"context"
	"slices"
	"time"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// understand is step 3: what the words mean by themselves, what they say about
// the turns before, and how they may stand alone.
func (e *Engine) understand(ctx context.Context, t *Turn) error {
	if t.Trace.Asked == "" {
		t.Trace.Asked = asked(t.Messages)
	}
	t.Trace.Question = t.Trace.Asked
	t.Memory.settle()
	if hasWords(t.Trace.Asked) {
		reading, err := e.reading(ctx, t, t.Trace.Asked)
		if err != nil {
			return err
		}
		t.Trace.Reading = reading
	}
	if l := languageOf(t.Trace.Asked, t.Conversation.Language); t.Trace.Reading.Language == "" || l == "zh" {
		t.Trace.Reading.Language = l
	}
	if lightens(t.Trace.Asked) && t.Trace.Reading.Sentiment < 0 {
		t.Trace.Reading.Sentiment *= lightened
	}
	if settles(t.Trace.Asked) {
		t.Trace.Reading.Signals.Rejects *= lightened
	}
	e.ablate(&t.Trace.Reading)
	t.Memory.judge(t.Trace.Reading, t.Trace.Asked, e.policy)
	t.Trace.Trend = t.Memory.Trend

	start := time.Now()
	if !e.opts.Without.Rewrite {
		if !e.selfContained(t) {
			t.Rewrite = rewrite(t.Memory, t.Trace.Asked)
		}
		e.restate(t)
	}
	t.took("rewrite", time.Since(start))
	return nil
}

// lightened is what is left of the ill feeling of words that are not about us: not
// enough by itself for any rule. Set on training/data/escalation.
const lightened = .35

// selfContained reports words that are never a follow-up question, whatever
// their form: a yes or no, small talk, a wish for a person, a tap on a
// suggestion, an outburst, a mere complaint about the answer ("no, I meant the
// other one" asks on).
func (e *Engine) selfContained(t *Turn) bool {
	yes, no := assent(t.Trace.Asked)
	_, picked := choice(t.Memory, t.Trace.Asked)
	_, chat := smalltalk(t.Trace.Reading)
	s := t.Trace.Reading.Signals
	if settles(t.Trace.Asked) && !asksSomething(t.Trace.Asked) {
		return true
	}
	return yes || no || picked || t.Trace.Reading.Sentiment < -.65 || chat >= .8 || s.Closing >= .8 || s.WantsPerson >= e.policy.Asked ||
		s.Sensitive.Probability >= .6 || (s.Rejects >= .6 && len(contentWords(t.Trace.Asked)) <= 1)
}

// reading reads words with the embedding that retrieval will use as well.
func (e *Engine) reading(ctx context.Context, t *Turn, words string) (intents.Reading, error) {
	v, err := e.embed(ctx, t, words)
	if err != nil {
		return intents.Reading{}, err
	}
	previous := ""
	if n := len(t.Memory.Turns); n > 0 {
		previous = t.Memory.Turns[n-1].Answer
	}
	r, err := e.Understander.Read(ctx, intents.Input{Workspace: t.Trace.Workspace, Text: words, Vector: v, Previous: previous})
	if err != nil {
		return r, fault.Wrap(fault.KindOf(err), err, "the message could not be understood")
	}
	return r, nil
}

// embed returns the query embedding of words, made once a turn.
func (e *Engine) embed(ctx context.Context, t *Turn, words string) (vector, error) {
	if v, ok := t.Vectors[words]; ok {
		return v, nil
	}
	start := time.Now()
	vs, err := e.Embedder.EmbedQueries(ctx, []string{words})
	t.took("embed", time.Since(start))
	if err != nil {
		return nil, fault.Wrap(fault.KindOf(err), err, "the message could not be encoded")
	}
	if len(vs) != 1 {
		return nil, fault.New(fault.Internal, "the encoder returned %d vectors for one text", len(vs))
	}
	if t.Vectors == nil {
		t.Vectors = map[string]vector{}
	}
	t.Vectors[words] = vs[0]
	return vs[0], nil
}

// ablate blinds the decision to parts that are switched off.
func (e *Engine) ablate(r *intents.Reading) {
	if e.opts.Without.Intents {
		r.Intents, r.OutOfScope, r.Signals = nil, 0, intents.Signals{}
	}
	if e.opts.Without.Sentiment {
		r.Sentiment = 0
	}
}

// retrieve is step 4: candidates for the words as they are and, when they may
// lean on earlier turns, for them in their context; the evidence decides which
// reading everything after works with.
func (e *Engine) retrieve(ctx context.Context, t *Turn) error {
	if !hasWords(t.Trace.Asked) {
		return nil
	}
	plain, err := e.search(ctx, t, t.Trace.Asked, nil, t.Trace.Reading)
	if err != nil {
		return err
	}
	t.Trace.Candidates, t.Trace.Meant = plain.Candidates, plain.Meant
	if err := e.readInContext(ctx, t); err != nil {
		return err
	}
	t.Chosen = e.choose(t)
	if t.closeness, err = e.closeness(ctx, t); err != nil {
		return err
	}
	if c := t.candidate(); c != nil {
		t.Trace.Confidence = c.Confidence
	}
	return nil
}

// closeness compares the words with the last question that found no answer, or
// with the last one where its answer was unsure. The
// cosine of two questions of the bundled model lies around .80 when they have
// nothing to do with each other and around .90 when they mean the same; it is
// stretched to 0…1 over that range.
func (e *Engine) closeness(ctx context.Context, t *Turn) (float64, error) {
	if t.Memory.Refused == 0 && !t.Memory.Clarified && !t.unsure() {
		return 0, nil
	}
	for _, x := range slices.Backward(t.Memory.Turns) {
		if !t.unsure() && x.Decision != DecideRefuse && x.Decision != DecideClarify || !hasWords(x.Asked) {
			continue
		}
		a, err := e.embed(ctx, t, t.Trace.Asked)
		if err != nil {
			return 0, err
		}
		b, err := e.embed(ctx, t, x.Asked)
		if err != nil || len(a) != len(b) {
			return 0, err
		}
		var dot float64
		for i := range a {
			dot += float64(a[i]) * float64(b[i])
		}
		return max(0, min(1, (dot-.80)/.10)), nil
	}
	return 0, nil
}

// search looks words up. v is their embedding, nil to make it.
func (e *Engine) search(ctx context.Context, t *Turn, words string, v vector, r intents.Reading) (knowledge.Result, error) {
	if v == nil {
		var err error
		if v, err = e.embed(ctx, t, words); err != nil {
			return knowledge.Result{}, err
		}
	}
	_, chat := smalltalk(r)
	res, err := e.Retriever.Search(ctx, knowledge.Query{
		Workspace: t.Trace.Workspace, Text: words, Vector: v, Language: r.Language,
		Audiences: t.Audiences, At: t.Trace.At, Drafts: t.Drafts,
		Hints: knowledge.Hints{OutOfScope: r.OutOfScope, FarTopic: r.Signals.FarTopic, Smalltalk: chat},
	})
	if err != nil {
		return res, fault.Wrap(fault.KindOf(err), err, "the knowledge base could not be searched")
	}
	return res, nil
}

// choose returns the candidate to answer from: the one the visitor tapped, else
// the best; when the best was given before, the next that is likely right too.
func (e *Engine) choose(t *Turn) int {
	cands := t.Trace.Candidates
	if len(cands) == 0 {
		return -1
	}
	if c, ok := choice(t.Memory, t.Trace.Asked); ok {
		for i := range cands {
			if string(cands[i].Document) == c.Document {
				return i
			}
		}
	}
	if answeredBefore(t.Memory, cands[0]) == 0 || askedBefore(t.Memory, t.Trace.Asked, t.Trace.Question) {
		return 0
	}
	fresh := -1
	for i := range cands {
		if answeredBefore(t.Memory, cands[i]) == 0 {
			if cands[i].Confidence >= e.policy.Answer {
				return i
			}
			if fresh < 0 {
				fresh = i
			}
		}
	}
	if cands[0].Confidence < repeatFrom && fresh >= 0 {
		return fresh // another question, and what was said already hardly answers it
	}
	return 0
}

// repeatFrom is the confidence from which an answer is given a second time to
// another question: "so that's five days?" is answered by the same words.
const repeatFrom = .7

// decide is step 5: the policy over named signals.
func (e *Engine) decide(_ context.Context, t *Turn) error {
	tr := &t.Trace
	tr.Signals = e.policy.signals(t)
	t.Rule, tr.Because = e.policy.Decide(tr.Signals)
	tr.Decision, tr.Rule, tr.Reason = t.Rule.Decide, t.Rule.Name, t.Rule.Reason
	if tr.Reason == "" && tr.Decision == DecideHandoff {
		tr.Reason = t.Memory.Offering
	}
	if tr.Reason == "" && (tr.Decision == DecideHandoff || tr.Decision == DecideOffer) {
		tr.Reason = ReasonUnanswered
	}
	tr.Failed = tr.Decision == DecideClarify || tr.Decision == DecideRefuse ||
		(tr.Decision == DecideAnswer && tr.Signals[SignalRepeatedAnswer] >= 1)
	return nil
}
