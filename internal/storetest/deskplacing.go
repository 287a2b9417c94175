package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// A list is read as it was stored, saved once over each version, and of
// one workspace alone.
func testDeskLists(t *testing.T, s Stores) {
	ctx := t.Context()
	want := func(ws bot.WorkspaceID, name, value string, version int64) {
		t.Helper()
		if got, v, err := s.Desk.List(ctx, ws, name); err != nil || got != value || v != version {
			t.Errorf("%s of %s is %q version %d, %v; want %q, %d", name, ws, got, v, err, value, version)
		}
	}
	want(workspace, "rules", "", 0)
	if _, err := s.Desk.PutList(ctx, workspace, "rules", `["a"]`, 1); !fault.Is(err, fault.Conflict) {
		t.Errorf("over what is not there: %v", err)
	}
	for i, value := range []string{`["one"]`, `["zwei", "二"]`} {
		if v, err := s.Desk.PutList(ctx, workspace, "rules", value, int64(i)); err != nil || v != int64(i+1) {
			t.Fatalf("put %d: %d, %v", i, v, err)
		}
	}
	for _, old := range []int64{0, 1, 3} {
		_, err := s.Desk.PutList(ctx, workspace, "rules", `[]`, old)
		wantKind(t, "over another version", err, fault.Conflict)
	}
	want(workspace, "rules", `["zwei", "二"]`, 2)
	want(workspace, "codes", "", 0)
	want("other", "rules", "", 0)
}

// vouched is what a site says of every visitor.
type vouched map[string]string

func (v vouched) Attributes(context.Context, bot.WorkspaceID, bot.VisitorID) (map[string]string, error) {
	return v, nil
}

func testDeskRules(t *testing.T, s Stores) {
	ctx := t.Context()
	d := newDesk(s, workspace)
	d.Desk = handoff.New(s.Desk, s.Timeline, d.heard, d.clock.now, nil, &handoff.Options{Notifier: d.heard, Customers: vouched{"tier": "vip"}})
	d.hire(t, "lin", 4, "lang:en", "billing=4")
	d.hire(t, "wei", 4, "lang:en")
	five := 5
	rules := []handoff.Rule{
		{Name: "Money", When: []handoff.Condition{{Kind: handoff.WhenIntent, Values: []string{"invoice"}}}, Queue: "money", Skills: []string{"billing>=3"}},
		{Name: "Important", When: []handoff.Condition{{Kind: handoff.WhenTier, Values: []string{"vip"}}, {Kind: handoff.WhenReturning, Days: 30}}, Priority: &five},
	}
	_, err := d.PutRules(ctx, workspace, rules, 0)
	wantKind(t, "a queue that is not there", err, fault.Invalid)
	if err := d.PutQueue(ctx, handoff.Queue{Workspace: workspace, ID: "money", Name: "Money", QueueSettings: handoff.QueueSettings{Strict: true}}); err != nil {
		t.Fatal(err)
	}
	rules[0].Skills = []string{"billing>=5"}
	_, err = d.PutRules(ctx, workspace, rules, 0)
	wantKind(t, "a skill at a level that nobody has", err, fault.Invalid)
	rules[0].Skills = []string{"billing>=3"}
	book, err := d.PutRules(ctx, workspace, rules, 0)
	if err != nil || len(book.Rules) != 2 || book.Version != 1 || len(book.Broken) != 0 || book.Rules[0].ID == "" {
		t.Fatalf("rules %+v, %v", book, err)
	}
	_, err = d.PutRules(ctx, workspace, rules, 0)
	wantKind(t, "over somebody else's", err, fault.Conflict)
	if diff := cmp.Diff([]string{"billing", "lang:en"}, book.Skills); diff != "" {
		t.Error(diff)
	}

	// A first visit about an invoice: the queue and the skill, not the priority. What
	// waiting would be is told beforehand by where it will be.
	c := newConversation(t, s, workspace)
	for topic, able := range map[string]int{"invoice": 1, "parcel": 2} {
		o, err := d.Outlook(ctx, bot.Escalation{Workspace: workspace, Conversation: c.ID, Language: "en", Topics: []string{topic}})
		if err != nil || o.Agents != able || !o.Open {
			t.Errorf("%s: foreseen %+v, %v; want %d who could take it", topic, o, err, able)
		}
	}
	w := d.enqueue(t, c, func(e *bot.Escalation) { e.Topics, e.Priority = []string{"invoice"}, 1 })
	got := w.Conversation
	if got.Queue != "money" || len(got.Skills) != 1 || got.Skills[0] != "billing>=3" || got.Priority != 1 {
		t.Errorf("placed %+v", got)
	}
	placing := w.Events[0].Body.Placing
	if placing == nil || len(placing.Rules) != 1 || placing.Rules[0].Name != "Money" || w.Events[0].Body.Change != "enqueued" {
		t.Fatalf("explained %+v", placing)
	}
	for _, e := range timeline(t, s, c, bot.ViewAgent, 500) {
		if e.Body.Change == "enqueued" && !cmp.Equal(e.Body.Placing, placing) {
			t.Errorf("stored %+v", e.Body.Placing)
		}
	}
	d.sweep(t)
	d.offerOf(t, "lin")
	d.noOffer(t, "wei")

	// The same visitor again, within the month, and angry: five, and two steps of their own.
	again := newConversation(t, s, workspace)
	w = d.enqueue(t, again, func(e *bot.Escalation) { e.Reason, e.Summary.Sentiment = bot.ReasonUnhappy, -.8 })
	if p := w.Events[0].Body.Placing; w.Conversation.Priority != 7 || p == nil || len(p.Raised) != 2 || p.Rules[0].Name != "Important" {
		t.Errorf("priority %d, %+v", w.Conversation.Priority, p)
	}
	// One who waits already is not placed anew.
	if w = d.enqueue(t, again, func(e *bot.Escalation) { e.Topics = []string{"invoice"} }); w.Conversation.Queue != "" || w.Conversation.Priority != 7 {
		t.Errorf("placed again: %+v", w.Conversation)
	}

	// The one who has the skill leaves: the rule is shown as broken, and goes on without.
	if err := d.Retire(ctx, workspace, "lin"); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "retire nobody", d.Retire(ctx, workspace, "nobody"), "")
	book, err = d.Rules(ctx, workspace)
	if err != nil || len(book.Broken) != 1 || book.Broken[0].Skill != "billing>=3" || book.Broken[0].Rule != book.Rules[0].ID {
		t.Fatalf("broken %+v, %v", book.Broken, err)
	}
	w = d.enqueue(t, newConversation(t, s, workspace), func(e *bot.Escalation) { e.Topics = []string{"invoice"} })
	p := w.Events[0].Body.Placing
	if w.Conversation.Queue != "money" || len(w.Conversation.Skills) != 0 || p == nil || len(p.Rules[0].Ignored) != 1 {
		t.Errorf("with a broken rule: %+v, %+v", w.Conversation, p)
	}
	d.after(t, 11*time.Second, "wei")
	all, err := d.Offers(ctx, workspace, "wei")
	if err != nil || len(all) == 0 {
		t.Errorf("nobody gets the chat of a broken rule: %v, %v", all, err)
	}
	// Saved as it is it is refused; switched off it may stay.
	_, err = d.PutRules(ctx, workspace, book.Rules, book.Version)
	wantKind(t, "saved broken", err, fault.Invalid)
	book.Rules[0].Off = true
	if book, err = d.PutRules(ctx, workspace, book.Rules, book.Version); err != nil || !book.Rules[0].Off {
		t.Errorf("switched off: %+v, %v", book, err)
	}
	for what, spoil := range map[string]func(*handoff.Rule){
		"no name":           func(r *handoff.Rule) { r.Name = " " },
		"no effect":         func(r *handoff.Rule) { r.Priority = nil },
		"too urgent":        func(r *handoff.Rule) { n := 11; r.Priority = &n },
		"no such condition": func(r *handoff.Rule) { r.When[0].Kind = "weather" },
		"no value":          func(r *handoff.Rule) { r.When[0].Values = nil },
		"no such reason": func(r *handoff.Rule) {
			r.When[0] = handoff.Condition{Kind: handoff.WhenReason, Values: []string{"rain"}}
		},
		"too long ago":       func(r *handoff.Rule) { r.When[1].Days = 9999 },
		"entity of no kind":  func(r *handoff.Rule) { r.When[0] = handoff.Condition{Kind: handoff.WhenEntity} },
		"feeling off scale":  func(r *handoff.Rule) { r.When[0] = handoff.Condition{Kind: handoff.WhenSentiment, Below: -2} },
		"not a skill at all": func(r *handoff.Rule) { r.Skills = []string{"a b"} },
	} {
		r := rules[1]
		r.ID, r.When = id.New(), append([]handoff.Condition(nil), r.When...)
		spoil(&r)
		_, err := d.PutRules(ctx, workspace, []handoff.Rule{r}, book.Version)
		wantKind(t, what, err, fault.Invalid)
	}
	if other, err := d.Rules(ctx, "other"); err != nil || len(other.Rules) != 0 {
		t.Errorf("rules of another workspace: %+v, %v", other, err)
	}
}
