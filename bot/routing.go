package bot

import "time"

// Routing explains an assignment: what was wanted, who was chosen, and why not
// somebody else.
type Routing struct {
	Waited     time.Duration
	Queue      QueueID     // "" is the main one
	Priority   int         // of the conversation and its queue
	Wanted     []string    // skills, as needs of package handoff
	GivenUp    []string    // of them, after waiting; and queues whose agents help
	Present    int         // agents who take offers
	Takes      int         `json:",omitempty"` // of an agent's places, in hundredths of one; 0: one
	Candidates []Candidate // the chosen one first, then those who came nearest
}

// Candidate is an agent as they stood when somebody was chosen.
type Candidate struct {
	Agent    AgentID
	Name     string
	Lacks    []string      // of what was wanted
	Skills   int           // how many they have; among equals who has fewer is asked first
	Load     int           // places taken by chats and open offers, rounded up
	Taken    int           `json:",omitempty"` // … exactly, in hundredths of a place, where that is not whole; else 0
	Capacity int           // places, at that moment
	Spare    float64       // free share of their places by weight; at most 1
	Idle     time.Duration // since they were given a chat; 0: never
	Last     bool          // had this conversation before
	Not      NotChosen     // "" for the chosen one
}

// NotChosen says why an agent was not chosen.
type NotChosen string

// The reasons why not.
const (
	NotPassing   NotChosen = "passing"  // is passing the conversation on
	NotMissed    NotChosen = "missed"   // missed offers and has not come back
	NotOnDuty    NotChosen = "off_duty" // is away or off duty
	NotConnected NotChosen = "gone"     // gives no sign of life
	NotSkilled   NotChosen = "skills"   // lacks something that is not given up yet
	NotFree      NotChosen = "full"     // has no room
	NotAgain     NotChosen = "passed"   // passed on this conversation a moment ago
	NotKept      NotChosen = "kept"     // keeps room for one that takes more and was before
	NotBest      NotChosen = "not_best" // would have done, another suits better
)
