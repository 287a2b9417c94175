package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// maxComment bounds what a visitor says about a talk, in characters.
const maxComment = 2000

// Rating is how content a visitor was with a talk that ended.
type Rating struct {
	Workspace    WorkspaceID
	Conversation ConversationID
	Visitor      VisitorID
	Key          Key
	Score        int // 1 (bad) to 5 (good)
	Comment      string
}

// ends reports whether a turn ends a talk that the bot led alone: the visitor
// says goodbye after an answer.
func (t *Turn) ends(m Memory) bool {
	return t.Trace.Decision == DecideSmalltalk && t.Conversation.Service == ServiceBot && t.Trace.Reading.Signals.Closing >= .5 &&
		slices.ContainsFunc(m.Turns, func(e Exchange) bool { return e.Answered || e.Decision == DecideAnswer })
}

// errMoved sends a rating back to look again: the conversation moved on meanwhile.
var errMoved = errors.New("the conversation moved on")

// Rate appends what the visitor thought of the talk that ended last. It is about
// the agent who ended it, or about the bot where no person was; one talk is rated
// once. Errors: Invalid; NotFound when the conversation is not this visitor's;
// Conflict when nothing ended yet, or it was rated before.
func (e *Engine) Rate(ctx context.Context, r Rating) (Written, error) {
	if err := e.writable(); err != nil {
		return Written{}, err
	}
	r.Comment = strings.TrimSpace(r.Comment)
	switch {
	case r.Score < 1 || r.Score > 5:
		return Written{}, fault.New(fault.Invalid, "A rating is 1 to 5, not %d.", r.Score).WithField("score", "1 to 5")
	case utf8.RuneCountInString(r.Comment) > maxComment:
		return Written{}, fault.New(fault.Invalid, "Please keep the comment under 2,000 characters.").WithField("comment", "at most 2,000 characters")
	}
	for range 3 {
		w, err := e.rate(ctx, r)
		if !errors.Is(err, errMoved) {
			return w, err
		}
	}
	return Written{}, fault.New(fault.Unavailable, "The chat is busy. Try again in a moment.")
}

func (e *Engine) rate(ctx context.Context, r Rating) (Written, error) {
	page, err := e.Timeline.Events(ctx, EventQuery{Workspace: r.Workspace, Conversation: r.Conversation, View: ViewAgent, Latest: true, Limit: 200})
	if err != nil {
		return Written{}, err
	}
	if page.Conversation.Visitor != r.Visitor {
		return Written{}, fault.New(fault.NotFound, "there is no such conversation")
	}
	body, problem := lastEnd(page.Events)
	body.Score, body.Text, body.Language = r.Score, r.Comment, page.Conversation.Language
	w, err := e.Timeline.Write(ctx, r.Workspace, r.Conversation, r.Key, func(c Conversation) (Change, error) {
		switch {
		case c.Seq != page.Conversation.Seq:
			return Change{}, errMoved
		case problem != nil:
			return Change{}, problem
		}
		return Change{Events: []NewEvent{{
			Kind: EventRating, Author: Author{Kind: AuthorVisitor, ID: string(r.Visitor), Name: r.Key.Sender.Name}, Visible: true, At: e.Now(), Body: body,
		}}}, nil
	})
	if err == nil && !w.Dup {
		e.Publisher.Published(w)
	}
	return w, err
}

// lastEnd finds the talk that ended last and whom it was with.
func lastEnd(events []Event) (Body, error) {
	for _, ev := range slices.Backward(events) {
		b := ev.Body
		switch {
		case ev.Kind == EventRating:
			return Body{}, fault.New(fault.Conflict, "You have rated this chat. Thank you!")
		case ev.Kind == EventService && b.Agent != "" && slices.Contains([]string{"closed", "wrap_up", "handed_back"}, b.Change):
			return Body{About: AuthorAgent, Agent: b.Agent, AgentName: b.AgentName, Of: ev.ID}, nil
		case ev.Author.Kind == AuthorBot && b.Rate:
			return Body{About: AuthorBot, Of: ev.ID}, nil
		}
	}
	return Body{}, fault.New(fault.Conflict, "There is nothing to rate yet.")
}
