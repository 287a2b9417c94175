package bot

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

func TestDefaultPolicyIsValid(t *testing.T) {
	if err := DefaultPolicy().Validate(); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, r := range DefaultPolicy().Rules {
		if names[r.Name] {
			t.Errorf("two rules are named %s", r.Name)
		}
		names[r.Name] = true
		if r.Why == "" {
			t.Errorf("rule %s does not say why", r.Name)
		}
		if r.Decide == DecideOffer && r.Reason == "" {
			t.Errorf("rule %s offers a person for no reason", r.Name)
		}
	}
	if last := DefaultPolicy().Rules[len(names)-1]; len(last.When) != 0 {
		t.Errorf("the last rule, %s, must always fit", last.Name)
	}
}

func TestValidateNamesWhatIsWrong(t *testing.T) {
	p := DefaultPolicy()
	p.Asked = 0
	p.Unhappy = Band{Enter: .1, Leave: -.1}
	p.Rules = []Rule{
		{Name: "a", Decide: "shout"},
		{Name: "b", Decide: DecideOffer, When: []Condition{{"mood", ">=", 1}, {SignalTrend, "=", 0}}, Phrase: "nonsense"},
	}
	err := p.Validate()
	if !fault.Is(err, fault.Invalid) {
		t.Fatalf("got %v, want invalid", err)
	}
	var f *fault.Error
	f, _ = err.(*fault.Error)
	var all []string
	for _, x := range f.Fields {
		all = append(all, x.Name+" "+x.Problem)
	}
	for _, want := range []string{"asked", "unhappy", `decides "shout"`, `looks at "mood"`, `compares "trend"`, `says "nonsense"`} {
		if !strings.Contains(strings.Join(all, "\n"), want) {
			t.Errorf("problems do not name %q:\n%s", want, strings.Join(all, "\n"))
		}
	}
}

func TestConditionText(t *testing.T) {
	for _, text := range []string{"confidence >= 0.55", "trend < -0.4"} {
		var c Condition
		if err := c.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := c.MarshalText(); err != nil || string(got) != text {
			t.Errorf("%q became %q, %v", text, got, err)
		}
	}
	for _, bad := range []string{"", "confidence", "confidence > 0.5", "confidence >= much", "a b c d"} {
		if err := new(Condition).UnmarshalText([]byte(bad)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v, want invalid", bad, err)
		}
	}
}

func TestBandHasHysteresis(t *testing.T) {
	b := Band{Enter: -.4, Leave: -.1}
	var states []bool
	low := false
	for _, v := range []float64{-.3, -.5, -.3, -.2, -.05, -.3} {
		low = b.next(low, v)
		states = append(states, low)
	}
	if d := cmp.Diff([]bool{false, true, true, true, false, false}, states); d != "" {
		t.Errorf("states (-want +got):\n%s", d)
	}
}

func TestDecideSaysWhy(t *testing.T) {
	_, why := DefaultPolicy().Decide(map[string]float64{SignalWantsPerson: .93})
	if want := "The visitor asks for a person: wants_person 0.93 >= 0.5."; why != want {
		t.Errorf("%q, want %q", why, want)
	}
}

// drawn is one visitor turn as understanding and retrieval could leave it.
func drawn(t *rapid.T, m Memory, i int) *Turn {
	p := func(name string) float64 {
		return rapid.SampledFrom([]float64{0, 0, 0, .2, .45, .65, .85, 1}).Draw(t, name)
	}
	turn := &Turn{Memory: m.clone(), Chosen: -1, started: time.Now()}
	turn.Trace.Asked = rapid.SampledFrom([]string{
		"how long does delivery take", "and to Canada?", "yes please", "no thanks", "that is wrong", "???", "多久能到", "不用了", "好的", fmt.Sprint("question number ", i, " about teapots"),
	}).Draw(t, "words")
	turn.Trace.Question = turn.Trace.Asked
	turn.Trace.Reading = intents.Reading{
		Language: "en", OutOfScope: p("oos"), Sentiment: rapid.SampledFrom([]float64{-1, -.6, -.1, 0, .4, .9}).Draw(t, "sentiment"),
		Signals: intents.Signals{
			WantsPerson: p("wants"), RefusesPerson: p("refuses"), AccountAction: p("action"), Rejects: p("rejects"), Abuse: p("abuse"),
			Closing: p("closing"), FarTopic: p("far"), Sensitive: intents.Sensitive{Topic: "legal", Probability: p("sensitive")},
		},
		Intents: []intents.Scored{{Name: "greeting", Confidence: p("smalltalk"), Class: intents.ClassSmalltalk}},
	}
	for n := range rapid.IntRange(0, 4).Draw(t, "candidates") {
		d := rapid.IntRange(0, 3).Draw(t, "document")
		turn.Trace.Candidates = append(turn.Trace.Candidates, knowledge.Candidate{
			Document: knowledge.DocumentID(fmt.Sprint("d", d)), Kind: knowledge.KindEntry, Title: fmt.Sprint("Title ", d, n),
			Passage: fmt.Sprint("passage ", d), Curated: true, Confidence: p("confidence"),
		})
	}
	turn.Conversation.Service = ServiceBot
	return turn
}

// lead takes a drawn turn through the engine's own judging, deciding, acting
// and remembering.
func lead(e *Engine, turn *Turn) Memory {
	turn.Memory.judge(turn.Trace.Reading, turn.Trace.Asked, e.policy)
	turn.Chosen = e.choose(turn)
	_ = e.decide(context.Background(), turn)
	_ = e.act(context.Background(), turn)
	m := turn.Memory
	m.remember(turn, time.Unix(0, 0))
	return m
}

func testEngine(t interface{ Fatal(...any) }, p *Policy) *Engine {
	e, err := New(Parts{Understander: noReader{}, Retriever: noRetriever{}, Embedder: noEmbedder{}, Now: time.Now}, &Options{Policy: p})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestNoDoomLoop: whatever visitors say and whatever is found, three turns in a
// row never fail without the offer of a person; also under a policy whose rules
// never offer one.
func TestNoDoomLoop(t *testing.T) {
	stubborn := DefaultPolicy()
	stubborn.Rules = []Rule{
		{Name: "answer", Decide: DecideAnswer, When: []Condition{{SignalConfidence, ">=", .4}}},
		{Name: "ask", Decide: DecideClarify, When: []Condition{{SignalConfidence, ">=", .2}}},
		{Name: "no", Decide: DecideRefuse},
	}
	for name, p := range map[string]Policy{"default": DefaultPolicy(), "never offers": stubborn} {
		t.Run(name, func(t *testing.T) {
			e := testEngine(t, &p)
			rapid.Check(t, func(t *rapid.T) {
				var m Memory
				failed, answered := 0, false
				for i := range rapid.IntRange(3, 12).Draw(t, "turns") {
					turn := drawn(t, m, i)
					rejected := Rejected(turn.Trace.Reading)
					m = lead(e, turn)
					if answered {
						if rejected {
							failed++
						} else {
							failed = 0
						}
					}
					answered = false
					switch turn.Trace.Decision {
					case DecideOffer, DecideHandoff:
						failed = 0
					case DecideClarify, DecideRefuse:
						failed++
					case DecideAnswer:
						if turn.Trace.Failed {
							failed++
						} else {
							answered = true
						}
					}
					if failed > 2 {
						t.Fatalf("turn %d, decided %s by %s: %d failed turns in a row without the offer of a person", i, turn.Trace.Decision, turn.Rule.Name, failed)
					}
				}
			})
		})
	}
}

// TestWishForAPersonIsHonoured: an explicit wish hands over in the same turn,
// whatever else is going on and whatever the rules say.
func TestWishForAPersonIsHonoured(t *testing.T) {
	p := DefaultPolicy()
	p.Rules = []Rule{{Name: "answer", Decide: DecideAnswer, When: []Condition{{SignalConfidence, ">=", 0}}}, {Name: "no", Decide: DecideRefuse}}
	for name, p := range map[string]Policy{"default": DefaultPolicy(), "without rules for it": p} {
		t.Run(name, func(t *testing.T) {
			e := testEngine(t, &p)
			rapid.Check(t, func(t *rapid.T) {
				var m Memory
				for i := range rapid.IntRange(0, 5).Draw(t, "turns") {
					m = lead(e, drawn(t, m, i))
				}
				turn := drawn(t, m, 9)
				turn.Trace.Reading.Signals.WantsPerson, turn.Trace.Reading.Signals.RefusesPerson = .98, .1
				lead(e, turn)
				if turn.Trace.Decision != DecideHandoff || turn.Trace.Reason != ReasonAsked {
					t.Fatalf("decided %s for %s by %s", turn.Trace.Decision, turn.Trace.Reason, turn.Rule.Name)
				}
			})
		})
	}
}

// TestLikelyWishGivesWayToASureAnswer: a question that likely asks for a person is
// answered where a passage surely does; other words, and sure wishes, never.
func TestLikelyWishGivesWayToASureAnswer(t *testing.T) {
	for _, c := range []struct {
		words             string
		wants, confidence float64
		want              Decision
	}{
		{"does a technician have to come?", .92, .95, DecideAnswer},
		{"does a technician have to come?", .92, .5, DecideHandoff},
		{"is there somebody I may talk to?", .98, .99, DecideHandoff},
		{"转人工", .92, .99, DecideHandoff},
		{"can you put me through", .92, .99, DecideHandoff},
		{"I'll come back to you", .6, .1, DecideSmalltalk},
	} {
		e := testEngine(t, nil)
		turn := &Turn{Chosen: -1, started: time.Now()}
		turn.Trace.Asked, turn.Trace.Question = c.words, c.words
		turn.Trace.Reading.Signals.WantsPerson = c.wants
		turn.Trace.Candidates = []knowledge.Candidate{{Document: "d", Kind: knowledge.KindEntry, Title: "T", Passage: "p", Curated: true, Confidence: c.confidence}}
		lead(e, turn)
		if turn.Trace.Decision != c.want {
			t.Errorf("%q, wants a person %.2f, confidence %.2f: %s by %s, want %s", c.words, c.wants, c.confidence, turn.Trace.Decision, turn.Rule.Name, c.want)
		}
	}
}

func TestNobodyInLineIsOfferedAPerson(t *testing.T) {
	e := testEngine(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		var m Memory
		for i := range rapid.IntRange(1, 8).Draw(t, "turns") {
			turn := drawn(t, m, i)
			turn.Conversation.Service = ServiceWaiting
			m = lead(e, turn)
			if turn.Trace.Decision == DecideOffer {
				t.Fatalf("offered by %s", turn.Rule.Name)
			}
		}
	})
}

func TestAnswerFromMovesWhatStandsOnIt(t *testing.T) {
	shipped := DefaultPolicy()
	strict := shipped.AnswerFrom(.9)
	signals := map[string]float64{SignalConfidence: .7, SignalWords: 4}
	if r, _ := shipped.Decide(signals); r.Decide != DecideAnswer {
		t.Errorf("the shipped policy decides %s at .7, want answer", r.Decide)
	}
	if r, _ := strict.Decide(signals); r.Decide == DecideAnswer {
		t.Error("a policy that answers from .9 answers at .7")
	}
	signals[SignalConfidence] = .9
	if r, _ := strict.Decide(signals); r.Name != "answer" || strict.Answer != .9 {
		t.Errorf("rule %s at .9, want answer", r.Name)
	}
	signals[SignalRepeatedAnswer] = 2
	if r, _ := strict.Decide(signals); r.Name != "answer_given_twice" {
		t.Errorf("rule %s for an answer given twice", r.Name)
	}
	if diff := cmp.Diff(DefaultPolicy(), shipped); diff != "" {
		t.Errorf("the policy it came from changed:\n%s", diff)
	}
	if err := strict.Validate(); err != nil {
		t.Error(err)
	}
}
