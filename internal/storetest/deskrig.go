package storetest

import (
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/account"
)

// desk is a desk under test with a clock that only the test moves.
type desk struct {
	*handoff.Desk
	Stores
	ws    bot.WorkspaceID
	clock *clock
	heard *heard
}

func newDesk(s Stores, ws bot.WorkspaceID) *desk {
	d := &desk{Stores: s, ws: ws, clock: &clock{at: start}, heard: &heard{open: map[string]int{}, ended: map[string]int{}}}
	d.restart()
	return d
}

// restart is another life of the process.
func (d *desk) restart() {
	d.Desk = handoff.New(d.Stores.Desk, d.Timeline, d.heard, d.clock.now, nil, &handoff.Options{Notifier: d.heard})
}

type clock struct {
	mu sync.Mutex // guards at
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// heard keeps what a desk told.
type heard struct {
	mu      sync.Mutex // guards the fields below
	written []bot.Written
	open    map[string]int // by reservation
	ended   map[string]int
	places  []handoff.Place
	agents  []handoff.Agent
	offered chan handoff.Reservation // receives each offer; nil: nobody listens
}

func (h *heard) Published(w bot.Written) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.written = append(h.written, w)
}
func (h *heard) Delta(bot.Delta)   {}
func (h *heard) Typing(bot.Typing) {}
func (h *heard) Offered(r handoff.Reservation, _ bot.Conversation) {
	if h.offered != nil {
		h.offered <- r
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open[r.ID]++
}

func (h *heard) OfferEnded(r handoff.Reservation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended[r.ID]++
}

func (h *heard) PlacesChanged(_ bot.WorkspaceID, p []handoff.Place) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.places = p
}

func (h *heard) AgentChanged(a handoff.Agent) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.agents = append(h.agents, a)
}

// hire makes an agent who is on duty.
func (d *desk) hire(t tester, a bot.AgentID, capacity int, skills ...string) {
	t.Helper()
	name := strings.ToUpper(string(a[:1])) + string(a[1:])
	if _, err := d.PutAgent(t.Context(), handoff.Agent{Workspace: d.ws, ID: a, Name: name, Capacity: capacity, Skills: skills}); err != nil {
		t.Fatalf("put agent: %v", err)
	}
	if _, err := d.SetDuty(t.Context(), d.ws, a, handoff.DutyOn); err != nil {
		t.Fatalf("duty: %v", err)
	}
}

// ask puts a new conversation in line, as the button does.
func (d *desk) ask(t tester, change func(*bot.Escalation)) bot.Conversation {
	t.Helper()
	c := newConversation(t, d.Stores, d.ws)
	return d.enqueue(t, c, change).Conversation
}

func (d *desk) enqueue(t tester, c bot.Conversation, change func(*bot.Escalation)) bot.Written {
	t.Helper()
	e := bot.Escalation{Workspace: d.ws, Conversation: c.ID, Reason: bot.ReasonAsked, Language: "en"}
	if change != nil {
		change(&e)
	}
	w, err := d.Enqueue(t.Context(), e)
	if err != nil {
		t.Fatalf("enqueue: %v", err)
	}
	return w
}

// after lets time pass while the given agents give signs of life, and sweeps.
func (d *desk) after(t tester, pass time.Duration, alive ...bot.AgentID) {
	t.Helper()
	for pass > 0 {
		step := min(pass, 10*time.Second)
		d.clock.pass(step)
		pass -= step
		if err := d.Beat(t.Context(), d.ws, alive); err != nil {
			t.Fatalf("beat: %v", err)
		}
		d.sweep(t)
	}
}

func (d *desk) sweep(t tester) {
	t.Helper()
	if err := d.Sweep(t.Context()); err != nil {
		t.Fatalf("sweep: %v", err)
	}
}

// row reads a conversation as it is now.
func (d *desk) row(t tester, c bot.Conversation) bot.Conversation {
	t.Helper()
	got, err := d.Timeline.Conversation(t.Context(), d.ws, c.ID)
	if err != nil {
		t.Fatalf("row: %v", err)
	}
	return got
}

// wait reads what the desk remembers of a conversation.
func (d *desk) wait(t tester, c bot.Conversation) (w handoff.Wait) {
	t.Helper()
	if _, err := d.Stores.Desk.Move(t.Context(), handoff.Ask{Workspace: d.ws, Conversation: c.ID}, func(l handoff.Locked) (handoff.Outcome, error) {
		w = l.Wait
		return handoff.Outcome{}, nil
	}); err != nil {
		t.Fatalf("wait: %v", err)
	}
	return w
}

// channel sets what a chat of an inbox takes of a place, in hundredths.
func (d *desk) channel(t tester, inbox bot.InboxID, takes int) {
	t.Helper()
	if err := d.Inboxes.PutInbox(t.Context(), account.Inbox{Workspace: d.ws, ID: string(inbox), Name: string(inbox), Language: "en", Takes: takes, CreatedAt: start}); err != nil {
		t.Fatalf("put inbox: %v", err)
	}
}

// is fails unless the conversation stands so.
func (d *desk) is(t tester, c bot.Conversation, service bot.Service, speaker bot.Speaker, agent bot.AgentID) bot.Conversation {
	t.Helper()
	got := d.row(t, c)
	if got.Service != service || got.Speaker != speaker || got.Agent != agent {
		t.Errorf("conversation is %s, %s speaks, agent %q; want %s, %s, %q", got.Service, got.Speaker, got.Agent, service, speaker, agent)
	}
	return got
}

// offerOf returns the one open offer to an agent.
func (d *desk) offerOf(t tester, agent bot.AgentID) handoff.Reservation {
	t.Helper()
	all, err := d.Offers(t.Context(), d.ws, agent)
	if err != nil || len(all) != 1 {
		t.Fatalf("%s has %d offers, %v; want one", agent, len(all), err)
	}
	return all[0]
}

func (d *desk) noOffer(t tester, agent bot.AgentID) {
	t.Helper()
	if all, err := d.Offers(t.Context(), d.ws, agent); err != nil || len(all) != 0 {
		t.Errorf("%s has %d offers, %v; want none", agent, len(all), err)
	}
}

func (d *desk) accept(t tester, agent bot.AgentID) bot.Written {
	t.Helper()
	w, err := d.Accept(t.Context(), d.ws, d.offerOf(t, agent).ID, agent)
	if err != nil {
		t.Fatalf("accept: %v", err)
	}
	return w
}

func (d *desk) agent(t tester, id bot.AgentID) handoff.Agent {
	t.Helper()
	all, err := d.Agents(t.Context(), d.ws)
	if err != nil {
		t.Fatalf("agents: %v", err)
	}
	for _, a := range all {
		if a.ID == id {
			return a
		}
	}
	t.Fatalf("no agent %s", id)
	return handoff.Agent{}
}

// told returns the last sentence that the visitor read about the service.
func (d *desk) told(t tester, c bot.Conversation) (change, text string) {
	t.Helper()
	for _, e := range timeline(t, d.Stores, c, bot.ViewVisitor, 500) {
		if e.Kind == bot.EventService {
			change, text = e.Body.Change, e.Body.Text
		}
	}
	return change, text
}

func (d *desk) wantTold(t tester, c bot.Conversation, change, part string) {
	t.Helper()
	gotChange, got := d.told(t, c)
	if gotChange != change || !strings.Contains(got, part) {
		t.Errorf("the visitor was told %s %q; want %s with %q", gotChange, got, change, part)
	}
}
