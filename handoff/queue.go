package handoff

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Queue is a line of waiting conversations, and how it is worked. The zero Queue
// takes everybody, asks nothing beyond what conversations want, and gives way on
// languages after 30 s and on everything after 60 s.
type Queue struct {
	Workspace bot.WorkspaceID
	ID        bot.QueueID
	Name      string
	Hours     Hours
	QueueSettings
}

// QueueSettings are how a queue is worked.
type QueueSettings struct {
	OfferFor   time.Duration `json:",omitempty"` // how long an agent may think; zero: 25 s
	Skills     []string      `json:",omitempty"` // wanted of whoever serves this queue, as needs; they are not given way on
	Priority   int           `json:",omitempty"` // −10 to 10, added to that of each conversation
	Relax      []Relax       `json:",omitempty"` // when to give way; none: the defaults
	Strict     bool          `json:",omitempty"` // never gives way, and waits for what nobody on duty has
	Overflow   []Overflow    `json:",omitempty"` // whose agents help, and from when
	RoundRobin bool          `json:",omitempty"` // among equally suited agents the one without a chat for longest, whatever they have
	WrapUp     time.Duration `json:",omitempty"` // how long the place of a chat that ended stays taken, at most 5 min
	FirstReply time.Duration `json:",omitempty"` // an agent who has not written by then loses the chat; zero: 5 min
	PassBack   time.Duration `json:",omitempty"` // how long a chat that a colleague would not take over stays with who passed it on alone; zero: 1 min
	Answer     time.Duration `json:",omitempty"` // service level: waits should be shorter; zero: 1 min
	Tickets    Levels        `json:",omitzero"`  // service levels of tickets
	AskCode    bool          `json:",omitempty"` // whoever closes a chat must say what it was about, when there are wrap-up codes
}

// Relax gives way on one kind of need after a wait.
type Relax struct {
	After time.Duration
	Drop  string // "levels", "language", "skills" (languages too), or the name of one skill
}

// The kinds of needs that can be given way on, besides single skills.
const (
	dropLevels   = "levels"
	dropLanguage = "language"
	dropSkills   = "skills"
)

// Overflow lets the agents of another queue take conversations of this one after
// a wait. They keep their place here, so whoever is free first takes them.
type Overflow struct {
	After time.Duration
	To    bot.QueueID
}

// usually is when a queue gives way that says nothing.
func usually() []Relax {
	return []Relax{{30 * time.Second, dropLanguage}, {time.Minute, dropSkills}}
}

// Bounds of what a queue may say.
const (
	maxPriority = 10
	maxWrapUp   = 5 * time.Minute
	firstReply  = 5 * time.Minute
	answerIn    = time.Minute
	passBack    = time.Minute
)

// firstReply is how long an agent may take to write first.
func (q Queue) firstReply() time.Duration { return cmp.Or(q.FirstReply, firstReply) }

// passBack is how long a chat stays with who could not pass it on.
func (q Queue) passBack() time.Duration { return cmp.Or(q.PassBack, passBack) }

// ServiceLevel is how soon a visitor of the queue should have a person; a minute when it says nothing.
func (q Queue) ServiceLevel() time.Duration { return cmp.Or(q.Answer, answerIn) }

// check refuses settings that mean nothing. others are the queues there are.
func (q Queue) check(others []Queue) error {
	switch {
	case q.Workspace == "":
		return fault.New(fault.Invalid, "A queue needs a workspace.")
	case q.OfferFor < 0:
		return fault.New(fault.Invalid, "Agents need time to answer an offer.").WithField("offer_for", "zero, or some seconds")
	case q.Priority < -maxPriority || q.Priority > maxPriority:
		return fault.New(fault.Invalid, "A queue's priority is -10 to 10, not %d.", q.Priority).WithField("priority", "-10 to 10")
	case q.WrapUp < 0 || q.WrapUp > maxWrapUp:
		return fault.New(fault.Invalid, "Wrapping up takes at most five minutes.").WithField("wrap_up", "0 to 5 minutes")
	case q.FirstReply < 0:
		return fault.New(fault.Invalid, "A time limit cannot be negative.").WithField("first_reply", "zero, or some seconds")
	case q.Answer < 0:
		return fault.New(fault.Invalid, "A time limit cannot be negative.").WithField("answer", "zero, or some seconds")
	case q.PassBack < 0:
		return fault.New(fault.Invalid, "A time limit cannot be negative.").WithField("pass_back", "zero, or some seconds")
	case q.Strict && len(q.Relax) > 0:
		return fault.New(fault.Invalid, "A queue that never gives way has no times to give way at.").WithField("relax", "empty, or strict off")
	}
	if err := q.Tickets.check(); err != nil {
		return err
	}
	for _, s := range q.Skills {
		if _, err := ParseNeed(s); err != nil {
			return err
		}
	}
	for i, r := range q.Relax {
		if r.After <= 0 || r.Drop == "" {
			return fault.New(fault.Invalid, "Giving way needs a time and what to give way on.").
				WithField("relax["+strconv.Itoa(i)+"]", `after some seconds; drop "levels", "language", "skills" or a skill`)
		}
	}
	return q.checkOverflow(others)
}

// checkOverflow refuses targets that do not exist and those that lead back here.
func (q Queue) checkOverflow(others []Queue) error {
	helps := map[bot.QueueID][]Overflow{"": nil} // there always is a main queue
	names := map[bot.QueueID]string{}
	for _, o := range others {
		helps[o.ID], names[o.ID] = o.Overflow, o.Name
	}
	names[q.ID] = q.Name
	name := func(id bot.QueueID) string { return cmp.Or(names[id], string(id), "main") }
	for i, o := range q.Overflow {
		field := "overflow[" + strconv.Itoa(i) + "]"
		_, known := helps[o.To]
		switch {
		case o.After < 0:
			return fault.New(fault.Invalid, "A wait cannot be negative.").WithField(field, "after zero or more seconds")
		case !known || o.To == q.ID:
			return fault.New(fault.Invalid, "There is no other queue %q to overflow to.", name(o.To)).WithField(field, "the ID of another queue")
		case leads(helps, o.To, q.ID, map[bot.QueueID]bool{}):
			return fault.New(fault.Invalid, "Queue %q overflows to %q, which overflows back.", name(q.ID), name(o.To)).WithField(field, "a queue that does not lead back to this one")
		}
	}
	return nil
}

// leads reports whether overflow goes from one queue to another, maybe by way of
// others; seen are those that were looked at.
func leads(helps map[bot.QueueID][]Overflow, from, to bot.QueueID, seen map[bot.QueueID]bool) bool {
	if from == to {
		return true
	}
	if seen[from] {
		return false
	}
	seen[from] = true
	return slices.ContainsFunc(helps[from], func(o Overflow) bool { return leads(helps, o.To, to, seen) })
}
