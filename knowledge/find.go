package knowledge

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/index"
	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// Bounds of one search.
const (
	defaultLimit = 8
	maxLimit     = 50
	// armDepth is how many documents each arm brings to the fusion.
	armDepth = 50
	// maxQueryRunes bounds the question; what follows says nothing new.
	maxQueryRunes = 2000
)

// asked is a question made ready for both arms.
type asked struct {
	language string
	terms    []index.QueryTerm
	idf      []float64
	ideal    float64 // BM25 that a row with every term once in a short text would have
	total    float64 // idf weight of all terms
	weights  []float64
}

// Search returns the documents that answer q best, with evidence and
// confidence. Errors: Invalid for a query without words, those of the embedder.
func (l *Local) Search(ctx context.Context, q Query) (Result, error) {
	question := clip(q.Text)
	if strings.TrimSpace(question) == "" {
		return Result{}, fault.New(fault.Invalid, "a search needs a question").WithField("text", "is empty")
	}
	result := Result{Vector: q.Vector}
	if result.Vector == nil {
		start := time.Now()
		v, err := l.embedder.EmbedQueries(ctx, []string{text.Simplify(question)})
		if err != nil {
			return Result{}, err
		}
		if len(v) != 1 {
			return Result{}, fault.New(fault.Internal, "the embedding model returned %d vectors for one text", len(v))
		}
		result.Vector = v[0]
		result.Timings.Embed = time.Since(start)
	}
	x := l.index(q.Workspace, false)
	if x == nil {
		return result, nil
	}
	a := l.ask(x, question, q.Language)
	at := q.At
	if at.IsZero() {
		at = l.now()
	}
	found := x.Search(index.Query{
		Terms:     a.terms,
		Vector:    l.centres.query(result.Vector, a.language),
		Filter:    index.Filter{Drafts: q.Drafts, Audiences: q.Audiences, At: at.UnixMicro()},
		Documents: armDepth,
	})
	result.Timings.Lexical, result.Timings.Vector = found.LexicalTime, found.VectorTime
	start := time.Now()
	a.weigh(&found)
	all := make([]sighting, len(found.Hits))
	for i, h := range found.Hits {
		all[i] = sight(h, a, &found)
	}
	rank(all, func(s *sighting) float64 { return s.lexical }, func(s *sighting, n int) { s.lexicalRank = n })
	rank(all, func(s *sighting) float64 { return s.cosine }, func(s *sighting, n int) { s.vectorRank = n })
	fuse(all)
	limit := q.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	for i := range all[:min(len(all), limit, maxLimit)] {
		result.Candidates = append(result.Candidates, candidate(all, i))
	}
	judge(result.Candidates, all, a, &found, q.Hints)
	result.Timings.Fuse = time.Since(start)
	return result, nil
}

// ask turns the question into weighted terms.
func (l *Local) ask(x *index.Index, question, language string) *asked {
	a := &asked{language: language}
	if own := text.Language(question); own != "" {
		a.language = own // what it is written in, whatever the page around it
	}
	at := map[string]int{}
	add := func(t string, weight float32) {
		if i, ok := at[t]; ok {
			a.terms[i].Weight = max(a.terms[i].Weight, weight)
			return
		}
		if len(a.terms) < index.MaxTerms {
			at[t] = len(a.terms)
			a.terms = append(a.terms, index.QueryTerm{Text: t, Weight: weight})
		}
	}
	for _, t := range termsOf(question) {
		add(t.text, t.weight)
	}
	return a
}

// weigh takes the index's word frequencies into the question.
func (a *asked) weigh(r *index.Result) {
	a.weights = make([]float64, len(a.terms))
	for i, t := range a.terms {
		a.weights[i] = float64(t.Weight) * r.IDF[i]
		a.total += a.weights[i]
	}
	a.ideal = a.total * 1.5
}

// rowShare is a BM25 score as a share of the ideal, 0…1.
func (a *asked) rowShare(lexical float64) float64 {
	if a.ideal <= 0 {
		return 0
	}
	return min(1, lexical/a.ideal)
}

// coverage is the idf-weighted share of the terms whose bits are set.
func (a *asked) coverage(mask uint64) float64 {
	if a.total <= 0 {
		return 0
	}
	var have float64
	for i, w := range a.weights {
		if mask&(1<<i) != 0 {
			have += w
		}
	}
	return have / a.total
}

// rank numbers the sightings by an arm's score from 1; those it did not see keep 0.
func rank(all []sighting, score func(*sighting) float64, set func(*sighting, int)) {
	order := make([]*sighting, 0, len(all))
	for i := range all {
		if score(&all[i]) > 0 {
			order = append(order, &all[i])
		}
	}
	slices.SortFunc(order, func(a, b *sighting) int {
		return cmp.Or(cmp.Compare(score(b), score(a)), cmp.Compare(a.id, b.id))
	})
	for i, s := range order {
		set(s, i+1)
	}
}

func candidate(all []sighting, i int) Candidate {
	s := &all[i]
	b := s.book
	c := Candidate{
		Document: s.id, Kind: b.kind, Path: b.path, Title: b.title, URL: b.url, Language: b.language, Version: b.version,
		Score: s.score,
		Evidence: Evidence{
			LexicalScore: s.lexical, LexicalRank: s.lexicalRank, VectorScore: s.cosine, VectorRank: s.vectorRank, Coverage: s.coverage,
		},
	}
	if i+1 < len(all) {
		c.Evidence.Margin = s.score - all[i+1].score
	}
	if b.kind == KindEntry {
		c.Title, c.Passage, c.Curated = b.question, b.answer, b.answer != ""
		if s.asking >= 0 {
			c.Matched = b.rows[s.asking].text
		}
		return c
	}
	if s.bestRow >= 0 {
		c.Heading, c.Passage = b.rows[s.bestRow].heading, b.rows[s.bestRow].text
	}
	return c
}

func clip(s string) string {
	n := 0
	for i := range s {
		if n == maxQueryRunes {
			return s[:i]
		}
		n++
	}
	return s
}
