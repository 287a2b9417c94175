package storetest

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

var boss = bot.Author{Kind: bot.AuthorAgent, ID: "boss", Name: "Boss"}

// testDeskStop silences the bot: in mid answer, while nobody is there, and for as
// long as no person has had the conversation.
func testDeskStop(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	c := newConversation(t, s, workspace)
	ask(t, s, c, "x")
	run := claim(t, s, "p1")
	ev := placeholder(t, s, c, run)
	stop := func() (bot.Written, error) { return d.StopBot(t.Context(), workspace, c.ID, boss) }
	w, err := stop()
	if err != nil {
		t.Fatal(err)
	}
	// Nobody is there: kept, and the bot is silent all the same.
	d.is(t, c, bot.ServiceParked, bot.SpeakerHuman, "")
	wantState(t, s, run.ID, bot.RunCancelled)
	if len(w.Events) != 2 || w.Events[0].Body.Of != ev || w.Events[1].Body.Change != "bot_stopped" || w.Events[1].Body.AgentName != "Boss" {
		t.Errorf("events %+v", w.Events)
	}
	d.wantTold(t, c, "bot_stopped", "A person will answer instead of the assistant. Nobody is here right now.")
	if again, err := stop(); err != nil || len(again.Events) != 0 {
		t.Errorf("stopped twice: %+v, %v", again, err)
	}
	late := *update(run, bot.RunComplete)
	_, err = s.Timeline.Write(t.Context(), workspace, c.ID, bot.Key{}, func(bot.Conversation) (bot.Change, error) {
		return bot.Change{Events: []bot.NewEvent{says(botAuthor, "late")}, Run: &late}, nil
	})
	wantKind(t, "a late answer", err, fault.Conflict)
	_, err = d.Leave(t.Context(), workspace, c.ID, bot.Key{})
	wantKind(t, "back to the bot", err, fault.Conflict)
	// Somebody comes: in line, then with them.
	d.hire(t, "lin", 1)
	d.sweep(t)
	if got := d.is(t, c, bot.ServiceOffered, bot.SpeakerHuman, ""); got.Reason != bot.ReasonTaken {
		t.Errorf("reason %q", got.Reason)
	}
	d.accept(t, "lin")
	_, err = stop()
	wantKind(t, "stop where a person speaks", err, fault.Conflict)
	// When they give it back the bot may speak again.
	if _, err := d.HandBack(t.Context(), workspace, c.ID, "lin", ""); err != nil {
		t.Fatal(err)
	}
	d.is(t, c, bot.ServiceBot, bot.SpeakerBot, "")
	// With somebody there it goes into line at once; in line it keeps its age.
	busy := newConversation(t, s, workspace)
	if _, err := d.Take(t.Context(), workspace, busy.ID, "lin", 0, handoff.TakeOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := stop(); err != nil {
		t.Fatal(err)
	}
	d.is(t, c, bot.ServiceWaiting, bot.SpeakerHuman, "")
	d.wantTold(t, c, "bot_stopped", "A person will answer instead of the assistant. You're 1st in line")
	waits := d.ask(t, nil)
	age := d.row(t, waits).Enqueued
	d.clock.pass(time.Second)
	if _, err := d.StopBot(t.Context(), workspace, waits.ID, boss); err != nil {
		t.Fatal(err)
	}
	if got := d.is(t, waits, bot.ServiceWaiting, bot.SpeakerHuman, ""); !got.Enqueued.Equal(age) || got.Reason != bot.ReasonAsked {
		t.Errorf("in line since %v with reason %q", got.Enqueued, got.Reason)
	}
	// Agents who go away lose it; it stays silent.
	if _, err := d.SetDuty(t.Context(), workspace, "lin", handoff.DutyOff); err != nil {
		t.Fatal(err)
	}
	d.sweep(t)
	d.recount(t)
}

// testDeskWatch notes once who reads along, and tells the visitor nothing.
func testDeskWatch(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 1)
	c := newConversation(t, s, workspace)
	watch := func() {
		t.Helper()
		if err := d.Watch(t.Context(), workspace, c.ID, boss); err != nil {
			t.Fatal(err)
		}
	}
	count := func(want int) {
		t.Helper()
		n := 0
		for _, e := range timeline(t, s, c, bot.ViewAgent, 500) {
			if e.Body.Change == "watched" {
				if n++; e.VSeq != 0 || e.Body.AgentName != "Boss" {
					t.Errorf("event %+v", e)
				}
			}
		}
		if n != want {
			t.Errorf("noted %d times, want %d", n, want)
		}
	}
	watch()
	watch()
	count(1)
	if _, err := d.Take(t.Context(), workspace, c.ID, "lin", 0, handoff.TakeOptions{}); err != nil {
		t.Fatal(err)
	}
	watch() // another speaker: another stretch
	count(2)
	if err := d.Watch(t.Context(), workspace, c.ID, bot.Author{Kind: bot.AuthorAgent, ID: "lin"}); err != nil {
		t.Fatal(err)
	}
	count(2) // one's own
	wantKind(t, "no conversation", d.Watch(t.Context(), workspace, "nobody", boss), fault.NotFound)
}

// testDeskNotes has notes tell colleagues at once, and visitors never.
func testDeskNotes(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 1)
	d.hire(t, "wei", 1)
	c := newConversation(t, s, workspace)
	_, err := d.Whisper(t.Context(), workspace, c.ID, boss, key(boss, "w0"), bot.Body{Text: "ask for the number"})
	wantKind(t, "whisper to nobody", err, fault.Conflict)
	if _, err := d.Take(t.Context(), workspace, c.ID, "lin", 0, handoff.TakeOptions{}); err != nil {
		t.Fatal(err)
	}
	w, err := d.Whisper(t.Context(), workspace, c.ID, boss, key(boss, "w1"), bot.Body{Text: "ask for the number"})
	if err != nil {
		t.Fatal(err)
	}
	if e := w.Events[0]; e.Kind != bot.EventNote || e.VSeq != 0 || !e.Body.Whisper || len(e.Body.Tell) != 1 || e.Body.Tell[0] != "lin" {
		t.Errorf("whisper %+v", e)
	}
	lin := bot.Author{Kind: bot.AuthorAgent, ID: "lin", Name: "Lin"}
	note := func(tell ...bot.AgentID) (bot.Written, error) {
		return d.Say(t.Context(), workspace, c.ID, lin, key(lin, fmt.Sprint(tell)), bot.Body{Text: "@Wei have a look", Tell: tell, Whisper: true}, true)
	}
	w, err = note("wei")
	if err != nil {
		t.Fatal(err)
	}
	if e := w.Events[0]; len(e.Body.Tell) != 1 || e.Body.Tell[0] != "wei" || e.Body.Whisper {
		t.Errorf("note %+v; only supervisors whisper", e)
	}
	// As it was stored.
	all := timeline(t, s, c, bot.ViewAgent, 500)
	if e := all[len(all)-1]; len(e.Body.Tell) != 1 || e.Body.Tell[0] != "wei" {
		t.Errorf("stored note %+v", e)
	}
	_, err = note("nobody")
	wantKind(t, "mention nobody", err, fault.Invalid)
	many := make([]bot.AgentID, 21)
	for i := range many {
		many[i] = "wei"
	}
	_, err = note(many...)
	wantKind(t, "mention everybody", err, fault.Invalid)
	// Words to the visitor tell nobody else.
	w, err = d.Say(t.Context(), workspace, c.ID, lin, key(lin, "m"), bot.Body{Text: "hello", Tell: []bot.AgentID{"wei"}}, false)
	if err != nil || len(w.Events[0].Body.Tell) != 0 {
		t.Errorf("message %+v, %v", w.Events, err)
	}
	// Who loses a chat to a supervisor is told.
	w, err = d.Take(t.Context(), workspace, c.ID, "wei", 0, handoff.TakeOptions{Supervisor: true})
	if err != nil || len(w.Events[0].Body.Tell) != 1 || w.Events[0].Body.Tell[0] != "lin" {
		t.Errorf("taken %+v, %v", w.Events, err)
	}
}

// testDeskPassBack has transfers to a colleague come back: declined, missed, with
// the colleague gone, and with nobody left to have it.
func testDeskPassBack(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	for _, a := range []bot.AgentID{"lin", "wei"} {
		d.hire(t, a, 2)
	}
	d.care(t, handoff.QueueSettings{PassBack: 30 * time.Second})
	c := newConversation(t, s, workspace)
	if _, err := d.Take(t.Context(), workspace, c.ID, "lin", 0, handoff.TakeOptions{}); err != nil {
		t.Fatal(err)
	}
	pass := func() handoff.Reservation {
		t.Helper()
		if _, err := d.Transfer(t.Context(), workspace, c.ID, "lin", "wei", "", "knows about customs"); err != nil {
			t.Fatal(err)
		}
		d.is(t, c, bot.ServiceOffered, bot.SpeakerHuman, "lin")
		return d.offerOf(t, "wei")
	}
	back := func(change string) {
		t.Helper()
		d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "lin")
		d.wantTold(t, c, change, "Wei can't take over right now; Lin stays with you.")
		all := timeline(t, s, c, bot.ViewAgent, 500)
		if e := all[len(all)-1]; len(e.Body.Tell) != 1 || e.Body.Tell[0] != "lin" || e.Body.Agent != "wei" {
			t.Errorf("event %+v does not tell lin of wei", e)
		}
		d.noOffer(t, "wei")
		d.recount(t)
	}
	// Missed: back with who passed it on, who goes on writing and keeps it.
	pass()
	d.after(t, 25*time.Second, "lin", "wei")
	back("transfer_missed")
	if _, err := d.Say(t.Context(), workspace, c.ID, bot.Author{Kind: bot.AuthorAgent, ID: "lin"}, key(visitor, "1"), bot.Body{Text: "I am still here"}, false); err != nil {
		t.Fatal(err)
	}
	d.after(t, 2*time.Minute, "lin", "wei")
	d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "lin")
	// Declined: passed on again before the time is over.
	r := pass()
	if err := d.Decline(t.Context(), workspace, r.ID, "wei"); err != nil {
		t.Fatal(err)
	}
	back("transfer_declined")
	r = pass()
	// The colleague goes off duty.
	if _, err := d.SetDuty(t.Context(), workspace, "wei", handoff.DutyOff); err != nil {
		t.Fatal(err)
	}
	back("transfer_rescinded")
	if _, err := d.Accept(t.Context(), workspace, r.ID, "wei"); !fault.Is(err, fault.Conflict) {
		t.Errorf("accepted a dead offer: %v", err)
	}
	// Nothing is done with it: into the line, and its agent answers for it until
	// somebody accepts.
	d.after(t, 20*time.Second, "lin")
	d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "lin")
	d.after(t, 10*time.Second, "lin")
	d.is(t, c, bot.ServiceWaiting, bot.SpeakerHuman, "lin")
	d.hire(t, "zoe", 1)
	d.sweep(t)
	r = d.offerOf(t, "zoe")
	// An offer out of the line that is declined stays in the line.
	if err := d.Decline(t.Context(), workspace, r.ID, "zoe"); err != nil {
		t.Fatal(err)
	}
	d.is(t, c, bot.ServiceWaiting, bot.SpeakerHuman, "lin")
	// Passed on, and then the agent who passed it on is lost: no way back to them.
	if _, err := d.SetDuty(t.Context(), workspace, "wei", handoff.DutyOn); err != nil {
		t.Fatal(err)
	}
	d.care(t, handoff.QueueSettings{OfferFor: 5 * time.Minute})
	r = pass()
	d.after(t, 100*time.Second, "wei")
	d.is(t, c, bot.ServiceOffered, bot.SpeakerHuman, "")
	if err := d.Decline(t.Context(), workspace, r.ID, "wei"); err != nil {
		t.Fatal(err)
	}
	d.is(t, c, bot.ServiceWaiting, bot.SpeakerHuman, "")
	d.recount(t)
}

// speak writes words at the desk's time.
func (d *desk) speak(t tester, c bot.Conversation, by bot.Author) bot.Written {
	t.Helper()
	e := says(by, "words")
	e.At = d.clock.now()
	return write(t, d.Stores, c, key(by, "words"), bot.Change{Events: []bot.NewEvent{e}})
}

// dozes lets time pass until idle chats give so much back to the agent.
func (d *desk) dozes(t tester, agent bot.AgentID, relief int) {
	t.Helper()
	for range 150 {
		d.after(t, 10*time.Second, agent)
		if d.agent(t, agent).Relief == relief {
			return
		}
	}
	t.Fatalf("%s has %d back after 25 minutes, want %d", agent, d.agent(t, agent).Relief, relief)
}

// testDeskIdle has chats of silent visitors count half, and in full with their
// next word, though their agent has too many then.
func testDeskIdle(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 2)
	lin := bot.Author{Kind: bot.AuthorAgent, ID: "lin"}
	var chats []bot.Conversation
	serve := func() {
		t.Helper()
		c := d.ask(t, nil)
		d.speak(t, c, visitor)
		d.sweep(t)
		d.accept(t, "lin")
		d.speak(t, c, lin)
		chats = append(chats, c)
	}
	serve()
	serve()
	d.after(t, 9*time.Minute, "lin")
	waits := d.ask(t, nil)
	d.after(t, 50*time.Second, "lin")
	d.noOffer(t, "lin")
	d.speak(t, chats[1], visitor) // waits for an answer: that is no silence
	d.after(t, 20*time.Second, "lin")
	if a := d.agent(t, "lin"); a.Load != 2 || a.Relief != 50 {
		t.Fatalf("load %d, relief %d; want one of two idle", a.Load, a.Relief)
	}
	d.noOffer(t, "lin") // half a place is none
	d.speak(t, chats[1], lin)
	d.dozes(t, "lin", 100)
	if r := d.offerOf(t, "lin"); r.Conversation != waits.ID {
		t.Fatalf("offered %+v", r)
	}
	// The visitor is back while the offer is open: it goes back, and nothing else changes.
	d.Heard(d.speak(t, chats[0], visitor))
	d.sweep(t)
	d.noOffer(t, "lin")
	d.is(t, chats[0], bot.ServiceActive, bot.SpeakerHuman, "lin")
	if a := d.agent(t, "lin"); a.Load != 2 || a.Relief != 50 {
		t.Errorf("load %d, relief %d", a.Load, a.Relief)
	}
	d.speak(t, chats[0], lin)
	d.dozes(t, "lin", 100)
	d.accept(t, "lin")
	d.speak(t, waits, lin)
	d.recount(t)
	// All three want words: one more than there is room for, and nothing is taken away.
	for _, c := range chats {
		d.Heard(d.speak(t, c, visitor))
	}
	d.ask(t, nil)
	d.sweep(t)
	if a := d.agent(t, "lin"); a.Load != 3 || a.Relief != 0 {
		t.Errorf("load %d, relief %d", a.Load, a.Relief)
	}
	d.after(t, time.Minute, "lin")
	d.noOffer(t, "lin")
	for _, c := range append(chats, waits) {
		d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "lin")
	}
	// Whom nobody told finds out within a minute.
	for _, c := range chats {
		d.speak(t, c, lin)
	}
	d.dozes(t, "lin", 150)
	d.speak(t, chats[0], visitor)
	d.after(t, time.Minute, "lin")
	if a := d.agent(t, "lin"); a.Relief != 100 {
		t.Errorf("relief %d; want one chat in full again", a.Relief)
	}
	// One that comes back from a colleague is to be gone on with: it counts in full
	// until it is found silent again.
	d.speak(t, chats[0], lin)
	d.dozes(t, "lin", 150)
	d.hire(t, "wei", 1)
	if _, err := d.Transfer(t.Context(), workspace, chats[0].ID, "lin", "wei", "", ""); err != nil {
		t.Fatal(err)
	}
	if err := d.Decline(t.Context(), workspace, d.offerOf(t, "wei").ID, "wei"); err != nil {
		t.Fatal(err)
	}
	if a := d.agent(t, "lin"); a.Relief != 100 {
		t.Errorf("relief %d; want the chat that came back in full", a.Relief)
	}
	d.recount(t)
	if _, err := d.SetDuty(t.Context(), workspace, "wei", handoff.DutyOff); err != nil {
		t.Fatal(err)
	}
	// An idle chat that ends gives back no more than it has.
	for _, c := range chats {
		if _, err := d.Close(t.Context(), workspace, c.ID, lin); err != nil {
			t.Fatal(err)
		}
		d.recount(t)
	}
	if _, err := d.Take(t.Context(), workspace, waits.ID, "lin", 0, handoff.TakeOptions{}); err != nil {
		t.Fatal(err)
	}
	d.recount(t)
}

// testDeskIdleModel lets visitors fall silent and come back, agents answer, chats
// come, go and change hands, and desks be restarted, and compares what counts half
// with what was said.
func testDeskIdleModel(t *testing.T, s Stores) {
	check := 0
	rapid.Check(t, func(t *rapid.T) {
		check++
		m := &idleModel{desk: newDesk(s, bot.WorkspaceID(fmt.Sprint("idle", check))), spoke: map[bot.ConversationID]time.Time{}, said: map[bot.ConversationID]time.Time{}, told: map[bot.ConversationID]bool{}}
		m.hire(t, "ann", 2)
		m.hire(t, "bob", 3)
		for range 6 {
			m.chats = append(m.chats, newConversation(t, s, m.ws))
		}
		t.Repeat(map[string]func(*rapid.T){
			"":        m.check,
			"visitor": m.stepVisitor,
			"agent":   m.stepAgent,
			"time":    m.stepTime,
			"time 2":  m.stepTime,
			"ask":     m.stepAsk,
			"take":    m.stepTake,
			"pass on": m.stepPass,
			"close":   m.stepClose,
			"restart": m.stepRestart,
		})
	})
}

type idleModel struct {
	*desk
	chats []bot.Conversation
	spoke map[bot.ConversationID]time.Time // the visitor wrote last
	said  map[bot.ConversationID]time.Time // the agent wrote last
	told  map[bot.ConversationID]bool      // the desk heard the visitor's last word, and had had time to look around
	now   time.Time
	lives time.Time // the desk's present life began
}

func (m *idleModel) stepRestart(*rapid.T) {
	m.restart()
	m.lives = m.clock.now()
}

func (m *idleModel) pick(t *rapid.T) bot.Conversation {
	return m.row(t, rapid.SampledFrom(m.chats).Draw(t, "chat"))
}

func (m *idleModel) stepVisitor(t *rapid.T) {
	c := m.pick(t)
	w := m.speak(t, c, visitor)
	heard := rapid.Bool().Draw(t, "heard")
	if heard {
		m.Heard(w)
	}
	m.spoke[c.ID], m.told[c.ID] = m.clock.now(), heard && m.clock.now().Sub(m.lives) > 90*time.Second
	m.sweep(t)
}

func (m *idleModel) stepAgent(t *rapid.T) {
	c := m.pick(t)
	if c.Agent == "" || c.Service == bot.ServiceClosed {
		t.Skip("nobody has it")
	}
	m.speak(t, c, bot.Author{Kind: bot.AuthorAgent, ID: string(c.Agent)})
	m.said[c.ID] = m.clock.now()
}

func (m *idleModel) stepTime(t *rapid.T) {
	for range rapid.IntRange(1, 14).Draw(t, "of 25 seconds") {
		m.clock.pass(25 * time.Second)
		may(t, "beat", m.Beat(t.Context(), m.ws, []bot.AgentID{"ann", "bob"}))
		m.sweep(t)
	}
	for _, a := range []bot.AgentID{"ann", "bob"} {
		all, err := m.Offers(t.Context(), m.ws, a)
		may(t, "offers", err)
		for _, r := range all {
			_, err := m.Accept(t.Context(), m.ws, r.ID, a)
			may(t, "accept", err)
			c := bot.Conversation{Workspace: m.ws, ID: r.Conversation}
			m.speak(t, c, bot.Author{Kind: bot.AuthorAgent, ID: string(a)})
			m.said[c.ID] = m.clock.now()
		}
	}
	m.back(t)
}

// back keeps both on duty: offers that lie are another test's.
func (m *idleModel) back(t *rapid.T) {
	for _, a := range []bot.AgentID{"ann", "bob"} {
		_, err := m.SetDuty(t.Context(), m.ws, a, handoff.DutyOn)
		may(t, "duty", err)
	}
}

func (m *idleModel) stepAsk(t *rapid.T) {
	c := m.pick(t)
	m.enqueue(t, c, nil)
}

func (m *idleModel) stepTake(t *rapid.T) {
	_, err := m.Take(t.Context(), m.ws, m.pick(t).ID, rapid.SampledFrom([]bot.AgentID{"ann", "bob"}).Draw(t, "by"), 0, handoff.TakeOptions{Supervisor: true})
	may(t, "take", err, fault.Conflict)
}

func (m *idleModel) stepPass(t *rapid.T) {
	c := m.pick(t)
	if c.Agent == "" {
		t.Skip("nobody has it")
	}
	to := rapid.SampledFrom([]bot.AgentID{"", "ann", "bob"}).Draw(t, "to")
	_, err := m.Transfer(t.Context(), m.ws, c.ID, c.Agent, to, "", "")
	may(t, "transfer", err, fault.Conflict, fault.Invalid)
}

func (m *idleModel) stepClose(t *rapid.T) {
	_, err := m.Close(t.Context(), m.ws, m.pick(t).ID, visitor)
	may(t, "close", err)
}

func (m *idleModel) check(t *rapid.T) {
	m.recount(t)
	agents, err := m.Agents(t.Context(), m.ws)
	may(t, "agents", err)
	for _, a := range agents {
		if a.Reserved > 0 && a.Left() < 0 {
			t.Errorf("%s has offers and %d hundredths of a place", a.ID, a.Left())
		}
	}
	now := m.clock.now()
	for _, c := range m.chats {
		c = m.row(t, c)
		w := m.wait(t, c)
		if w.Relief != 0 && (w.Relief != 50 || c.Agent == "") {
			t.Errorf("%s of %q gives back %d", c.ID, c.Agent, w.Relief)
		}
		spoke, said := m.spoke[c.ID], m.said[c.ID]
		quiet := now.Sub(spoke)
		switch {
		case w.Relief > 0 && !spoke.IsZero() && quiet < 10*time.Minute && (m.told[c.ID] || quiet >= 90*time.Second):
			t.Errorf("%s is idle, and its visitor wrote %v ago", c.ID, quiet)
		case w.Relief == 0 && c.Service == bot.ServiceActive && !spoke.IsZero() && said.After(spoke) &&
			quiet > 20*time.Minute && now.Sub(said) > 20*time.Minute && now.Sub(w.Accepted) > 20*time.Minute && now.Equal(m.now):
			t.Errorf("%s is not idle, and its visitor has been silent for %v", c.ID, quiet)
		}
	}
	m.now = now
}
