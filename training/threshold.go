package training

import (
	"math"
	"slices"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// Judged is a turn about one labelled question: what the policy looked at, and
// whether the candidate that it would answer with is right.
type Judged struct {
	Signals    map[string]float64
	Answerable bool // some document answers the question
	Right      bool // the best candidate is that document
}

// Working is what a threshold on the confidence gives on labelled questions.
type Working struct {
	Threshold    float64    `json:"threshold"`
	Answered     int        `json:"answered"`
	Right        int        `json:"right"`
	Precision    float64    `json:"precision"`     // share of the answers that are right; 1 when there are none
	Interval     [2]float64 `json:"interval"`      // 95 % of the precision (Wilson)
	Coverage     float64    `json:"coverage"`      // share of the answerable questions that are answered; 0 without any
	FalseAnswers int        `json:"false_answers"` // answers to questions that no document answers
}

// Advice says which threshold to set for a wanted precision.
type Advice struct {
	Questions  int       `json:"questions"`
	Answerable int       `json:"answerable"`
	Wanted     float64   `json:"wanted"`
	Now        Working   `json:"now"`            // the policy as it is
	Chosen     *Working  `json:"chosen"`         // answers most of those that reach the wanted precision; nil: none does
	Sure       *Working  `json:"sure"`           // the same for the low end of the interval; nil: these questions are too few, or none is
	Table      []Working `json:"table"`          // thresholds in steps
	Best       *Working  `json:"best,omitempty"` // the highest precision there is, when none is chosen
}

// tableSteps are the thresholds that a person wants to see side by side.
const tableSteps = 19

// Advise looks for the threshold of answering that gives the wanted precision (0…1)
// while it answers as many questions as it can. The policy decides each turn anew
// at each threshold, so whatever else it does with a turn, it does here.
func Advise(p bot.Policy, turns []Judged, wanted float64) Advice {
	a := Advice{Questions: len(turns), Wanted: wanted, Now: working(p, turns, p.Answer)}
	candidates := []float64{p.Answer}
	for _, t := range turns {
		if t.Answerable {
			a.Answerable++
		}
		// To two places, as a person would set it, and not above what it must let in.
		if c := math.Floor(t.Signals[bot.SignalConfidence]*100) / 100; c > 0 {
			candidates = append(candidates, c)
		}
	}
	slices.Sort(candidates)
	for _, c := range slices.Compact(candidates) {
		w := working(p, turns, c)
		if w.Answered == 0 {
			continue
		}
		if w.Precision >= wanted && (a.Chosen == nil || w.Answered > a.Chosen.Answered) {
			a.Chosen = &w
		}
		if w.Interval[0] >= wanted && (a.Sure == nil || w.Answered > a.Sure.Answered) {
			a.Sure = &w
		}
		if a.Best == nil || w.Precision > a.Best.Precision || w.Precision == a.Best.Precision && w.Answered > a.Best.Answered {
			a.Best = &w
		}
	}
	if a.Chosen != nil {
		a.Best = nil
	}
	for i := 1; i <= tableSteps; i++ {
		a.Table = append(a.Table, working(p, turns, float64(i)/(tableSteps+1)))
	}
	return a
}

func working(p bot.Policy, turns []Judged, threshold float64) Working {
	w := Working{Threshold: threshold, Precision: 1}
	p = p.AnswerFrom(threshold)
	answerable, covered := 0, 0
	for _, t := range turns {
		rule, _ := p.Decide(t.Signals)
		answered := rule.Decide == bot.DecideAnswer
		if t.Answerable {
			answerable++
		}
		if !answered {
			continue
		}
		w.Answered++
		switch {
		case !t.Answerable:
			w.FalseAnswers++
		case t.Right:
			w.Right++
			covered++
		default:
			covered++
		}
	}
	if w.Answered > 0 {
		w.Precision = float64(w.Right) / float64(w.Answered)
	}
	if answerable > 0 {
		w.Coverage = float64(covered) / float64(answerable)
	}
	w.Interval[0], w.Interval[1] = wilson(w.Right, w.Answered)
	return w
}

// wilson is the 95 % score interval of a share (Wilson 1927), which unlike the
// normal one stays within 0…1 and says something of 10 right out of 10.
func wilson(right, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.959964
	size, p := float64(n), float64(right)/float64(n)
	mid := p + z*z/(2*size)
	half := z * math.Sqrt(p*(1-p)/size+z*z/(4*size*size))
	return max(0, (mid-half)/(1+z*z/size)), min(1, (mid+half)/(1+z*z/size))
}
