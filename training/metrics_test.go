package training

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func TestMetricsOnHandMadeCases(t *testing.T) {
	ones := []float64{1, 1, 1, 1}
	yes := []bool{true, true, false, false}
	for _, c := range []struct {
		name string
		m    measure
		w    []float64
		want float64
	}{
		{"auroc perfect", auroc([]float64{4, 3, 2, 1}, yes), ones, 1},
		{"auroc all tied", auroc([]float64{1, 1, 1, 1}, yes), ones, .5},
		{"auroc one pair wrong", auroc([]float64{4, 2, 3, 1}, yes), ones, .75},
		{"auroc weighted", auroc([]float64{4, 2, 3, 1}, yes), []float64{1, 0, 1, 1}, 1},
		{"auroc without negatives", auroc([]float64{1, 2}, []bool{true, true}), []float64{1, 1}, math.NaN()},
		{"average precision", averagePrecision([]float64{4, 3, 2, 1}, []bool{true, false, true, false}), ones, (1 + 2.0/3) / 2},
		{"f1", f1([]bool{true, false, true, false}, yes), ones, .5},
		{"macro f1", macroF1([]string{"a", "a", "b", "b"}, []string{"a", "a", "a", "b"}), ones, (4.0/5 + 2.0/3) / 2},
		{"pearson", pearson([]float64{1, 2, 3, 4}, []float64{2, 4, 6, 8}), ones, 1},
		{"ece", ece([]float64{.9, .9, .1, .1}, []bool{true, false, false, false}), ones, (math.Abs(1-1.8) + math.Abs(0-.2)) / 4},
		{"recall at half kept", recallAtKept([]float64{.1, .5, .4, .9}, []bool{false, false, true, true}, .5), ones, 1},
		{"recall at all kept", recallAtKept([]float64{.1, .5, .4, .9}, []bool{false, false, true, true}, 1), ones, .5},
		{"share of none", share([]bool{true}, []bool{false}), []float64{1}, math.NaN()},
	} {
		got := c.m(c.w)
		if !near(got, c.want) && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestIntervalCoversAndRepeats(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, 400)
	for i := range values {
		if rng.Float64() < .7 {
			values[i] = 1
		}
	}
	s := sample{n: len(values)}
	low, high, ok := s.interval(mean(values))
	again, _, _ := s.interval(mean(values))
	if !ok || low != again {
		t.Fatalf("intervals of one seed differ: %v and %v", low, again)
	}
	// The normal approximation of a share's interval is within a point here.
	p := mean(values)(s.ones())
	half := 1.96 * math.Sqrt(p*(1-p)/400)
	if math.Abs(low-(p-half)) > .01 || math.Abs(high-(p+half)) > .01 {
		t.Errorf("interval %v…%v, want about %v…%v", low, high, p-half, p+half)
	}
}

func TestStrataAreDrawnApart(t *testing.T) {
	// One positive in a stretch of its own is in every draw, so the share is exact.
	s := sample{n: 5, strata: []int{1, 4}}
	low, high, ok := s.interval(func(w []float64) float64 { return w[0] })
	if !ok || low != 1 || high != 1 {
		t.Errorf("the single line of the first file counts %v…%v times, want once in every draw", low, high)
	}
}

func TestECEBandHoldsAPerfectScore(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	confidence, right, off := make([]float64, 500), make([]bool, 500), make([]float64, 500)
	for i := range confidence {
		confidence[i] = rng.Float64()
		right[i] = rng.Float64() < confidence[i]
		off[i] = min(1, confidence[i]+.25)
	}
	w := sample{n: 500}.ones()
	low, high := eceBand(confidence)
	if got := ece(confidence, right)(w); got < low || got > high {
		t.Errorf("ece of a calibrated score %v lies outside its band %v…%v", got, low, high)
	}
	_, high = eceBand(off)
	if got := ece(off, right)(w); got <= high {
		t.Errorf("ece of an overconfident score %v lies inside the band up to %v", got, high)
	}
}

func TestCurvesAreWritten(t *testing.T) {
	dir := t.TempDir()
	r := &Result{Name: "a/b", curves: []curve{{name: "confidence", confidence: []float64{.9, .8, .8, .1}, right: []bool{true, true, false, false}}}}
	if err := r.WriteCurves(dir); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "a-b.curves.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]map[string][]curvePoint
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	cov := got["confidence"]["coverage"]
	if len(cov) != 3 || !near(cov[0].Y, 1) || !near(cov[1].Y, 2.0/3) || !near(cov[1].X, .75) {
		t.Errorf("coverage %+v, want three points: tied lines enter together", cov)
	}
	svg, err := os.ReadFile(filepath.Join(dir, "a-b.confidence.reliability.svg"))
	if err != nil || !strings.Contains(string(svg), "<polyline") {
		t.Errorf("no reliability drawing: %v", err)
	}
}
