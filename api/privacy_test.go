package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

func TestNothingOfTheTeamReachesTheVisitor(t *testing.T) {
	w := newWorld(t, setup{})
	v := w.visitor()
	agent := w.console(account.RoleAgent)
	ak := agent.live(map[string]any{"feed": true})
	agent.do("PUT", "/agents/me/duty", map[string]any{"duty": "on"}).want(t, 200)
	k := v.live(nil)
	k.send(message("", "I want a person, order AB-12345"))
	conv := k.next("ack", nil).conv()
	offer := ak.next("offer", nil)
	if offer.Reservation.Conversation.ID != conv || offer.Reservation.Summary == nil || offer.Reservation.Reason != "asked" {
		t.Errorf("offer %s", offer.raw)
	}
	agent.do("POST", "/offers/"+offer.Reservation.ID+"/accept", nil).want(t, 200)
	ak.send(map[string]any{"type": "watch", "conversation": conv})
	ak.next("synced", nil)
	note := message(conv, "TEAM-ONLY note")
	note["kind"] = "note"
	ak.send(note)
	ak.next("ack", func(g got) bool { return g.ID == note["id"] })
	words := message(conv, "Hello, this is Lin.")
	ak.send(words)
	ack := ak.next("ack", func(g got) bool { return g.ID == words["id"] })
	k.next("events", func(g got) bool {
		return slices.ContainsFunc(g.Events, func(e api.Event) bool { return e.Text == "Hello, this is Lin." })
	})
	agent.do("POST", "/conversations/"+conv+"/hand-back", map[string]any{"note": "TEAM-ONLY on leaving"}).want(t, 200)
	k.next("events", func(g got) bool {
		return slices.ContainsFunc(g.Events, func(e api.Event) bool { return e.Change == "handed_back" })
	})

	var everything strings.Builder
	k.mu.Lock()
	last := int64(0)
	for _, f := range k.frames {
		everything.WriteString(f.raw)
		for _, e := range f.Events {
			if f.Mode == "live" && e.N != last+1 {
				t.Errorf("the visitor sees a hole: %d after %d", e.N, last)
			}
			last = e.N
		}
	}
	k.mu.Unlock()
	for _, path := range []string{"/visitor/conversations", "/visitor/conversations/" + conv + "/events?after=1"} {
		everything.Write(v.do("GET", path, nil).want(t, 200).body)
	}
	for _, secret := range []string{"TEAM-ONLY", `"seq"`, `"reason"`, `"summary"`, `"sentiment"`, `"queue"`, `"version"`, `"facts"`, agent.id} {
		if strings.Contains(everything.String(), secret) {
			t.Errorf("the visitor was sent %s in\n%s", secret, everything.String())
		}
	}
	var e api.Event
	if err := json.Unmarshal(ack.Event, &e); err != nil || e.N <= last-1 {
		t.Errorf("the agent's numbers count notes: %s, the visitor stands at %d", ack.raw, last)
	}
}

func TestVisitorsDoNotMeet(t *testing.T) {
	w := newWorld(t, setup{})
	a, b := w.visitor(), w.visitor()
	conv := a.say("", "private words").Conversation
	k := b.live(map[string]any{"conversations": []any{map[string]any{"id": conv}}})
	if g := k.next("gone", nil); g.conv() != conv {
		t.Errorf("hello with another's conversation: %s", g.raw)
	}
	k.send(map[string]any{"type": "typing", "conversation": conv, "on": true})
	k.send(map[string]any{"type": "watch", "conversation": id.New()})
	k.send(message(conv, "let me in"))
	nack := k.next("nack", nil)
	k.send(message(id.New(), "let me in"))
	k.next("nack", func(g got) bool { return g.ID != nack.ID })
	same := func(what string, f func(conv string) answer) {
		t.Helper()
		theirs, none := f(conv), f(id.New())
		strip := func(a answer) string {
			var p api.Problem
			a.into(t, &p)
			p.Instance = ""
			out, _ := json.Marshal(p)
			return string(out)
		}
		if theirs.status != http.StatusNotFound || strip(theirs) != strip(none) {
			t.Errorf("%s: another's gives %s, none gives %s", what, theirs, none)
		}
	}
	same("events", func(c string) answer { return b.do("GET", "/visitor/conversations/"+c+"/events", nil) })
	same("person", func(c string) answer {
		return b.do("POST", "/visitor/conversations/"+c+"/person", map[string]any{"id": id.New()})
	})
	same("leave", func(c string) answer { return b.do("DELETE", "/visitor/conversations/"+c+"/person", nil) })
	same("message", func(c string) answer {
		return b.do("POST", "/visitor/conversations/"+c+"/leave-message", map[string]any{"id": id.New(), "text": "x"})
	})
	same("feedback", func(c string) answer {
		return b.do("POST", "/visitor/conversations/"+c+"/feedback", map[string]any{"event": id.New(), "helpful": true})
	})
	same("send", func(c string) answer {
		return b.do("POST", "/visitor/messages", map[string]any{"id": id.New(), "conversation": c, "text": "x"})
	})
	var mine struct{ Items []api.Conversation }
	b.do("GET", "/visitor/conversations", nil).want(t, 200).into(t, &mine)
	if len(mine.Items) != 0 {
		t.Errorf("b sees %+v", mine.Items)
	}
}
