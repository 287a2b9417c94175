package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// maxMessage is how many characters one message of a visitor may have, maxPage how
// many bytes the address of their page; a longer one is not kept.
const (
	maxMessage = 8000
	maxPage    = 2000
)

// Inbound is a message of a visitor on its way in. Either Conversation or
// ClientConvID is set; with the latter the first message creates the
// conversation.
type Inbound struct {
	Workspace    WorkspaceID
	Inbox        InboxID
	Visitor      VisitorID
	VisitorName  string
	Conversation ConversationID
	ClientConvID string // UUID
	ClientMsgID  string // UUID, unique for ever per visitor and conversation
	Text         string // at most 8,000 characters; may be empty when there are attachments
	Attachments  []Attachment
	Language     string // "en" or "zh", of the visitor's page; used until their words tell
	Page         string // URL that they write from; "" unknown
}

// Receive is step 1, append: the message takes the next number of its
// conversation, durably and once, and in the same transaction a run is queued
// that owes it an answer, unless a person speaks: then the message is only
// delivered. A closed conversation opens again, a parked one goes back to the
// desk. When Receive has returned without an error the message may be
// acknowledged.
//
// Errors: Invalid (names the field), NotFound (no such conversation of this
// visitor), Conflict (the same ClientMsgID with other words), Unavailable.
func (e *Engine) Receive(ctx context.Context, in Inbound) (Written, error) {
	if err := e.writable(); err != nil {
		return Written{}, err
	}
	if err := in.check(); err != nil {
		return Written{}, err
	}
	now := e.Now()
	if len(in.Page) > maxPage {
		in.Page = ""
	}
	author := Author{Kind: AuthorVisitor, ID: string(in.Visitor), Name: in.VisitorName}
	k := Key{Sender: author, ClientMsgID: in.ClientMsgID, Digest: in.digest()}

	var parked bool
	decide := func(c Conversation) (Change, error) {
		if c.Visitor != in.Visitor {
			return Change{}, fault.New(fault.NotFound, "there is no such conversation")
		}
		parked = c.Service == ServiceParked
		before := c.Language
		if c.Seq == 0 { // it is the page's as yet
			before = ""
		}
		language := languageOf(in.Text, before)
		change := Change{Events: []NewEvent{{
			ID: EventID(id.New()), Kind: EventMessage, Author: author, Visible: true, At: now,
			Body: Body{Text: in.Text, Language: language, Attachments: in.Attachments, Page: in.Page},
		}}}
		// One who writes while the agent finishes notes is with that agent still.
		reopened, resumed := c.Service == ServiceClosed, c.Service == ServiceWrapup
		// Most messages change nothing but numbers, which costs the stores least.
		if reopened || resumed || language != "" && language != c.Language {
			change.Row = func(c *Conversation) {
				if language != "" {
					c.Language = language
				}
				switch {
				case reopened:
					reopen(c)
				case resumed:
					c.Service = ServiceActive
				}
			}
		}
		if reopened || resumed {
			body := Body{Service: ServiceBot, Speaker: SpeakerBot, Change: "reopened"}
			if resumed {
				body.Service, body.Speaker, body.Agent = ServiceActive, SpeakerHuman, c.Agent
			}
			change.Events = append(change.Events, NewEvent{
				ID: EventID(id.New()), Kind: EventService, Author: Author{Kind: AuthorSystem}, Visible: true, At: now, Body: body,
			})
		}
		change.Owe = reopened || c.Speaker == SpeakerBot
		return change, nil
	}

	var w Written
	var err error
	if in.Conversation != "" {
		w, err = e.Timeline.Write(ctx, in.Workspace, in.Conversation, k, decide)
	} else {
		w, err = e.Timeline.Open(ctx, Conversation{
			Workspace: in.Workspace, Inbox: in.Inbox, Visitor: in.Visitor, ClientConvID: in.ClientConvID,
			Language: in.Language, CreatedAt: now,
		}, k, decide)
	}
	if err != nil {
		return Written{}, err
	}
	if !w.Dup {
		e.Publisher.Published(w)
	}
	if w.Run != "" || w.Dup { // while a person has the word there is nothing to claim
		e.Wake()
	}
	if parked && !w.Dup {
		e.unpark(ctx, w.Conversation)
	}
	return w, nil
}

// reopen gives a closed conversation back to the bot. The store raises the
// control epoch when a person had the word.
func reopen(c *Conversation) {
	c.Speaker, c.Service, c.Agent, c.Queue, c.Reason = SpeakerBot, ServiceBot, "", "", ""
	c.Enqueued = time.Time{}
}

// unpark puts a visitor who came back into the line again when somebody is
// there. It is best effort: the message itself is safe, and the desk looks at
// parked conversations again when somebody comes on duty.
func (e *Engine) unpark(ctx context.Context, c Conversation) {
	if e.Escalator == nil {
		return
	}
	reason := c.Reason
	if reason == "" {
		reason = ReasonAsked
	}
	ask := Escalation{
		Workspace: c.Workspace, Conversation: c.ID, Reason: reason, Skills: c.Skills, Priority: c.Priority,
		Summary: summary(c.Memory, "", nil), Language: c.Language, Topics: c.Memory.Topics, Page: c.Memory.Page,
	}
	if o, err := e.Escalator.Outlook(ctx, ask); err != nil || !o.Open {
		return
	}
	w, err := e.Escalator.Enqueue(ctx, ask)
	if err != nil {
		e.Logger.WarnContext(ctx, "a parked conversation could not go back in line", "conversation_id", c.ID, "error", err)
		return
	}
	e.Publisher.Published(w)
}

// check refuses what no well-behaved client sends.
func (in Inbound) check() error {
	bad := func(field, problem string) error {
		return fault.New(fault.Invalid, "the message cannot be taken: %s %s", field, problem).WithField(field, problem)
	}
	switch {
	case in.Workspace == "":
		return bad("workspace", "is missing")
	case in.Visitor == "":
		return bad("visitor", "is missing")
	case in.Conversation == "" && in.ClientConvID == "":
		return bad("conversation", "is missing; name one, or send client_conv_id to begin one")
	case in.Conversation == "" && !id.Valid(in.ClientConvID):
		return bad("client_conv_id", "must be a UUID")
	case !id.Valid(in.ClientMsgID):
		return bad("id", "must be a UUID that the client made for this message")
	case !utf8.ValidString(in.Text):
		return bad("text", "is not valid UTF-8")
	case utf8.RuneCountInString(in.Text) > maxMessage:
		return bad("text", "is longer than 8,000 characters")
	case strings.ContainsFunc(in.Text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }):
		return bad("text", "holds control characters")
	case strings.TrimSpace(in.Text) == "" && len(in.Attachments) == 0:
		return bad("text", "is empty")
	}
	return nil
}

// digest tells two messages with the same client id apart.
func (in Inbound) digest() string {
	h := sha256.New()
	h.Write([]byte(in.Text))
	for _, a := range in.Attachments {
		h.Write([]byte{0})
		h.Write([]byte(a.ID))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// writable reports whether this engine can do more than rehearse.
func (e *Engine) writable() error {
	if e.Timeline == nil || e.Runs == nil || e.Publisher == nil {
		return fault.New(fault.Unavailable, "this engine has no store; it can only rehearse")
	}
	return nil
}
