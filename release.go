package frontdesk

import (
	"context"
	"fmt"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/e5"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/knowledge"
	"github.com/frontdesk-chat/frontdesk/training"
)

// openReview opens the lists of what editors should look at, the regression set
// and the gate before a publish.
func (a *App) openReview() {
	vectors := training.NewEmbeddings(a.encoder, a.db.vectorStore)
	a.checks = training.NewChecks(a.db.training, vectors, a.set.now)
	a.gate = training.NewGate(a.db.training, a.db.training, vectors, a.set.now)
	a.asked = vectors
	sense := vectors
	if a.encoder.Model() != e5.ModelName { // cosines of other models mean something else
		sense = nil
	}
	a.review = training.NewReview(a.db.conversations, a.db.training, a.db.training, sense, a.set.now)
}

// rehearsal is the live path over a reader and a search, without a language model:
// decisions come before its words.
func (a *App) rehearsal(u bot.Understander, r bot.Retriever) (training.Answerer, error) {
	policy := a.policy()
	return bot.New(bot.Parts{Understander: u, Retriever: r, Embedder: a.asked, Now: a.set.now, Logger: a.log}, &bot.Options{Policy: &policy})
}

// asItIs is the bot as visitors meet it now.
func (a *App) asItIs() (training.Answerer, error) { return a.rehearsal(a.mind, a.mind.index) }

// judgeKnowledge is asked by the library before visitors notice a change.
func (a *App) judgeKnowledge(ctx context.Context, r knowledge.Release) error {
	c := training.Change{
		Workspace: r.Workspace, Subject: subject(r.Changes), By: r.By, Despite: string(r.Despite), Before: a.asItIs,
		After: func() (training.Answerer, error) {
			return a.rehearsal(a.mind, a.mind.index.With(r.Workspace, r.Changes))
		},
	}
	for _, x := range r.Changes {
		c.Documents = append(c.Documents, x.Document.ID)
	}
	return a.gate.Judge(ctx, c)
}

// judgeIntents asks the confirmed questions of the bot as it would be with a model,
// before it is put in service: after a training, and before an earlier version is
// gone back to. Errors: *training.Stopped, whose kind is Conflict; what kept it from
// being judged.
func (a *App) judgeIntents(ctx context.Context, model *intents.Model, to training.Service) error {
	subject := to.Note
	if subject == "" {
		subject = fmt.Sprintf("%d examples of %d intents", model.Stats.Examples, len(model.Intents))
	}
	return a.gate.Judge(ctx, training.Change{
		Workspace: to.Workspace, Subject: subject, By: to.By, Despite: to.Despite, Before: a.asItIs,
		After: func() (training.Answerer, error) {
			m, err := newMind(a.encoder, a.set.now, nil)
			if err != nil {
				return nil, err
			}
			if err := m.reader.Use(to.Workspace, model); err != nil {
				return nil, err
			}
			return a.rehearsal(m, a.mind.index)
		},
	})
}

// CheckRun is a run over the confirmed questions.
type CheckRun struct {
	Lines []training.Check
	// Before is what the run before saw, by line; those that have not run are not in it.
	Before map[training.CheckID]training.Outcome
}

// Broken lists the lines that were right in the run before and are wrong now.
func (r CheckRun) Broken() []training.Check {
	var out []training.Check
	for _, c := range r.Lines {
		if r.Before[c.ID].Right && !c.Last.Right {
			out = append(out, c)
		}
	}
	return out
}

// Check asks all confirmed questions of the bot as it is. With keep the outcomes are
// what the next one is compared with.
func (a *App) Check(ctx context.Context, keep bool) (CheckRun, error) {
	now, err := a.asItIs()
	if err != nil {
		return CheckRun{}, err
	}
	ask := a.checks.Ask
	if keep {
		ask = a.checks.Run
	}
	var r CheckRun
	r.Lines, r.Before, err = ask(ctx, id.DefaultWorkspace, now)
	return r, err
}

// subject names changes for people: the first by its title.
func subject(changes []knowledge.Revision) string {
	if len(changes) == 0 {
		return ""
	}
	d := changes[0].Document
	name := d.Title
	if name == "" {
		name = d.Path
	}
	if n := len(changes) - 1; n > 0 {
		name = fmt.Sprintf("%s (+%d)", name, n)
	}
	return name
}
