package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

var _ bot.TranslationStore = (*Conversations)(nil)

// Translation implements bot.TranslationStore.
func (s *Conversations) Translation(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, event bot.EventID, language string) (bot.Translation, error) {
	var (
		t    bot.Translation
		body string
	)
	err := s.db.read.QueryRowContext(ctx, `
		SELECT translation FROM translations WHERE workspace = ? AND conversation = ? AND event = ? AND language = ?`, ws, conv, event, language).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return t, fault.Wrap(fault.NotFound, err, "There is no translation of this message.")
	}
	if err != nil {
		return t, translate(err)
	}
	return t, cell.Decode(body, &t)
}

// KeepTranslation implements bot.TranslationStore.
func (s *Conversations) KeepTranslation(ctx context.Context, ws bot.WorkspaceID, t bot.Translation) error {
	body, err := cell.Encode(t)
	if err != nil {
		return err
	}
	return s.db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO translations (workspace, conversation, event, language, at, translation) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (workspace, conversation, event, language) DO NOTHING`,
			ws, t.Conversation, t.Event, t.Language, cell.Micros(t.At), body)
		return err
	})
}
