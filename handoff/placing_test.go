package handoff

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// these are queues and skills there are.
type these []string

func (t these) hasQueue(id bot.QueueID) bool { return slices.Contains(t, string(id)) }
func (t these) hasSkill(need string) bool    { return slices.Contains(t, need) }

func number(n int) *int { return &n }

func TestFirstRuleOfEachFieldWins(t *testing.T) {
	rules := []Rule{
		{ID: "1", Name: "Asleep", Off: true, Queue: "main"},
		{ID: "2", Name: "Refunds", When: []Condition{{Kind: WhenIntent, Values: []string{"refund", "Return"}}}, Queue: "returns"},
		{ID: "3", Name: "Very important people", When: []Condition{{Kind: WhenTier, Values: []string{"vip"}}}, Priority: number(5), Queue: "gold"},
		{ID: "4", Name: "Gone", Skills: []string{"elves", "billing"}, Queue: "attic"},
		{ID: "5", Name: "All", Queue: "gold", Skills: []string{"general"}, Priority: number(-1)},
	}
	k := Known{Topics: []string{"greeting", "return"}, Attributes: map[string]string{"tier": "VIP"}, Reason: bot.ReasonAsked}
	got := place(rules, k, bot.Placing{Queue: "old", Skills: []string{"x"}, Priority: 1}, these{"returns", "gold", "billing", "general"}, noon)
	want := bot.Placing{
		Queue: "returns", Skills: []string{"billing"}, Priority: 5,
		Rules: []bot.RuleMatch{
			{Rule: "2", Name: "Refunds", Because: []string{"intent: return"}, Queue: "returns"},
			{Rule: "3", Name: "Very important people", Because: []string{"tier: tier VIP"}, Priority: number(5)},
			{Rule: "4", Name: "Gone", Skills: []string{"billing"}, Ignored: []string{"skill:elves"}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("placed (-want +got):\n%s", diff)
	}
	if got := place(nil, k, bot.Placing{Queue: "old", Skills: []string{"x"}, Priority: 1}, these{}, noon); got.Queue != "old" || got.Priority != 1 || len(got.Skills) != 1 || !got.Empty() {
		t.Errorf("without rules: %+v", got)
	}
}

func TestConditions(t *testing.T) {
	k := Known{
		Reason: bot.ReasonUnhappy, Language: "zh", Topics: []string{"refund"}, Entities: map[string]string{"order_number": "A-77"},
		Page: "https://Shop.example/cart/checkout?step=2", Attributes: map[string]string{"plan": "Pro"}, Before: noon.Add(-3 * day), Sentiment: -.5,
	}
	for name, x := range map[string]struct {
		c    Condition
		want bool
	}{
		"topic":                {Condition{Kind: WhenIntent, Values: []string{"delivery", "REFUND"}}, true},
		"another topic":        {Condition{Kind: WhenIntent, Values: []string{"delivery"}}, false},
		"not another topic":    {Condition{Kind: WhenIntent, Values: []string{"delivery"}, Not: true}, true},
		"reason":               {Condition{Kind: WhenReason, Values: []string{"unhappy"}}, true},
		"language":             {Condition{Kind: WhenLanguage, Values: []string{"en"}}, false},
		"an order number":      {Condition{Kind: WhenEntity, Name: "order_number"}, true},
		"this order number":    {Condition{Kind: WhenEntity, Name: "Order_Number", Values: []string{"a-77"}}, true},
		"another order number": {Condition{Kind: WhenEntity, Name: "order_number", Values: []string{"A-78"}}, false},
		"no phone":             {Condition{Kind: WhenEntity, Name: "phone", Not: true}, true},
		"page":                 {Condition{Kind: WhenPage, Values: []string{"/cart"}}, true},
		"page with a star":     {Condition{Kind: WhenPage, Values: []string{"shop.example/*step="}}, true},
		"parts in wrong order": {Condition{Kind: WhenPage, Values: []string{"step*cart"}}, false},
		"attribute":            {Condition{Kind: WhenAttribute, Name: "plan", Values: []string{"pro"}}, true},
		"no tier":              {Condition{Kind: WhenTier, Values: []string{"vip"}}, false},
		"returning":            {Condition{Kind: WhenReturning}, true},
		"within a week":        {Condition{Kind: WhenReturning, Days: 7}, true},
		"within two days":      {Condition{Kind: WhenReturning, Days: 2}, false},
		"low":                  {Condition{Kind: WhenSentiment, Below: -.3}, true},
		"not so low":           {Condition{Kind: WhenSentiment, Below: -.5}, false},
	} {
		if _, got := (Rule{When: []Condition{x.c}}).holds(k, noon); got != x.want {
			t.Errorf("%s holds: %v", name, got)
		}
	}
	for _, kind := range []ConditionKind{WhenReturning, WhenPage, WhenIntent, WhenEntity} {
		c := Condition{Kind: kind, Name: "x", Values: []string{"x"}}
		if _, ok := (Rule{When: []Condition{c}}).holds(Known{}, noon); ok {
			t.Errorf("%s holds of somebody of whom nothing is known", kind)
		}
	}
}

// Whatever is known, what a conversation has of itself moves it by ten minutes at
// most, and a placement names only what there is.
func TestPlacingIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reasons := append(reasons(), "")
		k := Known{Reason: rapid.SampledFrom(reasons).Draw(t, "reason"), Sentiment: rapid.Float64Range(-1, 1).Draw(t, "sentiment")}
		base := bot.Placing{Priority: rapid.IntRange(-maxPriority, maxPriority).Draw(t, "base")}
		var rules []Rule
		for range rapid.IntRange(0, 4).Draw(t, "rules") {
			r := Rule{Queue: bot.QueueID(rapid.SampledFrom([]string{"", "a", "gone"}).Draw(t, "queue"))}
			if s := rapid.SampledFrom([]string{"", "skill", "none"}).Draw(t, "skill"); s != "" {
				r.Skills = []string{s}
			}
			if rapid.Bool().Draw(t, "priority") {
				r.Priority = number(rapid.IntRange(-maxPriority, maxPriority).Draw(t, "to"))
			}
			rules = append(rules, r)
		}
		p := place(rules, k, base, these{"a", "skill"}, noon)
		set := base.Priority
		if i := slices.IndexFunc(rules, func(r Rule) bool { return r.Priority != nil }); i >= 0 {
			set = *rules[i].Priority
		}
		if p.Priority < set || p.Priority > min(set+maxRaise, maxPriority) {
			t.Fatalf("priority %d of %d", p.Priority, set)
		}
		if p.Queue != "" && p.Queue != "a" || len(p.Skills) > 0 && p.Skills[0] != "skill" {
			t.Fatalf("placed where nobody is: %+v", p)
		}
	})
}
