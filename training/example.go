package training

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/intents"
)

// Origin says where an example comes from.
type Origin string

// The origins of examples.
const (
	FromStarter Origin = "starter" // the starting set of the program; never stored
	FromFolder  Origin = "folder"  // the configured folder; never stored
	FromFile    Origin = "file"    // a file given to frontdesk train
	FromImport  Origin = "import"  // an upload
	FromReview  Origin = "review"  // a visitor's words that an editor filed
	FromPerson  Origin = "person"  // typed
)

// Example is an utterance that a workspace's editors say means an intent.
type Example struct {
	ID     string // ExampleID of Text; unique in a workspace, so that no words have two intents
	Intent string
	Text   string
	From   Origin
	Event  bot.EventID // the visitor's message it was made from; "" for none
	By     string      // account; "" for the program's own
	At     time.Time   // UTC microseconds
	Place  string      // "faq.yml:12" of an example that is not stored; "" for the others
}

// ExampleID names the words of an example: the same for texts that differ only in
// case, width, script or white space.
func ExampleID(text string) string {
	sum := sha256.Sum256([]byte(intents.Fold(text)))
	return hex.EncodeToString(sum[:16])
}

// ExampleStore keeps the intents and examples that a workspace's editors made.
type ExampleStore interface {
	// Taught returns the stored intents by name and the stored examples by intent,
	// the newest first. An intent that is declared elsewhere has examples only.
	Taught(ctx context.Context, ws bot.WorkspaceID) ([]intents.Intent, []Example, error)
	// PutIntent stores an intent under a new name (was is ""), or changes the one
	// called was and carries its examples over to its new name. Errors: Conflict when
	// the name is taken; NotFound when there is no intent was.
	PutIntent(ctx context.Context, ws bot.WorkspaceID, was string, in intents.Intent) error
	// DeleteIntent removes an intent and its examples. Error: NotFound when neither is there.
	DeleteIntent(ctx context.Context, ws bot.WorkspaceID, name string) error
	// ChangeExamples removes and adds examples in one transaction. What is there with
	// the same intent stays as it is; an ID to remove that is not there is passed over.
	// Error: Conflict naming both intents when the words are another one's.
	ChangeExamples(ctx context.Context, ws bot.WorkspaceID, remove []string, add []Example) error
}
