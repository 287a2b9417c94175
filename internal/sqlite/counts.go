package sqlite

import (
	"context"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// Counts counts a workspace's conversations for the lists that an agent looks
// at. Those with the bot and closed ones are counted up to 1,000: beyond that a
// number tells nobody anything.
func (s *Conversations) Counts(ctx context.Context, ws bot.WorkspaceID, agent bot.AgentID) (mine, queue, held, withBot, closed int, err error) {
	err = s.db.read.QueryRowContext(ctx, `
		SELECT count(*) FILTER (WHERE agent = ?),
		       count(*) FILTER (WHERE service IN ('waiting', 'offered', 'parked')),
		       count(*) FILTER (WHERE service IN ('active', 'wrapup'))
		FROM conversations WHERE workspace = ? AND service <> 'bot' AND service <> 'closed'`, agent, ws).Scan(&mine, &queue, &held)
	if err != nil {
		return 0, 0, 0, 0, 0, translate(err)
	}
	err = s.db.read.QueryRowContext(ctx, `
		SELECT (SELECT count(*) FROM (SELECT 1 FROM conversations WHERE workspace = ? AND service = 'bot' LIMIT 1000)),
		       (SELECT count(*) FROM (SELECT 1 FROM conversations WHERE workspace = ? AND service = 'closed' LIMIT 1000))`, ws, ws).
		Scan(&withBot, &closed)
	return mine, queue, held, withBot, closed, translate(err)
}

// Sent reports whether a visitor's message is stored: in the conversation of
// that ID or, when it is "", in the one of that client_conv_id.
func (s *Conversations) Sent(ctx context.Context, ws bot.WorkspaceID, sender bot.Author, conv bot.ConversationID, clientConvID, clientMsgID string) (bool, error) {
	var sent bool
	err := s.db.read.QueryRowContext(ctx, `
		SELECT EXISTS (SELECT 1 FROM sends WHERE workspace = ?1 AND client_msg_id = ?2 AND sender_kind = ?3 AND sender_id = ?4
			AND conversation = CASE WHEN ?5 <> '' THEN ?5
				ELSE coalesce((SELECT id FROM conversations WHERE workspace = ?1 AND visitor = ?4 AND client_conv_id = ?6), '') END)`,
		ws, clientMsgID, string(sender.Kind), sender.ID, conv, clientConvID).Scan(&sent)
	return sent, translate(err)
}
