package training

import (
	"context"
	"strconv"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/intents"
)

type handoffLine struct {
	Text        string `json:"text"`
	WantsPerson bool   `json:"wants_person"`
	Slice       string `json:"slice"`
}

// evaluateHandoffRequest asks of every message whether it wants a person, as the
// default policy takes it.
func evaluateHandoffRequest(ctx context.Context, e *evaluation) error {
	if e.parts.NewReader == nil {
		return missing("reader of utterances")
	}
	lines, err := readLines[handoffLine](e.task, "test", []string{"text", "wants_person"}, nil)
	if err != nil {
		return err
	}
	reader, err := e.parts.NewReader(ctx)
	if err != nil {
		return err
	}
	asked := bot.DefaultPolicy().Asked
	score, truth, said := make([]float64, len(lines)), make([]bool, len(lines)), make([]bool, len(lines))
	labels := make([]string, len(lines))
	for i, l := range lines {
		var reading intents.Reading
		if err := e.query(func() (err error) {
			reading, err = reader.Read(ctx, intents.Input{Text: l.Text})
			return err
		}); err != nil {
			return err
		}
		score[i], truth[i], labels[i] = reading.Signals.WantsPerson, l.WantsPerson, l.Slice
		said[i] = score[i] >= asked
		e.line(lineOutcome{
			Text: l.Text, Slice: l.Slice, Right: yes(true, said[i] == truth[i]), Want: strconv.FormatBool(truth[i]), Got: strconv.FormatBool(said[i]),
			Scores: map[string]float64{"wants_person": score[i]},
		})
		e.progress(i+1, len(lines))
	}
	s := sample{n: len(lines)}
	e.result.N["test"] = len(lines)
	right := make([]bool, len(lines))
	for i := range right {
		right[i] = said[i] == truth[i]
	}
	e.result.add(s, "recall", share(said, truth))
	e.result.add(s, "precision", share(truth, said))
	e.result.add(s, "f1", f1(said, truth))
	e.result.add(s, "auroc", auroc(score, truth))
	e.result.slice(labels, "recall", share(said, truth))
	e.result.slice(labels, "accuracy", share(right, nil))
	return nil
}
