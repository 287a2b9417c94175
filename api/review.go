package api

import (
	"context"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/knowledge"
	"github.com/frontdesk-chat/frontdesk/training"
)

// Review lists turns that wait for an editor; training.Review has it.
type Review interface {
	List(ctx context.Context, ws bot.WorkspaceID, kind training.ReviewKind, limit int) ([]training.ReviewItem, error)
	Find(ctx context.Context, ws bot.WorkspaceID, event bot.EventID) (training.ReviewItem, error)
	Done(ctx context.Context, ws bot.WorkspaceID, events []bot.EventID, by string) error
}

var _ Review = (*training.Review)(nil)

// ReviewItem is a cluster of questions that ask the same and wait for an editor.
type ReviewItem struct {
	Event        string   `json:"event" doc:"Newest turn of the cluster."`
	Conversation string   `json:"conversation"`
	At           Time     `json:"at"`
	First        Time     `json:"first_at"`
	Count        int      `json:"count" doc:"Turns of the cluster."`
	Asked        string   `json:"asked" doc:"Words of the newest turn."`
	Question     string   `json:"question" doc:"The most central wording, as it stands alone."`
	Wordings     []string `json:"wordings" doc:"The others, most often asked first, at most 20."`
	Language     string   `json:"language"`
	Decision     string   `json:"decision"`
	Answer       string   `json:"answer"`
	Confidence   float64  `json:"confidence"`
	Helpful      *bool    `json:"helpful,omitempty"`
	Why          string   `json:"why,omitempty"`
	Draft        string   `json:"draft,omitempty" doc:"What a person answered."`
	Sources      []Source `json:"sources"`
	Nearest      *Nearest `json:"nearest,omitempty" doc:"What came closest."`
	Tied         *Nearest `json:"tied,omitempty" doc:"Of a near tie: what came second."`
}

// Nearest is a document that came close.
type Nearest struct {
	Document   string  `json:"document"`
	Title      string  `json:"title"`
	Confidence float64 `json:"confidence"`
}

// reviewedAs says what an editor did with a cluster.
type reviewedAs struct {
	As       string `json:"as,omitempty" enum:"done,entry,not_ours" doc:"entry: a document answers it now; not_ours: it must not be answered. Absent: done."`
	Document string `json:"document,omitempty" maxLength:"64" doc:"Of an entry: the document that answers it."`
}

func (s *Server) reviewRoutes(g *registrar) {
	handle(g, "GET", "/review", func(ctx context.Context, in *struct {
		Kind  string `query:"kind" enum:"unanswered,unhelpful,taken,near_tie" default:"unanswered"`
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
			out.Items = append(out.Items, reviewOf(training.ReviewKind(in.Kind), r))
		}
		return &bodyOf[list[ReviewItem]]{out}, nil
	})
	handle(g, "POST", "/review/{event}/done", s.reviewed, status(http.StatusNoContent))
}

func reviewOf(kind training.ReviewKind, r training.ReviewItem) ReviewItem {
	t := r.Newest
	out := ReviewItem{
		Event: string(t.Event), Conversation: string(t.Conversation), At: Time{t.At}, First: Time{r.First}, Count: r.Count, Asked: t.Asked,
		Question: r.Question, Wordings: some(r.Wordings), Language: t.Reading.Language, Decision: string(t.Decision), Answer: t.Answer,
		Confidence: t.Confidence, Helpful: t.Helpful, Why: t.Why, Draft: r.Draft, Sources: sourcesOf(t.Sources),
	}
	if len(t.Candidates) > 0 {
		out.Nearest = nearestOf(t.Candidates[0])
	}
	if kind == training.ReviewNearTie && len(t.Candidates) > 1 {
		out.Tied = nearestOf(t.Candidates[1])
	}
	return out
}

func nearestOf(c knowledge.Candidate) *Nearest {
	title := c.Title
	if title == "" && c.Kind == knowledge.KindEntry {
		title = c.Matched
	}
	return &Nearest{string(c.Document), title, c.Confidence}
}

// reviewed takes a cluster off the lists. What an editor decided about it is kept
// as lines of the regression set.
func (s *Server) reviewed(ctx context.Context, in *struct {
	Event string `path:"event" maxLength:"64"`
	Body  *reviewedAs
},
) (*empty, error) {
	if s.Review == nil {
		return nil, missing("The review")
	}
	as := reviewedAs{}
	if in.Body != nil {
		as = *in.Body
	}
	if (as.As == "entry") != (as.Document != "") {
		return nil, fault.New(fault.Invalid, "An entry needs its document, and nothing else has one.").WithField("body.document", "send it with as: entry")
	}
	it, err := s.Review.Find(ctx, s.ws, bot.EventID(in.Event))
	if err != nil {
		return nil, err
	}
	var lines []string
	switch as.As {
	case "not_ours":
		lines = []string{it.Question}
	case "entry":
		d, err := s.Library.Document(ctx, s.ws, knowledge.DocumentID(as.Document))
		if err != nil {
			return nil, err
		}
		// What the editor left in the entry is what was confirmed.
		for _, q := range append([]string{it.Question}, it.Wordings...) {
			if q == d.Question || slices.Contains(d.Paraphrases, q) || slices.Contains(d.Confirmed, q) || d.Kind == knowledge.KindPage && q == it.Question {
				lines = append(lines, q)
			}
		}
	}
	for _, q := range lines {
		if utf8.RuneCountInString(q) > 500 {
			continue // a story, not a question that is asked again
		}
		_, err := s.Checks.Add(ctx, training.Check{
			Workspace: s.ws, Question: q, Language: it.Newest.Reading.Language, Document: knowledge.DocumentID(as.Document), Event: it.Newest.Event, By: s.editor(ctx),
		})
		if err != nil {
			return nil, err
		}
	}
	return nil, s.Review.Done(ctx, s.ws, it.Events, s.editor(ctx))
}
