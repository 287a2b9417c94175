package training

import (
	"math"
	"testing"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// steps are turns whose confidences fall from .95 in steps of .05; those of wrong
// and of alien are not right, and not answerable.
func steps(n int, wrong, alien []int) []Judged {
	out := make([]Judged, n)
	for i := range out {
		out[i] = Judged{Signals: map[string]float64{bot.SignalConfidence: .951 - .05*float64(i), bot.SignalWords: 3}, Answerable: true, Right: true}
	}
	for _, i := range wrong {
		out[i].Right = false
	}
	for _, i := range alien {
		out[i].Right, out[i].Answerable = false, false
	}
	return out
}

func TestAdviseAnswersFewerAndRight(t *testing.T) {
	a := Advise(bot.DefaultPolicy(), steps(16, []int{9, 12}, []int{10}), .9)
	if a.Questions != 16 || a.Answerable != 15 {
		t.Errorf("%d questions, %d answerable; want 16 and 15", a.Questions, a.Answerable)
	}
	// The tenth is wrong: nine of nine are right above it, nine of ten with it.
	if c := a.Chosen; c == nil || c.Threshold != .5 || c.Answered != 10 || c.Right != 9 || c.FalseAnswers != 0 || !near(c.Coverage, 10./15) {
		t.Errorf("chosen %+v, want .5 with 9 of 10 right", c)
	}
	if a.Sure != nil {
		t.Errorf("sure of %+v with ten questions", a.Sure)
	}
	if a.Now.Threshold != .38 || a.Now.Answered != 12 || a.Now.FalseAnswers != 1 || a.Now.Right != 10 {
		t.Errorf("now %+v, want 10 of 12 right from .38, one of them false", a.Now)
	}
	for i := 1; i < len(a.Table); i++ {
		if a.Table[i].Threshold <= a.Table[i-1].Threshold || a.Table[i].Answered > a.Table[i-1].Answered {
			t.Errorf("the table does not answer fewer: %+v after %+v", a.Table[i], a.Table[i-1])
		}
	}
	a = Advise(bot.DefaultPolicy(), steps(16, []int{0}, nil), .99)
	if a.Chosen != nil || a.Best == nil || !near(a.Best.Precision, 15./16) {
		t.Errorf("chosen %+v, best %+v; want none, as the surest answer is wrong, and the best of 15 of 16", a.Chosen, a.Best)
	}
}

// Whatever else the policy does with a turn stands: a wish for a person is no answer at any threshold.
func TestAdviseLeavesTheOtherRules(t *testing.T) {
	turns := steps(2, nil, nil)
	turns[0].Signals[bot.SignalWantsPerson] = 1
	if a := Advise(bot.DefaultPolicy(), turns, .5); a.Chosen == nil || a.Chosen.Answered != 1 {
		t.Errorf("chosen %+v, want one answer of two turns", a.Chosen)
	}
}

func TestAdviseIsSureWithManyQuestions(t *testing.T) {
	var turns []Judged
	for range 20 {
		turns = append(turns, steps(10, nil, nil)...)
	}
	if a := Advise(bot.DefaultPolicy(), turns, .95); a.Sure == nil || a.Sure.Answered != 200 {
		t.Errorf("sure %+v, want all 200", a.Sure)
	}
}

func TestWilson(t *testing.T) {
	for _, c := range []struct {
		right, n  int
		low, high float64
	}{{10, 10, .7225, 1}, {0, 10, 0, .2775}, {81, 100, .7222, .8749}, {0, 0, 0, 1}} {
		low, high := wilson(c.right, c.n)
		if math.Abs(low-c.low) > 1e-3 || math.Abs(high-c.high) > 1e-3 {
			t.Errorf("%d of %d: %.4f…%.4f, want %.4f…%.4f", c.right, c.n, low, high, c.low, c.high)
		}
	}
}
