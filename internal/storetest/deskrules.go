package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

func testDeskClose(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 2)
	d.hire(t, "wei", 2)
	c := newConversation(t, s, workspace)
	if _, err := d.Take(t.Context(), workspace, c.ID, "lin", 0, handoff.TakeOptions{}); err != nil {
		t.Fatal(err)
	}
	lin, wei := bot.Author{Kind: bot.AuthorAgent, ID: "lin", Name: "Lin"}, bot.Author{Kind: bot.AuthorAgent, ID: "wei"}
	end := func(by bot.Author) error {
		_, err := d.Close(t.Context(), workspace, c.ID, by)
		return err
	}
	wantKind(t, "by another agent", end(wei), fault.Denied)
	wantKind(t, "by its agent", end(lin), "")
	got := d.is(t, c, bot.ServiceClosed, bot.SpeakerBot, "")
	if got.ControlEpoch != 2 || got.Memory.Segment != 1 {
		t.Errorf("closed: %+v", got)
	}
	d.wantTold(t, c, "closed", "This chat has ended.")
	wantKind(t, "again", end(wei), "")
	if d.row(t, c).Version != got.Version {
		t.Error("closing a closed conversation should change nothing")
	}
	_, err := d.Take(t.Context(), workspace, c.ID, "wei", 0, handoff.TakeOptions{})
	wantKind(t, "take a closed one", err, fault.Conflict)
	if _, err := d.Reopen(t.Context(), workspace, c.ID, "wei"); err != nil {
		t.Fatal(err)
	}
	d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "wei")
	_, err = d.Reopen(t.Context(), workspace, c.ID, "wei")
	wantKind(t, "reopen an open one", err, fault.Conflict)
	wantKind(t, "by the visitor", end(visitor), "")
	d.recount(t)
	// The visitor writes again, as the engine lets them; then asks for a person anew.
	write(t, s, c, key(visitor, "hi"), bot.Change{
		Owe: true, Events: []bot.NewEvent{says(visitor, "hi")},
		Row: func(c *bot.Conversation) { c.Service = bot.ServiceBot },
	})
	d.clock.pass(time.Hour)
	d.hire(t, "lin", 2)
	d.enqueue(t, c, nil)
	if got := d.row(t, c); !got.Enqueued.Equal(d.clock.now()) {
		t.Errorf("enqueued %v, want a new wait", got.Enqueued)
	}
	// Closed while it is offered: the agent is free again.
	d.sweep(t)
	d.offerOf(t, "lin")
	wantKind(t, "close an offered one", end(visitor), "")
	d.noOffer(t, "lin")
	d.recount(t)
}

func testDeskSay(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 2)
	c := newConversation(t, s, workspace)
	lin, wei := bot.Author{Kind: bot.AuthorAgent, ID: "lin", Name: "Lin"}, bot.Author{Kind: bot.AuthorAgent, ID: "wei", Name: "Wei"}
	say := func(by bot.Author, text string, note bool) (bot.Written, error) {
		return d.Say(t.Context(), workspace, c.ID, by, key(by, text), bot.Body{Text: text, Decision: bot.DecideAnswer, Change: "closed"}, note)
	}
	_, err := say(lin, "hello", false)
	wantKind(t, "while the bot speaks", err, fault.Denied)
	w, err := say(wei, "a note", true)
	if err != nil || w.Events[0].Kind != bot.EventNote || w.Events[0].VSeq != 0 {
		t.Errorf("note %+v, %v", w, err)
	}
	if _, err := d.Take(t.Context(), workspace, c.ID, "lin", 0, handoff.TakeOptions{}); err != nil {
		t.Fatal(err)
	}
	_, err = say(wei, "hello", false)
	wantKind(t, "by another", err, fault.Denied)
	w, err = say(lin, "hello", false)
	if err != nil || w.Events[0].VSeq == 0 || w.Events[0].Author != lin || w.Events[0].Body.Decision != "" || w.Events[0].Body.Change != "" {
		t.Errorf("message %+v, %v", w, err)
	}
	translated := func(body bot.Body, note bool) (bot.Written, error) {
		return d.Say(t.Context(), workspace, c.ID, lin, key(lin, "t "+body.Text), body, note)
	}
	w, err = translated(bot.Body{Text: "您好", Written: "hello"}, false)
	if err != nil || w.Events[0].Body.Text != "您好" || w.Events[0].Body.Written != "hello" {
		t.Errorf("translated %+v, %v", w, err)
	}
	wantKind(t, "a note, translated", errOf(translated(bot.Body{Text: "笔记", Written: "note"}, true)), fault.Invalid)
	wantKind(t, "nothing, translated", errOf(translated(bot.Body{Written: "note", Attachments: []bot.Attachment{{ID: "f"}}}, false)), fault.Invalid)
	n := len(d.heard.written)
	k := key(lin, "once")
	for range 2 {
		if _, err := d.Say(t.Context(), workspace, c.ID, lin, k, bot.Body{Text: "once"}, false); err != nil {
			t.Fatal(err)
		}
	}
	if len(d.heard.written) != n+1 {
		t.Errorf("published %d times, want once", len(d.heard.written)-n)
	}
	for _, bad := range []string{"", " \n\t", strings.Repeat("x", 8001)} {
		_, err := say(lin, bad, false)
		wantKind(t, fmt.Sprintf("%d bytes", len(bad)), err, fault.Invalid)
	}
	w, err = d.Say(t.Context(), workspace, c.ID, lin, key(lin, ""), bot.Body{Attachments: []bot.Attachment{{ID: "f1", Name: "a.png"}}}, false)
	if err != nil || len(w.Events[0].Body.Attachments) != 1 {
		t.Errorf("a file alone: %+v, %v", w, err)
	}
}

func testDeskRefuses(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	good := handoff.Agent{Workspace: workspace, ID: "lin", Name: "Lin"}
	for _, spoil := range []func(*handoff.Agent){
		func(a *handoff.Agent) { a.Workspace = "" },
		func(a *handoff.Agent) { a.ID = "" },
		func(a *handoff.Agent) { a.Name = " " },
		func(a *handoff.Agent) { a.Capacity = 51 },
		func(a *handoff.Agent) { a.Capacity = -1 },
		func(a *handoff.Agent) { a.Weight = 1001 },
	} {
		a := good
		spoil(&a)
		_, err := d.PutAgent(t.Context(), a)
		wantKind(t, fmt.Sprintf("put %+v", a), err, fault.Invalid)
	}
	a, err := d.PutAgent(t.Context(), good)
	if err != nil || a.Capacity != 4 || a.Weight != 100 || a.Duty != handoff.DutyOff {
		t.Errorf("put: %+v, %v", a, err)
	}
	d.hire(t, "lin", 3, "lang:en")
	c := d.ask(t, nil)
	d.sweep(t)
	// Administrators change what is theirs; what the desk keeps stays.
	good.Capacity, good.Duty, good.Load = 2, handoff.DutyOff, 40
	if a, err = d.PutAgent(t.Context(), good); err != nil || a.Duty != handoff.DutyOn || a.Reserved != 1 || a.Load != 0 || a.Capacity != 2 || len(a.Skills) != 0 {
		t.Errorf("put again: %+v, %v", a, err)
	}
	_, err = d.SetDuty(t.Context(), workspace, "lin", handoff.DutyMissed)
	wantKind(t, "duty that is not chosen", err, fault.Invalid)
	_, err = d.SetDuty(t.Context(), workspace, "nobody", handoff.DutyOn)
	wantKind(t, "duty of nobody", err, fault.NotFound)
	if err := d.Beat(t.Context(), workspace, []bot.AgentID{"lin", "nobody"}); err != nil {
		t.Errorf("beat: %v", err)
	}
	_, err = d.Accept(t.Context(), workspace, "nothing", "lin")
	wantKind(t, "accept nothing", err, fault.NotFound)
	_, err = d.Accept(t.Context(), "other", d.offerOf(t, "lin").ID, "lin")
	wantKind(t, "accept in another workspace", err, fault.NotFound)
	for name, q := range map[string]handoff.Queue{
		"no workspace": {}, "no time": {Workspace: workspace, QueueSettings: handoff.QueueSettings{OfferFor: -1}},
		"no zone":   {Workspace: workspace, Hours: handoff.Hours{Zone: "Mars/Base"}},
		"backwards": {Workspace: workspace, Hours: handoff.Hours{Weeks: []handoff.Span{{Open: 5, Close: 4}}}},
		"too long":  {Workspace: workspace, Hours: handoff.Hours{Weeks: []handoff.Span{{Open: 5, Close: 25 * time.Hour}}}},
	} {
		wantKind(t, name, d.PutQueue(t.Context(), q), fault.Invalid)
	}
	for _, q := range []handoff.Queue{
		{ID: "goods", Name: "Goods", QueueSettings: handoff.QueueSettings{Overflow: []handoff.Overflow{{After: time.Minute}}}},
		{ID: "money", Name: "Money", QueueSettings: handoff.QueueSettings{Overflow: []handoff.Overflow{{After: time.Minute, To: "goods"}}}},
	} {
		q.Workspace = workspace
		if err := d.PutQueue(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	wantKind(t, "delete a queue that another overflows to", d.DeleteQueue(t.Context(), workspace, "goods"), fault.Conflict)
	wantKind(t, "delete the main queue", d.DeleteQueue(t.Context(), workspace, ""), fault.Conflict)
	wantKind(t, "delete a queue of another workspace", d.DeleteQueue(t.Context(), "other", "money"), fault.NotFound)
	if err := d.DeleteQueue(t.Context(), workspace, "money"); err != nil {
		t.Errorf("delete: %v", err)
	}
	if all, err := d.Queues(t.Context(), workspace); err != nil || len(all) != 1 || all[0].ID != "goods" {
		t.Errorf("after deleting: %+v, %v", all, err)
	}
	// Nothing of it crosses to another workspace.
	if line, err := d.Line(t.Context(), "other"); err != nil || len(line) != 0 {
		t.Errorf("line of another workspace: %d, %v", len(line), err)
	}
	_, err = d.Close(t.Context(), "other", c.ID, visitor)
	wantKind(t, "close in another workspace", err, fault.NotFound)
	if all, err := s.Desk.Workspaces(t.Context()); err != nil || len(all) != 1 || all[0] != workspace {
		t.Errorf("workspaces %v, %v", all, err)
	}
}
