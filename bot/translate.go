package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Translation is words of a conversation as a language model put them into
// another language. It is a help for people and never the record: the event
// keeps the words themselves.
type Translation struct {
	Conversation ConversationID // "" for words that are not sent yet
	Event        EventID        // "" for words that are not sent yet
	Language     string         // of Text, "en" or "zh"
	Text         string
	Lost         []string  // numbers, codes and addresses of the words that Text lacks: it is doubtful; nil: none
	Model        string    // that wrote it; "" when there was nothing to translate
	At           time.Time // when it was written
	Kept         bool      // it was there already, nothing was asked
}

// TranslationStore keeps translations, so that no words are sent to a model twice.
type TranslationStore interface {
	// Translation returns that of an event. Error: NotFound.
	Translation(ctx context.Context, ws WorkspaceID, conv ConversationID, event EventID, language string) (Translation, error)
	// KeepTranslation stores one; what was there before stays.
	KeepTranslation(ctx context.Context, ws WorkspaceID, t Translation) error
}

// Translates reports whether there is a language model that may translate.
func (e *Engine) Translates() bool { return len(e.models) > 0 && e.opts.Limits.Translate > 0 }

// maxEnd is how many events may stand between a streamed answer's place and its end.
const maxEnd = 200

// TranslateEvent puts what was said in an event, numbered as agents number it,
// into a language, "en" or "zh". It is asked for once: a second call, also one at
// the same time, gets the same translation. Only what the visitor sees is
// translated. Errors: Invalid for another language, and for an event that is no
// message; NotFound; Unavailable when there is no model, or none gave a
// translation in time that can be one.
func (e *Engine) TranslateEvent(ctx context.Context, ws WorkspaceID, conv ConversationID, n int64, to string) (Translation, error) {
	if err := e.mayTranslate(to); err != nil {
		return Translation{}, err
	}
	page, err := e.Timeline.Events(ctx, EventQuery{Workspace: ws, Conversation: conv, View: ViewAgent, After: n - 1, Limit: maxEnd})
	if err != nil {
		return Translation{}, err
	}
	if len(page.Events) == 0 || page.Events[0].Seq != n {
		return Translation{}, fault.New(fault.NotFound, "There is no such message.")
	}
	event := page.Events[0]
	words := utterance(event, page.Events)
	if event.VSeq == 0 || words == "" {
		return Translation{}, fault.New(fault.Invalid, "Only what was said to or by the visitor is translated.").WithField("n", "the number of a message that is written to its end")
	}
	return e.translateOnce(ctx, ws, conv, event.ID, words, to)
}

// TranslateSummary puts what the newest summary of a conversation says of the visitor's
// problem into a language, "en" or "zh", once as TranslateEvent. Errors: as there; NotFound
// too when nobody was given a summary.
func (e *Engine) TranslateSummary(ctx context.Context, ws WorkspaceID, conv ConversationID, to string) (Translation, error) {
	if err := e.mayTranslate(to); err != nil {
		return Translation{}, err
	}
	page, err := e.Timeline.Events(ctx, EventQuery{Workspace: ws, Conversation: conv, View: ViewAgent, Latest: true, Limit: maxEnd})
	if err != nil {
		return Translation{}, err
	}
	for _, event := range slices.Backward(page.Events) {
		if s := event.Body.Summary; s != nil && s.Problem != "" {
			return e.translateOnce(ctx, ws, conv, event.ID, s.Problem, to)
		}
	}
	return Translation{}, fault.New(fault.NotFound, "There is no summary of this conversation.")
}

// translateOnce asks for the words of an event once, whoever wants them translated.
func (e *Engine) translateOnce(ctx context.Context, ws WorkspaceID, conv ConversationID, event EventID, words, to string) (Translation, error) {
	if e.Translations != nil {
		t, err := e.Translations.Translation(ctx, ws, conv, event, to)
		if err == nil {
			t.Kept = true
			return t, nil
		}
		if !fault.Is(err, fault.NotFound) {
			return Translation{}, err
		}
	}
	// Colleagues who look at the same chat ask once, and who leaves does not end it for the others.
	work := context.WithoutCancel(ctx)
	asked := e.translating.DoChan(strings.Join([]string{string(ws), string(event), to}, "/"), func() (any, error) {
		t, err := e.translate(work, words, to)
		if err != nil {
			return Translation{}, err
		}
		t.Conversation, t.Event = conv, event
		if e.Translations != nil {
			if err := e.Translations.KeepTranslation(work, ws, t); err != nil {
				e.Logger.WarnContext(work, "a translation was not kept", "conversation_id", conv, "error", err)
			}
		}
		return t, nil
	})
	select {
	case got := <-asked:
		t, _ := got.Val.(Translation)
		return t, got.Err
	case <-ctx.Done():
		return Translation{}, ctx.Err()
	}
}

// utterance returns the words of an event; of a streamed answer those of its end, "" while
// it goes on, and "" for what is no message.
func utterance(event Event, since []Event) string {
	switch event.Kind {
	case EventMessage:
		return event.Body.Text
	case EventAnswer:
		i := slices.IndexFunc(since, func(x Event) bool { return x.Kind == EventFinished && x.Body.Of == event.ID })
		if i >= 0 {
			return since[i].Body.Text
		}
	}
	return ""
}

// TranslateDraft puts words that are not sent yet into a language, "en" or "zh".
// Errors: Invalid; Unavailable as of TranslateEvent.
func (e *Engine) TranslateDraft(ctx context.Context, words, to string) (Translation, error) {
	if err := e.mayTranslate(to); err != nil {
		return Translation{}, err
	}
	if strings.TrimSpace(words) == "" || utf8.RuneCountInString(words) > maxMessage {
		return Translation{}, fault.New(fault.Invalid, "There is nothing that could be translated.").WithField("text", "1 to 8,000 characters")
	}
	return e.translate(ctx, words, to)
}

func (e *Engine) mayTranslate(to string) error {
	if !e.Translates() {
		return fault.New(fault.Unavailable, "Nothing is translated here: no language model is configured for it.")
	}
	if to != "en" && to != "zh" {
		return fault.New(fault.Invalid, "There is no translation into %q.", to).WithField("to", "en or zh")
	}
	return nil
}

// Why a model's translation is not shown.
var errUnlike = errors.New("what it wrote cannot be a translation")

// translate asks the ready models in order of preference until one gives what can
// be a translation, all within the limit.
func (e *Engine) translate(ctx context.Context, words, to string) (Translation, error) {
	if !speaks(words) {
		return Translation{Language: to, Text: words, At: e.Now()}, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, e.opts.Limits.Translate, errSlow)
	defer cancel()
	err := error(fault.New(fault.Unavailable, "it is left alone after failures"))
	for _, g := range e.models {
		if !g.ready(e.Now()) {
			continue
		}
		var out string
		if out, err = e.askTranslation(ctx, g, words, to); err == nil {
			return Translation{Language: to, Text: out, Lost: lost(words, out), Model: g.model.Name(), At: e.Now()}, nil
		}
		e.Logger.WarnContext(ctx, "a translation failed", "model", g.model.Name(), "error", err)
		if context.Cause(ctx) != nil {
			break
		}
	}
	return Translation{}, fault.Wrap(fault.Unavailable, err, "This could not be translated. The words themselves stand.")
}

// askTranslation asks one model. A panic in the model's code counts as its failure.
func (e *Engine) askTranslation(ctx context.Context, g *guarded, words, to string) (out string, err error) {
	call := Call{Model: g.model.Name(), Order: g.order, For: "translate"}
	begun, size := time.Now(), 0
	defer func() {
		if v := recover(); v != nil {
			err = fault.New(fault.Internal, "it broke: %v", v)
		}
		if cause := context.Cause(ctx); err != nil && cause != nil {
			err = cause
		}
		call.Took = time.Since(begun)
		stopped := errors.Is(err, context.Canceled) // nobody waits for it any more
		if !stopped {
			call.Err = err
		}
		e.Observer.Called(call)
		// One that writes, only not fast enough for so many words, is not down.
		if down := err != nil && call.First == 0; down && !stopped || err == nil {
			g.report(down, e.Now())
		}
	}()
	p := translatePrompt(words, to)
	out, err = g.model.Generate(ctx, p, func(piece string) error {
		if size == 0 {
			call.First = time.Since(begun)
		}
		if size += len(piece); size > e.opts.Limits.MaxBytes+8*len(words) {
			return errEndless
		}
		return context.Cause(ctx)
	})
	if err != nil {
		return "", err
	}
	if out = unmarked(out, mark(words)); !likeTranslation(words, out, to) {
		return "", errUnlike
	}
	return out, nil
}

// translatePrompt asks for words in another language. They stand between marks
// that they cannot hold themselves, because the mark is their hash.
func translatePrompt(words, to string) Prompt {
	m := mark(words)
	return Prompt{
		System:    strings.ReplaceAll(instructions("translate", to), "{mark}", m),
		Messages:  []PromptMessage{{Role: "user", Text: m + "\n" + words + "\n" + m}},
		MaxTokens: 200 + 2*utf8.RuneCountInString(words), // a character is two tokens at most in either language
	}
}

func mark(words string) string {
	h := sha256.Sum256([]byte(words))
	return "=" + hex.EncodeToString(h[:8]) + "="
}

// unmarked is a translation without the marks that a model may have repeated.
func unmarked(out, mark string) string {
	return strings.TrimSpace(strings.ReplaceAll(out, mark, ""))
}
