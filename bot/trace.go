package bot

import (
	"time"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Decision is what the bot does with a turn: a closed list.
type Decision string

// The decisions.
const (
	DecideAnswer    Decision = "answer"
	DecideSmalltalk Decision = "smalltalk"
	DecideClarify   Decision = "clarify" // asks back with at most three suggestions, once per issue
	DecideOffer     Decision = "offer"   // offers a person
	DecideHandoff   Decision = "handoff"
	DecideRefuse    Decision = "refuse" // nothing in the knowledge base supports an answer
	DecideFlow      Decision = "flow"
)

// Trace is everything one turn saw and did, kept for agents, editors and review.
type Trace struct {
	Workspace    WorkspaceID
	Conversation ConversationID
	Event        EventID // the bot event it explains; "" in the test bench
	Run          RunID
	At           time.Time

	Asked      string // the visitor's words of this turn, several messages joined by line breaks
	Question   string // rewritten to stand alone; equal to Asked when it does already
	Rewritten  bool
	Carried    []string // what the rewrite carried over, for people
	Meant      string   // what was looked up in place of Question, some words of which were taken for others; "": nothing
	Reading    intents.Reading
	Trend      float64 // sentiment trend after this turn, −1…1
	Candidates []knowledge.Candidate
	Signals    map[string]float64 // every named signal the policy looked at
	Decision   Decision
	Rule       string // name of the rule that fired
	Because    string // one sentence for a supervisor, with the values
	Reason     Reason // of an offer or a hand-off
	Answer     string
	Sources    []Source
	Suggest    []string
	Choices    []Choice                 // Suggest with the document each stands for
	Confidence float64                  // of the top candidate, 0…1; 0 without one
	Failed     bool                     // a failed turn in the sense of the policy
	Model      string                   // the language model that wrote the answer; "" without one
	Fallback   string                   // why the model was not used although there is one; ""
	Timings    map[string]time.Duration // understand, rewrite, embed, retrieve, decide, generate, total

	Placing *Placing // of a hand-off that rules had a say in; nil otherwise

	Helpful *bool  // thumbs, nil without any
	Why     string // reason given with a thumbs-down
}
