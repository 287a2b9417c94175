package intents

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/linear"
)

// Options of a training. Nil means the shipped defaults.
type Options struct {
	// Progress is told what is under way; done runs to total. It is called from
	// one goroutine.
	Progress func(stage string, done, total int)
	// Vectors are the examples' query embeddings in their order, as EmbedQueries
	// returns them; nil: Train embeds them.
	Vectors [][]float32
	// Like is a model of nearly the same examples, whose strengths are taken over
	// instead of tried anew: a third of a large training's work. It must tell them, see
	// Stats. nil: they are tried.
	Like *Model
	// Without switches parts off for an ablation: "intents-embedding",
	// "intents-ngrams", "intents-neighbours", "intents-calibration".
	Without []string
}

// Limits of a training.
const (
	maxIntents    = 5000
	maxExamples   = 500_000
	maxNeighbours = 4000       // kept for the nearest-neighbour view, evenly over classes
	maxVoters     = 12_000     // kept instead where they vote: with 5,700 of 8,000 the gain was halved
	votesFrom     = 2 * voters // examples an intent from which on the nearest vote; below, that gains nothing or loses
	maxFolded     = 3000       // up to here every example is held back once, above a fifth is
	folds         = 5
)

// Strengths that are tried on held-back examples, as C = 1/(L2·examples), weak
// ones last.
func denseStrengths() []float64  { return []float64{5, 20, 80} }
func sparseStrengths() []float64 { return []float64{5, 30} }

// trainer is one training under way.
type trainer struct {
	opts     Options
	classes  int
	y        []int       // class of each row
	own      int         // rows before this are examples; those behind are intents' names
	x        [][]float32 // rows in the space
	space    *space
	plain    [][]float32 // rows in the surroundings' space
	around   *space
	grams    [][]gramCount // n-grams of each row
	denseC   float64
	sparseC  float64
	minTexts int
	votes    bool // the nearest examples vote
}

// Train fits a model to a set. The set should have passed Check; Train itself
// demands two intents with examples. The name and the description of an intent
// count as one more example each: with five examples an intent that is worth two
// points of accuracy. Training is deterministic and ends early with ctx's error.
func Train(ctx context.Context, set Set, e Embedder, o *Options) (*Model, error) {
	t := trainer{}
	if o != nil {
		t.opts = *o
	}
	if len(set.Examples) > maxExamples || len(set.Intents) > maxIntents {
		return nil, fault.New(fault.Limited, "a training takes at most %d intents and %d examples; here are %d and %d", maxIntents, maxExamples, len(set.Intents), len(set.Examples))
	}
	m := &Model{}
	number := map[string]int{}
	used := map[string]bool{}
	for _, ex := range set.Examples {
		used[ex.Intent] = true
	}
	for _, in := range set.Intents {
		if used[in.Name] {
			if in.Class == "" {
				in.Class = ClassBusiness
			}
			number[in.Name] = len(m.Intents)
			m.Intents = append(m.Intents, in)
		}
	}
	if len(m.Intents) < 2 {
		return nil, fault.New(fault.Invalid, "training needs examples of at least two intents; here are %d", len(m.Intents))
	}
	texts := make([]string, 0, len(set.Examples)+len(m.Intents))
	for _, ex := range set.Examples {
		c, ok := number[ex.Intent]
		if !ok {
			return nil, fault.New(fault.Invalid, "%sthe intent %q is not declared", place(ex.File, ex.Line), ex.Intent)
		}
		texts = append(texts, cut(ex.Text))
		t.y = append(t.y, c)
	}
	t.classes, t.own = len(m.Intents), len(texts)
	for c, in := range m.Intents {
		for _, s := range []string{nameWords(in.Name), in.Description} {
			if s != "" {
				texts = append(texts, cut(s))
				t.y = append(t.y, c)
			}
		}
	}
	vectors, err := t.embed(ctx, e, texts)
	if err != nil {
		return nil, err
	}
	t.space = newSpace(apartSpace(len(vectors[0])), vectors[:t.own])
	t.x = t.space.applyAll(vectors)
	t.around = newSpace(genericSpace(len(vectors[0])), vectors[:t.own])
	t.plain = t.around.applyAll(vectors)
	t.grams = make([][]gramCount, len(texts))
	for i, s := range texts {
		t.grams[i] = countGrams(s)
	}
	t.minTexts = 1
	if t.own > maxFolded {
		t.minTexts = 2
	}
	t.votes = t.own >= votesFrom*t.classes
	if err := t.fit(ctx, m); err != nil {
		return nil, err
	}
	m.Stats.Examples, m.Stats.Hash, m.Stats.Seen = t.own, set.Hash(), marks(set.Examples)
	m.Stats.Dimension = len(vectors[0])
	return m, nil
}

func (t *trainer) progress(stage string, done, total int) {
	if t.opts.Progress != nil {
		t.opts.Progress(stage, done, total)
	}
}

func (t *trainer) without(part string) bool { return slices.Contains(t.opts.Without, part) }

func (t *trainer) embed(ctx context.Context, e Embedder, texts []string) ([][]float32, error) {
	vectors := t.opts.Vectors
	if vectors != nil && len(vectors) != t.own {
		return nil, fault.New(fault.Invalid, "%d vectors for %d examples", len(vectors), t.own)
	}
	rest := texts[len(vectors):]
	more, err := embedAll(ctx, e, rest, func(n int) { t.progress("embed", n, len(rest)) })
	if err != nil {
		return nil, err
	}
	return append(slices.Clip(vectors), more...), nil
}

// fit chooses strengths on held-back examples, calibrates the mixture on them,
// fits the out-of-scope score and trains the final views on everything.
func (t *trainer) fit(ctx context.Context, m *Model) error {
	split := t.holdOut()
	held, err := t.chooseAndLook(ctx, split)
	if err != nil {
		return err
	}
	m.mix = []float64{.7, .3, 1}
	if t.votes {
		m.mix = []float64{.5, .4, .6}
	}
	if len(held.rows) >= 2*t.classes && len(held.rows) >= 20 && !t.without("intents-calibration") {
		if m.mix, err = linear.FitShared(ctx, held.rows, held.y, m.mix, 1e-3); err != nil {
			return err
		}
	}
	t.maskMix(m.mix)
	t.tell(m, held)
	m.Stats.DenseStrength, m.Stats.SparseStrength, m.Stats.StrengthsOf = t.denseC, t.sparseC, t.own
	if like := t.opts.Like; like != nil {
		m.Stats.StrengthsOf = like.Stats.StrengthsOf
	}
	if err := t.fitScope(ctx, m); err != nil {
		return err
	}
	t.progress("train", 0, 1)
	all := make([]int, len(t.y))
	for i := range all {
		all[i] = i
	}
	if m.classifier, err = t.train(ctx, all, t.classes, nil); err != nil {
		return err
	}
	t.progress("train", 1, 1)
	return nil
}

// tell fills the statistics with what became of the held-back examples.
func (t *trainer) tell(m *Model, held heldBack) {
	m.Stats.HeldBack = len(held.rows)
	m.Stats.Intents = make([]IntentStats, t.classes)
	for _, c := range t.y[:t.own] {
		m.Stats.Intents[c].Examples++
	}
	taken := make([][]int, t.classes) // for which intents, where it was wrong
	right := 0
	for i, row := range held.rows {
		of := &m.Stats.Intents[held.y[i]]
		of.HeldBack++
		if got := argmax(mix(seen{scores: row}, m.mix)); got == held.y[i] {
			of.Right++
			right++
		} else {
			if taken[held.y[i]] == nil {
				taken[held.y[i]] = make([]int, t.classes)
			}
			taken[held.y[i]][got]++
		}
	}
	if m.Stats.HeldBack > 0 {
		m.Stats.Accuracy = float64(right) / float64(m.Stats.HeldBack)
	}
	for c, by := range taken {
		if by != nil {
			m.Stats.Intents[c].Confused = m.Intents[slices.Index(by, slices.Max(by))].Name
		}
	}
}

func (t *trainer) maskMix(w []float64) {
	for k, part := range []string{"intents-embedding", "intents-ngrams", "intents-neighbours"} {
		if t.without(part) {
			w[k] = 0
		}
	}
}

// heldBack is what a classifier saw of examples it was not trained on.
type heldBack struct {
	rows [][]float32
	y    []int
}

// holdOut deals the examples to folds, the classes evenly. Examples of a class
// of one are never held back. Large sets have one fold of a fifth.
func (t *trainer) holdOut() [][]int {
	n := folds
	of := make([][]int, t.classes)
	for i, c := range t.y[:t.own] {
		of[c] = append(of[c], i)
	}
	rng := rand.New(rand.NewPCG(1, 0))
	out := make([][]int, n)
	at := 0
	for _, rows := range of {
		if len(rows) < 2 {
			continue
		}
		rng.Shuffle(len(rows), func(a, b int) { rows[a], rows[b] = rows[b], rows[a] })
		for _, i := range rows {
			out[at%n] = append(out[at%n], i)
			at++
		}
	}
	if t.own > maxFolded {
		return out[:1]
	}
	return slices.DeleteFunc(out, func(f []int) bool { return len(f) == 0 })
}

// except lists all rows but the given ones.
func (t *trainer) except(rows []int) []int {
	skip := make([]bool, len(t.y))
	for _, i := range rows {
		skip[i] = true
	}
	out := make([]int, 0, len(t.y))
	for i := range t.y {
		if !skip[i] {
			out = append(out, i)
		}
	}
	return out
}

// chooseAndLook trains on each fold's other rows with every strength, keeps the
// strengths whose held-back log-loss, at the best temperature, is lowest, and
// returns what those saw.
func (t *trainer) chooseAndLook(ctx context.Context, split [][]int) (heldBack, error) {
	dc, sc := denseStrengths(), sparseStrengths()
	if like := t.opts.Like; like != nil {
		dc, sc = []float64{like.Stats.DenseStrength}, []float64{like.Stats.SparseStrength}
	}
	t.denseC, t.sparseC = dc[len(dc)/2], sc[len(sc)/2]
	if len(split) == 0 {
		return heldBack{}, nil
	}
	var y []int
	dense, sparse := make([][][]float32, len(dc)), make([][][]float32, len(sc))
	near := [][]float32{}
	steps, done := len(split)*(len(dc)+len(sc)), 0
	for _, fold := range split {
		rest := t.except(fold)
		base, err := t.prepare(rest, t.classes, nil)
		if err != nil {
			return heldBack{}, err
		}
		for _, i := range fold {
			y = append(y, t.y[i])
			s := base.look(t.x[i], nil)
			base.around.look(t.plain[i], &s)
			near = append(near, s.scores)
		}
		base.neighbours = nil // looked at
		for k, c := range dc {
			if base.dense, err = t.trainDense(ctx, rest, t.classes, nil, c); err != nil {
				return heldBack{}, err
			}
			base.sparse = nil
			for _, i := range fold {
				dense[k] = append(dense[k], base.look(t.x[i], nil).scores)
			}
			done++
			t.progress("check", done, steps)
		}
		base.dense = nil
		for k, c := range sc {
			if base.sparse, err = t.trainSparse(ctx, base.vocabulary, rest, t.classes, nil, c); err != nil {
				return heldBack{}, err
			}
			for _, i := range fold {
				sparse[k] = append(sparse[k], base.look(t.x[i], t.grams[i]).scores)
			}
			done++
			t.progress("check", done, steps)
		}
	}
	d, s := bestView(dense, y, 0), bestView(sparse, y, 1)
	t.denseC, t.sparseC = dc[d], sc[s]
	for i, row := range near {
		for c := range t.classes {
			row[c*views] = dense[d][i][c*views]
			row[c*views+1] = sparse[s][i][c*views+1]
		}
	}
	return heldBack{near, y}, nil
}

// bestView returns the variant with the lowest log-loss at its best temperature.
func bestView(variants [][][]float32, y []int, view int) int {
	best, bestLoss := 0, math.Inf(1)
	for v, rows := range variants {
		for _, temperature := range []float64{.5, .7, 1, 1.4, 2, 2.8, 4} {
			var loss float64
			for i, row := range rows {
				top, sum := math.Inf(-1), 0.0
				for c := view; c < len(row); c += views {
					top = math.Max(top, temperature*float64(row[c]))
				}
				for c := view; c < len(row); c += views {
					sum += math.Exp(temperature*float64(row[c]) - top)
				}
				loss += top + math.Log(sum) - temperature*float64(row[y[i]*views+view])
			}
			// A weaker penalty must earn its place: half a per cent.
			if loss < bestLoss*.995 || (v == best && loss < bestLoss) {
				best, bestLoss = v, loss
			}
		}
	}
	return best
}

// prepare makes a classifier's parts that need no optimization. number maps
// classes to the classifier's own, −1 for classes it must not know; nil: all.
func (t *trainer) prepare(rows []int, classes int, number []int) (*classifier, error) {
	c := &classifier{classes: classes, space: t.space, around: surroundings{space: t.around}}
	counted := make([][]gramCount, len(rows))
	for k, i := range rows {
		counted[k] = t.grams[i]
	}
	c.vocabulary = newVocabulary(counted, t.minTexts)
	c.wording = newWording(c.vocabulary, counted, rows, classes, func(i int) int { return classOf(number, t.y[i]) })
	of := make([][]int, classes)
	d := len(t.plain[0])
	c.around.centres = make([][]float32, classes)
	for k := range c.around.centres {
		c.around.centres[k] = make([]float32, d)
	}
	for _, i := range rows {
		k := classOf(number, t.y[i])
		of[k] = append(of[k], i)
		for j, v := range t.plain[i] {
			c.around.centres[k][j] += v
		}
	}
	for _, centre := range c.around.centres {
		var sum float64
		for _, v := range centre {
			sum += float64(v) * float64(v)
		}
		if sum > 0 {
			for j := range centre {
				centre[j] /= float32(math.Sqrt(sum))
			}
		}
	}
	most := maxNeighbours
	if t.votes {
		most = maxVoters
	}
	quota := len(rows)
	if quota > most {
		quota = max(1, most/classes)
	}
	for k, mine := range of {
		// Evenly over the class: sets are often sorted by file or by wording.
		n := min(len(mine), quota)
		for nth := range n {
			i := mine[nth*len(mine)/n]
			c.around.rows = append(c.around.rows, t.plain[i])
			switch {
			case t.without("intents-neighbours"):
			case t.votes:
				c.around.class = append(c.around.class, uint16(k))
			default:
				c.neighbours = append(c.neighbours, t.x[i])
				c.neighbour = append(c.neighbour, uint16(k))
			}
		}
	}
	c.around.quantize()
	return c, nil
}

func classOf(number []int, c int) int {
	if number == nil {
		return c
	}
	return number[c]
}

// train fits both views side by side, one core each where there are two.
func (t *trainer) train(ctx context.Context, rows []int, classes int, number []int) (*classifier, error) {
	c, err := t.prepare(rows, classes, number)
	if err != nil {
		return nil, err
	}
	var wg sync.WaitGroup
	wg.Go(c.around.measure)
	var denseErr, sparseErr error
	wg.Go(func() { c.dense, denseErr = t.trainDense(ctx, rows, classes, number, t.denseC) })
	wg.Go(func() { c.sparse, sparseErr = t.trainSparse(ctx, c.vocabulary, rows, classes, number, t.sparseC) })
	wg.Wait()
	if denseErr != nil {
		return nil, denseErr
	}
	return c, sparseErr
}

func (t *trainer) trainDense(ctx context.Context, rows []int, classes int, number []int, c float64) (*linear.Softmax, error) {
	if t.without("intents-embedding") {
		return nil, nil
	}
	x, y := make([][]float32, len(rows)), make([]int, len(rows))
	for k, i := range rows {
		x[k], y[k] = t.x[i], classOf(number, t.y[i])
	}
	return linear.TrainDense(ctx, x, y, classes, linear.Options{L2: 1 / (c * float64(len(rows))), Iterations: 150, Tolerance: 2e-4})
}

func (t *trainer) trainSparse(ctx context.Context, v *vocabulary, rows []int, classes int, number []int, c float64) (*linear.Softmax, error) {
	if t.without("intents-ngrams") {
		return nil, nil
	}
	x, y := make([]linear.Sparse, len(rows)), make([]int, len(rows))
	for k, i := range rows {
		x[k], _ = v.row(t.grams[i])
		y[k] = classOf(number, t.y[i])
	}
	return linear.TrainSparse(ctx, x, y, classes, len(v.hashes), linear.Options{L2: 1 / (c * float64(len(rows))), Iterations: 60, Tolerance: 1e-3})
}

// nameWords turns an intent's name into words: "card_arrival", "faq/cardArrival"
// → "card arrival". A name without a word of three letters says nothing.
func nameWords(name string) string {
	var b strings.Builder
	previous := ' '
	longest, run := 0, 0
	for _, r := range name {
		switch {
		case unicode.IsLetter(r):
			if unicode.IsUpper(r) && unicode.IsLower(previous) {
				b.WriteByte(' ')
			}
			b.WriteRune(r)
			run++
			if unicode.Is(unicode.Han, r) {
				run++
			}
			longest = max(longest, run)
		default:
			b.WriteByte(' ')
			run = 0
		}
		previous = r
	}
	words := strings.Join(strings.Fields(b.String()), " ")
	switch strings.ToLower(words) {
	case "intent", "label", "class", "category", "other", "none":
		return ""
	}
	if longest < 3 {
		return ""
	}
	return words
}
