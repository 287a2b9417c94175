package bot

import "testing"

func TestOnlyWish(t *testing.T) {
	for question, want := range map[string]bool{
		"a person please":                    true,
		"hi, can I speak to a human, thanks": true,
		"我要找人工客服":                            true,
		"转人工，谢谢":                             true,
		"My parcel says delivered but it is not here. I want to talk to a person":  false,
		"包裹显示已签收但是没有收到，我要找人工":                                                      false,
		"can somebody look at the double charge on my card for the two blue bowls": false,
	} {
		if got := onlyWish(question); got != want {
			t.Errorf("onlyWish(%q) = %v, want %v", question, got, want)
		}
	}
}

func TestSummary(t *testing.T) {
	m := Memory{Turns: []Exchange{
		{Asked: "do you sell knives?", Decision: DecideRefuse},
		{Asked: "hello", Decision: DecideSmalltalk},
		{Asked: "what is the weather", Decision: DecideRefuse},
	}}
	turn := func(r Reason, wants float64) *Turn {
		u := &Turn{}
		u.Trace.Reason, u.Trace.Reading.Signals.WantsPerson = r, wants
		return u
	}
	for _, c := range []struct {
		question, problem string
		reason            Reason
		wants             float64
		next              NextStep
	}{
		{"My parcel is lost, nothing is here. Can I talk to somebody?", "My parcel is lost, nothing is here. Can I talk to somebody?", ReasonAsked, 1, NextStart},
		{"a person please", "what is the weather\ndo you sell knives?", ReasonAsked, 1, NextStart},
		{"yes please", "what is the weather\ndo you sell knives?", ReasonUnanswered, 0, NextAnswer},
		{"the teapot burned my hand", "the teapot burned my hand\nwhat is the weather\ndo you sell knives?", ReasonPolicy, 0, NextProcedure},
	} {
		if s := summary(m, c.question, turn(c.reason, c.wants)); s.Problem != c.problem || s.Next != c.next {
			t.Errorf("%q: %q, %q; want %q, %q", c.question, s.Problem, s.Next, c.problem, c.next)
		}
	}
	// A person has dealt with the parcel and handed back or closed.
	m.Turns = append(m.Turns, Exchange{Asked: "My parcel is lost. I want a person", Decision: DecideHandoff})
	m.Handed = "My parcel is lost. I want a person"
	m.Restart()
	if s := summary(m, "a person again please", turn(ReasonAsked, 1)); s.Problem != m.Handed || s.Next != NextStart {
		t.Errorf("back without a word: %q, %q", s.Problem, s.Next)
	}
	if s := summary(m, "the teapot burned my hand", turn(ReasonPolicy, 0)); s.Problem != "the teapot burned my hand" {
		t.Errorf("back with something new: %q", s.Problem)
	}
	if s := summary(Memory{}, "a person please", turn(ReasonAsked, 1)); s.Problem != "a person please" || s.Next != NextAsk {
		t.Errorf("nothing told: %q, %q", s.Problem, s.Next)
	}
}
