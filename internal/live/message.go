package live

import (
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
)

// Message is what a reader is told: one of the types below.
type Message interface{ message() }

// Encoder writes messages as the bytes of a frame, for the eyes of a view. What
// a visitor must not see is left out there.
type Encoder interface {
	Encode(view bot.View, m Message) []byte
}

// Mode says how the events of a frame relate to what the reader has.
type Mode string

// The modes.
const (
	ModeDelta    Mode = "delta"    // what came after the reader's number
	ModeSnapshot Mode = "snapshot" // replaces what the reader has
	ModeLive     Mode = "live"     // just written
)

// Events is a stretch of a timeline, in order.
type Events struct {
	Conversation bot.Conversation
	List         []bot.Event // of the view only
	Top          int64       // newest number of the view in this message
	Mode         Mode
	HasOlder     bool // of a snapshot: there are older events
}

// Synced says that everything up to N was sent; what follows is live.
type Synced struct {
	Conversation bot.ConversationID
	N            int64
}

// Delta is a piece of a streamed answer.
type Delta struct {
	Conversation bot.ConversationID
	Run          bot.RunID
	Event        bot.EventID
	Attempt      int
	Offset       int // UTF-16 code units of the text before this piece
	Text         string
}

// Reset is the whole text of a streamed answer so far.
type Reset struct {
	Conversation bot.ConversationID
	Run          bot.RunID
	Event        bot.EventID
	Attempt      int
	Text         string
}

// Typing says that somebody is at work.
type Typing struct{ bot.Typing }

// Viewers is who among the agents has a conversation open, in order of ID. Visitors
// are not told.
type Viewers struct {
	Workspace    bot.WorkspaceID
	Conversation bot.ConversationID
	Agents       []bot.AgentID
}

// Notice shows an event to an agent whom it names, whatever they have open.
type Notice struct {
	Conversation bot.Conversation
	Event        bot.Event
}

// Place is where a conversation stands in line.
type Place struct {
	handoff.Place
	Open  bool
	Opens time.Time // zero: unknown
}

// Row is a changed row of the list of conversations.
type Row struct{ Conversation bot.Conversation }

// Offer offers a conversation to the agent who reads.
type Offer struct {
	Reservation  handoff.Reservation
	Conversation bot.Conversation
	Summary      *bot.Summary // nil: none was written
}

// OfferEnd says that an offer is over.
type OfferEnd struct{ Reservation handoff.Reservation }

// Agent is the reader's own duty, load and capacity.
type Agent struct{ handoff.Agent }

// Gone says that the reader has no right to a conversation.
type Gone struct{ Conversation bot.ConversationID }

// Ping asks for a sign of life.
type Ping struct{}

// Drain says that this node is closing; After is when to come back.
type Drain struct{ After time.Duration }

func (Events) message()   {}
func (Synced) message()   {}
func (Delta) message()    {}
func (Reset) message()    {}
func (Typing) message()   {}
func (Viewers) message()  {}
func (Notice) message()   {}
func (Place) message()    {}
func (Row) message()      {}
func (Offer) message()    {}
func (OfferEnd) message() {}
func (Agent) message()    {}
func (Gone) message()     {}
func (Ping) message()     {}
func (Drain) message()    {}

// Close codes of the protocol. Only CloseForbidden is final.
const (
	CloseRestart    = 1012 // this node ends: come back
	CloseOverloaded = 1013 // too many sockets: come back later
	CloseExpired    = 4001 // the session ended: get a new one, then resume
	CloseForbidden  = 4003 // never
	CloseSlow       = 4008 // the reader did not keep up, or did not answer: resume
	CloseResync     = 4009 // resume with a snapshot
	CloseFlood      = 4029 // too many frames: wait
	CloseMalformed  = 4400 // frames that are not of the protocol: resume once
)
