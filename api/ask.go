package api

import (
	"context"

	"github.com/frontdesk-chat/frontdesk/bot"
)

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
}
