package bot

import (
	"context"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Question is asked outside of any conversation: by the editors' test bench, the
// command line, or an evaluation.
type Question struct {
	Workspace WorkspaceID // "": the default one
	Text      string
	Language  string // "en", "zh" or "" to go by the words
	Context   []Said // what was said before, oldest first
	Memory    Memory // what the bot remembers; the zero Memory with Context makes one of it
	Drafts    bool   // also answer from drafts
	Audiences []string
	Service   Service // "": nobody asked for a person
}

// Said is one message of the talk before a question.
type Said struct {
	By   AuthorKind // AuthorVisitor; anybody else answers
	Text string
}

// Ask takes a question through the steps of a visitor's message without writing
// anything: what a visitor would be told, and why. Errors: Invalid; whatever
// the parts say.
func (e *Engine) Ask(ctx context.Context, q Question) (Trace, error) {
	tr, _, err := e.rehearse(ctx, q)
	return tr, err
}

// Turn is Ask within a talk: it returns what the bot remembers afterwards, to
// be handed in with the next words.
func (e *Engine) Turn(ctx context.Context, m Memory, text string) (Trace, Memory, error) {
	return e.rehearse(ctx, Question{Text: text, Memory: m})
}

func (e *Engine) rehearse(ctx context.Context, q Question) (Trace, Memory, error) {
	if strings.TrimSpace(q.Text) == "" {
		return Trace{}, q.Memory, fault.New(fault.Invalid, "the question has no words").WithField("text", "is empty")
	}
	if q.Workspace == "" {
		q.Workspace = defaultWorkspace
	}
	now := e.Now()
	memory := q.Memory.clone()
	if len(q.Context) > 0 && len(memory.Turns) == 0 {
		memory = Recall(q.Context, now)
	}
	t := &Turn{
		Conversation: Conversation{Workspace: q.Workspace, Language: q.Language, Service: q.Service},
		Memory:       memory, Audiences: q.Audiences, Drafts: q.Drafts, Chosen: -1, begun: time.Now(), started: time.Now(),
	}
	t.Trace.Workspace, t.Trace.Asked, t.Trace.At = q.Workspace, q.Text, now
	if err := e.walk(ctx, t, e.thinking()); err != nil {
		return t.Trace, q.Memory, err
	}
	t.Memory.remember(t, now)
	return t.Trace, t.Memory, nil
}

// Recall makes a memory of a talk that the engine did not lead itself.
func Recall(context []Said, now time.Time) Memory {
	var m Memory
	for _, s := range context {
		last := len(m.Turns) - 1
		switch {
		case s.By == AuthorVisitor:
			m.Turn++
			m.push(Exchange{Asked: shorten(s.Text, maxExchangeText), Question: shorten(s.Text, maxExchangeText), At: now})
		case last < 0:
			m.push(Exchange{Answer: shorten(s.Text, maxExchangeText), At: now})
		case m.Turns[last].Answer == "":
			m.Turns[last].Answer, m.Turns[last].Decision = shorten(s.Text, maxExchangeText), DecideAnswer
		default:
			m.Turns[last].Answer = shorten(m.Turns[last].Answer+"\n"+s.Text, maxExchangeText)
		}
	}
	return m
}
