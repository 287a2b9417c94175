package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// testDeskModel lets visitors, agents and time do what they like and checks the
// desk's invariants after each step.
func testDeskModel(t *testing.T, s Stores) {
	check := 0
	rapid.Check(t, func(t *rapid.T) {
		check++
		m := &deskModel{desk: newDesk(s, bot.WorkspaceID(fmt.Sprint("desk", check))), owed: map[bot.ConversationID]bool{}, since: map[bot.ConversationID]time.Time{}}
		for i := range 3 {
			m.hire(t, bot.AgentID(fmt.Sprint("agent", i)), i%2+1)
		}
		m.share(t, "mail", 50)
		m.share(t, "phone", 200)
		for _, inbox := range []bot.InboxID{"site", "site", "mail", "mail", "phone"} {
			m.convs = append(m.convs, conversationIn(t, s, m.ws, inbox))
		}
		t.Repeat(map[string]func(*rapid.T){
			"":          m.check,
			"enqueue":   m.stepEnqueue,
			"sweep":     m.stepSweep,
			"accept":    m.stepAccept,
			"accept 2":  m.stepAccept,
			"decline":   m.stepDecline,
			"take":      m.stepTake,
			"hand back": m.stepHandBack,
			"transfer":  m.stepTransfer,
			"close":     m.stepClose,
			"stop bot":  m.stepStop,
			"words":     m.stepWords,
			"reopen":    m.stepReopen,
			"leave":     m.stepLeave,
			"message":   m.stepMessage,
			"presence":  m.stepPresence,
			"duty":      m.stepDuty,
			"channel":   m.stepChannel,
			"time":      m.stepTime,
			"time 2":    m.stepTime,
			"restart":   func(*rapid.T) { m.restart() },
		})
	})
}

type deskModel struct {
	*desk
	convs  []bot.Conversation
	owed   map[bot.ConversationID]bool      // somebody waits there, or was promised an answer
	since  map[bot.ConversationID]time.Time // … from then on
	epochs map[bot.ConversationID]bot.Conversation
	shares map[bot.InboxID]int // what chats take of a place, in hundredths
}

func (m *deskModel) share(t tester, inbox bot.InboxID, takes int) {
	if m.shares == nil {
		m.shares = map[bot.InboxID]int{"site": 100}
	}
	m.shares[inbox] = takes
	m.channel(t, inbox, takes)
}

// stepChannel has somebody decide what chats take from now on.
func (m *deskModel) stepChannel(t *rapid.T) {
	m.share(t, rapid.SampledFrom([]bot.InboxID{"mail", "phone"}).Draw(t, "inbox"), 50*rapid.IntRange(1, 5).Draw(t, "halves"))
}

func (m *deskModel) pick(t *rapid.T) bot.Conversation {
	return m.row(t, rapid.SampledFrom(m.convs).Draw(t, "conversation"))
}

func (m *deskModel) who(t *rapid.T) bot.AgentID {
	return bot.AgentID(fmt.Sprint("agent", rapid.IntRange(0, 2).Draw(t, "agent")))
}

// may fails unless err is nil or of one of the kinds.
func may(t tester, what string, err error, kinds ...fault.Kind) {
	t.Helper()
	if err != nil && !slices.Contains(kinds, fault.KindOf(err)) {
		t.Fatalf("%s: %v", what, err)
	}
}

func (m *deskModel) stepEnqueue(t *rapid.T) {
	c := m.pick(t)
	w, err := m.Enqueue(t.Context(), bot.Escalation{Workspace: m.ws, Conversation: c.ID, Reason: bot.ReasonAsked})
	may(t, "enqueue", err)
	got := w.Conversation
	if got.Service == bot.ServiceBot || got.Service == bot.ServiceClosed {
		t.Fatalf("asked for a person and got %s", got.Service)
	}
	if !m.owed[c.ID] {
		m.since[c.ID] = m.clock.now()
	} else if c.Service == bot.ServiceParked && got.Service == bot.ServiceWaiting && !got.Enqueued.Equal(m.since[c.ID]) {
		// Only one who left and stayed away too long loses the age.
		if !got.Enqueued.Equal(m.clock.now()) {
			t.Fatalf("enqueued %v, want %v or now", got.Enqueued, m.since[c.ID])
		}
		m.since[c.ID] = m.clock.now()
	}
	m.owed[c.ID] = true
}

func (m *deskModel) stepAccept(t *rapid.T) {
	f := m.look(t)
	var open []handoff.Reservation
	for _, r := range f.Offers {
		if r.State == handoff.ReservationOpen {
			open = append(open, r)
		}
	}
	if len(open) == 0 {
		t.Skip("no offers")
	}
	r := rapid.SampledFrom(open).Draw(t, "offer")
	by := r.Agent
	if rapid.IntRange(0, 4).Draw(t, "wrong") == 0 {
		by = m.who(t)
	}
	_, err := m.Accept(t.Context(), m.ws, r.ID, by)
	inTime := r.Deadline.After(m.clock.now())
	switch {
	case by != r.Agent:
		wantKind(t, "accept by another", err, fault.Denied)
	case !inTime:
		wantKind(t, "accept too late", err, fault.Conflict)
	case err != nil:
		t.Fatalf("accept in time: %v", err)
	default:
		c := m.row(t, bot.Conversation{ID: r.Conversation})
		if c.Agent != by || c.Service != bot.ServiceActive || c.Speaker != bot.SpeakerHuman {
			t.Fatalf("accepted: %+v", c)
		}
	}
}

func (m *deskModel) stepDecline(t *rapid.T) {
	a := m.who(t)
	all, err := m.Offers(t.Context(), m.ws, a)
	may(t, "offers", err)
	if len(all) == 0 {
		t.Skip("no offers")
	}
	may(t, "decline", m.Decline(t.Context(), m.ws, all[0].ID, a))
}

func (m *deskModel) stepTake(t *rapid.T) {
	c, a := m.pick(t), m.who(t)
	super := rapid.Bool().Draw(t, "supervisor")
	_, err := m.Take(t.Context(), m.ws, c.ID, a, 0, handoff.TakeOptions{Supervisor: super})
	refused := c.Service == bot.ServiceClosed || c.Agent != "" && c.Agent != a && !super
	if refused != fault.Is(err, fault.Conflict) || !refused && err != nil {
		t.Fatalf("take from %q in %s (supervisor %v): %v", c.Agent, c.Service, super, err)
	}
	if err == nil && !m.owed[c.ID] {
		m.owed[c.ID] = true
		m.since[c.ID] = time.Time{} // never waited; a wait would begin when the agent is lost
	}
}

// over notes that what was asked for is settled.
func (m *deskModel) over(c bot.Conversation) {
	delete(m.owed, c.ID)
	delete(m.since, c.ID)
}

func (m *deskModel) stepHandBack(t *rapid.T) {
	c := m.pick(t)
	if c.Agent == "" {
		t.Skip("nobody has it")
	}
	_, err := m.HandBack(t.Context(), m.ws, c.ID, c.Agent, "note")
	may(t, "hand back", err)
	m.over(c)
}

func (m *deskModel) stepTransfer(t *rapid.T) {
	c := m.pick(t)
	if c.Agent == "" {
		t.Skip("nobody has it")
	}
	to := bot.AgentID("")
	if rapid.Bool().Draw(t, "to a colleague") {
		to = m.who(t)
	}
	_, err := m.Transfer(t.Context(), m.ws, c.ID, c.Agent, to, "", "")
	may(t, "transfer", err, fault.Conflict, fault.Invalid)
	if err == nil && m.since[c.ID].IsZero() {
		m.since[c.ID] = m.clock.now()
	}
}

func (m *deskModel) stepClose(t *rapid.T) {
	c := m.pick(t)
	_, err := m.Close(t.Context(), m.ws, c.ID, visitor)
	may(t, "close", err)
	m.over(c)
}

func (m *deskModel) stepStop(t *rapid.T) {
	c := m.pick(t)
	stopped := m.wait(t, c).Stopped
	_, err := m.StopBot(t.Context(), m.ws, c.ID, bot.Author{Kind: bot.AuthorAgent, ID: "boss", Name: "Boss"})
	if refused := c.Service == bot.ServiceClosed || c.Agent != ""; refused != fault.Is(err, fault.Conflict) || !refused && err != nil {
		t.Fatalf("stop the bot in %s with agent %q: %v", c.Service, c.Agent, err)
	} else if refused || stopped {
		return
	}
	if got := m.row(t, c); got.Speaker != bot.SpeakerHuman || got.Service == bot.ServiceBot {
		t.Fatalf("stopped, and it is %s and %s speaks", got.Service, got.Speaker)
	}
	if m.since[c.ID].IsZero() {
		m.since[c.ID] = m.clock.now()
	}
	m.owed[c.ID] = true
}

// stepWords has the visitor or the agent write; the desk may not hear of it.
func (m *deskModel) stepWords(t *rapid.T) {
	c := m.pick(t)
	by := visitor
	if c.Agent != "" && rapid.Bool().Draw(t, "agent writes") {
		by = bot.Author{Kind: bot.AuthorAgent, ID: string(c.Agent)}
	}
	e := says(by, "words")
	e.At = m.clock.now()
	w := write(t, m.Stores, c, key(by, "words"), bot.Change{Events: []bot.NewEvent{e}})
	if rapid.Bool().Draw(t, "heard") {
		m.Heard(w)
	}
}

func (m *deskModel) stepReopen(t *rapid.T) {
	c := m.pick(t)
	_, err := m.Reopen(t.Context(), m.ws, c.ID, m.who(t))
	if (c.Service == bot.ServiceClosed) != (err == nil) {
		t.Fatalf("reopen in %s: %v", c.Service, err)
	}
	if err == nil {
		m.owed[c.ID] = true
	}
}

func (m *deskModel) stepLeave(t *rapid.T) {
	c := m.pick(t)
	stopped := m.wait(t, c).Stopped
	_, err := m.Leave(t.Context(), m.ws, c.ID, bot.Key{})
	may(t, "leave", err, fault.Conflict)
	if (c.Agent != "" || stopped) != fault.Is(err, fault.Conflict) {
		t.Fatalf("leave with agent %q: %v", c.Agent, err)
	}
	if err == nil {
		m.over(c)
	}
}

func (m *deskModel) stepMessage(t *rapid.T) {
	c := m.pick(t)
	_, err := m.LeaveMessage(t.Context(), m.ws, c.ID, bot.Key{}, handoff.Contact{Text: "please write"})
	may(t, "leave a message", err, fault.Conflict)
	if err == nil {
		if m.since[c.ID].IsZero() {
			m.since[c.ID] = m.clock.now()
		}
		m.owed[c.ID] = true
	}
}

func (m *deskModel) stepPresence(t *rapid.T) {
	may(t, "presence", m.Presence(t.Context(), m.ws, m.pick(t).ID, rapid.Bool().Draw(t, "present")))
}

func (m *deskModel) stepDuty(t *rapid.T) {
	a := m.who(t)
	_, err := m.SetDuty(t.Context(), m.ws, a, rapid.SampledFrom([]handoff.Duty{handoff.DutyOn, handoff.DutyOn, handoff.DutyAway, handoff.DutyOff}).Draw(t, "duty"))
	may(t, "duty", err)
}

func (m *deskModel) stepTime(t *rapid.T) {
	m.clock.pass(time.Duration(rapid.IntRange(1, 45).Draw(t, "seconds")) * time.Second)
	var alive []bot.AgentID
	for i := range 3 {
		if rapid.IntRange(0, 3).Draw(t, "alive") > 0 {
			alive = append(alive, bot.AgentID(fmt.Sprint("agent", i)))
		}
	}
	may(t, "beat", m.Beat(t.Context(), m.ws, alive))
}

func (m *deskModel) look(t tester) handoff.Floor {
	t.Helper()
	f, err := m.Stores.Desk.Floor(t.Context(), m.ws, m.clock.now().Add(-time.Minute), m.clock.now())
	if err != nil {
		t.Fatalf("floor: %v", err)
	}
	return f
}

// stepSweep looks at who got offers, and who did not.
func (m *deskModel) stepSweep(t *rapid.T) {
	if err := m.Desk.Sweep(t.Context()); err != nil {
		t.Fatalf("sweep: %v", err)
	}
	now := m.clock.now()
	f := m.look(t)
	line, err := m.Line(t.Context(), m.ws)
	if err != nil {
		t.Fatalf("line: %v", err)
	}
	// The order is the test's own: nobody here is more urgent than another.
	slices.SortFunc(line, func(a, b handoff.InLine) int {
		return cmp.Or(a.Conversation.Enqueued.Compare(b.Conversation.Enqueued), strings.Compare(string(a.Conversation.ID), string(b.Conversation.ID)))
	})
	passed := func(c bot.ConversationID, a bot.AgentID) bool {
		return slices.ContainsFunc(f.Offers, func(r handoff.Reservation) bool {
			return r.Conversation == c && r.Agent == a && r.State != handoff.ReservationOpen && now.Sub(r.DecidedAt) < time.Minute
		})
	}
	takes := func(c bot.Conversation, a handoff.Agent) int { return min(m.shares[c.Inbox], 100*a.Capacity) }
	beside := map[bot.ConversationID]int{} // how many have room for it
	for _, a := range f.Agents {
		if a.Reserved > 0 && a.Left() < 0 {
			t.Fatalf("%s has %d chats and %d offers with room for %d (I-16)", a.ID, a.Load, a.Reserved, a.Capacity)
		}
		present := a.Duty == handoff.DutyOn && now.Sub(a.Heartbeat) < 30*time.Second
		for i, w := range line {
			c := w.Conversation
			if c.Service != bot.ServiceWaiting || c.Agent == a.ID || passed(c.ID, a.ID) || !present {
				continue
			}
			if a.Left() >= takes(c, a) {
				beside[c.ID]++
			}
			// The room of one agent is kept for each that came before and takes more.
			kept := 0
			for _, x := range line[:i] {
				if x.Conversation.Service == bot.ServiceWaiting && m.shares[x.Conversation.Inbox] > m.shares[c.Inbox] {
					kept++
				}
			}
			if beside[c.ID] > kept {
				t.Fatalf("%s waits beside %s, who is free (I-22)", c.ID, a.ID)
			}
			for _, r := range f.Offers { // nobody behind it was given to this agent just now (I-20)
				if r.State == handoff.ReservationOpen && r.Agent == a.ID && r.OfferedAt.Equal(now) && a.Left()+r.Takes >= takes(c, a) &&
					slices.ContainsFunc(line[i+1:], func(x handoff.InLine) bool { return x.Conversation.ID == r.Conversation && x.Conversation.Agent == "" }) {
					// A colleague's transfer is not part of the line; an offer made earlier in
					// this very instant, before the older one came back, is not overtaking either.
					if c.Enqueued.Before(r.OfferedAt) && !m.moved(t, c, now) {
						t.Fatalf("%s was overtaken at %s (I-20)", c.ID, a.ID)
					}
				}
			}
		}
	}
	for _, s := range f.Line {
		if s.Conversation.Service == bot.ServiceOffered && s.Conversation.Agent == "" {
			if i := slices.IndexFunc(f.Offers, func(r handoff.Reservation) bool {
				return r.State == handoff.ReservationOpen && r.Conversation == s.Conversation.ID
			}); i < 0 || !f.Offers[i].Deadline.After(now) {
				t.Fatalf("%s is held past its deadline (I-17)", s.Conversation.ID)
			}
		}
	}
}

// moved reports whether the conversation changed at this very instant.
func (m *deskModel) moved(t tester, c bot.Conversation, now time.Time) bool {
	return m.row(t, c).UpdatedAt.Equal(now)
}

func (m *deskModel) check(t *rapid.T) {
	m.recount(t)
	f := m.look(t)
	open := map[bot.ConversationID]int{}
	for _, r := range f.Offers {
		if r.State == handoff.ReservationOpen {
			open[r.Conversation]++
			if m.heard.open[r.ID] != 1 || m.heard.ended[r.ID] != 0 {
				t.Errorf("open offer told %d times, its end %d times", m.heard.open[r.ID], m.heard.ended[r.ID])
			}
		} else if m.heard.ended[r.ID] != 1 {
			t.Errorf("end of an offer told %d times", m.heard.ended[r.ID])
		}
	}
	inLine := map[bot.ConversationID]handoff.Wait{}
	for _, s := range f.Line {
		inLine[s.Conversation.ID] = s.Wait
	}
	if m.epochs == nil {
		m.epochs = map[bot.ConversationID]bot.Conversation{}
	}
	for _, c := range m.convs {
		c = m.row(t, c)
		want := 0
		if c.Service == bot.ServiceOffered {
			want = 1
		}
		if open[c.ID] != want {
			t.Errorf("%s is %s with %d open offers (I-15)", c.ID, c.Service, open[c.ID])
		}
		ok := false
		switch c.Service {
		case bot.ServiceBot, bot.ServiceClosed, bot.ServiceParked:
			silenced := c.Service == bot.ServiceParked && m.wait(t, c).Stopped
			ok = c.Agent == "" && (c.Speaker == bot.SpeakerHuman) == silenced && c.Enqueued.IsZero()
		case bot.ServiceWaiting, bot.ServiceOffered:
			ok = !c.Enqueued.IsZero() && (c.Agent == "" || c.Speaker == bot.SpeakerHuman)
		case bot.ServiceActive:
			ok = c.Agent != "" && c.Speaker == bot.SpeakerHuman && c.Enqueued.IsZero()
		}
		if !ok {
			t.Errorf("%s is %s, %s speaks, agent %q, enqueued %v (I-17)", c.ID, c.Service, c.Speaker, c.Agent, c.Enqueued)
		}
		w, waits := inLine[c.ID]
		if waits && (w.Since.IsZero() || (c.Service == bot.ServiceParked) != (w.Why != "") || (w.Why != "") == w.Parked.IsZero()) {
			t.Errorf("%s is %s and remembered as %+v", c.ID, c.Service, w)
		}
		if m.owed[c.ID] && (c.Service == bot.ServiceBot || c.Service == bot.ServiceClosed) {
			t.Errorf("%s is lost: nobody settled it and it is %s (I-18)", c.ID, c.Service)
		}
		if at := m.since[c.ID]; !at.IsZero() && !c.Enqueued.IsZero() && !c.Enqueued.Equal(at) {
			t.Errorf("%s is in line since %v, its age is %v", c.ID, c.Enqueued, at)
		} else if at.IsZero() && !c.Enqueued.IsZero() {
			m.since[c.ID] = c.Enqueued
		}
		before := m.epochs[c.ID]
		if before.ID != "" && (c.ControlEpoch < before.ControlEpoch || c.Speaker != before.Speaker && c.ControlEpoch == before.ControlEpoch) {
			t.Errorf("%s: epoch %d and %s after %d and %s", c.ID, c.ControlEpoch, c.Speaker, before.ControlEpoch, before.Speaker)
		}
		m.epochs[c.ID] = c
		checkDense(t, m.Stores, c)
	}
}
