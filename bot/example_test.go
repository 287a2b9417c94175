package bot_test

import (
	"context"
	"fmt"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/bot/bottest"
)

// An engine without a store rehearses: it shows what a visitor would be told
// and why. The parts here are the test kit's; the product's own come from
// packages intents, knowledge and handoff.
func ExampleEngine_Ask() {
	e, err := bot.New(bot.Parts{
		Understander: bottest.Reader{},
		Retriever:    &bottest.Library{Documents: []bottest.Document{{Question: "How long does delivery take?", Answer: "Two to four working days."}}},
		Embedder:     bottest.Embedder{},
		Now:          time.Now,
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, question := range []string{"How long does delivery take?", "what's the weather like", "I want to talk to a person"} {
		tr, err := e.Ask(context.Background(), bot.Question{Text: question})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: %s\n", tr.Decision, tr.Answer)
	}
	// Output:
	// answer: Two to four working days.
	// refuse: That's outside what I know: I can only help with questions about us.
	// handoff: I'm getting a person for you. You can keep writing; they will see it.
}

// A policy is data. Rules of your own stand where their order puts them; the
// wish for a person and the offer after two failed turns stand outside of it.
func ExamplePolicy() {
	p := bot.DefaultPolicy()
	billing := bot.Rule{Name: "invoices", Decide: bot.DecideHandoff, Reason: bot.ReasonPolicy, Why: "Money questions belong to a person", Skills: []string{"billing"}}
	var c bot.Condition
	if err := c.UnmarshalText([]byte("account_action >= 0.3")); err != nil {
		fmt.Println(err)
		return
	}
	billing.When = append(billing.When, c)
	p.Rules = append([]bot.Rule{billing}, p.Rules...)
	fmt.Println(p.Validate())
	rule, why := p.Decide(map[string]float64{bot.SignalAccountAction: .4})
	fmt.Println(rule.Decide, rule.Skills)
	fmt.Println(why)
	// Output:
	// <nil>
	// handoff [billing]
	// Money questions belong to a person: account_action 0.40 >= 0.3.
}

// A model is anything that can stream text. This one repeats what it was asked.
type echo struct{}

func (echo) Name() string { return "echo" }

func (echo) Generate(_ context.Context, p bot.Prompt, emit func(string) error) (string, error) {
	text := p.Messages[len(p.Messages)-1].Text
	return text, emit(text)
}

func ExampleModel() {
	text, err := echo{}.Generate(context.Background(), bot.Prompt{Messages: []bot.PromptMessage{{Role: "user", Text: "hello"}}}, func(piece string) error {
		fmt.Println("piece:", piece)
		return nil
	})
	fmt.Println(text, err)
	// Output:
	// piece: hello
	// hello <nil>
}
