package live

import (
	"encoding/json"

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

// relay tells the other nodes, if there are any.
func (h *Hub) relay(r relayed) {
	if h.bus.Alone() {
		return
	}
	if r.Written != nil {
		r.Written.Row.Memory = bot.Memory{} // of no use to readers, and long
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
	h.bus.Publish(data)
}

// receive takes a frame of another node.
func (h *Hub) receive(data []byte) {
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
