package training

import (
	"context"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

type dialogueLine struct {
	Turns []struct {
		Role         string   `json:"role"`
		Text         string   `json:"text"`
		Satisfaction *float64 `json:"satisfaction"`
	} `json:"turns"`
	Fold  *int   `json:"fold"`
	Slice string `json:"slice"`
}

// unhappyBelow is the mean rating under which a visitor counts as unhappy.
const unhappyBelow = 2.5

// evaluateSatisfaction follows the trend of the mood through dialogues and asks how
// well it tells unhappy visitor turns from others. With folds a head is also
// trained on the other folds' ratings; its score of a turn stands in for the
// turn's mood, the trend stays the engine's.
func evaluateSatisfaction(ctx context.Context, e *evaluation) error {
	if e.parts.NewReader == nil {
		return missing("reader of utterances")
	}
	dialogues, err := readLines(e.task, "dialogues", []string{"turns"}, func(d *dialogueLine) error {
		for i, t := range d.Turns {
			if t.Role != "visitor" && t.Role != "bot" {
				return fault.New(fault.Invalid, "turn %d: the role %q is not known; use visitor or bot", i, t.Role)
			}
		}
		return checkFold(d.Fold)
	})
	if err != nil {
		return err
	}
	reader, err := e.parts.NewReader(ctx)
	if err != nil {
		return err
	}
	var turns []intents.RatedTurn
	var shipped []float64
	var of []int // dialogue of each visitor turn
	for d, dialogue := range dialogues {
		var before []bot.Exchange
		previous, trend := "", 0.0
		for _, t := range dialogue.Turns {
			if t.Role == "bot" {
				previous = t.Text
				if n := len(before); n > 0 {
					before[n-1].Answer = t.Text
				}
				continue
			}
			var reading intents.Reading
			if err := e.query(func() (err error) {
				reading, err = reader.Read(ctx, intents.Input{Text: t.Text, Previous: previous})
				return err
			}); err != nil {
				return err
			}
			trend = bot.Trend(trend, bot.Mood(reading, t.Text, before))
			before = append(before, bot.Exchange{Asked: t.Text})
			turn := intents.RatedTurn{Text: t.Text, Previous: previous, Rating: -1, Reading: reading, First: previous == ""}
			if t.Satisfaction != nil {
				turn.Rating = *t.Satisfaction
			}
			if dialogue.Fold != nil {
				turn.Fold = *dialogue.Fold
			}
			turns, shipped, of = append(turns, turn), append(shipped, trend), append(of, d)
			e.line(lineOutcome{Text: t.Text, Scores: map[string]float64{"trend": trend, "rating": turn.Rating}})
		}
		e.progress(d+1, len(dialogues))
	}
	e.unhappyMetrics("", turns, shipped)
	e.result.N["dialogues"] = len(dialogues)
	if dialogues[0].Fold == nil || e.parts.Embedder == nil {
		return nil
	}
	var scores []float64
	if err := timed(&e.result.Seconds.Train, func() (err error) {
		scores, err = intents.CrossSatisfaction(ctx, turns, e.parts.Embedder)
		return err
	}); err != nil {
		return err
	}
	trained := make([]float64, len(turns))
	trend := 0.0
	for i := range turns {
		if i == 0 || of[i] != of[i-1] {
			trend = 0
		}
		trend = bot.Trend(trend, scores[i])
		trained[i] = trend
	}
	e.unhappyMetrics("trained.", turns, trained)
	e.unhappyMetrics("trained.turn_", turns, scores)
	return nil
}

func (e *evaluation) unhappyMetrics(prefix string, turns []intents.RatedTurn, trend []float64) {
	var score []float64
	var unhappy []bool
	for i, t := range turns {
		if t.Rating >= 0 {
			score, unhappy = append(score, -trend[i]), append(unhappy, t.Rating < unhappyBelow)
		}
	}
	s := sample{n: len(score)}
	e.result.N["turns"] = len(score)
	e.result.add(s, prefix+"auroc", auroc(score, unhappy))
	e.result.add(s, prefix+"ap", averagePrecision(score, unhappy))
}
