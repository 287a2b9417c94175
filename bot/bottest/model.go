package bottest

import (
	"context"
	"errors"
	"sync"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// Model follows a script: one Script a call, the last one for all further calls.
type Model struct {
	name string

	mu      sync.Mutex
	scripts []Script     // guarded by mu
	prompts []bot.Prompt // guarded by mu
}

// Script is how one call of a model goes.
type Script struct {
	Pieces []string
	Step   <-chan struct{}           // when not nil, one receive before every piece
	Err    error                     // returned after the pieces; nil: it ended well
	Hang   bool                      // waits for its end after the pieces
	Panic  bool                      // panics after the pieces
	Each   func(piece int)           // called before every piece
	Reply  func(bot.Prompt) []string // when not nil, makes the pieces
}

var _ bot.Model = (*Model)(nil)

// NewModel returns a model that follows the scripts.
func NewModel(name string, scripts ...Script) *Model { return &Model{name: name, scripts: scripts} }

// Says is a script of pieces.
func Says(pieces ...string) Script { return Script{Pieces: pieces} }

// Name implements bot.Model.
func (m *Model) Name() string { return m.name }

// Prompts returns what was asked so far.
func (m *Model) Prompts() []bot.Prompt {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]bot.Prompt(nil), m.prompts...)
}

func (m *Model) next(p bot.Prompt) (Script, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.prompts = append(m.prompts, p)
	if len(m.scripts) == 0 {
		return Script{}, errors.New("the script is over")
	}
	s := m.scripts[0]
	if len(m.scripts) > 1 {
		m.scripts = m.scripts[1:]
	}
	return s, nil
}

// Generate implements bot.Model.
func (m *Model) Generate(ctx context.Context, p bot.Prompt, emit func(string) error) (string, error) {
	s, err := m.next(p)
	if err != nil {
		return "", err
	}
	if s.Reply != nil {
		s.Pieces = s.Reply(p)
	}
	text := ""
	for i, piece := range s.Pieces {
		if s.Step != nil {
			select {
			case <-s.Step:
			case <-ctx.Done():
				return text, ctx.Err()
			}
		}
		if s.Each != nil {
			s.Each(i)
		}
		if err := emit(piece); err != nil {
			return text, err
		}
		text += piece
	}
	if s.Panic {
		panic("the model's code broke")
	}
	if s.Hang {
		<-ctx.Done()
		return text, ctx.Err()
	}
	return text, s.Err
}
