package bot

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Policy decides what the bot does with a turn. It is configuration: an ordered
// list of rules over named signals, evaluated by plain code; the first rule
// whose conditions all hold decides.
//
// Two promises stand outside the list, so that no configuration can break them:
// an explicit wish for a person is honoured in the same turn, before any rule;
// and after two failed turns in a row whatever the rules say becomes an offer
// of a person, unless it is one, hands over, or is smalltalk.
type Policy struct {
	Asked   float64 // wants_person from which a wish for a person is honoured, 0…1
	Answer  float64 // confidence from which a candidate may be given as an answer, 0…1
	NearTie float64 // candidates this close to the best one's confidence are near ties, 0…1
	Unhappy Band    // on the sentiment trend
	Rules   []Rule
}

// Band is a threshold with hysteresis: a state begins under Enter and ends over
// Leave, so that a value near one threshold does not make it flicker.
type Band struct{ Enter, Leave float64 }

// next returns whether the state holds after a new value.
func (b Band) next(now bool, value float64) bool {
	if now {
		return value <= b.Leave
	}
	return value < b.Enter
}

// Rule turns signals into a decision.
type Rule struct {
	Name     string
	When     []Condition // all must hold; none: always
	Decide   Decision
	Reason   Reason   // of an offer or a hand-off; "": that of the offer before
	Phrase   string   // what the bot says, a name of the catalogue; "": the decision's own
	Why      string   // one sentence for a supervisor
	Skills   []string // wanted of the person
	Priority int      // of the place in line
}

// Condition compares one signal with a constant.
type Condition struct {
	Signal string
	Op     string // "<" or ">="
	Value  float64
}

// String writes a condition as configuration has it: "confidence >= 0.55".
func (c Condition) String() string {
	return c.Signal + " " + c.Op + " " + strconv.FormatFloat(c.Value, 'g', -1, 64)
}

// MarshalText writes a condition as configuration has it.
func (c Condition) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads "signal >= number" or "signal < number". Error: Invalid.
func (c *Condition) UnmarshalText(b []byte) error {
	parts := strings.Fields(string(b))
	if len(parts) != 3 || (parts[1] != ">=" && parts[1] != "<") {
		return fault.New(fault.Invalid, "condition %q must read like \"confidence >= 0.55\" or \"trend < -0.4\"", b)
	}
	v, err := strconv.ParseFloat(parts[2], 64)
	if err != nil {
		return fault.New(fault.Invalid, "condition %q: %q is not a number", b, parts[2])
	}
	*c = Condition{Signal: parts[0], Op: parts[1], Value: v}
	return nil
}

func (c Condition) holds(signals map[string]float64) bool {
	if c.Op == "<" {
		return signals[c.Signal] < c.Value
	}
	return signals[c.Signal] >= c.Value
}

// Validate reports everything that is wrong with a policy, with the rule's name.
// Error: Invalid.
func (p Policy) Validate() error {
	bad := fault.New(fault.Invalid, "the policy is not usable")
	problem := func(field, format string, args ...any) {
		bad = bad.WithField(field, fmt.Sprintf(format, args...))
	}
	for _, v := range []struct {
		name  string
		value float64
	}{{"asked", p.Asked}, {"answer", p.Answer}, {"near_tie", p.NearTie}} {
		if !(v.value >= 0 && v.value <= 1) {
			problem(v.name, "must lie in 0…1, is %v", v.value)
		}
	}
	if p.Asked == 0 {
		problem("asked", "must be above 0, or every message would go to a person")
	}
	if p.Unhappy.Enter > p.Unhappy.Leave {
		problem("unhappy", "enter %v must not be above leave %v", p.Unhappy.Enter, p.Unhappy.Leave)
	}
	known := map[string]bool{}
	for _, s := range SignalNames() {
		known[s] = true
	}
	for i, r := range p.Rules {
		name := "rules[" + strconv.Itoa(i) + "] " + r.Name
		if r.Name == "" {
			problem(name, "needs a name")
		}
		switch r.Decide {
		case DecideAnswer, DecideSmalltalk, DecideClarify, DecideOffer, DecideHandoff, DecideRefuse:
		default:
			problem(name, "decides %q; use answer, smalltalk, clarify, offer, handoff or refuse", r.Decide)
		}
		if r.Phrase != "" && !knownPhrase(r.Phrase) {
			problem(name, "says %q, which is not in the catalogue", r.Phrase)
		}
		for _, c := range r.When {
			if !known[c.Signal] {
				problem(name, "looks at %q; known signals: %s", c.Signal, strings.Join(SignalNames(), ", "))
			}
			if c.Op != "<" && c.Op != ">=" {
				problem(name, "compares %q with %q; use < or >=", c.Signal, c.Op)
			}
		}
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

// AnswerFrom returns the policy with another confidence from which a candidate is
// answered: Answer, and the conditions of the rules that stand on it.
func (p Policy) AnswerFrom(confidence float64) Policy {
	rules := slices.Clone(p.Rules)
	for i, r := range rules {
		rules[i].When = slices.Clone(r.When)
		for k, c := range r.When {
			if c.Signal == SignalConfidence && c.Op == ">=" && c.Value == p.Answer {
				rules[i].When[k].Value = confidence
			}
		}
	}
	p.Answer, p.Rules = confidence, rules
	return p
}

// Decide returns the rule that fires on the signals and one sentence for a
// supervisor with the values that made it fire.
func (p Policy) Decide(signals map[string]float64) (Rule, string) {
	promises := p.Promises()
	asked, forced := promises[0], promises[1]
	if p.fires(asked, signals) {
		return asked, because(asked, signals)
	}
	chosen := Rule{Name: "nothing_fits", Decide: DecideRefuse, Why: "No rule of the policy fits this turn"}
	for _, r := range p.Rules {
		if p.fires(r, signals) {
			chosen = r
			break
		}
	}
	fixed := chosen.Decide == DecideOffer || chosen.Decide == DecideHandoff || chosen.Decide == DecideSmalltalk
	if signals[SignalFailed] >= maxFailed && signals[SignalInLine] < 1 && !fixed {
		return forced, because(forced, signals)
	}
	return chosen, because(chosen, signals)
}

// Promises are the rules that stand outside the list, in the order in which they
// are looked at: a wish for a person, and the offer after failed turns.
func (p Policy) Promises() []Rule {
	return []Rule{
		{
			Name: "asked", Decide: DecideHandoff, Reason: ReasonAsked, Priority: 1,
			When: []Condition{{SignalWantsPerson, ">=", p.Asked}},
			Why:  "The visitor asks for a person",
		},
		{
			Name: "two_failed_turns", Decide: DecideOffer, Reason: ReasonRepeated,
			When: []Condition{{SignalFailed, ">=", maxFailed}},
			Why:  "Two turns in a row have failed, so whatever comes next comes with the offer of a person",
		},
	}
}

// maxFailed is how many turns in a row may fail before a person is offered
// whatever the rules say.
const maxFailed = 2

// fires reports whether a rule decides. Offering a person to somebody who is in
// line already, or clarifying with nothing to suggest, makes no sense: such a
// rule is passed over.
func (p Policy) fires(r Rule, signals map[string]float64) bool {
	switch {
	case r.Decide == DecideOffer && signals[SignalInLine] >= 1,
		r.Decide == DecideClarify && signals[SignalSuggestions] < 1,
		r.Decide == DecideAnswer && signals[SignalConfidence] <= 0:
		return false
	}
	for _, c := range r.When {
		if !c.holds(signals) {
			return false
		}
	}
	return true
}

// because writes the sentence of a decision: "The best passage is likely right:
// confidence 0.72 >= 0.55."
func because(r Rule, signals map[string]float64) string {
	why := r.Why
	if why == "" {
		why = "Rule " + r.Name
	}
	if len(r.When) == 0 {
		return why + "."
	}
	parts := make([]string, len(r.When))
	for i, c := range r.When {
		parts[i] = c.Signal + " " + strconv.FormatFloat(signals[c.Signal], 'f', 2, 64) + " " + c.Op + " " + strconv.FormatFloat(c.Value, 'g', -1, 64)
	}
	return why + ": " + strings.Join(parts, ", ") + "."
}
