package api_test

import (
	"strings"
	"testing"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

func TestRepliesOverHTTP(t *testing.T) {
	w := newWorld(t, setup{})
	boss, lin, ana := w.console(account.RoleSupervisor), w.console(account.RoleAgent), w.console(account.RoleAgent)
	var codes api.CodeList
	boss.do("PUT", "/codes", map[string]any{"version": 0, "codes": []api.Code{{Name: "Refund"}}}).want(t, 200).into(t, &codes)
	lin.do("GET", "/codes", nil).want(t, 200).into(t, &codes)
	if codes.Version != 1 || len(codes.Codes) != 1 || codes.Codes[0].ID == "" {
		t.Fatalf("codes %+v", codes)
	}
	reply := map[string]any{
		"shortcut": "Bye", "title": "Good bye", "text": map[string]any{"en": "Bye, {{visitor.name|friend}}", "zh": "再见"},
		"then": "close", "code": codes.Codes[0].ID,
	}
	lin.do("POST", "/replies", reply).want(t, 403)
	var bye, own api.Reply
	boss.do("POST", "/replies", reply).want(t, 201).into(t, &bye)
	lin.do("POST", "/replies", map[string]any{"shortcut": "hi", "title": "Hello", "text": map[string]any{"en": "Hi"}, "own": true}).want(t, 201).into(t, &own)
	boss.do("POST", "/replies", reply).want(t, 409)
	var list api.ReplyList
	lin.do("GET", "/replies", nil).want(t, 200).into(t, &list)
	if len(list.Items) != 2 || list.Items[0].Shortcut != "bye" || list.Items[0].Text.ZH != "再见" || !list.Items[1].Own || len(list.Variables) == 0 {
		t.Errorf("list %+v", list)
	}
	ana.do("DELETE", "/replies/"+own.ID, nil).want(t, 404)
	lin.do("PUT", "/replies/"+own.ID, map[string]any{"shortcut": "hi", "title": "Hello", "text": map[string]any{"en": "Hello"}, "own": true, "version": 7}).want(t, 409)
	lin.do("DELETE", "/replies/"+own.ID, nil).want(t, 204)

	v := w.visitor()
	conv := v.say("", "What is the return period?").Conversation
	lin.do("POST", "/conversations/"+conv+"/take", nil).want(t, 200)
	use := map[string]any{"id": id.New(), "reply": bye.ID, "text": "Bye, friend", "note": "refunded"}
	ana.do("POST", "/conversations/"+conv+"/macro", use).want(t, 403)
	var c api.Conversation
	for range 2 { // a retry
		lin.do("POST", "/conversations/"+conv+"/macro", use).want(t, 200).into(t, &c)
	}
	if c.Service != "closed" {
		t.Errorf("after the macro: %+v", c)
	}
	var page, seen api.EventPage
	lin.do("GET", "/conversations/"+conv+"/events", nil).want(t, 200).into(t, &page)
	last := page.Events[len(page.Events)-1]
	if last.Change != "closed" || last.Code == nil || last.Code.Name != "Refund" {
		t.Errorf("closed with %+v", last)
	}

	// The visitor rates the person who closed it, once, and reads no code.
	v.do("GET", "/visitor/conversations/"+conv+"/events", nil).want(t, 200).into(t, &seen)
	for _, e := range seen.Events {
		if e.Code != nil || e.Kind == "note" {
			t.Errorf("the visitor reads %+v", e)
		}
	}
	rate := map[string]any{"id": id.New(), "score": 4, "comment": "Quick, thanks"}
	w.visitor().do("POST", "/visitor/conversations/"+conv+"/rating", rate).want(t, 404)
	v.do("POST", "/visitor/conversations/"+conv+"/rating", map[string]any{"id": id.New(), "score": 6}).want(t, 422)
	for range 2 {
		v.do("POST", "/visitor/conversations/"+conv+"/rating", rate).want(t, 204)
	}
	v.do("POST", "/visitor/conversations/"+conv+"/rating", map[string]any{"id": id.New(), "score": 1}).want(t, 409)
	var rated api.EventPage
	lin.do("GET", "/conversations/"+conv+"/events", nil).want(t, 200).into(t, &rated)
	e := rated.Events[len(rated.Events)-1]
	if e.Kind != "rating" || e.Score != 4 || e.About != "agent" || e.Agent == nil || e.Agent.ID != lin.id || e.Text != "Quick, thanks" || rated.Conversation.Service != "closed" {
		t.Errorf("rated %+v", e)
	}

	// A talk with the bot alone, which ends with thanks: about the bot.
	conv = v.say("", "What is the return period?").Conversation
	events := func() (out api.EventPage) {
		v.do("GET", "/visitor/conversations/"+conv+"/events", nil).want(t, 200).into(t, &out)
		return out
	}
	w.eventually("the answer", func() bool { return len(events().Events) >= 2 })
	v.do("POST", "/visitor/conversations/"+conv+"/rating", map[string]any{"id": id.New(), "score": 5}).want(t, 409)
	v.say(conv, "that's all, bye")
	w.eventually("the farewell", func() bool { return len(events().Events) >= 4 })
	if e := events().Events[3]; !e.Rate || e.Author.Kind != "bot" {
		t.Fatalf("farewell %+v", e)
	}
	v.do("POST", "/visitor/conversations/"+conv+"/rating", map[string]any{"id": id.New(), "score": 5}).want(t, 204)
	if all := events().Events; all[4].Kind != "rating" || all[4].About != "bot" || all[4].Agent != nil {
		t.Errorf("rated %+v", all[4])
	}
	metrics := string(w.nobody().send(w.nobody().request("GET", "/metrics", nil)).body)
	for _, line := range []string{`frontdesk_ratings_total{about="agent",score="4"} 1`, `frontdesk_ratings_total{about="bot",score="5"} 1`, `frontdesk_ratings_total{about="agent",score="1"} 0`} {
		if !strings.Contains(metrics, line) {
			t.Errorf("metrics lack %s", line)
		}
	}
}
