package api_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/knowledge"
	"github.com/frontdesk-chat/frontdesk/training"
)

func TestConfirmedQuestionsOverHTTP(t *testing.T) {
	w := newWorld(t, setup{})
	e, a := w.console(account.RoleEditor), w.console(account.RoleAgent)
	var d api.Document
	e.do("POST", "/documents", map[string]any{"kind": "entry", "question": "What is the return period?", "answer": "30 days."}).want(t, 201).into(t, &d)
	var c api.ConfirmedQuestion
	a.do("POST", "/checks", map[string]any{"question": "how long may I keep it", "language": "en", "document": d.ID}).want(t, 201).into(t, &c)
	if c.Title != "What is the return period?" || c.Status != "draft" || c.By != "Lin" || c.Last != nil {
		t.Errorf("confirmed %+v", c)
	}
	e.do("GET", "/documents/"+d.ID, nil).want(t, 200).into(t, &d)
	if diff := cmp.Diff([]string{"how long may I keep it"}, d.Confirmed); diff != "" || d.Version != 2 {
		t.Errorf("version %d learned (-want +got):\n%s", d.Version, diff)
	}
	e.do("POST", "/checks", map[string]any{"question": "who won the final"}).want(t, 201)
	e.do("POST", "/checks", map[string]any{"question": "?", "language": "en"}).want(t, 422)
	e.do("POST", "/checks", map[string]any{"question": "lost", "document": "nowhere"}).want(t, 422)
	var list struct{ Items []api.ConfirmedQuestion }
	e.do("GET", "/checks", nil).want(t, 200).into(t, &list)
	if len(list.Items) != 2 || list.Items[0].Document != "" {
		t.Errorf("listed %+v", list.Items)
	}
	for range 2 {
		e.do("POST", "/checks/run", nil).want(t, 200).into(t, &list)
	}
	for _, l := range list.Items {
		if l.Last == nil || l.Before == nil || l.Last.At == nil {
			t.Errorf("after two runs: %+v", l)
		}
	}
	e.do("DELETE", "/checks/"+c.ID, nil).want(t, 204)
	e.do("DELETE", "/checks/"+c.ID, nil).want(t, 404)

	// A field that is left out stays; an empty one is emptied.
	body := map[string]any{"question": d.Question, "answer": "31 days.", "version": d.Version}
	e.do("PUT", "/documents/"+d.ID, body).want(t, 200).into(t, &d)
	if len(d.Confirmed) != 1 {
		t.Errorf("an edit without the field left %q", d.Confirmed)
	}
	body["version"], body["confirmed"] = d.Version, []string{}
	d = api.Document{}
	e.do("PUT", "/documents/"+c.Document, body).want(t, 200).into(t, &d)
	if len(d.Confirmed) != 0 {
		t.Errorf("emptied: %q", d.Confirmed)
	}
}

func TestPublishThatIsStopped(t *testing.T) {
	w := newWorld(t, setup{})
	e := w.console(account.RoleEditor)
	verdict := training.Verdict{Lines: 7, RightBefore: 7, RightAfter: 6, P: .5, Stops: true, Broken: []training.Flip{{
		Check: "c", Question: "how long", Document: "d", Title: "Returns",
		Before: training.Outcome{Right: true, Decision: "answer", Title: "Returns", Answer: "30 days."}, After: training.Outcome{Decision: "refuse"},
	}}}
	var reasons []knowledge.Despite
	judge := knowledge.Judge(func(_ context.Context, r knowledge.Release) error {
		reasons = append(reasons, r.Despite)
		if r.Despite == "" {
			return &training.Stopped{Verdict: verdict}
		}
		return nil
	})
	w.judge.Store(&judge)
	var d api.Document
	e.do("POST", "/documents", map[string]any{"title": "Returns", "text": "Send it back."}).want(t, 201).into(t, &d) // a draft is nobody's business
	var p api.Problem
	e.do("POST", "/documents/"+d.ID+"/publish", nil).want(t, 409).into(t, &p)
	if p.Code != "conflict" || p.Stopped == nil || p.Stopped.Lines != 7 || len(p.Stopped.Broken) != 1 || p.Stopped.Broken[0].Before.Answer != "30 days." || len(p.Errors) != 0 {
		t.Errorf("the problem is %+v", p)
	}
	e.do("POST", "/documents/"+d.ID+"/publish", map[string]any{"despite": "it is gone"}).want(t, 200)
	e.do("PUT", "/documents/"+d.ID, map[string]any{"title": "Returns", "text": "Other.", "version": 1}).want(t, 409)
	e.do("PUT", "/documents/"+d.ID, map[string]any{"title": "Returns", "text": "Other.", "version": 1, "despite": "new rule"}).want(t, 200)
	e.do("POST", "/documents/"+d.ID+"/restore", map[string]any{"version": 1}).want(t, 409)
	e.do("POST", "/documents/"+d.ID+"/restore", map[string]any{"version": 1, "despite": "back"}).want(t, 200)
	e.do("POST", "/documents/"+d.ID+"/unpublish", nil).want(t, 409)
	e.do("DELETE", "/documents/"+d.ID, nil).want(t, 409)
	e.do("DELETE", "/documents/"+d.ID+"?despite=closed", nil).want(t, 204)
	want := []knowledge.Despite{"", "it is gone", "", "new rule", "", "back", "", "", "closed"}
	if diff := cmp.Diff(want, reasons); diff != "" {
		t.Errorf("what the judge was told (-want +got):\n%s", diff)
	}
}

func TestReviewLeavesChecks(t *testing.T) {
	w := newWorld(t, setup{})
	e, v := w.console(account.RoleEditor), w.visitor()
	ask := func(text string) string {
		t.Helper()
		var sent any
		v.do("POST", "/visitor/messages", map[string]any{"id": id.New(), "client_conv_id": id.New(), "text": text}).want(t, 200).into(t, &sent)
		return text
	}
	ours, not := ask("do you lend umbrellas"), ask("who won the cup final")
	list := func() map[string]api.ReviewItem {
		t.Helper()
		var got struct{ Items []api.ReviewItem }
		e.do("GET", "/review?kind=unanswered", nil).want(t, 200).into(t, &got)
		out := map[string]api.ReviewItem{}
		for _, it := range got.Items {
			out[it.Question] = it
		}
		return out
	}
	w.eventually("both questions", func() bool { return len(list()) == 2 })
	items := list()
	var d api.Document
	e.do("POST", "/documents", map[string]any{"kind": "entry", "question": ours, "answer": "Yes."}).want(t, 201).into(t, &d)
	done := func(question string, body any, status int) {
		t.Helper()
		e.do("POST", "/review/"+items[question].Event+"/done", body).want(t, status)
	}
	done(ours, map[string]any{"as": "entry"}, 422)
	done(not, map[string]any{"as": "not_ours", "document": d.ID}, 422)
	done(ours, map[string]any{"as": "entry", "document": d.ID}, 204)
	done(not, map[string]any{"as": "not_ours"}, 204)
	done(not, nil, 404)
	if left := list(); len(left) != 0 {
		t.Errorf("left on the list: %+v", left)
	}
	var checks struct{ Items []api.ConfirmedQuestion }
	e.do("GET", "/checks", nil).want(t, 200).into(t, &checks)
	got := map[string]string{}
	for _, c := range checks.Items {
		got[c.Question] = c.Document
	}
	if diff := cmp.Diff(map[string]string{ours: d.ID, not: ""}, got); diff != "" {
		t.Errorf("confirmed (-want +got):\n%s", diff)
	}
	// The same question asked again is settled.
	ask(not)
	again := ask("do you lend bicycles")
	w.eventually("the newest question", func() bool { _, ok := list()[again]; return ok })
	if left := list(); len(left) != 1 {
		t.Errorf("what is not ours came back: %+v", left)
	}
}
