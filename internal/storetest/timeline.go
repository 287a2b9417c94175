package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

func testOpenOnce(t *testing.T, s Stores) {
	c := bot.Conversation{Workspace: workspace, Inbox: "site", Visitor: "v1", ClientConvID: id.New(), Language: "zh", CreatedAt: start}
	k := key(visitor, "hello")
	const n = 16
	got := make([]bot.Written, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			var err error
			got[i], err = s.Timeline.Open(t.Context(), c, k, func(bot.Conversation) (bot.Change, error) {
				return bot.Change{Events: []bot.NewEvent{says(visitor, "hello")}, Owe: true}, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	created, fresh := 0, 0
	for _, w := range got {
		if w.Created {
			created++
		}
		if !w.Dup {
			fresh++
		}
		wantSame(t, "events of a repeated open", w.Events, got[0].Events)
		if w.Conversation.ID != got[0].Conversation.ID || w.Run != got[0].Run || w.Run == "" {
			t.Errorf("conversation %s, run %s: want %s, %s", w.Conversation.ID, w.Run, got[0].Conversation.ID, got[0].Run)
		}
	}
	if created != 1 || fresh != 1 {
		t.Errorf("%d calls created it and %d wrote, want one each", created, fresh)
	}
	row, err := s.Timeline.Conversation(t.Context(), workspace, got[0].Conversation.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := bot.Conversation{
		Workspace: workspace, ID: got[0].Conversation.ID, Inbox: "site", Visitor: "v1", ClientConvID: c.ClientConvID,
		Seq: 1, VSeq: 1, Version: 2, Speaker: bot.SpeakerBot, Service: bot.ServiceBot, Language: "zh",
		LastText: "hello", LastBy: bot.AuthorVisitor, CreatedAt: start, UpdatedAt: start,
	}
	wantSame(t, "row", row, want)

	// The same client id of another visitor, and another of this one, are others.
	other := c
	other.Visitor = "v2"
	w, err := s.Timeline.Open(t.Context(), other, bot.Key{}, nothing)
	if err != nil || !w.Created || w.Conversation.ID == row.ID {
		t.Errorf("another visitor's: created %v, %v; want a conversation of its own", w.Created, err)
	}
	// Opening what is there writes to it.
	w, err = s.Timeline.Open(t.Context(), c, key(visitor, "again"), func(bot.Conversation) (bot.Change, error) {
		return bot.Change{Events: []bot.NewEvent{says(visitor, "again")}}, nil
	})
	if err != nil || w.Created || w.Dup || w.Conversation.Seq != 2 {
		t.Errorf("second message: %+v, %v", w, err)
	}
}

func testOpenRefuses(t *testing.T, s Stores) {
	good := bot.Conversation{Workspace: workspace, Inbox: "site", Visitor: "v1", ClientConvID: id.New()}
	for _, spoil := range []func(*bot.Conversation){
		func(c *bot.Conversation) { c.Workspace = "" },
		func(c *bot.Conversation) { c.Inbox = "" },
		func(c *bot.Conversation) { c.Visitor = "" },
		func(c *bot.Conversation) { c.ClientConvID = "" },
	} {
		c := good
		spoil(&c)
		_, err := s.Timeline.Open(t.Context(), c, bot.Key{}, nothing)
		wantKind(t, fmt.Sprintf("open %+v", c), err, fault.Invalid)
	}
	// A refused first message leaves no conversation behind.
	refused := fault.New(fault.Limited, "Too fast.")
	_, err := s.Timeline.Open(t.Context(), good, key(visitor, "x"), func(bot.Conversation) (bot.Change, error) {
		return bot.Change{}, refused
	})
	if !errors.Is(err, refused) {
		t.Errorf("got %v, want the error of decide itself", err)
	}
	list, err := s.Timeline.Conversations(t.Context(), bot.ConversationQuery{Workspace: workspace, Limit: 10})
	if err != nil || len(list) != 0 {
		t.Errorf("%d conversations, %v; want none", len(list), err)
	}
}

func testSameIDInParallel(t *testing.T, s Stores) {
	c := newConversation(t, s, workspace)
	const keys, each = 10, 20
	all := make([]bot.Key, keys)
	for i := range all {
		all[i] = key(visitor, fmt.Sprint(i))
	}
	got := make([][]bot.Written, keys)
	for i := range got {
		got[i] = make([]bot.Written, each)
	}
	var wg sync.WaitGroup
	for i := range keys {
		for j := range each {
			wg.Go(func() {
				w, err := s.Timeline.Write(t.Context(), workspace, c.ID, all[i], func(bot.Conversation) (bot.Change, error) {
					return bot.Change{Events: []bot.NewEvent{says(visitor, fmt.Sprint(i)), says(visitor, "and more")}}, nil
				})
				if err != nil {
					t.Error(err)
				}
				got[i][j] = w
			})
		}
	}
	wg.Wait()
	for i := range got {
		fresh := 0
		for _, w := range got[i] {
			if !w.Dup {
				fresh++
			}
			wantSame(t, "events of one key", w.Events, got[i][0].Events)
		}
		if fresh != 1 {
			t.Errorf("key %d wrote %d times, want once", i, fresh)
		}
	}
	checkDense(t, s, c)
	if n := len(timeline(t, s, c, bot.ViewAgent, 500)); n != 2*keys {
		t.Errorf("%d events, want %d", n, 2*keys)
	}
}

func testSameIDOtherBody(t *testing.T, s Stores) {
	c := newConversation(t, s, workspace)
	k := key(visitor, "first")
	first := write(t, s, c, k, bot.Change{Events: []bot.NewEvent{says(visitor, "first")}})
	other := k
	other.Digest = "digest of second"
	wantKind(t, "the same id with another body",
		tryWrite(t, s, c, other, bot.Change{Events: []bot.NewEvent{says(visitor, "second")}}), fault.Conflict)
	again := write(t, s, c, k, bot.Change{Events: []bot.NewEvent{says(visitor, "first")}})
	if !again.Dup {
		t.Error("the first body should still be known")
	}
	wantSame(t, "events", again.Events, first.Events)
	wantSame(t, "timeline", texts(timeline(t, s, c, bot.ViewAgent, 10)), []string{"1/1 visitor first"})
}

func testKeysAreTheSenders(t *testing.T, s Stores) {
	c, d := newConversation(t, s, workspace), newConversation(t, s, workspace)
	k := key(visitor, "x")
	same := []struct {
		in bot.Conversation
		by bot.Author
	}{
		{c, visitor},
		{c, bot.Author{Kind: bot.AuthorVisitor, ID: "v2"}},
		{c, bot.Author{Kind: bot.AuthorAgent, ID: "v1"}},
		{d, visitor},
	}
	for _, x := range same {
		k.Sender = x.by
		if w := write(t, s, x.in, k, bot.Change{Events: []bot.NewEvent{says(x.by, "x")}}); w.Dup {
			t.Errorf("%+v in another place should not be taken for a repetition", x.by)
		}
	}
}

func testEventKeepsEverything(t *testing.T, s Stores) {
	c := newConversation(t, s, workspace)
	body := bot.Body{
		Text: "Hello 您好 \U0001F600 \"quoted\" <b>\n\ttab", Written: "w", Language: "zh", Decision: bot.DecideAnswer,
		Sources:     []bot.Source{{Document: "d1", Path: "help/a.md", Title: "A", URL: "https://example.com/a", Heading: []string{"One", "Two"}, Score: 0.83}},
		Suggestions: []string{"One?", "Two?"},
		Attachments: []bot.Attachment{{ID: "f1", Name: "a.png", Type: "image/png", Size: 12345678901}},
		Run:         "r1", Of: "e0", State: bot.RunFailed, Service: bot.ServiceOffered, Speaker: bot.SpeakerHuman,
		Agent: "a1", AgentName: "Lin", Change: "offered", Reason: bot.ReasonAsked,
		Summary: &bot.Summary{Problem: "p", Fields: map[string]string{"order_number": "A1"}, Tried: []bot.Source{{Title: "T"}}, Sentiment: -0.5, Next: "n"},
		Helpful: true, Why: "wrong",
	}
	k := bot.Key{Sender: visitor, ClientMsgID: id.New(), Digest: "d"}
	ev := bot.NewEvent{ID: bot.EventID(id.New()), Kind: bot.EventService, Author: visitor, Visible: true, At: start.Add(time.Nanosecond), Body: body}
	w := write(t, s, c, k, bot.Change{Events: []bot.NewEvent{ev, {Kind: bot.EventNote, Author: bot.Author{Kind: bot.AuthorAgent, ID: "a1", Name: "Lin"}, At: start}}})
	want := []bot.Event{
		{ID: ev.ID, Conversation: c.ID, Seq: 1, VSeq: 1, Kind: bot.EventService, Author: visitor, ClientMsgID: k.ClientMsgID, At: start, Body: body},
		{ID: w.Events[1].ID, Conversation: c.ID, Seq: 2, Kind: bot.EventNote, Author: bot.Author{Kind: bot.AuthorAgent, ID: "a1", Name: "Lin"}, At: start},
	}
	wantSame(t, "written", w.Events, want)
	wantSame(t, "read", timeline(t, s, c, bot.ViewAgent, 10), want)
	if !id.Valid(string(w.Events[1].ID)) {
		t.Errorf("the engine made the id %q, want a UUID", w.Events[1].ID)
	}
}

func testRowKeepsEverything(t *testing.T, s Stores) {
	c := newConversation(t, s, workspace)
	set := func(c *bot.Conversation) {
		c.Speaker, c.Service, c.Agent, c.Queue, c.Priority = bot.SpeakerHuman, bot.ServiceActive, "a1", "q1", 7
		c.Skills, c.Reason, c.Enqueued = []string{"lang:zh", "billing"}, bot.ReasonUnhappy, start.Add(time.Minute)
		c.Language, c.Sentiment, c.LastText, c.LastBy = "zh", -0.25, "last", bot.AuthorBot
		c.Memory = bot.Memory{
			Turns: []bot.Exchange{{Asked: "a", Question: "b", Answer: "c", Decision: bot.DecideRefuse, Document: "d", Topic: "e", At: start}},
			Slots: []bot.Slot{{Name: "order_number", Value: "A1", Source: "e1", Expires: start}}, Summary: "s",
			Failed: 1, Refused: 2, Clarified: true, Offered: true, OfferedAt: 3, Turn: 4, Trend: -0.5, Low: true, Segment: 5,
		}
	}
	want := c
	set(&want)
	want.Version, want.ControlEpoch = c.Version+1, 1
	// What identifies the row, its numbers and its times are not Row's to change.
	w := write(t, s, c, bot.Key{}, bot.Change{Row: func(c *bot.Conversation) {
		set(c)
		c.Seq, c.VSeq, c.Version, c.ID, c.Workspace, c.Visitor = 77, 77, 77, "x", "x", "x"
		c.CreatedAt, c.UpdatedAt = time.Time{}, time.Time{}
	}})
	wantSame(t, "written", w.Conversation, want)
	got, err := s.Timeline.Conversation(t.Context(), workspace, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "read", got, want)
	// A later write without Row keeps it all and moves the numbers.
	at := start.Add(time.Hour)
	long := ""
	for range 300 {
		long += "字"
	}
	e := says(visitor, long)
	e.At = at
	want.Seq, want.VSeq, want.Version, want.UpdatedAt, want.LastBy = 1, 1, want.Version+1, at, bot.AuthorVisitor
	want.LastText = long[:200*len("字")]
	wantSame(t, "after a message", write(t, s, c, bot.Key{}, bot.Change{Events: []bot.NewEvent{e}}).Conversation, want)
	if got, err = s.Timeline.Conversation(t.Context(), workspace, c.ID); err != nil {
		t.Fatal(err)
	}
	wantSame(t, "read after a message", got, want)
}

func testDecideRefuses(t *testing.T, s Stores) {
	c := newConversation(t, s, workspace)
	k := key(visitor, "x")
	refused := fault.New(fault.Denied, "Not now.")
	_, err := s.Timeline.Write(t.Context(), workspace, c.ID, k, func(bot.Conversation) (bot.Change, error) {
		return bot.Change{Events: []bot.NewEvent{says(visitor, "x")}}, refused
	})
	if !errors.Is(err, refused) {
		t.Errorf("got %v, want the error of decide itself", err)
	}
	// The key was not used up.
	if w := write(t, s, c, k, bot.Change{Events: []bot.NewEvent{says(visitor, "x")}}); w.Dup || w.Events[0].Seq != 1 {
		t.Errorf("after a refusal: %+v", w)
	}
	_, err = s.Timeline.Write(t.Context(), workspace, "nobody", bot.Key{}, nothing)
	wantKind(t, "write to no conversation", err, fault.NotFound)
	_, err = s.Timeline.Conversation(t.Context(), workspace, "nobody")
	wantKind(t, "read no conversation", err, fault.NotFound)
	_, err = s.Timeline.Events(t.Context(), bot.EventQuery{Workspace: workspace, Conversation: "nobody", View: bot.ViewAgent, Limit: 1})
	wantKind(t, "events of no conversation", err, fault.NotFound)
}

func testEmptyChange(t *testing.T, s Stores) {
	c := newConversation(t, s, workspace)
	if w := write(t, s, c, bot.Key{}, bot.Change{}); w.Conversation.Version != c.Version || len(w.Events) != 0 {
		t.Errorf("the zero change wrote something: %+v", w)
	}
}

func testEpochRises(t *testing.T, s Stores) {
	c := newConversation(t, s, workspace)
	for i, step := range []struct {
		row  func(*bot.Conversation)
		want int64
	}{
		{func(c *bot.Conversation) { c.Service = bot.ServiceWaiting }, 0},
		{func(c *bot.Conversation) { c.Service, c.Speaker = bot.ServiceActive, bot.SpeakerHuman }, 1},
		{func(c *bot.Conversation) { c.Agent = "a2" }, 1},
		{func(c *bot.Conversation) { c.Speaker = bot.SpeakerBot; c.ControlEpoch++ }, 2}, // said twice, rises once
		{func(c *bot.Conversation) { c.Service = bot.ServiceClosed }, 3},
		{func(c *bot.Conversation) { c.Service = bot.ServiceClosed }, 3},
		{func(c *bot.Conversation) { c.Service = bot.ServiceBot; c.ControlEpoch = 0 }, 3}, // never falls
		{func(c *bot.Conversation) { c.ControlEpoch += 5 }, 4},
	} {
		w := write(t, s, c, bot.Key{}, bot.Change{Row: step.row, Events: []bot.NewEvent{says(visitor, "x")}})
		if w.Conversation.ControlEpoch != step.want || w.Events[0].Epoch != step.want {
			t.Errorf("step %d: row has epoch %d and event %d, want %d", i, w.Conversation.ControlEpoch, w.Events[0].Epoch, step.want)
		}
	}
}

func testWorkspaces(t *testing.T, s Stores) {
	c := newConversation(t, s, workspace)
	write(t, s, c, bot.Key{}, bot.Change{
		Events: []bot.NewEvent{says(visitor, "secret")}, Owe: true,
		Trace: &bot.Trace{Decision: bot.DecideAnswer, At: start},
	})
	const other = bot.WorkspaceID("other")
	_, err := s.Timeline.Conversation(t.Context(), other, c.ID)
	wantKind(t, "row", err, fault.NotFound)
	_, err = s.Timeline.Write(t.Context(), other, c.ID, bot.Key{}, nothing)
	wantKind(t, "write", err, fault.NotFound)
	_, err = s.Timeline.Events(t.Context(), bot.EventQuery{Workspace: other, Conversation: c.ID, View: bot.ViewAgent, Limit: 5})
	wantKind(t, "events", err, fault.NotFound)
	list, err := s.Timeline.Conversations(t.Context(), bot.ConversationQuery{Workspace: other, Limit: 5})
	if err != nil || len(list) != 0 {
		t.Errorf("list of another workspace: %d, %v", len(list), err)
	}
	turns, err := s.Traces.Turns(t.Context(), bot.TurnQuery{Workspace: other, Limit: 5})
	if err != nil || len(turns) != 0 {
		t.Errorf("turns of another workspace: %d, %v", len(turns), err)
	}
}
