package bot

import (
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// WorkspaceID names one tenant.
type WorkspaceID = id.Workspace

const defaultWorkspace = id.DefaultWorkspace

// Identifiers of the conversation's world. All are UUIDv7 except InboxID, which
// an administrator chooses.
type (
	ConversationID string
	EventID        string
	RunID          string
	InboxID        string
	VisitorID      string
	AgentID        string
	QueueID        string
)

// Speaker says who answers the visitor now.
type Speaker string

// The two speakers. A change of speaker raises the conversation's control epoch.
const (
	SpeakerBot   Speaker = "bot"
	SpeakerHuman Speaker = "human"
)

// Service is where a conversation stands in the queue for people. It is a field
// of its own beside the speaker: a visitor who waits may go on with the bot.
type Service string

// The states of service; package handoff owns the moves between them.
const (
	ServiceBot     Service = "bot"     // nobody asked for a person
	ServiceWaiting Service = "waiting" // in line for a person
	ServiceOffered Service = "offered" // held for one agent until a deadline
	ServiceActive  Service = "active"  // an agent has it
	ServiceWrapup  Service = "wrapup"  // ended for the visitor, the agent finishes notes
	ServiceClosed  Service = "closed"  // ended; a new visitor message reopens it
	ServiceParked  Service = "parked"  // nobody on duty or visitor gone: message kept, follow-up promised
)

// Conversation is the row that every event of one conversation is written under.
type Conversation struct {
	Workspace    WorkspaceID
	ID           ConversationID
	Inbox        InboxID
	Visitor      VisitorID
	ClientConvID string // the visitor's own id of it: makes the first message create it once

	Seq          int64 // number of the newest event, dense from 1
	VSeq         int64 // number of the newest event that the visitor may see, dense from 1
	ControlEpoch int64 // rises when the speaker changes and on close; every bot write is conditional on it
	Version      int64 // rises with every write of the row

	Speaker  Speaker
	Service  Service
	Agent    AgentID // responsible agent; "" when nobody is
	Queue    QueueID // queue it waits or was served in; "" before any
	Priority int     // of its place in line, higher first; 0 by default
	Skills   []string
	Reason   Reason    // why it was handed over; "" before
	Enqueued time.Time // start of the present wait for a person, kept for the whole wait; zero when not waiting

	Language  string  // "en" or "zh", of the visitor's latest words
	Sentiment float64 // decayed trend, −1…1
	LastText  string  // last visible message, cut to 200 runes, for lists
	LastBy    AuthorKind
	Memory    Memory // what the bot keeps between turns

	CreatedAt time.Time
	UpdatedAt time.Time // of the newest event
}

// Reason says why a conversation went to a person.
type Reason string

// The reason taxonomy; routing and reports stand on it.
const (
	ReasonAsked         Reason = "asked"          // the visitor asked for a person
	ReasonUnhappy       Reason = "unhappy"        // sentiment fell
	ReasonUnanswered    Reason = "unanswered"     // nothing in the knowledge base, again
	ReasonRepeated      Reason = "repeated"       // the visitor says it did not help, or asks the same again
	ReasonAccountAction Reason = "account_action" // something must be done on their own order or account
	ReasonPolicy        Reason = "policy"         // sensitive topic: injury, fraud, legal, deletion, press
	ReasonLowConfidence Reason = "low_confidence"
	ReasonFailure       Reason = "failure" // model, tool or engine failed
	ReasonTaken         Reason = "taken"   // an agent took the chat over
)
