package training

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"sort"
	"strings"
	"text/tabwriter"
)

// Result is what one task gave. Metric names may hold dots ("arms.lexical.r1");
// in JSON they nest.
type Result struct {
	Name      string
	Kind      Kind
	N         map[string]int                // lines by file or role
	Metrics   map[string]float64            // undefined metrics are absent
	Bands     map[string][2]float64         // "ece_band": what a perfect score of the same n would show
	Intervals map[string][2]float64         // 95 % bootstrap, by metric
	Slices    map[string]map[string]float64 // slice → "n" and metrics
	Seconds   Seconds
	PeakRSSMB float64 // highest resident memory of the process during the task
	Version   string

	curves  []curve
	columns []string               // metric names in the order they were added, for people
	draws   map[string]metricDraws // by metric
	lines   []lineOutcome          // in the order of the task's file
}

// Seconds says where the time of a task went.
type Seconds struct {
	Train      float64 // s
	Index      float64 // s
	QueryP50ms float64 // ms a query, encoding included
	QueryP99ms float64
}

// MarshalJSON writes the result as one object; numbers are cut to six places.
func (r *Result) MarshalJSON() ([]byte, error) {
	metrics := nested{}
	for name, v := range r.Metrics {
		metrics.set(name, number(v))
	}
	for name, b := range r.Bands {
		metrics.set(name, []any{number(b[0]), number(b[1])})
	}
	intervals := nested{}
	for name, b := range r.Intervals {
		intervals.set(name, []any{number(b[0]), number(b[1])})
	}
	slices := map[string]nested{}
	for slice, values := range r.Slices {
		slices[slice] = nested{}
		for name, v := range values {
			slices[slice].set(name, number(v))
		}
	}
	return json.Marshal(struct {
		Name      string            `json:"name"`
		Kind      Kind              `json:"kind"`
		N         map[string]int    `json:"n"`
		Metrics   nested            `json:"metrics"`
		Intervals nested            `json:"intervals"`
		Slices    map[string]nested `json:"slices"`
		Seconds   map[string]any    `json:"seconds"`
		PeakRSSMB any               `json:"peak_rss_mb"`
		Version   string            `json:"version"`
	}{r.Name, r.Kind, r.N, metrics, intervals, slices, map[string]any{
		"train": number(r.Seconds.Train), "index": number(r.Seconds.Index),
		"query_p50_ms": number(r.Seconds.QueryP50ms), "query_p99_ms": number(r.Seconds.QueryP99ms),
	}, number(r.PeakRSSMB), r.Version})
}

// nested is a JSON object in which dotted names open inner objects.
type nested map[string]any

func (n nested) set(name string, v any) {
	head, rest, dotted := strings.Cut(name, ".")
	if !dotted {
		n[head] = v
		return
	}
	inner, ok := n[head].(nested)
	if !ok {
		inner = nested{}
		n[head] = inner
	}
	inner.set(rest, v)
}

// number cuts to six places; what is not a number becomes null.
func number(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return math.Round(v*1e6) / 1e6
}

// WriteTable writes a result for people: each metric with its n-bearing file,
// its interval, then the slices.
func (r *Result) WriteTable(w io.Writer) error {
	fmt.Fprintf(w, "\n%s (%s; %s)\n", r.Name, r.Kind, counts(r.N))
	tab := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, name := range r.order() {
		switch b, isBand := r.Bands[name]; {
		case isBand:
			fmt.Fprintf(tab, "  %s\t%.4f – %.4f\t\n", name, b[0], b[1])
		default:
			v, ok := r.Metrics[name]
			if !ok {
				continue
			}
			interval := ""
			if b, ok := r.Intervals[name]; ok {
				interval = fmt.Sprintf("[%.4f, %.4f]", b[0], b[1])
			}
			fmt.Fprintf(tab, "  %s\t%.4f\t%s\n", name, v, interval)
		}
	}
	for _, slice := range sortedKeys(r.Slices) {
		var cells []string
		for _, name := range sortedKeys(r.Slices[slice]) {
			if name != "n" {
				cells = append(cells, fmt.Sprintf("%s %.3f", name, r.Slices[slice][name]))
			}
		}
		fmt.Fprintf(tab, "  slice %s\tn %d\t%s\n", slice, int(r.Slices[slice]["n"]), strings.Join(cells, ", "))
	}
	s := r.Seconds
	fmt.Fprintf(tab, "  time\ttrain %.1f s, index %.1f s\tquery p50 %.1f ms, p99 %.1f ms, peak %.0f MB\n", s.Train, s.Index, s.QueryP50ms, s.QueryP99ms, r.PeakRSSMB)
	return tab.Flush()
}

// counts writes the lines by file or role: "documents 55, queries 150".
func counts(n map[string]int) string {
	var sizes []string
	for _, k := range sortedKeys(n) {
		sizes = append(sizes, fmt.Sprintf("%s %d", k, n[k]))
	}
	return strings.Join(sizes, ", ")
}

// order lists metric names as they were added, those set by hand after them.
func (r *Result) order() []string {
	seen := map[string]bool{}
	var names []string
	for _, n := range r.columns {
		if !seen[n] {
			seen[n] = true
			names = append(names, n)
		}
	}
	var rest []string
	for n := range r.Metrics {
		if !seen[n] {
			rest = append(rest, n)
		}
	}
	for n := range r.Bands {
		if !seen[n] {
			rest = append(rest, n)
		}
	}
	sort.Strings(rest)
	return append(names, rest...)
}

// add computes a metric with its interval over a sample and files it.
func (r *Result) add(s sample, name string, m measure) {
	v := m(s.ones())
	if math.IsNaN(v) {
		return
	}
	r.columns = append(r.columns, name)
	r.Metrics[name] = v
	draws := s.draws(m)
	r.draws[name] = metricDraws{N: s.n, Values: draws}
	if low, high, ok := spread(draws); ok {
		r.Intervals[name] = [2]float64{low, high}
	}
}

// addBand files a band beside a metric.
func (r *Result) addBand(name string, low, high float64) {
	r.columns = append(r.columns, name)
	r.Bands[name] = [2]float64{low, high}
}

// slice computes a metric for each slice; labels has one name a line, "" for
// lines in none.
func (r *Result) slice(labels []string, name string, m measure) {
	lines := map[string][]int{}
	for i, l := range labels {
		if l != "" {
			lines[l] = append(lines[l], i)
		}
	}
	w := make([]float64, len(labels))
	for _, l := range sortedKeys(lines) {
		clear(w)
		for _, i := range lines[l] {
			w[i] = 1
		}
		if r.Slices[l] == nil {
			r.Slices[l] = map[string]float64{"n": float64(len(lines[l]))}
		}
		if v := m(w); !math.IsNaN(v) {
			r.Slices[l][name] = v
		}
	}
}
