package bot

import "time"

// EventKind says what happened in a conversation.
type EventKind string

// The kinds of events. Everything that changes what somebody sees is an event
// with a number; typing, presence and stream deltas are not.
const (
	EventMessage  EventKind = "message"  // words of a visitor, an agent, the bot or the system
	EventNote     EventKind = "note"     // words of an agent to colleagues; never visible to the visitor
	EventAnswer   EventKind = "answer"   // placeholder of a streamed answer: takes its number when it starts
	EventFinished EventKind = "finished" // end of a streamed answer: final text and state; Body.Of is the placeholder
	EventService  EventKind = "service"  // speaker, service or agent changed
	EventFeedback EventKind = "feedback" // thumbs on a bot message; Body.Of is that message
	EventTicket   EventKind = "ticket"   // a ticket of the conversation changed; never visible to the visitor
	EventRating   EventKind = "rating"   // how content the visitor was with the bot or a person, after a talk
)

// AuthorKind says whose words an event carries.
type AuthorKind string

// The kinds of authors.
const (
	AuthorVisitor AuthorKind = "visitor"
	AuthorBot     AuthorKind = "bot"
	AuthorAgent   AuthorKind = "agent"
	AuthorSystem  AuthorKind = "system"
)

// Author is who wrote an event.
type Author struct {
	Kind AuthorKind
	ID   string // VisitorID, AgentID; "" for bot and system
	Name string // shown to people; "" when it has none
}

// Event is one line of a conversation's timeline. Events are never changed.
type Event struct {
	ID           EventID
	Conversation ConversationID
	Seq          int64 // dense over all events of the conversation, from 1
	VSeq         int64 // dense over visible events, from 1; 0: the visitor never sees it nor its number
	Kind         EventKind
	Author       Author
	ClientMsgID  string // the sender's own id, unique for ever per sender and conversation; "" for server-made events
	Epoch        int64  // control epoch at the commit
	At           time.Time
	Body         Body
}

// Body is what an event says. Which fields are set depends on the kind; unset
// fields are zero. Engines store it whole.
type Body struct {
	Text        string
	Written     string       // of an agent's message that was translated before it was sent: their own words; never sent to visitors
	Language    string       // of Text, "en" or "zh"; "" unknown
	Decision    Decision     // of a bot message
	Sources     []Source     // what a bot message stands on
	Suggestions []string     // full questions to tap, at most three
	Attachments []Attachment // of a visitor's or an agent's message
	Page        string       // of a visitor's message: URL of the page it was written on; "" unknown
	Run         RunID        // that made a bot event
	Of          EventID      // the event this one is about
	State       RunState     // of EventFinished
	Service     Service      // of EventService: the new state
	Speaker     Speaker      // of EventService: the new speaker
	Agent       AgentID      // of EventService
	AgentName   string       // of EventService
	Change      string       // of EventService: "enqueued", "offered", "declined", "missed", "accepted", "taken", "transferred", "handed_back", "agent_gone", "agent_slow", "transfer_declined", "transfer_missed", "transfer_rescinded", "bot_stopped", "watched", "wrap_up", "wrapped_up", "left_message", "left_queue", "parked", "ticketed", "closed", "reopened"; of EventTicket: "opened", "changed", "answered", "solved", "reopened", "closed", "merged", "linked", "mail_failed"
	Reason      Reason       // of EventService
	Summary     *Summary     // of EventService "enqueued", "parked" and "ticketed": what the agent reads first; never sent to visitors
	Placing     *Placing     // of EventService "enqueued", "parked" and "ticketed": which rules put it there; nil: none did; never sent to visitors
	Tell        []AgentID    // of EventNote and EventService: whose consoles say so at once, whatever is open there; never sent to visitors
	Whisper     bool         // of EventNote: a supervisor's word to the agent who has the conversation
	Routing     *Routing     // of EventService "offered": why this agent; never sent to visitors
	Code        string       // of EventService "closed", "wrap_up" and "wrapped_up": ID of the wrap-up code; "" none; never sent to visitors
	CodeName    string       // … as it was called then
	Rate        bool         // of a bot message that ends a talk: the visitor may be asked how it was
	Score       int          // of EventRating, 1 (bad) to 5 (good); a comment is in Text
	About       AuthorKind   // of EventRating: AuthorBot, or AuthorAgent with Agent and AgentName
	Helpful     bool         // of EventFeedback
	Via         string       // of a message: "mail" when it came by e-mail; "": by chat
	Ticket      *TicketMark  // of EventTicket: which, and how it stands; Change says what happened. Of EventService "left_message" and "parked": ID and Number of the one that keeps the wish
	Why         string       // of EventFeedback that is not helpful: "not_my_question", "incomplete", "wrong", "out_of_date", or ""; of EventService "parked": "nobody" or "away"
}

// TicketMark is a ticket as an event left it; package handoff owns tickets.
type TicketMark struct {
	ID       string
	Number   int64
	Status   string
	Other    int64  // number of the ticket that it was merged into or linked with; 0: none
	Assignee string // name of the agent who has it; "": nobody
}

// Source is where an answer comes from.
type Source struct {
	Document string
	Path     string
	Title    string
	URL      string
	Heading  []string
	Score    float64 // confidence, 0…1
}

// Attachment is a file kept by the server.
type Attachment struct {
	ID   string
	Name string
	Type string // sniffed media type
	Size int64  // bytes
}

// Summary is what an agent reads before accepting.
type Summary struct {
	Problem   string            // the visitor's words that matter, newest question first
	Fields    map[string]string // entities collected, by type
	Tried     []Source          // what the bot answered from
	Sentiment float64           // trend, −1…1
	Next      NextStep          // what to do first; "": nothing is suggested
	Topics    []string          `json:",omitempty"` // business intents of the visitor's words, the newest first
	Page      string            `json:",omitempty"` // URL that they wrote from last
}
