package bot

import (
	"slices"
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/text"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// The signals a policy may look at. Probabilities and confidences lie in 0…1;
// what is true or not is 1 or 0.
const (
	SignalConfidence       = "confidence"        // of the best candidate that may be answered from
	SignalMargin           = "margin"            // its confidence less that of the next
	SignalSuggestions      = "suggestions"       // near ties that could be suggested, 0…3
	SignalOutOfScope       = "out_of_scope"      // no trained intent fits
	SignalFarTopic         = "far_topic"         // another topic altogether
	SignalSmalltalk        = "smalltalk"         // best smalltalk intent, or a closing
	SignalWantsPerson      = "wants_person"      // asks for a person; 0 when they refuse one or only ask about people
	SignalAccountAction    = "account_action"    // something to be done on their own order or account
	SignalSensitive        = "sensitive"         // injury, fraud, legal, deletion, press
	SignalAbuse            = "abuse"             // insults
	SignalRejects          = "rejects"           // says that the last answer did not help
	SignalSentiment        = "sentiment"         // of this turn, −1…1
	SignalTrend            = "trend"             // decayed, −1…1
	SignalUnhappy          = "unhappy"           // the trend is in its unhappy band
	SignalAccepts          = "accepts"           // a plain yes
	SignalDeclines         = "declines"          // a plain no
	SignalAcknowledges     = "acknowledges"      // a yes after a refusal that may mean "I see"
	SignalSettles          = "settles"           // lets the matter rest: found it, I see, wrong chat
	SignalPersists         = "persists"          // did what was said, and the trouble is still there
	SignalOfferOpen        = "offer_open"        // the last turn asked whether to get a person
	SignalSinceOffer       = "since_offer"       // turns since the last offer; 99 without one
	SignalAfterAnswer      = "after_answer"      // the last turn was an answer
	SignalAfterClarify     = "after_clarify"     // the last turn asked back
	SignalPicked           = "picked"            // the words are one of the last turn's suggestions
	SignalRepeatedQuestion = "repeated_question" // asked before in this conversation
	SignalRepeatedAnswer   = "repeated_answer"   // how often the best answer was given before
	SignalSameMatter       = "same_matter"       // is about the same as the last turn that was not answered
	SignalUnanswered       = "unanswered"        // turns since the last answer that asked back or found nothing
	SignalFailed           = "failed"            // failed turns in a row, this one not counted
	SignalInLine           = "in_line"           // waits for a person already
	SignalRestates         = "restates"          // share of the last question's words that this one brings again, after an answer
	SignalEchoes           = "echoes"            // share of the words that the last answer had
	SignalAsks             = "asks"              // has the form of a question or a request
	SignalInquires         = "inquires"          // asks how or whether something is done
	SignalInstructs        = "instructs"         // tells us to do something
	SignalContent          = "content"           // words that say what it is about
	SignalWords            = "words"             // the message has words
	SignalTurn             = "turn"              // number of this visitor turn, from 1
)

// SignalNames lists every signal, in the order in which a page should show them.
func SignalNames() []string {
	return []string{
		SignalConfidence, SignalMargin, SignalSuggestions, SignalOutOfScope, SignalFarTopic, SignalSmalltalk,
		SignalWantsPerson, SignalAccountAction, SignalSensitive, SignalAbuse, SignalRejects,
		SignalSentiment, SignalTrend, SignalUnhappy, SignalAccepts, SignalDeclines, SignalAcknowledges, SignalSettles, SignalPersists,
		SignalOfferOpen, SignalSinceOffer, SignalAfterAnswer, SignalAfterClarify, SignalPicked,
		SignalRepeatedQuestion, SignalRepeatedAnswer, SignalSameMatter, SignalUnanswered, SignalFailed, SignalInLine,
		SignalRestates, SignalEchoes, SignalAsks, SignalInquires, SignalInstructs, SignalContent, SignalWords, SignalTurn,
	}
}

// signals gathers what the policy looks at. t.Memory is already judged by the
// turn's words, see Memory.judge.
func (p Policy) signals(t *Turn) map[string]float64 {
	r, m := t.Trace.Reading, t.Memory
	_, chat := smalltalk(r)
	s := map[string]float64{
		SignalOutOfScope:       r.OutOfScope,
		SignalFarTopic:         r.Signals.FarTopic,
		SignalSmalltalk:        max(chat, r.Signals.Closing),
		SignalWantsPerson:      r.Signals.WantsPerson,
		SignalAccountAction:    r.Signals.AccountAction,
		SignalAbuse:            r.Signals.Abuse,
		SignalRejects:          r.Signals.Rejects,
		SignalSentiment:        r.Sentiment,
		SignalTrend:            m.Trend,
		SignalUnhappy:          truth(m.Low),
		SignalOfferOpen:        truth(m.Offered),
		SignalSinceOffer:       99,
		SignalAfterAnswer:      truth(lastDecision(m) == DecideAnswer),
		SignalAfterClarify:     truth(lastDecision(m) == DecideClarify),
		SignalRepeatedQuestion: truth(askedBefore(m, t.Trace.Asked, t.Trace.Question)),
		SignalSameMatter:       t.sameMatter(),
		SignalUnanswered:       float64(m.Refused) + truth(m.Clarified),
		SignalFailed:           float64(m.Failed),
		SignalInLine:           truth(t.inLine()),
		SignalRestates:         t.restates(),
		SignalEchoes:           t.echoes(),
		SignalAsks:             truth(asksSomething(t.Trace.Asked)),
		SignalInquires:         truth(inquires(t.Trace.Asked)),
		SignalInstructs:        truth(instructs(t.Trace.Asked)),
		SignalSettles:          truth(settles(t.Trace.Asked)),
		SignalPersists:         truth(persists(t.Trace.Asked)),
		SignalContent:          float64(len(bag(t.Trace.Asked))),
		SignalWords:            truth(hasWords(t.Trace.Asked)),
		SignalTurn:             float64(m.Turn),
	}
	if r.Signals.RefusesPerson > r.Signals.WantsPerson || asksHours(t.Trace.Asked) {
		s[SignalWantsPerson] = 0
	}
	if r.Signals.Sensitive.Topic != "" {
		s[SignalSensitive] = r.Signals.Sensitive.Probability
	}
	if m.OfferedAt > 0 {
		s[SignalSinceOffer] = float64(m.Turn - m.OfferedAt)
	}
	yes, no := assent(t.Trace.Asked)
	if yes && lastDecision(m) == DecideRefuse && acknowledges(t.Trace.Asked) {
		yes, s[SignalAcknowledges] = false, 1
	}
	s[SignalAccepts], s[SignalDeclines] = truth(yes), truth(no)

	if c := t.candidate(); c != nil {
		s[SignalConfidence] = c.Confidence
		s[SignalMargin] = c.Confidence
		if t.Chosen+1 < len(t.Trace.Candidates) {
			s[SignalMargin] -= t.Trace.Candidates[t.Chosen+1].Confidence
		}
		s[SignalRepeatedAnswer] = float64(answeredBefore(m, *c))
		s[SignalPicked] = truth(t.picked())
	}
	s[SignalSuggestions] = float64(len(p.nearTies(t)))
	if s[SignalWantsPerson] < surelyAsked && givesWay(s) {
		s[SignalWantsPerson] = 0
	}
	return s
}

// What reads as a wish for a person with surelyAsked is one. Under it a question
// gives way to a passage that answers it with surelyAnswered ("does a technician
// have to come?"), and so do words that let the matter rest ("I'll come back to
// you"). Set on training/data/escalation, confidence and helpcentres.
const (
	surelyAsked    = .97
	surelyAnswered = .6
)

func givesWay(s map[string]float64) bool {
	if s[SignalAsks] >= 1 {
		return s[SignalConfidence] >= surelyAnswered && s[SignalInstructs] < 1
	}
	return s[SignalSettles] >= 1
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// maxSuggestions is how many questions an ask-back may show.
const maxSuggestions = 3

// nearTies returns the candidates that might be meant: the best one and those
// within NearTie of its confidence, at most three, no title and no text twice.
func (p Policy) nearTies(t *Turn) []knowledge.Candidate {
	var out []knowledge.Candidate
	seen := map[string]bool{}
	for _, c := range t.Trace.Candidates {
		if len(out) == maxSuggestions || (len(out) > 0 && c.Confidence < out[0].Confidence-p.NearTie) {
			break
		}
		name := suggestion(c, t.language())
		if name == "" || seen[name] || saysTheSame(c, out) || (t.Chosen > 0 && answeredBefore(t.Memory, c) > 0) {
			continue
		}
		seen[name] = true
		out = append(out, c)
	}
	return out
}

// lastDecision of this segment, "" at its start.
func lastDecision(m Memory) Decision {
	if len(m.Turns) == 0 {
		return ""
	}
	return m.Turns[len(m.Turns)-1].Decision
}

// picked reports whether the chosen candidate is a suggestion the visitor tapped.
func (t *Turn) picked() bool {
	c, ok := choice(t.Memory, t.Trace.Asked)
	return ok && t.candidate() != nil && string(t.candidate().Document) == c.Document
}

// choice returns the suggestion of the last turn that the words repeat.
func choice(m Memory, words string) (Choice, bool) {
	for _, c := range m.Choices {
		if key(c.Text) == key(words) {
			return c, true
		}
	}
	return Choice{}, false
}

// answeredBefore counts how often the passage was given as an answer earlier in
// this conversation.
func answeredBefore(m Memory, c knowledge.Candidate) int {
	n := 0
	for _, e := range m.Turns {
		if e.Answered && e.Document == string(c.Document) && e.Passage == passageKey(c) {
			n++
		}
	}
	return n
}

// askedBefore reports whether the visitor asked the same in other turns: the
// same words up to case and punctuation, or nearly all the same words.
func askedBefore(m Memory, asked, question string) bool {
	whole := leans(asked) < leansFrom
	for _, e := range m.Turns {
		if e.Decision == DecideSmalltalk || e.Decision == DecideHandoff {
			continue
		}
		// "and the price?" is another question each time its subject changes.
		if (whole && sameQuestion(e.Asked, asked)) || key(e.Question) == key(question) {
			return true
		}
	}
	return false
}

// restatesUnder is the form of a follow-up from which words are no restatement.
const restatesUnder = .35

// unsureUnder is the confidence of an answer from which it may well have been
// another question's, and closeFrom the closeness from which two questions are
// about the same. Set on training/data/escalation.
const (
	unsureUnder = .6
	closeFrom   = .5
)

// unsure reports that the last turn was answered with little confidence.
func (t *Turn) unsure() bool {
	n := len(t.Memory.Turns)
	return n > 0 && t.Memory.Turns[n-1].Decision == DecideAnswer && t.Memory.Turns[n-1].Confidence < unsureUnder
}

// restates is the share of the content words of the last question that come
// again, where that was answered and the words stand alone: whoever asks on leans
// on what was said, whoever was misunderstood says it again in other words.
func (t *Turn) restates() float64 {
	n := len(t.Memory.Turns)
	if n == 0 || t.Memory.Turns[n-1].Decision != DecideAnswer {
		return 0
	}
	if withoutCorrection(t.Trace.Asked) != strings.TrimSpace(t.Trace.Asked) {
		return 1 // "I meant …"
	}
	if t.unsure() && t.closeness >= closeFrom && len(contentWords(t.Trace.Asked)) > 2 {
		return t.closeness
	}
	if leans(t.Trace.Asked) >= restatesUnder {
		return 0
	}
	before, again := bag(t.Memory.Turns[n-1].Asked), 0
	if len(before) == 0 {
		return 0
	}
	for w := range bag(t.Trace.Asked) {
		if before[w] {
			again++
		}
	}
	return float64(again) / float64(len(before))
}

// echoes is the share of the words that stood in the answer just given: who says
// them again takes the answer in ("in the bin then"). 0 for words that deny, which
// rather tell that it was not so.
func (t *Turn) echoes() float64 {
	n := len(t.Memory.Turns)
	words := bag(t.Trace.Asked)
	if n == 0 || !t.Memory.Turns[n-1].Answered || len(words) == 0 || denies(t.Trace.Asked) {
		return 0
	}
	answer, again := bag(t.Memory.Turns[n-1].Answer), 0
	for w := range words {
		if answer[w] {
			again++
		}
	}
	return float64(again) / float64(len(words))
}

// sameMatter is how close the words are to the last question that found no
// answer: 1 when they share a word that says something, else how near the two lie in meaning.
func (t *Turn) sameMatter() float64 {
	for _, e := range slices.Backward(t.Memory.Turns) {
		if e.Decision != DecideRefuse && e.Decision != DecideClarify {
			continue
		}
		before := bag(e.Asked)
		for w := range bag(t.Trace.Asked) {
			if before[w] && !vague(w) {
				return 1
			}
		}
		return t.closeness
	}
	return 0
}

// sameQuestion compares two questions by their words in any order.
func sameQuestion(a, b string) bool {
	if key(a) == key(b) {
		return key(a) != ""
	}
	x, y := bag(a), bag(b)
	if len(x) < 3 || len(y) < 3 {
		return false
	}
	both := 0
	for w := range x {
		if y[w] {
			both++
		}
	}
	return float64(both)/float64(len(x)+len(y)-both) >= .8
}

// key is the form in which two texts are the same words.
func key(s string) string {
	var b strings.Builder
	for w := range text.Words(text.Fold(s)) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w.Text)
	}
	return b.String()
}

// bag is the set of a text's content words, and of the pairs of its Han characters.
func bag(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range contentWords(s) {
		out[w] = true
	}
	return out
}

func hasWords(s string) bool { return key(s) != "" }
