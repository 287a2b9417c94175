package handoff

import (
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// Duty is whether an agent takes chats.
type Duty string

// The states of duty.
const (
	DutyOn     Duty = "on"     // takes offers
	DutyAway   Duty = "away"   // keeps chats, takes no offers
	DutyOff    Duty = "off"    // gone
	DutyMissed Duty = "missed" // missed two offers in a row: takes none until they say they are back
)

// Agent is a person who answers visitors.
type Agent struct {
	Workspace bot.WorkspaceID
	ID        bot.AgentID // the account's ID
	Name      string      // shown to visitors
	Skills    []string    // names; languages are skills: "lang:en", "lang:zh"
	Capacity  int         // chats at once, 1…50
	Load      int         // active chats
	Reserved  int         // open offers
	Weight    int         // share among equals, 1…1000; 100 is normal
	Duty      Duty
	Missed    int       // offers missed in a row
	Heartbeat time.Time // last sign of life from any of their consoles; database clock
	LastGiven time.Time // last assignment, for longest idle
	Version   int64
}

// Queue is a line of waiting conversations.
type Queue struct {
	Workspace bot.WorkspaceID
	ID        bot.QueueID
	Name      string
	OfferFor  time.Duration // how long an agent may think; zero: 25 s
	Hours     Hours
}

// Hours say when people are there. The zero Hours are always open: then only
// agents on duty decide.
type Hours struct {
	Zone  string // IANA name
	Weeks []Span // open spans of a week
}

// Span is an open stretch of a week.
type Span struct {
	Day   time.Weekday
	Open  time.Duration // since midnight
	Close time.Duration // since midnight, after Open
}

// ReservationState is how an offer ended.
type ReservationState string

// The states of a reservation.
const (
	ReservationOpen      ReservationState = "open"
	ReservationAccepted  ReservationState = "accepted"
	ReservationDeclined  ReservationState = "declined"
	ReservationMissed    ReservationState = "missed"
	ReservationRescinded ReservationState = "rescinded"
)

// Reservation holds a conversation for one agent until a deadline.
type Reservation struct {
	Workspace    bot.WorkspaceID
	ID           string // UUIDv7
	Conversation bot.ConversationID
	Agent        bot.AgentID
	State        ReservationState
	OfferedAt    time.Time
	Deadline     time.Time
	DecidedAt    time.Time // zero while open
}

// Place is where one conversation stands in line.
type Place struct {
	Conversation bot.ConversationID
	Position     int // from 1
	Wait         time.Duration
	WaitUpper    time.Duration
}
