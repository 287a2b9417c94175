package storetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

func testDeskPath(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 1)
	c := newConversation(t, s, workspace)
	ask(t, s, c, "a question")
	run := claim(t, s, "p1")
	ev := placeholder(t, s, c, run)

	k := key(visitor, "person")
	w := d.enqueue(t, c, func(e *bot.Escalation) {
		e.Key, e.Skills, e.Priority = k, []string{"billing"}, 2
		e.Summary = bot.Summary{Problem: "a question"}
	})
	got := w.Conversation
	if got.Service != bot.ServiceWaiting || got.Speaker != bot.SpeakerBot || got.ControlEpoch != 0 || !got.Enqueued.Equal(start) ||
		got.Reason != bot.ReasonAsked || got.Priority != 2 || len(got.Skills) != 1 {
		t.Errorf("in line: %+v", got)
	}
	if e := w.Events[0]; e.ClientMsgID != k.ClientMsgID || e.Body.Summary == nil || e.Body.Summary.Problem != "a question" ||
		e.Body.Language != "en" || e.VSeq == 0 {
		t.Errorf("event %+v", e)
	}
	d.wantTold(t, c, "enqueued", "You're 1st in line, less than a minute. You can keep writing; they will see it.")
	if again := d.enqueue(t, c, func(e *bot.Escalation) { e.Key = k }); !again.Dup || again.Events[0].ID != w.Events[0].ID {
		t.Errorf("pressed again: %+v", again)
	}
	d.sweep(t)
	r := d.offerOf(t, "lin")
	if r.Conversation != c.ID || r.State != handoff.ReservationOpen || !r.Deadline.Equal(start.Add(25*time.Second)) {
		t.Errorf("offer %+v", r)
	}
	d.is(t, c, bot.ServiceOffered, bot.SpeakerBot, "")
	if a := d.agent(t, "lin"); a.Reserved != 1 || a.Load != 0 {
		t.Errorf("agent %+v", a)
	}

	w = d.accept(t, "lin")
	got = d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "lin")
	if got.ControlEpoch != 1 || !got.Enqueued.IsZero() {
		t.Errorf("accepted: epoch %d, enqueued %v", got.ControlEpoch, got.Enqueued)
	}
	if a := d.agent(t, "lin"); a.Reserved != 0 || a.Load != 1 || !a.LastGiven.Equal(start) {
		t.Errorf("agent %+v", a)
	}
	d.wantTold(t, c, "accepted", "Lin has joined the chat.")
	// The answer under way ended in the same transaction, before the agent's line.
	if len(w.Events) != 2 || w.Events[0].Body.Of != ev || w.Events[0].Body.State != bot.RunCancelled || w.Events[1].Body.AgentName != "Lin" {
		t.Errorf("events %+v", w.Events)
	}
	wantState(t, s, run.ID, bot.RunCancelled)
	if again, err := d.Accept(t.Context(), workspace, r.ID, "lin"); err != nil || again.Conversation.ControlEpoch != 1 || len(again.Events) != 0 {
		t.Errorf("accepted again: %+v, %v; want nothing new", again, err)
	}

	d.clock.pass(10 * time.Minute)
	_, err := d.HandBack(t.Context(), workspace, c.ID, "nobody", "")
	wantKind(t, "hand back of another", err, fault.Denied)
	w, err = d.HandBack(t.Context(), workspace, c.ID, "lin", "wanted the price list")
	if err != nil {
		t.Fatal(err)
	}
	got = d.is(t, c, bot.ServiceBot, bot.SpeakerBot, "")
	if got.ControlEpoch != 2 || got.Memory.Segment != 1 || got.Priority != 0 || len(got.Skills) != 0 {
		t.Errorf("handed back: %+v", got)
	}
	if w.Events[0].Kind != bot.EventNote || w.Events[0].VSeq != 0 || w.Events[0].Author.Name != "Lin" {
		t.Errorf("note %+v", w.Events[0])
	}
	d.wantTold(t, c, "handed_back", "Lin has left the chat.")
	if a := d.agent(t, "lin"); a.Load != 0 {
		t.Errorf("agent %+v", a)
	}
	// The desk learnt how long it took.
	f, err := s.Desk.Floor(t.Context(), workspace, start, d.clock.now())
	if err != nil || f.Measures.Handled != 1 || f.Measures.Handling != 10*time.Minute || len(f.Line) != 0 {
		t.Errorf("floor %+v, %v", f, err)
	}
	checkDense(t, s, c)
	if d.heard.open[r.ID] != 1 || d.heard.ended[r.ID] != 1 {
		t.Errorf("told of the offer %d times and of its end %d times", d.heard.open[r.ID], d.heard.ended[r.ID])
	}
}

func testDeskTurn(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 2)
	c := newConversation(t, s, workspace)
	ask(t, s, c, "我要找人工")
	run := claim(t, s, "p1")
	w := d.enqueue(t, c, func(e *bot.Escalation) {
		e.Language = "zh"
		e.Turn = func(c bot.Conversation, o bot.Outlook) (bot.Change, error) {
			if !o.Open || o.Position != 1 || o.Agents != 1 || o.Wait <= 0 || o.WaitUpper < o.Wait {
				t.Errorf("outlook %+v", o)
			}
			return bot.Change{
				Events: []bot.NewEvent{says(botAuthor, "好的")}, Run: update(run, bot.RunComplete),
				Trace: &bot.Trace{Decision: bot.DecideHandoff, At: start},
				Row:   func(c *bot.Conversation) { c.Memory.Turn = 7 },
			}, nil
		}
	})
	if len(w.Events) != 2 || w.Events[0].Body.Text != "好的" || w.Events[1].Body.Change != "enqueued" || w.Conversation.Memory.Turn != 7 {
		t.Errorf("written %+v", w)
	}
	d.wantTold(t, c, "enqueued", "您排在第 1 位，不到 1 分钟。可以先把问题写下来，客服会看到。")
	wantState(t, s, run.ID, bot.RunComplete)
	if tr, err := s.Traces.Trace(t.Context(), workspace, c.ID, w.Events[0].ID); err != nil || tr.Decision != bot.DecideHandoff {
		t.Errorf("trace %+v, %v", tr, err)
	}
	// Asking again keeps the place and still writes the turn.
	d.clock.pass(time.Minute)
	w = d.enqueue(t, c, func(e *bot.Escalation) {
		e.Priority = 9
		e.Turn = func(bot.Conversation, bot.Outlook) (bot.Change, error) {
			return bot.Change{Events: []bot.NewEvent{says(botAuthor, "soon")}}, nil
		}
	})
	if len(w.Events) != 1 || w.Conversation.Priority != 0 || !w.Conversation.Enqueued.Equal(start) {
		t.Errorf("asked again: %+v", w)
	}
	// A late turn of the bot is fenced off and leaves nothing.
	late := *update(run, bot.RunComplete)
	_, err := d.Enqueue(t.Context(), bot.Escalation{
		Workspace: workspace, Conversation: c.ID, Reason: bot.ReasonAsked,
		Turn: func(bot.Conversation, bot.Outlook) (bot.Change, error) {
			return bot.Change{Events: []bot.NewEvent{says(botAuthor, "late")}, Run: &late}, nil
		},
	})
	wantKind(t, "late turn", err, fault.Conflict)
	refused := fault.New(fault.Unavailable, "no")
	_, err = d.Enqueue(t.Context(), bot.Escalation{
		Workspace: workspace, Conversation: c.ID,
		Turn: func(bot.Conversation, bot.Outlook) (bot.Change, error) { return bot.Change{}, refused },
	})
	wantKind(t, "refused turn", err, fault.Unavailable)
	if got := d.row(t, c); got.LastText != "soon" {
		t.Errorf("last text %q", got.LastText)
	}
}

func testDeskNobody(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	c := newConversation(t, s, workspace)
	if o, err := d.Outlook(t.Context(), bot.Escalation{Workspace: workspace, Conversation: c.ID}); err != nil || o.Open || o.Position != 0 || !o.Opens.IsZero() {
		t.Errorf("outlook %+v, %v", o, err)
	}
	d.enqueue(t, c, nil)
	d.is(t, c, bot.ServiceParked, bot.SpeakerBot, "")
	d.wantTold(t, c, "parked", "Nobody is here right now.")
	seq := d.row(t, c).Seq
	if d.enqueue(t, c, nil); d.row(t, c).Seq != seq {
		t.Error("a second wish while nobody is there should change nothing")
	}
	// Hours say when people are back, in the desk's own zone. start is a Wednesday, 13:06 in Shanghai.
	if err := d.PutQueue(t.Context(), handoff.Queue{Workspace: workspace, ID: "", Name: "Main", Hours: handoff.Hours{
		Zone: "Asia/Shanghai", Weeks: []handoff.Span{{Day: time.Thursday, Open: 9 * time.Hour, Close: 18 * time.Hour}},
	}}); err != nil {
		t.Fatal(err)
	}
	late := newConversation(t, s, workspace)
	d.enqueue(t, late, func(e *bot.Escalation) { e.Language = "zh" })
	d.wantTold(t, late, "parked", "现在没有客服在线，明天 09:00 恢复服务。")
	if o, err := d.Outlook(t.Context(), bot.Escalation{Workspace: workspace, Conversation: c.ID}); err != nil || o.Open || !o.Opens.Equal(time.Date(2026, 3, 5, 1, 0, 0, 0, time.UTC)) {
		t.Errorf("outlook %+v, %v", o, err)
	}
	// Somebody comes on duty: everybody is back in line at their age, and told.
	d.clock.pass(3 * time.Hour)
	d.hire(t, "lin", 1)
	d.sweep(t)
	if got := d.is(t, c, bot.ServiceOffered, bot.SpeakerBot, ""); !got.Enqueued.Equal(start) {
		t.Errorf("enqueued %v, want the old age", got.Enqueued)
	}
	d.is(t, late, bot.ServiceWaiting, bot.SpeakerBot, "")
	d.wantTold(t, late, "enqueued", "客服已经上线。您排在第 2 位")
	line, err := d.Line(t.Context(), workspace)
	if err != nil || len(line) != 2 || line[0].Conversation.ID != c.ID || line[1].Position != 2 || !line[0].Since.Equal(start) {
		t.Errorf("line %+v, %v", line, err)
	}
	if p, err := d.PlaceOf(t.Context(), workspace, late.ID); err != nil || p.Position != 2 || p.Wait <= 0 {
		t.Errorf("place %+v, %v", p, err)
	}
	wantSame(t, "places told", len(d.heard.places), 2)
	// The last one leaves: whoever still waits is parked and told, never dropped.
	if _, err := d.SetDuty(t.Context(), workspace, "lin", handoff.DutyOff); err != nil {
		t.Fatal(err)
	}
	d.sweep(t)
	for _, c := range []bot.Conversation{c, late} {
		d.is(t, c, bot.ServiceParked, bot.SpeakerBot, "")
	}
	d.wantTold(t, late, "parked", "现在没有客服在线")
	if a := d.agent(t, "lin"); a.Reserved != 0 || a.Missed != 0 {
		t.Errorf("agent %+v", a)
	}
	_, err = d.PlaceOf(t.Context(), workspace, late.ID)
	wantKind(t, "place of a parked one", err, fault.NotFound)
}

func testDeskMessage(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	c := newConversation(t, s, workspace)
	for _, bad := range []handoff.Contact{
		{},
		{Text: " \n"},
		{Text: strings.Repeat("x", 4001)},
		{Text: "x", Email: "nobody"},
		{Text: "x", Email: "A <a@b.c>"},
		{Text: "x", Phone: "call me"},
		{Text: "x", Phone: "12"},
	} {
		_, err := d.LeaveMessage(t.Context(), workspace, c.ID, key(visitor, "m"), bad)
		wantKind(t, fmt.Sprintf("%.60v", bad), err, fault.Invalid)
	}
	k := key(visitor, "m")
	good := handoff.Contact{Text: "Where is my order?", Email: "ann@example.com", Phone: "+1 (555) 010-0000"}
	w, err := d.LeaveMessage(t.Context(), workspace, c.ID, k, good)
	if err != nil {
		t.Fatal(err)
	}
	if len(w.Events) != 2 || w.Events[0].Body.Text != good.Text || w.Events[0].Author != visitor || w.Events[0].ClientMsgID != k.ClientMsgID ||
		w.Events[1].Body.Summary.Fields["email"] != good.Email {
		t.Errorf("written %+v", w.Events)
	}
	d.wantTold(t, c, "left_message", "We'll answer here and at ann@example.com.")
	d.is(t, c, bot.ServiceParked, bot.SpeakerBot, "")
	if again, err := d.LeaveMessage(t.Context(), workspace, c.ID, k, good); err != nil || !again.Dup || len(again.Events) != 2 {
		t.Errorf("again: %+v, %v", again, err)
	}
	// A promise is kept although the visitor is away.
	if err := d.Presence(t.Context(), workspace, c.ID, false); err != nil {
		t.Fatal(err)
	}
	d.hire(t, "lin", 1)
	d.sweep(t)
	if err := d.Presence(t.Context(), workspace, c.ID, false); err != nil {
		t.Fatal(err)
	}
	d.after(t, 20*time.Second, "lin")
	d.accept(t, "lin")
	d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "lin")
	_, err = d.LeaveMessage(t.Context(), workspace, c.ID, key(visitor, "n"), good)
	wantKind(t, "with a person there", err, fault.Conflict)
	_, err = d.Leave(t.Context(), workspace, c.ID, bot.Key{})
	wantKind(t, "leave with a person there", err, fault.Conflict)
}

func testDeskMissed(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 2)
	c := d.ask(t, nil)
	d.sweep(t)
	first := d.offerOf(t, "lin")
	// The visitor's place says that somebody is asked, and no longer when the offer has ended.
	toldOffered := func(want bool) {
		t.Helper()
		d.heard.mu.Lock()
		defer d.heard.mu.Unlock()
		if p := d.heard.places; len(p) != 1 || p[0].Offered != want {
			t.Errorf("places told: %+v; want offered %v", p, want)
		}
	}
	toldOffered(true)
	d.after(t, 25*time.Second, "lin")
	toldOffered(false)
	if r, err := s.Desk.Reservation(t.Context(), workspace, first.ID); err != nil || r.State != handoff.ReservationMissed || !r.DecidedAt.Equal(r.Deadline) {
		t.Errorf("offer %+v, %v", r, err)
	}
	if got := d.is(t, c, bot.ServiceWaiting, bot.SpeakerBot, ""); !got.Enqueued.Equal(start) {
		t.Errorf("enqueued %v, want the old age", got.Enqueued)
	}
	if a := d.agent(t, "lin"); a.Missed != 1 || a.Reserved != 0 || a.Duty != handoff.DutyOn {
		t.Errorf("agent %+v", a)
	}
	// Not asked about the same one for a minute, though it waits and they are free.
	d.after(t, 50*time.Second, "lin")
	d.noOffer(t, "lin")
	d.after(t, 10*time.Second, "lin")
	d.offerOf(t, "lin")
	d.after(t, 30*time.Second, "lin")
	if a := d.agent(t, "lin"); a.Missed != 2 || a.Duty != handoff.DutyMissed {
		t.Errorf("agent %+v; want missed", a)
	}
	// Nobody takes chats now: the visitor is told.
	d.is(t, c, bot.ServiceParked, bot.SpeakerBot, "")
	_, err := d.Accept(t.Context(), workspace, first.ID, "lin")
	wantKind(t, "accept of a missed offer", err, fault.Conflict)
	if a, err := d.SetDuty(t.Context(), workspace, "lin", handoff.DutyOn); err != nil || a.Missed != 0 {
		t.Errorf("back: %+v, %v", a, err)
	}
	d.after(t, time.Minute, "lin")
	r := d.offerOf(t, "lin")
	if err := d.Decline(t.Context(), workspace, r.ID, "wei"); !fault.Is(err, fault.Denied) {
		t.Errorf("decline by another: %v", err)
	}
	if err := d.Decline(t.Context(), workspace, r.ID, "lin"); err != nil {
		t.Fatal(err)
	}
	d.hire(t, "wei", 1)
	d.sweep(t)
	d.noOffer(t, "lin")
	if d.accept(t, "wei"); d.row(t, c).Agent != "wei" {
		t.Error("the colleague should have it")
	}
	wantKind(t, "decline twice", d.Decline(t.Context(), workspace, r.ID, "lin"), fault.Conflict)
	// Visitors read nothing of offers that came to nothing.
	for _, e := range timeline(t, s, c, bot.ViewVisitor, 100) {
		if e.Body.Change == "offered" || e.Body.Change == "missed" || e.Body.Change == "declined" {
			t.Errorf("the visitor sees %q", e.Body.Change)
		}
	}
	checkDense(t, s, c)
}

// testDeskDeadline accepts at the very deadline while the sweep looks too.
func testDeskDeadline(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	accepted, missed := 0, 0
	for i := range 60 {
		a := bot.AgentID(fmt.Sprint("agent", i))
		d.hire(t, a, 1)
		c := d.ask(t, nil)
		d.sweep(t)
		r := d.offerOf(t, a)
		// The clock stands just before, or at, the deadline when both begin.
		d.clock.pass(25*time.Second - time.Duration(i%3)*time.Microsecond)
		var (
			wg  sync.WaitGroup
			err error
		)
		wg.Go(func() { _, err = d.Accept(t.Context(), workspace, r.ID, a) })
		wg.Go(func() { d.clock.pass(time.Microsecond); d.sweep(t) })
		wg.Wait()
		got, e := s.Desk.Reservation(t.Context(), workspace, r.ID)
		if e != nil {
			t.Fatal(e)
		}
		switch {
		case err == nil && got.State == handoff.ReservationAccepted && d.row(t, c).Agent == a:
			accepted++
		case fault.Is(err, fault.Conflict) && got.State != handoff.ReservationAccepted && got.State != handoff.ReservationOpen && d.row(t, c).Agent == "":
			missed++
		case fault.Is(err, fault.Conflict) && got.State == handoff.ReservationOpen:
			d.sweep(t) // the sweep was first and too early
			missed++
		default:
			t.Fatalf("accept said %v, the offer is %s, the agent %q", err, got.State, d.row(t, c).Agent)
		}
		for _, by := range []bot.AgentID{d.row(t, c).Agent} {
			if _, err := d.Close(t.Context(), workspace, c.ID, bot.Author{Kind: bot.AuthorAgent, ID: string(by)}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.SetDuty(t.Context(), workspace, a, handoff.DutyOff); err != nil {
			t.Fatal(err)
		}
		if got := d.agent(t, a); got.Load != 0 || got.Reserved != 0 {
			t.Fatalf("agent %+v", got)
		}
	}
	t.Logf("%d accepted, %d missed", accepted, missed)
}

func testDeskTwoTake(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	const n = 8
	for i := range n {
		d.hire(t, bot.AgentID(fmt.Sprint("agent", i)), 50)
	}
	for range 20 {
		c := d.ask(t, nil)
		version := d.row(t, c).Version
		errs := make([]error, n)
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				_, errs[i] = d.Take(t.Context(), workspace, c.ID, bot.AgentID(fmt.Sprint("agent", i)), version, handoff.TakeOptions{})
			})
		}
		wg.Wait()
		winner := d.row(t, c).Agent
		for i, err := range errs {
			if bot.AgentID(fmt.Sprint("agent", i)) == winner {
				if err != nil {
					t.Errorf("the winner got %v", err)
				}
			} else if !fault.Is(err, fault.Conflict) || !strings.Contains(fault.Message(err), d.agent(t, winner).Name) {
				t.Errorf("a loser got %v; want a Conflict with the name of %s", err, winner)
			}
		}
	}
	d.recount(t)
}

// recount fails unless loads and reservations equal what they count (I-16).
func (d *desk) recount(t tester) {
	t.Helper()
	f, err := d.Stores.Desk.Floor(t.Context(), d.ws, d.clock.now(), d.clock.now())
	if err != nil {
		t.Fatalf("floor: %v", err)
	}
	reserved, offered := map[bot.AgentID]int{}, map[bot.AgentID]int{}
	for _, r := range f.Offers {
		if r.State == handoff.ReservationOpen {
			reserved[r.Agent]++
			offered[r.Agent] += r.Takes
		}
	}
	for _, a := range f.Agents {
		held, err := d.Timeline.Conversations(t.Context(), bot.ConversationQuery{Workspace: d.ws, Agent: a.ID, Limit: 200})
		if err != nil {
			t.Fatalf("held: %v", err)
		}
		taken := offered[a.ID]
		for _, c := range held {
			w := d.wait(t, c)
			takes := 100 - w.Relief
			if idle := (w.Takes*50 + 99) / 100; takes != w.Takes && takes != idle || takes <= 0 {
				t.Errorf("%s takes %d of %s, which gave %d for it", c.ID, takes, a.ID, w.Takes)
			}
			taken += takes
		}
		if a.Taken() != taken || a.Left() != 100*a.Capacity-taken {
			t.Errorf("%s: chats and offers take %d, %d is left; counted %d", a.ID, a.Taken(), a.Left(), taken)
		}
		if a.Load != len(held) || a.Reserved != reserved[a.ID] {
			t.Errorf("%s: load %d, reserved %d; counted %d, %d", a.ID, a.Load, a.Reserved, len(held), reserved[a.ID])
		}
	}
}
