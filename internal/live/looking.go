package live

import (
	"slices"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// Colleagues see who else has a conversation open. It is for display: each node
// knows its own consoles, tells the others when that changes and again every
// lookEvery seconds, and forgets what a node has not said for a while.
const (
	lookEvery = 20 // s
	lookLife  = 3 * lookEvery * time.Second
)

// elsewhere is who looks on another node, as it said last.
type elsewhere struct {
	agents []bot.AgentID
	at     time.Time
}

type relayedLook struct {
	Workspace    bot.WorkspaceID
	Conversation bot.ConversationID
	Node         string
	Agents       []bot.AgentID
	Ask          bool // tell me yours
}

type relayedNotice struct {
	Row   bot.Conversation
	Event bot.Event
}

// here is whose consoles on this node look, each once, in order; the caller holds mu.
func (t *topic) here() []bot.AgentID {
	var out []bot.AgentID
	for _, s := range t.subs {
		if s.peer.who.View == bot.ViewAgent {
			out = append(out, s.peer.who.Agent)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// looked tells colleagues who looks when that has changed, and the newcomer in any
// case; the caller holds mu.
func (t *topic) looked(newcomer *Peer) {
	here := t.here()
	if !slices.Equal(here, t.toldLook) {
		first := len(t.toldLook) == 0
		t.toldLook = here
		t.relayLook(first)
	}
	all := slices.Clone(here)
	for _, e := range t.elsewhere {
		all = append(all, e.agents...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	m := Viewers{Workspace: t.key.ws, Conversation: t.key.conv, Agents: all}
	if !slices.Equal(all, t.shownLook) {
		t.shownLook = all
		for _, s := range t.subs { // one whose stretch is being read may know already
			if s.peer.who.View == bot.ViewAgent {
				s.peer.push(t.hub.enc.Encode(bot.ViewAgent, m), durable)
			}
		}
	} else if newcomer != nil && newcomer.who.View == bot.ViewAgent {
		newcomer.push(t.hub.enc.Encode(bot.ViewAgent, m), durable)
	}
}

// relayLook tells the other nodes who looks here, off the caller's locks.
func (t *topic) relayLook(ask bool) {
	h := t.hub
	if h.bus.Alone() {
		return
	}
	r := relayed{Look: &relayedLook{Workspace: t.key.ws, Conversation: t.key.conv, Node: h.node, Agents: t.toldLook, Ask: ask}}
	h.spawn(func() { h.relay(r) })
}

// lookFrom takes what another node said.
func (h *Hub) lookFrom(l relayedLook) {
	t := h.topic(key{l.Workspace, l.Conversation}, false)
	if t == nil {
		return
	}
	defer t.mu.Unlock()
	if len(l.Agents) == 0 {
		delete(t.elsewhere, l.Node)
	} else {
		if t.elsewhere == nil {
			t.elsewhere = make(map[string]elsewhere)
		}
		t.elsewhere[l.Node] = elsewhere{l.Agents, h.now()}
	}
	t.looked(nil)
	if l.Ask && len(t.toldLook) > 0 {
		t.relayLook(false)
	}
}

// lookAround says again who looks here and forgets nodes that say nothing any more.
func (h *Hub) lookAround(now time.Time) {
	if h.bus.Alone() || h.tick.Load()%lookEvery != 0 {
		return
	}
	for _, t := range h.all() {
		t.mu.Lock()
		if len(t.toldLook) > 0 {
			t.relayLook(false)
		}
		for node, e := range t.elsewhere {
			if now.Sub(e.at) > lookLife {
				delete(t.elsewhere, node)
			}
		}
		t.looked(nil)
		t.mu.Unlock()
	}
}

// noticeText bounds the words of a notice, in runes: the whole is in the timeline.
const noticeText = 300

// notices shows those events to whom they name, whatever is open in their consoles,
// here and on the other nodes. What the bus loses is in the timeline all the same.
func (h *Hub) notices(row bot.Conversation, events []bot.Event) {
	for _, e := range events {
		if len(e.Body.Tell) == 0 {
			continue
		}
		row.Memory = bot.Memory{}
		if runes := []rune(e.Body.Text); len(runes) > noticeText {
			e.Body.Text = string(runes[:noticeText]) + "…"
		}
		h.notice(relayedNotice{row, e})
		h.relay(relayed{Notice: &relayedNotice{row, e}})
	}
}

func (h *Hub) notice(n relayedNotice) {
	var data []byte
	for _, who := range n.Event.Body.Tell {
		if n.Event.Author.Kind == bot.AuthorAgent && n.Event.Author.ID == string(who) {
			continue // their own words
		}
		for _, p := range h.of(owner{ws: n.Row.Workspace, agent: who}) {
			if data == nil {
				data = h.enc.Encode(bot.ViewAgent, Notice{Conversation: n.Row, Event: n.Event})
			}
			p.push(data, durable)
		}
	}
}
