package bot

import "time"

// Memory is what the bot keeps of a conversation between turns. It is stored
// with the row, in the transaction of the reply, so a restart loses nothing.
// The zero Memory is a new conversation.
type Memory struct {
	Turns     []Exchange // the newest last, at most eight
	Slots     []Slot     // facts collected, one a name
	Summary   string     // rolling summary of what left Turns
	Failed    int        // failed turns in a row with no offer or hand-off between
	Refused   int        // near-miss refusals since the last answer, offer or hand-off
	Clarified bool       // asked back already on this issue
	Offered   bool       // the last turn asked whether to get a person
	OfferedAt int        // turn number of the last offer; 0: none
	Turn      int        // visitor turns so far
	Trend     float64    // decayed sentiment, −1…1
	Low       bool       // trend is under the lower threshold and has not recovered over the upper one
	Segment   int        // rises when a person closes or hands back: earlier hand-off talk is not looked at
	Counted   int        // the segment that the counters above belong to
	Handed    string     // what it was about when the conversation last went to a person; "": it never did
	Answered  int64      // seq of the last visitor message that a turn took; 0: none
	Pending   bool       // the last turn was an answer that the visitor may still reject
	Offering  Reason     // why it asked, or why the last offer was made
	Choices   []Choice   // what the last turn suggested, for a tap on one
	Topics    []string   // business intents read since people had it last, the newest first, at most four
	Page      string     // URL that the visitor wrote from last; "" unknown
}

// Choice is a suggestion that stands for a document.
type Choice struct {
	Text     string // a full question
	Document string
}

// Exchange is one past turn as the rewrite and the policy look at it.
type Exchange struct {
	Asked      string
	Question   string // stand-alone form
	Answer     string
	Decision   Decision
	Document   string  // answered from; ""
	Topic      string  // short name of what it was about: title or heading; ""
	Passage    string  // key of the passage it was answered from; ""
	Answered   bool    // Answer carried an answer, also within an offer
	Confidence float64 // of the answer, 0…1; 0: none was given
	At         time.Time
	Earlier    bool // before a person closed or handed back: what it was about was dealt with
}

// Slot is a fact with its source and expiry.
type Slot struct {
	Name    string // entity type, or a form's field
	Value   string
	Source  EventID
	Expires time.Time // zero: with the conversation
}
