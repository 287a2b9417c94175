package handoff

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// How long a conversation holds out for the right agent.
const (
	languageFor = 30 * time.Second // then a language becomes a wish
	skillsFor   = 60 * time.Second // then so does every skill
	excludedFor = 60 * time.Second // an agent who declined or missed it is not asked again
)

const languagePrefix = "lang:"

// speaks reports whether the agent speaks the language; one without any
// language among the skills speaks all.
func (a Agent) speaks(language string) bool {
	any := false
	for _, s := range a.Skills {
		if s == languagePrefix+language {
			return true
		}
		any = any || strings.HasPrefix(s, languagePrefix)
	}
	return !any
}

// needs splits what a conversation wants into a language ("" for none) and
// skills.
func needs(c bot.Conversation) (language string, skills []string) {
	language = c.Language
	for _, s := range c.Skills {
		if l, ok := strings.CutPrefix(s, languagePrefix); ok {
			language = l
			continue
		}
		skills = append(skills, s)
	}
	return language, skills
}

func (a Agent) hasAll(skills []string) bool {
	return !slices.ContainsFunc(skills, func(s string) bool { return !slices.Contains(a.Skills, s) })
}

// fits reports how well the agent suits the conversation: 0 in full, 1 without
// the language, 2 without a skill.
func (a Agent) fits(c bot.Conversation) int {
	language, skills := needs(c)
	switch {
	case !a.hasAll(skills):
		return 2
	case language != "" && !a.speaks(language):
		return 1
	}
	return 0
}

// relaxed is the worst fit that a conversation accepts now. It holds out for a
// better one only while somebody on duty would be one, and not for ever.
func (f Floor) relaxed(s Standing, now time.Time) int {
	best := 2
	for _, a := range f.Agents {
		if f.counts(a, now) && a.ID != s.Conversation.Agent {
			best = min(best, a.fits(s.Conversation))
		}
	}
	waited := now.Sub(s.Wait.Since)
	switch {
	case waited >= skillsFor:
		return 2
	case waited >= languageFor:
		return max(best, 1)
	}
	return best
}

// room is how many more chats the agent may be offered.
func (a Agent) room() int { return a.Capacity - a.Load - a.Reserved }

// excluded reports whether the agent passed on this conversation a moment ago.
func (f Floor) excluded(c bot.ConversationID, a bot.AgentID, now time.Time) bool {
	return slices.ContainsFunc(f.Offers, func(r Reservation) bool {
		return r.Conversation == c && r.Agent == a &&
			(r.State == ReservationDeclined || r.State == ReservationMissed) && now.Sub(r.DecidedAt) < excludedFor
	})
}

// mayTake reports whether an offer of the conversation to the agent keeps every
// rule.
func (f Floor) mayTake(s Standing, a Agent, now time.Time) bool {
	return a.Present(now) && a.room() > 0 && a.ID != s.Conversation.Agent &&
		a.fits(s.Conversation) <= f.relaxed(s, now) && !f.excluded(s.Conversation.ID, a.ID, now)
}

// pair is an offer to be made.
type pair struct {
	conversation bot.ConversationID
	agent        bot.AgentID
}

// match returns the offers to make now, in order: conversations by their place
// in line; for each the agent who fits best, then has the most spare capacity in
// proportion, then has been idle longest, then by ID.
func (f Floor) match(now time.Time) []pair {
	var out []pair
	agents := slices.Clone(f.Agents)
	for _, s := range f.line(now) {
		if s.Conversation.Service != bot.ServiceWaiting {
			continue
		}
		best := -1
		for i, a := range agents {
			if f.mayTake(s, a, now) && (best < 0 || better(a, agents[best], s.Conversation) < 0) {
				best = i
			}
		}
		if best < 0 {
			continue
		}
		agents[best].Reserved++
		out = append(out, pair{s.Conversation.ID, agents[best].ID})
	}
	return out
}

func better(a, b Agent, c bot.Conversation) int {
	spare := func(a Agent) float64 { return float64(a.room()) / float64(max(a.Capacity, 1)) }
	return cmp.Or(
		cmp.Compare(a.fits(c), b.fits(c)),
		cmp.Compare(spare(b), spare(a)),
		a.LastGiven.Compare(b.LastGiven),
		strings.Compare(string(a.ID), string(b.ID)),
	)
}
