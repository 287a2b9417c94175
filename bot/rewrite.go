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

// reading is a candidate together with the words that found it.
type reading struct {
	knowledge.Candidate
	words, base string
	relevance   float64
}

// readInContext searches for the words behind each question that they may lean
// on, and lets form and evidence decide which reading everything after works
// with.
func (e *Engine) readInContext(ctx context.Context, t *Turn) error {
	w := &t.Rewrite
	plain := t.Trace.Candidates
	if w.Leans == 0 && len(plain) > 0 && plain[0].Confidence >= standsFrom {
		return nil
	}
	readings, err := e.readings(ctx, t)
	if err != nil || len(readings) == 0 {
		return err
	}
	if w.Leans < leansFrom && len(plain) > 0 && (plain[0].Document == readings[0].Document || plain[0].Confidence >= surelyFrom) {
		return nil // they stand alone as well
	}
	t.Trace.Candidates = make([]knowledge.Candidate, len(readings))
	for i, r := range readings {
		t.Trace.Candidates[i] = r.Candidate
	}
	t.Trace.Question, t.Trace.Rewritten, t.Trace.Carried = readings[0].words, true, []string{readings[0].base}
	return nil
}

// readings returns the candidates of every contextual reading, a document once
// with the reading that finds it best, the most relevant first.
func (e *Engine) readings(ctx context.Context, t *Turn) ([]reading, error) {
	meant := withoutCorrection(t.Trace.Asked)
	own, err := e.embed(ctx, t, meant)
	if err != nil {
		return nil, err
	}
	var given map[knowledge.DocumentID]bool
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
			r := reading{c, words, base, c.Score}
			if given[c.Document] {
				r.relevance -= followPenalty
			}
			if was, ok := best[c.Document]; !ok || r.relevance > was.relevance {
				best[c.Document] = r
			}
		}
		return nil
	}
	if t.Rewrite.Leans >= leansFrom && len(e.models) > 0 {
		if words := e.rewriteWithModel(ctx, t); words != "" {
			if err := look(words, t.Rewrite.Bases[0], nil); err != nil {
				return nil, err
			}
			return ranked(best), nil
		}
	}
	for _, base := range t.Rewrite.Bases {
		words := join(base, meant)
		v, err := e.embed(ctx, t, words)
		if err != nil {
			return nil, err
		}
		if err := look(words, base, mix(own, v, followMix)); err != nil {
			return nil, err
		}
	}
	return ranked(best), nil
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

// given returns the documents that this talk was answered from: the engine's
// own answers, and of a last answer that it did not give the document whose
// passage holds the answer's words.
func (e *Engine) given(ctx context.Context, t *Turn) (map[knowledge.DocumentID]bool, error) {
	out := map[knowledge.DocumentID]bool{}
	for _, x := range t.Memory.Turns {
		if x.Answered {
			out[knowledge.DocumentID(x.Document)] = true
		}
	}
	for i, x := range slices.Backward(t.Memory.Turns) {
		if i < len(t.Memory.Turns)-maxBases {
			break
		}
		if x.Document != "" || x.Decision != DecideAnswer || len(contentWords(x.Answer)) < 4 {
			continue
		}
		r, err := e.search(ctx, t, join(x.Asked, x.Answer), nil, t.Trace.Reading)
		if err != nil {
			return nil, err
		}
		answer := key(x.Answer)
		for _, c := range r.Candidates {
			if p := key(c.Passage); strings.Contains(p, answer) || (p != "" && strings.Contains(answer, p)) {
				out[c.Document] = true
				break
			}
		}
	}
	return out, nil
}
