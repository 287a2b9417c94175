package training

import (
	"context"
	"slices"
	"strings"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// evaluateAnswer asks the engine every question as the first message of a new
// conversation. Only the decision answer gives an answer; suggestions count only
// under clarify.
func evaluateAnswer(ctx context.Context, e *evaluation) error {
	if e.parts.NewEngine == nil {
		return missing("engine")
	}
	lib, known, err := e.shelve(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	lines, err := e.questions(known, false)
	if err != nil {
		return err
	}
	engine, err := e.parts.NewEngine(ctx, lib)
	if err != nil {
		return err
	}
	n := len(lines)
	answerable, unanswerable := make([]bool, n), make([]bool, n)
	top, answered, right, clarified, helped := make([]bool, n), make([]bool, n), make([]bool, n), make([]bool, n), make([]bool, n)
	confidence, labels := make([]float64, n), make([]string, n)
	for i, l := range lines {
		var tr bot.Trace
		if err := e.query(func() (err error) {
			tr, _, err = engine.Turn(ctx, bot.Memory{}, l.Text)
			return err
		}); err != nil {
			return err
		}
		answerable[i], unanswerable[i] = len(l.Relevant) > 0, len(l.Relevant) == 0
		top[i], labels[i] = firstIs(tr, l.Relevant), l.Slice
		if len(tr.Candidates) > 0 {
			confidence[i] = tr.Candidates[0].Confidence
		}
		switch tr.Decision {
		case bot.DecideAnswer:
			answered[i] = true
			right[i] = givenIs(tr, l.Relevant)
			helped[i] = right[i]
		case bot.DecideClarify:
			clarified[i] = true
			helped[i] = slices.ContainsFunc(tr.Choices, func(c bot.Choice) bool { return slices.Contains(l.Relevant, c.Document) })
		}
		e.line(lineOutcome{
			Text: l.Text, Slice: l.Slice, Right: yes(answerable[i], top[i]), Want: strings.Join(l.Relevant, " "), Got: firstOf(tr),
			Decision: string(tr.Decision), Rule: tr.Rule, Scores: map[string]float64{"confidence": confidence[i]},
		})
		e.progress(i+1, n)
	}
	s, r := sample{n: n}, e.result
	for _, m := range []struct {
		name string
		m    measure
	}{
		{"right_at_1", share(top, answerable)},
		{"auroc", auroc(confidence, top)},
		{"ece", ece(confidence, top)},
		{"coverage", share(answered, answerable)},
		{"precision", share(right, answered)},
		{"clarified", share(clarified, nil)},
		{"helped", share(helped, answerable)},
		{"false_answers", share(answered, unanswerable)},
	} {
		r.add(s, m.name, m.m)
		if m.name == "ece" {
			low, high := eceBand(confidence)
			r.addBand("ece_band", low, high)
		}
		r.slice(labels, m.name, m.m)
	}
	r.curves = append(r.curves, curve{name: "confidence", confidence: confidence, right: top})
	return nil
}

// givenIs reports whether an answer came from a relevant document: its first
// source, or the best candidate when it names none.
func givenIs(tr bot.Trace, relevant []string) bool {
	if len(tr.Sources) > 0 {
		return slices.Contains(relevant, tr.Sources[0].Document)
	}
	return firstIs(tr, relevant)
}
