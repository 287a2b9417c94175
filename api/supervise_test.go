package api_test

import (
	"strings"
	"testing"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// A supervisor reads along, whispers and stops the bot; agents see it, and the
// visitor learns of nothing but the last.
func TestSupervisorAtAConversation(t *testing.T) {
	w := newWorld(t, setup{})
	v := w.visitor()
	lin, boss := w.console(account.RoleAgent), w.console(account.RoleSupervisor)
	conv := v.say("", "What is the return period?").Conversation
	at := "/conversations/" + conv
	lin.do("POST", at+"/stop-bot", nil).want(t, 403)
	lin.do("POST", at+"/watch", nil).want(t, 403)
	visitor := v.live(map[string]any{"conversations": []any{map[string]any{"id": conv, "epoch": "", "n": 0}}})
	visitor.next("synced", nil)
	boss.do("POST", at+"/watch", nil).want(t, 204)
	boss.do("POST", at+"/watch", nil).want(t, 204)
	bossWire := boss.live(map[string]any{"conversations": []any{map[string]any{"id": conv, "epoch": "", "n": 0}}})
	bossWire.next("viewers", func(g got) bool { return strings.Contains(g.raw, boss.id) })

	var c api.Conversation
	boss.do("POST", at+"/stop-bot", nil).want(t, 200).into(t, &c)
	if c.Speaker != "human" || c.Service != "parked" || c.Reason != "taken" {
		t.Errorf("stopped: %+v", c)
	}
	if a := v.say(conv, "Are you still there?"); a.Event == nil {
		t.Errorf("ack %+v", a)
	}
	v.do("DELETE", "/visitor/conversations/"+conv+"/person", nil).want(t, 409)
	linWire := lin.live(nil)
	boss.do("POST", at+"/messages", map[string]any{"id": id.New(), "text": "ask for the number", "kind": "whisper"}).want(t, 409) // to nobody
	lin.do("PUT", "/agents/me/duty", map[string]any{"duty": "on"}).want(t, 200)
	lin.do("POST", at+"/take", nil).want(t, 200)
	lin.do("POST", at+"/messages", map[string]any{"id": id.New(), "text": "psst", "kind": "whisper"}).want(t, 403)
	v.do("POST", "/visitor/messages", map[string]any{"id": id.New(), "conversation": conv, "text": "psst", "kind": "whisper"}).want(t, 403)
	boss.do("POST", at+"/messages", map[string]any{"id": id.New(), "text": "ask for the number", "kind": "whisper"}).want(t, 200)
	if n := linWire.next("notice", nil); n.conv() != conv || !strings.Contains(n.raw, `"whisper":true`) || !strings.Contains(n.raw, "ask for the number") {
		t.Errorf("notice %s", n.raw)
	}
	// A mention reaches whom it names, and an unknown name is refused.
	boss.do("PUT", "/agents/me/duty", map[string]any{"duty": "away"}).want(t, 200)
	lin.do("POST", at+"/messages", map[string]any{"id": id.New(), "text": "@Nobody", "kind": "note", "mentions": []string{"nobody"}}).want(t, 422)
	lin.do("POST", at+"/messages", map[string]any{"id": id.New(), "text": "@Boss please look", "kind": "note", "mentions": []string{boss.id}}).want(t, 200)
	if n := bossWire.next("notice", nil); n.conv() != conv || !strings.Contains(n.raw, "@Boss please look") {
		t.Errorf("notice %s", n.raw)
	}
	// Who only reads along is not seen typing; the agent is.
	bossWire.send(map[string]any{"type": "typing", "conversation": conv, "on": true})
	note := message(conv, "another note")
	note["kind"] = "note"
	bossWire.send(note)
	bossWire.next("ack", nil)
	v.say(conv, "are you typing?")
	visitor.next("events", func(g got) bool { return strings.Contains(g.raw, "are you typing?") })
	var page api.EventPage
	v.do("GET", "/visitor/conversations/"+conv+"/events", nil).want(t, 200).into(t, &page)
	for _, e := range page.Events {
		if e.Change == "watched" || e.Kind == "note" || e.Whisper || len(e.Tell) > 0 {
			t.Errorf("the visitor reads %+v", e)
		}
	}
	var all api.EventPage
	boss.do("GET", at+"/events", nil).want(t, 200).into(t, &all)
	audit := map[string]int{}
	for _, e := range all.Events {
		audit[e.Change]++
		if e.Whisper {
			audit["whisper"]++
		}
	}
	for what, want := range map[string]int{"watched": 1, "bot_stopped": 1, "taken": 1, "whisper": 1} {
		if audit[what] != want {
			t.Errorf("%s is noted %d times, want %d", what, audit[what], want)
		}
	}
	visitor.mu.Lock()
	defer visitor.mu.Unlock()
	for _, f := range visitor.frames {
		if f.Type == "viewers" || f.Type == "notice" || f.Type == "typing" && f.Author.Kind == "agent" {
			t.Errorf("the visitor was sent %s", f.raw)
		}
	}
}
