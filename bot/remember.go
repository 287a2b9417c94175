package bot

import (
	"hash/fnv"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Bounds of what is kept of a conversation, so that a row stays small however
// long the chat gets.
const (
	maxTurns        = 8
	maxExchangeText = 400 // runes of each text of an exchange
	maxSummary      = 800 // runes
	maxSlots        = 16
)

// trendKeep is how much of the trend a turn leaves standing. The value makes
// one furious message enough to be unhappy and two friendly ones enough to
// recover; set on our own dialogues in training/data/escalation.
const trendKeep = .5

// Trend carries the decayed trend over one visitor turn with its Mood. Both values
// and the result lie in −1…1.
func Trend(previous, mood float64) float64 {
	return max(-1, min(1, trendKeep*previous+(1-trendKeep)*mood))
}

// Restart begins a new segment: a person closed the conversation or handed it
// back. What was said about handing over before is not looked at again, so a
// bot that gets a conversation back does not hand it over at once.
func (m *Memory) Restart() {
	m.Segment++
	m.settle()
}

// settle clears what belongs to an earlier segment. The facts stay.
func (m *Memory) settle() {
	if m.Counted == m.Segment {
		return
	}
	m.Counted = m.Segment
	m.Failed, m.Refused, m.OfferedAt, m.Trend = 0, 0, 0, 0
	m.Clarified, m.Offered, m.Low, m.Pending = false, false, false, false
	m.Offering, m.Choices, m.Topics = "", nil, nil
	kept := make([]Exchange, 0, len(m.Turns))
	for _, e := range m.Turns {
		if e.Decision != DecideOffer && e.Decision != DecideHandoff {
			e.Earlier = true
			kept = append(kept, e)
		}
	}
	m.Turns = kept
}

// clone returns a memory that shares nothing with m.
func (m Memory) clone() Memory {
	m.Turns = append([]Exchange(nil), m.Turns...)
	m.Slots = append([]Slot(nil), m.Slots...)
	m.Choices = append([]Choice(nil), m.Choices...)
	m.Topics = append([]string(nil), m.Topics...)
	return m
}

// judge takes in what the visitor's new words say about the past: whether they
// reject the last answer, which makes that a failed turn after all, and how
// they feel.
func (m *Memory) judge(r intents.Reading, asked string, p Policy) {
	m.settle()
	m.Turn++
	if m.Pending {
		if Rejected(r) {
			m.Failed++
		} else {
			m.Failed = 0
		}
		m.Pending = false
	}
	m.Trend = Trend(m.Trend, Mood(r, asked, m.Turns))
	m.Low = p.Unhappy.next(m.Low, m.Trend)
}

// rejectsFrom is the probability from which an answer counts as rejected. It is
// below the threshold of the rule "rejected": counting a failed turn too many
// only brings the offer of a person forward.
const rejectsFrom = .75

// Rejected reports whether words turn down the answer before them, which makes
// that a failed turn.
func Rejected(r intents.Reading) bool { return r.Signals.Rejects >= rejectsFrom }

// remember adds a finished turn.
func (m *Memory) remember(t *Turn, now time.Time) {
	tr := &t.Trace
	m.Offered, m.Choices = false, nil
	if tr.Decision == DecideHandoff {
		m.Handed = summary(*m, tr.Asked, t).Problem
	}
	switch {
	case tr.Decision == DecideOffer || tr.Decision == DecideHandoff:
		m.Failed, m.Refused, m.Clarified = 0, 0, false
		if tr.Decision == DecideOffer {
			m.Offered, m.OfferedAt, m.Offering = true, m.Turn, tr.Reason
		}
	case t.inLine():
		// They are promised a person already, so a turn without an answer is no failure.
		m.Failed, m.Refused, m.Clarified = 0, 0, false
	case tr.Failed:
		m.Failed++
		if tr.Decision == DecideRefuse && !t.farAway() {
			m.Refused++
		}
		m.Clarified = m.Clarified || tr.Decision == DecideClarify
	case tr.Decision == DecideSmalltalk && tr.Signals[SignalSettles] >= 1:
		m.Refused, m.Clarified = 0, false // what was not answered is done with
	case tr.Decision == DecideAnswer:
		m.Pending, m.Refused, m.Clarified = true, 0, false
	}
	if tr.Decision == DecideClarify {
		m.Choices = tr.Choices
	}
	if tr.Decision == DecideRefuse && t.Rule.Phrase != "refuse_far" && !t.inLine() {
		m.Offered, m.Offering = true, ReasonUnanswered // its words ask whether to get a person
	}
	m.keepSlots(t, now)
	m.Topics, m.Page = m.topicsWith(t.Trace.Reading), m.pageOf(t.Messages)
	m.push(exchangeOf(t, now))
}

// farAway reports a refusal of what is surely no business of ours. What may be
// one counts towards the offer of a person although it is declined like the rest.
func (t *Turn) farAway() bool {
	return t.Rule.Phrase == "refuse_far" && t.Trace.Signals[SignalFarTopic] >= .9
}

func exchangeOf(t *Turn, now time.Time) Exchange {
	tr := &t.Trace
	e := Exchange{
		Asked: shorten(tr.Asked, maxExchangeText), Question: shorten(tr.Question, maxExchangeText),
		Answer: shorten(tr.Answer, maxExchangeText), Decision: tr.Decision, At: now,
	}
	if c := t.candidate(); c != nil && t.answers() {
		e.Document, e.Topic, e.Answered, e.Passage = string(c.Document), shorten(topic(*c), 80), true, passageKey(*c)
		e.Confidence = c.Confidence
	}
	return e
}

// answers reports whether the turn's reply carries the chosen candidate.
func (t *Turn) answers() bool { return len(t.Reply.Sources) > 0 }

// push appends an exchange; what leaves the window goes into the summary.
func (m *Memory) push(e Exchange) {
	m.Turns = append(m.Turns, e)
	for len(m.Turns) > maxTurns {
		m.summarise(m.Turns[0])
		m.Turns = m.Turns[1:]
	}
}

// summarise adds one line a turn: what was asked and what it was answered from.
// No model is needed, and the newest lines stay when the bound is reached.
func (m *Memory) summarise(e Exchange) {
	line := shorten(strings.Join(strings.Fields(e.Question), " "), 120) + " → " + string(e.Decision)
	if e.Topic != "" {
		line += ": " + e.Topic
	}
	if m.Summary != "" {
		line = m.Summary + "\n" + line
	}
	for utf8.RuneCountInString(line) > maxSummary {
		_, rest, found := strings.Cut(line, "\n")
		if !found {
			line = shorten(line, maxSummary)
			break
		}
		line = rest
	}
	m.Summary = line
}

// keepSlots stores the turn's entities, the newest value of a type, and drops
// what has expired. Tomorrow's weather says nothing about the visitor's matter.
func (m *Memory) keepSlots(t *Turn, now time.Time) {
	kept := m.Slots[:0:0]
	for _, s := range m.Slots {
		if s.Expires.IsZero() || now.Before(s.Expires) {
			kept = append(kept, s)
		}
	}
	var source EventID
	if len(t.Messages) > 0 {
		source = t.Messages[len(t.Messages)-1].ID
	}
	for _, e := range t.Trace.Reading.Entities {
		if t.Rule.Phrase == phraseFar {
			break
		}
		slot := Slot{Name: string(e.Type), Value: shorten(e.Value, 120), Source: source, Expires: expiry(e.Type, now)}
		kept = append(without(kept, slot.Name), slot)
	}
	if len(kept) > maxSlots {
		kept = kept[len(kept)-maxSlots:]
	}
	m.Slots = kept
}

func without(slots []Slot, name string) []Slot {
	out := slots[:0:0]
	for _, s := range slots {
		if s.Name != name {
			out = append(out, s)
		}
	}
	return out
}

// expiry says how long a fact holds: who they are, for the conversation; what
// they talk about, for a day; a date or a sum, for an hour of talk.
func expiry(e intents.EntityType, now time.Time) time.Time {
	switch e {
	case intents.EntityPhone, intents.EntityEmail:
		return time.Time{}
	case intents.EntityDate, intents.EntityMoney:
		return now.Add(time.Hour)
	}
	return now.Add(24 * time.Hour)
}

// topic names what a candidate is about: the heading next to the passage, else
// the title.
func topic(c knowledge.Candidate) string {
	if n := len(c.Heading); n > 0 {
		return c.Heading[n-1]
	}
	return c.Title
}

// passageKey tells passages of one document apart.
func passageKey(c knowledge.Candidate) string {
	h := fnv.New64a()
	h.Write([]byte(c.Passage))
	return strconv.FormatUint(h.Sum64(), 36)
}

// shorten shortens s to n runes, marking the cut.
func shorten(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	return strings.TrimRight(string(r[:n-1]), " \n") + "…"
}
