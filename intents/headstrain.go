package intents

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/linear"
	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// SignalExample is an utterance to train the shipped heads on.
type SignalExample struct {
	Text      string
	Signals   []Signal // that are true of it; all others are false
	Unsure    []Signal // that this example says nothing about
	Sentiment *float64 // −1…1; nil: says nothing about sentiment
	NoSignals bool     // says nothing about any signal
	Weight    float32  // 0: 1
	Repeated  bool     // one of many of a pattern: trained on, never held back for calibration
}

// SignalsHash identifies a list of examples, to tell whether heads are fresh.
func SignalsHash(examples []SignalExample) string {
	h := sha256.New()
	for _, e := range examples {
		mood := 9.0
		if e.Sentiment != nil {
			mood = *e.Sentiment
		}
		fmt.Fprintf(h, "%q %q %q %v %v %v %v\n", e.Text, e.Signals, e.Unsure, mood, e.NoSignals, e.Weight, e.Repeated)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Strengths of the heads' views, as C = 1/(L2·examples); chosen on held-back
// examples, see TrainHeads.
const (
	headDenseC  = 10
	headSparseC = 10
	headFolds   = 5
)

// clauseWorth is what an example's most telling clause weighs in training beside the
// whole of it. Chosen on held-back examples, see training/data/signals/README.md.
const clauseWorth = .5

// headTrainer is the training of the heads under way.
type headTrainer struct {
	examples   []SignalExample
	x          [][]float32
	grams      [][]gramCount
	vocabulary *vocabulary // of the heads that are trained
	rows       []linear.Sparse
	parts      [][]piece // clauses of each example, with their vectors
	partRows   [][]linear.Sparse
	heads      *Heads
}

// TrainHeads fits the shipped heads. The space comes from the examples' own
// vectors. Each head's two views are trained on the examples that say something
// about its signal; their mixture is calibrated on held-back ones, read just as
// Heads.signals reads: whole and by clause. model names the embeddings.
func TrainHeads(ctx context.Context, examples []SignalExample, e MiddleEmbedder, model string, progress func(stage string, done, total int)) (*Heads, error) {
	if len(examples) < 100 {
		return nil, fault.New(fault.Invalid, "heads need hundreds of examples; here are %d", len(examples))
	}
	if progress == nil {
		progress = func(string, int, int) {}
	}
	t := &headTrainer{examples: examples, heads: &Heads{Model: model, heads: make([]head, len(AllSignals()))}}
	if err := t.embed(ctx, e, progress); err != nil {
		return nil, err
	}
	if err := t.mood(ctx, e); err != nil {
		return nil, err
	}
	return t.heads, t.fitAll(ctx, AllSignals(), progress)
}

// Retrain is TrainHeads for a few signals: the other heads and sentiment stay as h has
// them, and so do the spaces that they stand on. The trained ones get a vocabulary of
// these examples, with the words that came in since. Error: Invalid for a signal that
// there is not, or that has too few examples.
func (h *Heads) Retrain(ctx context.Context, signals []Signal, examples []SignalExample, e MiddleEmbedder, progress func(stage string, done, total int)) (*Heads, error) {
	if progress == nil {
		progress = func(string, int, int) {}
	}
	t := &headTrainer{examples: examples, heads: &Heads{Model: h.Model, space: h.space, middle: h.middle, heads: slices.Clone(h.heads), sentiment: h.sentiment}}
	if err := t.embed(ctx, e, progress); err != nil {
		return nil, err
	}
	return t.heads, t.fitAll(ctx, signals, progress)
}

// RetrainSentiment is TrainHeads for sentiment: the signals stay as h has them.
func (h *Heads) RetrainSentiment(ctx context.Context, examples []SignalExample, e MiddleEmbedder, progress func(stage string, done, total int)) (*Heads, error) {
	if progress == nil {
		progress = func(string, int, int) {}
	}
	t := &headTrainer{examples: examples, heads: &Heads{Model: h.Model, space: h.space, middle: h.middle, heads: slices.Clone(h.heads)}}
	if err := t.embed(ctx, e, progress); err != nil {
		return nil, err
	}
	return t.heads, t.mood(ctx, e)
}

// fitAll trains the heads of signals.
func (t *headTrainer) fitAll(ctx context.Context, signals []Signal, progress func(stage string, done, total int)) error {
	for i, name := range signals {
		progress("heads", i, len(signals))
		at := slices.Index(AllSignals(), name)
		if at < 0 {
			return fault.New(fault.Invalid, "there is no signal %q", name)
		}
		if err := t.fit(ctx, at, name); err != nil {
			return err
		}
	}
	progress("heads", len(signals), len(signals))
	return nil
}

// mood trains sentiment on the graded examples and the paragraphs they make.
func (t *headTrainer) mood(ctx context.Context, e MiddleEmbedder) error {
	var all []graded
	var grams [][]gramCount
	var languages []string
	for i, ex := range t.examples {
		if ex.Sentiment == nil {
			continue
		}
		worth := float32(1)
		if !ex.NoSignals {
			worth = asideWorth
		}
		all = append(all, graded{fold: foldOf(ex.Text), x: t.x[i], words: sentimentFeatures(ex.Text), score: *ex.Sentiment, worth: worth})
		grams, languages = append(grams, t.grams[i]), append(languages, text.Language(ex.Text))
	}
	long := paragraphs(t.examples)
	texts := make([]string, len(long))
	for i, p := range long {
		texts[i] = p.text
	}
	vectors, middles, err := embedAllBoth(ctx, e, texts, nil)
	if err != nil {
		return err
	}
	vocabulary := newVocabulary(grams, 3)
	for i, p := range long {
		all = append(all, graded{fold: p.fold, x: t.heads.look(vectors[i], middles[i]), words: sentimentFeatures(p.text), score: p.score, worth: 1})
		grams, languages = append(grams, countGrams(p.text)), append(languages, text.Language(p.text))
	}
	for i := range all {
		all[i].row, _ = vocabulary.row(grams[i])
	}
	balance(all, languages)
	if t.heads.sentiment, err = trainSentiment(ctx, all, len(vocabulary.hashes)); err != nil {
		return err
	}
	t.heads.sentiment.vocabulary = vocabulary
	return nil
}

func (t *headTrainer) embed(ctx context.Context, e MiddleEmbedder, progress func(string, int, int)) error {
	var texts []string
	for _, ex := range t.examples {
		texts = append(texts, cut(ex.Text))
	}
	var clauses []string
	from := make([]int, len(texts)+1)
	for i, s := range texts {
		clauses = append(clauses, clausesOf(s)...)
		from[i+1] = len(clauses)
	}
	total := len(texts) + len(clauses)
	vectors, middles, err := embedAllBoth(ctx, e, append(texts[:len(texts):len(texts)], clauses...), func(n int) { progress("embed", n, total) })
	if err != nil {
		return err
	}
	if t.heads.space == nil {
		t.heads.space = fitSpace(vectors[:len(texts)])
	}
	if t.heads.middle == nil {
		t.heads.middle = fitScale(middles[:len(texts)])
	}
	seen := make([][]float32, len(vectors))
	for i := range vectors {
		seen[i] = t.heads.look(vectors[i], middles[i])
	}
	t.x = seen[:len(texts)]
	t.grams = make([][]gramCount, len(texts))
	for i, s := range texts {
		t.grams[i] = countGrams(s)
	}
	t.vocabulary = newVocabulary(t.grams, 3)
	t.rows = make([]linear.Sparse, len(texts))
	t.parts, t.partRows = make([][]piece, len(texts)), make([][]linear.Sparse, len(texts))
	for i := range texts {
		t.rows[i], _ = t.vocabulary.row(t.grams[i])
		for k := from[i]; k < from[i+1]; k++ {
			row, _ := t.vocabulary.row(countGrams(clauses[k]))
			t.parts[i], t.partRows[i] = append(t.parts[i], piece{clauses[k], seen[len(texts)+k]}), append(t.partRows[i], row)
		}
	}
	return nil
}

// foldOf deals an example to a fold by its words, so that the deal does not
// change when others are added.
func foldOf(s string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s))
	return int(h.Sum32() % headFolds)
}

// fit trains one head.
func (t *headTrainer) fit(ctx context.Context, at int, name Signal) error {
	var rows []int
	positives := 0
	for i, ex := range t.examples {
		if ex.NoSignals || slices.Contains(ex.Unsure, name) {
			continue
		}
		rows = append(rows, i)
		positives += t.truth(i, name)
	}
	if positives < 10 {
		return fault.New(fault.Invalid, "the signal %q has %d examples; write ten or more", name, positives)
	}
	var features [][]float64
	var truth []bool
	var weights []float32
	for f := range headFolds {
		var train, held []int
		for _, i := range rows {
			if foldOf(t.examples[i].Text) != f || t.examples[i].Repeated {
				train = append(train, i)
			}
			if foldOf(t.examples[i].Text) == f && !t.examples[i].Repeated {
				held = append(held, i)
			}
		}
		h, err := t.trained(ctx, train, name)
		if err != nil {
			return err
		}
		for _, i := range held {
			features = append(features, t.telling(h, i, name))
			truth = append(truth, t.truth(i, name) == 1)
			weights = append(weights, weightOfExample(t.examples[i]))
		}
	}
	h, err := t.trained(ctx, rows, name)
	if err != nil {
		return err
	}
	cal, err := linear.FitLogistic(ctx, features, truth, weights, 1e-3)
	if err != nil {
		return err
	}
	h.mix[0] = cal.Bias
	for k := range 2 {
		h.mix[k+1] = cal.W[k] / cal.Scale[k]
		h.mix[0] -= cal.W[k] * cal.Mean[k] / cal.Scale[k]
	}
	held := make([]float64, len(features))
	for i, f := range features {
		held[i] = h.mix[0] + h.mix[1]*f[0] + h.mix[2]*f[1]
	}
	even := breakEven(held, truth, weights)
	h.mix[0] -= max(-maxShift, min(maxShift, even))
	t.heads.heads[at] = *h
	t.heads.Checks = append(t.heads.Checks, check(name, held, truth, weights))
	return nil
}

// maxShift bounds how far a head's middle is moved from where the calibration
// put it.
const maxShift = 1.0

// breakEven is the logit at which as much is missed as is wrongly taken: the
// point that one half should stand for, since a policy asks for one half and
// neither mistake is cheap.
func breakEven(logits []float64, truth []bool, weights []float32) float64 {
	order := make([]int, len(logits))
	var missed float64
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(logits[a], logits[b]) })
	var taken float64
	for i, yes := range truth {
		if !yes {
			taken += float64(weights[i])
		}
	}
	for _, i := range order {
		if truth[i] {
			missed += float64(weights[i])
		} else {
			taken -= float64(weights[i])
		}
		if missed >= taken {
			return logits[i]
		}
	}
	return 0
}

// Check is how a head did on held-back examples at one half.
type Check struct {
	Signal            Signal
	Positives         int
	Recall, Precision float64
}

func check(name Signal, logits []float64, truth []bool, weights []float32) Check {
	c := Check{Signal: name}
	var hit, missed, wrong float64
	at := breakEven(logits, truth, weights)
	for i, z := range logits {
		w := float64(weights[i])
		switch {
		case truth[i] && z > at:
			hit += w
		case truth[i]:
			missed += w
		case z > at:
			wrong += w
		}
		if truth[i] {
			c.Positives++
		}
	}
	c.Recall, c.Precision = hit/max(1e-9, hit+missed), hit/max(1e-9, hit+wrong)
	return c
}

// telling returns what both views of a head say of the most telling reading of an
// example: of the whole, or of a clause.
func (t *headTrainer) telling(h *head, i int, name Signal) []float64 {
	dense, grams := h.views(t.x[i], t.rows[i])
	if !name.whole() {
		if k, d, g := t.tellingClause(h, i); k >= 0 && d+g > dense+grams {
			return []float64{d, g}
		}
	}
	return []float64{dense, grams}
}

// tellingClause returns the place of the most telling clause of an example and what
// both views say of it; −1 where it has no clauses.
func (t *headTrainer) tellingClause(h *head, i int) (at int, dense, grams float64) {
	at = -1
	for k, p := range t.parts[i] {
		if d, g := h.views(p.x, t.partRows[i][k]); at < 0 || d+g > dense+grams {
			at, dense, grams = k, d, g
		}
	}
	return at, dense, grams
}

func weightOfExample(ex SignalExample) float32 {
	if ex.Weight == 0 {
		return 1
	}
	return ex.Weight
}

// lessons are what a head is trained on.
type lessons struct {
	dense  [][]float32
	sparse []linear.Sparse
	y      []int
	w      []float32
}

func (l *lessons) add(x []float32, row linear.Sparse, y int, w float32) {
	l.dense, l.sparse, l.y, l.w = append(l.dense, x), append(l.sparse, row), append(l.y, y), append(l.w, w)
}

// trained trains both views of a head on the given examples. A head that reads clauses
// is trained twice: then also on the clause of each example that told it most, for that
// is what it will judge by.
func (t *headTrainer) trained(ctx context.Context, rows []int, name Signal) (*head, error) {
	var l lessons
	for _, i := range rows {
		l.add(t.x[i], t.rows[i], t.truth(i, name), weightOfExample(t.examples[i]))
	}
	h, err := t.solve(ctx, l)
	if err != nil || name.whole() {
		return h, err
	}
	for _, i := range rows {
		if k, _, _ := t.tellingClause(h, i); k >= 0 {
			l.add(t.parts[i][k].x, t.partRows[i][k], t.truth(i, name), clauseWorth*weightOfExample(t.examples[i]))
		}
	}
	return t.solve(ctx, l)
}

func (t *headTrainer) truth(i int, name Signal) int {
	if slices.Contains(t.examples[i].Signals, name) {
		return 1
	}
	return 0
}

func (t *headTrainer) solve(ctx context.Context, l lessons) (*head, error) {
	n := float64(len(l.y))
	d, err := linear.TrainDense(ctx, l.dense, l.y, 2, linear.Options{L2: 1 / (headDenseC * n), Iterations: 200, Weights: l.w})
	if err != nil {
		return nil, err
	}
	s, err := linear.TrainSparse(ctx, l.sparse, l.y, 2, len(t.vocabulary.hashes), linear.Options{L2: 1 / (headSparseC * n), Iterations: 100, Weights: l.w})
	if err != nil {
		return nil, err
	}
	h := &head{vocabulary: t.vocabulary, denseBias: d.Bias[1] - d.Bias[0], gramBias: s.Bias[1] - s.Bias[0]}
	for j := range d.Features {
		h.dense = append(h.dense, d.W[d.Features+j]-d.W[j])
	}
	for j := range s.Features {
		h.gram = append(h.gram, s.W[2*j+1]-s.W[2*j])
	}
	return h, nil
}
