package training

import (
	"context"
	"strings"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

type followupLine struct {
	Context     []saidLine `json:"context"`
	Text        string     `json:"text"`
	Full        string     `json:"full"`
	Relevant    []string   `json:"relevant"`
	StandsAlone bool       `json:"stands_alone"`
	Slice       string     `json:"slice"`
}

// evaluateFollowup asks every question in its context, without it, and written
// out, and looks whether the right entry comes first.
func evaluateFollowup(ctx context.Context, e *evaluation) error {
	lines, err := readLines(e.task, "queries", []string{"context", "text", "full", "relevant", "stands_alone"}, func(l *followupLine) error {
		return checkSaid(l.Context)
	})
	if err != nil {
		return err
	}
	engine, lib, known, err := e.talk(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	n := len(lines)
	inContext, alone, full := make([]bool, n), make([]bool, n), make([]bool, n)
	dependent, complete, lost, labels := make([]bool, n), make([]bool, n), make([]bool, n), make([]string, n)
	for i, l := range lines {
		for _, id := range l.Relevant {
			if !known[id] {
				return fault.New(fault.Invalid, "queries line %d: there is no document %q", i+1, id)
			}
		}
		first := func(m bot.Memory, text string) (bool, error) {
			tr, _, err := engine.Turn(ctx, m, text)
			return firstIs(tr, l.Relevant), err
		}
		var said bot.Trace // in its context
		if err := e.query(func() (err error) {
			said, _, err = engine.Turn(ctx, recall(l.Context), l.Text)
			inContext[i] = firstIs(said, l.Relevant)
			return err
		}); err != nil {
			return err
		}
		if alone[i], err = first(bot.Memory{}, l.Text); err != nil {
			return err
		}
		if full[i], err = first(bot.Memory{}, l.Full); err != nil {
			return err
		}
		dependent[i], complete[i], labels[i] = !l.StandsAlone, l.StandsAlone, l.Slice
		lost[i] = l.StandsAlone && alone[i] && !inContext[i]
		e.line(lineOutcome{
			Text: l.Text, Slice: l.Slice, Right: yes(true, inContext[i]), Want: strings.Join(l.Relevant, " "), Got: firstOf(said), Read: said.Question,
			Decision: string(said.Decision), Rule: said.Rule,
		})
		e.progress(i+1, n)
	}
	s := sample{n: n}
	e.result.N["queries"] = n
	e.result.add(s, "r1_dependent", share(inContext, dependent))
	e.result.add(s, "r1_complete", share(inContext, complete))
	e.result.add(s, "full_r1", share(full, nil))
	e.result.add(s, "alone_r1", share(alone, nil))
	e.result.add(s, "needless", share(lost, complete))
	e.result.slice(labels, "r1", share(inContext, nil))
	e.result.slice(labels, "alone_r1", share(alone, nil))
	return nil
}
