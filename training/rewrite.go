package training

import (
	"context"
	"math"
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/text"
)

type rewriteLine struct {
	Context []saidLine `json:"context"`
	Topic   []string   `json:"topic"`
	Text    string     `json:"text"`
	Rewrite string     `json:"rewrite"`
	Slice   string     `json:"slice"`
}

// evaluateRewrite compares how the engine makes words stand alone with how a
// person did. Topics are handed in as what the talk began with.
func evaluateRewrite(ctx context.Context, e *evaluation) error {
	lines, err := readLines(e.task, "test", []string{"context", "text", "rewrite"}, func(l *rewriteLine) error { return checkSaid(l.Context) })
	if err != nil {
		return err
	}
	if e.parts.NewLibrary == nil || e.parts.NewEngine == nil {
		return missing("engine")
	}
	lib, err := e.parts.NewLibrary(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	engine, err := e.parts.NewEngine(ctx, lib)
	if err != nil {
		return err
	}
	n := len(lines)
	grams := make([]ngrams, n)
	copied := make([]ngrams, n)
	exact := make([]bool, n)
	labels := make([]string, n)
	for i, l := range lines {
		said := l.Context
		if len(l.Topic) > 0 {
			said = append([]saidLine{{Role: "visitor", Text: strings.Join(l.Topic, ", ")}}, said...)
		}
		var question string
		if err := e.query(func() error {
			tr, _, err := engine.Turn(ctx, recall(said), l.Text)
			question = tr.Question
			return err
		}); err != nil {
			return err
		}
		want := bleuTokens(l.Rewrite)
		grams[i], copied[i] = countNgrams(bleuTokens(question), want), countNgrams(bleuTokens(l.Text), want)
		exact[i] = strings.Join(bleuTokens(question), " ") == strings.Join(want, " ")
		labels[i] = l.Slice
		e.line(lineOutcome{Text: l.Text, Slice: l.Slice, Right: yes(true, exact[i]), Want: l.Rewrite, Got: question})
		e.progress(i+1, n)
	}
	s := sample{n: n}
	e.result.N["test"] = n
	e.result.add(s, "bleu4", bleu(grams))
	e.result.add(s, "copied_bleu4", bleu(copied))
	e.result.add(s, "exact", share(exact, nil))
	e.result.slice(labels, "bleu4", bleu(grams))
	return nil
}

// bleuTokens are lower-case words and single Han characters.
func bleuTokens(s string) []string {
	var out []string
	for w := range text.Words(text.Fold(s)) {
		if !w.Han {
			out = append(out, w.Text)
			continue
		}
		for _, r := range w.Text {
			out = append(out, string(r))
		}
	}
	return out
}

// ngrams are one line's counts for BLEU: how many n-grams of the candidate also
// stand in the reference (each at most as often as there), and how many there are.
type ngrams struct {
	match, all     [4]float64
	length, wanted float64
}

func countNgrams(got, want []string) ngrams {
	g := ngrams{length: float64(len(got)), wanted: float64(len(want))}
	for n := 1; n <= 4; n++ {
		have := map[string]int{}
		for i := 0; i+n <= len(want); i++ {
			have[strings.Join(want[i:i+n], "\x00")]++
		}
		for i := 0; i+n <= len(got); i++ {
			g.all[n-1]++
			if k := strings.Join(got[i:i+n], "\x00"); have[k] > 0 {
				have[k]--
				g.match[n-1]++
			}
		}
	}
	return g
}

// bleu is corpus BLEU-4 in percent: the geometric mean of the four n-gram
// precisions, with the brevity penalty (Papineni et al., ACL 2002).
func bleu(lines []ngrams) measure {
	return func(w []float64) float64 {
		var sum ngrams
		for i, l := range lines {
			for n := range l.match {
				sum.match[n] += w[i] * l.match[n]
				sum.all[n] += w[i] * l.all[n]
			}
			sum.length += w[i] * l.length
			sum.wanted += w[i] * l.wanted
		}
		if sum.length == 0 || sum.wanted == 0 {
			return math.NaN()
		}
		logs := 0.0
		for n := range sum.match {
			if sum.match[n] == 0 {
				return 0
			}
			logs += math.Log(sum.match[n]/sum.all[n]) / 4
		}
		return 100 * math.Exp(logs+min(0, 1-sum.wanted/sum.length))
	}
}
