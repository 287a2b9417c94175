package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// reported is how many conversations BenchReport reports on, and how many of them a
// person had.
const (
	reported = 100_000
	oneIn    = 3
)

// BenchReport measures a report on a month with 100,000 conversations of 20 events,
// a third of them handed over and rated.
func BenchReport(b *testing.B, open func(b *testing.B) Stores) {
	s := open(b)
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var wg sync.WaitGroup
	next := make(chan int)
	for range 32 {
		wg.Go(func() {
			for n := range next {
				if err := past(b, s, from.Add(time.Duration(n)*(30*day/reported)), n); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for n := range reported {
		next <- n
	}
	close(next)
	wg.Wait()
	d := handoff.New(s.Desk, s.Timeline, (&heard{}), func() time.Time { return from.Add(40 * day) }, nil, &handoff.Options{Reports: s.Reports})
	for b.Loop() {
		r, err := d.Report(b.Context(), handoff.ReportQuery{Workspace: "w", From: "2026-03-01", To: "2026-03-31"})
		if err != nil || r.Total.Begun != reported || r.Total.Handled != (reported+oneIn-1)/oneIn {
			b.Fatalf("%+v, %v", r.Total, err)
		}
	}
}

const day = 24 * time.Hour

// past writes the n-th conversation, which began at that time.
func past(b *testing.B, s Stores, at time.Time, n int) error {
	by, lin := bot.Author{Kind: bot.AuthorVisitor, ID: fmt.Sprint(n)}, bot.Author{Kind: bot.AuthorAgent, ID: fmt.Sprint("agent", n%50)}
	var events []bot.NewEvent
	add := func(kind bot.EventKind, author bot.Author, body bot.Body) {
		at = at.Add(20 * time.Second)
		events = append(events, bot.NewEvent{ID: bot.EventID(id.New()), Kind: kind, Author: author, Visible: true, At: at, Body: body})
	}
	system, words := bot.Author{Kind: bot.AuthorSystem}, bot.Body{Text: "How long does delivery to Canada take, and what does it cost?", Language: "en"}
	service := func(change string, body bot.Body) {
		body.Change, body.Agent = change, bot.AgentID(lin.ID)
		add(bot.EventService, system, body)
	}
	for range 6 {
		add(bot.EventMessage, by, words)
		add(bot.EventMessage, bot.Author{Kind: bot.AuthorBot}, words)
	}
	trace := &bot.Trace{Event: events[len(events)-1].ID, At: at, Decision: bot.DecideAnswer}
	if n%oneIn == 0 {
		routing := &bot.Routing{Queue: bot.QueueID(fmt.Sprint("queue", n%5)), Candidates: make([]bot.Candidate, 10)}
		service("enqueued", bot.Body{})
		service("offered", bot.Body{Routing: routing})
		service("accepted", bot.Body{})
		add(bot.EventMessage, lin, words)
		service("closed", bot.Body{Code: "refund", CodeName: "Refund"})
		add(bot.EventRating, by, bot.Body{Score: 1 + n%5, About: bot.AuthorAgent, Agent: bot.AgentID(lin.ID)})
	}
	for len(events) < 20 {
		add(bot.EventMessage, by, words)
	}
	_, err := s.Timeline.Open(b.Context(), bot.Conversation{
		Workspace: "w", Inbox: "site", Visitor: bot.VisitorID(by.ID), ClientConvID: id.New(), CreatedAt: events[0].At,
	}, bot.Key{}, func(bot.Conversation) (bot.Change, error) { return bot.Change{Events: events, Trace: trace}, nil })
	return err
}
