package bot

import (
	"context"
	"strings"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// act is step 6: the words of the reply. What an editor wrote as an answer is
// given verbatim; from a page a language model writes when there is one, and
// otherwise the passage that answers is quoted with its source.
func (e *Engine) act(ctx context.Context, t *Turn) error {
	tr := &t.Trace
	lang := t.language()
	switch tr.Decision {
	case DecideAnswer:
		if err := e.answer(ctx, t); err != nil {
			return err
		}
	case DecideSmalltalk:
		name := t.Rule.Phrase
		if name == "" {
			intent, _ := smalltalk(tr.Reading)
			name = smalltalkPhrase(intent, tr.Reading.Signals.Closing >= .5)
		}
		t.Reply.Text = phrase(name, lang)
	case DecideClarify:
		for _, c := range e.policy.nearTies(t) {
			tr.Choices = append(tr.Choices, Choice{Text: suggestion(c, lang), Document: string(c.Document)})
			tr.Suggest = append(tr.Suggest, suggestion(c, lang))
		}
		name := "clarify"
		if len(tr.Suggest) == 1 {
			name = "clarify_one"
		}
		t.Reply.Text = phrase(or(t.Rule.Phrase, name), lang)
		if tr.Meant != "" && !tr.Rewritten {
			t.Reply.Text = phrase("meant", lang, "question", shorten(tr.Meant, maxMeant)) + " " + t.Reply.Text
		}
	case DecideOffer:
		e.offer(ctx, t)
	case DecideHandoff:
		// The words come with the place in line, in the desk's transaction.
		t.Outlook = e.outlook(ctx, t)
		t.Reply.Text = handoffText(handoffPhrase(t.Rule), lang, t.Outlook, e.Now())
	case DecideRefuse:
		name := "refuse"
		if t.inLine() {
			name = "refuse_line"
		}
		name = or(t.Rule.Phrase, name)
		if name == "unread" && t.attached() {
			name = "attachment"
		}
		t.Reply.Text = phrase(name, lang)
	}
	tr.Answer, tr.Sources, tr.Model, tr.Fallback = t.Reply.Text, t.Reply.Sources, t.Reply.Model, t.Reply.Fallback
	return nil
}

// maxMeant bounds a corrected question that is said back, in characters.
const maxMeant = 120

// answer fills the reply from the chosen candidate.
func (e *Engine) answer(ctx context.Context, t *Turn) error {
	c := t.candidate()
	t.Reply.Sources = []Source{sourceOf(*c)}
	if c.Curated {
		t.Reply.Text = c.Passage
		return nil
	}
	if len(e.models) > 0 {
		done, err := e.generate(ctx, t)
		if done || err != nil {
			return err
		}
	}
	t.Reply.Text = extract(c.Passage, t.Trace.Question)
	return nil
}

// offer writes the offer of a person, after the answer when there is one that
// was not given yet: an offer forced by failed turns must not hold it back.
func (e *Engine) offer(ctx context.Context, t *Turn) {
	name := or(t.Rule.Phrase, "offer")
	t.Outlook = e.outlook(ctx, t)
	c := t.candidate()
	if c == nil || c.Confidence < e.policy.Answer || t.Trace.Signals[SignalRepeatedAnswer] >= 1 || !offersAnswer(t.Rule, c.Confidence) {
		t.Reply.Text = offerText(name, t.language(), t.Outlook, e.Now())
		return
	}
	answer := c.Passage
	if !c.Curated {
		answer = extract(c.Passage, t.Trace.Question)
	}
	t.Reply.Text = answer + "\n\n" + offerText("offer_with_answer", t.language(), t.Outlook, e.Now())
	t.Reply.Sources = []Source{sourceOf(*c)}
}

// tellsErrand is the confidence from which an offer to have something done also
// says what the help pages say about it: whoever lost a parcel at night, with
// nobody there, has something to go on.
const tellsErrand = .8

// offersAnswer reports whether an offer by this rule may carry an answer: not
// when the visitor is past being told, and of what a person has to do only what
// surely fits.
func offersAnswer(r Rule, confidence float64) bool {
	switch r.Reason {
	case ReasonRepeated, ReasonUnanswered:
		return true
	case ReasonAccountAction:
		return confidence >= tellsErrand
	}
	return false
}

func handoffPhrase(r Rule) string { return or(r.Phrase, "handoff") }

// outlook asks the desk what waiting would mean; the zero Outlook when it does
// not say, for then the offer says nothing about it either.
func (e *Engine) outlook(ctx context.Context, t *Turn) Outlook {
	if e.Escalator == nil {
		return Outlook{}
	}
	o, err := e.Escalator.Outlook(ctx, t.escalation())
	if err != nil {
		e.Logger.WarnContext(ctx, "the desk gave no outlook", "conversation_id", t.Trace.Conversation, "error", err)
		return Outlook{}
	}
	return o
}

// suggestion is a candidate as a full question to tap, "" when it has no name.
func suggestion(c knowledge.Candidate, language string) string {
	title := strings.TrimSpace(c.Title)
	if n := len(c.Heading); n > 0 && strings.TrimSpace(c.Heading[n-1]) != "" && c.Kind == knowledge.KindPage {
		title = strings.TrimSpace(c.Heading[n-1])
	}
	if c.Kind == knowledge.KindEntry || strings.HasSuffix(title, "?") || strings.HasSuffix(title, "？") || title == "" {
		return title
	}
	return phrase("suggest_page", language, "title", title)
}

func sourceOf(c knowledge.Candidate) Source {
	return Source{Document: string(c.Document), Path: c.Path, Title: c.Title, URL: c.URL, Heading: c.Heading, Score: c.Confidence}
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
