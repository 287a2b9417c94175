package training

import (
	"context"
	"slices"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/text"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// saidLine is one message of a talk.
type saidLine struct {
	Role string `json:"role"`
	Text string `json:"text"`
}

func checkSaid(context []saidLine) error {
	for _, s := range context {
		if s.Role != "visitor" && s.Role != "bot" {
			return fault.New(fault.Invalid, "the role %q is not known; use visitor or bot", s.Role)
		}
	}
	return nil
}

// talkDocument is what followup and escalation tasks answer from.
type talkDocument struct {
	ID          string   `json:"id"`
	Language    string   `json:"language"`
	Title       string   `json:"title"`
	Text        string   `json:"text"`
	Question    string   `json:"question"`
	Answer      string   `json:"answer"`
	Paraphrases []string `json:"paraphrases"`
}

func (d talkDocument) check() error {
	switch {
	case d.ID == "":
		return fault.New(fault.Invalid, "the key \"id\" is empty")
	case d.Question == "" && d.Text == "":
		return fault.New(fault.Invalid, "a document needs \"question\" and \"answer\", or \"text\"")
	case d.Question != "" && d.Answer == "":
		return fault.New(fault.Invalid, "an entry needs an \"answer\"")
	}
	return nil
}

// document is the line as the product would have imported it.
func (d talkDocument) document(now time.Time) knowledge.Document {
	out := knowledge.Document{
		Workspace: id.DefaultWorkspace, ID: knowledge.DocumentID(d.ID), Path: d.ID, Kind: knowledge.KindEntry, Status: knowledge.StatusPublished,
		Version: 1, Title: d.Title, Language: d.Language, Question: d.Question, Answer: d.Answer, Paraphrases: d.Paraphrases, CreatedAt: now, UpdatedAt: now,
	}
	if d.Question == "" {
		out.Kind = knowledge.KindPage
		out.Sections = []knowledge.Section{{Text: d.Text}}
	}
	if out.Language == "" {
		out.Language = text.Language(d.Question + d.Title + d.Text)
	}
	return out
}

// talk opens an engine over the task's documents. known holds their ids; the
// library is the caller's to close.
func (e *evaluation) talk(ctx context.Context) (engine Engine, lib Library, known map[string]bool, err error) {
	if e.parts.NewEngine == nil {
		return nil, nil, nil, missing("engine")
	}
	if lib, known, err = e.shelve(ctx); err != nil {
		return nil, nil, nil, err
	}
	if engine, err = e.parts.NewEngine(ctx, lib); err != nil {
		lib.Close()
		return nil, nil, nil, err
	}
	return engine, lib, known, nil
}

// recall is what the engine would remember of a talk that it did not lead.
func recall(context []saidLine) bot.Memory {
	said := make([]bot.Said, len(context))
	for i, s := range context {
		said[i] = bot.Said{By: bot.AuthorBot, Text: s.Text}
		if s.Role == "visitor" {
			said[i].By = bot.AuthorVisitor
		}
	}
	return bot.Recall(said, time.Now().UTC())
}

// firstIs reports whether the best candidate of a turn is among the ids.
func firstIs(tr bot.Trace, ids []string) bool {
	return len(tr.Candidates) > 0 && slices.Contains(ids, string(tr.Candidates[0].Document))
}

// firstOf is the best candidate's document, "" without one.
func firstOf(tr bot.Trace) string {
	if len(tr.Candidates) == 0 {
		return ""
	}
	return string(tr.Candidates[0].Document)
}
