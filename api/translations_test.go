package api_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/fakemodel"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/openai"
)

// scripted is a model behind a real endpoint on the loopback.
func scripted(t *testing.T) (*fakemodel.Server, []bot.Model) {
	t.Helper()
	s, err := fakemodel.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	m, err := openai.New(openai.Endpoint{URL: s.URL(), Model: "scripted"})
	if err != nil {
		t.Fatal(err)
	}
	return s, []bot.Model{m}
}

func TestTranslationsOverHTTP(t *testing.T) {
	endpoint, models := scripted(t)
	endpoint.Play(fakemodel.Script{Translations: map[string]string{
		"我的订单 A-1042 到哪里了？":                "Where is my order A-1042?",
		"It comes on day 3, order A-1042.": "第3天到，订单在路上。",
	}})
	w := newWorld(t, setup{models: models})
	v, lin := w.visitor(), w.console(account.RoleAgent)
	var me api.Session
	lin.do("GET", "/sessions/current", nil).want(t, 200).into(t, &me)
	if !me.Translate {
		t.Error("the session does not say that there are translations")
	}
	conv := v.say("", "我的订单 A-1042 到哪里了？").Conversation
	lin.do("POST", "/conversations/"+conv+"/take", nil).want(t, 200)
	path := "/conversations/" + conv + "/translations"
	before := endpoint.Calls() // the bot may have asked for its own sake
	var x api.Translation
	for range 3 {
		lin.do("POST", path, map[string]any{"n": 1, "to": "en"}).want(t, 200).into(t, &x)
		if diff := cmp.Diff(api.Translation{Language: "en", Text: "Where is my order A-1042?"}, x); diff != "" {
			t.Error(diff)
		}
	}
	if calls := endpoint.Calls() - before; calls != 1 {
		t.Errorf("the endpoint was asked %d times for one message", calls)
	}
	// The summary of one who asks for a person has their words, too.
	second := v.say("", "我的订单 A-1042 到哪里了？").Conversation
	v.do("POST", "/visitor/conversations/"+second+"/person", map[string]any{"id": id.New()}).want(t, 200)
	for range 2 {
		lin.do("POST", "/conversations/"+second+"/translations", map[string]any{"summary": true, "to": "en"}).want(t, 200).into(t, &x)
		if diff := cmp.Diff(api.Translation{Language: "en", Text: "Where is my order A-1042?"}, x); diff != "" {
			t.Error(diff)
		}
	}
	x = api.Translation{}
	lin.do("POST", path, map[string]any{"text": "It comes on day 3, order A-1042.", "to": "zh"}).want(t, 200).into(t, &x)
	if diff := cmp.Diff(api.Translation{Language: "zh", Text: "第3天到，订单在路上。", Lost: []string{"A-1042"}}, x); diff != "" {
		t.Errorf("a doubtful one:\n%s", diff)
	}
	if a := lin.do("POST", path, map[string]any{"text": "Nobody knows these words.", "to": "zh"}); a.status != 503 || !strings.Contains(string(a.body), "words themselves stand") {
		t.Errorf("said back: %d %s", a.status, a.body)
	}
	for what, body := range map[string]any{
		"both":                  map[string]any{"n": 1, "text": "Hello", "to": "en"},
		"neither":               map[string]any{"to": "en"},
		"a summary and more":    map[string]any{"summary": true, "n": 1, "to": "en"},
		"a language of nobody":  map[string]any{"n": 1, "to": "fr"},
		"a number below all":    map[string]any{"n": -1, "to": "en"},
		"too many words":        map[string]any{"text": strings.Repeat("a", 8001), "to": "en"},
		"words that are spaces": map[string]any{"text": " ", "to": "en"},
	} {
		if a := lin.do("POST", path, body); a.status != 422 && a.status != 400 {
			t.Errorf("%s: %d", what, a.status)
		}
	}
	lin.do("POST", path, map[string]any{"n": 999, "to": "en"}).want(t, 404)
	lin.do("POST", path, map[string]any{"summary": true, "to": "en"}).want(t, 404)
	lin.do("POST", "/conversations/"+id.New()+"/translations", map[string]any{"text": "Hello", "to": "zh"}).want(t, 404)

	endpoint.Play(fakemodel.Script{Status: 500})
	lin.do("POST", path, map[string]any{"n": 1, "to": "en"}).want(t, 200) // kept
	lin.do("POST", path, map[string]any{"text": "Hello there", "to": "zh"}).want(t, 503)
	metrics := string(w.nobody().send(w.nobody().request("GET", "/metrics", nil)).body)
	for _, line := range []string{
		`frontdesk_translations_total{result="ok",what="message"} 1`, `frontdesk_translations_total{result="kept",what="message"} 3`,
		`frontdesk_translations_total{result="not_found",what="summary"} 1`, `frontdesk_translations_total{result="kept",what="summary"} 1`, `frontdesk_translations_total{result="doubtful",what="reply"} 1`, `frontdesk_translations_total{result="unavailable",what="reply"} 2`,
	} {
		if !strings.Contains(metrics, line) {
			t.Errorf("metrics lack %s", line)
		}
	}
}

func TestWithoutModelNothingIsTranslated(t *testing.T) {
	w := newWorld(t, setup{})
	v, lin := w.visitor(), w.console(account.RoleAgent)
	conv := v.say("", "我的订单到哪里了？").Conversation
	a := lin.do("POST", "/conversations/"+conv+"/translations", map[string]any{"n": 1, "to": "en"})
	if a.status != 503 || !strings.Contains(string(a.body), "no language model is configured") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if s := string(lin.do("GET", "/sessions/current", nil).want(t, 200).body); strings.Contains(s, "translate") {
		t.Errorf("a trace of translations in %s", s)
	}
}

func TestTranslatedReplies(t *testing.T) {
	w := newWorld(t, setup{})
	v, lin, ana := w.visitor(), w.console(account.RoleAgent), w.console(account.RoleAgent)
	conv := v.say("", "我的订单到哪里了？").Conversation
	lin.do("POST", "/conversations/"+conv+"/take", nil).want(t, 200)
	path := "/conversations/" + conv + "/messages"
	reply := map[string]any{"id": id.New(), "text": "在路上。", "written": "It is on its way."}
	for range 2 {
		lin.do("POST", path, reply).want(t, 200)
	}
	lin.do("POST", path, map[string]any{"id": reply["id"], "text": "在路上。", "written": "Other words."}).want(t, 409)
	lin.do("POST", path, map[string]any{"id": id.New(), "text": "A-1042", "written": "A-1042"}).want(t, 200)
	for _, kind := range []string{"note", "whisper"} {
		if a := w.console(account.RoleSupervisor).do("POST", path, map[string]any{"id": id.New(), "kind": kind, "text": "小心", "written": "careful"}); a.status != 400 && a.status != 422 {
			t.Errorf("a %s, translated: %d %s", kind, a.status, a.body)
		}
	}
	v.do("POST", "/visitor/messages", map[string]any{"id": id.New(), "conversation": conv, "text": "好", "written": "good"}).want(t, 403)

	var bye api.Reply
	lin.do("POST", "/replies", map[string]any{"shortcut": "bye", "title": "Bye", "text": map[string]any{"en": "Bye"}, "own": true, "then": "close"}).want(t, 201).into(t, &bye)
	use := map[string]any{"id": id.New(), "reply": bye.ID, "text": "再见", "written": "Bye for now"}
	for range 2 {
		lin.do("POST", "/conversations/"+conv+"/macro", use).want(t, 200)
	}

	written := func(list []api.Event) (out []string) {
		for _, e := range list {
			if e.Author.Kind == "agent" && e.Kind == "message" {
				mark := ""
				if e.Translated {
					mark = " (translated)"
				}
				out = append(out, e.Text+" | "+e.Written+mark)
			}
		}
		return out
	}
	var team api.EventPage
	ana.do("GET", "/conversations/"+conv+"/events", nil).want(t, 200).into(t, &team)
	if diff := cmp.Diff([]string{"在路上。 | It is on its way. (translated)", "A-1042 | ", "再见 | Bye for now (translated)"}, written(team.Events)); diff != "" {
		t.Error(diff)
	}
	a := v.do("GET", "/visitor/conversations/"+conv+"/events", nil).want(t, 200)
	if s := string(a.body); strings.Contains(s, "on its way") || strings.Contains(s, "Bye for now") || strings.Contains(s, `"written"`) {
		t.Errorf("the visitor was sent the agent's own words: %s", s)
	}
	var seen api.EventPage
	a.into(t, &seen)
	if diff := cmp.Diff([]string{"在路上。 |  (translated)", "A-1042 | ", "再见 |  (translated)"}, written(seen.Events)); diff != "" {
		t.Error(diff)
	}
}
