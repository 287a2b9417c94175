package training

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// ReviewKind is why turns wait for an editor.
type ReviewKind string

// The lists of the review.
const (
	ReviewUnanswered ReviewKind = "unanswered" // refused, asked back or handed over for want of an answer
	ReviewUnhelpful  ReviewKind = "unhelpful"  // the visitor's thumb points down
	ReviewTaken      ReviewKind = "taken"      // a person answered: an agent took the chat, or it was handed over for want of an answer
	ReviewNearTie    ReviewKind = "near_tie"   // the best two candidates were close while the bot answered or asked back
)

// ReviewKinds lists all lists.
func ReviewKinds() []ReviewKind {
	return []ReviewKind{ReviewUnanswered, ReviewUnhelpful, ReviewTaken, ReviewNearTie}
}

// reviewWindow is how far back the lists look. What nobody mended in three months
// is asked again if it matters.
const reviewWindow = 90 * 24 * time.Hour

// Bounds of one list; newer turns win.
const (
	reviewScan     = 2000 // turns read
	reviewTalks    = 200  // talks read for what a person answered
	reviewWordings = 20   // told of a cluster
)

// A near tie: the second candidate has at least this share of the best one's
// confidence, and that is not next to nothing. Two translations of a page are no tie.
const (
	tieShare = .8
	tieFrom  = .15
)

// ReviewStore remembers which turns an editor is done with.
type ReviewStore interface {
	// MarkReviewed notes that the turns of these events are done with. Repeating it changes nothing.
	MarkReviewed(ctx context.Context, ws bot.WorkspaceID, events []bot.EventID, by string, at time.Time) error
	// Reviewed returns which of the events are done with.
	Reviewed(ctx context.Context, ws bot.WorkspaceID, events []bot.EventID) (map[bot.EventID]bool, error)
}

// TurnReader reads turns and talks; an engine's conversations have it.
type TurnReader interface {
	Turns(ctx context.Context, q bot.TurnQuery) ([]bot.Trace, error)
	Trace(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, event bot.EventID) (bot.Trace, error)
	Conversations(ctx context.Context, q bot.ConversationQuery) ([]bot.Conversation, error)
	Events(ctx context.Context, q bot.EventQuery) (bot.EventPage, error)
}

// ReviewItem is a cluster of questions that ask the same and wait for an editor.
type ReviewItem struct {
	Question string        // the most central wording, as it stands alone
	Wordings []string      // the others, most often asked first, at most 20
	Newest   bot.Trace     // the newest turn of the cluster
	Events   []bot.EventID // of all its turns, newest first
	Count    int           // of Events
	First    time.Time     // when it was first asked in the window
	Draft    string        // what a person answered, of the newest turn that has it; "" when nobody did
}

// Review lists what the bot could not answer or answered badly.
type Review struct {
	turns  TurnReader
	store  ReviewStore
	checks CheckStore
	now    func() time.Time
	sense  *Embeddings
}

// NewReview returns a review over a workspace's turns. checks are the regression
// set: what it says must not be answered does not come back. sense
// embeds with the built-in model; without it only questions in the same words count as one.
func NewReview(turns TurnReader, store ReviewStore, checks CheckStore, sense *Embeddings, now func() time.Time) *Review {
	return &Review{turns: turns, store: store, checks: checks, now: now, sense: sense}
}

// List returns at most limit (1…200) clusters, the most often asked first, then
// the newest. Wordings that differ only in case, width, script, punctuation or
// the order of their words count as one; others of the same language are joined by
// meaning. Error: Invalid.
func (r *Review) List(ctx context.Context, ws bot.WorkspaceID, kind ReviewKind, limit int) ([]ReviewItem, error) {
	var (
		all []asking
		err error
	)
	switch kind {
	case ReviewTaken:
		all, err = r.taken(ctx, ws)
	case ReviewUnanswered, ReviewUnhelpful, ReviewNearTie:
		all, err = r.read(ctx, ws, kind)
	default:
		return nil, fault.New(fault.Invalid, "There is no review list %q; there are unanswered, unhelpful, taken and near_tie.", kind).WithField("kind", "is not known")
	}
	if err != nil {
		return nil, err
	}
	items, err := r.group(ctx, ws, all)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(items, func(a, b ReviewItem) int {
		return cmp.Or(b.Count-a.Count, b.Newest.At.Compare(a.Newest.At))
	})
	return items[:min(len(items), max(1, min(limit, 200)))], nil
}

// Find returns the cluster that a turn is in, whatever list it is on. Error:
// NotFound when it does not wait for an editor.
func (r *Review) Find(ctx context.Context, ws bot.WorkspaceID, event bot.EventID) (ReviewItem, error) {
	for _, kind := range ReviewKinds() {
		items, err := r.List(ctx, ws, kind, 200)
		if err != nil {
			return ReviewItem{}, err
		}
		for _, it := range items {
			if slices.Contains(it.Events, event) {
				return it, nil
			}
		}
	}
	return ReviewItem{}, fault.New(fault.NotFound, "This turn does not wait for an editor.")
}

// Done takes turns off the lists. by is an account ID.
func (r *Review) Done(ctx context.Context, ws bot.WorkspaceID, events []bot.EventID, by string) error {
	return r.store.MarkReviewed(ctx, ws, events, by, r.now())
}

// asking is a turn that waits, with what a person answered.
type asking struct {
	turn  bot.Trace
	draft string
}

// read reads the turns of a list, newest first.
func (r *Review) read(ctx context.Context, ws bot.WorkspaceID, kind ReviewKind) ([]asking, error) {
	q := bot.TurnQuery{Workspace: ws, Since: r.now().Add(-reviewWindow), Limit: 500}
	switch kind {
	case ReviewUnanswered:
		q.Decisions = []bot.Decision{bot.DecideRefuse, bot.DecideClarify, bot.DecideOffer, bot.DecideHandoff}
	case ReviewNearTie:
		q.Decisions = []bot.Decision{bot.DecideAnswer, bot.DecideClarify}
	case ReviewUnhelpful:
		q.Unhelpful = true
	}
	var out []asking
	for read := 0; read < reviewScan; {
		page, err := r.turns.Turns(ctx, q)
		if err != nil {
			return nil, err
		}
		read += len(page)
		open, err := r.open(ctx, ws, page)
		if err != nil {
			return nil, err
		}
		for _, t := range open {
			if wanted(kind, t) {
				out = append(out, asking{turn: t})
			}
		}
		if len(page) < q.Limit {
			break
		}
		q.Before = page[len(page)-1].At
	}
	return out, nil
}

// open leaves out turns that an editor is done with.
func (r *Review) open(ctx context.Context, ws bot.WorkspaceID, turns []bot.Trace) ([]bot.Trace, error) {
	events := make([]bot.EventID, len(turns))
	for i, t := range turns {
		events[i] = t.Event
	}
	done, err := r.store.Reviewed(ctx, ws, events)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(turns, func(t bot.Trace) bool { return done[t.Event] }), nil
}

// wanted keeps turns that new content could have helped: somebody who asked for a
// person, or an angry word, lacks no article.
func wanted(kind ReviewKind, t bot.Trace) bool {
	if strings.TrimSpace(t.Question) == "" {
		return false
	}
	switch kind {
	case ReviewUnhelpful:
		return true
	case ReviewNearTie:
		return nearTie(t)
	}
	switch t.Decision {
	case bot.DecideOffer, bot.DecideHandoff:
		return wantsAnswer(t.Reason)
	default:
		return t.Reading.Signals.FarTopic < .5
	}
}

// wantsAnswer reports reasons for a person that an answer would have spared.
func wantsAnswer(r bot.Reason) bool {
	return r == bot.ReasonUnanswered || r == bot.ReasonLowConfidence || r == bot.ReasonRepeated
}

func nearTie(t bot.Trace) bool {
	if len(t.Candidates) < 2 || t.Decision != bot.DecideAnswer && t.Decision != bot.DecideClarify {
		return false
	}
	best, next := t.Candidates[0], t.Candidates[1]
	return best.Confidence >= tieFrom && next.Confidence >= tieShare*best.Confidence && best.Language == next.Language
}

// group joins turns that ask the same.
func (r *Review) group(ctx context.Context, ws bot.WorkspaceID, all []asking) ([]ReviewItem, error) {
	byWords, order := map[string][]int{}, []string(nil)
	for i, a := range all {
		key := languageOf(a.turn) + "\x00" + reviewKey(wording(a.turn))
		if byWords[key] == nil {
			order = append(order, key)
		}
		byWords[key] = append(byWords[key], i)
	}
	lines, err := r.checks.Checks(ctx, ws)
	if err != nil {
		return nil, err
	}
	var refused []Check // that must not be answered: nobody has to look at them again
	words := map[string]bool{}
	for _, l := range lines {
		if l.Document == "" {
			refused = append(refused, l)
			words[reviewKey(l.Question)] = true
		}
	}
	byLanguage := map[string][][]int{}
	for _, key := range order {
		language, wording, _ := strings.Cut(key, "\x00")
		if !words[wording] {
			byLanguage[language] = append(byLanguage[language], byWords[key])
		}
	}
	var items []ReviewItem
	for _, language := range []string{"en", "zh", ""} {
		wordings := byLanguage[language]
		clusters, centre, err := r.join(ctx, ws, language, all, wordings, refused)
		if err != nil {
			return nil, err
		}
		for i, c := range clusters {
			items = append(items, item(all, wordings, c, centre[i]))
		}
	}
	return items, nil
}

// join clusters the wordings of a language by meaning, without those that are near
// to what must not be answered; centre has the most central wording of each cluster.
func (r *Review) join(ctx context.Context, ws bot.WorkspaceID, language string, all []asking, wordings [][]int, refused []Check) (clusters [][]int, centre []int, err error) {
	vectors, not, err := r.vectors(ctx, ws, language, all, wordings, refused)
	if err != nil {
		return nil, nil, err
	}
	var at []int // places in wordings
	var known [][]float32
	counts := make([]int, 0, len(wordings))
	for i, w := range wordings {
		switch {
		case vectors == nil || vectors[i] == nil:
			clusters, centre = append(clusters, []int{i}), append(centre, i)
		case slices.ContainsFunc(not, func(v []float32) bool { return float64(dot(v, vectors[i])) >= refusedAt }):
		default:
			at, known, counts = append(at, i), append(known, vectors[i]), append(counts, len(w))
		}
	}
	for _, g := range cluster(known, clusterAt(language)) {
		c := make([]int, len(g))
		for k, i := range g {
			c[k] = at[i]
		}
		clusters, centre = append(clusters, c), append(centre, at[central(known, g, counts)])
	}
	return clusters, centre, nil
}

// refusedAt is the cosine from which a question counts as one that an editor has
// said is not ours. It is higher than clusterAt: what is wrongly left out is never seen.
const refusedAt = .7

// vectors returns the vectors of wordings and of what must not be answered
// in their language; nil without a sense.
func (r *Review) vectors(ctx context.Context, ws bot.WorkspaceID, language string, all []asking, wordings [][]int, refused []Check) (own, not [][]float32, err error) {
	if r.sense == nil || len(wordings) == 0 {
		return nil, nil, nil
	}
	var questions []string
	for _, w := range wordings {
		questions = append(questions, wording(all[w[0]].turn))
	}
	for _, l := range refused {
		if cmp.Or(l.Language, text.Language(l.Question)) == language {
			questions = append(questions, l.Question)
		}
	}
	raw, err := r.sense.Of(ctx, ws, questions)
	if err != nil {
		return nil, nil, err
	}
	for i, v := range raw {
		c := intents.Meaning(v)
		if i < len(wordings) {
			own = append(own, c)
		} else if c != nil {
			not = append(not, c)
		}
	}
	return own, not, nil
}

// item makes a cluster of wordings, which are places in wordings.
func item(all []asking, wordings [][]int, c []int, centre int) ReviewItem {
	it := ReviewItem{Question: wording(all[wordings[centre][0]].turn)}
	var turns []int
	slices.SortStableFunc(c, func(a, b int) int { return len(wordings[b]) - len(wordings[a]) })
	for _, w := range c {
		turns = append(turns, wordings[w]...)
		if w != centre && len(it.Wordings) < reviewWordings {
			it.Wordings = append(it.Wordings, wording(all[wordings[w][0]].turn))
		}
	}
	slices.Sort(turns) // all is newest first
	it.Newest, it.First, it.Count = all[turns[0]].turn, all[turns[len(turns)-1]].turn.At, len(turns)
	for _, i := range turns {
		it.Events = append(it.Events, all[i].turn.Event)
		if it.Draft == "" {
			it.Draft = all[i].draft
		}
	}
	return it
}

// wording is what a turn asks, as an entry could ask it. A follow-up that was not
// written out stands behind the question it leans on as it is: that serves the
// search, but as a heading it is two questions, and it would make all follow-ups of
// one question look alike.
func wording(t bot.Trace) string {
	if len(t.Carried) == 1 && t.Asked != "" && strings.HasPrefix(t.Question, t.Carried[0]) && strings.HasSuffix(t.Question, t.Asked) {
		return t.Asked
	}
	return t.Question
}

func languageOf(t bot.Trace) string {
	if l := t.Reading.Language; l == "en" || l == "zh" {
		return l
	}
	return text.Language(t.Question)
}

// reviewKey is equal for wordings that ask the same in the same words.
func reviewKey(question string) string {
	var words []string
	for w := range text.Words(text.Simplify(text.Fold(question))) {
		words = append(words, w.Text)
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}
