package simulate

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// memory keeps a desk in memory, without the words of its conversations. Only one
// goroutine writes at a time but offers are made side by side, hence the lock.
type memory struct {
	lock          chan struct{}
	conversations map[bot.ConversationID]*held
	agents        map[bot.AgentID]handoff.Agent
	queues        []handoff.Queue
	takes         map[bot.InboxID]int // as of handoff.Floor
	offers        map[string]handoff.Reservation
	passed        []handoff.Reservation // declined or missed, in order of DecidedAt
	line          map[bot.ConversationID]bool
	measures      handoff.Measures
	now           func() time.Time
}

type held struct {
	row   bot.Conversation
	wait  handoff.Wait
	offer string
}

var (
	_ handoff.Store = (*memory)(nil)
	_ bot.Timeline  = (*memory)(nil)
)

func newMemory(now func() time.Time) *memory {
	return &memory{
		lock: make(chan struct{}, 1), conversations: map[bot.ConversationID]*held{}, agents: map[bot.AgentID]handoff.Agent{},
		offers: map[string]handoff.Reservation{}, line: map[bot.ConversationID]bool{}, takes: map[bot.InboxID]int{}, now: now,
	}
}

func (m *memory) hold() (release func()) {
	m.lock <- struct{}{}
	return func() { <-m.lock }
}

func errNone(what string) error { return fault.New(fault.NotFound, "There is no such %s.", what) }

// begin makes a conversation.
func (m *memory) begin(c bot.Conversation) {
	defer m.hold()()
	c.Workspace, c.Service, c.Speaker = id.DefaultWorkspace, bot.ServiceBot, bot.SpeakerBot
	m.conversations[c.ID] = &held{row: c}
}

// end forgets a conversation that is over.
func (m *memory) end(c bot.ConversationID) {
	defer m.hold()()
	delete(m.conversations, c)
}

func (m *memory) Move(_ context.Context, ask handoff.Ask, decide func(handoff.Locked) (handoff.Outcome, error)) (bot.Written, error) {
	defer m.hold()()
	h := m.conversations[ask.Conversation]
	if h == nil {
		return bot.Written{}, errNone("conversation")
	}
	l := handoff.Locked{Conversation: h.row, Wait: h.wait, Agents: map[bot.AgentID]handoff.Agent{}, Measures: m.measures}
	names := append(slices.Clone(ask.Agents), h.row.Agent)
	if h.offer != "" {
		r := m.offers[h.offer]
		l.Offer = &r
		names = append(names, r.Agent)
	}
	for _, a := range names {
		if got, ok := m.agents[a]; ok {
			l.Agents[a] = got
		}
	}
	o, err := decide(l)
	if err != nil {
		return bot.Written{}, err
	}
	w := bot.Written{Conversation: h.row}
	if o.Change.Row != nil || len(o.Change.Events) > 0 {
		w.Conversation, w.Events, _ = h.row.Append(o.Change, ask.Key, nil, id.New, m.now())
		h.row = w.Conversation
	}
	m.put(h, o)
	return w, nil
}

func (m *memory) put(h *held, o handoff.Outcome) {
	for _, a := range o.Agents {
		a.Version++
		m.agents[a.ID] = a
	}
	for _, r := range o.Offers {
		m.offers[r.ID] = r
		switch {
		case r.State == handoff.ReservationOpen:
			h.offer = r.ID
			continue
		case r.State == handoff.ReservationDeclined || r.State == handoff.ReservationMissed:
			m.passed = append(m.passed, r)
		}
		if h.offer == r.ID {
			h.offer = ""
		}
		delete(m.offers, r.ID)
	}
	if o.Wait != nil {
		h.wait = *o.Wait
	}
	if o.Measures != nil {
		m.measures = *o.Measures
	}
	switch h.row.Service {
	case bot.ServiceWaiting, bot.ServiceOffered, bot.ServiceParked:
		m.line[h.row.ID] = true
	default:
		delete(m.line, h.row.ID)
	}
}

func (m *memory) ChangeAgent(_ context.Context, ws bot.WorkspaceID, agent bot.AgentID, create bool, change func(*handoff.Agent) error) (handoff.Agent, error) {
	defer m.hold()()
	a, ok := m.agents[agent]
	if !ok && !create {
		return a, errNone("agent")
	}
	a.Workspace, a.ID = ws, agent
	if err := change(&a); err != nil {
		return handoff.Agent{}, err
	}
	a.Version++
	m.agents[agent] = a
	return a, nil
}

func (m *memory) Beat(_ context.Context, _ bot.WorkspaceID, agents []bot.AgentID, now time.Time) error {
	defer m.hold()()
	for _, id := range agents {
		if a, ok := m.agents[id]; ok {
			a.Heartbeat = now
			m.agents[id] = a
		}
	}
	return nil
}

func (m *memory) sorted() []handoff.Agent {
	return slices.SortedFunc(maps.Values(m.agents), func(a, b handoff.Agent) int { return strings.Compare(string(a.ID), string(b.ID)) })
}

func (m *memory) Floor(_ context.Context, _ bot.WorkspaceID, recent, now time.Time) (handoff.Floor, error) {
	defer m.hold()()
	f := handoff.Floor{Agents: m.sorted(), Queues: slices.Clone(m.queues), Takes: m.takes, Measures: m.measures}
	for id := range m.line {
		h := m.conversations[id]
		f.Line = append(f.Line, handoff.Standing{Conversation: h.row, Wait: h.wait})
	}
	slices.SortFunc(f.Line, func(a, b handoff.Standing) int {
		return cmp.Or(a.Wait.Since.Compare(b.Wait.Since), strings.Compare(string(a.Conversation.ID), string(b.Conversation.ID)))
	})
	for _, r := range m.offers {
		f.Offers = append(f.Offers, r)
	}
	old, _ := slices.BinarySearchFunc(m.passed, recent, func(r handoff.Reservation, t time.Time) int { return r.DecidedAt.Compare(t) })
	m.passed = slices.Delete(m.passed, 0, old)
	f.Offers = append(f.Offers, m.passed...)
	return f, nil
}

func (m *memory) Agents(context.Context, bot.WorkspaceID) ([]handoff.Agent, error) {
	defer m.hold()()
	return m.sorted(), nil
}

func (m *memory) Offers(_ context.Context, _ bot.WorkspaceID, agent bot.AgentID) ([]handoff.Reservation, error) {
	defer m.hold()()
	var out []handoff.Reservation
	for _, r := range m.offers {
		if r.Agent == agent {
			out = append(out, r)
		}
	}
	return out, nil
}

func (m *memory) Reservation(_ context.Context, _ bot.WorkspaceID, reservation string) (handoff.Reservation, error) {
	defer m.hold()()
	r, ok := m.offers[reservation]
	if !ok {
		return r, errNone("offer")
	}
	return r, nil
}

func (m *memory) Workspaces(context.Context) ([]bot.WorkspaceID, error) {
	return []bot.WorkspaceID{id.DefaultWorkspace}, nil
}

func (m *memory) PutQueue(_ context.Context, q handoff.Queue) error {
	defer m.hold()()
	m.queues = append(slices.DeleteFunc(m.queues, func(o handoff.Queue) bool { return o.ID == q.ID }), q)
	slices.SortFunc(m.queues, func(a, b handoff.Queue) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return nil
}

func (m *memory) DeleteQueue(_ context.Context, _ bot.WorkspaceID, queue bot.QueueID) error {
	defer m.hold()()
	m.queues = slices.DeleteFunc(m.queues, func(o handoff.Queue) bool { return o.ID == queue })
	return nil
}

func (m *memory) Queues(context.Context, bot.WorkspaceID) ([]handoff.Queue, error) {
	defer m.hold()()
	return slices.Clone(m.queues), nil
}

func (m *memory) Conversation(_ context.Context, _ bot.WorkspaceID, c bot.ConversationID) (bot.Conversation, error) {
	defer m.hold()()
	h := m.conversations[c]
	if h == nil {
		return bot.Conversation{}, errNone("conversation")
	}
	return h.row, nil
}

func (m *memory) Conversations(_ context.Context, q bot.ConversationQuery) ([]bot.Conversation, error) {
	defer m.hold()()
	var out []bot.Conversation
	for _, h := range m.conversations {
		if h.row.Agent == q.Agent {
			out = append(out, h.row)
		}
	}
	slices.SortFunc(out, func(a, b bot.Conversation) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return out, nil
}

// The rest of a timeline is for words, of which there are none here.

func (m *memory) Open(context.Context, bot.Conversation, bot.Key, bot.Decide) (bot.Written, error) {
	return bot.Written{}, errNone("conversation")
}

func (m *memory) Write(context.Context, bot.WorkspaceID, bot.ConversationID, bot.Key, bot.Decide) (bot.Written, error) {
	return bot.Written{}, errNone("conversation")
}

func (m *memory) Events(context.Context, bot.EventQuery) (bot.EventPage, error) {
	return bot.EventPage{}, nil
}

func (m *memory) Epoch(context.Context) (string, error) { return "simulated", nil }

// Rules and codes are for workspaces, of which there is none here.

func (m *memory) List(context.Context, bot.WorkspaceID, string) (string, int64, error) {
	return "", 0, nil
}

func (m *memory) PutList(context.Context, bot.WorkspaceID, string, string, int64) (int64, error) {
	return 0, errNone("list")
}
