package bot

import (
	"context"
	"time"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Understander reads utterances; package intents has the one the product ships.
type Understander interface {
	Read(ctx context.Context, in intents.Input) (intents.Reading, error)
}

// Retriever finds passages; package knowledge has the one the product ships.
type Retriever interface {
	Search(ctx context.Context, q knowledge.Query) (knowledge.Result, error)
}

// Embedder turns what people type into query vectors of unit length, one a text,
// in order. Engine, intents and knowledge share one vector a turn.
type Embedder interface {
	EmbedQueries(ctx context.Context, texts []string) ([][]float32, error)
}

// Restater makes words stand alone that follow others; internal/restate has the
// one the product ships. Words that say what they mean come back as they are.
type Restater interface {
	Restate(earlier []Said, words string) Restated
}

// Restated is how words were made to stand alone.
type Restated struct {
	Text    string   // the words themselves when nothing was carried over
	Carried []string // what was taken from earlier texts
	Needs   float64  // probability that the words do not stand alone, 0…1
}

// Escalator is the one upward call, from the bot to people; package handoff has it.
type Escalator interface {
	// Enqueue puts the conversation in line for a person and writes the turn's own
	// change in the same transaction, so the visitor is told what happened exactly
	// when it happens. A conversation that waits already keeps its place.
	Enqueue(ctx context.Context, e Escalation) (Written, error)

	// Outlook says what a visitor would meet in line if Enqueue were called now, for
	// offers. A conversation that waits already is looked at where it stands. Without a
	// conversation it is that of somebody new.
	Outlook(ctx context.Context, e Escalation) (Outlook, error)
}

// Escalation asks for a person.
type Escalation struct {
	Workspace    WorkspaceID
	Conversation ConversationID
	Key          Key // of a visitor's button press; zero for the bot's own decision
	Reason       Reason
	Skills       []string
	Priority     int
	Summary      Summary // whose fields and sentiment rules look at, too
	Language     string
	Topics       []string // business intents of the visitor's words, the newest first
	Page         string   // URL that they wrote from last; "" unknown
	// Turn is what the bot writes in the same transaction (its message, memory, run
	// and trace); nil when the wish came by a button.
	Turn func(c Conversation, o Outlook) (Change, error)
}

// Outlook is what waiting for a person means now. The zero Outlook says nothing.
type Outlook struct {
	Known     bool          // the desk was asked and answered
	Open      bool          // somebody is on duty, or hours say that people are there
	Opens     time.Time     // next opening when not Open; zero: unknown
	Position  int           // place the visitor has or would have, from 1; 0 when not Open
	Wait      time.Duration // expected wait, the median; 0: unknown
	WaitUpper time.Duration // nine in ten wait less; 0: unknown
	Agents    int           // agents on duty who could take it
	Ticket    bool          // only of a hand-off: a rule makes a ticket of it instead of a place in line
}

// Publisher tells connected readers what was written or is under way. It must
// not block; what it loses, readers fetch from the timeline.
type Publisher interface {
	Published(w Written)
	Delta(d Delta)
	Typing(t Typing)
}

// Delta is a piece of a streamed answer; it takes no number.
type Delta struct {
	Workspace    WorkspaceID
	Conversation ConversationID
	Run          RunID
	Event        EventID // the placeholder
	Attempt      int
	Offset       int // bytes of the answer's text before this piece
	Text         string
}

// Typing says that somebody is at work on a message. It ends by itself after
// six seconds.
type Typing struct {
	Workspace    WorkspaceID
	Conversation ConversationID
	Author       Author
	Stage        string // "typing", "noting" (a note), "searching", "thinking"; "" ends it
	Team         bool   // only colleagues may know
}

// Model writes text from messages; package internal/openai has the one for
// OpenAI-compatible endpoints.
type Model interface {
	// Generate streams the answer: each piece is handed to emit in order; an error
	// of emit stops it. It returns the whole text. It honours ctx.
	Generate(ctx context.Context, p Prompt, emit func(piece string) error) (string, error)
	// Name identifies the model in traces.
	Name() string
}

// Prompt is what a model is asked. Parts stay separate messages: text of
// visitors and documents is never spliced into instructions.
type Prompt struct {
	System    string
	Messages  []PromptMessage
	MaxTokens int // 0: the model's own limit
}

// PromptMessage is one message of a prompt.
type PromptMessage struct {
	Role string // "user", "assistant"
	Text string
}
