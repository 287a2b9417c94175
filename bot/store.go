package bot

import (
	"context"
	"time"
)

// Timeline stores conversations and their events. Every method is one
// transaction; what it returns is durable. Times are UTC microseconds.
type Timeline interface {
	// Open returns the conversation of (workspace, visitor, ClientConvID), creating
	// it when there is none, and then writes as Write does. Two calls with the same
	// ids in parallel make one conversation. Only the identifying fields, Language
	// and CreatedAt of c are read.
	Open(ctx context.Context, c Conversation, key Key, decide Decide) (Written, error)

	// Write locks the conversation, looks for key, calls decide with the row as it
	// stands, stores what decide returned, and only then returns.
	// decide must be quick, must not do I/O and may be called more than once.
	// An error of decide rolls back and is returned as it is. Errors: NotFound;
	// Conflict when key exists with another body; Unavailable when the disk is full
	// or the engine is closing.
	Write(ctx context.Context, ws WorkspaceID, conv ConversationID, key Key, decide Decide) (Written, error)

	// Conversation returns one row. Error: NotFound.
	Conversation(ctx context.Context, ws WorkspaceID, conv ConversationID) (Conversation, error)

	// Events returns events in order together with the conversation's numbers, all
	// from one snapshot.
	Events(ctx context.Context, q EventQuery) (EventPage, error)

	// Conversations lists rows, newest event first, ties by ID, for lists.
	Conversations(ctx context.Context, q ConversationQuery) ([]Conversation, error)

	// Epoch returns the stream epoch of the database: a cursor with another epoch is answered by a snapshot.
	// It changes when acknowledged events may be gone: in a restored copy, and when a standby has taken over.
	// What stands before its first dot names the database and outlives a standby's taking over.
	Epoch(ctx context.Context) (string, error)
}

// Decide looks at the locked row and says what to write.
type Decide func(c Conversation) (Change, error)

// Key makes a write happen once. The zero Key is for server-made writes.
type Key struct {
	Sender      Author
	ClientMsgID string // UUID; unique for ever per conversation, sender kind and sender id
	Digest      string // hash of what was sent; the same id with another digest is a Conflict
}

// Change is what one transaction writes. The zero Change writes nothing.
type Change struct {
	Events []NewEvent          // appended in order
	Row    func(*Conversation) // changes the row's own fields; numbers, Version and UpdatedAt are the engine's; nil: none
	Owe    bool                // queue a run for the first event unless one is queued already
	Run    *RunUpdate          // ends or moves the run that made this change; nil: none
	Cancel bool                // cancel every queued or active run of the conversation (the speaker changed)
	Trace  *Trace              // of the turn that made the first event; nil: none
}

// NewEvent is an event before it has numbers.
type NewEvent struct {
	ID      EventID // "": made by the engine
	Kind    EventKind
	Author  Author
	Visible bool // the visitor may see it
	At      time.Time
	Body    Body
}

// RunUpdate moves a run. It is conditional on the run being at this attempt and
// not done; otherwise the whole write fails with Conflict.
type RunUpdate struct {
	ID          RunID
	Attempt     int
	Epoch       int64 // the conversation's control epoch must still be this one, else Conflict
	State       RunState
	Text        string
	Placeholder EventID
}

// Written is what a write did.
type Written struct {
	Conversation Conversation // after the write
	Events       []Event      // as stored; for a repeated key the events that the first call stored
	Dup          bool         // key was there already; nothing was written
	Created      bool         // the conversation is new
	Run          RunID        // queued by Owe, or the one that was queued already; ""
}

// View says whose eyes a reader has.
type View string

// The two views of a timeline.
const (
	ViewVisitor View = "visitor" // visible events, numbered by VSeq
	ViewAgent   View = "agent"   // everything, numbered by Seq
)

// EventQuery asks for a stretch of a timeline.
type EventQuery struct {
	Workspace    WorkspaceID
	Conversation ConversationID
	View         View
	After        int64 // events numbered above this, oldest first; used when Before is 0 and Latest is false
	Before       int64 // events numbered below this: the newest Limit of them, returned oldest first
	Latest       bool  // the newest Limit, returned oldest first
	Limit        int   // 1…500
}

// EventPage is a stretch of a timeline and where it stands.
type EventPage struct {
	Conversation Conversation
	Events       []Event
	Top          int64 // newest number of the view
	More         bool  // After: newer ones remain; otherwise: older ones remain
	Run          *Run  // the queued or active run, nil when the bot owes nothing
}

// ConversationQuery filters a list of conversations.
type ConversationQuery struct {
	Workspace WorkspaceID
	Services  []Service // any of these; empty: all
	Agent     AgentID   // "": any
	Visitor   VisitorID // "": any
	Inbox     InboxID   // "": any
	Text      string    // substring of LastText; "": any
	Before    time.Time // keyset: rows older than (Before, BeforeID); zero: from the newest
	BeforeID  ConversationID
	Limit     int // 1…200
}

// RunStore keeps the answers that the bot owes.
type RunStore interface {
	// ClaimRun takes the oldest claimable run, by CreatedAt and ID: queued, with no
	// active run in its conversation, or active with a lease that ended at or before
	// now (a takeover). It sets Owner, LeaseUntil (now+lease), Attempt+1, Epoch and
	// Through (the newest visitor message); Text and Placeholder stay.
	// Of many callers at once each run goes to one. ok is false when there is none.
	ClaimRun(ctx context.Context, owner string, lease time.Duration, now time.Time) (run Run, ok bool, err error)

	// RenewRuns extends the leases of those of the given runs that the owner still
	// holds to now+lease and returns them; one that ended, was released or was taken
	// over is left out. A lease that ended is renewed as long as nobody else took
	// the run: what shuts an owner out is the takeover, not the clock.
	RenewRuns(ctx context.Context, owner string, runs []RunID, lease time.Duration, now time.Time) ([]RunID, error)

	// Checkpoint keeps the text streamed so far; an older attempt or a run that is
	// done changes nothing and reports false.
	Checkpoint(ctx context.Context, ws WorkspaceID, run RunID, attempt int, text string, now time.Time) (bool, error)

	// ReleaseRuns queues again every active run of the owner, so that another one
	// claims it at once; the empty owner stands for all of them, which is right only
	// where no other process lives. When a newer run waits in the conversation, that
	// one answers for both: the released one is superseded, and a streamed answer
	// gets its end in the timeline. It returns how many runs were released.
	ReleaseRuns(ctx context.Context, owner string, now time.Time) (int, error)

	// Run returns one run. Error: NotFound.
	Run(ctx context.Context, ws WorkspaceID, run RunID) (Run, error)
}

// Feed tells what was written anywhere in the installation, in an order that no
// reader can overtake: a node reads what the bus lost from it.
type Feed interface {
	// Head returns a cursor: what commits after the call is after it.
	Head(ctx context.Context) (cursor string, err error)

	// Changes returns the conversations with events after the cursor, at most limit
	// (1…2,000) of them. A row that commits late is never passed over: Next stands
	// before the first event that may still be joined by an earlier one. An empty
	// page returns after as Next. Error: Invalid for a cursor that is none.
	Changes(ctx context.Context, after string, limit int) (FeedPage, error)
}

// FeedPage is a stretch of the feed.
type FeedPage struct {
	Rows []Conversation // each conversation once, as it stands now, without Memory
	Next string         // where to read on
	More bool           // there is more after Next
	Lag  time.Duration  // how far the end of the safe stretch is behind now; 0: nothing is held back
}

// TraceStore reads the traces that writes left.
type TraceStore interface {
	// Trace returns the trace of the turn that made the event. Error: NotFound.
	Trace(ctx context.Context, ws WorkspaceID, conv ConversationID, event EventID) (Trace, error)
	// Turns lists traces of a workspace, newest first: the raw material of review.
	Turns(ctx context.Context, q TurnQuery) ([]Trace, error)
}

// TurnQuery filters traces.
type TurnQuery struct {
	Workspace WorkspaceID
	Decisions []Decision // any of these; empty: all
	Unhelpful bool       // only turns with a thumbs-down
	Since     time.Time
	Before    time.Time // zero: now
	Limit     int       // 1…500
}
