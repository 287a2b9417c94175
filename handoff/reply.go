package handoff

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Reply is words that an agent sends by a shortcut. One that also leaves a note or
// ends with a move is a macro.
type Reply struct {
	Workspace bot.WorkspaceID
	ID        string
	Owner     bot.AgentID // who has it for themselves; "": the whole workspace
	Shortcut  string      // typed behind a slash: "refund"
	Version   int64       // rises with every write, from 1
	UpdatedAt time.Time
	ReplyBody
}

// ReplyBody is what a reply says and does.
type ReplyBody struct {
	Title string
	Text  map[string]string // by language, "en" and "zh"; may hold variables
	Note  string            // for colleagues
	Then  Then              // what is done besides; "": nothing
	Queue bot.QueueID       // of ThenTransfer; "" is the present one
	Code  string            // of ThenClose: the wrap-up code's ID; "" none
}

// Then is the move that ends a macro.
type Then string

// The moves of macros.
const (
	ThenClose    Then = "close"
	ThenTransfer Then = "transfer" // into the line of a queue
	ThenHandBack Then = "hand_back"
)

// ReplyStore keeps canned replies.
type ReplyStore interface {
	// Replies lists those of the whole workspace and the agent's own, by shortcut,
	// then owner.
	Replies(ctx context.Context, ws bot.WorkspaceID, owner bot.AgentID) ([]Reply, error)
	// Reply returns one. Error: NotFound.
	Reply(ctx context.Context, ws bot.WorkspaceID, reply string) (Reply, error)
	// PutReply inserts when r.Version is 0 and otherwise replaces the row of exactly
	// that version. Errors: Conflict when the version moved on or the owner has another
	// one with this shortcut; NotFound.
	PutReply(ctx context.Context, r Reply) (Reply, error)
	// DeleteReply removes one. Error: NotFound.
	DeleteReply(ctx context.Context, ws bot.WorkspaceID, reply string) error
}

// Replies is the one door to canned replies.
type Replies struct {
	store ReplyStore
	desk  *Desk
}

// NewReplies returns the canned replies of a store, whose macros move chats at
// the desk.
func NewReplies(store ReplyStore, desk *Desk) *Replies { return &Replies{store, desk} }

// Variables are what a text may hold between double braces, with a text for when
// there is no value behind a bar: {{visitor.name|there}}.
func Variables() []string {
	return []string{"visitor.name", "visitor.email", "agent.name", "queue", "ticket"}
}

var (
	shortcutForm = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}_-]{0,39}$`)
	variableForm = regexp.MustCompile(`\{\{\s*([^{}|]*?)\s*(?:\|[^{}]*)?\}\}`)
)

const maxReplyTitle = 80 // characters

// check refuses a reply that could not be used.
func (r Reply) check() error {
	switch {
	case !shortcutForm.MatchString(r.Shortcut):
		return fault.New(fault.Invalid, "A shortcut is 1 to 40 letters, digits, - and _.").WithField("shortcut", "such as refund")
	case strings.TrimSpace(r.Title) == "" || utf8.RuneCountInString(r.Title) > maxReplyTitle:
		return fault.New(fault.Invalid, "A reply needs a title of 1 to 80 characters.").WithField("title", "1 to 80 characters")
	case !slices.Contains([]Then{"", ThenClose, ThenTransfer, ThenHandBack}, r.Then):
		return fault.New(fault.Invalid, "A macro ends with close, transfer or hand_back.").WithField("then", "close, transfer, hand_back or nothing")
	case r.Code != "" && r.Then != ThenClose, r.Queue != "" && r.Then != ThenTransfer:
		return fault.New(fault.Invalid, "A wrap-up code belongs to closing, a queue to transferring.").WithField("then", "close with a code, transfer with a queue")
	}
	said := strings.TrimSpace(r.Note) != "" || r.Then != ""
	for _, field := range []string{"en", "zh"} {
		text := r.Text[field]
		said = said || strings.TrimSpace(text) != ""
		if err := checkWords(text, "text."+field); err != nil {
			return err
		}
	}
	if !said {
		return fault.New(fault.Invalid, "A reply says or does something.").WithField("text", "write a text, a note, or choose what happens then")
	}
	return checkWords(r.Note, "note")
}

// checkWords refuses words that are too long, or hold a variable that there is not.
func checkWords(text, field string) error {
	if utf8.RuneCountInString(text) > maxSaid {
		return fault.New(fault.Invalid, "A message has at most 8,000 characters.").WithField(field, "at most 8,000 characters")
	}
	for _, m := range variableForm.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(Variables(), m[1]) {
			return fault.New(fault.Invalid, "There is no variable “%s”.", m[1]).WithField(field, "use "+strings.Join(Variables(), ", "))
		}
	}
	return nil
}

// List lists the replies that an agent may use.
func (s *Replies) List(ctx context.Context, ws bot.WorkspaceID, agent bot.AgentID) ([]Reply, error) {
	return s.store.Replies(ctx, ws, agent)
}

// Put makes a reply, when it has no ID, or changes it. Only who may change those of
// the workspace (supervisor) may make or change one without an owner; others have
// their own. Errors: Invalid; NotFound; Denied; Conflict when the shortcut is taken
// or somebody else saved meanwhile.
func (s *Replies) Put(ctx context.Context, by bot.AgentID, supervisor bool, r Reply) (Reply, error) {
	r.Shortcut = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(r.Shortcut), "/"))
	r.Title = strings.TrimSpace(r.Title)
	for _, l := range []string{"en", "zh"} {
		if strings.TrimSpace(r.Text[l]) == "" {
			delete(r.Text, l)
		}
	}
	if err := r.check(); err != nil {
		return Reply{}, err
	}
	if r.ID != "" {
		if err := s.may(ctx, r.Workspace, by, supervisor, r.ID); err != nil {
			return Reply{}, err
		}
	} else {
		r.ID, r.Version = id.New(), 0
	}
	switch {
	case r.Owner == "" && !supervisor:
		return Reply{}, fault.New(fault.Denied, "Supervisors write the replies that everybody uses. Keep this one for yourself.")
	case r.Owner != "" && r.Owner != by:
		return Reply{}, fault.New(fault.Denied, "A reply is yours or everybody's.")
	}
	if _, _, err := s.desk.code(ctx, r.Workspace, r.Code); err != nil {
		return Reply{}, err
	}
	if r.Queue != "" {
		queues, err := s.desk.Queues(ctx, r.Workspace)
		if err != nil {
			return Reply{}, err
		}
		if !slices.ContainsFunc(queues, func(q Queue) bool { return q.ID == r.Queue }) {
			return Reply{}, fault.New(fault.Invalid, "There is no such queue.").WithField("queue", "one that exists")
		}
	}
	r.UpdatedAt = s.desk.now().UTC().Truncate(time.Microsecond)
	return s.store.PutReply(ctx, r)
}

// Delete removes a reply. Errors: NotFound; Denied.
func (s *Replies) Delete(ctx context.Context, ws bot.WorkspaceID, by bot.AgentID, supervisor bool, reply string) error {
	if err := s.may(ctx, ws, by, supervisor, reply); err != nil {
		return err
	}
	return s.store.DeleteReply(ctx, ws, reply)
}

// may reports whether somebody may change a reply; another agent's own is not there.
func (s *Replies) may(ctx context.Context, ws bot.WorkspaceID, by bot.AgentID, supervisor bool, reply string) error {
	r, err := s.store.Reply(ctx, ws, reply)
	switch {
	case err != nil:
		return err
	case r.Owner == by:
		return nil
	case r.Owner != "":
		return fault.New(fault.NotFound, "There is no such reply.")
	case !supervisor:
		return fault.New(fault.Denied, "Supervisors write the replies that everybody uses.")
	}
	return nil
}

// MacroWords are a macro's words as the agent left them.
type MacroWords struct {
	Text    string // for the visitor; "": nothing is said
	Written string // the agent's own words, when Text is their translation; "" otherwise
	Note    string // for colleagues; "": none
}

// Run uses a macro on a chat of the agent: the words as the agent left them, the
// note, and the reply's move, all at once or not at all. A repeated key changes
// nothing. Errors: Invalid; NotFound; Denied unless the agent has the chat.
func (s *Replies) Run(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, agent bot.Author, key bot.Key, reply string, words MacroWords) (bot.Written, error) {
	r, err := s.store.Reply(ctx, ws, reply)
	if err == nil && r.Owner != "" && r.Owner != bot.AgentID(agent.ID) {
		err = fault.New(fault.NotFound, "There is no such reply.")
	}
	if err != nil {
		return bot.Written{}, err
	}
	return s.desk.macro(ctx, ws, conv, agent, key, r, words)
}
