package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"sort"
	"strings"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/linear"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// observation is one candidate of one question in one arrangement.
type observation struct {
	business string
	signals  []float64
	right    bool
	weight   float64
	top      bool // the best candidate of a whole help centre: what a visitor would be given
}

// Weights of arrangements. The first keeps the mix of what visitors ask: about
// three in five questions have an answer. The others teach that confidence must
// not depend on the size of the corpus or its languages.
const (
	weightWhole   = 1   // the help centre as it is
	weightOffTrip = .35 // far topics and small talk: many in the sets, fewer in life
	weightLower   = .3  // second and third candidates
	weightRemoved = .2  // an answerable question whose documents were taken out
	weightForeign = .25 // the same help centre in the other language only
	weightBoth    = .4  // both languages together
	weightMerged  = .4  // all businesses of a language together
	weightFew     = .15 // a handful of its documents
	// shareBlind of every weight goes to the same candidate without hints, so that
	// the other signals do not lean on them.
	shareBlind = .25
)

// ridge is the L2 penalty on standardized weights.
const ridge = .003

// bench is an index that arrangements are built in.
type bench struct {
	e      *memo
	local  *knowledge.Local
	reader *intents.Reader // for the hints, as the engine gives them
	chunks map[knowledge.DocumentID][]knowledge.Chunk
	read   map[string]knowledge.Hints // by text
	out    []observation
}

// hints reads an utterance the way the engine does before it searches.
func (b *bench) hints(ctx context.Context, text string) (knowledge.Hints, error) {
	if h, ok := b.read[text]; ok {
		return h, nil
	}
	r, err := b.reader.Read(ctx, intents.Input{Workspace: id.DefaultWorkspace, Text: text})
	if err != nil {
		return knowledge.Hints{}, err
	}
	h := knowledge.Hints{OutOfScope: r.OutOfScope, FarTopic: r.Signals.FarTopic}
	for _, i := range r.Intents {
		if i.Class == intents.ClassSmalltalk {
			h.Smalltalk = max(h.Smalltalk, i.Confidence)
		}
	}
	b.read[text] = h
	return h, nil
}

func (b *bench) put(ctx context.Context, docs []knowledge.Document) error {
	for _, d := range docs {
		if b.chunks[d.ID] == nil {
			c, err := b.e.cut(ctx, d)
			if err != nil {
				return err
			}
			b.chunks[d.ID] = c
		}
		b.local.Replace(d, b.chunks[d.ID])
	}
	return nil
}

func (b *bench) drop(docs []knowledge.Document) {
	for _, d := range docs {
		b.local.Remove(d.Workspace, d.ID)
	}
}

// ask records the best three candidates of a question.
func (b *bench) ask(ctx context.Context, s set, q question, relevant []string, weight float64, whole bool) error {
	hints, err := b.hints(ctx, q.Text)
	if err != nil {
		return err
	}
	a, err := b.local.Assess(ctx, knowledge.Query{Workspace: id.DefaultWorkspace, Text: q.Text, Language: s.language, Limit: 3, Hints: hints})
	if err != nil {
		return err
	}
	if q.Slice == "far" || q.Slice == "chat" {
		weight *= weightOffTrip
	}
	for i, c := range a.Result.Candidates {
		w := weight
		if i > 0 {
			w *= weightLower
		}
		o := observation{
			business: s.business, signals: a.Signals[i], right: slices.Contains(relevant, string(c.Document)), weight: w * (1 - shareBlind), top: whole && i == 0,
		}
		b.out = append(b.out, o)
		o.signals, o.weight, o.top = slices.Clone(o.signals), w*shareBlind, false
		for k, name := range a.Names {
			if name == "far_topic" || name == "smalltalk" {
				o.signals[k] = 0
			}
		}
		b.out = append(b.out, o)
	}
	return nil
}

// observe runs every arrangement over every set.
func observe(ctx context.Context, e *memo, sets []set) ([]observation, []string, error) {
	local, err := knowledge.NewLocal(e, len(firstVector(ctx, e)), &knowledge.LocalOptions{Tokens: e.CountTokens})
	if err != nil {
		return nil, nil, err
	}
	reader, err := intents.NewReader(e, nil)
	if err != nil {
		return nil, nil, err
	}
	b := &bench{e: e, local: local, reader: reader, read: map[string]knowledge.Hints{}, chunks: map[knowledge.DocumentID][]knowledge.Chunk{}}
	for i, s := range sets {
		for _, arrange := range []func(context.Context, set, []set) error{b.whole, b.removed, b.languages, b.few} {
			if err := arrange(ctx, s, sets); err != nil {
				return nil, nil, err
			}
		}
		fmt.Fprintf(os.Stderr, "\rset %d of %d   ", i+1, len(sets))
	}
	if err := b.merged(ctx, sets); err != nil {
		return nil, nil, err
	}
	fmt.Fprintln(os.Stderr)
	a, err := local.Assess(ctx, knowledge.Query{Workspace: id.DefaultWorkspace, Text: "names"})
	return b.out, a.Names, err
}

func firstVector(ctx context.Context, e *memo) []float32 {
	v, err := e.EmbedQueries(ctx, []string{"dimension"})
	if err != nil {
		return nil
	}
	return v[0]
}

func (b *bench) whole(ctx context.Context, s set, _ []set) error {
	if err := b.put(ctx, s.docs); err != nil {
		return err
	}
	defer b.drop(s.docs)
	for _, q := range s.questions {
		if err := b.ask(ctx, s, q, q.Relevant, weightWhole, true); err != nil {
			return err
		}
	}
	return nil
}

// removed takes out what answers a question: what is left is the hardest kind of
// question without an answer.
func (b *bench) removed(ctx context.Context, s set, _ []set) error {
	if err := b.put(ctx, s.docs); err != nil {
		return err
	}
	defer b.drop(s.docs)
	for _, q := range s.questions {
		if len(q.Relevant) == 0 {
			continue
		}
		var gone []knowledge.Document
		for _, d := range s.docs {
			if slices.Contains(q.Relevant, string(d.ID)) {
				gone = append(gone, d)
			}
		}
		b.drop(gone)
		if err := b.ask(ctx, s, q, nil, weightRemoved, false); err != nil {
			return err
		}
		if err := b.put(ctx, gone); err != nil {
			return err
		}
	}
	return nil
}

// languages asks of the other language's documents, then of both together, where
// only the question's own language is right.
func (b *bench) languages(ctx context.Context, s set, sets []set) error {
	for _, other := range sets {
		if other.business != s.business || other.language == s.language {
			continue
		}
		if err := b.put(ctx, other.docs); err != nil {
			return err
		}
		translate := strings.NewReplacer("-"+s.language+"/", "-"+other.language+"/")
		for _, q := range s.questions {
			var relevant []string
			for _, r := range q.Relevant {
				relevant = append(relevant, translate.Replace(r))
			}
			if err := b.ask(ctx, s, q, relevant, weightForeign, false); err != nil {
				return err
			}
		}
		if err := b.put(ctx, s.docs); err != nil {
			return err
		}
		for _, q := range s.questions {
			if err := b.ask(ctx, s, q, q.Relevant, weightBoth, false); err != nil {
				return err
			}
		}
		b.drop(s.docs)
		b.drop(other.docs)
	}
	return nil
}

// few asks of three to eight documents.
func (b *bench) few(ctx context.Context, s set, _ []set) error {
	rng := rand.New(rand.NewPCG(2, 0))
	for range 3 {
		order := rng.Perm(len(s.docs))
		var docs []knowledge.Document
		for _, i := range order[:3+rng.IntN(6)] {
			docs = append(docs, s.docs[i])
		}
		if err := b.put(ctx, docs); err != nil {
			return err
		}
		for _, q := range s.questions {
			here := slices.ContainsFunc(docs, func(d knowledge.Document) bool { return slices.Contains(q.Relevant, string(d.ID)) })
			if !here && rng.IntN(3) > 0 {
				continue // most questions would have no answer
			}
			if err := b.ask(ctx, s, q, q.Relevant, weightFew, false); err != nil {
				return err
			}
		}
		b.drop(docs)
	}
	return nil
}

func (b *bench) merged(ctx context.Context, sets []set) error {
	for _, language := range []string{"en", "zh"} {
		for _, s := range sets {
			if s.language == language {
				if err := b.put(ctx, s.docs); err != nil {
					return err
				}
			}
		}
		for _, s := range sets {
			if s.language != language {
				continue
			}
			for _, q := range s.questions {
				if err := b.ask(ctx, s, q, q.Relevant, weightMerged, false); err != nil {
					return err
				}
			}
		}
		for _, s := range sets {
			if s.language == language {
				b.drop(s.docs)
			}
		}
	}
	return nil
}

// fit prints what the model is worth on a business it has not seen, then returns
// confidence.json fitted on all.
func fit(ctx context.Context, e *memo, sets []set) ([]byte, error) {
	all, names, err := observe(ctx, e, sets)
	if err != nil {
		return nil, err
	}
	var businesses []string
	for _, s := range sets {
		if !slices.Contains(businesses, s.business) {
			businesses = append(businesses, s.business)
		}
	}
	var held []judged
	for _, out := range businesses {
		m, err := train(ctx, all, func(o observation) bool { return o.business != out })
		if err != nil {
			return nil, err
		}
		for _, o := range all {
			if o.business == out && o.top {
				held = append(held, judged{m.Probability(o.signals), o.right})
			}
		}
	}
	report(held)
	m, err := train(ctx, all, func(observation) bool { return true })
	if err != nil {
		return nil, err
	}
	// Without standardization, so that the product only multiplies and adds.
	bias, weights := m.Bias, map[string]float64{}
	for i, name := range names {
		w := m.W[i] / m.Scale[i]
		weights[name] = round(w)
		bias -= w * m.Mean[i]
		fmt.Fprintf(os.Stderr, "  %-10s %8.3f   (%+.2f per deviation)\n", name, w, m.W[i])
	}
	b, err := json.MarshalIndent(map[string]any{"bias": round(bias), "weights": weights}, "", " ")
	return append(b, '\n'), err
}

func train(ctx context.Context, all []observation, use func(observation) bool) (*linear.Logistic, error) {
	var x [][]float64
	var right []bool
	var weights []float32
	for _, o := range all {
		if use(o) {
			x, right, weights = append(x, o.signals), append(right, o.right), append(weights, float32(o.weight))
		}
	}
	return linear.FitLogistic(ctx, x, right, weights, ridge)
}

type judged struct {
	confidence float64
	right      bool
}

// report prints how well held-back confidences order and calibrate.
func report(held []judged) {
	sort.Slice(held, func(i, j int) bool { return held[i].confidence > held[j].confidence })
	var pairs, won, rights, ece float64
	bins := map[int][3]float64{}
	for _, h := range held {
		if h.right {
			rights++
		} else {
			won += rights
		}
		b := bins[int(h.confidence*10)]
		b[0]++
		b[1] += h.confidence
		if h.right {
			b[2]++
		}
		bins[int(h.confidence*10)] = b
	}
	pairs = rights * (float64(len(held)) - rights)
	for _, b := range bins {
		ece += math.Abs(b[1]-b[2]) / float64(len(held))
	}
	fmt.Fprintf(os.Stderr, "held-back businesses: n %d, right %.3f, AUROC %.3f, calibration error %.3f\n", len(held), rights/float64(len(held)), won/pairs, ece)
	for i := range 10 {
		if b := bins[i]; b[0] > 0 {
			fmt.Fprintf(os.Stderr, "  confidence %.1f: n %4.0f, mean %.3f, right %.3f\n", float64(i)/10, b[0], b[1]/b[0], b[2]/b[0])
		}
	}
}

func round(v float64) float64 { return math.Round(v*1e5) / 1e5 }
