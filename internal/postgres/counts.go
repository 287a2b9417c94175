package postgres

import (
	"context"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// Counts counts a workspace's conversations for the lists that an agent looks
// at. Those with the bot and closed ones are counted up to 1,000: beyond that a
// number tells nobody anything.
func (s *Conversations) Counts(ctx context.Context, ws bot.WorkspaceID, agent bot.AgentID) (mine, queued, held, withBot, closed int, err error) {
	var found bool
	err = s.db.read(ctx, ws, func(q queue) {
		value(q, &found, []any{&mine, &queued, &held}, `
			SELECT count(*) FILTER (WHERE agent = $2),
			       count(*) FILTER (WHERE service IN ('waiting', 'offered', 'parked')),
			       count(*) FILTER (WHERE service IN ('active', 'wrapup'))
			FROM conversations WHERE workspace = $1 AND service <> 'bot' AND service <> 'closed'`, ws, agent)
		value(q, &found, []any{&withBot, &closed}, `
			SELECT (SELECT count(*) FROM (SELECT 1 FROM conversations WHERE workspace = $1 AND service = 'bot' LIMIT 1000) b),
			       (SELECT count(*) FROM (SELECT 1 FROM conversations WHERE workspace = $1 AND service = 'closed' LIMIT 1000) c)`, ws)
	})
	return mine, queued, held, withBot, closed, err
}

// Sent reports whether a visitor's message is stored: in the conversation of
// that ID or, when it is "", in the one of that client_conv_id.
func (s *Conversations) Sent(ctx context.Context, ws bot.WorkspaceID, sender bot.Author, conv bot.ConversationID, clientConvID, clientMsgID string) (bool, error) {
	var sent, found bool
	err := s.db.read(ctx, ws, func(q queue) {
		value(q, &found, []any{&sent}, `
			SELECT EXISTS (SELECT 1 FROM sends WHERE workspace = $1 AND client_msg_id = $2 AND sender_kind = $3 AND sender_id = $4
				AND conversation = CASE WHEN $5::text <> '' THEN $5
					ELSE coalesce((SELECT id FROM conversations WHERE workspace = $1 AND visitor = $4 AND client_conv_id = $6), '') END)`,
			ws, clientMsgID, string(sender.Kind), sender.ID, conv, clientConvID)
	})
	return sent, err
}
