package bot

import "strings"

// NextStep says what a person who takes a chat should do first. Pages put it into
// words, in the language of who reads it.
type NextStep string

// The next steps.
const (
	NextRead      NextStep = "read"      // read the last question and answer it
	NextAsk       NextStep = "ask"       // ask what it is about
	NextStart     NextStep = "start"     // they have said what it is about: start there
	NextApologise NextStep = "apologise" // say sorry first, then settle the matter
	NextAnswer    NextStep = "answer"    // answer what the help pages do not, and note it for the editors
	NextOtherwise NextStep = "otherwise" // ask what did not work; the articles tried are known
	NextVerify    NextStep = "verify"    // check who they are, then do it on their order or account
	NextProcedure NextStep = "procedure" // sensitive: follow the workspace's procedure
	NextRecover   NextStep = "recover"   // the bot failed: start from their last message
)

func nextStep(r Reason, told bool) NextStep {
	switch r {
	case ReasonAsked:
		if told {
			return NextStart
		}
		return NextAsk
	case ReasonUnhappy:
		return NextApologise
	case ReasonUnanswered, ReasonLowConfidence:
		return NextAnswer
	case ReasonRepeated:
		return NextOtherwise
	case ReasonAccountAction:
		return NextVerify
	case ReasonPolicy:
		return NextProcedure
	case ReasonFailure:
		return NextRecover
	}
	return NextRead
}

// maxProblem bounds the words that stand in a summary, in bytes; older ones are in
// the timeline.
const maxProblem = 600

// summary is what an agent reads before accepting. Somebody who tells the problem
// with the wish for a person has said what matters; otherwise it is their
// questions, the newest first. Who comes back after a person and says nothing new
// comes back with what they had then.
func summary(m Memory, question string, t *Turn) Summary {
	m.settle() // a wish by button comes without a turn that did
	s := Summary{Fields: map[string]string{}, Sentiment: m.Trend}
	problem := ""
	alone := false // the question says it all
	if yes, _ := assent(question); question != "" && !yes {
		wish := t != nil && t.Trace.Reading.Signals.WantsPerson >= .5
		if !wish || !onlyWish(question) {
			problem, alone = shorten(question, maxProblem), wish
		}
	}
	for i := len(m.Turns) - 1; i >= 0 && !m.Turns[i].Earlier; i-- {
		x := m.Turns[i]
		if yes, no := assent(x.Asked); yes || no || x.Decision == DecideSmalltalk || x.Asked == "" {
			continue
		}
		if !alone && len(problem) < maxProblem && !strings.Contains(problem, x.Asked) {
			problem = strings.TrimPrefix(problem+"\n"+x.Asked, "\n")
		}
		if x.Document != "" {
			s.Tried = append(s.Tried, Source{Document: x.Document, Title: x.Topic})
		}
	}
	if problem == "" {
		problem = m.Handed
	}
	told := problem != ""
	if !told {
		problem = shorten(question, maxProblem)
	}
	s.Problem = problem
	for _, slot := range m.Slots {
		s.Fields[slot.Name] = slot.Value
	}
	if t != nil {
		for _, en := range t.Trace.Reading.Entities {
			s.Fields[string(en.Type)] = en.Value
		}
		s.Next = nextStep(t.Trace.Reason, told)
	}
	return s
}

// onlyWish reports whether a wish for a person says nothing about the problem:
// "a person please" does not, "my parcel is not here, I want a person" does.
func onlyWish(question string) bool {
	telling := 0
	for clause := range strings.FieldsFuncSeq(question, func(r rune) bool { return strings.ContainsRune(".,;!?\n。，；！？、", r) }) {
		if len(contentWords(clause)) > 1 {
			telling++
		}
	}
	return telling < 2 && len(contentWords(question)) < 6
}
