package training

import (
	"context"
	"math"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

type sentimentLine struct {
	Text  string   `json:"text"`
	Score *float64 `json:"score"`
	Fold  *int     `json:"fold"`
	Slice string   `json:"slice"`
}

// neutralWithin is the score up to which a line is neither positive nor negative
// and does not count for the sign's metrics.
const neutralWithin = .1

// evaluateSentiment scores every line with the shipped head, and where lines have
// folds also with heads trained on the other folds.
func evaluateSentiment(ctx context.Context, e *evaluation) error {
	if e.parts.NewReader == nil {
		return missing("reader of utterances")
	}
	lines, err := readLines(e.task, "test", []string{"text", "score"}, func(l *sentimentLine) error {
		if *l.Score < -1 || *l.Score > 1 {
			return fault.New(fault.Invalid, "the score %v lies outside -1…1", *l.Score)
		}
		return checkFold(l.Fold)
	})
	if err != nil {
		return err
	}
	reader, err := e.parts.NewReader(ctx)
	if err != nil {
		return err
	}
	e.result.N["test"] = len(lines)
	shipped := make([]float64, len(lines))
	for i, l := range lines {
		if err := e.query(func() error {
			r, err := reader.Read(ctx, intents.Input{Text: l.Text})
			shipped[i] = r.Sentiment
			return err
		}); err != nil {
			return err
		}
		e.line(lineOutcome{
			Text: l.Text, Slice: l.Slice, Right: yes(math.Abs(*l.Score) >= neutralWithin, (*l.Score > 0) == (shipped[i] > 0)),
			Scores: map[string]float64{"sentiment": shipped[i], "wanted": *l.Score},
		})
		e.progress(i+1, len(lines))
	}
	e.signMetrics("", lines, shipped)
	labels := make([]string, len(lines))
	for i, l := range lines {
		labels[i] = l.Slice
	}
	right := make([]bool, len(lines))
	for i, l := range lines {
		right[i] = (*l.Score > 0) == (shipped[i] > 0)
	}
	e.result.slice(labels, "accuracy", share(right, nil))
	if lines[0].Fold == nil || e.parts.Embedder == nil {
		return nil
	}
	texts, scores, fold := make([]string, len(lines)), make([]float64, len(lines)), make([]int, len(lines))
	for i, l := range lines {
		if l.Fold == nil {
			return fault.New(fault.Invalid, "line %d has no fold although the first line has one", i+1)
		}
		texts[i], scores[i], fold[i] = l.Text, *l.Score, *l.Fold
	}
	var trained []float64
	if err := timed(&e.result.Seconds.Train, func() (err error) {
		trained, err = intents.CrossSentiment(ctx, texts, scores, fold, e.parts.Embedder)
		return err
	}); err != nil {
		return err
	}
	e.signMetrics("trained.", lines, trained)
	return nil
}

func checkFold(fold *int) error {
	if fold != nil && (*fold < 0 || *fold > 4) {
		return fault.New(fault.Invalid, "the fold %d lies outside 0…4", *fold)
	}
	return nil
}

func (e *evaluation) signMetrics(prefix string, lines []sentimentLine, score []float64) {
	var predicted, truth []string
	var right, positive []bool
	var clear, all, gold []float64
	for i, l := range lines {
		all, gold = append(all, score[i]), append(gold, *l.Score)
		if math.Abs(*l.Score) < neutralWithin {
			continue
		}
		sign := map[bool]string{true: "positive", false: "negative"}
		truth, predicted = append(truth, sign[*l.Score > 0]), append(predicted, sign[score[i] > 0])
		right, positive = append(right, (*l.Score > 0) == (score[i] > 0)), append(positive, *l.Score > 0)
		clear = append(clear, score[i])
	}
	if len(truth) > 0 {
		s := sample{n: len(truth)}
		e.result.N["clear"] = len(truth)
		e.result.add(s, prefix+"accuracy", share(right, nil))
		e.result.add(s, prefix+"macro_f1", macroF1(predicted, truth))
		e.result.add(s, prefix+"auroc", auroc(clear, positive))
	}
	e.result.add(sample{n: len(lines)}, prefix+"pearson", pearson(all, gold))
}
