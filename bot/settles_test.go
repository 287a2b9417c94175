package bot

import "testing"

func TestSettlesAndPersists(t *testing.T) {
	for words, want := range map[string]struct{ settles, persists, hours bool }{
		"oh, found it in the spam, sorry":           {true, false, false},
		"Shame, but I understand.":                  {true, false, false},
		"oops wrong site haha":                      {true, false, false},
		"shame":                                     {true, false, false},
		"I still don't understand":                  {false, false, false},
		"that is not my mistake":                    {false, false, false},
		"I did that and the button is grey":         {false, true, false},
		"it still says the same":                    {false, true, false},
		"I tried, nothing happens":                  {false, true, false},
		"好吧，没事":                                     {true, false, false},
		"不好意思发错了":                                   {true, false, false},
		"看到了，谢谢":                                    {true, false, false},
		"没看到了":                                      {false, false, false},
		"是你们搞错了":                                    {false, false, false},
		"还是没找到了":                                    {false, true, false},
		"试过了，点了没反应":                                 {false, true, false},
		"until when can I reach somebody by phone?": {false, false, true},
		"when are your agents there?":               {false, false, true},
		"until when do I need to wait for a person": {false, false, false},
		"what hours can I talk to somebody":         {false, false, false},
		"人工客服几点上班？":                                 {false, false, true},
		"几点上班，帮我转人工":                                {false, false, false},
		"":                                          {false, false, false},
	} {
		if got := settles(words); got != want.settles {
			t.Errorf("settles(%q) = %v", words, got)
		}
		if got := persists(words); got != want.persists {
			t.Errorf("persists(%q) = %v", words, got)
		}
		if got := asksHours(words); got != want.hours {
			t.Errorf("asksHours(%q) = %v", words, got)
		}
	}
}

func TestAcknowledges(t *testing.T) {
	for words, want := range map[string]bool{
		"ok": true, "Okay, thanks": true, "alright then": true, "好的": true, "好吧": true, "嗯嗯": true,
		"yes": false, "ok please": false, "yes please": false, "sure": false, "no": false, "可以": false, "好的转吧": false, "好的，麻烦了": false, "ok how much is it": false, "": false,
	} {
		if got := acknowledges(words); got != want {
			t.Errorf("acknowledges(%q) = %v", words, got)
		}
	}
}

func TestEchoes(t *testing.T) {
	said := Memory{Turns: []Exchange{{Asked: "what do I do with the ice packs?", Answer: "Ice packs are drained and the film goes to the bin.", Decision: DecideAnswer, Answered: true}}}
	for words, want := range map[string]float64{
		"in the bin then":           1,
		"drained and into the sink": .5,
		"there is no film":          0,
		"how do I cancel":           0,
		"ok":                        0,
	} {
		turn := &Turn{Memory: said}
		turn.Trace.Asked = words
		if got := turn.echoes(); got != want {
			t.Errorf("echoes(%q) = %.2f, want %.2f", words, got, want)
		}
	}
	turn := &Turn{}
	turn.Trace.Asked = "in the bin then"
	if got := turn.echoes(); got != 0 {
		t.Errorf("%.2f with nothing said before", got)
	}
}

// TestUnsureAnswerThatIsAskedForAgain: whoever asks the same in other words after
// an answer of little confidence was not answered.
func TestUnsureAnswerThatIsAskedForAgain(t *testing.T) {
	for _, c := range []struct {
		confidence, closeness, want float64
	}{{.45, .9, .9}, {.45, .3, 0}, {.95, .9, 0}} {
		turn := &Turn{closeness: c.closeness, Memory: Memory{Turns: []Exchange{{Asked: "do you print on wood?", Decision: DecideAnswer, Answered: true, Confidence: c.confidence}}}}
		turn.Trace.Asked = "can my photo be put onto a plank of oak"
		if got := turn.restates(); got != c.want {
			t.Errorf("confidence %.2f, closeness %.2f: restates %.2f, want %.2f", c.confidence, c.closeness, got, c.want)
		}
	}
}
