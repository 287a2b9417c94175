package api_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/internal/account"
)

func TestImportAccounts(t *testing.T) {
	w := newWorld(t, setup{})
	boss := w.console(account.RoleAdministrator)
	post := func(lines ...string) answer {
		return boss.do("POST", "/accounts/import", map[string]any{"csv": strings.Join(lines, "\n")})
	}
	accounts := func() (out struct{ Items []api.Account }) {
		boss.do("GET", "/accounts?limit=200", nil).want(t, 200).into(t, &out)
		return out
	}
	before := len(accounts().Items)
	var p api.Problem
	a := post("email,name,roles,skills,capacity,weight", "lin@x.example,Lin,agent,lang:zh=4 billing,3,150", "not an address,Wei,pilot,b<c,99,", ",,,,,")
	a.want(t, 422).into(t, &p)
	var where []string
	for _, e := range p.Errors {
		where = append(where, e.Location)
	}
	for _, want := range []string{"line 3, column 1 (email)", "line 3, column 3 (roles)", "line 3, column 4 (skills)", "line 3, column 5 (capacity)", "line 4, column 2 (name)"} {
		if !strings.Contains(strings.Join(where, "\n"), want) {
			t.Errorf("%s is not among %v", want, where)
		}
	}
	if n := len(accounts().Items); n != before {
		t.Fatalf("%d accounts were made by a file with mistakes", n-before)
	}

	var done api.Imported
	post("email,name,roles,skills,capacity,weight", "lin@x.example,Lin,agent,lang:zh=4 billing,3,150", "max@x.example,Max,editor,,,").want(t, 200).into(t, &done)
	if len(done.Made) != 2 || len(done.Changed) != 0 || len(done.Made[0].Password) < 10 {
		t.Fatalf("imported %+v", done)
	}
	w.nobody().do("POST", "/sessions", map[string]string{"email": "lin@x.example", "password": done.Made[0].Password}).want(t, 200)
	agents, err := w.desk.Agents(t.Context(), ws)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, a := range agents {
		if string(a.ID) == done.Made[0].ID {
			found = a.Weight == 150 && a.Capacity == 3 && len(a.Skills) == 2
		}
		if string(a.ID) == done.Made[1].ID {
			t.Error("an editor became an agent")
		}
	}
	if !found {
		t.Errorf("the desk knows %+v", agents)
	}

	// Shifts, of those who take chats; what the file says holds whatever was planned.
	a = post("email,name,roles,shifts,zone", `lin@x.example,Lin,agent,"Mon-Fry 9-17",Asia/Shanghai`, "max@x.example,Max,editor,Mon 9-17,Mars/Base")
	a.want(t, 422).into(t, &p)
	where = nil
	for _, e := range p.Errors {
		where = append(where, e.Location)
	}
	if want := []string{"line 2, column 4 (shifts)", "line 3, column 5 (zone)", "line 3, column 4 (shifts)"}; !slices.Equal(where, want) {
		t.Errorf("wrong shifts are told at %v, want %v: %+v", where, want, p.Errors)
	}
	rosters := func() map[string]api.QueueHours {
		var out struct{ Items []api.Roster }
		boss.do("GET", "/rosters", nil).want(t, 200).into(t, &out)
		all := map[string]api.QueueHours{}
		for _, r := range out.Items {
			all[r.Name] = r.Hours
		}
		return all
	}
	post("email,name,shifts,zone", `lin@x.example,Lin,"周一至周二 9:00-12:00, 13:00-17:00；2026-10-01 休",Asia/Shanghai`).want(t, 200)
	lin := rosters()["Lin"]
	if len(lin.Weeks) != 4 || lin.Weeks[1] != (api.Span{Day: 1, Open: "13:00", Close: "17:00"}) || len(lin.Holidays) != 1 || lin.Zone != "Asia/Shanghai" {
		t.Errorf("planned %+v", lin)
	}
	post("email,name,shifts,zone", "lin@x.example,Lin,,").want(t, 200)
	if !cmp.Equal(rosters()["Lin"], lin) {
		t.Errorf("an empty cell changed the shifts to %+v", rosters()["Lin"])
	}
	post("email,name,shifts,zone", "lin@x.example,Lin,none,Asia/Shanghai").want(t, 200)
	if lin := rosters()["Lin"]; len(lin.Weeks)+len(lin.Holidays) != 0 {
		t.Errorf("none left %+v", lin)
	}

	// Again with a change: the account stays, what the file leaves out too.
	post("email,name,capacity", "LIN@x.example,Lin W.,5").want(t, 200).into(t, &done)
	if len(done.Made) != 0 || len(done.Changed) != 1 || done.Changed[0].Capacity != 5 || done.Changed[0].Weight != 150 || len(done.Changed[0].Skills) != 2 {
		t.Errorf("changed %+v", done)
	}
	all := accounts().Items
	for _, a := range all {
		if a.ID == boss.id {
			post("email,name,roles", a.Email+",Boss,agent").want(t, 409)
		}
	}
}
