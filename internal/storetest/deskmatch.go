package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
)

func testDeskOrder(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 1)
	var want []bot.ConversationID
	line := map[string]bot.Conversation{}
	for _, x := range []struct {
		name     string
		priority int
	}{{"old", 0}, {"younger", 0}, {"urgent", 1}, {"new", 0}} {
		line[x.name] = d.ask(t, func(e *bot.Escalation) { e.Priority = x.priority })
		d.clock.pass(10 * time.Second)
	}
	for _, n := range []string{"urgent", "old", "younger", "new"} {
		want = append(want, line[n].ID)
	}
	got := func() (out []bot.ConversationID) {
		all, err := d.Line(t.Context(), workspace)
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range all {
			if x.Position != i+1 {
				t.Errorf("position %d at %d", x.Position, i)
			}
			out = append(out, x.Conversation.ID)
		}
		return out
	}
	wantSame(t, "line", got(), want)
	// Served in this order; each gives way to the next.
	for i, c := range want[:2] {
		d.after(t, time.Second, "lin")
		if r := d.offerOf(t, "lin"); r.Conversation != c {
			t.Fatalf("offer %d is for another", i)
		}
		d.accept(t, "lin")
		if _, err := d.Close(t.Context(), workspace, c, bot.Author{Kind: bot.AuthorAgent, ID: "lin"}); err != nil {
			t.Fatal(err)
		}
	}
	// Age overtakes priority: five minutes are worth one step.
	if _, err := d.SetDuty(t.Context(), workspace, "lin", handoff.DutyAway); err != nil {
		t.Fatal(err)
	}
	if err := d.PutQueue(t.Context(), handoff.Queue{Workspace: workspace, Name: "Main", Hours: handoff.Hours{
		Zone:  "UTC",
		Weeks: []handoff.Span{{Day: time.Wednesday, Close: 24 * time.Hour}},
	}}); err != nil {
		t.Fatal(err)
	}
	d.after(t, 6*time.Minute, "lin")
	late := d.ask(t, func(e *bot.Escalation) { e.Priority = 1 })
	wantSame(t, "line with age", got(), append(append([]bot.ConversationID{}, want[2:]...), late.ID))
}

func testDeskSkills(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 2, "lang:zh", "billing")
	d.hire(t, "wei", 2, "lang:en")
	// The language's agent first, though the other is as free.
	zh := d.ask(t, func(e *bot.Escalation) { e.Language = "zh" })
	d.sweep(t)
	if r := d.offerOf(t, "lin"); r.Conversation != zh.ID {
		t.Error("the Chinese chat should go to the agent who speaks it")
	}
	d.accept(t, "lin")
	bill := d.ask(t, func(e *bot.Escalation) { e.Language = "zh"; e.Skills = []string{"billing"} })
	d.sweep(t)
	d.accept(t, "lin")
	d.is(t, bill, bot.ServiceActive, bot.SpeakerHuman, "lin")
	// Nobody else speaks it and lin is full: it holds out for 30 s, then takes whom it gets.
	zh2 := d.ask(t, func(e *bot.Escalation) { e.Language = "zh" })
	d.after(t, 29*time.Second, "lin", "wei")
	d.noOffer(t, "wei")
	d.after(t, time.Second, "lin", "wei")
	if r := d.offerOf(t, "wei"); r.Conversation != zh2.ID {
		t.Error("after 30 s any language will do")
	}
	d.accept(t, "wei")
	// A skill is required for a minute.
	bill2 := d.ask(t, func(e *bot.Escalation) { e.Skills = []string{"billing", "lang:en"} })
	d.after(t, 59*time.Second, "lin", "wei")
	d.noOffer(t, "wei")
	d.after(t, time.Second, "lin", "wei")
	if r := d.offerOf(t, "wei"); r.Conversation != bill2.ID {
		t.Error("after a minute anybody will do")
	}
	d.accept(t, "wei")
	// What nobody on duty has is not waited for.
	d.hire(t, "zoe", 1)
	odd := d.ask(t, func(e *bot.Escalation) { e.Skills = []string{"astronomy"} })
	d.sweep(t)
	if r := d.offerOf(t, "zoe"); r.Conversation != odd.ID {
		t.Error("a skill that nobody has should not keep anybody waiting")
	}
	// Equals: the most spare capacity in proportion, then the longest idle.
	d.accept(t, "zoe")
	d.hire(t, "ann", 4)
	d.hire(t, "bob", 2)
	for i, want := range []bot.AgentID{"ann", "bob", "ann", "bob"} { // 4 of 4, 2 of 2, 3 of 4; then half each, bob idle longer
		d.clock.pass(time.Second)
		d.ask(t, nil)
		d.sweep(t)
		var got bot.AgentID
		for _, a := range []bot.AgentID{"ann", "bob"} {
			if all, err := d.Offers(t.Context(), workspace, a); err != nil {
				t.Fatal(err)
			} else if len(all) > 0 {
				got = a
			}
		}
		d.accept(t, got)
		if got != want {
			t.Errorf("chat %d went to %s, want %s", i, got, want)
		}
	}
}

// testDeskCapacity lets four desks match at once over a crowd that keeps
// changing (I-15, I-16).
func testDeskCapacity(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	const agents, chats, nodes = 5, 60, 4
	for i := range agents {
		d.hire(t, bot.AgentID(fmt.Sprint("agent", i)), 3)
	}
	desks := []*desk{d}
	for range nodes - 1 {
		o := &desk{Stores: s, ws: workspace, clock: d.clock, heard: d.heard}
		o.restart()
		desks = append(desks, o)
	}
	var wg sync.WaitGroup
	for i := range chats {
		wg.Go(func() {
			d.ask(t, nil)
			_ = desks[i%nodes].Sweep(t.Context())
		})
	}
	wg.Wait()
	served := map[bot.ConversationID]int{}
	for round := 0; len(served) < chats && round < 10*chats; round++ {
		for i := range agents {
			a := bot.AgentID(fmt.Sprint("agent", i))
			wg.Go(func() {
				offers, err := d.Offers(t.Context(), workspace, a)
				if err != nil {
					t.Error(err)
				}
				for _, r := range offers {
					// Twice, on two desks at once: accepted once.
					var both sync.WaitGroup
					for _, at := range []*desk{desks[i%nodes], desks[(i+1)%nodes]} {
						both.Go(func() {
							if _, err := at.Accept(t.Context(), workspace, r.ID, a); err != nil {
								t.Error(err)
							}
						})
					}
					both.Wait()
				}
			})
		}
		for _, o := range desks {
			wg.Go(func() {
				if err := o.Sweep(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		d.recount(t)
		for i := range agents {
			a := d.agent(t, bot.AgentID(fmt.Sprint("agent", i)))
			if a.Load+a.Reserved > a.Capacity {
				t.Fatalf("%s has %d chats and %d offers with room for %d", a.ID, a.Load, a.Reserved, a.Capacity)
			}
			held, err := d.Timeline.Conversations(t.Context(), bot.ConversationQuery{Workspace: workspace, Agent: a.ID, Limit: 50})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range held {
				served[c.ID]++
				if _, err := d.Close(t.Context(), workspace, c.ID, bot.Author{Kind: bot.AuthorAgent, ID: string(a.ID)}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if len(served) != chats {
		t.Errorf("%d of %d chats were served", len(served), chats)
	}
	for c, n := range served {
		if n != 1 {
			t.Errorf("%s was served %d times", c, n)
		}
	}
}

// testDeskRun lets the desk run by itself: offers come without anybody asking
// for a sweep, and it ends when it is told to.
func testDeskRun(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.heard.offered = make(chan handoff.Reservation, 10)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	c := d.ask(t, nil) // parked: nobody is there
	d.hire(t, "lin", 1)
	if r := <-d.heard.offered; r.Conversation != c.ID || r.Agent != "lin" {
		t.Errorf("offer %+v", r)
	}
	d.accept(t, "lin")
	next := d.ask(t, nil)
	if _, err := d.Close(t.Context(), workspace, c.ID, visitor); err != nil {
		t.Fatal(err)
	}
	if r := <-d.heard.offered; r.Conversation != next.ID {
		t.Errorf("offer %+v", r)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("run: %v", err)
	}
}
