package intents

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/linear"
	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// Signal names a yes-or-no reading of an utterance that a shipped head gives.
type Signal string

// The signals, in the order of the heads.
const (
	SignalWantsPerson   Signal = "wants_person"
	SignalRefusesPerson Signal = "refuses_person"
	SignalAccountAction Signal = "account_action"
	SignalRejects       Signal = "rejects"
	SignalAbuse         Signal = "abuse"
	SignalClosing       Signal = "closing"
	SignalFarTopic      Signal = "far_topic"
	SignalInjury        Signal = "injury"
	SignalFraud         Signal = "fraud"
	SignalLegal         Signal = "legal"
	SignalDeletion      Signal = "deletion"
	SignalPress         Signal = "press"
	SignalSafety        Signal = "safety"
)

// AllSignals lists the signals in the order of the heads.
func AllSignals() []Signal {
	return []Signal{
		SignalWantsPerson, SignalRefusesPerson, SignalAccountAction, SignalRejects, SignalAbuse, SignalClosing,
		SignalFarTopic, SignalInjury, SignalFraud, SignalLegal, SignalDeletion, SignalPress, SignalSafety,
	}
}

// sensitiveFrom is the place of the first sensitive topic in AllSignals.
const sensitiveFrom = 7

// whole reports whether a head judges an utterance only as a whole. The others
// take its most telling clause: a wish for a person stands at the end of a
// long story.
func (s Signal) whole() bool { return s == SignalClosing || s == SignalFarTopic }

// head is one logistic model: a view over the embedding and one over n-grams,
// mixed and calibrated by three numbers.
type head struct {
	vocabulary *vocabulary // of the n-grams; heads trained together share one
	dense      []float32   // over Heads.look, or over its first half, the vector, alone
	denseBias  float32
	gram       []float32 // beside the vocabulary
	gramBias   float32
	mix        [3]float64 // logit = mix[0] + mix[1]·dense + mix[2]·n-grams
}

func (h *head) logit(x []float32, row linear.Sparse) float64 {
	dense, grams := h.views(x, row)
	return h.mix[0] + h.mix[1]*dense + h.mix[2]*grams
}

// views returns what each view says by itself, in logits.
func (h *head) views(x []float32, row linear.Sparse) (dense, grams float64) {
	grams = float64(h.gramBias)
	for k, at := range row.Index {
		grams += float64(row.Value[k] * h.gram[at])
	}
	return float64(linear.Dot(h.dense, x[:len(h.dense)]) + h.denseBias), grams
}

// Heads are the shipped readings that need no workspace: signals and sentiment.
// They are immutable and safe for concurrent use.
type Heads struct {
	Model     string  // of the embeddings they were trained on
	Source    string  // SignalsHash of the project's own examples among those they were trained on
	Checks    []Check // of the training; not stored
	space     *space  // of the vectors
	middle    *scale  // of the middles
	heads     []head  // in the order of AllSignals
	sentiment *sentimentHead
}

// look returns what the dense views see of a text: its vector and its middle, each
// in its own space.
func (h *Heads) look(vector, middle []float32) []float32 {
	return append(h.space.apply(vector), h.middle.apply(middle)...)
}

// piece is a stretch of an utterance with its embedding's features; x is nil
// when only its words are looked at.
type piece struct {
	text string
	x    []float32
}

// Limits of looking at clauses: how many are embedded by themselves, and how
// short an utterance is read as a whole only.
const (
	maxPieces     = 4
	minPieceRunes = 3
)

// clausesOf returns the clauses worth a look of their own: none for an utterance
// of one clause, else the last ones, where people say what they want, and the
// first. Chinese prose often has commas only, so these part clauses too.
func clausesOf(s string) []string {
	var all []string
	for _, sentence := range text.Sentences(s) {
		for _, c := range strings.FieldsFunc(sentence, func(r rune) bool { return strings.ContainsRune("，,；;：…—～~", r) }) {
			if c = strings.TrimSpace(c); utf8.RuneCountInString(c) >= minPieceRunes {
				all = append(all, c)
			}
		}
	}
	switch {
	case len(all) < 2:
		return nil
	case len(all) <= maxPieces:
		return all
	}
	return append(all[:1:1], all[len(all)-maxPieces+1:]...)
}

// signals returns the calibrated probability of every signal. whole is the
// utterance, parts its clauses.
func (h *Heads) signals(whole piece, parts []piece) []float64 {
	out := make([]float64, len(h.heads))
	best := make([]float64, len(h.heads))
	for i := range best {
		best[i] = math.Inf(-1)
	}
	names := AllSignals()
	for n, p := range append([]piece{whole}, parts...) {
		grams := countGrams(p.text)
		var row linear.Sparse
		var of *vocabulary
		for i := range h.heads {
			if n > 0 && names[i].whole() {
				continue
			}
			if v := h.heads[i].vocabulary; v != of {
				of = v
				row, _ = v.row(grams)
			}
			best[i] = math.Max(best[i], h.heads[i].logit(p.x, row))
		}
	}
	for i, z := range best {
		out[i] = linear.Sigmoid(z)
	}
	return out
}
