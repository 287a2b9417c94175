package bot_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/bot/bottest"
	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

var shop = []bottest.Document{
	{Question: "How long does delivery take?", Answer: "Two to four working days."},
	{Question: "Which payment methods do you accept?", Answer: "Cards and bank transfer."},
	{Title: "Brewing tea", Heading: "Water temperature", Text: "Green tea wants water of 75 °C. Black tea wants boiling water. Rinse the pot first."},
}

func inbound(conv string, text string) bot.Inbound {
	return bot.Inbound{Workspace: bottest.Workspace, Inbox: "site", Visitor: bottest.Visitor, ClientConvID: conv, ClientMsgID: id.New(), Text: text}
}

// said are the visible words of a timeline, by author.
func said(events []bot.Event) []string {
	var out []string
	for _, e := range events {
		if e.VSeq > 0 && (e.Kind == bot.EventMessage || e.Kind == bot.EventFinished) {
			out = append(out, string(e.Author.Kind)+": "+e.Body.Text)
		}
	}
	return out
}

func wantSaid(t *testing.T, w *bottest.World, want ...string) {
	t.Helper()
	got := said(w.Events(bot.ViewAgent))
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("timeline:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestReceiveRefuses(t *testing.T) {
	w := bottest.NewWorld(t, shop)
	w.Build(nil)
	for name, spoil := range map[string]func(*bot.Inbound){
		"text is empty":                 func(in *bot.Inbound) { in.Text = " \n" },
		"text is longer":                func(in *bot.Inbound) { in.Text = strings.Repeat("字", 8001) },
		"text is not valid UTF-8":       func(in *bot.Inbound) { in.Text = "a\xff" },
		"text holds control characters": func(in *bot.Inbound) { in.Text = "a\x00b" },
		"id must be a UUID":             func(in *bot.Inbound) { in.ClientMsgID = "1" },
		"client_conv_id must be a UUID": func(in *bot.Inbound) { in.ClientConvID = "1" },
		"conversation is missing":       func(in *bot.Inbound) { in.ClientConvID = "" },
		"visitor is missing":            func(in *bot.Inbound) { in.Visitor = "" },
		"workspace is missing":          func(in *bot.Inbound) { in.Workspace = "" },
	} {
		in := inbound(id.New(), "hello")
		spoil(&in)
		_, err := w.Engine.Receive(t.Context(), in)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want it to say %q", err, name)
		}
	}
	list, err := w.Store.Conversations(t.Context(), bot.ConversationQuery{Workspace: bottest.Workspace, Limit: 10})
	if err != nil || len(list) != 0 {
		t.Errorf("%d conversations, %v; refused messages should leave none", len(list), err)
	}
}

func TestReceiveOnce(t *testing.T) {
	w := bottest.NewWorld(t, shop)
	w.Build(nil)
	in := inbound(id.New(), "How long does delivery take?")
	first, err := w.Engine.Receive(t.Context(), in)
	if err != nil || first.Run == "" || !first.Created {
		t.Fatalf("%+v, %v", first, err)
	}
	again, err := w.Engine.Receive(t.Context(), in)
	if err != nil || !again.Dup || again.Events[0].ID != first.Events[0].ID || again.Run != first.Run {
		t.Errorf("the same message again: %+v, %v", again, err)
	}
	in.Text = "something else"
	if _, err := w.Engine.Receive(t.Context(), in); !fault.Is(err, fault.Conflict) {
		t.Errorf("the same id with other words: %v, want a conflict", err)
	}
	other := inbound("", "mine?")
	other.Conversation, other.Visitor = first.Conversation.ID, "somebody-else"
	if _, err := w.Engine.Receive(t.Context(), other); !fault.Is(err, fault.NotFound) {
		t.Errorf("another visitor's message: %v, want not found", err)
	}
	if n := len(w.Publisher.Written()); n != 1 {
		t.Errorf("%d writes published, want 1", n)
	}
}

func TestRehearsalEngineHasNoStore(t *testing.T) {
	e, err := bot.New(bot.Parts{Understander: bottest.Reader{}, Retriever: &bottest.Library{Documents: shop}, Embedder: bottest.Embedder{}, Now: time.Now}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Receive(t.Context(), inbound(id.New(), "hi")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("receive: %v, want unavailable", err)
	}
	if err := e.Run(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("run: %v, want unavailable", err)
	}
	tr, err := e.Ask(t.Context(), bot.Question{Text: "How long does delivery take?"})
	if err != nil || tr.Decision != bot.DecideAnswer || tr.Answer != shop[0].Answer || len(tr.Sources) != 1 {
		t.Errorf("ask: %+v, %v", tr, err)
	}
	if _, err := e.Ask(t.Context(), bot.Question{Text: " \n"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("no words: %v, want invalid", err)
	}
	if _, err := bot.New(bot.Parts{Now: time.Now}, nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("without parts: %v, want invalid", err)
	}
}

func TestMessagesOfABurstAreOneTurn(t *testing.T) {
	w := bottest.NewWorld(t, shop)
	w.Build(nil)
	// Nothing runs yet, so both wait: one turn takes both.
	first := w.Send("hello there")
	second := w.Send("How long does delivery take?")
	if first.Run != second.Run {
		t.Fatalf("runs %s and %s, want one", first.Run, second.Run)
	}
	w.Start(nil)
	tr := w.Answer(first.Run)
	if tr.Asked != "hello there\nHow long does delivery take?" || tr.Answer != shop[0].Answer {
		t.Errorf("asked %q, answered %q", tr.Asked, tr.Answer)
	}
	wantSaid(t, w, "visitor: hello there", "visitor: How long does delivery take?", "bot: "+shop[0].Answer)
}

func TestTurnTakesWhatCameMeanwhile(t *testing.T) {
	w := bottest.NewWorld(t, shop)
	var sent bool
	w.Reader.Then = func(in intents.Input, _ *intents.Reading) {
		if !sent { // the visitor writes on while the first message is being read
			sent = true
			w.Send("to Lyon")
		}
	}
	w.Start(nil)
	first := w.Send("How long does delivery take?")
	tr := w.Answer(first.Run)
	if tr.Asked != "How long does delivery take?\nto Lyon" {
		t.Errorf("asked %q, want both messages in one turn", tr.Asked)
	}
	c := w.Conversation()
	page, err := w.Store.Events(t.Context(), bot.EventQuery{Workspace: bottest.Workspace, Conversation: c.ID, View: bot.ViewAgent, Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	if page.Run != nil { // the run of the second message has nothing left to do
		if r := w.Wait(page.Run.ID, bot.RunState.Done); r.State != bot.RunSuperseded {
			t.Errorf("the second run is %s, want superseded", r.State)
		}
	}
	if got := said(w.Events(bot.ViewAgent)); len(got) != 3 {
		t.Errorf("timeline %q, want two messages and one reply", got)
	}
}

func TestRunOfADeadProcessIsTakenUp(t *testing.T) {
	w := bottest.NewWorld(t, shop)
	w.Build(nil)
	sent := w.Send("How long does delivery take?")
	// A process claims the run and dies.
	if _, ok, err := w.Store.ClaimRun(t.Context(), "dead", time.Minute, w.Clock.Now()); err != nil || !ok {
		t.Fatal(ok, err)
	}
	w.Start(nil)
	w.Answer(sent.Run)
	r, err := w.Store.Run(t.Context(), bottest.Workspace, sent.Run)
	if err != nil || r.State != bot.RunComplete || r.Attempt != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	wantSaid(t, w, "visitor: How long does delivery take?", "bot: "+shop[0].Answer)
}

func TestRunThatKillsItsProcessFailsVisibly(t *testing.T) {
	w := bottest.NewWorld(t, shop)
	w.Build(nil)
	sent := w.Send("How long does delivery take?")
	for _, life := range []string{"first", "second"} {
		if _, err := w.Store.ReleaseRuns(t.Context(), "", w.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := w.Store.ClaimRun(t.Context(), life, time.Minute, w.Clock.Now()); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	w.Start(nil)
	tr := w.Answer(sent.Run)
	r, err := w.Store.Run(t.Context(), bottest.Workspace, sent.Run)
	if err != nil || r.State != bot.RunFailed || r.Attempt != 3 {
		t.Errorf("%+v, %v; want failed at the third attempt", r, err)
	}
	if tr.Decision != bot.DecideOffer || tr.Reason != bot.ReasonFailure || !strings.Contains(tr.Answer, "went wrong") {
		t.Errorf("%+v", tr)
	}
	// The offer stands.
	if tr := w.Say("yes please"); tr.Decision != bot.DecideHandoff || tr.Reason != bot.ReasonFailure {
		t.Errorf("after accepting: %s, %s", tr.Decision, tr.Reason)
	}
}

func TestPartsThatFailAreSeen(t *testing.T) {
	for name, spoil := range map[string]func(*bottest.World){
		"understanding": func(w *bottest.World) { w.Reader.Err = errors.New("secret cause") },
		"retrieval":     func(w *bottest.World) { w.Library.Err = errors.New("secret cause") },
		"a panic": func(w *bottest.World) {
			w.Reader.Then = func(intents.Input, *intents.Reading) { panic("secret cause") }
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := bottest.NewWorld(t, shop)
			spoil(w)
			w.Start(nil)
			tr := w.Say("How long does delivery take?")
			if tr.Decision != bot.DecideOffer || tr.Rule != "failure" || !strings.Contains(tr.Answer, "Shall I get a person") || strings.Contains(tr.Answer+tr.Because, "secret") {
				t.Errorf("%s: %s %q %q", name, tr.Rule, tr.Answer, tr.Because)
			}
		})
	}
}

func TestStoreThatIsAwayIsWaitedFor(t *testing.T) {
	w := bottest.NewWorld(t, shop)
	var once sync.Once
	w.Reader.Then = func(intents.Input, *intents.Reading) {
		once.Do(func() { w.Store.FailWrites(2, fault.New(fault.Unavailable, "the disk is full")) })
	}
	w.Start(nil)
	tr := w.Say("How long does delivery take?")
	if tr.Decision != bot.DecideAnswer {
		t.Errorf("decision %s", tr.Decision)
	}
	wantSaid(t, w, "visitor: How long does delivery take?", "bot: "+shop[0].Answer)
}

func TestHumanSpeaksBotIsSilent(t *testing.T) {
	w := bottest.NewWorld(t, shop)
	w.Start(nil)
	w.Say("How long does delivery take?")
	if _, err := w.Desk.Take(t.Context(), bottest.Workspace, w.Conversation().ID, "lin"); err != nil {
		t.Fatal(err)
	}
	if sent := w.Send("Which payment methods do you accept?"); sent.Run != "" {
		t.Errorf("run %s: a message to a person owes no answer of the bot", sent.Run)
	}
	// Handed back, the bot answers the next message and not the ones before.
	if _, err := w.Desk.HandBack(t.Context(), bottest.Workspace, w.Conversation().ID); err != nil {
		t.Fatal(err)
	}
	if tr := w.Say("How long does delivery take?"); tr.Asked != "How long does delivery take?" {
		t.Errorf("asked %q", tr.Asked)
	}
}

func TestTakeoverBeforeTheAnswer(t *testing.T) {
	w := bottest.NewWorld(t, shop)
	w.Reader.Then = func(intents.Input, *intents.Reading) {
		written, err := w.Desk.Take(context.Background(), bottest.Workspace, w.Conversation().ID, "lin")
		if err != nil {
			t.Error(err)
		}
		w.Engine.Observe(written)
	}
	w.Start(nil)
	sent := w.Send("How long does delivery take?")
	if r := w.Wait(sent.Run, bot.RunState.Done); r.State != bot.RunCancelled {
		t.Errorf("run is %s, want cancelled", r.State)
	}
	w.Stop()
	wantSaid(t, w, "visitor: How long does delivery take?")
}

func TestDeskThatFails(t *testing.T) {
	w := bottest.NewWorld(t, shop)
	w.Desk.Break(fault.New(fault.Unavailable, "the desk is away"))
	w.Start(nil)
	tr := w.Say("I want a person")
	if !strings.Contains(tr.Answer, "couldn't reach our team") {
		t.Errorf("answer %q", tr.Answer)
	}
	w.Desk.Break(nil)
	if tr := w.Say("I want a person"); tr.Decision != bot.DecideHandoff {
		t.Errorf("decision %s once the desk is back", tr.Decision)
	}
}

func TestFeedback(t *testing.T) {
	w := bottest.NewWorld(t, shop)
	w.Start(nil)
	tr := w.Say("How long does delivery take?")
	o := bot.Opinion{Workspace: bottest.Workspace, Conversation: w.Conversation().ID, Visitor: bottest.Visitor, Event: tr.Event, Why: "wrong"}
	if _, err := w.Engine.Feedback(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if got := w.Conversation().Memory.Failed; got != 1 {
		t.Errorf("failed turns %d, want 1: a thumbs-down rejects the answer", got)
	}
	if turns, err := w.Store.Turns(t.Context(), bot.TurnQuery{Workspace: bottest.Workspace, Unhelpful: true, Limit: 10, Before: w.Clock.Now().Add(time.Hour)}); err != nil || len(turns) != 1 || turns[0].Why != "wrong" {
		t.Errorf("unhelpful turns %+v, %v", turns, err)
	}
	for name, spoil := range map[string]func(*bot.Opinion){
		"unknown message": func(o *bot.Opinion) { o.Event = "nothing" },
		"another visitor": func(o *bot.Opinion) { o.Visitor = "somebody" },
		"not of the bot":  func(o *bot.Opinion) { o.Event = w.Events(bot.ViewAgent)[0].ID },
		"no conversation": func(o *bot.Opinion) { o.Conversation = "nothing" },
	} {
		bad := o
		spoil(&bad)
		if _, err := w.Engine.Feedback(t.Context(), bad); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v, want not found", name, err)
		}
	}
	o.Why = "ugly"
	if _, err := w.Engine.Feedback(t.Context(), o); !fault.Is(err, fault.Invalid) {
		t.Errorf("unknown reason: %v, want invalid", err)
	}
}

func TestRunEndsCleanly(t *testing.T) {
	w := bottest.NewWorld(t, shop)
	w.Start(nil)
	w.Stop()
	sent := w.Send("How long does delivery take?")
	if r, err := w.Store.Run(t.Context(), bottest.Workspace, sent.Run); err != nil || r.State != bot.RunQueued {
		t.Errorf("%+v, %v; want it still owed", r, err)
	}
	w.Start(nil)
	w.Answer(sent.Run)
	wantSaid(t, w, "visitor: How long does delivery take?", "bot: "+shop[0].Answer)
}
