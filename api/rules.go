package api

import (
	"context"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
)

// Rule sends conversations that ask for a person where a supervisor wants them.
type Rule struct {
	ID       string      `json:"id,omitempty" maxLength:"64" doc:"Absent: a new one."`
	Name     string      `json:"name" maxLength:"200"`
	Off      bool        `json:"off,omitempty" doc:"Kept, and not asked."`
	When     []Condition `json:"when" doc:"All must hold; none: it always speaks."`
	Queue    string      `json:"queue,omitempty" maxLength:"64" doc:"Into whose line; absent: says nothing about it."`
	Skills   []string    `json:"skills,omitempty" doc:"Wanted, such as billing, billing>=4 or vip?; absent: says nothing about it."`
	Priority *int        `json:"priority,omitempty" doc:"-10 to 10; absent: says nothing about it."`
	Ticket   *RuleTicket `json:"ticket,omitempty" doc:"Makes a ticket; absent: says nothing about it."`
}

// RuleTicket is the ticket that a rule makes.
type RuleTicket struct {
	Queue    string `json:"queue,omitempty" maxLength:"64" doc:"Absent: that of the conversation."`
	Priority *int   `json:"priority,omitempty" doc:"-10 to 10; absent: that of the conversation."`
	Status   string `json:"status,omitempty" doc:"open or pending; absent: open."`
	Instead  bool   `json:"instead,omitempty" doc:"Instead of waiting in line, unless the visitor asked for a person."`
}

// Condition is one thing that a rule asks.
type Condition struct {
	Kind   string   `json:"kind" enum:"intent,reason,entity,language,page,attribute,tier,returning,sentiment"`
	Name   string   `json:"name,omitempty" doc:"Of the entity or the attribute."`
	Values []string `json:"values,omitempty" doc:"Any of them; none, for entities and attributes: that there is one."`
	Days   int      `json:"days,omitempty" doc:"Of returning: had another conversation within so many; 0: ever."`
	Below  float64  `json:"below,omitempty" doc:"Of sentiment: the trend, -1 to 1."`
	Not    bool     `json:"not,omitempty" doc:"Holds when the rest does not."`
}

// BrokenPart is a part of a rule that names what is no more.
type BrokenPart struct {
	Rule   string `json:"rule"`
	Queue  string `json:"queue,omitempty"`
	Skill  string `json:"skill,omitempty"`
	Ticket bool   `json:"ticket,omitempty" doc:"The queue is that of the rule's ticket."`
}

// Rulebook is the rules of a workspace in their order.
type Rulebook struct {
	Rules   []Rule       `json:"rules"`
	Version int64        `json:"version"`
	Broken  []BrokenPart `json:"broken" doc:"Parts that name what is no more; rules go on without them."`
	Queues  []Named      `json:"queues" doc:"That rules may name."`
	Skills  []string     `json:"skills" doc:"That somebody has."`
}

// Placing explains how a conversation was put in line.
type Placing struct {
	Queue    string      `json:"queue,omitempty"`
	Priority int         `json:"priority"`
	Skills   []string    `json:"skills"`
	Rules    []RuleMatch `json:"rules"`
	Raised   []Raise     `json:"raised"`
}

// RuleMatch is what one rule set.
type RuleMatch struct {
	Rule     string      `json:"rule"`
	Name     string      `json:"name"`
	Because  []string    `json:"because"`
	Queue    string      `json:"queue,omitempty"`
	Skills   []string    `json:"skills,omitempty"`
	Priority *int        `json:"priority,omitempty"`
	Ticket   *RuleTicket `json:"ticket,omitempty"`
	Ignored  []string    `json:"ignored,omitempty" doc:"What it names and was no more: queue:…, skill:…; instead: the visitor asked for a person and waits in line as well."`
}

// Raise is a step of priority that a conversation has of itself.
type Raise struct {
	Why string `json:"why" enum:"reason,sentiment"`
	By  int    `json:"by"`
}

// Trial is what a rule would have done with past hand-offs.
type Trial struct {
	Looked int     `json:"looked" doc:"Hand-offs that were looked at, at most 500."`
	Items  []Tried `json:"items" doc:"That it would have spoken about, the newest first."`
}

// Tried is a hand-off that a rule would have spoken about.
type Tried struct {
	Row     Conversation `json:"row"`
	At      Time         `json:"at"`
	Because []string     `json:"because"`
	Before  Placing      `json:"before" doc:"By the rules as they are."`
	After   Placing      `json:"after" doc:"With this one."`
}

func (s *Server) ruleRoutes(g *registrar) {
	handle(g, "GET", "/rules", func(ctx context.Context, _ *empty) (*bodyOf[Rulebook], error) {
		book, err := s.Desk.Rules(ctx, s.ws)
		if err != nil {
			return nil, err
		}
		return &bodyOf[Rulebook]{rulebookOf(book)}, nil
	})
	handle(g, "PUT", "/rules", func(ctx context.Context, in *struct {
		Body struct {
			Rules   []Rule `json:"rules" maxItems:"100" nullable:"false"`
			Version int64  `json:"version" doc:"Of the rules that were read; 0: there were none."`
		}
	},
	) (*bodyOf[Rulebook], error) {
		rules := make([]handoff.Rule, 0, len(in.Body.Rules))
		for _, r := range in.Body.Rules {
			rules = append(rules, r.rule())
		}
		book, err := s.Desk.PutRules(ctx, s.ws, rules, in.Body.Version)
		if err != nil {
			return nil, err
		}
		s.log.Info("rules changed", "rules", len(rules), "version", book.Version, "by", callOf(ctx).agentID())
		return &bodyOf[Rulebook]{rulebookOf(book)}, nil
	}, body(256<<10))
	handle(g, "POST", "/rules/try", func(ctx context.Context, in *struct {
		Body struct {
			Rule Rule `json:"rule"`
			At   *int `json:"at,omitempty" minimum:"0" maximum:"100" doc:"Its place among the others, from 0; absent: behind them. One that is among them stays where it is."`
		}
	},
	) (*bodyOf[Trial], error) {
		at := -1
		if in.Body.At != nil {
			at = *in.Body.At
		}
		trial, err := s.Desk.TryRule(ctx, s.ws, in.Body.Rule.rule(), at)
		if err != nil {
			return nil, err
		}
		out := Trial{Looked: trial.Looked, Items: []Tried{}}
		for _, x := range trial.Tried {
			out.Items = append(out.Items, Tried{
				Row: conversationOf(bot.ViewAgent, x.Conversation, s.names), At: Time{x.At}, Because: some(x.Because),
				Before: *placingOf(&x.Before), After: *placingOf(&x.After),
			})
		}
		return &bodyOf[Trial]{out}, nil
	}, body(64<<10))
}

// rule reads a rule; what means nothing is refused by the desk.
func (r Rule) rule() handoff.Rule {
	out := handoff.Rule{ID: r.ID, Name: r.Name, Off: r.Off, Queue: bot.QueueID(r.Queue), Skills: r.Skills, Priority: r.Priority, Ticket: r.Ticket.order()}
	for _, c := range r.When {
		out.When = append(out.When, handoff.Condition{
			Kind: handoff.ConditionKind(c.Kind), Name: c.Name, Values: c.Values, Days: c.Days, Below: c.Below, Not: c.Not,
		})
	}
	return out
}

func rulebookOf(b handoff.Rulebook) Rulebook {
	out := Rulebook{Rules: []Rule{}, Version: b.Version, Broken: []BrokenPart{}, Queues: []Named{}, Skills: some(b.Skills)}
	for _, r := range b.Rules {
		rule := Rule{ID: r.ID, Name: r.Name, Off: r.Off, When: []Condition{}, Queue: string(r.Queue), Skills: r.Skills, Priority: r.Priority, Ticket: ruleTicketOf(r.Ticket)}
		for _, c := range r.When {
			rule.When = append(rule.When, Condition{string(c.Kind), c.Name, c.Values, c.Days, c.Below, c.Not})
		}
		out.Rules = append(out.Rules, rule)
	}
	for _, x := range b.Broken {
		out.Broken = append(out.Broken, BrokenPart{x.Rule, string(x.Queue), x.Skill, x.Ticket})
	}
	for _, q := range b.Queues {
		out.Queues = append(out.Queues, Named{string(q.ID), q.Name})
	}
	return out
}

func (t *RuleTicket) order() *bot.TicketOrder {
	if t == nil {
		return nil
	}
	return &bot.TicketOrder{Queue: bot.QueueID(t.Queue), Priority: t.Priority, Status: t.Status, Instead: t.Instead}
}

func ruleTicketOf(o *bot.TicketOrder) *RuleTicket {
	if o == nil {
		return nil
	}
	return &RuleTicket{string(o.Queue), o.Priority, o.Status, o.Instead}
}

func placingOf(p *bot.Placing) *Placing {
	if p == nil {
		return nil
	}
	out := &Placing{Queue: string(p.Queue), Priority: p.Priority, Skills: some(p.Skills), Rules: []RuleMatch{}, Raised: []Raise{}}
	for _, r := range p.Rules {
		out.Rules = append(out.Rules, RuleMatch{r.Rule, r.Name, some(r.Because), string(r.Queue), r.Skills, r.Priority, ruleTicketOf(r.Ticket), r.Ignored})
	}
	for _, r := range p.Raised {
		out.Raised = append(out.Raised, Raise{r.Why, r.By})
	}
	return out
}
