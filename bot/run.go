package bot

import "time"

// RunState is where the bot's owed answer stands.
type RunState string

// The states of a run. It ends in exactly one of the last four.
const (
	RunQueued     RunState = "queued"     // owed; written in the transaction of the visitor's message
	RunActive     RunState = "active"     // claimed by a worker
	RunStreaming  RunState = "streaming"  // its placeholder is in the timeline
	RunComplete   RunState = "complete"   //
	RunCancelled  RunState = "cancelled"  // a person took over, or the visitor stopped it
	RunFailed     RunState = "failed"     // ended with a visible message that says so
	RunSuperseded RunState = "superseded" // a newer run answered its messages too
)

// Done reports whether the state is final.
func (s RunState) Done() bool {
	return s == RunComplete || s == RunCancelled || s == RunFailed || s == RunSuperseded
}

// Run is an answer that the bot owes. One trigger makes one run; a conversation
// has at most one queued and at most one active run, and a queued one is not
// claimed while another is active. A claim is a lease: an owner that does not
// renew it in time may be dead, so anybody may take the run over, which raises
// Attempt and thereby shuts out whatever the former owner still writes.
type Run struct {
	Workspace    WorkspaceID
	ID           RunID
	Conversation ConversationID
	Trigger      EventID   // the visitor's message that made it
	From         int64     // seq of the first visitor message it answers
	Through      int64     // seq of the last visitor message it answers; set when claimed
	Attempt      int       // from 1, rises with each claim; a write of an older attempt changes nothing
	Owner        string    // process that claimed it; "" while queued
	LeaseUntil   time.Time // from then on anybody may take it over; zero while queued
	Epoch        int64     // control epoch when claimed
	State        RunState
	Text         string  // checkpoint of a streamed answer; while active, of the attempt before, which readers still see
	Placeholder  EventID // of a streamed answer; ""
	CreatedAt    time.Time
	UpdatedAt    time.Time
}
