package training

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/intents"
)

// talks are conversations with their events, beside turns.
type talks struct {
	turns
	rows   []bot.Conversation
	events map[bot.ConversationID][]bot.Event
}

func (t talks) Conversations(_ context.Context, q bot.ConversationQuery) ([]bot.Conversation, error) {
	if !q.Before.IsZero() {
		return nil, nil
	}
	return t.rows, nil
}

func (t talks) Events(_ context.Context, q bot.EventQuery) (bot.EventPage, error) {
	return bot.EventPage{Events: t.events[q.Conversation]}, nil
}

func TestReviewShowsWhatAPersonAnswered(t *testing.T) {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	at := func(minutes int) time.Time { return now.Add(-time.Duration(minutes) * time.Minute) }
	say := func(by bot.AuthorKind, id bot.EventID, text string) bot.Event {
		return bot.Event{ID: id, Kind: bot.EventMessage, Author: bot.Author{Kind: by}, Body: bot.Body{Text: text}}
	}
	wish := bot.Trace{Event: "b2", At: at(4), Question: "a person please", Decision: bot.DecideHandoff}
	wish.Reading.Signals = intents.Signals{WantsPerson: .9}
	source := talks{
		turns: turns{
			{Event: "a1", At: at(2), Question: "Do you rent bicycles?", Decision: bot.DecideOffer, Reason: bot.ReasonUnanswered},
			{Event: "b1", At: at(5), Question: "when is the last boat", Decision: bot.DecideAnswer},
			wish,
			{Event: "c1", At: at(9), Question: "hello", Decision: bot.DecideAnswer},
			{Event: "d1", At: at(12), Question: "no reply yet", Decision: bot.DecideRefuse},
		},
		rows: []bot.Conversation{
			{ID: "A", Reason: bot.ReasonUnanswered, UpdatedAt: at(1)},
			{ID: "B", Reason: bot.ReasonTaken, UpdatedAt: at(3)},
			{ID: "C", Reason: bot.ReasonAsked, UpdatedAt: at(8)},
			{ID: "D", Reason: bot.ReasonTaken, UpdatedAt: at(11)},
		},
		events: map[bot.ConversationID][]bot.Event{
			"A": {say(bot.AuthorVisitor, "a0", "?"), say(bot.AuthorBot, "a1", "…"), say(bot.AuthorAgent, "a2", "Hello, I am Lin."), say(bot.AuthorAgent, "a3", "Yes, at the quay."), say(bot.AuthorBot, "a4", "back"), say(bot.AuthorAgent, "a5", "another matter")},
			"B": {say(bot.AuthorBot, "b1", "…"), say(bot.AuthorBot, "b2", "…"), say(bot.AuthorAgent, "b3", "At six.")},
			"C": {say(bot.AuthorBot, "c1", "…"), say(bot.AuthorAgent, "c2", "Hello.")},
			"D": {say(bot.AuthorBot, "d1", "…")},
		},
	}
	done := marks{}
	r := NewReview(source, done, &lines{}, nil, func() time.Time { return now })
	list := func() map[string]string {
		items, err := r.List(t.Context(), "w", ReviewTaken, 10)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, it := range items {
			out[it.Question] = it.Draft
		}
		return out
	}
	want := map[string]string{"Do you rent bicycles?": "Hello, I am Lin.\nYes, at the quay.", "when is the last boat": "At six."}
	if d := cmp.Diff(want, list()); d != "" {
		t.Errorf("taken (-want +got):\n%s", d)
	}
	if err := r.Done(t.Context(), "w", []bot.EventID{"b1"}, "ann"); err != nil {
		t.Fatal(err)
	}
	delete(want, "when is the last boat")
	if d := cmp.Diff(want, list()); d != "" {
		t.Errorf("after one is done (-want +got):\n%s", d)
	}
}
