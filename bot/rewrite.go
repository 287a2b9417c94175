package bot

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/text"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Rewrite says what words may lean on. The zero Rewrite: nothing.
type Rewrite struct {
	Bases []string // earlier questions that they may lean on, the newest first, at most two
	Leans float64  // how surely they lean on earlier turns, by their form, 0…1
	Alone Restated // the words written out; the zero Restated where they stay as they are
}

// How a follow-up is read. Set on our own follow-ups in training/data/followups,
// as they are and with an unrelated exchange put between or before;
// `frontdesk evaluate training/data/followups` gives the figures.
const (
	// followMix is the share of the follow-up's own words in the vector of the
	// contextual search; the rest is the same words behind the earlier question.
	// Words alone lose the subject, and the question drowns what is new.
	followMix = .5
	// followPenalty is taken from the relevance of documents that were answered
	// from already: who asks on wants to hear something else.
	followPenalty = .3
	// likelyPenalty is the most that is taken where that is only likely.
	likelyPenalty = .15
	// restateFrom is the probability that the words lean on others from which they
	// are written out.
	restateFrom = .5
	// writtenFrom is the probability that the words lean on others from which the
	// search trusts them as they were written out.
	writtenFrom = .9
	// leansFrom is the form from which words count as leaning whatever is found.
	leansFrom = .5
	// standsFrom is the confidence of the plain reading from which words without
	// any mark of a follow-up stand alone.
	standsFrom = .6
	// surelyFrom is the same for words with some form of a follow-up.
	surelyFrom = .9
)

const (
	maxBases = 2   // a third earlier question is hardly ever meant
	maxBase  = 160 // characters of an earlier question that are carried over
)

// rewrite looks for the questions that the words may follow.
func rewrite(m Memory, asked string) Rewrite {
	w := Rewrite{Leans: leans(asked)}
	turns := m.Turns
	for len(w.Bases) < maxBases {
		i := subject(turns)
		if i < 0 {
			break
		}
		base := strings.TrimSpace(turns[i].Asked)
		if turns = turns[:i]; key(base) == key(asked) {
			continue // the same again is no follow-up of itself
		}
		if utf8.RuneCountInString(base) > maxBase {
			r := []rune(base)
			base = string(r[len(r)-maxBase:])
		}
		w.Bases = append(w.Bases, base)
	}
	return w
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

// restate writes the words out when they lean on others and can be.
func (e *Engine) restate(t *Turn) {
	yes, no := assent(t.Trace.Asked)
	_, picked := choice(t.Memory, t.Trace.Asked)
	s := t.Trace.Reading.Signals
	if e.Restater == nil || yes || no || picked || s.Closing >= .8 || s.WantsPerson >= e.policy.Asked {
		return
	}
	words := t.Trace.Asked
	if rest := withoutCorrection(words); rest != words && strings.ContainsAny(words[:len(words)-len(rest)], " ,，。.我") {
		words = rest
	}
	if r := e.Restater.Restate(said(t.Memory), words); len(r.Carried) > 0 && r.Needs >= restateFrom {
		t.Rewrite.Alone = r
	}
}

// said lists what was said about something, the newest last.
func said(m Memory) []Said {
	var out []Said
	for _, x := range m.Turns {
		if yes, no := assent(x.Asked); x.Asked != "" && !yes && !no && x.Decision != DecideSmalltalk {
			out = append(out, Said{AuthorVisitor, x.Question})
		}
		if x.Answer != "" && (x.Decision == DecideAnswer || x.Decision == "") {
			out = append(out, Said{AuthorBot, x.Answer})
		}
	}
	return out
}

// reading is a candidate together with the words that found it.
type reading struct {
	knowledge.Candidate
	words, base string
	meant       string // what was looked up in place of words
	relevance   float64
}

// readInContext searches for the words behind each question that they may lean
// on and written out, and lets form and evidence decide which reading everything
// after works with.
func (e *Engine) readInContext(ctx context.Context, t *Turn) error {
	w := &t.Rewrite
	plain := t.Trace.Candidates
	if len(w.Bases) == 0 {
		if len(plain) == 0 && w.Alone.Text != "" {
			t.writtenOut("")
		}
		return nil
	}
	if w.Leans == 0 && len(plain) > 0 && plain[0].Confidence >= standsFrom {
		return nil
	}
	readings, err := e.readings(ctx, t)
	if err != nil {
		return err
	}
	if len(readings) == 0 {
		t.writtenOut(w.Bases[0])
		return nil
	}
	if w.Leans < leansFrom && len(plain) > 0 && (plain[0].Document == readings[0].Document || plain[0].Confidence >= surelyFrom) {
		return nil // they stand alone as well
	}
	t.Trace.Candidates = make([]knowledge.Candidate, len(readings))
	for i, r := range readings {
		t.Trace.Candidates[i] = r.Candidate
	}
	t.Trace.Question, t.Trace.Meant = readings[0].words, readings[0].meant
	t.writtenOut(readings[0].base)
	return nil
}

// writtenOut puts the question that stands alone into the trace: as the restater
// or a model wrote it, else the words behind the question that they lean on.
func (t *Turn) writtenOut(base string) {
	tr, alone := &t.Trace, t.Rewrite.Alone
	if alone.Text != "" {
		tr.Question, tr.Rewritten, tr.Carried = alone.Text, true, alone.Carried
		return
	}
	tr.Rewritten, tr.Carried = tr.Question != tr.Asked, []string{base}
}

// readings returns the candidates of every contextual reading, a document once
// with the reading that finds it best, the most relevant first.
func (e *Engine) readings(ctx context.Context, t *Turn) ([]reading, error) {
	meant := withoutCorrection(t.Trace.Asked)
	own, err := e.embed(ctx, t, meant)
	if err != nil {
		return nil, err
	}
	var given map[knowledge.DocumentID]float64
	if !confirms(t.Trace.Asked) { // "so that's five days?" wants the same answer
		if given, err = e.given(ctx, t); err != nil {
			return nil, err
		}
	}
	best := map[knowledge.DocumentID]reading{}
	look := func(words, base string, v vector) error {
		found, err := e.search(ctx, t, words, v, t.Trace.Reading)
		if err != nil {
			return err
		}
		for _, c := range found.Candidates {
			r := reading{c, words, base, found.Meant, c.Score - given[c.Document]}
			if was, ok := best[c.Document]; !ok || r.relevance > was.relevance {
				best[c.Document] = r
			}
		}
		return nil
	}
	if t.Rewrite.Leans >= leansFrom && len(e.models) > 0 {
		if words := e.rewriteWithModel(ctx, t); words != "" {
			t.Rewrite.Alone = Restated{Text: words, Carried: t.Rewrite.Bases[:1], Needs: 1}
			if err := look(words, t.Rewrite.Bases[0], nil); err != nil {
				return nil, err
			}
			return ranked(best), nil
		}
	}
	for _, words := range t.Rewrite.behind(t.Memory, meant) {
		v, err := e.embed(ctx, t, words.text)
		if err != nil {
			return nil, err
		}
		if err := look(words.text, words.base, mix(own, v, followMix)); err != nil {
			return nil, err
		}
	}
	return ranked(best), nil
}

// inContext is one way to put the words into their context.
type inContext struct{ text, base string }

// behind lists the ways to read words in their context: behind each question
// that they may lean on, behind the last question with its answer, and written out.
func (w Rewrite) behind(m Memory, words string) []inContext {
	var out []inContext
	for _, base := range w.Bases {
		out = append(out, inContext{join(base, words), base})
	}
	if n := len(m.Turns); n > 0 && m.Turns[n-1].Answer != "" {
		if last := m.Turns[n-1]; last.Asked != "" {
			out = append(out, inContext{join(join(last.Asked, last.Answer), words), w.Bases[0]})
		}
	}
	if w.Alone.Text != "" && w.Alone.Needs >= writtenFrom {
		out = append(out, inContext{w.Alone.Text, w.Bases[0]})
	}
	return out
}

func ranked(best map[knowledge.DocumentID]reading) []reading {
	out := slices.Collect(maps.Values(best))
	slices.SortFunc(out, func(a, b reading) int {
		return cmp.Or(cmp.Compare(b.relevance, a.relevance), cmp.Compare(a.Document, b.Document))
	})
	return out[:min(len(out), maxCandidates)]
}

// maxCandidates bounds the candidates that a trace shows.
const maxCandidates = 8

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

// given returns the documents that this talk was answered from, with what they
// lose of their relevance: the engine's own answers, and of an answer that it did
// not give the document whose passage holds the answer's words. Where none does,
// the document that question and answer find best is likely the one, and loses
// less.
func (e *Engine) given(ctx context.Context, t *Turn) (map[knowledge.DocumentID]float64, error) {
	out := map[knowledge.DocumentID]float64{}
	for i, x := range slices.Backward(t.Memory.Turns) {
		if x.Answered {
			out[knowledge.DocumentID(x.Document)] = followPenalty
		}
		if i < len(t.Memory.Turns)-maxBases || x.Document != "" || x.Decision != DecideAnswer {
			continue
		}
		r, err := e.search(ctx, t, join(x.Asked, x.Answer), nil, t.Trace.Reading)
		if err != nil {
			return nil, err
		}
		if c := holds(r.Candidates, key(x.Answer)); c != nil && len(contentWords(x.Answer)) >= 4 {
			out[c.Document] = followPenalty
		} else if len(r.Candidates) > 0 && i == len(t.Memory.Turns)-1 {
			c := r.Candidates[0]
			out[c.Document] = max(out[c.Document], likelyPenalty*c.Confidence)
		}
	}
	return out, nil
}

// holds returns the first candidate whose passage holds the answer, or is part of it.
func holds(candidates []knowledge.Candidate, answer string) *knowledge.Candidate {
	for i, c := range candidates {
		if p := key(c.Passage); strings.Contains(p, answer) || (p != "" && strings.Contains(answer, p)) {
			return &candidates[i]
		}
	}
	return nil
}
