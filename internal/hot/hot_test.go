package hot_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/hot"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// kept are copies in memory; nil ones are away.
type kept map[string][]byte

func (k kept) Get(_ context.Context, name string) ([]byte, bool) { v, ok := k[name]; return v, ok }
func (k kept) Put(_ context.Context, name string, value []byte, _ time.Duration) {
	if k != nil {
		k[name] = value
	}
}
func (k kept) Drop(_ context.Context, name string) { delete(k, name) }

// library is a search that counts how often it is asked.
type library struct {
	asked  int
	print  string
	during string // the print that a search leaves behind; "": the same
	err    error
}

func (l *library) Print(id.Workspace, time.Time) string { return l.print }
func (l *library) Search(_ context.Context, q knowledge.Query) (knowledge.Result, error) {
	l.asked++
	r := knowledge.Result{Vector: q.Vector, Meant: "as meant", Candidates: []knowledge.Candidate{{
		Document: "d1", Title: q.Text, Passage: "of state " + l.print, Heading: []string{"a", "b"}, Confidence: 0.1 + 0.2, Score: 1. / 3,
		Evidence: knowledge.Evidence{LexicalScore: 7.123456789012345, VectorRank: 2},
	}}}
	if l.during != "" {
		l.print, l.during = l.during, ""
	}
	return r, l.err
}

func TestSearchIsTheSameWithCopies(t *testing.T) {
	now := func() time.Time { return time.Unix(1, 0) }
	for name, copies := range map[string]kept{"with copies": {}, "with copies that are away": nil} {
		t.Run(name, func(t *testing.T) {
			l, hits := &library{print: "1"}, 0
			s := hot.Search(l, "v1", now, copies, func(_ string, hit bool) {
				if hit {
					hits++
				}
			})
			q := knowledge.Query{Workspace: "shop", Text: "how long?", Vector: []float32{1, 0}, Language: "en", Hints: knowledge.Hints{OutOfScope: .125}}
			ask := func(q knowledge.Query) {
				t.Helper()
				got, err := s.Search(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				want, _ := (&library{print: l.print}).Search(t.Context(), q)
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
			}
			asked := func(want int) {
				t.Helper()
				if copies == nil {
					return
				}
				if l.asked != want {
					t.Errorf("the search behind was asked %d times, want %d", l.asked, want)
				}
			}
			ask(q)
			ask(q)
			asked(1)
			for i, change := range []func(*knowledge.Query){
				func(q *knowledge.Query) { q.Text = "how long" },
				func(q *knowledge.Query) { q.Workspace = "another" },
				func(q *knowledge.Query) { q.Audiences = []string{"staff"} },
				func(q *knowledge.Query) { q.Drafts = true },
				func(q *knowledge.Query) { q.Hints.OutOfScope = .25 },
				func(q *knowledge.Query) { q.Language = "zh" },
				func(q *knowledge.Query) { q.Limit = 3 },
			} {
				other := q
				change(&other)
				ask(other)
				asked(2 + i)
			}
			l.print = "2" // a document changed
			ask(q)
			ask(q)
			asked(9)
			if copies != nil && hits != 2 {
				t.Errorf("%d hits, want 2", hits)
			}
			if copies == nil && hits != 0 {
				t.Errorf("%d hits of copies that are away", hits)
			}
		})
	}
}

// TestSearchKeepsNothingOfAMixedState: what was found while documents changed is
// given, and not kept.
func TestSearchKeepsNothingOfAMixedState(t *testing.T) {
	copies := kept{}
	l := &library{print: "1", during: "2"}
	s := hot.Search(l, "v1", time.Now, copies, func(string, bool) {})
	q := knowledge.Query{Text: "how long?", Vector: []float32{1}}
	for range 2 {
		if _, err := s.Search(t.Context(), q); err != nil {
			t.Fatal(err)
		}
		l.print, l.during = "1", "2"
	}
	l.print, l.during = "", ""
	if _, err := s.Search(t.Context(), q); err != nil || l.asked != 3 || len(copies) != 0 {
		t.Errorf("%v: asked %d times, %d copies; want 3 and none", err, l.asked, len(copies))
	}
	l.print, l.err = "1", errors.New("no")
	if _, err := s.Search(t.Context(), q); err == nil || len(copies) != 0 {
		t.Errorf("a failure: %v, %d copies; want it told and not kept", err, len(copies))
	}
}

type encoder struct{ asked int }

func (*encoder) Model() string { return "m" }
func (e *encoder) EmbedQueries(_ context.Context, texts []string) ([][]float32, error) {
	e.asked++
	out := make([][]float32, len(texts))
	for i, s := range texts {
		out[i] = []float32{float32(len(s)) / 3, -1e-30}
	}
	return out, nil
}

func TestEmbeddingIsTheSameToTheBit(t *testing.T) {
	e := &encoder{}
	h := hot.Embed(e, kept{}, func(string, bool) {})
	for range 2 {
		got, err := h.EmbedQueries(t.Context(), []string{"one"})
		want, _ := (&encoder{}).EmbedQueries(t.Context(), []string{"one"})
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%v (-want +got):\n%s", err, d)
		}
	}
	if e.asked != 1 {
		t.Errorf("asked %d times, want once", e.asked)
	}
	if got, err := h.EmbedQueries(t.Context(), []string{"one", "two"}); err != nil || len(got) != 2 || e.asked != 2 {
		t.Errorf("two at once: %v, %v, asked %d times", got, err, e.asked)
	}
}

// visitors is as much of a store as profiles need.
type visitors struct {
	account.Store
	v     account.Visitor
	asked int
}

func (s *visitors) Visitor(context.Context, id.Workspace, string) (account.Visitor, error) {
	s.asked++
	return s.v, nil
}

func (s *visitors) PutVisitor(_ context.Context, v account.Visitor, _ account.VisitorSession, _ account.Spent) error {
	s.v = v
	return nil
}

func TestProfileFollowsItsChanges(t *testing.T) {
	s := &visitors{v: account.Visitor{Workspace: "shop", ID: "v1", Name: "Ann", CreatedAt: time.Unix(1, 2000).UTC()}}
	p := hot.Profiles(s, kept{}, func(string, bool) {})
	look := func(want string, asked int) {
		t.Helper()
		got, err := p.Visitor(t.Context(), "shop", "v1")
		if err != nil || got.Name != want || !got.CreatedAt.Equal(s.v.CreatedAt) || s.asked != asked {
			t.Errorf("%+v, %v, asked %d times; want %s after %d", got, err, s.asked, want, asked)
		}
	}
	look("Ann", 1)
	look("Ann", 1)
	changed := s.v
	changed.Name = "Bob"
	if err := p.PutVisitor(t.Context(), changed, account.VisitorSession{}, account.Spent{}); err != nil {
		t.Fatal(err)
	}
	look("Bob", 2)
	look("Bob", 2)
}
