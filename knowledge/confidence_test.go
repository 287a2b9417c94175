package knowledge

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// What the shipped weights must say whatever they are fitted on.
func TestShippedConfidenceIsMonotone(t *testing.T) {
	j, err := loadJudge()
	if err != nil {
		t.Fatal(err)
	}
	base := make([]float64, len(signalNames()))
	for i, c := range []struct {
		signal string
		up     bool
	}{
		{"score", true}, {"lead", true}, {"lag", false}, {"clear", true}, {"standing", true}, {"coverage", true}, {"far_topic", false}, {"smalltalk", false},
	} {
		more := slices.Clone(base)
		more[slices.Index(signalNames(), c.signal)] = .5
		if up := j.confidence(more) > j.confidence(base); up != c.up {
			t.Errorf("case %d: more %s raises the confidence: %v, want %v", i, c.signal, up, c.up)
		}
	}
}

func TestConfidenceFollowsTheEvidence(t *testing.T) {
	l := newLocal(t, time.Unix(1e9, 0), shop...)
	sure := search(t, l, Query{Text: "How do I return an item?"})[0].Confidence
	vague := search(t, l, Query{Text: "item working"})[0].Confidence
	other := search(t, l, Query{Text: "weather in Lisbon"})
	if sure < .8 || sure <= vague {
		t.Errorf("confidence %g in the very question, %g in a vague one", sure, vague)
	}
	for _, c := range other {
		if c.Confidence > .3 {
			t.Errorf("confidence %g that %s tells the weather", c.Confidence, c.Document)
		}
	}
	hinted := search(t, l, Query{Text: "How do I return an item?", Hints: Hints{FarTopic: 1, Smalltalk: math.NaN()}})[0].Confidence
	if !(hinted < sure) {
		t.Errorf("confidence %g although it is another topic, want less than %g", hinted, sure)
	}
}

// One document alone must not be sure just because nothing competes.
func TestOnlyDocumentIsNotSureByDefault(t *testing.T) {
	l := newLocal(t, time.Unix(1e9, 0), shop[0])
	for _, c := range search(t, l, Query{Text: "do you have jobs for cooks"}) {
		if c.Confidence > .3 {
			t.Errorf("confidence %g in the only document there is", c.Confidence)
		}
	}
	if c := search(t, l, Query{Text: "how do I return an item"})[0]; c.Confidence < .6 {
		t.Errorf("confidence %g in the only document, which answers the question", c.Confidence)
	}
}

func TestAblations(t *testing.T) {
	at := time.Unix(1e9, 0)
	run := func(o LocalOptions) Candidate {
		o.Now = func() time.Time { return at }
		l, err := NewLocal(bagEmbedder{}, bagDim, &o)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range shop {
			put(t, l, d)
		}
		return search(t, l, Query{Text: "forgot password"})[0]
	}
	if c := run(LocalOptions{WithoutLexical: true}); c.Document != "password" || c.Evidence.LexicalRank != 0 || c.Evidence.VectorRank != 1 {
		t.Errorf("without words: %+v", c)
	}
	if c := run(LocalOptions{WithoutVector: true}); c.Document != "password" || c.Evidence.VectorRank != 0 || c.Evidence.LexicalRank != 1 {
		t.Errorf("without vectors: %+v", c)
	}
	if c := run(LocalOptions{WithoutConfidence: true}); c.Confidence != c.Score {
		t.Errorf("without the confidence model: confidence %g, want the score %g", c.Confidence, c.Score)
	}
}

func TestAssessShowsTheSignals(t *testing.T) {
	l := newLocal(t, time.Unix(1e9, 0), shop...)
	a, err := l.Assess(t.Context(), Query{Workspace: id.DefaultWorkspace, Text: "return an item"})
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Signals) != len(a.Result.Candidates) || len(a.Signals) == 0 {
		t.Fatalf("%d rows of signals for %d candidates", len(a.Signals), len(a.Result.Candidates))
	}
	for _, row := range a.Signals {
		if len(row) != len(a.Names) {
			t.Errorf("%d signals, %d names", len(row), len(a.Names))
		}
		for i, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("signal %s is %g", a.Names[i], v)
			}
		}
	}
}
