package knowledge

import (
	"context"
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
	// maxQuestion bounds the question in characters; what follows says nothing new.
	maxQuestion = 2000
)

// Search returns the documents that answer q best, with evidence and
// confidence. Errors: Invalid for a query without text, those of the embedder.
func (l *Local) Search(ctx context.Context, q Query) (Result, error) {
	result, f, err := l.find(ctx, q)
	if err != nil || f == nil {
		return result, err
	}
	start := time.Now()
	for i := range result.Candidates {
		c := &result.Candidates[i]
		if c.Confidence = c.Score; !l.options.WithoutConfidence {
			c.Confidence = l.judge.confidence(f.signals(i, q.Hints))
		}
	}
	result.Timings.Fuse += time.Since(start)
	return result, nil
}

// finding is a search before confidence: the question, what the index said of
// all its documents, and the documents in fused order.
type finding struct {
	asked *asked
	all   []sighting
	// Of the cosines over all rows, see standing.
	rows            int
	mean, deviation float64
}

// find fills everything of a result but confidences; the finding is nil when
// the workspace has no documents.
func (l *Local) find(ctx context.Context, q Query) (result Result, f *finding, err error) {
	question := clip(q.Text)
	if strings.TrimSpace(question) == "" {
		return Result{}, nil, fault.New(fault.Invalid, "a search needs a question").WithField("text", "is empty")
	}
	x := l.index(q.Workspace, false)
	start := time.Now()
	if x != nil {
		if m := (&speller{Index: x, tokens: l.options.Tokens}).meant(question); m != question {
			question, result.Meant = m, m
		}
	}
	made := time.Since(start)
	if result.Vector, result.Timings.Embed, err = l.embed(ctx, &q, question); err != nil {
		return Result{}, nil, err
	}
	if x == nil {
		return result, nil, nil
	}
	at := q.At
	if at.IsZero() {
		at = l.now()
	}
	start = time.Now()
	a := ask(x, question, q.Language)
	made += time.Since(start)
	v := l.centres.query(result.Vector, a.language)
	if l.options.WithoutLexical {
		a.terms = nil
	}
	if l.options.WithoutVector {
		v = nil
	}
	wanted := index.Query{
		Terms:     a.terms,
		Vector:    v,
		Filter:    index.Filter{Drafts: q.Drafts, Audiences: q.Audiences, At: at.UnixMicro()},
		Documents: armDepth,
	}
	var found index.Result
	if l.outside == nil {
		found = x.Search(wanted)
	} else {
		if found, err = l.outside.search(ctx, x, wanted, &q, at); err != nil {
			return Result{}, nil, err
		}
	}
	result.Timings.Lexical, result.Timings.Vector = made+found.LexicalTime, found.VectorTime
	start = time.Now()
	a.weigh(&found)
	f = &finding{asked: a, all: make([]sighting, len(found.Hits)), rows: found.Rows, mean: found.Mean, deviation: found.Deviation}
	for i, h := range found.Hits {
		f.all[i] = sight(h, a)
	}
	fuse(f.all)
	limit := q.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	for i := range f.all[:min(len(f.all), limit, maxLimit)] {
		result.Candidates = append(result.Candidates, f.candidate(i))
	}
	result.Timings.Fuse = time.Since(start)
	return result, f, nil
}

// embed returns the vector of a question, the query's own when it is of the same
// characters, and how long the embedder took.
func (l *Local) embed(ctx context.Context, q *Query, question string) ([]float32, time.Duration, error) {
	if q.Vector != nil && (question == q.Text || question == strings.TrimSpace(q.Text)) {
		return q.Vector, 0, nil
	}
	start := time.Now()
	v, err := l.embedder.EmbedQueries(ctx, []string{question})
	if err != nil {
		return nil, 0, err
	}
	if len(v) != 1 {
		return nil, 0, fault.New(fault.Internal, "the embedding model returned %d vectors for one text", len(v))
	}
	return v[0], time.Since(start), nil
}

// candidate is what others see of a sighting; its confidence comes later.
func (f *finding) candidate(i int) Candidate {
	s := &f.all[i]
	b := s.book
	c := Candidate{
		Document: s.id, Kind: b.kind, Path: b.path, Title: b.title, URL: b.url, Language: b.language, Version: b.version,
		Score: s.score,
		Evidence: Evidence{
			LexicalScore: s.lexical, LexicalRank: s.lexicalRank, VectorScore: s.cosine, VectorRank: s.vectorRank, Coverage: s.coverage,
		},
	}
	if i+1 < len(f.all) {
		c.Evidence.Margin = s.score - f.all[i+1].score
	} else {
		c.Evidence.Margin = s.score
	}
	if b.kind == KindEntry {
		c.Title, c.Passage, c.Curated = b.question, b.answer, b.answer != ""
		if s.asking >= 0 {
			c.Matched = b.rows[s.asking].text
		}
		return c
	}
	if s.show >= 0 {
		c.Heading, c.Passage = b.rows[s.show].heading, b.rows[s.show].text
	}
	return c
}

// clip cuts a question at maxQuestion characters and makes it valid UTF-8, in the
// words and characters that documents are indexed with.
func clip(s string) string {
	n := 0
	for i := range s {
		if n == maxQuestion {
			s = s[:i]
			break
		}
		n++
	}
	return text.Mainland(strings.ToValidUTF8(s, "\uFFFD"))
}
