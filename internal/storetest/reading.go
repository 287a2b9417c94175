package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// checkDense fails unless both views are numbered 1…n without a hole (I-01,
// I-02) and the row and the pages agree with them.
func checkDense(t tester, s Stores, c bot.Conversation) {
	t.Helper()
	all := timeline(t, s, c, bot.ViewAgent, 500)
	var v int64
	for i, e := range all {
		if e.Seq != int64(i+1) {
			t.Fatalf("event %d has seq %d", i+1, e.Seq)
		}
		if e.VSeq != 0 {
			v++
			if e.VSeq != v {
				t.Fatalf("visible event %d has vseq %d", v, e.VSeq)
			}
		}
	}
	row, err := s.Timeline.Conversation(t.Context(), c.Workspace, c.ID)
	if err != nil {
		t.Fatalf("row: %v", err)
	}
	if row.Seq != int64(len(all)) || row.VSeq != v {
		t.Fatalf("the row says %d/%d, the timeline has %d/%d", row.Seq, row.VSeq, len(all), v)
	}
	wantSame(t, "the visitor's view", timeline(t, s, c, bot.ViewVisitor, 500),
		slices.DeleteFunc(slices.Clone(all), func(e bot.Event) bool { return e.VSeq == 0 }))
}

func testPages(t *testing.T, s Stores) {
	c := newConversation(t, s, workspace)
	const n = 23
	for i := range n {
		e := says(visitor, fmt.Sprint(i))
		e.Visible = i%3 != 1 && (i < 8 || i > 12) // single notes and a stretch of them
		write(t, s, c, bot.Key{}, bot.Change{Events: []bot.NewEvent{e}})
	}
	checkDense(t, s, c)
	for _, view := range []bot.View{bot.ViewAgent, bot.ViewVisitor} {
		all := timeline(t, s, c, view, 500)
		top := int64(len(all))
		for size := 1; size <= n+1; size++ {
			for from := int64(-1); from <= top+2; from++ {
				q := bot.EventQuery{Workspace: workspace, Conversation: c.ID, View: view, Limit: size, After: from}
				lo := int(min(max(from, 0), top))
				hi := min(lo+size, int(top))
				checkPage(t, s, q, all[lo:hi], top, hi < int(top))
				if from > 0 {
					q.After, q.Before = 0, from
					hi = int(min(from-1, top))
					lo = max(hi-size, 0)
					checkPage(t, s, q, all[lo:hi], top, lo > 0)
				}
			}
			checkPage(t, s, bot.EventQuery{Workspace: workspace, Conversation: c.ID, View: view, Limit: size, Latest: true},
				all[max(int(top)-size, 0):], top, size < int(top))
		}
	}
	for _, limit := range []int{0, -1, 501} {
		_, err := s.Timeline.Events(t.Context(), bot.EventQuery{Workspace: workspace, Conversation: c.ID, View: bot.ViewAgent, Limit: limit})
		wantKind(t, fmt.Sprintf("limit %d", limit), err, fault.Invalid)
	}
}

func checkPage(t *testing.T, s Stores, q bot.EventQuery, want []bot.Event, top int64, more bool) {
	t.Helper()
	p, err := s.Timeline.Events(t.Context(), q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	if !slices.EqualFunc(p.Events, want, func(a, b bot.Event) bool { return a.ID == b.ID }) {
		t.Fatalf("%+v: got %v, want %v", q, texts(p.Events), texts(want))
	}
	if p.Top != top || p.More != more || p.Conversation.ID != q.Conversation {
		t.Fatalf("%+v: top %d, more %v; want %d, %v", q, p.Top, p.More, top, more)
	}
}

func testVisitorsSeeNoNotes(t *testing.T, s Stores) {
	agent := bot.Author{Kind: bot.AuthorAgent, ID: "a1"}
	note := bot.NewEvent{Kind: bot.EventNote, Author: agent, At: start.Add(time.Hour), Body: bot.Body{Text: "careful"}}
	plain, noted := newConversation(t, s, workspace), newConversation(t, s, workspace)
	for i := range 5 {
		e := says(visitor, fmt.Sprint(i))
		write(t, s, plain, bot.Key{}, bot.Change{Events: []bot.NewEvent{e}})
		write(t, s, noted, bot.Key{}, bot.Change{Events: []bot.NewEvent{note, e, note}})
	}
	a, b := timeline(t, s, plain, bot.ViewVisitor, 2), timeline(t, s, noted, bot.ViewVisitor, 2)
	if len(a) != len(b) {
		t.Fatalf("%d visible events with notes, %d without", len(b), len(a))
	}
	for i := range a {
		if a[i].VSeq != b[i].VSeq || a[i].Body.Text != b[i].Body.Text {
			t.Errorf("event %d: %d %q with notes, %d %q without", i, b[i].VSeq, b[i].Body.Text, a[i].VSeq, a[i].Body.Text)
		}
	}
	row, err := s.Timeline.Conversation(t.Context(), workspace, noted.ID)
	if err != nil || row.LastText != "4" {
		t.Errorf("last text %q, %v; want the last visible one", row.LastText, err)
	}
}

func testLists(t *testing.T, s Stores) {
	services := []bot.Service{bot.ServiceBot, bot.ServiceWaiting, bot.ServiceActive, bot.ServiceClosed, bot.ServiceParked}
	var all []bot.Conversation
	for i := range 40 {
		w, err := s.Timeline.Open(t.Context(), bot.Conversation{
			Workspace: workspace, Inbox: bot.InboxID(fmt.Sprint("in", i%2)), Visitor: bot.VisitorID(fmt.Sprint("v", i%3)),
			ClientConvID: id.New(), CreatedAt: start,
		}, bot.Key{}, func(bot.Conversation) (bot.Change, error) {
			e := says(visitor, fmt.Sprintf("Text %d 100%% a_b", i))
			e.At = start.Add(time.Duration(i/4) * time.Second) // four at a time share their time
			return bot.Change{Events: []bot.NewEvent{e}, Row: func(c *bot.Conversation) {
				c.Service = services[i%len(services)]
				if c.Service == bot.ServiceActive {
					c.Agent = bot.AgentID(fmt.Sprint("a", i%2))
				}
			}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, w.Conversation)
	}
	slices.SortFunc(all, func(a, b bot.Conversation) int {
		if n := b.UpdatedAt.Compare(a.UpdatedAt); n != 0 {
			return n
		}
		return strings.Compare(string(b.ID), string(a.ID))
	})
	for _, c := range []struct {
		name string
		q    bot.ConversationQuery
		keep func(bot.Conversation) bool
	}{
		{"all", bot.ConversationQuery{}, func(bot.Conversation) bool { return true }},
		{
			"line",
			bot.ConversationQuery{Services: []bot.Service{bot.ServiceWaiting, bot.ServiceParked}},
			func(c bot.Conversation) bool {
				return c.Service == bot.ServiceWaiting || c.Service == bot.ServiceParked
			},
		},
		{
			"bot or closed",
			bot.ConversationQuery{Services: []bot.Service{bot.ServiceBot, bot.ServiceClosed, bot.ServiceWaiting}},
			func(c bot.Conversation) bool { return c.Service != bot.ServiceActive && c.Service != bot.ServiceParked },
		},
		{"agent", bot.ConversationQuery{Agent: "a1"}, func(c bot.Conversation) bool { return c.Agent == "a1" }},
		{"visitor", bot.ConversationQuery{Visitor: "v2"}, func(c bot.Conversation) bool { return c.Visitor == "v2" }},
		{"inbox", bot.ConversationQuery{Inbox: "in1", Visitor: "v1"}, func(c bot.Conversation) bool { return c.Inbox == "in1" && c.Visitor == "v1" }},
		{"text", bot.ConversationQuery{Text: "xt 1"}, func(c bot.Conversation) bool { return strings.Contains(c.LastText, "xt 1") }},
		{"percent", bot.ConversationQuery{Text: "0%"}, func(bot.Conversation) bool { return true }},
		{"underscore", bot.ConversationQuery{Text: "0_"}, func(bot.Conversation) bool { return false }},
	} {
		want := slices.DeleteFunc(slices.Clone(all), func(x bot.Conversation) bool { return !c.keep(x) })
		var got []bot.Conversation
		q := c.q
		q.Workspace, q.Limit = workspace, 3
		for {
			page, err := s.Timeline.Conversations(t.Context(), q)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			got = append(got, page...)
			if len(page) < q.Limit {
				break
			}
			q.Before, q.BeforeID = page[len(page)-1].UpdatedAt, page[len(page)-1].ID
		}
		wantSame(t, c.name, got, want)
	}
	for _, limit := range []int{0, 201} {
		_, err := s.Timeline.Conversations(t.Context(), bot.ConversationQuery{Workspace: workspace, Limit: limit})
		wantKind(t, fmt.Sprintf("limit %d", limit), err, fault.Invalid)
	}
	if a, err := s.Timeline.Epoch(t.Context()); err != nil || a == "" {
		t.Errorf("stream epoch %q, %v", a, err)
	}
}

func testTraces(t *testing.T, s Stores) {
	c := newConversation(t, s, workspace)
	says := func(text string) bot.NewEvent {
		return bot.NewEvent{Kind: bot.EventMessage, Author: bot.Author{Kind: bot.AuthorBot}, Visible: true, At: start, Body: bot.Body{Text: text}}
	}
	full := bot.Trace{
		At: start, Asked: "a", Question: "q", Rewritten: true, Carried: []string{"x"}, Trend: -0.5,
		Signals: map[string]float64{"confidence": 0.4}, Decision: bot.DecideAnswer, Rule: "good", Because: "b",
		Reason: bot.ReasonAsked, Answer: "ans", Sources: []bot.Source{{Title: "T", Score: 0.5}}, Suggest: []string{"s"},
		Confidence: 0.4, Failed: true, Model: "m", Fallback: "f", Timings: map[string]time.Duration{"total": time.Millisecond}, Run: "r",
	}
	w := write(t, s, c, bot.Key{}, bot.Change{Events: []bot.NewEvent{says("ans")}, Trace: &full})
	want := full
	want.Workspace, want.Conversation, want.Event = workspace, c.ID, w.Events[0].ID
	got, err := s.Traces.Trace(t.Context(), workspace, c.ID, w.Events[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "trace", got, want)
	_, err = s.Traces.Trace(t.Context(), workspace, c.ID, "nobody")
	wantKind(t, "no trace", err, fault.NotFound)

	// Thumbs arrive as events and are noted on the turn they are about.
	thumbs := func(of bot.EventID, helpful bool, why string) {
		write(t, s, c, bot.Key{}, bot.Change{Events: []bot.NewEvent{{
			Kind: bot.EventFeedback, Author: visitor, Visible: true, At: start,
			Body: bot.Body{Of: of, Helpful: helpful, Why: why},
		}}})
	}
	thumbs(want.Event, false, "wrong")
	no, yes := false, true
	want.Helpful, want.Why = &no, "wrong"
	if got, err = s.Traces.Trace(t.Context(), workspace, c.ID, want.Event); err != nil {
		t.Fatal(err)
	}
	wantSame(t, "trace after thumbs down", got, want)
	thumbs("nobody", true, "") // about nothing we know: kept as an event, marks nothing

	// The end of a streamed answer belongs to its placeholder.
	p := write(t, s, c, bot.Key{}, bot.Change{Events: []bot.NewEvent{{Kind: bot.EventAnswer, Author: bot.Author{Kind: bot.AuthorBot}, Visible: true, At: start}}})
	write(t, s, c, bot.Key{}, bot.Change{
		Events: []bot.NewEvent{{Kind: bot.EventFinished, Author: bot.Author{Kind: bot.AuthorBot}, Visible: true, At: start, Body: bot.Body{Of: p.Events[0].ID}}},
		Trace:  &bot.Trace{At: start.Add(time.Second), Decision: bot.DecideRefuse},
	})
	write(t, s, c, bot.Key{}, bot.Change{Events: []bot.NewEvent{says("x")}, Trace: &bot.Trace{At: start.Add(2 * time.Second), Decision: bot.DecideClarify, Event: "own"}})
	thumbs(p.Events[0].ID, true, "")
	if got, err = s.Traces.Trace(t.Context(), workspace, c.ID, p.Events[0].ID); err != nil || got.Decision != bot.DecideRefuse {
		t.Errorf("trace of a streamed answer: %+v, %v", got, err)
	}
	wantSame(t, "helpful", got.Helpful, &yes)

	for _, x := range []struct {
		q    bot.TurnQuery
		want []bot.Decision
	}{
		{bot.TurnQuery{}, []bot.Decision{bot.DecideClarify, bot.DecideRefuse, bot.DecideAnswer}},
		{bot.TurnQuery{Limit: 1}, []bot.Decision{bot.DecideClarify}},
		{bot.TurnQuery{Unhelpful: true}, []bot.Decision{bot.DecideAnswer}},
		{bot.TurnQuery{Decisions: []bot.Decision{bot.DecideRefuse, bot.DecideOffer}}, []bot.Decision{bot.DecideRefuse}},
		{bot.TurnQuery{Since: start.Add(time.Second)}, []bot.Decision{bot.DecideClarify, bot.DecideRefuse}},
		{bot.TurnQuery{Before: start.Add(time.Second)}, []bot.Decision{bot.DecideAnswer}},
	} {
		x.q.Workspace = workspace
		if x.q.Limit == 0 {
			x.q.Limit = 10
		}
		turns, err := s.Traces.Turns(t.Context(), x.q)
		if err != nil {
			t.Fatal(err)
		}
		var got []bot.Decision
		for _, tr := range turns {
			got = append(got, tr.Decision)
		}
		wantSame(t, fmt.Sprintf("turns %+v", x.q), got, x.want)
	}
}
