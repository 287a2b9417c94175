package simulate

import (
	"context"
	"math"
	"slices"
)

// Outcome is what one run came to. Times are seconds, shares 0 to 1.
type Outcome struct {
	Arrivals     int     `json:"arrivals"`
	MeanWait     float64 `json:"mean_wait_s"` // of everybody, those who leave too
	P50          float64 `json:"p50_wait_s"`
	P95          float64 `json:"p95_wait_s"`
	Abandoned    float64 `json:"abandoned"`
	ServiceLevel float64 `json:"service_level"` // share of all who were served within the plan's time
	Occupancy    float64 `json:"occupancy"`     // share of manned places that were taken
	RightSkill   float64 `json:"right_skill"`   // share of those served whose first agent had what was needed
	Fairness     float64 `json:"fairness_gap"`  // between equal agents, the largest difference of shares of what the kind was given

	estimates []estimate
	taken     []float64 // waits of those who were served
}

type estimate struct{ waited, median, upper, mean float64 }

// Estimates says how true the told waits were, of visitors who found nobody free
// and had the patience for twice the upper one: those who are served although they
// have little patience waited shorter than others, and would flatter the figures.
type Estimates struct {
	N       int     `json:"n"`
	Error   float64 `json:"median_abs_error"`   // median of |told − waited| / waited
	Cover   float64 `json:"p90_coverage"`       // share of waits below the told "nine in ten"
	Running float64 `json:"running_mean_error"` // the same error of a running mean, .9 of the old and .1 of the last wait
}

// Report is a plan run by the desk, and what it is compared with.
type Report struct {
	Name string `json:"name"`
	Seed uint64 `json:"seed"`
	Outcome
	Estimate Estimates          `json:"estimate"`
	Theory   *Theory            `json:"theory,omitempty"`
	Against  map[Manner]Outcome `json:"against,omitempty"`
	WhatIf   []Changed          `json:"what_if,omitempty"`
}

// Changed is a plan with other staff.
type Changed struct {
	Name string `json:"name"`
	Outcome
}

// Simulate runs a plan, its rivals and its changes. Error: Invalid.
func Simulate(ctx context.Context, p Plan) (Report, error) {
	own, err := Run(ctx, p, Ours)
	if err != nil {
		return Report{}, err
	}
	r := Report{Name: p.Name, Seed: p.Seed, Outcome: own, Estimate: own.truth(), Against: map[Manner]Outcome{}}
	for _, m := range []Manner{FIFO, Random} {
		if p.Theory {
			break // with one kind of everything there is nothing to choose
		}
		if r.Against[m], err = Run(ctx, p, m); err != nil {
			return Report{}, err
		}
	}
	if p.Theory {
		n := 0
		for _, s := range p.Staff {
			n += s.Count * max(s.Capacity, 1)
		}
		t := ErlangA(p.Visitors[0].Rates[0].PerHour/3600, 1/p.Handling, 1/p.Patience, n)
		r.Theory = &t
	}
	for _, c := range p.WhatIf {
		changed := p
		changed.Staff = slices.Concat(p.Staff, c.Staff)
		o, err := Run(ctx, changed, Ours)
		if err != nil {
			return Report{}, err
		}
		r.WhatIf = append(r.WhatIf, Changed{c.Name, o})
	}
	return r, nil
}

// outcome sums the run up.
func (w *world) outcome() Outcome {
	slices.SortFunc(w.done, func(a, b *chat) int { return a.came.Compare(b.came) })
	o := Outcome{Arrivals: len(w.done), Occupancy: share(w.busy.Seconds(), w.manned.Seconds())}
	var waits []float64
	var left, soon, served, right float64
	for _, c := range w.done {
		waits = append(waits, c.waited.Seconds())
		if c.left {
			left++
			continue
		}
		served++
		o.taken = append(o.taken, c.waited.Seconds())
		if c.right {
			right++
		}
		if c.waited.Seconds() <= w.plan.ServiceLevel {
			soon++
		}
		if c.estimate.Wait > 0 && !c.estimate.Free && (c.patience == 0 || c.patience >= 2*c.estimate.WaitUpper) {
			o.estimates = append(o.estimates, estimate{c.waited.Seconds(), c.estimate.Wait.Seconds(), c.estimate.WaitUpper.Seconds(), c.guess.Seconds()})
		}
	}
	all := float64(len(waits))
	o.Abandoned, o.ServiceLevel, o.RightSkill = share(left, all), share(soon, all), share(right, served)
	for _, x := range waits {
		o.MeanWait += x / max(all, 1)
	}
	o.P50, o.P95 = quantile(waits, .5), quantile(waits, .95)
	o.Fairness = w.fairness()
	return o
}

// fairness looks at kinds of agents of whom there are several.
func (w *world) fairness() float64 {
	gap := 0.0
	for kind := range w.plan.Staff {
		var given []float64
		sum := 0.0
		for _, p := range w.staff {
			if p.kind == kind {
				given = append(given, float64(p.given))
				sum += float64(p.given)
			}
		}
		if len(given) > 1 && sum > 0 {
			gap = max(gap, (slices.Max(given)-slices.Min(given))/sum)
		}
	}
	return gap
}

// truth compares what visitors were told with what came.
func (o Outcome) truth() Estimates {
	var e Estimates
	var off, mean []float64
	under := 0.0
	for _, x := range o.estimates {
		if x.waited <= 0 {
			continue
		}
		off = append(off, math.Abs(x.median-x.waited)/x.waited)
		mean = append(mean, math.Abs(x.mean-x.waited)/x.waited)
		if x.waited <= x.upper {
			under++
		}
	}
	e.N = len(off)
	e.Error, e.Running, e.Cover = quantile(off, .5), quantile(mean, .5), share(under, float64(len(off)))
	return e
}

func share(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// quantile returns the q-quantile; 0 of nothing.
func quantile(x []float64, q float64) float64 {
	if len(x) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(x))
	return s[min(int(q*float64(len(s))), len(s)-1)]
}
