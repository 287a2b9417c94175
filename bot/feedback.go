package bot

import (
	"context"
	"slices"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Opinion is a visitor's thumb on a message of the bot.
type Opinion struct {
	Workspace    WorkspaceID
	Conversation ConversationID
	Visitor      VisitorID
	Event        EventID // the bot's message; the placeholder of a streamed one
	Helpful      bool
	Why          string // of a thumbs-down: "not_my_question", "incomplete", "wrong", "out_of_date", or ""
}

// Feedback appends what the visitor thinks of an answer. A thumbs-down on the
// last answer makes that turn a failed one, as words to the same effect would.
// The newest opinion counts. Errors: Invalid; NotFound when the conversation is
// not this visitor's or has no such message of the bot.
func (e *Engine) Feedback(ctx context.Context, o Opinion) (Written, error) {
	if err := e.writable(); err != nil {
		return Written{}, err
	}
	reasons := []string{"", "not_my_question", "incomplete", "wrong", "out_of_date"}
	if !slices.Contains(reasons, o.Why) || (o.Helpful && o.Why != "") {
		return Written{}, fault.New(fault.Invalid, "the reason of a thumbs-down must be one of not_my_question, incomplete, wrong, out_of_date, or left out").
			WithField("why", "is not known")
	}
	last, err := e.botMessage(ctx, o)
	if err != nil {
		return Written{}, err
	}
	w, err := e.Timeline.Write(ctx, o.Workspace, o.Conversation, Key{}, func(c Conversation) (Change, error) {
		if c.Visitor != o.Visitor {
			return Change{}, fault.New(fault.NotFound, "there is no such conversation")
		}
		return Change{
			Events: []NewEvent{{
				ID: EventID(id.New()), Kind: EventFeedback, Author: Author{Kind: AuthorVisitor, ID: string(o.Visitor)}, Visible: true, At: e.Now(),
				Body: Body{Of: o.Event, Helpful: o.Helpful, Why: o.Why},
			}},
			Row: func(c *Conversation) {
				if last && !o.Helpful && c.Memory.Pending {
					c.Memory.Pending = false
					c.Memory.Failed++
				}
			},
		}, nil
	})
	if err != nil {
		return Written{}, err
	}
	e.Publisher.Published(w)
	return w, nil
}

// botMessage finds the message an opinion is about, newest first, and reports
// whether it is the bot's last.
func (e *Engine) botMessage(ctx context.Context, o Opinion) (last bool, err error) {
	q := EventQuery{Workspace: o.Workspace, Conversation: o.Conversation, View: ViewAgent, Latest: true, Limit: 200}
	missing := fault.New(fault.NotFound, "there is no such message of the bot")
	newer := false
	for {
		page, err := e.Timeline.Events(ctx, q)
		if err != nil {
			return false, err
		}
		if page.Conversation.Visitor != o.Visitor {
			return false, fault.New(fault.NotFound, "there is no such conversation")
		}
		for _, ev := range slices.Backward(page.Events) {
			if ev.Author.Kind != AuthorBot || (ev.Kind != EventMessage && ev.Kind != EventAnswer) {
				continue
			}
			if ev.ID == o.Event {
				return !newer, nil
			}
			newer = true
		}
		if !page.More || len(page.Events) == 0 || page.Events[0].Seq <= 1 {
			return false, missing
		}
		q.Latest, q.Before = false, page.Events[0].Seq
	}
}
