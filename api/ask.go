package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/knowledge"
	"github.com/frontdesk-chat/frontdesk/training"
)

// Review lists turns that wait for an editor; training.Review has it.
type Review interface {
	List(ctx context.Context, ws bot.WorkspaceID, kind training.ReviewKind, limit int) ([]training.ReviewItem, error)
	Done(ctx context.Context, ws bot.WorkspaceID, events []bot.EventID, by string) error
}

var _ Review = (*training.Review)(nil)

// Said is one message of the talk before a question.
type Said struct {
	By   string `json:"by" enum:"visitor,bot"`
	Text string `json:"text" maxLength:"8000"`
}

type askIn struct {
	Body struct {
		Text      string   `json:"text" minLength:"1" maxLength:"8000"`
		Language  string   `json:"language,omitempty" enum:"en,zh"`
		Context   []Said   `json:"context,omitempty" maxItems:"20" doc:"What was said before, oldest first."`
		Drafts    bool     `json:"drafts,omitempty" doc:"Also answer from drafts."`
		Audiences []string `json:"audiences,omitempty" maxItems:"20"`
	}
}

// ReviewItem is a question that waits for an editor, with everybody who asked it.
type ReviewItem struct {
	Event        string   `json:"event" doc:"Newest turn with this question."`
	Conversation string   `json:"conversation"`
	At           Time     `json:"at"`
	First        Time     `json:"first_at"`
	Count        int      `json:"count" doc:"Turns with this question."`
	Asked        string   `json:"asked"`
	Question     string   `json:"question"`
	Language     string   `json:"language"`
	Decision     string   `json:"decision"`
	Answer       string   `json:"answer"`
	Confidence   float64  `json:"confidence"`
	Helpful      *bool    `json:"helpful,omitempty"`
	Why          string   `json:"why,omitempty"`
	Sources      []Source `json:"sources"`
	Nearest      *Nearest `json:"nearest,omitempty" doc:"What came closest."`
}

// Nearest is the document that came closest.
type Nearest struct {
	Document   string  `json:"document"`
	Title      string  `json:"title"`
	Confidence float64 `json:"confidence"`
}

func (s *Server) askRoutes(g *registrar) {
	handle(g, "POST", "/ask", func(ctx context.Context, in *askIn) (*bodyOf[Trace], error) {
		b := in.Body
		q := bot.Question{Workspace: s.ws, Text: b.Text, Language: b.Language, Drafts: b.Drafts, Audiences: b.Audiences}
		for _, c := range b.Context {
			q.Context = append(q.Context, bot.Said{By: bot.AuthorKind(c.By), Text: c.Text})
		}
		tr, err := s.Engine.Ask(ctx, q)
		if err != nil {
			return nil, err
		}
		return &bodyOf[Trace]{s.traceOf(tr)}, nil
	}, body(256<<10))
	handle(g, "GET", "/review", func(ctx context.Context, in *struct {
		Kind  string `query:"kind" enum:"unanswered,unhelpful" default:"unanswered"`
		Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	},
	) (*bodyOf[list[ReviewItem]], error) {
		if s.Review == nil {
			return nil, missing("The review")
		}
		rows, err := s.Review.List(ctx, s.ws, training.ReviewKind(in.Kind), in.Limit)
		if err != nil {
			return nil, err
		}
		out := list[ReviewItem]{Items: []ReviewItem{}}
		for _, r := range rows {
			out.Items = append(out.Items, reviewOf(r))
		}
		return &bodyOf[list[ReviewItem]]{out}, nil
	})
	handle(g, "POST", "/review/{event}/done", s.reviewed, status(http.StatusNoContent))
}

func reviewOf(r training.ReviewItem) ReviewItem {
	t := r.Newest
	out := ReviewItem{
		Event: string(t.Event), Conversation: string(t.Conversation), At: Time{t.At}, First: Time{r.First}, Count: r.Count, Asked: t.Asked,
		Question: r.Question, Language: t.Reading.Language, Decision: string(t.Decision), Answer: t.Answer, Confidence: t.Confidence,
		Helpful: t.Helpful, Why: t.Why, Sources: sourcesOf(t.Sources),
	}
	if len(t.Candidates) > 0 {
		c := t.Candidates[0]
		title := c.Title
		if title == "" && c.Kind == knowledge.KindEntry {
			title = c.Matched
		}
		out.Nearest = &Nearest{string(c.Document), title, c.Confidence}
	}
	return out
}

// reviewed takes a turn off the list, with all others that ask the same.
func (s *Server) reviewed(ctx context.Context, in *struct {
	Event string `path:"event" maxLength:"64"`
},
) (*empty, error) {
	if s.Review == nil {
		return nil, missing("The review")
	}
	event := bot.EventID(in.Event)
	for _, kind := range []training.ReviewKind{training.ReviewUnanswered, training.ReviewUnhelpful} {
		rows, err := s.Review.List(ctx, s.ws, kind, maxPage)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if slices.Contains(r.Events, event) {
				return nil, s.Review.Done(ctx, s.ws, r.Events, s.editor(ctx))
			}
		}
	}
	return nil, fault.New(fault.NotFound, "This turn does not wait for an editor.")
}
