package training

import (
	"context"
	"slices"
	"strings"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// maxDraft bounds what is told of a person's answer, in characters.
const maxDraft = 2000

// taken reads the questions that a person answered because the bot did not, newest
// first, each with the words of the person: of the talks that an agent took from
// the bot, or that came to one for want of an answer.
func (r *Review) taken(ctx context.Context, ws bot.WorkspaceID) ([]asking, error) {
	since := r.now().Add(-reviewWindow)
	q := bot.ConversationQuery{Workspace: ws, Limit: 200}
	var out []asking
	for talks, seen := 0, 0; talks < reviewTalks && seen < reviewScan; {
		page, err := r.turns.Conversations(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, c := range page {
			if c.UpdatedAt.Before(since) {
				return r.sorted(ctx, ws, out)
			}
			if c.Reason == bot.ReasonTaken || wantsAnswer(c.Reason) {
				talks++
				if out, err = r.answered(ctx, c, out); err != nil {
					return nil, err
				}
			}
		}
		seen += len(page)
		if len(page) < q.Limit {
			break
		}
		q.Before, q.BeforeID = page[len(page)-1].UpdatedAt, page[len(page)-1].ID
	}
	return r.sorted(ctx, ws, out)
}

// sorted brings askings into the order of the other lists, without those an editor
// is done with.
func (r *Review) sorted(ctx context.Context, ws bot.WorkspaceID, all []asking) ([]asking, error) {
	turns := make([]bot.Trace, len(all))
	for i, a := range all {
		turns[i] = a.turn
	}
	open, err := r.open(ctx, ws, turns)
	if err != nil {
		return nil, err
	}
	kept := map[bot.EventID]bool{}
	for _, t := range open {
		kept[t.Event] = true
	}
	all = slices.DeleteFunc(all, func(a asking) bool { return !kept[a.turn.Event] })
	slices.SortStableFunc(all, func(a, b asking) int { return b.turn.At.Compare(a.turn.At) })
	return all, nil
}

// answered appends the question of a talk that a person answered: the last turn of
// the bot before the person's first words that asked something.
func (r *Review) answered(ctx context.Context, c bot.Conversation, into []asking) ([]asking, error) {
	page, err := r.turns.Events(ctx, bot.EventQuery{Workspace: c.Workspace, Conversation: c.ID, View: bot.ViewAgent, Latest: true, Limit: 200})
	if err != nil {
		return nil, err
	}
	var before []bot.EventID // of the bot, until a person spoke
	var said []string
	for _, e := range page.Events {
		switch {
		case e.Kind == bot.EventMessage && e.Author.Kind == bot.AuthorAgent:
			if s := strings.TrimSpace(e.Body.Text); s != "" {
				said = append(said, s)
			}
		case len(said) > 0 && e.Author.Kind == bot.AuthorBot:
			// The bot speaks again: what follows is another matter.
			return r.take(ctx, c, before, said, into)
		case e.Author.Kind == bot.AuthorBot && (e.Kind == bot.EventMessage || e.Kind == bot.EventAnswer):
			before = append(before, e.ID)
		}
	}
	return r.take(ctx, c, before, said, into)
}

func (r *Review) take(ctx context.Context, c bot.Conversation, before []bot.EventID, said []string, into []asking) ([]asking, error) {
	if len(said) == 0 {
		return into, nil
	}
	for _, event := range slices.Backward(before) {
		t, err := r.turns.Trace(ctx, c.Workspace, c.ID, event)
		if fault.Is(err, fault.NotFound) {
			continue // a message that no turn made
		}
		if err != nil {
			return nil, err
		}
		// Of a chat that an agent took, the last thing asked; else what found no answer.
		if t.Decision == bot.DecideSmalltalk || strings.TrimSpace(t.Question) == "" || t.Reading.Signals.WantsPerson >= .5 ||
			t.Decision == bot.DecideAnswer && c.Reason != bot.ReasonTaken {
			continue
		}
		return append(into, asking{t, clipped(strings.Join(said, "\n"), maxDraft)}), nil
	}
	return into, nil
}
