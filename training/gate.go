package training

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Gate asks a workspace's confirmed questions before something is published, and
// stops it when they break.
//
// The questions are asked twice, of the bot as it is and as it would be, so every
// line is its own control and only those that flip count. A change is stopped by
// any question that was right and becomes wrong while the set has fewer than 100
// lines, or whose own document the change touches; in a larger set others are
// weighed together: as many as an exact test on the flips would see in one of
// twenty changes that do no harm are let pass and told.
type Gate struct {
	checks   CheckStore
	releases ReleaseStore
	vectors  *Embeddings // nil: each asking embeds
	now      func() time.Time
}

// Constants of the gate. The level is the usual one; from 100 lines on five
// questions have to break, and none be mended, before the test speaks.
const (
	gateSmallSet = 100
	gateLevel    = .05
	gateLimit    = 30 * time.Second // for asking all lines twice; 2,000 of them take a few seconds when their embeddings are at hand
)

// ReleaseStore keeps what the gate said.
type ReleaseStore interface {
	AddRelease(ctx context.Context, r Release) error
	// Releases lists them, newest first. Limit 1…200.
	Releases(ctx context.Context, ws bot.WorkspaceID, limit int) ([]Release, error)
}

// ReleaseState is what became of a change that broke questions.
type ReleaseState string

// The states of a release.
const (
	ReleaseStopped ReleaseState = "stopped" // it was not published
	ReleaseDespite ReleaseState = "despite" // it was, for a reason that somebody gave
	ReleaseWithin  ReleaseState = "within"  // it was: the loss is within what chance explains
)

// Release is one judgement of the gate under which questions broke.
type Release struct {
	Workspace bot.WorkspaceID
	ID        string
	Subject   string // what was to be published, for people
	State     ReleaseState
	Despite   string // the reason it was published all the same; ""
	By        string // account ID or "ingest"
	At        time.Time
	Verdict   Verdict
}

// Verdict is a comparison of the bot as it is and as it would be.
type Verdict struct {
	Lines       int // of the regression set
	RightBefore int
	RightAfter  int
	Broken      []Flip  // was right, would be wrong
	Mended      []Flip  // was wrong, would be right
	P           float64 // chance of so many broken among the flips if breaking and mending were alike, 0…1; 1 without flips
	Stops       bool
}

// Flip is a confirmed question with what answers before and after a change.
type Flip struct {
	Check         CheckID
	Question      string
	Document      knowledge.DocumentID // that should answer; "": none should
	Title         string               // of Document
	Before, After Outcome
}

// Stopped is the error of a change that the gate does not let through. Its kind is
// Conflict.
type Stopped struct{ Verdict Verdict }

// Error names what breaks.
func (s *Stopped) Error() string { return s.fault().Error() }

// Unwrap returns the fault for people: a field a question.
func (s *Stopped) Unwrap() error { return s.fault() }

func (s *Stopped) fault() *fault.Error {
	f := fault.New(fault.Conflict, "Not published: %d of %d confirmed questions would no longer be answered rightly.", len(s.Verdict.Broken), s.Verdict.Lines)
	for _, b := range s.Verdict.Broken {
		f = f.WithField(b.Question, fmt.Sprintf("was %s, would be %s", b.Before.said(), b.After.said()))
	}
	return f
}

// said describes an outcome in a few words.
func (o Outcome) said() string {
	if o.Decision == bot.DecideAnswer {
		return fmt.Sprintf("answered from %q", o.Title)
	}
	return "decided " + string(o.Decision)
}

// NewGate returns a gate over the regression sets of a store. vectors, which may be
// nil, are told all questions before they are asked.
func NewGate(checks CheckStore, releases ReleaseStore, vectors *Embeddings, now func() time.Time) *Gate {
	return &Gate{checks, releases, vectors, now}
}

// Change is what a gate judges.
type Change struct {
	Workspace     bot.WorkspaceID
	Subject       string // what is to be published, for people
	By            string
	Despite       string                 // why it shall go through although questions break; "": it shall not
	Documents     []knowledge.DocumentID // that it touches
	Before, After func() (Answerer, error)
}

// Judge returns nil when the change may go through, *Stopped when it may not, and
// whatever kept it from being judged: then it must not go through either. What
// broke is kept as a Release. Without confirmed questions nothing is asked.
func (g *Gate) Judge(ctx context.Context, c Change) error {
	v, err := g.Compare(ctx, c)
	if err != nil || len(v.Broken) == 0 {
		return err
	}
	r := Release{
		Workspace: c.Workspace, ID: id.New(), Subject: c.Subject, State: ReleaseWithin, By: c.By, At: g.now(), Verdict: v,
	}
	switch {
	case v.Stops && c.Despite == "":
		r.State = ReleaseStopped
	case v.Stops:
		r.State, r.Despite = ReleaseDespite, c.Despite
	}
	if err := g.releases.AddRelease(ctx, r); err != nil {
		return err
	}
	if r.State == ReleaseStopped {
		return &Stopped{v}
	}
	return nil
}

// Compare asks all confirmed questions before and after a change. Errors:
// Unavailable when they take too long; the bot's.
func (g *Gate) Compare(ctx context.Context, c Change) (Verdict, error) {
	lines, err := g.checks.Checks(ctx, c.Workspace)
	if err != nil || len(lines) == 0 {
		return Verdict{P: 1}, err
	}
	bounded, cancel := context.WithTimeout(ctx, gateLimit)
	defer cancel()
	if err := embedAsked(bounded, g.vectors, c.Workspace, lines); err != nil {
		return Verdict{}, slow(ctx, err, len(lines))
	}
	var outcomes [2][]Outcome
	for i, make := range []func() (Answerer, error){c.Before, c.After} {
		bot, err := make()
		if err == nil {
			outcomes[i], err = askAll(bounded, lines, bot)
		}
		if err != nil {
			return Verdict{}, slow(ctx, err, len(lines))
		}
	}
	return verdict(lines, outcomes[0], outcomes[1], c.Documents), nil
}

// slow says what it means that the gate's own time ran out.
func slow(ctx context.Context, err error, lines int) error {
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return fault.Wrap(fault.Unavailable, err, "Nothing was published: asking %d confirmed questions took longer than %s. Try again when the server is less busy.", lines, gateLimit)
	}
	return err
}

// embedAsked has the questions embedded before they are asked.
func embedAsked(ctx context.Context, e *Embeddings, ws bot.WorkspaceID, lines []Check) error {
	if e == nil {
		return nil
	}
	questions := make([]string, len(lines))
	for i, l := range lines {
		questions[i] = l.Question
	}
	_, err := e.Of(ctx, ws, questions)
	return err
}

func verdict(lines []Check, before, after []Outcome, touched []knowledge.DocumentID) Verdict {
	v := Verdict{Lines: len(lines)}
	own := false
	for i, line := range lines {
		b, a := before[i], after[i]
		if b.Right {
			v.RightBefore++
		}
		if a.Right {
			v.RightAfter++
		}
		flip := Flip{Check: line.ID, Question: line.Question, Document: line.Document, Title: line.Title, Before: b, After: a}
		switch {
		case b.Right && !a.Right:
			v.Broken = append(v.Broken, flip)
			own = own || line.Document != "" && slices.Contains(touched, line.Document)
		case !b.Right && a.Right:
			v.Mended = append(v.Mended, flip)
		}
	}
	v.P = signTest(len(v.Broken), len(v.Mended))
	v.Stops = len(v.Broken) > 0 && (own || v.Lines < gateSmallSet || v.P < gateLevel)
	return v
}

// signTest is the chance of at least broken heads in broken+mended throws of a
// fair coin: McNemar's test, exact and one-sided.
func signTest(broken, mended int) float64 {
	n := broken + mended
	var p float64
	for k := broken; k <= n; k++ {
		all, _ := math.Lgamma(float64(n + 1))
		in, _ := math.Lgamma(float64(k + 1))
		out, _ := math.Lgamma(float64(n - k + 1))
		p += math.Exp(all - in - out - float64(n)*math.Ln2)
	}
	return min(1, p)
}

// askAll asks lines on all cores. The first error ends it.
func askAll(ctx context.Context, lines []Check, bot Answerer) ([]Outcome, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	out := make([]Outcome, len(lines))
	next := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				if ctx.Err() != nil {
					continue
				}
				t, err := bot.Ask(ctx, lines[i].question())
				if err != nil {
					cancel(err)
					continue
				}
				out[i] = lines[i].outcome(t)
			}
		})
	}
	for i := range lines {
		next <- i
	}
	close(next)
	wg.Wait()
	return out, context.Cause(ctx)
}
