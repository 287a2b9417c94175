package api_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

func TestReportOverHTTP(t *testing.T) {
	w := newWorld(t, setup{})
	v, lin, boss := w.visitor(), w.console(account.RoleAgent), w.console(account.RoleSupervisor)
	lin.do("GET", "/report", nil).want(t, 403)
	var r api.Report
	boss.do("GET", "/report", nil).want(t, 200).into(t, &r)
	if len(r.Days) != 7 || r.Zone != "UTC" || r.Total != (api.Figures{}) || r.Queues == nil || r.Codes == nil {
		t.Errorf("of nothing %+v", r)
	}
	conv := v.say("", "What is the return period?").Conversation
	lin.live(nil)
	lin.do("PUT", "/agents/me/duty", map[string]any{"duty": "on"}).want(t, 200)
	v.do("POST", "/visitor/conversations/"+conv+"/person", map[string]any{"id": id.New()}).want(t, 200)
	lin.do("POST", "/conversations/"+conv+"/take", map[string]any{}).want(t, 200)
	lin.do("POST", "/conversations/"+conv+"/close", map[string]any{}).want(t, 200)
	v.do("POST", "/visitor/conversations/"+conv+"/rating", map[string]any{"id": id.New(), "score": 4}).want(t, 204)
	boss.do("GET", "/report?queue=main&agent="+lin.id, nil).want(t, 200).into(t, &r)
	if r.Total.Handled != 1 || len(r.Agents) != 1 || r.Agents[0].Name != "Lin" || r.Total.OfPeople != (api.Ratings{N: 1, Asked: 1, Good: 1, Mean: 4}) || r.Total.Begun != 0 {
		t.Errorf("of Lin %+v", r)
	}
	if r.Before != nil {
		t.Errorf("before the first day anything happened: %+v", r.Before)
	}

	table := func(path string) [][]string {
		a := boss.do("GET", path, nil).want(t, 200)
		text, marked := strings.CutPrefix(string(a.body), "\uFEFF")
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil || !marked || !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment;") {
			t.Fatalf("%v, %+v: %s", err, a.header, a.body)
		}
		return rows
	}
	rows := table("/report/csv?queue=main")
	handled := slices.Index(rows[0], "handled")
	var kinds []string
	for _, row := range rows[1:] {
		if row[handled] == "1" {
			kinds = append(kinds, row[0])
		}
	}
	if want := []string{"total", "day", "queue", "agent", "inbox", "code"}; !slices.Equal(kinds, want) {
		t.Errorf("rows with the talk are %v, want %v", kinds, want)
	}

	// Two days later these days are what to compare with, until the time that it is then.
	w.pass(48 * time.Hour)
	boss = w.console(account.RoleSupervisor) // the session is over
	boss.do("GET", "/report?from="+w.now().AddDate(0, 0, -1).Format(time.DateOnly), nil).want(t, 200).into(t, &r)
	b := r.Before
	if r.Total.Handled != 0 || b == nil || b.Total.Handled != 1 || b.Total.OfPeople.Mean != 4 || b.To != r.MadeAt.AddDate(0, 0, -2).Format(time.DateOnly) || b.Until == nil || b.Until.Sub(r.MadeAt.AddDate(0, 0, -2)).Abs() > time.Second {
		t.Fatalf("compared with %+v, made at %v", b, r.MadeAt)
	}
	rows = table("/report/csv?from=" + r.From)
	if row := rows[2]; row[0] != "before" || row[1] != b.From+"/"+b.To || row[handled] != "1" {
		t.Errorf("the days before are told as %v", row)
	}

	for path, field := range map[string]string{
		"/report?from=yesterday": "from", "/report?from=2026-01-01&to=2026-12-31": "to", "/report/csv?queue=attic": "queue",
	} {
		var p api.Problem
		boss.do("GET", path, nil).want(t, 422).into(t, &p)
		if len(p.Errors) != 1 || p.Errors[0].Location != field {
			t.Errorf("%s: %+v", path, p)
		}
	}
}
