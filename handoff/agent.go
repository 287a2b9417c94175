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
	DutyDrain  Duty = "drain"  // the shift is over: keeps chats, takes no offers, and is off after the last one
)

// Agent is a person who answers visitors.
type Agent struct {
	Workspace bot.WorkspaceID
	ID        bot.AgentID   // the account's ID
	Name      string        // shown to visitors
	Skills    []string      // see ParseSkill
	Capacity  int           // chats at once, 1…50
	Load      int           // active chats, idle ones among them
	Reserved  int           // open offers
	Relief    int           // how much less their chats and offers take than a place each, in hundredths of one; below 0: more
	Weight    int           // share among equals, 1…1000; 100 is normal
	Ramp      time.Duration // how long capacity grows from one to its full size when somebody new comes on duty, or after a long absence; 0: at once
	Roster    Hours         // planned shifts, for foreseeing waits and for the end of duty; zero: none
	Duty      Duty
	OnSince   time.Time // came on duty then, or said after a shift that they stay; zero: off
	OffSince  time.Time // went off duty then, the last time; zero: never was on
	RampFrom  time.Time // capacity grows since; zero: it is full
	Missed    int       // offers missed in a row
	Heartbeat time.Time // last sign of life from any of their consoles; database clock
	LastGiven time.Time // last assignment, for longest idle
	Version   int64
}

// normalWeight is the weight of an agent like others.
const normalWeight = 100

// Hours say when people are there. The zero Hours are always open: then only
// agents on duty decide.
type Hours struct {
	Zone     string    // IANA name
	Weeks    []Span    // open spans of a week
	Holidays []Holiday // dates that differ from their weekday
}

// Holiday is a date on which other hours hold.
type Holiday struct {
	Date  string // 2026-12-25, in the hours' zone
	Spans []Span // whose Day is ignored; none: closed
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
	Takes        int       // of the agent's places, in hundredths of one; 0: one
}

// Place is where one conversation stands in line.
type Place struct {
	Conversation bot.ConversationID
	Position     int           // from 1
	Wait         time.Duration // the median; 0: not known
	WaitUpper    time.Duration // nine in ten wait less
	Free         bool          // somebody who will do has room for it
	Unserved     bool          // nobody on duty will ever do
	Offered      bool          // somebody is asked to take it now
}
