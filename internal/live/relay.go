package live

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
)

// maxRelayed is the longest frame on the bus; a longer one carries only the row,
// and the other nodes read the events themselves.
const maxRelayed = 8 << 10

// relayed is what one node tells the others: exactly one field is set.
type relayed struct {
	Written *relayedWritten      `json:",omitempty"`
	Delta   *bot.Delta           `json:",omitempty"`
	Typing  *bot.Typing          `json:",omitempty"`
	Offer   *relayedOffer        `json:",omitempty"`
	End     *handoff.Reservation `json:",omitempty"`
	Agent   *handoff.Agent       `json:",omitempty"`
	Close   *relayedClose        `json:",omitempty"`
	Look    *relayedLook         `json:",omitempty"`
	Notice  *relayedNotice       `json:",omitempty"`
}

type relayedWritten struct {
	Row     bot.Conversation
	Events  []bot.Event
	Created bool
}

type relayedOffer struct {
	Reservation handoff.Reservation
	Row         bot.Conversation
}

type relayedClose struct {
	Session   string
	Workspace bot.WorkspaceID
	Agent     bot.AgentID
	Code      int
	Reason    string
}

// A frame on the bus is a line that says which conversation it is about, empty for
// frames that are everybody's, and JSON. Most conversations have nobody on most
// nodes; those need not read what follows the line.
const of = "\x00" // between the workspace and the conversation

func line(k key) []byte { return []byte(string(k.ws) + of + string(k.conv) + "\n") }

// cut splits a frame; k is the zero key when it is everybody's.
func cut(frame []byte) (k key, data []byte) {
	head, data, _ := bytes.Cut(frame, []byte("\n"))
	ws, conv, _ := strings.Cut(string(head), of)
	return key{bot.WorkspaceID(ws), bot.ConversationID(conv)}, data
}

// wanted reports whether somebody on this node reads the conversation or the list
// that it is in.
func (h *Hub) wanted(k key) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.topics[k] != nil || len(h.feeds[k.ws]) > 0
}

// relay tells the other nodes, if there are any.
func (h *Hub) relay(r relayed) {
	if h.bus.Alone() {
		return
	}
	head := []byte("\n")
	if w := r.Written; w != nil {
		w.Row.Memory = bot.Memory{} // of no use to readers, and long
		if !w.Created {             // a new one may be of a visitor who is here and does not follow it yet
			head = line(key{w.Row.Workspace, w.Row.ID})
		}
	}
	if l := r.Look; l != nil {
		head = line(key{l.Workspace, l.Conversation})
	}
	data, err := json.Marshal(r)
	if err == nil && len(data) > maxRelayed && r.Written != nil {
		r.Written.Events = nil
		data, err = json.Marshal(r)
	}
	if err != nil {
		h.log.Error("a frame for the bus could not be encoded", "error", err)
		return
	}
	h.bus.Publish(append(head, data...))
}

// receive takes a frame of another node.
func (h *Hub) receive(frame []byte) {
	k, data := cut(frame)
	if k != (key{}) && !h.wanted(k) {
		return
	}
	var r relayed
	if err := json.Unmarshal(data, &r); err != nil {
		h.log.Warn("a frame of the bus could not be read", "error", err)
		return
	}
	switch {
	case r.Written != nil:
		h.deliver(r.Written.Row, r.Written.Events, r.Written.Created, byBus)
	case r.Delta != nil:
		h.delta(*r.Delta)
	case r.Typing != nil:
		h.typing(*r.Typing, nil)
	case r.Offer != nil:
		h.offered(r.Offer.Reservation, r.Offer.Row)
	case r.End != nil:
		h.offerEnded(*r.End)
	case r.Agent != nil:
		h.agentChanged(*r.Agent)
	case r.Look != nil:
		h.lookFrom(*r.Look)
	case r.Notice != nil:
		h.notice(*r.Notice)
	case r.Close != nil:
		c := *r.Close
		h.closeWhere(func(w Who) bool {
			if c.Session != "" {
				return w.Session == c.Session
			}
			return c.Agent != "" && w.Workspace == c.Workspace && w.Agent == c.Agent
		}, c.Code, c.Reason)
	}
}
