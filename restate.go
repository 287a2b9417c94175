package frontdesk

import (
	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/restate"
)

// restater is the shipped rewriter as the bot knows it.
type restater struct{ *restate.Rewriter }

var _ bot.Restater = restater{}

func newRestater() (restater, error) {
	r, err := restate.Open()
	return restater{r}, err
}

// Restate implements bot.Restater.
func (r restater) Restate(earlier []bot.Said, words string) bot.Restated {
	said := make([]restate.Said, len(earlier))
	for i, s := range earlier {
		said[i] = restate.Said{Text: s.Text, Visitor: s.By == bot.AuthorVisitor}
	}
	out := r.Rewrite(said, words)
	return bot.Restated{Text: out.Text, Carried: out.Carried, Needs: out.Needs}
}
