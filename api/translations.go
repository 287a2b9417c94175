package api

import (
	"context"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Translation is words as a language model put them into another language. It is
// a help, and may be wrong.
type Translation struct {
	Language string   `json:"language" enum:"en,zh"`
	Text     string   `json:"text"`
	Lost     []string `json:"lost,omitempty" doc:"Numbers, codes and addresses of the words that the text lacks: it is doubtful."`
}

type translateIn struct {
	ByID
	Body struct {
		N    int64  `json:"n,omitempty" minimum:"1" doc:"Number of the message, as agents number it."`
		Text string `json:"text,omitempty" maxLength:"8000" doc:"Words that are not sent yet, instead of n."`
		To   string `json:"to" enum:"en,zh"`

		Summary bool `json:"summary,omitempty" doc:"The problem of the newest summary, instead of n."`
	}
}

func (s *Server) translationRoutes(g *registrar) {
	handle(g, "POST", "/conversations/{id}/translations", func(ctx context.Context, in *translateIn) (*bodyOf[Translation], error) {
		what := "message"
		switch {
		case in.Body.Summary:
			what = "summary"
		case in.Body.N == 0:
			what = "reply"
		}
		t, err := s.translation(ctx, in)
		s.metrics.translated(what, t, err)
		if err != nil {
			return nil, err
		}
		return &bodyOf[Translation]{Translation{t.Language, t.Text, t.Lost}}, nil
	}, body(64<<10))
}

func (s *Server) translation(ctx context.Context, in *translateIn) (bot.Translation, error) {
	conv, b := bot.ConversationID(in.ID), in.Body
	switch {
	case b.Summary && b.N == 0 && b.Text == "":
		return s.Engine.TranslateSummary(ctx, s.ws, conv, b.To)
	case b.Summary || (b.N > 0) == (b.Text != ""):
		return bot.Translation{}, fault.New(fault.Invalid, "Name the number of a message or the summary, or give the words.").WithField("body.n", "either n, text or summary")
	case b.N > 0:
		return s.Engine.TranslateEvent(ctx, s.ws, conv, b.N, b.To)
	}
	if _, err := s.Timeline.Conversation(ctx, s.ws, conv); err != nil {
		return bot.Translation{}, err
	}
	return s.Engine.TranslateDraft(ctx, b.Text, b.To)
}
