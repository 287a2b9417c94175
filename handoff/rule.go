package handoff

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Rule sends conversations that ask for a person where a supervisor wants them. A
// rule speaks when all of its conditions hold; one without conditions always does.
type Rule struct {
	ID       string
	Name     string
	Off      bool `json:",omitempty"` // kept, and not asked
	When     []Condition
	Queue    bot.QueueID      `json:",omitempty"` // into whose line; "": says nothing about it
	Skills   []string         `json:",omitempty"` // wanted, as needs; none: says nothing about it
	Priority *int             `json:",omitempty"` // −10 to 10; nil: says nothing about it
	Ticket   *bot.TicketOrder `json:",omitempty"` // makes a ticket; nil: says nothing about it
}

// Condition is one thing that a rule asks.
type Condition struct {
	Kind   ConditionKind
	Name   string   `json:",omitempty"` // of the entity or the attribute
	Values []string `json:",omitempty"` // any of them; none for entities and attributes: that there is one
	Days   int      `json:",omitempty"` // of "returning": since when; 0: ever
	Below  float64  `json:",omitempty"` // of "sentiment", −1…1
	Not    bool     `json:",omitempty"` // holds when the rest does not
}

// ConditionKind says what a condition looks at.
type ConditionKind string

// The kinds of conditions.
const (
	WhenIntent    ConditionKind = "intent"    // what they talked about, as the bot read it
	WhenReason    ConditionKind = "reason"    // why it goes to a person
	WhenEntity    ConditionKind = "entity"    // a value in their words: an order number
	WhenLanguage  ConditionKind = "language"  // "en" or "zh"
	WhenPage      ConditionKind = "page"      // the address that they write from holds the words; * stands for anything
	WhenAttribute ConditionKind = "attribute" // the site's server vouched for it in the identity token
	WhenTier      ConditionKind = "tier"      // the attribute "tier"
	WhenReturning ConditionKind = "returning" // had another conversation before
	WhenSentiment ConditionKind = "sentiment" // the trend is below
)

// TierAttribute is the attribute that says how important a customer is.
const TierAttribute = "tier"

// Bounds of rules.
const (
	maxRules      = 100
	maxConditions = 20
	maxValues     = 50
	maxRuleText   = 200 // characters of a name or a value
	maxDays       = 3650
)

// check refuses a rule that means nothing. at is where it stands among others.
func (r Rule) check(at int) error {
	field := func(name string) string { return "rules[" + strconv.Itoa(at) + "]." + name }
	n := at + 1
	switch {
	case strings.TrimSpace(r.Name) == "" || utf8.RuneCountInString(r.Name) > maxRuleText:
		return fault.New(fault.Invalid, "Rule %d needs a name that says what it is for.", n).WithField(field("name"), "1 to 200 characters")
	case r.Queue == "" && len(r.Skills) == 0 && r.Priority == nil && r.Ticket == nil:
		return fault.New(fault.Invalid, "Rule %d, “%s”, does nothing. Give it a queue, skills, a priority or a ticket.", n, r.Name).
			WithField(field("queue"), "a queue, skills, a priority or a ticket")
	case r.Priority != nil && (*r.Priority < -maxPriority || *r.Priority > maxPriority):
		return fault.New(fault.Invalid, "The priority of rule %d is -10 to 10, not %d.", n, *r.Priority).WithField(field("priority"), "-10 to 10")
	case len(r.When) > maxConditions || len(r.Skills) > maxValues:
		return fault.New(fault.Invalid, "Rule %d has too many conditions or skills.", n).WithField(field("when"), "at most 20 conditions, at most 50 skills")
	}
	for _, s := range r.Skills {
		if _, err := ParseNeed(s); err != nil {
			return fault.New(fault.Invalid, "Rule %d: %s", n, fault.Message(err)).WithField(field("skills"), `such as "billing", "billing>=4" or "vip?"`)
		}
	}
	for i, c := range r.When {
		if problem := c.problem(); problem != "" {
			return fault.New(fault.Invalid, "Condition %d of rule %d: %s.", i+1, n, problem).WithField(field("when["+strconv.Itoa(i)+"]"), problem)
		}
	}
	return r.checkTicket(n, field)
}

// checkTicket refuses tickets that mean nothing.
func (r Rule) checkTicket(n int, field func(string) string) error {
	o := r.Ticket
	if o == nil {
		return nil
	}
	switch {
	case o.Priority != nil && (*o.Priority < -maxPriority || *o.Priority > maxPriority):
		return fault.New(fault.Invalid, "The priority of the ticket of rule %d is -10 to 10, not %d.", n, *o.Priority).WithField(field("ticket.priority"), "-10 to 10")
	case o.Status != "" && !TicketStatus(o.Status).unfinished():
		return fault.New(fault.Invalid, "The ticket of rule %d cannot begin as %q.", n, o.Status).WithField(field("ticket.status"), "open or pending: a new ticket is not done yet")
	case o.Instead && len(r.Skills) > 0:
		return fault.New(fault.Invalid, "Rule %d makes a ticket instead of a place in line, so its skills mean nothing.", n).
			WithField(field("skills"), "leave them out, or let the chat wait in line as well")
	}
	for i, c := range r.When {
		asked := func(v string) bool { return strings.EqualFold(strings.TrimSpace(v), string(bot.ReasonAsked)) }
		if o.Instead && c.Kind == WhenReason && !c.Not && !slices.ContainsFunc(c.Values, func(v string) bool { return !asked(v) }) {
			return fault.New(fault.Invalid, "Rule %d would keep those who ask for a person out of the line. They always wait in it.", n).
				WithField(field("when["+strconv.Itoa(i)+"]"), "another reason, or let the chat wait in line as well")
		}
	}
	return nil
}

// problem is what is wrong with a condition, "" when nothing is.
func (c Condition) problem() string {
	for _, v := range c.Values {
		if strings.TrimSpace(v) == "" || utf8.RuneCountInString(v) > maxRuleText {
			return "a value has 1 to 200 characters"
		}
	}
	if len(c.Values) > maxValues {
		return "at most 50 values"
	}
	switch c.Kind {
	case WhenIntent, WhenReason, WhenLanguage, WhenPage, WhenTier:
		if len(c.Values) == 0 {
			return "name at least one value"
		}
	case WhenEntity, WhenAttribute:
		if strings.TrimSpace(c.Name) == "" || utf8.RuneCountInString(c.Name) > maxRuleText {
			return "name the entity or the attribute"
		}
	case WhenReturning:
		if c.Days < 0 || c.Days > maxDays {
			return "days are 0 (ever) to 3650"
		}
	case WhenSentiment:
		if c.Below < -1 || c.Below > 1 {
			return "the feeling is a number from -1 to 1"
		}
	default:
		return "there is no condition of the kind " + strconv.Quote(string(c.Kind))
	}
	if c.Kind == WhenReason {
		for _, v := range c.Values {
			if !slices.Contains(reasons(), bot.Reason(v)) {
				return "there is no reason " + strconv.Quote(v)
			}
		}
	}
	return ""
}

// reasons are those that lead into the line.
func reasons() []bot.Reason {
	return []bot.Reason{
		bot.ReasonAsked, bot.ReasonUnhappy, bot.ReasonUnanswered, bot.ReasonRepeated, bot.ReasonAccountAction,
		bot.ReasonPolicy, bot.ReasonLowConfidence, bot.ReasonFailure,
	}
}
