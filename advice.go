package frontdesk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/knowledge"
	"github.com/frontdesk-chat/frontdesk/training"
)

// Labelled is a question whose right document somebody has named.
type Labelled struct {
	Text     string
	Document string // ID, path, title, or question of an entry; several with "|" between; "": no document answers it
	Line     int    // in the file that it comes from, for errors; 0: none
}

// Advise asks the questions on the live code path, writing nothing, and says which
// confidence to answer from for a wanted precision (above 0 to 1). progress may be
// nil. Errors: Invalid, with a field for each line whose document is not in the
// library or could be several.
func (a *App) Advise(ctx context.Context, questions []Labelled, wanted float64, progress func(done, all int)) (training.Advice, error) {
	if !(wanted > 0 && wanted <= 1) {
		return training.Advice{}, fault.New(fault.Invalid, "the wanted precision lies above 0 to 1, not at %v", wanted)
	}
	if len(questions) == 0 {
		return training.Advice{}, fault.New(fault.Invalid, "there are no questions")
	}
	right, err := a.rightDocuments(ctx, questions)
	if err != nil {
		return training.Advice{}, err
	}
	turns := make([]training.Judged, len(questions))
	for i, q := range questions {
		tr, err := a.Ask(ctx, bot.Question{Text: q.Text})
		if err != nil {
			return training.Advice{}, err
		}
		turns[i] = training.Judged{Signals: tr.Signals, Answerable: len(right[i]) > 0}
		if len(tr.Candidates) > 0 {
			turns[i].Right = slices.Contains(right[i], tr.Candidates[0].Document)
		}
		if progress != nil {
			progress(i+1, len(questions))
		}
	}
	return training.Advise(a.policy(), turns, wanted), nil
}

// rightDocuments finds the documents that questions name.
func (a *App) rightDocuments(ctx context.Context, questions []Labelled) ([][]knowledge.DocumentID, error) {
	named := map[string][]knowledge.DocumentID{}
	add := func(name string, d knowledge.DocumentID) {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" && !slices.Contains(named[name], d) {
			named[name] = append(named[name], d)
		}
	}
	q := knowledge.DocumentQuery{Workspace: id.DefaultWorkspace, Statuses: []knowledge.Status{knowledge.StatusPublished}, Limit: 200}
	for {
		docs, err := a.library.Documents(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, d := range docs {
			for _, name := range []string{string(d.ID), d.Path, d.Title, d.Question, d.Path[strings.LastIndexByte(d.Path, '/')+1:]} {
				add(name, d.ID)
			}
			q.Before, q.BeforeID = d.UpdatedAt, d.ID
		}
		if len(docs) < q.Limit {
			break
		}
	}
	problems := fault.New(fault.Invalid, "some documents are not in the library")
	out := make([][]knowledge.DocumentID, len(questions))
	for i, question := range questions {
		for name := range strings.SplitSeq(question.Document, "|") {
			if name = strings.TrimSpace(name); name == "" {
				continue
			}
			switch found := named[strings.ToLower(name)]; len(found) {
			case 0:
				problems = problems.WithField(fmt.Sprintf("line %d", question.Line), fmt.Sprintf("no published document has the path, title or question %q", name))
			case 1:
				out[i] = append(out[i], found[0])
			default:
				problems = problems.WithField(fmt.Sprintf("line %d", question.Line), fmt.Sprintf("%d documents are called %q; name one by its path", len(found), name))
			}
		}
	}
	if len(problems.Fields) > 0 {
		return nil, problems
	}
	return out, nil
}
