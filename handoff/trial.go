package handoff

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// How far back a rule is tried out: at most so many hand-offs, among at most so
// many conversations, and how many are read at once.
const (
	triedHandoffs = 500
	triedAmong    = 5000
	triedBeside   = 4
	triedPage     = 200
)

// Trial is what a rule would have done with past hand-offs.
type Trial struct {
	Looked int // hand-offs that were looked at, at most 500
	Tried  []Tried
}

// Tried is a hand-off that the rule would have spoken about.
type Tried struct {
	Conversation bot.Conversation
	At           time.Time
	Because      []string
	Before       bot.Placing // by the rules as they are
	After        bot.Placing // … with this one
}

// TryRule says what a rule would have done with the last hand-offs, the newest
// first, had it stood at a place among the rules; −1: behind the others. A rule that
// is among them is taken as it was changed. Nothing is written. Reason, topics, page, words and mood
// are those of the time; attributes are today's. Errors: those of PutRules for one rule.
func (d *Desk) TryRule(ctx context.Context, ws bot.WorkspaceID, rule Rule, at int) (Trial, error) {
	rules, _, err := readList[Rule](ctx, d.store, ws, listRules)
	if err != nil {
		return Trial{}, err
	}
	if i := slices.IndexFunc(rules, func(r Rule) bool { return r.ID == rule.ID && r.ID != "" }); i >= 0 {
		at = i
	} else if rule.ID == "" {
		rule.ID = "tried"
	}
	with := slices.DeleteFunc(slices.Clone(rules), func(r Rule) bool { return r.ID == rule.ID })
	if at < 0 || at > len(with) {
		at = len(with)
	}
	rule.Off = false
	if err := rule.check(at); err != nil {
		return Trial{}, err
	}
	with = slices.Insert(with, at, rule)
	b, err := d.laidOut(ctx, ws)
	if err != nil {
		return Trial{}, err
	}
	past, err := d.pastHandoffs(ctx, ws)
	if err != nil {
		return Trial{}, err
	}
	all := make([]*Tried, len(past))
	looked := make([]bool, len(past))
	var g errgroup.Group
	g.SetLimit(triedBeside)
	for i, c := range past {
		g.Go(func() error {
			known, when, err := d.knownThen(ctx, c, slices.Concat(rules, with))
			if err != nil || when.IsZero() {
				return err
			}
			looked[i] = true
			because, holds := rule.holds(known, when)
			if !holds {
				return nil
			}
			c.Memory = bot.Memory{}
			all[i] = &Tried{c, when, because, place(rules, known, bot.Placing{}, b, when), place(with, known, bot.Placing{}, b, when)}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return Trial{}, err
	}
	var out Trial
	for i, x := range all {
		if looked[i] {
			out.Looked++
		}
		if x != nil {
			out.Tried = append(out.Tried, *x)
		}
	}
	return out, nil
}

// pastHandoffs are the conversations that went to a person last, the newest first.
func (d *Desk) pastHandoffs(ctx context.Context, ws bot.WorkspaceID) (out []bot.Conversation, err error) {
	q := bot.ConversationQuery{Workspace: ws, Limit: triedPage}
	for range triedAmong / triedPage {
		rows, err := d.timeline.Conversations(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, c := range rows {
			if c.Reason != "" && c.Reason != bot.ReasonTaken {
				out = append(out, c)
			}
			if len(out) == triedHandoffs {
				return out, nil
			}
		}
		if len(rows) < triedPage {
			break
		}
		last := rows[len(rows)-1]
		q.Before, q.BeforeID = last.UpdatedAt, last.ID
	}
	return out, nil
}

// knownThen is what rules could look at when a conversation went to a person last.
// The zero time: it is not known any more.
func (d *Desk) knownThen(ctx context.Context, c bot.Conversation, rules []Rule) (k Known, at time.Time, err error) {
	page, err := d.timeline.Events(ctx, bot.EventQuery{Workspace: c.Workspace, Conversation: c.ID, View: bot.ViewAgent, Latest: true, Limit: 500})
	if err != nil && !fault.Is(err, fault.NotFound) { // it was forgotten meanwhile
		return k, at, err
	}
	for i := len(page.Events) - 1; i >= 0; i-- {
		e := page.Events[i]
		if e.Kind != bot.EventService || e.Body.Summary == nil || !slices.Contains([]string{"enqueued", "parked", "ticketed"}, e.Body.Change) {
			continue
		}
		s := *e.Body.Summary
		at = e.At
		k = Known{Reason: e.Body.Reason, Language: c.Language, Topics: s.Topics, Page: s.Page, Entities: s.Fields, Sentiment: s.Sentiment}
		if s.Topics == nil && s.Page == "" { // from before they were kept with the event
			k.Topics, k.Page = c.Memory.Topics, c.Memory.Page
		}
		if e.Body.Language != "" {
			k.Language = e.Body.Language
		}
		break
	}
	if at.IsZero() {
		return k, at, nil
	}
	d.look(ctx, &k, c, rules, at)
	return k, at, nil
}
