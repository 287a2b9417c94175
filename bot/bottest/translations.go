package bottest

import (
	"context"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

var _ bot.TranslationStore = (*Store)(nil)

type translationKey struct {
	convKey
	event    bot.EventID
	language string
}

// Translation implements bot.TranslationStore.
func (s *Store) Translation(_ context.Context, ws bot.WorkspaceID, conv bot.ConversationID, event bot.EventID, language string) (bot.Translation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return bot.Translation{}, s.down
	}
	t, ok := s.translations[translationKey{convKey{ws, conv}, event, language}]
	if !ok {
		return bot.Translation{}, fault.New(fault.NotFound, "There is no translation of this message.")
	}
	return t, nil
}

// KeepTranslation implements bot.TranslationStore.
func (s *Store) KeepTranslation(_ context.Context, ws bot.WorkspaceID, t bot.Translation) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := translationKey{convKey{ws, t.Conversation}, t.Event, t.Language}
	if _, ok := s.translations[key]; !ok && s.down == nil {
		s.translations[key] = t
	}
	return s.down
}
