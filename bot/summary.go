package bot

import "strings"

// summary is what an agent reads before accepting.
func summary(m Memory, question string, t *Turn) Summary {
	s := Summary{Problem: shorten(question, 600), Fields: map[string]string{}, Sentiment: m.Trend}
	if t != nil {
		yes, _ := assent(question)
		if yes || (t.Trace.Reading.Signals.WantsPerson >= .5 && onlyWish(question)) {
			s.Problem = ""
		}
	}
	for i := len(m.Turns) - 1; i >= 0; i-- {
		x := m.Turns[i]
		if yes, no := assent(x.Asked); yes || no || x.Decision == DecideSmalltalk || x.Asked == "" {
			continue
		}
		if len(s.Problem) < 600 && !strings.Contains(s.Problem, x.Asked) {
			s.Problem = strings.TrimPrefix(s.Problem+"\n"+x.Asked, "\n")
		}
		if x.Document != "" {
			s.Tried = append(s.Tried, Source{Document: x.Document, Title: x.Topic})
		}
	}
	if s.Problem == "" {
		s.Problem = shorten(question, 600)
	}
	for _, slot := range m.Slots {
		s.Fields[slot.Name] = slot.Value
	}
	if t != nil {
		for _, en := range t.Trace.Reading.Entities {
			s.Fields[string(en.Type)] = en.Value
		}
		s.Next = nextStep(t.Trace.Reason, t.language())
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
