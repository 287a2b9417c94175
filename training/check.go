package training

import (
	"cmp"
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/text"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// CheckID names a line of the regression set.
type CheckID string

// Check is a line of a workspace's regression set: a question that somebody
// confirmed to be answered by a document, or not to be answered at all.
type Check struct {
	Workspace bot.WorkspaceID
	ID        CheckID
	Question  string // 1 to 500 characters
	Language  string // "en", "zh", or "": by the words
	Document  knowledge.DocumentID
	Event     bot.EventID // the turn that it comes from; ""
	By        string      // account ID
	At        time.Time
	Last      *Outcome // of the last run; nil: not yet

	// Of the document as it stands, filled by the store; "" without one.
	Title, Audience string
	Status          knowledge.Status
}

// Outcome is what the bot did with a question.
type Outcome struct {
	At         time.Time // zero within a verdict
	Right      bool
	Decision   bot.Decision
	Document   knowledge.DocumentID // it was answered from, else the nearest; ""
	Title      string               // of Document
	Answer     string               // what the visitor is told, cut to 600 characters
	Confidence float64              // 0…1
}

// Bounds of the regression set.
const (
	maxChecks        = 2000 // lines a workspace
	maxCheckQuestion = 500  // characters
	maxOutcomeAnswer = 600  // characters
)

// CheckStore keeps the regression set.
type CheckStore interface {
	// PutCheck adds a line. One with the same wording gets its document, author,
	// time and event and keeps its ID, which is returned.
	PutCheck(ctx context.Context, wording string, c Check) (CheckID, error)
	// DeleteCheck takes a line away. Error: NotFound.
	DeleteCheck(ctx context.Context, ws bot.WorkspaceID, line CheckID) error
	// Checks returns all lines, newest first, ties by ID.
	Checks(ctx context.Context, ws bot.WorkspaceID) ([]Check, error)
	// PutOutcomes notes what a run saw; lines that are gone are passed over.
	PutOutcomes(ctx context.Context, ws bot.WorkspaceID, outcomes map[CheckID]Outcome) error
}

// Answerer answers as a visitor would be, writing nothing; bot.Engine has it.
type Answerer interface {
	Ask(ctx context.Context, q bot.Question) (bot.Trace, error)
}

var _ Answerer = (*bot.Engine)(nil)

// Checks is the regression set of a workspace.
type Checks struct {
	store   CheckStore
	vectors *Embeddings
	now     func() time.Time
}

// NewChecks returns the regression sets of a store; vectors as of NewGate.
func NewChecks(store CheckStore, vectors *Embeddings, now func() time.Time) *Checks {
	return &Checks{store, vectors, now}
}

// Add confirms a question; one in the same words takes the new document. Errors:
// Invalid naming the field; Limited beyond 2,000 lines.
func (s *Checks) Add(ctx context.Context, c Check) (Check, error) {
	c.Question = strings.TrimSpace(strings.ToValidUTF8(c.Question, "\uFFFD"))
	wording := wordingOf(c.Question)
	bad := fault.New(fault.Invalid, "The confirmed question cannot be kept as it is")
	if n := utf8.RuneCountInString(c.Question); wording == "" || n > maxCheckQuestion {
		bad = bad.WithField("question", "write 1 to 500 characters with words in them")
	}
	if c.Language != "" && c.Language != "en" && c.Language != "zh" {
		bad = bad.WithField("language", "use en or zh, or leave it out")
	}
	if len(bad.Fields) > 0 {
		return Check{}, bad
	}
	lines, err := s.store.Checks(ctx, c.Workspace)
	if err != nil {
		return Check{}, err
	}
	if len(lines) >= maxChecks {
		return Check{}, fault.New(fault.Limited, "There are %d confirmed questions, which is the most; remove some that others stand for.", len(lines))
	}
	c.ID, c.At = CheckID(id.New()), s.now()
	c.ID, err = s.store.PutCheck(ctx, wording, c)
	return c, err
}

// Remove takes a line away. Error: NotFound.
func (s *Checks) Remove(ctx context.Context, ws bot.WorkspaceID, line CheckID) error {
	return s.store.DeleteCheck(ctx, ws, line)
}

// List returns all lines, newest first.
func (s *Checks) List(ctx context.Context, ws bot.WorkspaceID) ([]Check, error) {
	return s.store.Checks(ctx, ws)
}

// Ask asks all lines. They come back with the outcomes, and with what the last run
// saw in before, by ID.
func (s *Checks) Ask(ctx context.Context, ws bot.WorkspaceID, bot Answerer) (lines []Check, before map[CheckID]Outcome, err error) {
	if lines, err = s.store.Checks(ctx, ws); err != nil {
		return nil, nil, err
	}
	if err := embedAsked(ctx, s.vectors, ws, lines); err != nil {
		return nil, nil, err
	}
	outcomes, err := askAll(ctx, lines, bot)
	if err != nil {
		return nil, nil, err
	}
	before = map[CheckID]Outcome{}
	at := s.now()
	for i := range lines {
		if lines[i].Last != nil {
			before[lines[i].ID] = *lines[i].Last
		}
		o := outcomes[i]
		o.At = at
		lines[i].Last = &o
	}
	return lines, before, nil
}

// Run is Ask that notes the outcomes: the next one is compared with them.
func (s *Checks) Run(ctx context.Context, ws bot.WorkspaceID, bot Answerer) (lines []Check, before map[CheckID]Outcome, err error) {
	if lines, before, err = s.Ask(ctx, ws, bot); err != nil {
		return nil, nil, err
	}
	now := map[CheckID]Outcome{}
	for _, c := range lines {
		now[c.ID] = *c.Last
	}
	return lines, before, s.store.PutOutcomes(ctx, ws, now)
}

// outcome judges what the bot did: right is an answer from the line's document, or
// none where none is wanted.
func (c *Check) outcome(t bot.Trace) Outcome {
	o := Outcome{Decision: t.Decision, Answer: clipped(t.Answer, maxOutcomeAnswer), Confidence: t.Confidence}
	if len(t.Candidates) > 0 {
		o.Document, o.Title = t.Candidates[0].Document, cmp.Or(t.Candidates[0].Title, t.Candidates[0].Matched)
	}
	answered := t.Decision == bot.DecideAnswer
	if answered && len(t.Sources) > 0 {
		o.Document, o.Title = knowledge.DocumentID(t.Sources[0].Document), t.Sources[0].Title
	}
	o.Right = answered && o.Document == c.Document
	if c.Document == "" {
		o.Right = !answered
	}
	return o
}

// question is how a line is asked: by somebody who may see its document.
func (c *Check) question() bot.Question {
	q := bot.Question{Workspace: c.Workspace, Text: c.Question, Language: c.Language}
	if c.Audience != "" {
		q.Audiences = []string{c.Audience}
	}
	return q
}

// wordingOf is equal for questions in the same words; "" for one without words.
func wordingOf(question string) string {
	var words []string
	for w := range text.Words(text.Simplify(text.Fold(question))) {
		words = append(words, w.Text)
	}
	return strings.Join(words, " ")
}

func clipped(s string, runes int) string {
	if r := []rune(s); len(r) > runes {
		return string(r[:runes-1]) + "…"
	}
	return s
}
