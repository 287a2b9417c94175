package api_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

func TestTicketsOverHTTP(t *testing.T) {
	w := newWorld(t, setup{})
	v, lin := w.visitor(), w.console(account.RoleAgent)
	left := func(text string) string {
		t.Helper()
		conv := v.say("", "What is the return period?").Conversation
		v.do("POST", "/visitor/conversations/"+conv+"/leave-message", map[string]any{"id": id.New(), "text": text, "email": "ann@example.com"}).want(t, 200)
		return conv
	}
	conv := left("My parcel is wet.")
	left("Where is my lamp?")
	list := func(query string) (out struct {
		Items []api.Ticket
		Next  string
	},
	) {
		t.Helper()
		lin.do("GET", "/tickets?"+query, nil).want(t, 200).into(t, &out)
		return out
	}
	page := list("limit=1&sort=newest")
	if len(page.Items) != 1 || page.Items[0].Number != 2 || page.Next == "" {
		t.Fatalf("list %+v", page)
	}
	if page = list("limit=1&sort=newest&cursor=" + page.Next); len(page.Items) != 1 || page.Items[0].Number != 1 || page.Next != "" {
		t.Fatalf("second page %+v", page)
	}
	first := page.Items[0]
	if first.Subject != "My parcel is wet." || first.Email != "ann@example.com" || first.DueFor != "first" || first.Conversation != conv {
		t.Errorf("ticket %+v", first)
	}
	// The visitor learns nothing of it.
	var events api.EventPage
	v.do("GET", "/visitor/conversations/"+conv+"/events", nil).want(t, 200).into(t, &events)
	for _, e := range events.Events {
		if e.Kind == "ticket" || e.Ticket != nil {
			t.Errorf("a visitor reads %+v", e)
		}
	}
	lin.do("GET", "/conversations/"+conv+"/events", nil).want(t, 200).into(t, &events)
	if !slices.ContainsFunc(events.Events, func(e api.Event) bool { return e.Ticket != nil && e.Ticket.Number == 1 && e.Change == "opened" }) {
		t.Errorf("no event tells of the ticket: %+v", events.Events)
	}
	// Taken by hand, answered, solved; the list follows.
	var got api.Ticket
	lin.do("PATCH", "/tickets/"+first.ID, map[string]any{"assignee": lin.id, "priority": 3, "version": first.Version}).want(t, 200).into(t, &got)
	if got.Assignee == nil || got.Assignee.Name != "Lin" || got.Priority != 3 {
		t.Errorf("assigned %+v", got)
	}
	lin.do("PATCH", "/tickets/"+first.ID, map[string]any{"priority": 4, "version": first.Version}).want(t, 409)
	lin.do("PATCH", "/tickets/"+first.ID, map[string]any{"email": "nobody"}).want(t, 422)
	answer := map[string]any{"id": id.New(), "text": "Here is another one.", "written": "再寄一个。", "status": "solved"}
	for range 2 {
		lin.do("POST", "/tickets/"+first.ID+"/answers", answer).want(t, 200).into(t, &got)
	}
	if got.Status != "solved" || len(got.Mails) != 1 || got.Mails[0].State != "due" || w.woken.Load() == 0 {
		t.Errorf("answered %+v", got)
	}
	answer["written"] = "Other words."
	lin.do("POST", "/tickets/"+first.ID+"/answers", answer).want(t, 409)
	// Colleagues see what was written, and the visitor what it was translated to.
	lin.do("GET", "/conversations/"+conv+"/events", nil).want(t, 200).into(t, &events)
	if !slices.ContainsFunc(events.Events, func(e api.Event) bool { return e.Text == "Here is another one." && e.Written == "再寄一个。" }) {
		t.Errorf("the agent's own words are lost: %+v", events.Events)
	}
	if a := v.do("GET", "/visitor/conversations/"+conv+"/events", nil).want(t, 200); strings.Contains(string(a.body), "再寄一个") || !strings.Contains(string(a.body), "Here is another one.") {
		t.Errorf("the visitor reads %s", a.body)
	}
	if page := list(""); len(page.Items) != 1 || page.Items[0].Number != 2 {
		t.Errorf("open ones %+v", page)
	}
	if page := list("view=solved"); len(page.Items) != 1 || page.Items[0].ID != first.ID {
		t.Errorf("solved ones %+v", page)
	}
	var report api.Report
	w.console(account.RoleSupervisor).do("GET", "/report", nil).want(t, 200).into(t, &report)
	if f := report.Total; f.Made != 2 || f.Solved != 1 || report.Backlog != (api.Backlog{Open: 1}) {
		t.Errorf("report %+v, %+v", f, report.Backlog)
	}
	second := list("").Items[0]
	lin.do("POST", "/tickets/"+second.ID+"/link", map[string]any{"other": first.ID}).want(t, 200).into(t, &got)
	if len(got.Linked) != 1 || got.Linked[0].ID != first.ID {
		t.Errorf("linked %+v", got)
	}
	lin.do("POST", "/tickets/"+second.ID+"/merge", map[string]any{"other": first.ID}).want(t, 200).into(t, &got)
	if got.ID != first.ID {
		t.Errorf("merged into %+v", got)
	}
	lin.do("POST", "/tickets", map[string]any{"conversation": conv}).want(t, 201).into(t, &got)
	if got.Number != 3 || got.Origin != "hand" {
		t.Errorf("made %+v", got)
	}
	lin.do("POST", "/tickets", map[string]any{"conversation": conv}).want(t, 409)
	lin.do("GET", "/tickets?cursor=e30", nil).want(t, 422)
}
