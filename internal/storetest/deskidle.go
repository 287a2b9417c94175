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
