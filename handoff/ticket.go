package handoff

import (
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// TicketID names a ticket; a UUIDv7.
type TicketID string

// TicketStatus is where a ticket stands.
type TicketStatus string

// The states of a ticket. Open and pending ones are unfinished; a conversation has
// at most one that is not closed.
//
//	open    → pending  the team wrote and waits for the visitor
//	pending → open     the visitor wrote
//	open, pending → solved  done, or so the team thinks
//	solved  → open     the visitor wrote in time: it was not done
//	solved  → closed   the visitor wrote too late, which makes a new ticket
//	any     → closed   ended for good, or merged into another one
const (
	TicketOpen    TicketStatus = "open"    // the team's turn
	TicketPending TicketStatus = "pending" // the visitor's turn
	TicketSolved  TicketStatus = "solved"  // done, unless the visitor says otherwise in time
	TicketClosed  TicketStatus = "closed"  // over
)

// unfinished reports whether somebody still has to do something.
func (s TicketStatus) unfinished() bool { return s == TicketOpen || s == TicketPending }

// valid reports whether there is such a status.
func (s TicketStatus) valid() bool {
	return s.unfinished() || s == TicketSolved || s == TicketClosed
}

// TicketOrigin says why a ticket was made.
type TicketOrigin string

// The origins of tickets.
const (
	TicketNobody  TicketOrigin = "nobody"  // the visitor wished for a person and nobody was there
	TicketMessage TicketOrigin = "message" // the visitor left a message
	TicketByRule  TicketOrigin = "rule"    // a rule made it
	TicketByHand  TicketOrigin = "hand"    // an agent made it
	TicketByMail  TicketOrigin = "mail"    // the visitor answered by e-mail to one that was over
)

// Ticket is work on a conversation that outlives the chat.
type Ticket struct {
	Workspace    bot.WorkspaceID
	ID           TicketID
	Number       int64 // dense from 1 in the workspace, given by the engine; for people, never for access
	Conversation bot.ConversationID
	Version      int64 // rises with every write, from 1
	Status       TicketStatus
	Assignee     bot.AgentID // "": nobody
	Queue        bot.QueueID // whose hours and service levels count
	Priority     int         // −10 to 10
	Subject      string
	Language     string // "en" or "zh", of what is written to the visitor
	Email        string // where answers go; "": nowhere but the chat
	Phone        string
	Origin       TicketOrigin
	MergedInto   TicketID // ""; else it is closed
	Clock        Clock
	Due          time.Time // the next service level ends then; zero: none runs
	DueFor       Level     // which one
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// Level is a promise about time.
type Level string

// The service levels.
const (
	LevelFirst   Level = "first"   // the first answer, from the visitor's wish for a person
	LevelNext    Level = "next"    // each later answer, from the words it answers
	LevelResolve Level = "resolve" // the solution, without the time spent waiting for the visitor
)

// Levels are how long each may take, in time in which the queue is open, and how
// long after its solution a ticket opens again. Zero: the default.
type Levels struct {
	First   time.Duration `json:",omitempty"` // zero: 4 h
	Next    time.Duration `json:",omitempty"` // zero: 8 h
	Resolve time.Duration `json:",omitempty"` // zero: 24 h
	Reopen  time.Duration `json:",omitempty"` // of any time, open or not; zero: 72 h
}

// Clock is how a ticket stands with its service levels. Durations are of time in
// which the queue was open.
type Clock struct {
	Wished      time.Time // the visitor wished for a person then
	Owed        time.Time // an answer is owed since then; zero: none is
	First       time.Time // of the first answer; zero: there was none
	FirstTook   time.Duration
	NextTook    time.Duration // the longest of the later answers
	Running     time.Time     // the time to the solution runs since then; zero: it does not
	Worked      time.Duration // … and ran for so long before
	Solved      time.Time     // zero: not solved, or opened again
	FirstLate   bool          // the first answer came too late
	NextLate    bool          // one of the later ones did
	ResolveLate bool          // the solution did
	Reopened    int           // how often it turned out not to be solved
}

// TicketPatch changes what is not nil.
type TicketPatch struct {
	Status   *TicketStatus
	Assignee *bot.AgentID
	Queue    *bot.QueueID
	Priority *int
	Subject  *string
	Email    *string
	Version  int64 // of the ticket as the agent saw it; 0: any
}

// TicketDraft is a ticket that an agent makes.
type TicketDraft struct {
	Subject  string // "": the visitor's last words
	Priority int
	Assignee bot.AgentID
	Queue    bot.QueueID // "": the conversation's
	Email    string
	Phone    string
}

// Mail is one e-mail of a ticket.
type Mail struct {
	Workspace bot.WorkspaceID
	ID        string // a UUIDv7
	Ticket    TicketID
	Out       bool   // to the visitor; false: from somebody
	Address   string // of the other side
	Message   string // the Message-ID of one that came in, without angle brackets
	Text      string // of one that goes out
	Author    string // who wrote one that goes out, as visitors know them
	State     MailState
	Failure   string // why it failed, for people
	CreatedAt time.Time
	DoneAt    time.Time // when it was sent, or given up; zero: neither
}

// MailState says what became of a mail.
type MailState string

// The states of mails.
const (
	MailDue    MailState = "due"    // to be sent
	MailSent   MailState = "sent"   // the mail server took it
	MailFailed MailState = "failed" // nobody will take it
	MailCame   MailState = "came"   // it came in
)

// JobMail is the kind of the job that sends a mail; its subject is the mail's ID.
const JobMail = "mail"
