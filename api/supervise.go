package api

import (
	"context"
	"net/http"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// superviseRoutes are what only supervisors do with a conversation. They take over
// and whisper by the routes of agents.
func (s *Server) superviseRoutes(g *registrar) {
	handle(g, "POST", "/conversations/{id}/stop-bot", func(ctx context.Context, in *moveIn) (*bodyOf[Conversation], error) {
		w, err := s.Desk.StopBot(ctx, s.ws, bot.ConversationID(in.ID), callOf(ctx).agent())
		if err != nil {
			return nil, err
		}
		return &bodyOf[Conversation]{conversationOf(bot.ViewAgent, w.Conversation, s.names)}, nil
	})
	handle(g, "POST", "/conversations/{id}/watch", func(ctx context.Context, in *moveIn) (*empty, error) {
		return nil, s.Desk.Watch(ctx, s.ws, bot.ConversationID(in.ID), callOf(ctx).agent())
	}, status(http.StatusNoContent))
}
