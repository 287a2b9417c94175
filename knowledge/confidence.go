package knowledge

import (
	"context"
	_ "embed"
	"encoding/json"
	"math"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// confidenceFile holds the fitted model; training/data/confidence says on what
// and with which command.
//
//go:embed confidence.json
var confidenceFile []byte

// judge is a logistic model over the signals of a candidate.
type judge struct {
	weights []float64 // by signal
	bias    float64
}

func loadJudge() (*judge, error) {
	var f struct {
		Bias    float64            `json:"bias"`
		Weights map[string]float64 `json:"weights"`
	}
	if err := json.Unmarshal(confidenceFile, &f); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the built-in confidence model cannot be read")
	}
	j := &judge{weights: make([]float64, len(signalNames())), bias: f.Bias}
	for i, name := range signalNames() {
		w, ok := f.Weights[name]
		if !ok {
			return nil, fault.New(fault.Internal, "the built-in confidence model knows no signal %q", name)
		}
		j.weights[i] = w
	}
	return j, nil
}

// confidence is the share of answers with these signals that are right, 0…1.
func (j *judge) confidence(signals []float64) float64 {
	z := j.bias
	for i, w := range j.weights {
		z += w * signals[i]
	}
	return 1 / (1 + math.Exp(-z))
}

func unit(p float64) float64 {
	if !(p > 0) { // NaN too
		return 0
	}
	return min(1, p)
}

// signalNames are what the model looks at, in the order of signals.
func signalNames() []string {
	return []string{"score", "lead", "lag", "clear", "standing", "coverage", "unknown", "length", "entry", "foreign", "chinese", "far_topic", "smalltalk"}
}

// signals describes a candidate to the confidence model. All are free of the
// size of the corpus: differences between neighbours, and the place of its
// cosine among those of all rows.
//
// Hints.OutOfScope is left out: where no intents are trained it is high for
// every question about the business.
func (f *finding) signals(i int, h Hints) []float64 {
	s := &f.all[i]
	next, third := f.others(i)
	lead := s.score - next
	length := 0.0
	for _, t := range f.asked.terms {
		length += float64(t.Weight)
	}
	return []float64{
		s.score,
		max(0, lead),
		max(0, -lead),
		s.score - third,
		f.standing(s),
		s.coverage,
		f.asked.unknown,
		min(length, 12) / 12,
		flag(s.book.kind == KindEntry),
		flag(s.foreign),
		flag(f.asked.language == "zh"),
		unit(h.FarTopic),
		unit(h.Smalltalk),
	}
}

// others returns the two best scores beside a candidate's. Documents in another
// language do not count against one in the question's: they may be its
// translations. Where there are no others, what just anything would score
// stands in, so that the only document of a workspace is not sure by default.
func (f *finding) others(i int) (next, third float64) {
	mean, deviation := f.spread()
	floor := max(0, (mean+deviation)/(1+weightShare+weightCoverage))
	next, third = floor, floor
	n := 0
	for k := range f.all {
		if k == i || f.all[k].foreign && !f.all[i].foreign {
			continue
		}
		if n++; n == 1 {
			next = max(floor, f.all[k].score)
			continue
		}
		third = max(floor, f.all[k].score)
		break
	}
	return next, third
}

// What cosines with just anything are like where little is indexed: the mean
// over the corpora of training/data/confidence, as if seen on priorRows rows.
const (
	priorMean      = .05
	priorDeviation = .08
	priorRows      = 10
)

// spread is the mean and deviation of the question's cosines with all rows,
// drawn to the prior where there are few.
func (f *finding) spread() (mean, deviation float64) {
	n := float64(f.rows)
	mean = (n*f.mean + priorRows*priorMean) / (n + priorRows)
	variance := (n*(f.deviation*f.deviation+(f.mean-mean)*(f.mean-mean)) + priorRows*(priorDeviation*priorDeviation+(priorMean-mean)*(priorMean-mean))) / (n + priorRows)
	return mean, math.Sqrt(variance)
}

// standing is how many deviations the best row stands above just anything.
func (f *finding) standing(s *sighting) float64 {
	mean, deviation := f.spread()
	return max(-2, min(10, (s.best-mean)/(deviation+.02)))
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// Assessment is a search with what the confidence model saw, for fitting it.
type Assessment struct {
	Result  Result
	Names   []string    // of the signals
	Signals [][]float64 // by candidate
}

// Assess searches like Search and also returns the signals.
func (l *Local) Assess(ctx context.Context, q Query) (Assessment, error) {
	result, f, err := l.find(ctx, q)
	a := Assessment{Result: result, Names: signalNames()}
	if err != nil || f == nil {
		return a, err
	}
	for i := range result.Candidates {
		s := f.signals(i, q.Hints)
		a.Signals = append(a.Signals, s)
		result.Candidates[i].Confidence = l.judge.confidence(s)
	}
	return a, nil
}
