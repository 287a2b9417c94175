package api_test

import (
	"testing"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Who signs out is asked for nothing any more, unless another console of theirs is open.
func TestSignOutEndsDuty(t *testing.T) {
	w := newWorld(t, setup{})
	lin := w.console(account.RoleAgent)
	lin.live(nil)
	var me api.Session
	lin.do("GET", "/sessions/current", nil).want(t, 200).into(t, &me)
	phone := w.signIn(me.Account.Email)
	phone.live(nil)
	lin.do("PUT", "/agents/me/duty", map[string]any{"duty": "on"}).want(t, 200)
	duty := func() handoff.Duty {
		all, err := w.desk.Agents(t.Context(), ws)
		if err != nil || len(all) != 1 {
			t.Fatalf("agents %+v, %v", all, err)
		}
		return all[0].Duty
	}
	phone.do("DELETE", "/sessions/current", nil).want(t, 204)
	if got := duty(); got != handoff.DutyOn {
		t.Errorf("with a console open: %s", got)
	}
	lin.do("DELETE", "/sessions/current", nil).want(t, 204)
	if got := duty(); got != handoff.DutyOff {
		t.Errorf("with none: %s", got)
	}
}

func TestDeskOverHTTP(t *testing.T) {
	w := newWorld(t, setup{})
	v := w.visitor()
	lin, ana := w.console(account.RoleAgent), w.console(account.RoleAgent)
	boss := w.console(account.RoleSupervisor)
	conv := v.say("", "What is the return period?").Conversation
	read := func(c *client) (out api.Conversation) {
		c.do("GET", "/conversations/"+conv, nil).want(t, 200).into(t, &out)
		return out
	}
	w.eventually("the answer", func() bool { return read(lin).N >= 2 })
	var page api.EventPage
	lin.do("GET", "/conversations/"+conv+"/events", nil).want(t, 200).into(t, &page)
	var trace api.Trace
	lin.do("GET", "/conversations/"+conv+"/traces/"+page.Events[1].ID, nil).want(t, 200).into(t, &trace)
	if trace.Decision != "answer" || trace.Rule == "" || len(trace.Candidates) == 0 || len(trace.Signals) == 0 || len(trace.Thresholds["confidence"]) == 0 || trace.Timings["total"] <= 0 {
		t.Errorf("trace %+v", trace)
	}

	// Nobody on duty: a wish for a person is kept; somebody comes: it is offered.
	var place api.Place
	v.do("POST", "/visitor/conversations/"+conv+"/person", map[string]any{"id": id.New()}).want(t, 200).into(t, &place)
	if place.Open || read(lin).Service != "parked" {
		t.Errorf("nobody there: %+v, service %s", place, read(lin).Service)
	}
	var me api.Agent
	lin.live(nil)
	lin.do("PUT", "/agents/me/duty", map[string]any{"duty": "on", "capacity": 2}).want(t, 200).into(t, &me)
	if me.Duty != "on" || me.Capacity != 2 {
		t.Errorf("on duty: %+v", me)
	}
	v.do("POST", "/visitor/conversations/"+conv+"/person", map[string]any{"id": id.New()}).want(t, 200).into(t, &place)
	if !place.Open || place.Position != 1 {
		t.Errorf("somebody there: %+v", place)
	}
	var offers struct{ Items []api.Reservation }
	w.eventually("the offer", func() bool {
		lin.do("GET", "/offers", nil).want(t, 200).into(t, &offers)
		return len(offers.Items) == 1
	})
	var line struct{ Items []api.Waiting }
	ana.do("GET", "/queue", nil).want(t, 200).into(t, &line)
	if len(line.Items) != 1 || line.Items[0].Row.ID != conv || line.Items[0].Position != 1 {
		t.Errorf("line %+v", line)
	}
	ana.do("POST", "/offers/"+offers.Items[0].ID+"/accept", nil).want(t, 403)
	lin.do("POST", "/offers/"+offers.Items[0].ID+"/accept", nil).want(t, 200)
	if c := read(ana); c.Service != "active" || c.Speaker != "human" || c.Agent == nil || c.Agent.ID != lin.id || c.Agent.Name != "Lin" || c.Visitor.ID != v.id {
		t.Errorf("accepted: %+v", c)
	}
	ana.do("POST", "/conversations/"+conv+"/take", nil).want(t, 409)

	// Whom nobody has taken over yet is still somebody's: in their list, and counted once.
	var list api.ConversationList
	lin.do("POST", "/conversations/"+conv+"/transfer", nil).want(t, 200)
	lin.do("GET", "/conversations?view=mine", nil).want(t, 200).into(t, &list)
	if len(list.Items) != 1 || list.Counts.Mine != 1 || list.Counts.Queue != 1 || list.Counts.All != 1 {
		t.Errorf("while it is passed on: %d own ones, counts %+v", len(list.Items), list.Counts)
	}
	lin.do("POST", "/conversations/"+conv+"/take", nil).want(t, 200)
	ana.do("POST", "/conversations/"+conv+"/messages", map[string]any{"id": id.New(), "text": "me too"}).want(t, 403)
	ana.do("POST", "/conversations/"+conv+"/messages", map[string]any{"id": id.New(), "text": "look", "kind": "note"}).want(t, 200)
	boss.do("POST", "/conversations/"+conv+"/take", map[string]any{"version": 1}).want(t, 409)
	boss.do("POST", "/conversations/"+conv+"/take", nil).want(t, 200)
	boss.do("POST", "/conversations/"+conv+"/close", nil).want(t, 200)
	for view, want := range map[string]int{"closed": 1, "mine": 0, "queue": 0, "bot": 0, "all": 1} {
		lin.do("GET", "/conversations?view="+view, nil).want(t, 200).into(t, &list)
		if len(list.Items) != want {
			t.Errorf("view %s has %d, want %d", view, len(list.Items), want)
		}
	}
	if list.Counts.Closed != 1 || list.Counts.All != 1 {
		t.Errorf("counts %+v", list.Counts)
	}
	lin.do("POST", "/conversations/"+conv+"/reopen", nil).want(t, 200)
	lin.do("POST", "/conversations/"+conv+"/hand-back", map[string]any{"note": "done"}).want(t, 200)
	v.do("POST", "/visitor/conversations/"+conv+"/feedback", map[string]any{"event": page.Events[1].ID, "helpful": false, "why": "incomplete"}).want(t, 204)
	var review struct{ Items []api.ReviewItem }
	editor := w.console(account.RoleEditor)
	editor.do("GET", "/review?kind=unhelpful", nil).want(t, 200).into(t, &review)
	if len(review.Items) != 1 || review.Items[0].Event != page.Events[1].ID || review.Items[0].Why != "incomplete" {
		t.Errorf("review %+v", review)
	}
	editor.do("POST", "/review/"+page.Events[1].ID+"/done", nil).want(t, 204)
	editor.do("GET", "/review?kind=unhelpful", nil).want(t, 200).into(t, &review)
	if len(review.Items) != 0 {
		t.Errorf("after it was done: %+v", review)
	}
}
