package simulate

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// TestErlangA holds the desk against theory (I-21): the same queue, simulated and
// worked out.
func TestErlangA(t *testing.T) {
	p, _ := Preset("erlang")
	p.Most, p.Seed = 30_000, 4
	if testing.Short() {
		p.Most = 5_000
	}
	r, err := Simulate(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	near := 5 * math.Sqrt(100_000/float64(p.Most)) / 100 // five percent at 100,000
	for _, x := range []struct {
		name      string
		got, want float64
	}{{"mean wait", r.MeanWait, r.Theory.MeanWait}, {"abandoned", r.Abandoned, r.Theory.Abandoned}} {
		if math.Abs(x.got-x.want) > near*x.want {
			t.Errorf("%s %.4f, theory says %.4f", x.name, x.got, x.want)
		}
	}
	if r.Fairness > .05 || r.Arrivals != p.Most {
		t.Errorf("fairness gap %.3f, %d arrivals", r.Fairness, r.Arrivals)
	}
}

// TestTheory checks the formula against a case that can be done by hand: one
// place, arrivals, handling and patience all at the same rate, where the state k has
// weight 1/k! and so p(k) = 1/(e·k!), and the line is Σ (k-1)·p(k) = 1/e.
func TestTheory(t *testing.T) {
	got := ErlangA(.01, .01, .01, 1)
	if want := math.Exp(-1); math.Abs(got.Abandoned-want) > 1e-9 || math.Abs(got.MeanWait-100*want) > 1e-6 {
		t.Errorf("%+v, want abandoned %.6f and a wait of %.4f s", got, want, 100*want)
	}
}

// TestSkills: routing by skill brings more visitors to the right agent, and sooner,
// than the two rivals.
func TestSkills(t *testing.T) {
	p, _ := Preset("skills")
	p.Days = 2
	r, err := Simulate(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	for m, o := range r.Against {
		if r.RightSkill <= o.RightSkill || r.P95 >= o.P95 {
			t.Errorf("right skill %.3f and p95 %.0f s; %s has %.3f and %.0f s", r.RightSkill, r.P95, m, o.RightSkill, o.P95)
		}
	}
}

// TestWhatIf: more people, shorter waits; and the same seed gives the same figures.
func TestWhatIf(t *testing.T) {
	p, _ := Preset("erlang")
	p.Most, p.Theory = 3000, false
	p.WhatIf = []WhatIf{{Name: "two more", Staff: []Staff{{Name: "more", Count: 2}}}}
	r, err := Simulate(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.WhatIf) != 1 || r.WhatIf[0].MeanWait >= r.MeanWait {
		t.Errorf("with two more %+v, without %+v", r.WhatIf, r.Outcome)
	}
	again, err := Run(t.Context(), p, Ours)
	if err != nil || again.MeanWait != r.MeanWait || again.Abandoned != r.Abandoned {
		t.Errorf("again %+v, %v; want %+v", again, err, r.Outcome)
	}
}

func TestRead(t *testing.T) {
	for text, part := range map[string]string{
		`{"handling_s": 60, "visitors": [{"rates": [{"per_hour": 10}]}], "staff": [{"name": "a", "count": 2}]}`: "",
		"{\n\"handlin_s\": 60}": ":2",
		`{"handling_s": 0}`:     "Chats take some time",
		`{"handling_s": 60}`:    "needs visitors and staff",
		`{"handling_s": 60, "visitors": [{"rates": [{"per_hour": 10, "from": "25:00"}]}], "staff": [{"name": "a", "count": 2}]}`:                "not a time of day",
		`{"handling_s": 60, "visitors": [{"rates": [{"per_hour": 10}], "skills": ["a b"]}], "staff": [{"name": "a", "count": 2}]}`:              "skill",
		`{"handling_s": 60, "visitors": [{"rates": [{"per_hour": 10}]}], "staff": [{"name": "a", "count": 2, "shifts": [["18:00", "09:00"]]}]}`: "A shift ends",
		`{"handling_s": 60, "theory": true, "visitors": [{"rates": [{"per_hour": 10}]}], "staff": [{"name": "a", "count": 2}]}`:                 "Erlang-A",
		`{"handling_s": 60, "days": 31, "visitors": [{"rates": [{"per_hour": 10}]}], "staff": [{"name": "a", "count": 2}]}`:                     "30 days",
	} {
		path := filepath.Join(t.TempDir(), "plan.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Read(path)
		if part == "" != (err == nil) || err != nil && (!fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), part)) {
			t.Errorf("%s: %v, want %q", text, err, part)
		}
	}
	if _, err := Read("nowhere.json"); !fault.Is(err, fault.Invalid) {
		t.Errorf("no file: %v", err)
	}
}

// TestHalves: agents with two places for chats that take one each do what agents
// with one place do for chats that take half.
func TestHalves(t *testing.T) {
	p, _ := Preset("erlang")
	p.Most, p.Theory = 2000, false
	var waits []float64
	for _, x := range []struct {
		capacity int
		slots    float64
	}{{2, 1}, {1, .5}} {
		p.Staff[0].Capacity, p.Staff[0].Count, p.Visitors[0].Slots = x.capacity, 6, x.slots
		o, err := Run(t.Context(), p, Ours)
		if err != nil {
			t.Fatal(err)
		}
		waits = append(waits, o.MeanWait, o.Abandoned, o.P95)
	}
	for i := range 3 {
		if waits[i] != waits[i+3] || waits[i] == 0 {
			t.Errorf("%v", waits)
			break
		}
	}
	p.Visitors[0].Slots = .3
	if _, err := Run(t.Context(), p, Ours); !fault.Is(err, fault.Invalid) {
		t.Errorf("a third of a place: %v", err)
	}
}
