package handoff

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Customers knows what sites vouch for about visitors.
type Customers interface {
	// Attributes returns a visitor's verified attributes; none for a stranger.
	Attributes(ctx context.Context, ws bot.WorkspaceID, visitor bot.VisitorID) (map[string]string, error)
}

// Rulebook is the rules of a workspace in their order, and what is wrong with them
// as things stand now.
type Rulebook struct {
	Rules   []Rule
	Version int64    // 0: never stored
	Broken  []Broken // what rules name and is no more
	Queues  []Queue  // there are
	Skills  []string // that somebody has, sorted
}

// Broken is a part of a rule that names what is no more. The rule goes on without.
type Broken struct {
	Rule   string // its ID
	Queue  bot.QueueID
	Skill  string
	Ticket bool // the queue is that of the rule's ticket
}

// Rules returns the workspace's rules.
func (d *Desk) Rules(ctx context.Context, ws bot.WorkspaceID) (Rulebook, error) {
	rules, version, err := readList[Rule](ctx, d.store, ws, listRules)
	if err != nil {
		return Rulebook{}, err
	}
	b, err := d.laidOut(ctx, ws)
	if err != nil {
		return Rulebook{}, err
	}
	book := Rulebook{Rules: rules, Version: version, Queues: b.queues}
	for _, r := range rules {
		book.Broken = append(book.Broken, broken(r, b)...)
	}
	for _, s := range b.skills {
		for name := range s.level {
			book.Skills = append(book.Skills, name)
		}
	}
	slices.Sort(book.Skills)
	book.Skills = slices.DeleteFunc(slices.Compact(book.Skills), func(s string) bool { return s == retired })
	return book, nil
}

// laidOut reads the desk as it is stored now, whatever board is kept.
func (d *Desk) laidOut(ctx context.Context, ws bot.WorkspaceID) (*board, error) {
	f, err := d.floor(ctx, ws)
	if err != nil {
		return nil, err
	}
	return layOut(ws, f), nil
}

func broken(r Rule, have staff) (out []Broken) {
	if r.Queue != "" && !have.hasQueue(r.Queue) {
		out = append(out, Broken{Rule: r.ID, Queue: r.Queue})
	}
	for _, s := range r.Skills {
		if !have.hasSkill(s) {
			out = append(out, Broken{Rule: r.ID, Skill: s})
		}
	}
	if r.Ticket != nil && r.Ticket.Queue != "" && !have.hasQueue(r.Ticket.Queue) {
		out = append(out, Broken{Rule: r.ID, Queue: r.Ticket.Queue, Ticket: true})
	}
	return out
}

// PutRules replaces the workspace's rules, whose version the caller saw. New rules
// get an ID. What is switched off may name what is no more. Errors: Invalid for a
// rule that means nothing, or names a queue that is not there or a skill that
// nobody has; Conflict when somebody else saved meanwhile.
func (d *Desk) PutRules(ctx context.Context, ws bot.WorkspaceID, rules []Rule, version int64) (Rulebook, error) {
	if len(rules) > maxRules {
		return Rulebook{}, fault.New(fault.Invalid, "There can be 100 rules, not %d.", len(rules)).WithField("rules", "at most 100")
	}
	b, err := d.laidOut(ctx, ws)
	if err != nil {
		return Rulebook{}, err
	}
	rules = slices.Clone(rules)
	seen := map[string]bool{}
	for i := range rules {
		r := &rules[i]
		if r.ID == "" || seen[r.ID] {
			r.ID = id.New()
		}
		seen[r.ID] = true
		if err := r.check(i); err != nil {
			return Rulebook{}, err
		}
		if r.Off {
			continue
		}
		for _, x := range broken(*r, b) {
			at := "rules[" + strconv.Itoa(i) + "]."
			if x.Ticket {
				at += "ticket."
			}
			if x.Queue != "" {
				return Rulebook{}, fault.New(fault.Invalid, "Rule %d, “%s”, names the queue “%s”, which does not exist.", i+1, r.Name, x.Queue).
					WithField(at+"queue", "choose a queue that exists, or make it first")
			}
			return Rulebook{}, fault.New(fault.Invalid, "Rule %d, “%s”, wants “%s”, which nobody has.", i+1, r.Name, x.Skill).
				WithField(at+"skills", "give the skill to somebody first, or leave it out")
		}
	}
	if _, err := writeList(ctx, d.store, ws, listRules, rules, version); err != nil {
		return Rulebook{}, err
	}
	return d.Rules(ctx, ws)
}

// asked is what a hand-off's rules are and what they may look at.
type asked struct {
	rules []Rule
	known Known
}

// ask reads the rules and what they look at. A part that cannot be had is left
// out: a visitor is never turned away because of it.
func (d *Desk) ask(ctx context.Context, e bot.Escalation) asked {
	a := asked{known: Known{
		Reason: e.Reason, Language: e.Language, Topics: e.Topics, Page: e.Page, Entities: e.Summary.Fields, Sentiment: e.Summary.Sentiment,
	}}
	var err error
	if a.rules, _, err = readList[Rule](ctx, d.store, e.Workspace, listRules); err != nil {
		d.log.WarnContext(ctx, "the rules could not be read; a conversation is placed without", "conversation_id", string(e.Conversation), "error", err)
	}
	if d.tickets == nil { // a desk that keeps none
		for i := range a.rules {
			a.rules[i].Ticket = nil
		}
	}
	if profile, history := wants(a.rules); (profile || history) && e.Conversation != "" {
		c, err := d.timeline.Conversation(ctx, e.Workspace, e.Conversation)
		if err != nil {
			return a // the move says what is wrong
		}
		d.look(ctx, &a.known, c, a.rules, d.now())
	}
	return a
}

// wants reports whether rules look at the visitor's profile and at their history.
func wants(rules []Rule) (profile, history bool) {
	any := func(kinds ...ConditionKind) bool {
		return slices.ContainsFunc(rules, func(r Rule) bool {
			return !r.Off && slices.ContainsFunc(r.When, func(c Condition) bool { return slices.Contains(kinds, c.Kind) })
		})
	}
	return any(WhenAttribute, WhenTier), any(WhenReturning)
}

// historyOf is how many of a visitor's conversations are looked at for an earlier one.
const historyOf = 20

// look adds what rules want to know of the visitor as things stood at a time.
func (d *Desk) look(ctx context.Context, k *Known, c bot.Conversation, rules []Rule, at time.Time) {
	profile, history := wants(rules)
	var err error
	if profile && d.customers != nil {
		if k.Attributes, err = d.customers.Attributes(ctx, c.Workspace, c.Visitor); err != nil {
			d.log.WarnContext(ctx, "a visitor's attributes could not be read; rules go on without", "conversation_id", string(c.ID), "error", err)
		}
	}
	if !history {
		return
	}
	recent, err := d.timeline.Conversations(ctx, bot.ConversationQuery{Workspace: c.Workspace, Visitor: c.Visitor, Limit: historyOf})
	if err != nil {
		d.log.WarnContext(ctx, "a visitor's history could not be read; rules go on without", "conversation_id", string(c.ID), "error", err)
	}
	for _, r := range recent {
		if r.ID == c.ID || r.CreatedAt.After(at) {
			continue
		}
		ended := r.UpdatedAt
		if ended.After(at) {
			ended = at
		}
		if ended.After(k.Before) {
			k.Before = ended
		}
	}
}
