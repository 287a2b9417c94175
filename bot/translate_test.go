package bot_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/bot/bottest"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

const (
	asksZH = "订单 A-1042 什么时候到？花了 1,280 元。\nhttps://shop.example/o/7"
	asksEN = "When will order A-1042 arrive? It cost 1280 yuan.\nhttps://shop.example/o/7"
)

// chinese is a world where a visitor has just written Chinese, and the number of their message.
func chinese(t *testing.T, scripts ...bottest.Script) (*bottest.World, *bottest.Model, int64) {
	t.Helper()
	w := bottest.NewWorld(t, shop)
	model := bottest.NewModel("scripted", scripts...)
	w.Build(&bot.Options{Models: []bot.Model{model}})
	return w, model, w.Send(asksZH).Events[0].Seq
}

func TestTranslatesOnce(t *testing.T) {
	step := make(chan struct{})
	w, model, n := chinese(t, bottest.Script{Pieces: []string{asksEN}, Step: step})
	conv := w.Conversation().ID
	var wg sync.WaitGroup
	got := make(chan bot.Translation, 5)
	for range 5 {
		wg.Go(func() {
			x, err := w.Engine.TranslateEvent(t.Context(), bottest.Workspace, conv, n, "en")
			if err != nil {
				t.Error(err)
			}
			got <- x
		})
	}
	step <- struct{}{}
	wg.Wait()
	close(got)
	for x := range got {
		x.Kept = false // who came late found it there
		if x.Text != asksEN || x.Lost != nil || x.Model != "scripted" || x.Language != "en" || x.Conversation != conv {
			t.Errorf("translation %+v", x)
		}
	}
	again, err := w.Engine.TranslateEvent(t.Context(), bottest.Workspace, conv, n, "en")
	if err != nil || !again.Kept || again.Text != asksEN {
		t.Errorf("again %+v, %v", again, err)
	}
	if calls := len(model.Prompts()); calls != 1 {
		t.Errorf("the model was asked %d times for one message", calls)
	}
	p := model.Prompts()[0]
	if strings.Contains(p.System, "1042") || len(p.Messages) != 1 || !strings.Contains(p.Messages[0].Text, asksZH) {
		t.Errorf("prompt %+v: instructions and words must stay apart", p)
	}
}

func TestTranslatesWhatTheVisitorSees(t *testing.T) {
	w, model, n := chinese(t, bottest.Says(asksEN))
	conv := w.Conversation()
	note, err := w.Store.Write(t.Context(), bottest.Workspace, conv.ID, bot.Key{}, func(bot.Conversation) (bot.Change, error) {
		return bot.Change{Events: []bot.NewEvent{{Kind: bot.EventNote, Author: bot.Author{Kind: bot.AuthorAgent, ID: "lin"}, Body: bot.Body{Text: "小心处理"}}}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what string
		n    int64
		to   string
		kind fault.Kind
	}{
		{"a note", note.Events[0].Seq, "en", fault.Invalid},
		{"an event that is not there", 99, "en", fault.NotFound},
		{"another language", n, "fr", fault.Invalid},
	} {
		if _, err := w.Engine.TranslateEvent(t.Context(), bottest.Workspace, conv.ID, c.n, c.to); fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v", c.what, err)
		}
	}
	if _, err := w.Engine.TranslateEvent(t.Context(), "other", conv.ID, n, "en"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another workspace: %v", err)
	}
	if len(model.Prompts()) != 0 {
		t.Error("the model was asked")
	}
}

// The end of a streamed answer has its words.
func TestTranslatesTheNewestSummaryOnce(t *testing.T) {
	w, model, _ := chinese(t, bottest.Says("Where is it?"), bottest.Says("It is broken."))
	conv := w.Conversation().ID
	if _, err := w.Engine.TranslateSummary(t.Context(), bottest.Workspace, conv, "en"); !fault.Is(err, fault.NotFound) {
		t.Errorf("without a summary: %v", err)
	}
	hand := func(problem string) {
		t.Helper()
		_, err := w.Store.Write(t.Context(), bottest.Workspace, conv, bot.Key{}, func(bot.Conversation) (bot.Change, error) {
			return bot.Change{Events: []bot.NewEvent{{Kind: bot.EventService, Author: bot.Author{Kind: bot.AuthorSystem}, Body: bot.Body{Change: "enqueued", Summary: &bot.Summary{Problem: problem}}}}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ problem, want string }{{"它在哪里？", "Where is it?"}, {"它坏了。", "It is broken."}} {
		hand(c.problem)
		for i := range 2 {
			x, err := w.Engine.TranslateSummary(t.Context(), bottest.Workspace, conv, "en")
			if err != nil || x.Text != c.want || x.Kept != (i > 0) {
				t.Errorf("%s: %+v, %v", c.problem, x, err)
			}
		}
	}
	if calls := len(model.Prompts()); calls != 2 {
		t.Errorf("the model was asked %d times for two summaries", calls)
	}
	if _, err := w.Engine.TranslateSummary(t.Context(), bottest.Workspace, conv, "fr"); !fault.Is(err, fault.Invalid) {
		t.Errorf("into French: %v", err)
	}
}

func TestTranslatesStreamedAnswers(t *testing.T) {
	w := bottest.NewWorld(t, shop)
	model := bottest.NewModel("scripted", bottest.Says("Green tea wants water of 75 °C [1]."), bottest.Says("绿茶要用 75 °C 的水 [1]。"))
	w.Start(&bot.Options{Models: []bot.Model{model}})
	tr := w.Say(teaQuestion)
	var n int64
	for _, e := range answerEvents(w) {
		if e.Kind == bot.EventAnswer {
			n = e.Seq
		}
	}
	x, err := w.Engine.TranslateEvent(t.Context(), bottest.Workspace, w.Conversation().ID, n, "zh")
	if err != nil || x.Text != "绿茶要用 75 °C 的水 [1]。" || x.Event != tr.Event {
		t.Errorf("translation %+v of %s, %v", x, tr.Event, err)
	}
}

func TestTranslationsThatAreNone(t *testing.T) {
	for what, script := range map[string]bottest.Script{
		"nothing":                   bottest.Says(" "),
		"the words themselves":      bottest.Says(asksZH),
		"an address of its own":     bottest.Says(asksEN + " See https://evil.example/pay"),
		"a mail address of its own": bottest.Says("Write to boss@evil.example about A-1042, 1280, https://shop.example/o/7"),
		"a novel":                   bottest.Says(strings.Repeat("Once upon a time there was an order. ", 20)),
		"an error":                  {Err: errors.New("no")},
		"broken code":               {Panic: true},
	} {
		w, _, n := chinese(t, script)
		_, err := w.Engine.TranslateEvent(t.Context(), bottest.Workspace, w.Conversation().ID, n, "en")
		if fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v", what, err)
		}
	}
	w, model, n := chinese(t, bottest.Says("Nonsense, 没有翻译出来的一句话"), bottest.Says("\n"+asksEN))
	if _, err := w.Engine.TranslateEvent(t.Context(), bottest.Workspace, w.Conversation().ID, n, "en"); err == nil {
		t.Error("Chinese was taken for English")
	}
	x, err := w.Engine.TranslateEvent(t.Context(), bottest.Workspace, w.Conversation().ID, n, "en")
	if err != nil || x.Text != asksEN || len(model.Prompts()) != 2 {
		t.Errorf("tried again: %+v, %v", x, err)
	}
}

func TestDoubtfulTranslations(t *testing.T) {
	for _, c := range []struct {
		words, out string
		lost       []string
	}{
		{asksZH, "When does it arrive?", []string{"https://shop.example/o/7", "A-1042", "1,280"}},
		{"请寄到 mei@shop.example，电话 138-0013-8000", "Send it to mei@shop.example, phone 138-0013-8001", []string{"8000"}},
		{"买了３个 iPhone 15", "I bought 3 iPhone-15s", nil},
		{"第２天 10:30 到，2.5 公斤", "It comes on day 2 at 10:30 and weighs 2.5 kg", nil},
		{"2.5 公斤", "25 kg", []string{"2.5"}},
		{"订单 A-1042 要 2 天", "Order A-1042 takes a while", []string{"2"}},
		{"电话 138 0013 8000", "Phone 13800138000", nil},
		{"订单AB12C3", "Order AB12C4", []string{"AB12C3"}},
		{"您好", "Hello", nil},
	} {
		w, _, _ := chinese(t, bottest.Says(c.out))
		x, err := w.Engine.TranslateDraft(t.Context(), c.words, "en")
		if diff := cmp.Diff(c.lost, x.Lost); err != nil || diff != "" {
			t.Errorf("%s → %s: %v\n%s", c.words, c.out, err, diff)
		}
	}
}

func TestNothingToTranslate(t *testing.T) {
	w, model, _ := chinese(t, bottest.Says("?"))
	for _, words := range []string{"https://shop.example/o/7", "A-1042", "138 0013 8000", "…？"} {
		if x, err := w.Engine.TranslateDraft(t.Context(), words, "zh"); err != nil || x.Text != words {
			t.Errorf("%q: %+v, %v", words, x, err)
		}
	}
	for _, words := range []string{" \n", strings.Repeat("长", 8001)} {
		if _, err := w.Engine.TranslateDraft(t.Context(), words, "en"); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%d characters: %v", len(words), err)
		}
	}
	if len(model.Prompts()) != 0 {
		t.Error("the model was asked")
	}
}

func TestTranslationsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, model, n := chinese(t, bottest.Script{Hang: true})
		conv := w.Conversation().ID
		begun := time.Now()
		_, err := w.Engine.TranslateEvent(t.Context(), bottest.Workspace, conv, n, "en")
		if took := time.Since(begun); fault.KindOf(err) != fault.Unavailable || took != 6*time.Second {
			t.Errorf("%v after %v", err, took)
		}
		for range 2 {
			if _, err := w.Engine.TranslateDraft(t.Context(), asksZH, "en"); err == nil {
				t.Error("no error")
			}
		}
		// The third silence in a row opens the breaker: nobody waits for it now.
		begun = time.Now()
		if _, err := w.Engine.TranslateDraft(t.Context(), asksZH, "en"); fault.KindOf(err) != fault.Unavailable || time.Since(begun) != 0 || len(model.Prompts()) != 3 {
			t.Errorf("%v after %v and %d calls", err, time.Since(begun), len(model.Prompts()))
		}
	})
}

func TestNoModelTranslates(t *testing.T) {
	for what, o := range map[string]*bot.Options{
		"no model":     nil,
		"switched off": {Models: []bot.Model{bottest.NewModel("scripted", bottest.Says(asksEN))}, Limits: bot.Limits{Translate: -1}},
	} {
		w := bottest.NewWorld(t, shop)
		w.Build(o)
		_, err := w.Engine.TranslateDraft(t.Context(), asksZH, "en")
		if w.Engine.Translates() || fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "no language model is configured") {
			t.Errorf("%s: %v", what, err)
		}
	}
}
