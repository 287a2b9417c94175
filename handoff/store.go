package handoff

import (
	"cmp"
	"context"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// Store keeps agents, offers, queues and the line. Rules are the desk's: an
// engine locks, hands out what it locked, and stores what it is given.
type Store interface {
	ListStore

	// Move is the one writer of everything the desk owns. In one transaction it
	// locks the conversation, then in order of ID the agents named in ask, the
	// responsible agent and the one who holds the open offer; answers a repeated
	// key; calls decide; and stores the outcome. decide must be quick, must not do
	// I/O and may be called more than once; its error rolls back and is returned as
	// it is. Errors: NotFound; Conflict when the key exists with another body.
	Move(ctx context.Context, ask Ask, decide func(Locked) (Outcome, error)) (bot.Written, error)

	// ChangeAgent locks one agent, calls change and stores the result. The agent is
	// made when there is none and create is true: change then gets an Agent with
	// nothing but its Workspace and ID. Errors: NotFound; those of change.
	ChangeAgent(ctx context.Context, ws bot.WorkspaceID, agent bot.AgentID, create bool, change func(*Agent) error) (Agent, error)

	// Beat sets the heartbeat of those of the agents that exist.
	Beat(ctx context.Context, ws bot.WorkspaceID, agents []bot.AgentID, now time.Time) error

	// Floor returns the desk of one workspace as it stands, from one snapshot: offers
	// that were declined or missed since recent are in it, and conversations whose
	// timer was due before now.
	Floor(ctx context.Context, ws bot.WorkspaceID, recent, now time.Time) (Floor, error)

	// Agents lists the workspace's agents in order of ID.
	Agents(ctx context.Context, ws bot.WorkspaceID) ([]Agent, error)

	// Offers lists the open offers to an agent, the oldest first.
	Offers(ctx context.Context, ws bot.WorkspaceID, agent bot.AgentID) ([]Reservation, error)

	// Queues lists the workspace's queues in order of ID.
	Queues(ctx context.Context, ws bot.WorkspaceID) ([]Queue, error)

	// Reservation returns one offer. Error: NotFound.
	Reservation(ctx context.Context, ws bot.WorkspaceID, reservation string) (Reservation, error)

	// Workspaces lists the workspaces that have agents or a line, in order.
	Workspaces(ctx context.Context) ([]bot.WorkspaceID, error)

	// PutQueue makes or replaces a queue.
	PutQueue(ctx context.Context, q Queue) error

	// DeleteQueue forgets a queue; one that there is not is none of its business.
	DeleteQueue(ctx context.Context, ws bot.WorkspaceID, queue bot.QueueID) error
}

// Ask says what a move needs to lock and to see.
type Ask struct {
	Workspace    bot.WorkspaceID
	Conversation bot.ConversationID
	Agents       []bot.AgentID // to lock besides those that the conversation names
	Tickets      bool          // the move needs the conversation's tickets
	Key          bot.Key
}

// Locked is what a move found.
type Locked struct {
	Conversation bot.Conversation
	Wait         Wait
	Offer        *Reservation          // the open offer; nil: none
	Agents       map[bot.AgentID]Agent // those that exist
	Tickets      []Ticket              // of the conversation, in order of Number; only when asked for
	Measures     Measures
}

// Outcome is what a move stores. The zero Outcome stores nothing.
type Outcome struct {
	Change   bot.Change
	Wait     *Wait         // nil: unchanged; the zero Wait: forgotten
	Agents   []Agent       // changed; versions are the engine's
	Offers   []Reservation // new or changed
	Tickets  []Ticket      // new or changed; versions are the engine's, and the numbers of new ones
	Links    []TicketLink  // new, or there already
	Mails    []Mail        // new; one that is due goes into the outbox as a job of kind JobMail
	Measures *Measures     // nil: unchanged
}

// TicketLink says that two tickets belong together; which is which does not matter.
type TicketLink struct{ A, B TicketID }

// Numbered gives a new ticket its number, in the row and in the events that tell
// of it. Engines call it before they store anything.
func (o *Outcome) Numbered(i int, n int64) {
	t := &o.Tickets[i]
	t.Number = n
	for _, e := range o.Change.Events {
		if e.Body.Ticket != nil && e.Body.Ticket.ID == string(t.ID) {
			e.Body.Ticket.Number = n
		}
	}
}

// Floor is the desk of one workspace.
type Floor struct {
	Agents   []Agent             // in order of ID
	Line     []Standing          // waiting, offered and parked, in order of Since, then conversation; rows without Memory
	Due      []Standing          // whose timer is due; rows without Memory
	Offers   []Reservation       // open ones, and those declined or missed recently
	Queues   []Queue             // in order of ID
	Takes    map[bot.InboxID]int // what a chat of an inbox takes of its agent's places, in hundredths of one; those that take one are left out
	Measures Measures

	gone  time.Duration // the silence after which the desk takes an agent for gone; 0: its default
	zones *zones        // of rosters, as the desk keeps them; nil: they are read
}

// Standing is a conversation that somebody waits in.
type Standing struct {
	Conversation bot.Conversation
	Wait         Wait
}

// Wait is what the desk remembers of a conversation besides its row. The zero
// Wait is a conversation that never was in line.
type Wait struct {
	Since    time.Time   // start of the wait: its age, kept through parking and through agents who are lost
	Parked   time.Time   // when it was parked; zero: it is not
	Why      Parking     // why it is parked
	Promised bool        // somebody was promised to come back to it, so it stays in line without its visitor
	Away     time.Time   // the visitor left then; zero: present, or not known
	Accepted time.Time   // when the present agent took it; zero: nobody has it
	Contact  Contact     // left with a message
	Last     bot.AgentID // who had it last; stays when the rest is forgotten
	Timer    Timer
	Takes    int         // of its agent's places while it is not idle, in hundredths of one; 0: one, or nobody has it
	Relief   int         // how much less than one place it takes now, in hundredths; below 0: more; 0 too when nobody has it
	PassedTo bot.AgentID // the colleague who has been asked to take it over and has not answered; "": nobody
	Told     Told        // what the visitor was told first
	Stopped  bool        // a supervisor silenced the bot: it keeps silent until an agent has had it, or the visitor's next question after its end
}

// Told is what a visitor in line was told of the whole wait when they were told
// first. The zero Told is nothing.
type Told struct {
	Wait  time.Duration // the median
	Upper time.Duration // nine in ten wait less
}

// Timer is what is to happen with a conversation at a time. The zero Timer is
// none.
type Timer struct {
	At   time.Time
	Kind TimerKind
}

// TimerKind says what is to happen.
type TimerKind string

// The kinds of timers.
const (
	TimerFirstReply TimerKind = "first_reply" // the agent should have written by then
	TimerWrapUp     TimerKind = "wrap_up"     // the time for notes is over
	TimerIdle       TimerKind = "idle"        // look whether the visitor is silent, or is back
	TimerReturned   TimerKind = "returned"    // whoever was to pass it on should have gone on with it by then
)

// Parking says why a conversation is parked.
type Parking string

// The reasons for parking.
const (
	ParkedNobody  Parking = "nobody"  // nobody was on duty
	ParkedAway    Parking = "away"    // the visitor left while waiting
	ParkedMessage Parking = "message" // the visitor left a message
)

// Contact is how to reach a visitor who left a message.
type Contact struct {
	Email string
	Phone string
	Text  string
	Said  bool `json:"-"` // the text stands in the conversation already
}

func (f Floor) goneAfter() time.Duration { return cmp.Or(f.gone, freshFor+graceFor) }
