package bot_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/bot/bottest"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/openai"
)

const (
	teaQuestion = "which water temperature for green tea"
	teaExtract  = "Green tea wants water of 75 °C. Black tea wants boiling water. Rinse the pot first."
)

func withModel(scripts ...bottest.Script) *bot.Options {
	return &bot.Options{Models: []bot.Model{bottest.NewModel("scripted", scripts...)}}
}

// answerEvents are the bot's events of a timeline.
func answerEvents(w *bottest.World) []bot.Event {
	var out []bot.Event
	for _, e := range w.Events(bot.ViewAgent) {
		if e.Author.Kind == bot.AuthorBot {
			out = append(out, e)
		}
	}
	return out
}

func TestModelWritesFromPassages(t *testing.T) {
	w := bottest.NewWorld(t, shop)
	model := bottest.NewModel("scripted", bottest.Says("Green tea ", "wants water of 75", " °C [1]. ", "It was invented in 1900 [1]. ", "The moon is made of cheese. ", "Rinse the pot first", " [1]."))
	w.Start(&bot.Options{Models: []bot.Model{model}})
	tr := w.Say(teaQuestion)
	want := "Green tea wants water of 75 °C [1]. Rinse the pot first [1]."
	if tr.Answer != want || tr.Model != "scripted" || tr.Fallback != "" || len(tr.Sources) != 1 || tr.Sources[0].Title != "Brewing tea" {
		t.Errorf("answer %q by %q (%s), sources %+v", tr.Answer, tr.Model, tr.Fallback, tr.Sources)
	}
	events := answerEvents(w)
	if len(events) != 2 || events[0].Kind != bot.EventAnswer || events[1].Kind != bot.EventFinished || events[1].Body.Of != events[0].ID ||
		events[1].Body.Text != want || events[1].Body.State != bot.RunComplete || tr.Event != events[0].ID {
		t.Errorf("events %+v, trace of %s", events, tr.Event)
	}
	if text, attempt, ok := w.Publisher.Text(tr.Run); !ok || attempt != 1 || text != want {
		t.Errorf("pieces give %q, attempt %d, %v; want the stored text", text, attempt, ok)
	}
	p := model.Prompts()[0]
	if strings.Contains(p.System, "tea") || !strings.Contains(p.Messages[len(p.Messages)-1].Text, teaExtract) || !strings.HasSuffix(p.Messages[len(p.Messages)-1].Text, teaQuestion) {
		t.Errorf("prompt %+v: instructions and material must stay apart", p)
	}
	if tr := w.Say("How long does delivery take?"); tr.Answer != shop[0].Answer || tr.Model != "" || len(model.Prompts()) != 1 {
		t.Errorf("an editor's answer is given verbatim; got %q by %q", tr.Answer, tr.Model)
	}
}

func TestModelInChinese(t *testing.T) {
	w := bottest.NewWorld(t, []bottest.Document{{Title: "泡茶指南", Heading: "水温", Text: "绿茶用 75 °C 的水。红茶用沸水。"}})
	w.Start(withModel(bottest.Says("绿茶用 75 °C 的水【1】", "。", "Green tea is a drink that people enjoy. ", "红茶用沸水[1]。")))
	tr := w.Say("绿茶水温")
	if want := "绿茶用 75 °C 的水【1】。红茶用沸水[1]。"; tr.Answer != want {
		t.Errorf("answer %q (%s), want %q", tr.Answer, tr.Fallback, want)
	}
}

// TestModelFailures holds every way a model can fail against the same demand:
// the visitor gets the page's words, and the trace says why.
func TestModelFailures(t *testing.T) {
	long := strings.Repeat("and more words without an end ", 2000)
	for _, c := range []struct {
		name   string
		script bottest.Script
		reason string
		answer string
	}{
		{"refused", bottest.Script{Err: fault.New(fault.Limited, "too many requests")}, "too many requests", teaExtract},
		{"nothing said", bottest.Says(), "nothing it wrote is supported", teaExtract},
		{"garbage", bottest.Says("lorem ipsum dolor sit amet. ", "\xff\xfe\x80 qui officia."), "nothing it wrote is supported", teaExtract},
		{"made up", bottest.Says("Green tea wants water of 95 °C [1]."), "nothing it wrote is supported", teaExtract},
		{"another language", bottest.Says("绿茶应该用七十五度左右的水来泡 [1]。"), "nothing it wrote is supported", teaExtract},
		{"endless", bottest.Says(long), "did not come to an end", teaExtract},
		{"panic", bottest.Script{Panic: true}, "it broke", teaExtract},
		{"hangs", bottest.Script{Hang: true}, "nothing to show in time", teaExtract},
		{
			"cut in the middle",
			bottest.Script{Pieces: []string{"Rinse the pot first [1]. Gre"}, Err: fault.New(fault.Unavailable, "it broke off")},
			"it broke off",
			"Rinse the pot first [1].\n\nI had to stop there. This is what our help pages say:\n\n" + teaExtract,
		},
		{
			"stops sending",
			bottest.Script{Pieces: []string{"Rinse the pot first [1]. "}, Hang: true},
			"stopped sending",
			"Rinse the pot first [1].\n\nI had to stop there. This is what our help pages say:\n\n" + teaExtract,
		},
		{"repeats itself", bottest.Says(strings.Repeat("Rinse the pot first [1]. ", 40)), "repeats itself", "Rinse the pot first [1]."},
		{"endless after a start", bottest.Says("Rinse the pot first [1]. ", long), "did not come to an end", "Rinse the pot first [1]."},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := bottest.NewWorld(t, shop)
				w.Start(withModel(c.script))
				begun := time.Now()
				tr := w.Say(teaQuestion)
				if took := time.Since(begun); took > 35*time.Second {
					t.Errorf("took %v", took)
				}
				if tr.Answer != c.answer || !strings.Contains(tr.Fallback, c.reason) {
					t.Errorf("answer %q because %q; want %q because %q", tr.Answer, tr.Fallback, c.answer, c.reason)
				}
				if tr.Decision != bot.DecideAnswer || len(tr.Sources) != 1 {
					t.Errorf("decision %s with sources %v", tr.Decision, tr.Sources)
				}
				events := answerEvents(w)
				last := events[len(events)-1]
				if last.Body.Text != c.answer || last.Body.State != bot.RunComplete {
					t.Errorf("last event %+v", last.Body)
				}
				if last.Kind == bot.EventFinished {
					if text, _, ok := w.Publisher.Text(tr.Run); !ok || text != c.answer {
						t.Errorf("pieces give %q, want the stored text", text)
					}
				}
				w.Stop()
			})
		})
	}
}

func TestSilentModelIsVisibleWithinTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := bottest.NewWorld(t, shop)
		w.Start(withModel(bottest.Script{Hang: true}))
		begun := time.Now()
		w.Say(teaQuestion)
		if took := time.Since(begun); took > 15*time.Second {
			t.Errorf("visible after %v, want within 15 s", took)
		}
		w.Stop()
	})
}

func TestSecondModelAndBreaker(t *testing.T) {
	first := bottest.NewModel("first", bottest.Script{Err: errors.New("down")})
	second := bottest.NewModel("second", bottest.Says("Green tea wants water of 75 °C [1]."))
	e := rehearser(t, &bot.Options{Models: []bot.Model{first, second}})
	for i := range 5 {
		tr, err := e.Ask(t.Context(), bot.Question{Text: teaQuestion})
		if err != nil {
			t.Fatal(err)
		}
		if tr.Model != "second" || tr.Fallback == "" {
			t.Errorf("question %d: written by %q (%q), want the second model", i, tr.Model, tr.Fallback)
		}
	}
	if n := len(first.Prompts()); n != 3 {
		t.Errorf("the first model was asked %d times, want 3: then its breaker leaves it alone", n)
	}
}

func TestBreakerLeavesAFailingModelAlone(t *testing.T) {
	e := rehearser(t, &bot.Options{Models: []bot.Model{bottest.NewModel("down", bottest.Script{Err: errors.New("down")})}})
	var tr bot.Trace
	for range 6 {
		var err error
		if tr, err = e.Ask(t.Context(), bot.Question{Text: teaQuestion}); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(tr.Fallback, "left alone") || tr.Answer != teaExtract {
		t.Errorf("after five failures: %q because %q", tr.Answer, tr.Fallback)
	}
}

func rehearser(t *testing.T, o *bot.Options) *bot.Engine {
	t.Helper()
	e, err := bot.New(bot.Parts{Understander: bottest.Reader{}, Retriever: &bottest.Library{Documents: shop}, Embedder: bottest.Embedder{}, Now: time.Now}, o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestTakeoverWhileStreaming(t *testing.T) {
	for _, told := range []bool{true, false} {
		t.Run(fmt.Sprintf("told=%v", told), func(t *testing.T) {
			w := bottest.NewWorld(t, shop)
			step := make(chan struct{})
			w.Start(withModel(bottest.Script{Step: step, Pieces: []string{"Green tea wants water of 75 °C [1]. ", "Rinse the pot first [1]. ", "Black tea wants boiling water [1]. ", "Green tea wants water [1]. "}}))
			sent := w.Send(teaQuestion)
			step <- struct{}{}
			step <- struct{}{} // the first sentence is complete once the second piece is there
			w.Wait(sent.Run, func(s bot.RunState) bool { return s == bot.RunStreaming })
			for len(w.Publisher.Deltas()) == 0 {
				<-w.Publisher.Changed()
			}
			written, err := w.Desk.Take(t.Context(), bottest.Workspace, w.Conversation().ID, "lin")
			if err != nil {
				t.Fatal(err)
			}
			if told {
				w.Engine.Observe(written)
			}
			pieces := len(w.Publisher.Deltas())
			close(step)
			if r := w.Wait(sent.Run, bot.RunState.Done); r.State != bot.RunCancelled {
				t.Errorf("run is %s, want cancelled", r.State)
			}
			w.Stop()
			events := w.Events(bot.ViewAgent)
			for i, e := range events {
				if e.Kind == bot.EventService && e.Body.Change == "taken" && i != len(events)-1 {
					t.Errorf("after the take-over: %+v", events[i+1:])
				}
			}
			if late := w.Publisher.Deltas()[pieces:]; len(late) > 0 {
				t.Errorf("pieces after the take-over: %+v", late)
			}
		})
	}
}

func TestStopWhileStreaming(t *testing.T) {
	w := bottest.NewWorld(t, shop)
	step := make(chan struct{})
	w.Start(withModel(bottest.Script{Step: step, Pieces: []string{"Green tea wants water of 75 °C [1]. ", "Rinse the pot ", "first [1]."}}))
	sent := w.Send(teaQuestion)
	step <- struct{}{}
	step <- struct{}{}
	w.Wait(sent.Run, func(s bot.RunState) bool { return s == bot.RunStreaming })
	if err := w.Engine.Stop(t.Context(), bottest.Workspace, sent.Run); err != nil {
		t.Fatal(err)
	}
	if r := w.Wait(sent.Run, bot.RunState.Done); r.State != bot.RunCancelled {
		t.Errorf("run is %s, want cancelled", r.State)
	}
	events := answerEvents(w)
	last := events[len(events)-1]
	if last.Kind != bot.EventFinished || last.Body.State != bot.RunCancelled || last.Body.Text != "Green tea wants water of 75 °C [1]." {
		t.Errorf("last event %s %+v; want what was streamed, as cancelled", last.Kind, last.Body)
	}
	if err := w.Engine.Stop(t.Context(), bottest.Workspace, sent.Run); err != nil {
		t.Errorf("stopping again: %v", err)
	}
	if err := w.Engine.Stop(t.Context(), bottest.Workspace, "nothing"); !fault.Is(err, fault.NotFound) {
		t.Errorf("stopping nothing: %v, want not found", err)
	}
	if c := w.Conversation(); c.Memory.Answered != sent.Events[0].Seq {
		t.Errorf("answered through %d: a stopped turn must not be taken again", c.Memory.Answered)
	}
}

func TestStopBeforeAnythingIsShown(t *testing.T) {
	w := bottest.NewWorld(t, shop)
	asked := make(chan struct{})
	w.Start(withModel(bottest.Script{Pieces: []string{"Gre"}, Each: func(int) { close(asked) }, Hang: true}))
	sent := w.Send(teaQuestion)
	<-asked
	if err := w.Engine.Stop(t.Context(), bottest.Workspace, sent.Run); err != nil {
		t.Fatal(err)
	}
	w.Wait(sent.Run, bot.RunState.Done)
	wantSaid(t, w, "visitor: "+teaQuestion, "bot: I stopped. Ask me something else whenever you like.")
}

func TestStreamOfAClosedProcessIsMadeAgain(t *testing.T) {
	w := bottest.NewWorld(t, shop)
	hang := bottest.NewModel("scripted", bottest.Script{Pieces: []string{"Rinse the pot first [1]. ", "Green"}, Hang: true})
	w.Start(&bot.Options{Models: []bot.Model{hang}, Drain: time.Millisecond})
	sent := w.Send(teaQuestion)
	w.Wait(sent.Run, func(s bot.RunState) bool { return s == bot.RunStreaming })
	w.Stop()
	r, err := w.Store.Run(t.Context(), bottest.Workspace, sent.Run)
	if err != nil || r.State != bot.RunQueued || r.Placeholder == "" {
		t.Fatalf("%+v, %v; want it given back with its place in the timeline", r, err)
	}
	w.Start(withModel(bottest.Says("Green tea wants water of 75 °C [1].")))
	w.Answer(sent.Run)
	events := answerEvents(w)
	if len(events) != 2 || events[0].Kind != bot.EventAnswer || events[1].Body.Of != events[0].ID || events[1].Body.Text != "Green tea wants water of 75 °C [1]." {
		t.Errorf("events %+v; want one placeholder and its end", events)
	}
	if text, attempt, ok := w.Publisher.Text(sent.Run); !ok || attempt != 2 || text != "Green tea wants water of 75 °C [1]." {
		t.Errorf("pieces give %q of attempt %d", text, attempt)
	}
}

func TestMessageBeforeTheFirstWordRestartsTheTurn(t *testing.T) {
	w := bottest.NewWorld(t, shop)
	first := true
	model := bottest.NewModel("scripted", bottest.Script{Pieces: []string{"Green tea wants water of 75 °C [1]."}, Each: func(int) {
		if first {
			first = false
			w.Send("and boiling water for black tea")
		}
	}})
	w.Start(&bot.Options{Models: []bot.Model{model}})
	sent := w.Send(teaQuestion)
	tr := w.Answer(sent.Run)
	if tr.Asked != teaQuestion+"\nand boiling water for black tea" || len(model.Prompts()) != 2 {
		t.Errorf("asked %q with %d calls of the model", tr.Asked, len(model.Prompts()))
	}
}

// TestEndpointFailures runs the engine against a real HTTP endpoint that
// misbehaves.
func TestEndpointFailures(t *testing.T) {
	const piece = `data: {"choices":[{"index":0,"delta":{"content":"%s"}}]}` + "\n\n"
	for name, h := range map[string]http.HandlerFunc{
		"429":          func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) },
		"500":          func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		"invalid JSON": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "data: {oops\n\n") },
		"hangs": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
		"endless": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := fmt.Fprintf(w, piece, "no end "); err != nil {
					return
				}
			}
		},
		"cut in the middle": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, piece, "Gre")
			w.(http.Flusher).Flush()
			if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
				c.Close()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(h)
			defer s.Close()
			m, err := openai.New(openai.Endpoint{URL: s.URL, Model: "tiny"})
			if err != nil {
				t.Fatal(err)
			}
			w := bottest.NewWorld(t, shop)
			w.Start(&bot.Options{Models: []bot.Model{m}, Limits: bot.Limits{FirstToken: 300 * time.Millisecond}})
			tr := w.Say(teaQuestion)
			if tr.Answer != teaExtract || tr.Fallback == "" {
				t.Errorf("answer %q because %q", tr.Answer, tr.Fallback)
			}
			w.Stop()
		})
	}
}

func TestRewriteWithModelIsCheckedAndBounded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for reply, want := range map[string]bool{
		"How long does delivery to Canada take?":                    true,
		"Delivery to Canada takes nine days, thank you for asking.": false,
		"line one\nline two":                                        false,
		"":                                                          false,
	} {
		e := rehearser(t, withModel(bottest.Says(reply)))
		tr, err := e.Ask(ctx, bot.Question{Text: "and to Canada?", Context: []bot.Said{{By: bot.AuthorVisitor, Text: "How long does delivery take?"}, {By: bot.AuthorBot, Text: "Two to four working days."}}})
		if err != nil {
			t.Fatal(err)
		}
		if got := tr.Question == reply; got != want {
			t.Errorf("the model's %q became the question: %v, want %v (question %q)", reply, got, want, tr.Question)
		}
	}
}
