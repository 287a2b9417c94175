package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// replies are the canned replies of the stores under test.
func replies(t *testing.T, s Stores, d *desk) (*handoff.Replies, handoff.ReplyStore) {
	t.Helper()
	store, ok := s.Desk.(handoff.ReplyStore)
	if !ok {
		t.Fatal("the engine keeps no canned replies")
	}
	return handoff.NewReplies(store, d.Desk), store
}

func testDeskReplies(t *testing.T, s Stores) {
	ctx := t.Context()
	d := newDesk(s, workspace)
	r, store := replies(t, s, d)
	refund := handoff.Reply{Workspace: workspace, Shortcut: " /Refund ", ReplyBody: handoff.ReplyBody{
		Title: "Refund on its way", Text: map[string]string{"en": "Hello {{visitor.name|there}}, it is on its way.", "zh": "{{visitor.name}}您好，退款已在路上。"},
	}}
	_, err := r.Put(ctx, "lin", false, refund)
	wantKind(t, "for everybody, by an agent", err, fault.Denied)
	shared, err := r.Put(ctx, "boss", true, refund)
	if err != nil || shared.Shortcut != "refund" || shared.Version != 1 || !shared.UpdatedAt.Equal(start) {
		t.Fatalf("put %+v, %v", shared, err)
	}
	own := refund
	own.Owner, own.Text = "lin", map[string]string{"en": "Mine.", "zh": " "}
	if own, err = r.Put(ctx, "lin", false, own); err != nil || len(own.Text) != 1 {
		t.Fatalf("an own one with the same shortcut: %+v, %v", own, err)
	}
	_, err = r.Put(ctx, "boss", true, refund)
	wantKind(t, "a shortcut that is taken", err, fault.Conflict)
	list := func(agent bot.AgentID) (ids []string) {
		t.Helper()
		all, err := r.List(ctx, workspace, agent)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range all {
			ids = append(ids, x.ID)
		}
		return ids
	}
	if diff := cmp.Diff([]string{shared.ID, own.ID}, list("lin")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{shared.ID}, list("wei")); diff != "" {
		t.Error(diff)
	}
	got, err := store.Reply(ctx, workspace, shared.ID)
	if diff := cmp.Diff(shared, got); err != nil || diff != "" {
		t.Errorf("read %v\n%s", err, diff)
	}
	_, err = store.Reply(ctx, "other", shared.ID)
	wantKind(t, "of another workspace", err, fault.NotFound)

	d.clock.pass(time.Minute)
	shared.Title = "Refund"
	changed, err := r.Put(ctx, "boss", true, shared)
	if err != nil || changed.Version != 2 || !changed.UpdatedAt.Equal(d.clock.now()) {
		t.Errorf("changed %+v, %v", changed, err)
	}
	wantKind(t, "over a newer version", errOf(r.Put(ctx, "boss", true, shared)), fault.Conflict)
	wantKind(t, "another's own, changed", errOf(r.Put(ctx, "boss", true, own)), fault.NotFound)
	wantKind(t, "another's own, deleted", r.Delete(ctx, workspace, "wei", true, own.ID), fault.NotFound)
	wantKind(t, "everybody's, by an agent", r.Delete(ctx, workspace, "lin", false, shared.ID), fault.Denied)
	wantKind(t, "one that is not there", r.Delete(ctx, workspace, "boss", true, id.New()), fault.NotFound)
	wantKind(t, "one's own", r.Delete(ctx, workspace, "lin", false, own.ID), "")
	wantKind(t, "deleted again", store.DeleteReply(ctx, workspace, own.ID), fault.NotFound)
	wantKind(t, "changed when it is gone", errOf(store.PutReply(ctx, own)), fault.NotFound)
	for what, spoil := range map[string]func(*handoff.Reply){
		"no shortcut":               func(r *handoff.Reply) { r.Shortcut = " / " },
		"a shortcut of two words":   func(r *handoff.Reply) { r.Shortcut = "a b" },
		"no title":                  func(r *handoff.Reply) { r.Title = "" },
		"nothing said":              func(r *handoff.Reply) { r.Text = nil },
		"an unknown variable":       func(r *handoff.Reply) { r.Text = map[string]string{"en": "{{ visitor.shoe }}"} },
		"an unknown end":            func(r *handoff.Reply) { r.Then = "explode" },
		"a code without closing":    func(r *handoff.Reply) { r.Code = "x" },
		"a code that is not there":  func(r *handoff.Reply) { r.Then, r.Code = handoff.ThenClose, "x" },
		"a queue that is not there": func(r *handoff.Reply) { r.Then, r.Queue = handoff.ThenTransfer, "attic" },
	} {
		x := refund
		x.Shortcut = "other"
		spoil(&x)
		wantKind(t, what, errOf(r.Put(ctx, "boss", true, x)), fault.Invalid)
	}
}

func spoken(text, note string) handoff.MacroWords { return handoff.MacroWords{Text: text, Note: note} }

func testDeskMacro(t *testing.T, s Stores) {
	ctx := t.Context()
	d := newDesk(s, workspace)
	r, _ := replies(t, s, d)
	d.hire(t, "lin", 2)
	codes, version, err := d.PutCodes(ctx, workspace, []handoff.Code{{Name: "Refund "}, {Name: "Old", Off: true}}, 0)
	if err != nil || version != 1 || codes[0].ID == "" || codes[0].Name != "Refund" {
		t.Fatalf("codes %+v %d, %v", codes, version, err)
	}
	for what, bad := range map[string][]handoff.Code{"twice": {{Name: "a"}, {Name: "A"}}, "no name": {{Name: " "}}} {
		_, _, err := d.PutCodes(ctx, workspace, bad, 1)
		wantKind(t, what, err, fault.Invalid)
	}
	_, _, err = d.PutCodes(ctx, workspace, codes, 0)
	wantKind(t, "over a newer list", err, fault.Conflict)

	bye, err := r.Put(ctx, "boss", true, handoff.Reply{Workspace: workspace, Shortcut: "bye", ReplyBody: handoff.ReplyBody{
		Title: "Good bye", Text: map[string]string{"en": "Bye!"}, Note: "paid", Then: handoff.ThenClose, Code: codes[0].ID,
	}})
	if err != nil {
		t.Fatal(err)
	}
	lin, wei := bot.Author{Kind: bot.AuthorAgent, ID: "lin", Name: "Lin"}, bot.Author{Kind: bot.AuthorAgent, ID: "wei", Name: "Wei"}
	c := newConversation(t, s, workspace)
	k := key(lin, "bye")
	_, err = r.Run(ctx, workspace, c.ID, lin, k, bye.ID, spoken("Bye, Ana!", "paid by card"))
	wantKind(t, "before it is theirs", err, fault.Denied)
	if _, err := d.Take(ctx, workspace, c.ID, "lin", 0, handoff.TakeOptions{}); err != nil {
		t.Fatal(err)
	}
	_, err = r.Run(ctx, workspace, c.ID, wei, key(wei, "x"), bye.ID, spoken("Bye", ""))
	wantKind(t, "by another", err, fault.Denied)
	_, err = r.Run(ctx, workspace, c.ID, lin, key(lin, "y"), id.New(), spoken("Bye", ""))
	wantKind(t, "a macro that is not there", err, fault.NotFound)
	words := spoken("Bye, Ana!", "paid by card")
	words.Written = "再见"
	w, err := r.Run(ctx, workspace, c.ID, lin, k, bye.ID, words)
	if err != nil || len(w.Events) != 3 {
		t.Fatalf("ran %+v, %v", w.Events, err)
	}
	said, note, end := w.Events[0], w.Events[1], w.Events[2]
	if said.Kind != bot.EventMessage || said.VSeq == 0 || said.Body.Text != "Bye, Ana!" || said.Body.Written != "再见" || said.Author != lin ||
		note.Kind != bot.EventNote || note.VSeq != 0 || note.Body.Text != "paid by card" ||
		end.Body.Change != "closed" || end.Body.Code != codes[0].ID || end.Body.CodeName != "Refund" || end.Body.AgentName != "Lin" {
		t.Errorf("wrote %+v", w.Events)
	}
	d.is(t, c, bot.ServiceClosed, bot.SpeakerBot, "")
	again, err := r.Run(ctx, workspace, c.ID, lin, k, bye.ID, spoken("Bye, Ana!", "paid by card"))
	if err != nil || !again.Dup || len(timeline(t, s, c, bot.ViewAgent, 500)) != 4 {
		t.Errorf("again %+v, %v", again, err)
	}
	d.recount(t)

	// Into another line, and back to the bot.
	if err := d.PutQueue(ctx, handoff.Queue{Workspace: workspace, ID: "returns"}); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		then    handoff.Then
		queue   bot.QueueID
		service bot.Service
		change  string
	}{{handoff.ThenTransfer, "returns", bot.ServiceWaiting, "transferred"}, {handoff.ThenHandBack, "", bot.ServiceBot, "handed_back"}, {"", "", bot.ServiceActive, ""}} {
		m, err := r.Put(ctx, "boss", true, handoff.Reply{Workspace: workspace, Shortcut: "m" + string(x.service), ReplyBody: handoff.ReplyBody{
			Title: "Move", Text: map[string]string{"en": "A moment."}, Then: x.then, Queue: x.queue,
		}})
		if err != nil {
			t.Fatal(err)
		}
		c := newConversation(t, s, workspace)
		if _, err := d.Take(ctx, workspace, c.ID, "lin", 0, handoff.TakeOptions{}); err != nil {
			t.Fatal(err)
		}
		w, err := r.Run(ctx, workspace, c.ID, lin, key(lin, string(x.service)), m.ID, spoken("A moment.", ""))
		if err != nil || w.Conversation.Service != x.service || w.Conversation.Queue != x.queue || w.Events[len(w.Events)-1].Body.Change != x.change {
			t.Errorf("%s: %+v, %v", x.service, w, err)
		}
	}

	// A code that was taken off the list is refused, and a queue that is no more; the chat
	// stays as it is.
	if err := d.PutQueue(ctx, handoff.Queue{Workspace: workspace, ID: "old"}); err != nil {
		t.Fatal(err)
	}
	lost, err := r.Put(ctx, "boss", true, handoff.Reply{Workspace: workspace, Shortcut: "lost", ReplyBody: handoff.ReplyBody{Title: "Lost", Then: handoff.ThenTransfer, Queue: "old"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.DeleteQueue(ctx, workspace, "old"); err != nil {
		t.Fatal(err)
	}
	codes[0].Off = true
	if codes, _, err = d.PutCodes(ctx, workspace, codes, 1); err != nil {
		t.Fatal(err)
	}
	c = newConversation(t, s, workspace)
	if _, err := d.Take(ctx, workspace, c.ID, "lin", 0, handoff.TakeOptions{}); err != nil {
		t.Fatal(err)
	}
	_, err = r.Run(ctx, workspace, c.ID, lin, key(lin, "late"), bye.ID, spoken("Bye", ""))
	wantKind(t, "with a code that is off", err, fault.Invalid)
	_, err = r.Run(ctx, workspace, c.ID, lin, key(lin, "lost"), lost.ID, spoken("Bye", ""))
	wantKind(t, "into a queue that is no more", err, fault.Conflict)
	_, err = d.CloseAs(ctx, workspace, c.ID, lin, codes[1].ID)
	wantKind(t, "closed with a code that is off", err, fault.Invalid)
	if got := d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "lin"); got.Seq != 1 {
		t.Errorf("a refused macro wrote %d events", got.Seq)
	}
}
