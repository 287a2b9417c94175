package training

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// answers says which document answers which question; the others are refused.
type answers map[string]knowledge.DocumentID

func (a answers) Ask(ctx context.Context, q bot.Question) (bot.Trace, error) {
	if err := ctx.Err(); err != nil {
		return bot.Trace{}, err
	}
	doc, ok := a[q.Text]
	if !ok {
		return bot.Trace{Decision: bot.DecideRefuse}, nil
	}
	return bot.Trace{Decision: bot.DecideAnswer, Answer: "from " + string(doc), Sources: []bot.Source{{Document: string(doc), Title: string(doc)}}}, nil
}

// keeping are releases in memory.
type keeping struct{ all []Release }

func (k *keeping) AddRelease(_ context.Context, r Release) error {
	k.all = append(k.all, r)
	return nil
}

func (k *keeping) Releases(context.Context, bot.WorkspaceID, int) ([]Release, error) {
	return k.all, nil
}

// set is a regression set of n questions "q0"…, each answered by document "d".
func set(n int) (*lines, answers) {
	l, a := &lines{}, answers{}
	for i := range n {
		q := fmt.Sprint("q", i)
		l.all = append(l.all, Check{Workspace: "w", ID: CheckID(q), Question: q, Document: "d"})
		a[q] = "d"
	}
	return l, a
}

func make1(a Answerer) func() (Answerer, error) { return func() (Answerer, error) { return a, nil } }

func TestGateStops(t *testing.T) {
	now := func() time.Time { return time.Unix(1, 0) }
	for _, c := range []struct {
		name           string
		lines          int
		broken, mended int
		touched        []knowledge.DocumentID
		despite        string
		want           ReleaseState // "": nothing broke
		stopped        bool
	}{
		{name: "nothing breaks", lines: 10},
		{name: "only mended", lines: 10, mended: 3},
		{name: "one of a small set", lines: 99, broken: 1, mended: 20, want: ReleaseStopped, stopped: true},
		{name: "one of a small set, with a reason", lines: 99, broken: 1, despite: "because", want: ReleaseDespite},
		{name: "four of a large set", lines: 100, broken: 4, want: ReleaseWithin},
		{name: "five of a large set", lines: 100, broken: 5, want: ReleaseStopped, stopped: true},
		{name: "five of a large set while others are mended", lines: 100, broken: 5, mended: 2, want: ReleaseWithin},
		{name: "the document that is changed", lines: 100, broken: 1, touched: []knowledge.DocumentID{"d"}, want: ReleaseStopped, stopped: true},
		{name: "another document is changed", lines: 100, broken: 1, touched: []knowledge.DocumentID{"e"}, want: ReleaseWithin},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, before := set(c.lines)
			after := answers{}
			for q, d := range before {
				after[q] = d
			}
			for i := range c.broken {
				after[fmt.Sprint("q", i)] = "e"
			}
			for i := range c.mended {
				delete(before, fmt.Sprint("q", c.lines-1-i))
			}
			k := &keeping{}
			err := NewGate(l, k, nil, now).Judge(t.Context(), Change{
				Workspace: "w", Subject: "s", By: "ann", Despite: c.despite, Documents: c.touched, Before: make1(before), After: make1(after),
			})
			var s *Stopped
			if errors.As(err, &s) != c.stopped || err != nil && !c.stopped {
				t.Fatalf("got %v, stopped %t", err, c.stopped)
			}
			if c.want == "" {
				if len(k.all) != 0 {
					t.Errorf("keeping %+v", k.all)
				}
				return
			}
			if len(k.all) != 1 || k.all[0].State != c.want || k.all[0].Despite != c.despite || len(k.all[0].Verdict.Broken) != c.broken || len(k.all[0].Verdict.Mended) != c.mended {
				t.Fatalf("keeping %+v, want %s", k.all, c.want)
			}
			if c.stopped {
				if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), fmt.Sprintf("%d of %d", c.broken, c.lines)) {
					t.Errorf("says %q", err)
				}
				want := Flip{
					Check: "q0", Question: "q0", Document: "d", Before: Outcome{Right: true, Decision: bot.DecideAnswer, Document: "d", Title: "d", Answer: "from d"},
					After: Outcome{Decision: bot.DecideAnswer, Document: "e", Title: "e", Answer: "from e"},
				}
				if d := cmp.Diff(want, s.Verdict.Broken[0]); d != "" {
					t.Errorf("the first that breaks (-want +got):\n%s", d)
				}
			}
		})
	}
}

func TestGateThatCannotJudge(t *testing.T) {
	l, before := set(3)
	gate := NewGate(l, &keeping{}, nil, time.Now)
	away := errors.New("away")
	err := gate.Judge(t.Context(), Change{Workspace: "w", Before: make1(before), After: func() (Answerer, error) { return nil, away }})
	if !errors.Is(err, away) {
		t.Errorf("got %v, want what keeping it from being judged", err)
	}
	empty := NewGate(&lines{}, &keeping{}, nil, time.Now)
	if err := empty.Judge(t.Context(), Change{Before: nil, After: nil}); err != nil {
		t.Errorf("without confirmed questions: %v", err)
	}
}

func TestSignTest(t *testing.T) {
	for _, c := range []struct {
		broken, mended int
		want           float64
	}{{0, 0, 1}, {1, 0, .5}, {5, 0, 1. / 32}, {4, 1, 6. / 32}, {1, 1, .75}, {0, 4, 1}} {
		if got := signTest(c.broken, c.mended); got < c.want-1e-9 || got > c.want+1e-9 {
			t.Errorf("signTest(%d, %d) = %v, want %v", c.broken, c.mended, got, c.want)
		}
	}
}

func TestChecksAddAndRun(t *testing.T) {
	l := &lines{}
	s := NewChecks(l, nil, func() time.Time { return time.Unix(9, 0) })
	first, err := s.Add(t.Context(), Check{Workspace: "w", Question: " When do you open? ", Document: "d"})
	if err != nil || first.Question != "When do you open?" {
		t.Fatalf("%+v, %v", first, err)
	}
	again, err := s.Add(t.Context(), Check{Workspace: "w", Question: "when do you open", Document: "e"})
	if err != nil || again.ID != first.ID || len(l.all) != 1 {
		t.Errorf("the same words again: %+v, %v", again, err)
	}
	for _, bad := range []Check{{Question: "?!"}, {Question: strings.Repeat("a", 501)}, {Question: "fine", Language: "fr"}} {
		if _, err := s.Add(t.Context(), bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("%.20q %s: got %v, want invalid", bad.Question, bad.Language, err)
		}
	}
	if _, err := s.Add(t.Context(), Check{Workspace: "w", Question: "who won"}); err != nil {
		t.Fatal(err)
	}
	got, before, err := s.Run(t.Context(), "w", answers{"when do you open": "e", "who won": "x"})
	if err != nil || len(before) != 0 {
		t.Fatal(before, err)
	}
	right := map[string]bool{}
	for _, c := range got {
		right[c.Question] = c.Last.Right
	}
	if d := cmp.Diff(map[string]bool{"when do you open": true, "who won": false}, right); d != "" {
		t.Errorf("right (-want +got):\n%s", d)
	}
	if _, before, err = s.Run(t.Context(), "w", answers{}); err != nil || !before[first.ID].Right {
		t.Errorf("the run before is %+v, %v", before, err)
	}
}
