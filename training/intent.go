package training

import (
	"context"

	"github.com/frontdesk-chat/frontdesk/intents"
)

type intentLine struct {
	Text  string `json:"text"`
	Label string `json:"label"`
	Slice string `json:"slice"`
}

// scopeThreshold is the out-of-scope probability at which the default policy
// stops trusting an intent.
const scopeThreshold = .5

// evaluateIntent trains on the task's examples as `train` does and asks the model
// for every test line. valid, when there, is not touched: the product chooses on
// held-back training examples.
func evaluateIntent(ctx context.Context, e *evaluation) error {
	if e.parts.Embedder == nil {
		return missing("encoder")
	}
	train, err := readLines[intentLine](e.task, "train", []string{"text", "label"}, nil)
	if err != nil {
		return err
	}
	valid, err := readLines[intentLine](e.task, "valid", []string{"text", "label"}, nil)
	if err != nil {
		return err
	}
	test, err := readLines[intentLine](e.task, "test", []string{"text", "label"}, nil)
	if err != nil {
		return err
	}
	oos, err := readLines[intentLine](e.task, "oos", []string{"text"}, nil)
	if err != nil {
		return err
	}
	r := e.result
	for role, lines := range map[string][]intentLine{"train": train, "valid": valid, "test": test, "oos": oos} {
		if len(lines) > 0 {
			r.N[role] = len(lines)
		}
	}
	var model *intents.Model
	if err := timed(&r.Seconds.Train, func() (err error) {
		model, err = intents.Train(ctx, intentSet(train, e.task.Language), e.parts.Embedder, &intents.Options{
			Without:  e.parts.Without,
			Progress: func(_ string, done, total int) { e.progress(done, total) },
		})
		return err
	}); err != nil {
		return err
	}
	n := len(test) + len(oos)
	predicted, truth := make([]string, len(test)), make([]string, len(test))
	confidence, right := make([]float64, len(test)), make([]bool, len(test))
	labels := make([]string, len(test))
	scope, outside := make([]float64, n), make([]bool, n)
	for i, l := range append(test[:len(test):len(test)], oos...) {
		var p intents.Prediction
		if err := e.query(func() error {
			v, err := e.parts.Embedder.EmbedQueries(ctx, []string{l.Text})
			if err == nil {
				p = model.Predict(l.Text, v[0])
			}
			return err
		}); err != nil {
			return err
		}
		scope[i], outside[i] = p.OutOfScope, i >= len(test)
		if i < len(test) {
			predicted[i], truth[i], labels[i] = p.Intents[0].Name, l.Label, l.Slice
			confidence[i], right[i] = p.Intents[0].Confidence, p.Intents[0].Name == l.Label
		}
		e.line(lineOutcome{
			Text: l.Text, Slice: l.Slice, Right: yes(i < len(test), p.Intents[0].Name == l.Label), Want: l.Label, Got: p.Intents[0].Name,
			Scores: map[string]float64{"confidence": p.Intents[0].Confidence, "out_of_scope": p.OutOfScope},
		})
		e.progress(i+1, n)
	}
	s := sample{n: len(test)}
	r.add(s, "accuracy", share(right, nil))
	r.add(s, "macro_f1", macroF1(predicted, truth))
	r.add(s, "ece", ece(confidence, right))
	low, high := eceBand(confidence)
	r.addBand("ece_band", low, high)
	r.slice(labels, "accuracy", share(right, nil))
	r.curves = append(r.curves, curve{"confidence", confidence, right})
	if len(oos) == 0 {
		return nil
	}
	both := sample{n: n, strata: []int{len(test), len(oos)}}
	kept, inside, rejected := make([]bool, n), make([]bool, n), make([]bool, n)
	for i := range kept {
		rejected[i] = scope[i] >= scopeThreshold
		kept[i], inside[i] = !rejected[i], !outside[i]
	}
	r.add(both, "oos_auroc", auroc(scope, outside))
	r.add(both, "oos_recall_at_95", recallAtKept(scope, outside, .95))
	r.add(both, "kept", share(kept, inside))
	r.add(both, "oos_recall", share(rejected, outside))
	return nil
}

// intentSet turns task lines into a training set, intents in the order in which
// they first occur.
func intentSet(lines []intentLine, language string) intents.Set {
	var set intents.Set
	seen := map[string]bool{}
	for _, l := range lines {
		if !seen[l.Label] {
			seen[l.Label] = true
			set.Intents = append(set.Intents, intents.Intent{Name: l.Label, Class: intents.ClassBusiness})
		}
		set.Examples = append(set.Examples, intents.Example{Intent: l.Label, Text: l.Text, Language: language})
	}
	return set
}
