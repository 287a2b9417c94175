package api

import (
	"context"
	"net/http"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/knowledge"
	"github.com/frontdesk-chat/frontdesk/training"
)

// Checks keep the questions that somebody confirmed; training.Checks has it.
type Checks interface {
	Add(ctx context.Context, c training.Check) (training.Check, error)
	Remove(ctx context.Context, ws bot.WorkspaceID, line training.CheckID) error
	List(ctx context.Context, ws bot.WorkspaceID) ([]training.Check, error)
	Run(ctx context.Context, ws bot.WorkspaceID, bot training.Answerer) ([]training.Check, map[training.CheckID]training.Outcome, error)
}

var _ Checks = (*training.Checks)(nil)

// Releases lists what the release gate said; training.ReleaseStore has it.
type Releases interface {
	Releases(ctx context.Context, ws bot.WorkspaceID, limit int) ([]training.Release, error)
}

// ConfirmedQuestion is a line of the regression set.
type ConfirmedQuestion struct {
	ID       string   `json:"id"`
	Question string   `json:"question"`
	Language string   `json:"language,omitempty"`
	Document string   `json:"document,omitempty" doc:"That answers it; absent: the bot must not answer."`
	Title    string   `json:"title,omitempty" doc:"Of the document."`
	Status   string   `json:"status,omitempty" doc:"Of the document."`
	Event    string   `json:"event,omitempty" doc:"The turn that it comes from."`
	By       string   `json:"by"`
	At       Time     `json:"at"`
	Last     *Outcome `json:"last,omitempty" doc:"What the last run saw."`
	Before   *bool    `json:"before,omitempty" doc:"Of POST /checks/run: whether it was right in the run before."`
}

// Outcome is what the bot did with a confirmed question.
type Outcome struct {
	At         *Time   `json:"at,omitempty"`
	Right      bool    `json:"right"`
	Decision   string  `json:"decision"`
	Document   string  `json:"document,omitempty"`
	Title      string  `json:"title,omitempty"`
	Answer     string  `json:"answer"`
	Confidence float64 `json:"confidence"`
}

// Verdict compares the bot as it is and as it would be.
type Verdict struct {
	Lines       int     `json:"lines"`
	RightBefore int     `json:"right_before"`
	RightAfter  int     `json:"right_after"`
	P           float64 `json:"p" doc:"Chance of so many broken questions if breaking and mending were alike."`
	Broken      []Flip  `json:"broken"`
	Mended      []Flip  `json:"mended"`
}

// Flip is a confirmed question with what answers before and after a change.
type Flip struct {
	Check    string  `json:"check"`
	Question string  `json:"question"`
	Document string  `json:"document,omitempty"`
	Title    string  `json:"title,omitempty"`
	Before   Outcome `json:"before"`
	After    Outcome `json:"after"`
}

// Release is one judgement of the gate under which questions broke.
type Release struct {
	ID      string  `json:"id"`
	Subject string  `json:"subject"`
	State   string  `json:"state" enum:"stopped,despite,within"`
	Despite string  `json:"despite,omitempty" doc:"Why it was published all the same."`
	By      string  `json:"by"`
	At      Time    `json:"at"`
	Verdict Verdict `json:"verdict"`
}

type confirmIn struct {
	Body struct {
		Question string `json:"question" minLength:"1" maxLength:"500"`
		Language string `json:"language,omitempty" enum:"en,zh"`
		Document string `json:"document,omitempty" maxLength:"64" doc:"That answers it; absent: the bot must not answer."`
		Event    string `json:"event,omitempty" maxLength:"64" doc:"The turn that it comes from."`
		Despite  string `json:"despite,omitempty" maxLength:"500" doc:"Why it is done although confirmed questions break."`
	}
}

func (s *Server) checkRoutes(g *registrar) {
	handle(g, "GET", "/checks", func(ctx context.Context, _ *empty) (*bodyOf[list[ConfirmedQuestion]], error) {
		if s.Checks == nil {
			return nil, missing("The list of confirmed questions")
		}
		lines, err := s.Checks.List(ctx, s.ws)
		if err != nil {
			return nil, err
		}
		return &bodyOf[list[ConfirmedQuestion]]{list[ConfirmedQuestion]{Items: s.linesOf(lines, nil)}}, nil
	})
	handle(g, "POST", "/checks", func(ctx context.Context, in *confirmIn) (*bodyOf[ConfirmedQuestion], error) {
		b := in.Body
		c, err := s.confirm(ctx, training.Check{
			Question: b.Question, Language: b.Language, Document: knowledge.DocumentID(b.Document), Event: bot.EventID(b.Event),
		}, b.Despite)
		if err != nil {
			return nil, err
		}
		return &bodyOf[ConfirmedQuestion]{s.lineOf(c)}, nil
	}, status(http.StatusCreated))
	handle(g, "DELETE", "/checks/{id}", func(ctx context.Context, in *ByID) (*empty, error) {
		if s.Checks == nil {
			return nil, missing("The list of confirmed questions")
		}
		return nil, s.Checks.Remove(ctx, s.ws, training.CheckID(in.ID))
	}, status(http.StatusNoContent))
	handle(g, "POST", "/checks/run", func(ctx context.Context, _ *empty) (*bodyOf[list[ConfirmedQuestion]], error) {
		if s.Checks == nil || s.Answerer == nil {
			return nil, missing("The list of confirmed questions")
		}
		now, err := s.Answerer()
		if err != nil {
			return nil, err
		}
		lines, before, err := s.Checks.Run(ctx, s.ws, now)
		if err != nil {
			return nil, err
		}
		return &bodyOf[list[ConfirmedQuestion]]{list[ConfirmedQuestion]{Items: s.linesOf(lines, before)}}, nil
	})
	handle(g, "GET", "/releases", func(ctx context.Context, in *struct {
		Limit int `query:"limit" minimum:"1" maximum:"200" default:"50"`
	},
	) (*bodyOf[list[Release]], error) {
		if s.Releases == nil {
			return nil, missing("The release gate")
		}
		rows, err := s.Releases.Releases(ctx, s.ws, in.Limit)
		if err != nil {
			return nil, err
		}
		out := list[Release]{Items: []Release{}}
		for _, r := range rows {
			out.Items = append(out.Items, Release{r.ID, r.Subject, string(r.State), r.Despite, s.nameOf(r.By), Time{r.At}, verdictOf(r.Verdict)})
		}
		return &bodyOf[list[Release]]{out}, nil
	})
}

// confirm has a document learn a question and keeps it as a line of the regression
// set. Without a document the bot must not answer it.
func (s *Server) confirm(ctx context.Context, c training.Check, despite string) (training.Check, error) {
	if s.Checks == nil {
		return c, missing("The list of confirmed questions")
	}
	c.Workspace, c.By = s.ws, s.editor(ctx)
	if c.Document != "" {
		d, err := s.Library.Document(ctx, s.ws, c.Document)
		if fault.Is(err, fault.NotFound) {
			return c, fault.New(fault.Invalid, "There is no such document.").WithField("body.document", "name one that is in the knowledge base")
		}
		if err != nil {
			return c, err
		}
		if d, err = s.Library.Confirm(ctx, s.ws, d.ID, d.Version, c.Question, c.By, because(despite)...); err != nil {
			return c, err
		}
		c.Title, c.Status = d.Title, d.Status
	}
	return s.Checks.Add(ctx, c)
}

// because hands a reason on, if there is one.
func because(despite string) []knowledge.Despite {
	if despite == "" {
		return nil
	}
	return []knowledge.Despite{knowledge.Despite(despite)}
}

func (s *Server) linesOf(lines []training.Check, before map[training.CheckID]training.Outcome) []ConfirmedQuestion {
	out := make([]ConfirmedQuestion, 0, len(lines))
	for _, c := range lines {
		line := s.lineOf(c)
		if b, ok := before[c.ID]; ok {
			line.Before = &b.Right
		}
		out = append(out, line)
	}
	return out
}

func (s *Server) lineOf(c training.Check) ConfirmedQuestion {
	out := ConfirmedQuestion{
		ID: string(c.ID), Question: c.Question, Language: c.Language, Document: string(c.Document), Title: c.Title, Status: string(c.Status),
		Event: string(c.Event), By: s.nameOf(c.By), At: Time{c.At},
	}
	if c.Last != nil {
		o := outcomeOf(*c.Last)
		out.Last = &o
	}
	return out
}

func outcomeOf(o training.Outcome) Outcome {
	return Outcome{
		At: timeOf(o.At), Right: o.Right, Decision: string(o.Decision), Document: string(o.Document), Title: o.Title, Answer: o.Answer, Confidence: o.Confidence,
	}
}

func verdictOf(v training.Verdict) Verdict {
	return Verdict{v.Lines, v.RightBefore, v.RightAfter, v.P, flipsOf(v.Broken), flipsOf(v.Mended)}
}

func flipsOf(flips []training.Flip) []Flip {
	out := make([]Flip, 0, len(flips))
	for _, f := range flips {
		out = append(out, Flip{string(f.Check), f.Question, string(f.Document), f.Title, outcomeOf(f.Before), outcomeOf(f.After)})
	}
	return out
}
