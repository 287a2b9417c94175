package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

var _ bot.TranslationStore = (*Conversations)(nil)

// Translation implements bot.TranslationStore.
func (s *Conversations) Translation(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, event bot.EventID, language string) (bot.Translation, error) {
	var (
		t     bot.Translation
		found bool
	)
	err := s.db.read(ctx, ws, func(q queue) {
		one(q, &t, &found, scanTranslation, `
			SELECT translation FROM translations WHERE workspace = $1 AND conversation = $2 AND event = $3 AND language = $4`, ws, conv, event, language)
	})
	if err == nil && !found {
		err = fault.New(fault.NotFound, "There is no translation of this message.")
	}
	return t, err
}

func scanTranslation(row pgx.CollectableRow) (bot.Translation, error) {
	var (
		t    bot.Translation
		body string
	)
	if err := row.Scan(&body); err != nil {
		return t, err
	}
	return t, cell.Decode(body, &t)
}

// KeepTranslation implements bot.TranslationStore.
func (s *Conversations) KeepTranslation(ctx context.Context, ws bot.WorkspaceID, t bot.Translation) error {
	body, err := cell.Encode(t)
	if err != nil {
		return err
	}
	return s.db.write(ctx, ws, func(ctx context.Context, x *tx) error {
		x.exec(`
			INSERT INTO translations (workspace, conversation, event, language, at, translation) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (workspace, conversation, event, language) DO NOTHING`,
			ws, t.Conversation, t.Event, t.Language, cell.Micros(t.At), body)
		return nil
	})
}
