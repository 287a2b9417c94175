package bot

import (
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Turn is one turn of the bot. It grows as it passes the eight steps; nothing
// reaches back. What people may read of it afterwards is its Trace.
type Turn struct {
	// Step 2, own.
	Run          Run          // the zero Run in a rehearsal
	Conversation Conversation // as read, not locked
	Messages     []Event      // the visitor's messages that it answers, in order
	Memory       Memory       // as read; Remember makes the one after the turn
	Audiences    []string     // groups that the visitor belongs to
	Drafts       bool         // the editors' test bench also sees drafts

	// Step 3, understand.
	Rewrite Rewrite           // how the words may stand alone
	Vectors map[string]vector // query embeddings made so far, by text

	// Step 4, retrieve.
	Chosen int // index of the candidate to answer from in Trace.Candidates; −1 for none

	closeness float64 // to the last question that found no answer, 0…1

	// Step 5, decide.
	Rule Rule // that fired

	// Step 6, act.
	Reply   Reply
	Outlook Outlook // of a wait for a person, when the decision needs it

	// All steps.
	Trace   Trace
	begun   time.Time // when the run was claimed
	started time.Time // of this attempt at it
	written Written   // what step 7 wrote
}

type vector = []float32

// Reply is what the bot says.
type Reply struct {
	Event       EventID // of the message, or of the placeholder of a streamed answer
	Text        string
	Sources     []Source
	Streamed    bool   // the placeholder is in the timeline: the end is another event
	Model       string // that wrote it; ""
	Fallback    string // why no model wrote it although there is one; ""
	Unsupported int    // sentences of the model that no passage supports, left out
}

// Chosen candidate, nil for none.
func (t *Turn) candidate() *knowledge.Candidate {
	if t.Chosen < 0 || t.Chosen >= len(t.Trace.Candidates) {
		return nil
	}
	return &t.Trace.Candidates[t.Chosen]
}

// language of the bot's words in this turn: the visitor's, else the one of the
// conversation, else English.
func (t *Turn) language() string {
	for _, l := range []string{t.Trace.Reading.Language, t.Conversation.Language} {
		if l == "en" || l == "zh" {
			return l
		}
	}
	return "en"
}

// inLine reports whether the visitor waits for a person already.
func (t *Turn) inLine() bool {
	return t.Conversation.Service == ServiceWaiting || t.Conversation.Service == ServiceOffered
}

// attached reports whether the visitor sent files with this turn.
func (t *Turn) attached() bool {
	for _, m := range t.Messages {
		if len(m.Body.Attachments) > 0 {
			return true
		}
	}
	return false
}

// asked joins the words of several messages: a burst is one turn.
func asked(messages []Event) string {
	words := make([]string, 0, len(messages))
	for _, m := range messages {
		if s := strings.TrimSpace(m.Body.Text); s != "" {
			words = append(words, s)
		}
	}
	return strings.Join(words, "\n")
}

// smalltalk returns the name and the probability of the best smalltalk intent.
func smalltalk(r intents.Reading) (string, float64) {
	for _, i := range r.Intents {
		if i.Class == intents.ClassSmalltalk {
			return i.Name, i.Confidence
		}
	}
	return "", 0
}
