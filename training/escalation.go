package training

import (
	"context"
	"strings"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

type escalationLine struct {
	ID      string   `json:"id"`
	Trigger string   `json:"trigger"`
	Turns   []string `json:"turns"`
	Expect  struct {
		Outcome   string `json:"outcome"`
		Turn      *int   `json:"turn"`
		Tolerance int    `json:"tolerance"`
	} `json:"expect"`
}

func (l escalationLine) check() error {
	x := l.Expect
	switch {
	case len(l.Turns) == 0:
		return fault.New(fault.Invalid, "a scenario needs turns")
	case x.Outcome != "handoff" && x.Outcome != "offer" && x.Outcome != "none":
		return fault.New(fault.Invalid, "the outcome %q is not known; use handoff, offer or none", x.Outcome)
	case x.Outcome != "none" && (x.Turn == nil || *x.Turn < 0 || *x.Turn >= len(l.Turns)):
		return fault.New(fault.Invalid, "the outcome %q needs a turn from 0 to %d", x.Outcome, len(l.Turns)-1)
	}
	return nil
}

// outcome is what the engine did in one scenario.
type outcome struct {
	offer, handoff int  // first turn of each; −1 never
	doom           bool // more than two failed turns in a row with no offer and no hand-off
	turns          []turnOutcome
}

// evaluateEscalation plays every scenario to its end or to the first hand-off
// and looks when the engine turned to a person. The engine sees the turns only.
func evaluateEscalation(ctx context.Context, e *evaluation) error {
	lines, err := readLines(e.task, "scenarios", []string{"id", "trigger", "turns", "expect"}, func(l *escalationLine) error { return l.check() })
	if err != nil {
		return err
	}
	engine, lib, _, err := e.talk(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	n := len(lines)
	met, exact, early, late, missed, needless, none, doom := make([]bool, n), make([]bool, n), make([]bool, n), make([]bool, n), make([]bool, n), make([]bool, n), make([]bool, n), make([]bool, n)
	cost, labels, played := make([]float64, n), make([]string, n), make([]outcome, n)
	for i, l := range lines {
		o, err := e.play(ctx, engine, l.Turns)
		if err != nil {
			return err
		}
		played[i] = o
		labels[i], doom[i], none[i] = l.Trigger, o.doom, l.Expect.Outcome == "none"
		if none[i] {
			needless[i] = o.offer >= 0 || o.handoff >= 0
			met[i], exact[i] = !needless[i], !needless[i]
			if needless[i] {
				cost[i] = 1
			}
			e.progress(i+1, n)
			continue
		}
		when := o.handoff
		if l.Expect.Outcome == "offer" && o.offer >= 0 && (when < 0 || o.offer < when) {
			when = o.offer
		}
		turn := *l.Expect.Turn
		switch {
		case when < 0:
			missed[i], cost[i] = true, 5
		case when < turn-l.Expect.Tolerance:
			early[i] = true
		case when > turn+l.Expect.Tolerance:
			late[i], cost[i] = true, 1
		default:
			met[i], exact[i] = true, when == turn
		}
		e.progress(i+1, n)
	}
	acted := make([]bool, n)
	for i, l := range lines {
		acted[i] = !none[i]
		e.line(lineOutcome{
			Text: l.ID + ": " + strings.Join(l.Turns, " / "), Slice: l.Trigger, Right: yes(true, met[i]), Want: l.Expect.Outcome,
			Scores: map[string]float64{"cost": cost[i], "offer": float64(played[i].offer), "handoff": float64(played[i].handoff)},
			Turns:  played[i].turns,
		})
	}
	s := sample{n: n}
	e.result.N["scenarios"] = n
	e.result.add(s, "met", share(met, nil))
	e.result.add(s, "exact", share(exact, nil))
	e.result.add(s, "early", share(early, acted))
	e.result.add(s, "late", share(late, acted))
	e.result.add(s, "missed", share(missed, acted))
	e.result.add(s, "needless", share(needless, none))
	e.result.add(s, "cost", mean(cost))
	e.result.add(s, "doom_loops", sum(doom))
	e.result.slice(labels, "met", share(met, nil))
	e.result.slice(labels, "exact", share(exact, nil))
	e.result.slice(labels, "n", sum(everyLine(n)))
	return nil
}

func everyLine(n int) []bool {
	out := make([]bool, n)
	for i := range out {
		out[i] = true
	}
	return out
}

// sum counts the lines that are true.
func sum(lines []bool) measure {
	return func(w []float64) float64 {
		total := 0.0
		for i, is := range lines {
			if is {
				total += w[i]
			}
		}
		return total
	}
}

// play leads one talk. A failed turn is an ask-back, a refusal, an answer that
// was given before, or one that the visitor's next words reject.
func (e *evaluation) play(ctx context.Context, engine Engine, turns []string) (outcome, error) {
	o := outcome{offer: -1, handoff: -1}
	var memory bot.Memory
	given := map[string]bool{}
	failed, answered := 0, false
	for i, words := range turns {
		var tr bot.Trace
		if err := e.query(func() (err error) {
			tr, memory, err = engine.Turn(ctx, memory, words)
			return err
		}); err != nil {
			return o, err
		}
		o.turns = append(o.turns, turnOf(tr))
		if answered && bot.Rejected(tr.Reading) {
			failed++
		} else if answered {
			failed = 0
		}
		o.doom = o.doom || failed > 2
		answered = false
		switch tr.Decision {
		case bot.DecideHandoff:
			o.handoff = i
			return o, nil
		case bot.DecideOffer:
			failed = 0
			if o.offer < 0 {
				o.offer = i
			}
		case bot.DecideClarify, bot.DecideRefuse:
			failed++
		case bot.DecideAnswer:
			if given[tr.Answer] {
				failed++
			} else {
				answered = true
			}
			given[tr.Answer] = true
		}
		o.doom = o.doom || failed > 2
	}
	return o, nil
}

// turnOf is what a trace says about a turn to people who look for what went wrong.
func turnOf(tr bot.Trace) turnOutcome {
	t := turnOutcome{Text: tr.Asked, Decision: string(tr.Decision), Rule: tr.Rule, Got: firstOf(tr), Signals: tr.Signals}
	if tr.Question != tr.Asked {
		t.Read = tr.Question
	}
	return t
}
