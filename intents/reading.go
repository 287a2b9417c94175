// Package intents turns an utterance into what the visitor meant: scored
// intents, entities, sentiment, and whether they want a person.
//
// It knows no conversations: the same text gives the same reading wherever it
// was typed. What depends on earlier turns (the sentiment trend, a repeated
// question) belongs to package bot.
package intents

import "github.com/frontdesk-chat/frontdesk/internal/id"

// Input is one utterance to read.
type Input struct {
	Workspace id.Workspace
	Text      string
	Vector    []float32 // the query embedding of Text, unit length; nil: the reader embeds it itself
	Previous  string    // the bot's last message, "" at the start; helps to read "no, that is wrong"
}

// Reading is what one utterance means. Every probability lies in 0…1.
type Reading struct {
	Language   string   // "en", "zh"; "" when there are no words
	Intents    []Scored // best first, calibrated, at most five; empty when nothing is trained
	OutOfScope float64  // probability that no trained business intent and no smalltalk intent fits
	Entities   []Entity // in the order of the text
	Sentiment  float64  // −1 (furious) … 1 (delighted) of this utterance alone
	Signals    Signals
}

// Scored is an intent with its calibrated probability.
type Scored struct {
	Name       string
	Confidence float64
	Class      Class
}

// Class says what an intent is for; policy and routing look at it, not at names.
type Class string

// The classes of intents.
const (
	ClassBusiness  Class = "business"  // about what the workspace does
	ClassSmalltalk Class = "smalltalk" // greeting, thanks, goodbye, bot identity, abuse …
	ClassPerson    Class = "person"    // wants a person
	ClassOther     Class = "other"     // far from any business: weather, jokes, homework
)

// Signals are the readings on which the escalation policy stands. Each is a
// calibrated probability, 0…1.
type Signals struct {
	WantsPerson   float64 // asks for a human, a call, somebody's superior
	RefusesPerson float64 // says that they do not want to be transferred
	AccountAction float64 // asks for something to be done on their own order or account
	Rejects       float64 // says that the last answer was wrong or did not help
	Abuse         float64 // insults
	Closing       float64 // thanks, goodbye: the visitor is done
	FarTopic      float64 // another topic altogether, not this or any business
	Sensitive     Sensitive
}

// Sensitive names a topic that a person should handle, with its probability.
type Sensitive struct {
	Topic       string // "injury", "fraud", "legal", "deletion", "press", "safety"; "" for none
	Probability float64
}

// Entity is a typed value found in the text.
type Entity struct {
	Type  EntityType
	Value string // normalised: E.164 phone, ISO 8601 date, "USD 12.50", lower-case e-mail, order number without spaces
	Text  string // as written
	Start int    // byte offset in the input
	End   int    // byte offset after the last byte
}

// EntityType is what kind of value an entity holds.
type EntityType string

// The types that are read in both languages.
const (
	EntityOrder EntityType = "order_number"
	EntityPhone EntityType = "phone"
	EntityEmail EntityType = "email"
	EntityDate  EntityType = "date"
	EntityMoney EntityType = "money"
)
