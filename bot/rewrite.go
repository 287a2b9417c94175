package bot

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/text"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Rewrite says how words may stand alone. The zero Rewrite: there is nothing to
// lean on.
type Rewrite struct {
	Text    string   // the words with what they lean on
	Base    string   // the earlier question they lean on
	Carried []string // what was carried over, for people
	Leans   float64  // how surely they lean on earlier turns, by their form, 0…1
	After   Exchange // the turn they follow
}

// How a follow-up is read. Set on our own follow-ups in training/data/followups;
// `frontdesk evaluate training/data/followups` gives the figures.
const (
	// followMix is the share of the follow-up's own words in the vector of the
	// contextual search; the rest is the whole talk's. Words alone lose the
	// subject, and the whole talk drowns what is new.
	followMix = .65
	// followPenalty is taken from the relevance of the document that was just
	// answered from: who asks on wants to hear something else.
	followPenalty = .3
	// leansFrom is the form from which words count as leaning whatever is found.
	leansFrom = .5
	// standsFrom is the confidence of the plain reading from which words without
	// any mark of a follow-up stand alone.
	standsFrom = .6
	// surelyFrom is the same for words with some form of a follow-up.
	surelyFrom = .9
)

// maxBase bounds the earlier question that is carried over, in characters.
const maxBase = 160

// rewrite makes the visitor's words stand alone by joining them to the question
// that they follow.
func rewrite(m Memory, asked string) Rewrite {
	i := subject(m.Turns)
	if i < 0 {
		return Rewrite{}
	}
	base := strings.TrimSpace(m.Turns[i].Asked)
	if j := subject(m.Turns[:i]); j >= 0 {
		base = join(m.Turns[j].Asked, base) // what is asked may also go back to the turn before
	}
	if utf8.RuneCountInString(base) > maxBase {
		r := []rune(base)
		base = string(r[len(r)-maxBase:])
	}
	if key(base) == key(asked) {
		return Rewrite{}
	}
	return Rewrite{Text: join(base, asked), Base: base, Carried: []string{base}, Leans: leans(asked), After: m.Turns[i]}
}

// subject returns the newest turn that was about something, −1 for none.
func subject(turns []Exchange) int {
	for i, x := range slices.Backward(turns) {
		if yes, no := assent(x.Asked); yes || no || x.Decision == DecideSmalltalk || len(contentWords(x.Question)) == 0 {
			continue
		}
		return i
	}
	return -1
}

// join puts two questions beside each other.
func join(base, asked string) string {
	base = strings.TrimSpace(base)
	if text.Language(base) == "zh" && text.Language(asked) == "zh" {
		if r, _ := utf8.DecodeLastRuneInString(base); !strings.ContainsRune("。？！?!，", r) {
			base += "，"
		}
		return base + asked
	}
	return base + " " + asked
}

// readInContext searches for the words in their context as well, and lets form
// and evidence decide which reading everything after works with.
func (e *Engine) readInContext(ctx context.Context, t *Turn) error {
	w := &t.Rewrite
	plain := t.Trace.Candidates
	if w.Leans == 0 && len(plain) > 0 && plain[0].Confidence >= standsFrom {
		return nil
	}
	words := w.Text
	if w.Leans >= leansFrom && len(e.models) > 0 {
		if s := e.rewriteWithModel(ctx, t); s != "" {
			words = s
		}
	}
	v, err := e.contextVector(ctx, t, words)
	if err != nil {
		return err
	}
	found, err := e.search(ctx, t, words, v, t.Trace.Reading)
	if err != nil {
		return err
	}
	var last knowledge.DocumentID
	if !confirms(t.Trace.Asked) { // "so that's five days?" wants the same answer
		if last, err = e.answeredFrom(ctx, t); err != nil {
			return err
		}
	}
	inContext := withoutRepeat(found.Candidates, last)
	if len(inContext) == 0 {
		return nil
	}
	if w.Leans < leansFrom && len(plain) > 0 && (plain[0].Document == inContext[0].Document || plain[0].Confidence >= surelyFrom) {
		return nil // they stand alone as well
	}
	t.Trace.Candidates = inContext
	t.Trace.Question, t.Trace.Rewritten, t.Trace.Carried = words, true, w.Carried
	return nil
}

// contextVector mixes the embedding of the words with that of the talk they end;
// a model's rewrite is embedded as it is.
func (e *Engine) contextVector(ctx context.Context, t *Turn, words string) (vector, error) {
	if words != t.Rewrite.Text {
		return e.embed(ctx, t, words)
	}
	own, err := e.embed(ctx, t, t.Trace.Asked)
	if err != nil {
		return nil, err
	}
	talk, err := e.embed(ctx, t, words)
	if err != nil {
		return nil, err
	}
	return mix(own, talk, followMix), nil
}

// mix returns the unit vector of a weighted sum.
func mix(a, b vector, share float64) vector {
	if len(a) != len(b) {
		return a
	}
	out := make(vector, len(a))
	var norm float64
	for i := range a {
		x := share*float64(a[i]) + (1-share)*float64(b[i])
		out[i] = float32(x)
		norm += x * x
	}
	if norm == 0 {
		return a
	}
	for i := range out {
		out[i] = float32(float64(out[i]) / math.Sqrt(norm))
	}
	return out
}

// answeredFrom returns the document of the answer that the words follow: the
// engine's own, or in a talk that it did not lead the one whose passage holds
// the answer's words; "" when that is not known.
func (e *Engine) answeredFrom(ctx context.Context, t *Turn) (knowledge.DocumentID, error) {
	after := t.Rewrite.After
	if after.Document != "" || len(contentWords(after.Answer)) < 4 {
		return knowledge.DocumentID(after.Document), nil
	}
	r, err := e.search(ctx, t, join(after.Asked, after.Answer), nil, t.Trace.Reading)
	if err != nil {
		return "", err
	}
	answer := key(after.Answer)
	for _, c := range r.Candidates {
		if p := key(c.Passage); strings.Contains(p, answer) || (p != "" && strings.Contains(answer, p)) {
			return c.Document, nil
		}
	}
	return "", nil
}

// withoutRepeat moves the document that was just answered from down the list.
func withoutRepeat(cands []knowledge.Candidate, last knowledge.DocumentID) []knowledge.Candidate {
	if last == "" {
		return cands
	}
	relevance := func(c knowledge.Candidate) float64 {
		if c.Document == last {
			return c.Score - followPenalty
		}
		return c.Score
	}
	out := slices.Clone(cands)
	slices.SortStableFunc(out, func(a, b knowledge.Candidate) int { return cmp.Compare(relevance(b), relevance(a)) })
	return out
}
