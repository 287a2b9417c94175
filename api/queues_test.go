package api_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

func TestQueuesOverHTTP(t *testing.T) {
	w := newWorld(t, setup{})
	boss, lin := w.console(account.RoleSupervisor), w.console(account.RoleAgent)
	read := func() []api.Queue {
		var all struct{ Items []api.Queue }
		lin.do("GET", "/queues", nil).want(t, 200).into(t, &all)
		return all.Items
	}
	if all := read(); len(all) != 1 || all[0].ID != "" {
		t.Fatalf("before anything was set: %+v", all)
	}
	billing := map[string]any{
		"name": "Billing", "offer_for_s": 20, "skills": []string{"billing>=3"}, "priority": 2, "relax": []map[string]any{{"after_s": 30, "drop": "levels"}},
		"overflow": []map[string]any{{"after_s": 60, "to": ""}}, "round_robin": true, "wrap_up_s": 40, "first_reply_s": 120, "answer_s": 45, "pass_back_s": 30,
		"tickets": map[string]any{"first_s": 3600, "next_s": 7200, "resolve_s": 86400, "reopen_s": 600},
		"hours": map[string]any{
			"zone": "Asia/Shanghai", "weeks": []map[string]any{{"day": 1, "open": "09:00", "close": "24:00"}},
			"holidays": []map[string]any{{"date": "2026-10-01", "spans": []any{}}, {"date": "2026-12-24", "spans": []map[string]any{{"open": "09:00", "close": "12:30"}}}},
		},
	}
	var made api.Queue
	boss.do("PUT", "/queues/billing", billing).want(t, 200).into(t, &made)
	all := read()
	if len(all) != 2 || all[1].ID != "billing" || all[1].Version != made.Version || all[1].WrapUp != 40 || all[1].Answer != 45 ||
		all[1].PassBack != 30 || all[1].Tickets != (api.QueueLevels{First: 3600, Next: 7200, Resolve: 86400, Reopen: 600}) ||
		all[1].Relax[0] != (api.Relax{After: 30, Drop: "levels"}) || all[1].Overflow[0] != (api.Overflow{After: 60}) ||
		all[1].Hours.Weeks[0] != (api.Span{Day: 1, Open: "09:00", Close: "24:00"}) || all[1].Hours.Holidays[1].Spans[0].Close != "12:30" {
		t.Errorf("read back: %+v", all)
	}
	lin.do("PUT", "/queues/mine", map[string]any{"name": "Mine"}).want(t, 403)

	// What is wrong is said where it is.
	for name, c := range map[string]struct {
		path  string
		patch map[string]any
		code  string
		field string
	}{
		"priority":      {"x", map[string]any{"priority": 11}, "invalid", "body.priority"},
		"ticket level":  {"x", map[string]any{"tickets": map[string]any{"next_s": 7776001}}, "invalid", "body.tickets.next_s"},
		"pass back":     {"x", map[string]any{"pass_back_s": 3601}, "invalid", "body.pass_back_s"},
		"skill":         {"x", map[string]any{"skills": []string{"two words"}}, "invalid", "skills"},
		"zone":          {"x", map[string]any{"hours": map[string]any{"zone": "Mars/Base", "weeks": []any{}, "holidays": []any{}}}, "invalid", "zone"},
		"backwards":     {"x", map[string]any{"hours": map[string]any{"weeks": []map[string]any{{"day": 1, "open": "12:00", "close": "09:00"}}, "holidays": []any{}}}, "invalid", "weeks[0]"},
		"no date":       {"x", map[string]any{"hours": map[string]any{"weeks": []any{}, "holidays": []map[string]any{{"date": "2026-02-30", "spans": []any{}}}}}, "invalid", "holidays[0]"},
		"strict":        {"x", map[string]any{"strict": true}, "invalid", "relax"},
		"no queue":      {"x", map[string]any{"overflow": []map[string]any{{"after_s": 1, "to": "nowhere"}}}, "invalid", "overflow[0]"},
		"circle":        {"main", map[string]any{"overflow": []map[string]any{{"after_s": 1, "to": "billing"}}, "hours": nil, "version": read()[0].Version}, "invalid", "overflow[0]"},
		"bad ID":        {"Big%20One", nil, "invalid", "id"},
		"no name":       {"x", map[string]any{"name": " "}, "invalid", "name"},
		"taken":         {"billing", nil, "conflict", "id"},
		"old version":   {"billing", map[string]any{"version": "old"}, "conflict", ""},
		"deleted":       {"gone", map[string]any{"version": "old"}, "conflict", ""},
		"hours of main": {"main", map[string]any{"version": read()[0].Version, "overflow": []any{}}, "invalid", "hours"},
	} {
		body := map[string]any{}
		for k, v := range billing {
			body[k] = v
		}
		for k, v := range c.patch {
			if v == nil {
				delete(body, k)
				continue
			}
			body[k] = v
		}
		a := boss.do("PUT", "/queues/"+c.path, body)
		var p api.Problem
		a.into(t, &p)
		if p.Code != c.code || c.field != "" && !slices.ContainsFunc(p.Errors, func(f api.FieldProblem) bool { return f.Location == c.field && f.Message != "" }) {
			t.Errorf("%s: %s, want %s and field %q", name, a, c.code, c.field)
		}
	}

	// A queue that is needed is not deleted, and it is said what needs it.
	boss.do("PUT", "/queues/vip", map[string]any{"name": "VIP", "overflow": []map[string]any{{"after_s": 10, "to": "billing"}}}).want(t, 200)
	if a := boss.do("DELETE", "/queues/billing", nil).want(t, 409); !strings.Contains(a.String(), "VIP") {
		t.Errorf("overflown to: %s", a)
	}
	v := w.visitor()
	conv := v.say("", "What is the return period?").Conversation
	boss.do("POST", "/conversations/"+conv+"/take", nil).want(t, 200)
	boss.do("POST", "/conversations/"+conv+"/transfer", map[string]any{"queue": "vip"}).want(t, 200)
	if a := boss.do("DELETE", "/queues/vip", nil).want(t, 409); !strings.Contains(a.String(), "1 waiting or parked") {
		t.Errorf("waited in: %s", a)
	}
	boss.do("POST", "/conversations/"+conv+"/close", nil).want(t, 200)
	boss.do("DELETE", "/queues/vip", nil).want(t, 204)
	boss.do("DELETE", "/queues/vip", nil).want(t, 404)
	boss.do("DELETE", "/queues/billing", nil).want(t, 204)
	boss.do("DELETE", "/queues/main", nil).want(t, 409)
}

func TestWallAndRoutingOverHTTP(t *testing.T) {
	w := newWorld(t, setup{})
	boss := w.console(account.RoleSupervisor)
	admin := w.console(account.RoleAdministrator)
	lin, ana := w.console(account.RoleAgent), w.console(account.RoleAgent)
	boss.do("PUT", "/queues/main", map[string]any{"name": "", "version": queueVersion(t, boss)}).want(t, 200) // pages call it so
	boss.do("PUT", "/queues/main", map[string]any{"name": "Main", "answer_s": 30, "wrap_up_s": 60, "version": queueVersion(t, boss)}).want(t, 200)
	admin.do("PATCH", "/accounts/"+ana.id, map[string]any{"skills": []string{"two words"}}).want(t, 422)
	var changed api.Account
	admin.do("PATCH", "/accounts/"+lin.id, map[string]any{"skills": []string{"lang:en=4"}, "weight": 150, "ramp_s": 600, "capacity": 3}).want(t, 200).into(t, &changed)
	if changed.Weight != 150 || changed.Ramp != 600 {
		t.Errorf("account %+v", changed)
	}
	admin.do("PATCH", "/accounts/"+ana.id, map[string]any{"skills": []string{"lang:zh"}}).want(t, 200)
	for _, c := range []*client{lin, ana} {
		c.live(nil)
		c.do("PUT", "/agents/me/duty", map[string]any{"duty": "on"}).want(t, 200)
	}
	first, second := w.visitor(), w.visitor()
	ask := func(v *client) string {
		conv := v.say("", "What is the return period?").Conversation
		v.do("POST", "/visitor/conversations/"+conv+"/person", map[string]any{"id": id.New()}).want(t, 200)
		return conv
	}
	one := ask(first)
	var offers struct{ Items []api.Reservation }
	w.eventually("the offer", func() bool {
		lin.do("GET", "/offers", nil).want(t, 200).into(t, &offers)
		return len(offers.Items) == 1
	})
	// Lin ramps up: one place, which is taken now. Who comes next waits.
	two := ask(second)
	var wall api.Wall
	w.eventually("the wall", func() bool {
		boss.do("GET", "/wall", nil).want(t, 200).into(t, &wall)
		return len(wall.Queues) == 1 && wall.Queues[0].Waiting == 2 && len(wall.Waits) == 2 && wall.Waits[0].ToldUpper > 0 && wall.Waits[1].ToldUpper > 0
	})
	if q := wall.Queues[0]; q.Offered != 1 || q.Late != 0 || q.Level != 30 || q.Next != one || q.Agents != 2 || q.Free != 1 {
		t.Errorf("queue %+v", q)
	}
	i := slices.IndexFunc(wall.Agents, func(a api.WallAgent) bool { return a.ID == lin.id })
	if a := wall.Agents[i]; a.Slots != 1 || a.Capacity != 3 || a.Reserved != 1 || !a.Connected {
		t.Errorf("agent %+v", a)
	}
	w.pass(40e9)
	w.eventually("lateness", func() bool {
		boss.do("GET", "/wall", nil).want(t, 200).into(t, &wall)
		return wall.Queues[0].Late == 2 && wall.Queues[0].Longest >= 40
	})
	_ = two
	for path, agents := range map[string]int{"/wall?agent=" + lin.id: 1, "/wall?agent=nobody": 0, "/wall?queue=main": len(wall.Agents)} {
		var part api.Wall
		if boss.do("GET", path, nil).want(t, 200).into(t, &part); len(part.Agents) != agents || len(part.Queues) != 1 {
			t.Errorf("%s: %d agents, want %d", path, len(part.Agents), agents)
		}
	}

	// Why Lin: for agents, never for the visitor.
	var page api.EventPage
	lin.do("GET", "/conversations/"+one+"/events", nil).want(t, 200).into(t, &page)
	j := slices.IndexFunc(page.Events, func(e api.Event) bool { return e.Change == "offered" })
	if j < 0 || page.Events[j].Routing == nil {
		t.Fatalf("no explained offer in %+v", page.Events)
	}
	r := page.Events[j].Routing
	if len(r.Candidates) < 2 || r.Candidates[0].Agent != lin.id || r.Candidates[0].Not != "" || r.Candidates[1].Not != "skills" || !slices.Equal(r.Candidates[1].Lacks, []string{"lang:en"}) {
		t.Errorf("routing %+v", r)
	}
	if body := string(first.do("GET", "/visitor/conversations/"+one+"/events", nil).want(t, 200).body); strings.Contains(body, "routing") || strings.Contains(body, "candidates") {
		t.Errorf("the visitor reads %s", body)
	}

	// Who has time for notes sees until when.
	boss.do("POST", "/conversations/"+one+"/take", nil).want(t, 200)
	var held api.Wall
	if boss.do("GET", "/wall?agent="+boss.id, nil).want(t, 200).into(t, &held); len(held.Chats) != 1 || held.Chats[0].ID != one {
		t.Errorf("chats of one agent: %+v", held.Chats)
	}
	boss.do("POST", "/conversations/"+one+"/close", nil).want(t, 200)
	var c api.Conversation
	boss.do("GET", "/conversations/"+one, nil).want(t, 200).into(t, &c)
	if c.Service != "wrapup" || c.WrapUpUntil == nil || c.WrapUpUntil.Sub(w.now()) <= 50e9 {
		t.Errorf("wrap-up: %s until %v", c.Service, c.WrapUpUntil)
	}
	boss.do("POST", "/conversations/"+one+"/close", nil).want(t, 200)
	boss.do("GET", "/conversations/"+one, nil).want(t, 200).into(t, &c)
	if c.Service != "closed" {
		t.Errorf("after notes: %s", c.Service)
	}
}

func TestRostersOverHTTP(t *testing.T) {
	w := newWorld(t, setup{})
	boss, lin := w.console(account.RoleSupervisor), w.console(account.RoleAgent)
	mine := func() api.Roster {
		t.Helper()
		var all struct{ Items []api.Roster }
		boss.do("GET", "/rosters", nil).want(t, 200).into(t, &all)
		i := slices.IndexFunc(all.Items, func(r api.Roster) bool { return r.Agent == lin.id })
		if i < 0 {
			t.Fatalf("no roster of %s in %+v", lin.id, all.Items)
		}
		return all.Items[i]
	}
	now := w.now().UTC()
	at := func(d time.Duration) string { return now.Add(d).Format("15:04") }
	day := func(d time.Duration) string { return now.Add(d).Format(time.DateOnly) }
	// Dates alone: the week plans nothing.
	hours := map[string]any{"zone": "UTC", "weeks": []any{}, "holidays": []map[string]any{
		{"date": day(24 * time.Hour), "spans": []map[string]any{{"open": "09:00", "close": "12:00"}}},
	}}
	was := mine()
	if was.Now != nil || was.Next != nil || was.Version == "" {
		t.Errorf("nothing is planned: %+v", was)
	}
	lin.do("PUT", "/rosters/"+lin.id, map[string]any{"hours": hours, "version": was.Version}).want(t, 403)
	boss.do("PUT", "/rosters/"+lin.id, map[string]any{"hours": hours, "version": "old"}).want(t, 409)
	boss.do("PUT", "/rosters/"+lin.id, map[string]any{"hours": hours, "version": was.Version}).want(t, 200)
	is := mine()
	if is.Now != nil || is.Next == nil || is.Next.From.Format("2006-01-02 15:04") != day(24*time.Hour)+" 09:00" || is.Version == was.Version {
		t.Errorf("planned %+v", is)
	}
	if now.Hour() > 0 && now.Hour() < 23 { // else the shift would end tomorrow
		hours["holidays"] = []map[string]any{{"date": day(0), "spans": []map[string]any{{"open": at(-time.Hour), "close": at(10 * time.Minute)}}}}
		boss.do("PUT", "/rosters/"+lin.id, map[string]any{"hours": hours, "version": is.Version}).want(t, 200)
		var own api.Shifts
		lin.do("GET", "/agents/me/shifts", nil).want(t, 200).into(t, &own)
		if own.Now == nil || own.Now.To.Format("15:04") != at(10*time.Minute) {
			t.Errorf("own shifts %+v", own)
		}
		var wall api.Wall
		w.pass(time.Second + time.Millisecond)
		boss.do("GET", "/wall", nil).want(t, 200).into(t, &wall)
		if i := slices.IndexFunc(wall.Agents, func(a api.WallAgent) bool { return a.ID == lin.id }); i < 0 || wall.Agents[i].Now == nil {
			t.Errorf("the wall shows no shift: %+v", wall.Agents)
		}
	}
	// What is wrong is named by its row.
	weeks := func(spans ...map[string]any) map[string]any {
		return map[string]any{"zone": "UTC", "weeks": spans, "holidays": []any{}}
	}
	span := func(day int, open, closing string) map[string]any {
		return map[string]any{"day": day, "open": open, "close": closing}
	}
	for name, c := range map[string]struct {
		hours map[string]any
		field string
	}{
		"end before start": {weeks(span(1, "09:00", "12:00"), span(2, "18:00", "09:00")), "weeks[1]"},
		"overlap":          {weeks(span(1, "09:00", "12:00"), span(1, "11:00", "14:00")), "weeks[1]"},
		"zone":             {map[string]any{"zone": "Mars/Base", "weeks": []any{}, "holidays": []any{}}, "zone"},
		"day twice": {map[string]any{"zone": "UTC", "weeks": []any{}, "holidays": []map[string]any{
			{"date": "2026-12-25", "spans": []any{}}, {"date": "2026-12-25", "spans": []any{}},
		}}, "holidays[1]"},
	} {
		a := boss.do("PUT", "/rosters/"+lin.id, map[string]any{"hours": c.hours, "version": mine().Version}).want(t, 422)
		if !strings.Contains(string(a.body), c.field) {
			t.Errorf("%s: %s", name, a)
		}
	}
}

// queueVersion is that of the main queue.
func queueVersion(t *testing.T, c *client) string {
	t.Helper()
	var all struct{ Items []api.Queue }
	c.do("GET", "/queues", nil).want(t, 200).into(t, &all)
	return all.Items[0].Version
}

// Visitors are told of people by the holidays too, which are the main queue's.
func TestPeopleOnHolidays(t *testing.T) {
	w := newWorld(t, setup{})
	admin := w.console(account.RoleAdministrator)
	var weeks []map[string]any
	for day := range 7 {
		weeks = append(weeks, map[string]any{"day": day, "open": "00:00", "close": "24:00"})
	}
	admin.do("PUT", "/inboxes/store", map[string]any{"name": "Store", "origins": []string{}, "hours": map[string]any{"zone": "Asia/Shanghai", "weeks": weeks}}).want(t, 200)
	people := func() api.People {
		var s api.VisitorSession
		w.nobody().do("POST", "/visitor/sessions", map[string]any{"inbox": "store"}).want(t, 200).into(t, &s)
		return s.Inbox.People
	}
	if p := people(); !p.Open {
		t.Errorf("in the hours: %+v", p)
	}
	var all struct{ Items []api.Queue }
	admin.do("GET", "/queues", nil).want(t, 200).into(t, &all)
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	today := w.now().In(zone)
	admin.do("PUT", "/queues/main", map[string]any{
		"name": "", "version": all.Items[0].Version,
		"hours": map[string]any{"zone": "Asia/Shanghai", "weeks": weeks, "holidays": []map[string]any{{"date": today.Format(time.DateOnly), "spans": []any{}}}},
	}).want(t, 200)
	p := people()
	if next := time.Date(today.Year(), today.Month(), today.Day()+1, 0, 0, 0, 0, zone); p.Open || p.OpensAt == nil || !p.OpensAt.Equal(next) {
		t.Errorf("on a holiday: %+v, want closed until %v", p, next)
	}
}
