package handoff

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// Known is what rules look at when a conversation asks for a person.
type Known struct {
	Reason     bot.Reason
	Language   string
	Topics     []string          // intents, the newest first
	Entities   map[string]string // values by type
	Page       string            // URL; "" unknown
	Attributes map[string]string // vouched for by the site
	Before     time.Time         // when the visitor's last other conversation ended or was last written in; zero: there is none
	Sentiment  float64           // trend, −1…1
}

// What raises the priority of a conversation by itself: small, and bounded, so that
// neither shouting nor the bot's reading of it overtakes those who wait for long. A
// step is worth five minutes of waiting; two are what an ordinary visitor would
// hardly notice. Chosen, not measured: see docs/decisions.md.
const (
	raiseReason    = 1
	raiseSentiment = 1
	lowSentiment   = -.4
	maxRaise       = 2
)

// raises are the steps that a conversation has of itself.
func (k Known) raises() (out []bot.Raise) {
	switch k.Reason {
	case bot.ReasonPolicy, bot.ReasonUnhappy, bot.ReasonFailure:
		out = append(out, bot.Raise{Why: "reason", By: raiseReason})
	}
	if k.Sentiment <= lowSentiment {
		out = append(out, bot.Raise{Why: "sentiment", By: raiseSentiment})
	}
	return out
}

// staff is what rules may name.
type staff interface {
	hasQueue(id bot.QueueID) bool
	hasSkill(need string) bool
}

// place puts a conversation where the rules say: of each of queue, skills,
// priority and ticket the first rule that holds and names it decides. What a rule names and
// is no more is passed over, so that nobody is sent where nobody is. base is what
// holds where no rule speaks.
func place(rules []Rule, k Known, base bot.Placing, have staff, now time.Time) bot.Placing {
	p := bot.Placing{Queue: base.Queue, Skills: base.Skills, Priority: base.Priority}
	var queue, skills, priority bool
	for _, r := range rules {
		if r.Off || (queue && skills && priority && p.Ticket != nil) {
			continue
		}
		because, holds := r.holds(k, now)
		if !holds {
			continue
		}
		m := bot.RuleMatch{Rule: r.ID, Name: r.Name, Because: because}
		if r.Queue != "" && !queue {
			if have.hasQueue(r.Queue) {
				p.Queue, m.Queue, queue = r.Queue, r.Queue, true
			} else {
				m.Ignored = append(m.Ignored, "queue:"+string(r.Queue))
			}
		}
		if len(r.Skills) > 0 && !skills {
			var kept []string
			for _, s := range r.Skills {
				if have.hasSkill(s) {
					kept = append(kept, s)
				} else {
					m.Ignored = append(m.Ignored, "skill:"+s)
				}
			}
			if len(kept) > 0 {
				p.Skills, m.Skills, skills = kept, kept, true
			}
		}
		if r.Priority != nil && !priority {
			n := *r.Priority
			p.Priority, m.Priority, priority = n, &n, true
		}
		if r.Ticket != nil && p.Ticket == nil {
			p.Ticket = ordered(*r.Ticket, k, have, &m)
		}
		if m.Queue != "" || m.Skills != nil || m.Priority != nil || m.Ticket != nil || m.Ignored != nil {
			p.Rules = append(p.Rules, m)
		}
	}
	raised := 0
	for _, r := range k.raises() {
		r.By = min(r.By, maxRaise-raised, maxPriority-p.Priority)
		if r.By > 0 {
			p.Priority, raised = p.Priority+r.By, raised+r.By
			p.Raised = append(p.Raised, r)
		}
	}
	return p
}

// ordered is a rule's ticket as it can be made: in a queue that there is, and beside
// the place in line of whoever asked for a person, which no rule takes away.
func ordered(o bot.TicketOrder, k Known, have staff, m *bot.RuleMatch) *bot.TicketOrder {
	if o.Queue != "" && !have.hasQueue(o.Queue) {
		m.Ignored = append(m.Ignored, "queue:"+string(o.Queue))
		o.Queue = ""
	}
	if o.Instead && k.Reason == bot.ReasonAsked {
		m.Ignored = append(m.Ignored, "instead")
		o.Instead = false
	}
	m.Ticket = &o
	return &o
}

// holds reports whether all conditions of a rule hold, and what made them.
func (r Rule) holds(k Known, now time.Time) (because []string, ok bool) {
	for _, c := range r.When {
		found, ok := c.met(k, now)
		if ok == c.Not {
			return nil, false
		}
		if found != "" && !c.Not {
			because = append(because, string(c.Kind)+": "+found)
		}
	}
	return because, true
}

// met reports whether a condition holds, its Not aside, and by what value.
func (c Condition) met(k Known, now time.Time) (found string, ok bool) {
	switch c.Kind {
	case WhenIntent:
		for _, t := range k.Topics {
			if anyFold(c.Values, t) {
				return t, true
			}
		}
	case WhenReason:
		return string(k.Reason), anyFold(c.Values, string(k.Reason))
	case WhenLanguage:
		return k.Language, anyFold(c.Values, k.Language)
	case WhenEntity:
		return valueOf(k.Entities, c)
	case WhenAttribute:
		return valueOf(k.Attributes, c)
	case WhenTier:
		c.Name = TierAttribute
		return valueOf(k.Attributes, c)
	case WhenPage:
		return k.Page, k.Page != "" && slices.ContainsFunc(c.Values, func(v string) bool { return holdsParts(k.Page, v) })
	case WhenReturning:
		if k.Before.IsZero() {
			return "", false
		}
		return k.Before.UTC().Format(time.DateOnly), c.Days == 0 || now.Sub(k.Before) <= time.Duration(c.Days)*day
	case WhenSentiment:
		return fmt.Sprintf("%.2f", k.Sentiment), k.Sentiment < c.Below
	}
	return "", false
}

// valueOf reports whether the named value is there and one of those asked for.
func valueOf(have map[string]string, c Condition) (string, bool) {
	for name, v := range have {
		if strings.EqualFold(name, c.Name) && v != "" {
			return c.Name + " " + v, len(c.Values) == 0 || anyFold(c.Values, v)
		}
	}
	return "", false
}

func anyFold(values []string, v string) bool {
	return slices.ContainsFunc(values, func(x string) bool { return strings.EqualFold(strings.TrimSpace(x), v) })
}

// holdsParts reports whether an address holds the parts of a pattern between its
// stars one after the other, whatever their case.
func holdsParts(address, pattern string) bool {
	rest := strings.ToLower(address)
	for part := range strings.SplitSeq(strings.ToLower(strings.TrimSpace(pattern)), "*") {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return true
}

// hasQueue implements staff.
func (b *board) hasQueue(id bot.QueueID) bool {
	return slices.ContainsFunc(b.queues, func(q Queue) bool { return q.ID == id })
}

// hasSkill implements staff: somebody, on duty or not, meets the need.
func (b *board) hasSkill(need string) bool {
	n, err := ParseNeed(need)
	return err == nil && slices.ContainsFunc(b.skills, func(s skillset) bool { return s.meets(n) })
}
