package history_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/frontdesk-chat/frontdesk/internal/history"
)

const conv = "c1"

// story is a run of one visitor who sends and one agent who reads: two messages,
// both acknowledged, both shown. Tests break it.
type story struct {
	visitor, agent []history.Op
	seen, all      []history.Stored // the final read of the visitor and of the agent
}

func good() *story {
	return &story{
		visitor: []history.Op{
			{Kind: history.Watch, Conversation: conv, At: 1},
			{Kind: history.Invoke, Conversation: conv, ID: "m1", At: 10},
			{Kind: history.Invoke, Conversation: conv, ID: "m2", At: 20},
			{Kind: history.OK, Conversation: conv, ID: "m1", At: 30},
			{Kind: history.Receive, Way: history.Acked, Conversation: conv, ID: "m1", Event: "e1", N: 1, At: 30},
			{Kind: history.Receive, Way: history.Live, Conversation: conv, ID: "m1", Event: "e1", N: 1, At: 31},
			{Kind: history.OK, Conversation: conv, ID: "m2", At: 40},
			{Kind: history.Receive, Way: history.Live, Conversation: conv, ID: "m2", Event: "e2", N: 2, At: 41},
			{Kind: history.Receive, Way: history.Acked, Conversation: conv, ID: "m2", Event: "e2", N: 2, At: 42},
		},
		agent: []history.Op{
			{Kind: history.Watch, Conversation: conv, At: 1},
			{Kind: history.Receive, Way: history.Live, Conversation: conv, ID: "m1", Event: "e1", N: 1, At: 35, Lag: 6},
			{Kind: history.Down, At: 36},
			{Kind: history.Receive, Way: history.Delta, Conversation: conv, ID: "m2", Event: "e2", N: 2, At: 90},
			{Kind: history.Synced, At: 91},
		},
		seen: []history.Stored{{N: 1, Event: "e1", ID: "m1"}, {N: 2, Event: "e2", ID: "m2"}},
		all:  []history.Stored{{N: 1, Event: "e1", ID: "m1"}, {N: 2, Event: "e2", ID: "m2"}},
	}
}

func (s *story) check() history.Report {
	log := history.NewLog()
	v, a := log.Client("v", history.Visitor), log.Client("a", history.Agent)
	for _, op := range s.visitor {
		v.Add(op)
	}
	for _, op := range s.agent {
		a.Add(op)
	}
	return history.Check([]*history.Client{v, a}, []history.Final{
		{View: history.Visitor, Conversation: conv, Events: s.seen},
		{View: history.Agent, Conversation: conv, Events: s.all},
	})
}

func TestGoodHistoryIsClean(t *testing.T) {
	got := good().check()
	want := history.Report{
		Sends: 2, Acked: 2,
		Ack:     history.Spread{Count: 2, P50: 20, P99: 20, Worst: 20},
		Deliver: history.Spread{Count: 3, P99: 6, Worst: 6},
		Stale:   history.Spread{Count: 2, P50: 5, P99: 50, Worst: 50},
		Away:    history.Spread{Count: 1, P50: 55, P99: 55, Worst: 55},
	}
	if d := cmp.Diff(want, got); d != "" || !got.Clean() {
		t.Errorf("clean: %v (-want +got)\n%s", got.Clean(), d)
	}
}

// TestFaultsAreCaught shows each checker the fault that it is for.
func TestFaultsAreCaught(t *testing.T) {
	drop := func(ops []history.Op, kind history.Kind, way history.Way, id string) []history.Op {
		return slices.DeleteFunc(ops, func(o history.Op) bool { return o.Kind == kind && o.Way == way && o.ID == id })
	}
	cases := []struct {
		name  string
		spoil func(*story)
		want  history.Report
	}{
		{"an acknowledged send is not stored", func(s *story) {
			s.seen, s.all = s.seen[:1], s.all[:1]
			s.visitor = slices.DeleteFunc(s.visitor, func(o history.Op) bool { return o.Kind == history.Receive && o.ID == "m2" })
			s.agent = drop(s.agent, history.Receive, history.Delta, "m2")
		}, history.Report{Lost: 1, Unstored: 1}},
		{"a reader never got an event", func(s *story) { s.agent = drop(s.agent, history.Receive, history.Delta, "m2") }, history.Report{Lost: 1}},
		{"a reader saw what is not stored", func(s *story) {
			s.agent = append(s.agent, history.Op{Kind: history.Receive, Way: history.Live, Conversation: conv, Event: "e3", N: 3, At: 99})
		}, history.Report{Lost: 1}},
		{"a conversation was never read in the end", func(s *story) {
			s.agent = append(s.agent, history.Op{Kind: history.Watch, Conversation: "c2", At: 99})
		}, history.Report{Lost: 1}},
		{"a send is stored twice", func(s *story) {
			s.all = append(s.all, history.Stored{N: 3, Event: "e3", ID: "m2"})
			s.agent = append(s.agent, history.Op{Kind: history.Receive, Way: history.Live, Conversation: conv, ID: "m2", Event: "e3", N: 3, At: 99})
		}, history.Report{Doubled: 1, StoredTwice: 1}},
		{"an unknown send is stored twice", func(s *story) {
			s.visitor = drop(s.visitor, history.OK, 0, "m2")
			s.all = append(s.all, history.Stored{N: 3, Event: "e3", ID: "m2"})
			s.agent = append(s.agent, history.Op{Kind: history.Receive, Way: history.Live, Conversation: conv, ID: "m2", Event: "e3", N: 3, At: 99})
		}, history.Report{Doubled: 1, StoredTwice: 1}},
		{"a reader got an event twice", func(s *story) {
			s.agent = append(s.agent, history.Op{Kind: history.Receive, Way: history.Live, Conversation: conv, ID: "m2", Event: "e2", N: 2, At: 99})
		}, history.Report{Doubled: 1}},
		{"a number came late", func(s *story) {
			s.agent = []history.Op{
				{Kind: history.Watch, Conversation: conv, At: 1},
				{Kind: history.Receive, Way: history.Live, Conversation: conv, ID: "m2", Event: "e2", N: 2, At: 35},
				{Kind: history.Receive, Way: history.Live, Conversation: conv, ID: "m1", Event: "e1", N: 1, At: 36},
			}
		}, history.Report{Disordered: 1}},
		{"a number changed its event before the reader's eyes", func(s *story) {
			s.agent = append(s.agent[:2:2],
				history.Op{Kind: history.Receive, Way: history.Acked, Conversation: conv, Event: "other", N: 1, At: 40},
				history.Op{Kind: history.Receive, Way: history.Acked, Conversation: conv, Event: "e1", N: 1, At: 41},
				history.Op{Kind: history.Receive, Way: history.Live, Conversation: conv, ID: "m2", Event: "e2", N: 2, At: 42})
		}, history.Report{Disordered: 2}},
		{"the store has another event at a number", func(s *story) { s.all[1].Event = "other" }, history.Report{Disordered: 1}},
		{"a sender's second message stands before the first", func(s *story) {
			s.visitor[1].ID, s.visitor[2].ID = "m2", "m1"
		}, history.Report{Disordered: 2}}, // in both views
		{"the numbers have a hole", func(s *story) {
			s.seen = append(s.seen, history.Stored{N: 4, Event: "e4"})
			s.visitor = append(s.visitor, history.Op{Kind: history.Receive, Way: history.Live, Conversation: conv, Event: "e4", N: 4, At: 99})
		}, history.Report{Gaps: 1}},
		{"a stream is not what was stored", func(s *story) {
			s.visitor = append(s.visitor, history.Op{Kind: history.Torn, Conversation: conv, Event: "e1", At: 99})
		}, history.Report{Torn: 1}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := good()
			c.spoil(s)
			got := s.check()
			counts := history.Report{Lost: got.Lost, Doubled: got.Doubled, Disordered: got.Disordered, Gaps: got.Gaps, Torn: got.Torn, Unstored: got.Unstored, StoredTwice: got.StoredTwice}
			if d := cmp.Diff(c.want, counts); d != "" || got.Clean() {
				t.Errorf("clean: %v (-want +got)\n%s%v", got.Clean(), d, got.Examples)
			}
			if len(got.Examples) == 0 {
				t.Error("the report shows no example")
			}
		})
	}
}

// TestAllowed shows what is no fault.
func TestAllowed(t *testing.T) {
	cases := []struct {
		name  string
		spoil func(*story)
		want  history.Report
	}{
		{"an unknown send that is stored once", func(s *story) {
			s.visitor = slices.DeleteFunc(s.visitor, func(o history.Op) bool {
				return o.ID == "m2" && (o.Kind == history.OK || o.Way == history.Acked)
			})
		}, history.Report{Sends: 2, Acked: 1, Unknown: 1}},
		{"a refused send that is not stored", func(s *story) {
			s.visitor = append(s.visitor, history.Op{Kind: history.Invoke, Conversation: conv, ID: "m3", At: 50}, history.Op{Kind: history.Refused, ID: "m3", At: 51})
		}, history.Report{Sends: 3, Acked: 2, Refused: 1}},
		{"a second acknowledgement of one send", func(s *story) {
			s.visitor = append(s.visitor, history.Op{Kind: history.OK, ID: "m1", Dup: true, At: 60})
		}, history.Report{Sends: 2, Acked: 2}},
		{"an event that was polled while the socket came back", func(s *story) {
			s.agent = slices.Insert(s.agent, 3, history.Op{Kind: history.Receive, Way: history.Polled, Conversation: conv, ID: "m2", Event: "e2", N: 2, At: 80})
		}, history.Report{Sends: 2, Acked: 2}},
		{"a snapshot that leaves out the oldest", func(s *story) {
			s.agent = []history.Op{
				{Kind: history.Watch, Conversation: conv, At: 1},
				{Kind: history.Reset, Conversation: conv, N: 1, At: 80},
				{Kind: history.Receive, Way: history.Snapshot, Conversation: conv, ID: "m2", Event: "e2", N: 2, At: 80},
			}
		}, history.Report{Sends: 2, Acked: 2}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := good()
			c.spoil(s)
			got := s.check()
			spreads := cmpopts.IgnoreFields(history.Report{}, "Ack", "Deliver", "Stale", "Away")
			if d := cmp.Diff(c.want, got, spreads); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestRecovery(t *testing.T) {
	log := history.NewLog()
	back, early, never := log.Client("back", history.Visitor), log.Client("early", history.Visitor), log.Client("never", history.Visitor)
	for _, op := range []history.Op{{Kind: history.Down, At: time.Second}, {Kind: history.Synced, At: 2 * time.Second}, {Kind: history.Down, At: 11 * time.Second}, {Kind: history.Synced, At: 13 * time.Second}} {
		back.Add(op)
	}
	early.Add(history.Op{Kind: history.Down, At: time.Second})
	early.Add(history.Op{Kind: history.Synced, At: 2 * time.Second})
	never.Add(history.Op{Kind: history.Down, At: 12 * time.Second})
	got, lost := history.Recovery([]*history.Client{back, early, never}, 10*time.Second)
	want := history.Spread{Count: 1, P50: 3 * time.Second, P99: 3 * time.Second, Worst: 3 * time.Second}
	if got != want || !slices.Equal(lost, []string{"never"}) {
		t.Errorf("got %+v and %v", got, lost)
	}
}
