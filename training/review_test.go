package training

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/e5"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// turns is a list of traces, newest first, read as a store reads them.
type turns []bot.Trace

func (l turns) Turns(_ context.Context, q bot.TurnQuery) ([]bot.Trace, error) {
	var out []bot.Trace
	for _, t := range l {
		if q.Unhelpful && (t.Helpful == nil || *t.Helpful) {
			continue
		}
		if len(q.Decisions) > 0 && !slices.Contains(q.Decisions, t.Decision) {
			continue
		}
		if !q.Before.IsZero() && !t.At.Before(q.Before) {
			continue
		}
		if len(out) < q.Limit && !t.At.Before(q.Since) {
			out = append(out, t)
		}
	}
	return out, nil
}

// marks remembers what was reviewed.
type marks map[bot.EventID]bool

func (m marks) MarkReviewed(_ context.Context, _ bot.WorkspaceID, events []bot.EventID, _ string, _ time.Time) error {
	for _, e := range events {
		m[e] = true
	}
	return nil
}

func (m marks) Reviewed(_ context.Context, _ bot.WorkspaceID, events []bot.EventID) (map[bot.EventID]bool, error) {
	return m, nil
}

func TestReviewGroupsAndForgets(t *testing.T) {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	no := false
	at := func(minutes int) time.Time { return now.Add(-time.Duration(minutes) * time.Minute) }
	list := turns{
		{Event: "a", At: at(1), Question: "Do you sell lamps?", Decision: bot.DecideRefuse},
		{Event: "b", At: at(2), Question: "I want a person", Decision: bot.DecideHandoff, Reason: bot.ReasonAsked},
		{Event: "c", At: at(3), Question: "有燈嗎", Decision: bot.DecideRefuse},
		{Event: "d", At: at(4), Question: "do YOU sell lamps", Decision: bot.DecideClarify},
		{Event: "e", At: at(5), Question: "有灯吗？", Decision: bot.DecideRefuse},
		{Event: "f", At: at(6), Question: "do you sell lamps", Decision: bot.DecideRefuse},
		{Event: "g", At: at(7), Question: "when do you open", Decision: bot.DecideAnswer, Helpful: &no},
		{Event: "h", At: at(60 * 24 * 100), Question: "long ago", Decision: bot.DecideRefuse},
	}
	done := marks{}
	r := NewReview(list, done, &lines{}, nil, func() time.Time { return now })
	names := func(kind ReviewKind) map[string][]bot.EventID {
		items, err := r.List(t.Context(), "w", kind, 50)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string][]bot.EventID{}
		for _, it := range items {
			out[it.Question] = it.Events
		}
		return out
	}
	if d := cmp.Diff(map[string][]bot.EventID{"Do you sell lamps?": {"a", "d", "f"}, "有燈嗎": {"c", "e"}}, names(ReviewUnanswered)); d != "" {
		t.Errorf("unanswered (-want +got):\n%s", d)
	}
	if d := cmp.Diff(map[string][]bot.EventID{"when do you open": {"g"}}, names(ReviewUnhelpful)); d != "" {
		t.Errorf("unhelpful (-want +got):\n%s", d)
	}
	if err := r.Done(t.Context(), "w", []bot.EventID{"a", "d", "f"}, "editor"); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string][]bot.EventID{"有燈嗎": {"c", "e"}}, names(ReviewUnanswered)); d != "" {
		t.Errorf("after done (-want +got):\n%s", d)
	}
	if _, err := r.List(t.Context(), "w", "other", 5); !fault.Is(err, fault.Invalid) {
		t.Errorf("unknown list: got %v, want invalid", err)
	}
}

func (l turns) Trace(_ context.Context, _ bot.WorkspaceID, _ bot.ConversationID, event bot.EventID) (bot.Trace, error) {
	for _, t := range l {
		if t.Event == event {
			return t, nil
		}
	}
	return bot.Trace{}, fault.New(fault.NotFound, "no such turn")
}

func (l turns) Conversations(context.Context, bot.ConversationQuery) ([]bot.Conversation, error) {
	return nil, nil
}

func (l turns) Events(context.Context, bot.EventQuery) (bot.EventPage, error) {
	return bot.EventPage{}, nil
}

// lines are a regression set in memory.
type lines struct{ all []Check }

func (l *lines) PutCheck(_ context.Context, wording string, c Check) (CheckID, error) {
	for i := range l.all {
		if wordingOf(l.all[i].Question) == wording {
			c.ID = l.all[i].ID
			l.all[i] = c
			return c.ID, nil
		}
	}
	l.all = append([]Check{c}, l.all...)
	return c.ID, nil
}

func (l *lines) DeleteCheck(_ context.Context, _ bot.WorkspaceID, line CheckID) error {
	l.all = slices.DeleteFunc(l.all, func(c Check) bool { return c.ID == line })
	return nil
}

func (l *lines) Checks(context.Context, bot.WorkspaceID) ([]Check, error) {
	return slices.Clone(l.all), nil
}

func (l *lines) PutOutcomes(_ context.Context, _ bot.WorkspaceID, outcomes map[CheckID]Outcome) error {
	for i := range l.all {
		if o, ok := outcomes[l.all[i].ID]; ok {
			l.all[i].Last = &o
		}
	}
	return nil
}

func TestReviewNearTies(t *testing.T) {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	turn := func(event bot.EventID, d bot.Decision, best, next float64, language string) bot.Trace {
		return bot.Trace{Event: event, At: now.Add(-time.Minute), Question: "question " + string(event), Decision: d, Candidates: []knowledge.Candidate{
			{Document: "x", Language: "en", Confidence: best}, {Document: "y", Language: language, Confidence: next},
		}}
	}
	list := turns{
		turn("close", bot.DecideAnswer, .5, .45, "en"), turn("clear", bot.DecideAnswer, .5, .2, "en"), turn("translation", bot.DecideAnswer, .5, .49, "zh"),
		turn("asked back", bot.DecideClarify, .2, .19, "en"), turn("nothing", bot.DecideClarify, .05, .05, "en"), turn("refused", bot.DecideRefuse, .3, .3, "en"),
	}
	r := NewReview(list, marks{}, &lines{}, nil, func() time.Time { return now })
	items, err := r.List(t.Context(), "w", ReviewNearTie, 10)
	if err != nil {
		t.Fatal(err)
	}
	var got []bot.EventID
	for _, it := range items {
		got = append(got, it.Events...)
	}
	if d := cmp.Diff([]bot.EventID{"close", "asked back"}, got); d != "" {
		t.Errorf("near ties (-want +got):\n%s", d)
	}
}

// shelfOfVectors keeps vectors in memory and counts how often it is asked to.
type shelfOfVectors struct {
	known map[string][]float32
	puts  int
}

func (s *shelfOfVectors) Vectors(_ context.Context, _ bot.WorkspaceID, _ string, hashes []string) (map[string][]float32, error) {
	out := map[string][]float32{}
	for _, h := range hashes {
		if v := s.known[h]; v != nil {
			out[h] = v
		}
	}
	return out, nil
}

func (s *shelfOfVectors) PutVectors(_ context.Context, _ bot.WorkspaceID, _ string, vectors map[string][]float32) error {
	s.puts += len(vectors)
	maps.Copy(s.known, vectors)
	return nil
}

// Questions of one meaning are one cluster in each language, the most central
// wording first; what is not ours does not come back, in other words either; each
// question is embedded once for good.
func TestReviewByMeaning(t *testing.T) {
	encoder, err := e5.Open()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	var list turns
	ask := func(language, question string) {
		tr := bot.Trace{Event: bot.EventID(question), At: now.Add(-time.Duration(len(list)+1) * time.Minute), Question: question, Decision: bot.DecideRefuse}
		tr.Reading.Language = language
		list = append(list, tr)
	}
	for _, q := range []string{"can I become an apprentice", "I want to become an apprentice", "do you rent out boats", "can I hire a boat from you", "what will the weather be tomorrow"} {
		ask("en", q)
	}
	for _, q := range []string{"可以当学徒吗", "你们收不收学徒", "能租船吗"} {
		ask("zh", q)
	}
	store := &shelfOfVectors{known: map[string][]float32{}}
	refused := &lines{}
	review := func() map[string]int {
		r := NewReview(list, marks{}, refused, NewEmbeddings(encoder, store), func() time.Time { return now })
		items, err := r.List(t.Context(), "w", ReviewUnanswered, 20)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]int{}
		for _, it := range items {
			if it.Count != len(it.Wordings)+1 {
				t.Errorf("%q: %d turns, other wordings %q", it.Question, it.Count, it.Wordings)
			}
			for _, q := range append([]string{it.Question}, it.Wordings...) {
				out[q] = it.Count
			}
		}
		return out
	}
	want := map[string]int{
		"can I become an apprentice": 2, "I want to become an apprentice": 2, "do you rent out boats": 2, "can I hire a boat from you": 2,
		"what will the weather be tomorrow": 1, "可以当学徒吗": 2, "你们收不收学徒": 2, "能租船吗": 1,
	}
	if d := cmp.Diff(want, review()); d != "" {
		t.Errorf("clusters (-want +got):\n%s", d)
	}
	made := store.puts
	refused.all = []Check{{ID: "r", Question: "what will the weather be like tomorrow", Language: "en"}}
	delete(want, "what will the weather be tomorrow")
	if d := cmp.Diff(want, review()); d != "" {
		t.Errorf("after the weather was refused (-want +got):\n%s", d)
	}
	if made != len(list) || store.puts != made+1 {
		t.Errorf("%d, then %d questions were embedded; want %d, and the one that is new", made, store.puts-made, len(list))
	}
}

func TestWordingIsOneQuestion(t *testing.T) {
	const first, then = "When can I visit the kiln?", "how much is a ticket"
	for _, c := range []struct {
		name string
		turn bot.Trace
		want string
	}{
		{"stands alone", bot.Trace{Asked: then, Question: then}, then},
		{"behind another", bot.Trace{Asked: then, Question: first + " " + then, Rewritten: true, Carried: []string{first}}, then},
		{"behind another in Chinese", bot.Trace{Asked: "门票多少钱", Question: "什么时候能参观，门票多少钱", Rewritten: true, Carried: []string{"什么时候能参观"}}, "门票多少钱"},
		{"written out", bot.Trace{Asked: "and the suite?", Question: "How much is the suite?", Rewritten: true, Carried: []string{"How much is"}}, "How much is the suite?"},
	} {
		if got := wording(c.turn); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
