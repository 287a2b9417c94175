package training

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Standing says what a difference between two runs means.
type Standing string

// The standings. A metric that is neither good nor bad by itself is higher or lower.
const (
	IsBetter  Standing = "better"
	IsWorse   Standing = "worse"
	IsHigher  Standing = "higher"
	IsLower   Standing = "lower"
	IsSame    Standing = "same"    // the interval of the difference holds 0
	IsUnknown Standing = "unknown" // the metric is undefined in most draws
)

// Difference is one metric in two runs of a task.
type Difference struct {
	Task     string     `json:"task"`
	Metric   string     `json:"metric"`
	N        int        `json:"n"` // lines; 0: the report does not say
	A        float64    `json:"a"`
	B        float64    `json:"b"`
	Value    float64    `json:"difference"` // B − A
	Interval [2]float64 `json:"interval"`   // 95 % of the difference
	Standing Standing   `json:"standing"`   // on B against A
}

// Comparison is two runs of the same tasks side by side.
type Comparison struct {
	Paired      bool // over the same lines in the same draws; else from the runs' own intervals, which finds less
	Differences []Difference
	Seconds     map[string][2]Seconds // by task
	Turned      map[string]Turned     // by task, when both runs left their lines
	Apart       []string              // sentences on what could not be compared
}

// Turned lists the lines that are right in one run only.
type Turned struct {
	Right []string `json:"right"` // in B only
	Wrong []string `json:"wrong"` // in A only
}

// run is what one side of a comparison left behind.
type run struct {
	path   string
	tasks  map[string]ranTask
	folder bool // with draws
}

type ranTask struct {
	N         map[string]int
	Metrics   map[string]float64
	Intervals map[string][2]float64
	Seconds   Seconds
	kept      kept
}

// Compare tells how run b differs from run a. Each is a folder that an evaluation
// wrote with EvaluateOptions.Lines, or a report of JSON lines; between folders
// the comparison is paired. Tasks that only one has, or whose lines are not the
// same, are named in Apart. Errors: Invalid for what cannot be read and when
// nothing can be compared.
func Compare(a, b string) (*Comparison, error) {
	one, err := readRun(a)
	if err != nil {
		return nil, err
	}
	two, err := readRun(b)
	if err != nil {
		return nil, err
	}
	c := &Comparison{Paired: one.folder && two.folder, Seconds: map[string][2]Seconds{}, Turned: map[string]Turned{}}
	for _, task := range sortedKeys(one.tasks) {
		x := one.tasks[task]
		y, ok := two.tasks[task]
		if !ok {
			c.Apart = append(c.Apart, "task "+task+" is in "+a+" only")
			continue
		}
		if why := unlike(x, y, c.Paired); why != "" {
			c.Apart = append(c.Apart, "task "+task+": "+why)
			continue
		}
		c.Seconds[task] = [2]Seconds{x.Seconds, y.Seconds}
		for _, metric := range sortedKeys(x.Metrics) {
			if v, ok := y.Metrics[metric]; ok {
				c.Differences = append(c.Differences, c.difference(task, metric, x, y, v))
			}
		}
		if c.Paired {
			if err := c.turned(task, a, b); err != nil {
				return nil, err
			}
		}
	}
	for _, task := range sortedKeys(two.tasks) {
		if _, ok := one.tasks[task]; !ok {
			c.Apart = append(c.Apart, "task "+task+" is in "+b+" only")
		}
	}
	if len(c.Differences) == 0 {
		return nil, fault.New(fault.Invalid, "%s and %s have nothing that could be compared: %s", a, b, strings.Join(c.Apart, "; "))
	}
	return c, nil
}

// unlike says why two runs of a task are not over the same lines; "": they are.
func unlike(x, y ranTask, paired bool) string {
	for _, role := range sortedKeys(x.N) {
		if y.N[role] != x.N[role] {
			return "one run has other files: " + counts(x.N) + " against " + counts(y.N)
		}
	}
	if len(x.N) != len(y.N) {
		return "one run has other files: " + counts(x.N) + " against " + counts(y.N)
	}
	if paired && x.kept.Digest != y.kept.Digest {
		return "as many lines, yet not the same ones in the same order; evaluate both on one version of the task"
	}
	return ""
}

func (c *Comparison) difference(task, metric string, x, y ranTask, value float64) Difference {
	d := Difference{Task: task, Metric: metric, A: x.Metrics[metric], B: value, Value: value - x.Metrics[metric], Standing: IsUnknown}
	var ok bool
	if c.Paired {
		p, q := x.kept.Draws[metric], y.kept.Draws[metric]
		d.N = p.N
		if p.N != q.N || len(p.Values) != len(q.Values) {
			return d
		}
		draws := make([]float64, len(p.Values))
		for k := range draws {
			draws[k] = q.Values[k] - p.Values[k]
		}
		d.Interval[0], d.Interval[1], ok = spread(draws)
	} else {
		p, known := x.Intervals[metric]
		q, too := y.Intervals[metric]
		ok = known && too
		// Independent errors add by their squares; half a 95 % interval stands for 1.96 deviations.
		half := math.Hypot((p[1]-p[0])/2, (q[1]-q[0])/2)
		d.Interval = [2]float64{d.Value - half, d.Value + half}
	}
	switch {
	case !ok:
		d.Interval = [2]float64{}
	case d.Interval[0] <= 0 && d.Interval[1] >= 0:
		d.Standing = IsSame
	default:
		d.Standing = judge(metric, d.Value)
	}
	return d
}

// judge says whether a difference that is not chance is for the better.
func judge(metric string, difference float64) Standing {
	last := metric[strings.LastIndexByte(metric, '.')+1:]
	up := difference > 0
	switch last {
	case "clarified", "copied_bleu4":
		if up {
			return IsHigher
		}
		return IsLower
	case "ece", "needless", "false_answers", "early", "late", "missed", "cost", "doom_loops":
		up = !up
	}
	if up {
		return IsBetter
	}
	return IsWorse
}

// turned finds the lines that became right or wrong.
func (c *Comparison) turned(task, a, b string) error {
	x, err := readLineOutcomes(a, task)
	if err != nil {
		return err
	}
	y, err := readLineOutcomes(b, task)
	if err != nil || len(x) != len(y) {
		return err
	}
	t := Turned{Right: []string{}, Wrong: []string{}}
	for i := range x {
		switch {
		case x[i].Right == nil || y[i].Right == nil || *x[i].Right == *y[i].Right:
		case *y[i].Right:
			t.Right = append(t.Right, y[i].Text)
		default:
			t.Wrong = append(t.Wrong, y[i].Text)
		}
	}
	c.Turned[task] = t
	return nil
}

func readRun(path string) (run, error) {
	r := run{path: path, tasks: map[string]ranTask{}}
	info, err := os.Stat(path)
	if err != nil {
		return r, fault.Wrap(fault.Invalid, err, "%s cannot be read", path)
	}
	if !info.IsDir() {
		data, err := os.ReadFile(path)
		if err != nil {
			return r, fault.Wrap(fault.Invalid, err, "%s cannot be read", path)
		}
		lines, err := parseLines(path, trimBOM(data), []string{"name", "n", "metrics"}, func(l *reportLine) error { return l.fill() })
		if err != nil {
			return r, err
		}
		for _, l := range lines {
			if _, ok := r.tasks[l.Name]; ok {
				return r, fault.New(fault.Invalid, "%s: the task %q stands in it twice; keep one run a file", path, l.Name)
			}
			r.tasks[l.Name] = l.ran
		}
		return r, nil
	}
	r.folder = true
	files, err := filepath.Glob(filepath.Join(path, "*"+keptEnding))
	if err != nil {
		return r, fault.Wrap(fault.Invalid, err, "%s cannot be read", path)
	}
	if len(files) == 0 {
		return r, fault.New(fault.Invalid, "%s holds no run; make one with `frontdesk evaluate TASK_DIR... --lines %s`", path, path)
	}
	slices.Sort(files)
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return r, fault.Wrap(fault.Invalid, err, "%s cannot be read", f)
		}
		var k kept
		if err := json.Unmarshal(data, &k); err != nil {
			return r, fault.Wrap(fault.Invalid, err, "%s is not what an evaluation wrote: %s", f, jsonReason(data, err))
		}
		one, err := parseLines(f, bytes.TrimSpace(k.Report), []string{"name", "n", "metrics"}, func(l *reportLine) error { return l.fill() })
		if err != nil {
			return r, err
		}
		one[0].ran.kept = k
		r.tasks[one[0].Name] = one[0].ran
	}
	return r, nil
}

// reportLine is one line of a report as MarshalJSON of Result writes it.
type reportLine struct {
	Name      string          `json:"name"`
	N         map[string]int  `json:"n"`
	Metrics   json.RawMessage `json:"metrics"`
	Intervals json.RawMessage `json:"intervals"`
	Seconds   struct {
		Train    float64 `json:"train"`
		Index    float64 `json:"index"`
		QueryP50 float64 `json:"query_p50_ms"`
		QueryP99 float64 `json:"query_p99_ms"`
	} `json:"seconds"`

	ran ranTask
}

func (l *reportLine) fill() error {
	l.ran = ranTask{
		N: l.N, Metrics: map[string]float64{}, Intervals: map[string][2]float64{},
		Seconds: Seconds{Train: l.Seconds.Train, Index: l.Seconds.Index, QueryP50ms: l.Seconds.QueryP50, QueryP99ms: l.Seconds.QueryP99},
	}
	var metrics, intervals map[string]any
	if err := json.Unmarshal(l.Metrics, &metrics); err != nil {
		return fault.New(fault.Invalid, "the key \"metrics\" is no object")
	}
	if len(l.Intervals) > 0 {
		if err := json.Unmarshal(l.Intervals, &intervals); err != nil {
			return fault.New(fault.Invalid, "the key \"intervals\" is no object")
		}
	}
	flatten("", metrics, func(name string, v any) {
		if f, ok := v.(float64); ok {
			l.ran.Metrics[name] = f
		}
	})
	flatten("", intervals, func(name string, v any) {
		pair, ok := v.([]any)
		if !ok || len(pair) != 2 {
			return
		}
		low, isLow := pair[0].(float64)
		high, isHigh := pair[1].(float64)
		if isLow && isHigh {
			l.ran.Intervals[name] = [2]float64{low, high}
		}
	})
	return nil
}

// flatten undoes nested: inner objects become dotted names.
func flatten(prefix string, in map[string]any, visit func(name string, v any)) {
	for _, k := range sortedKeys(in) {
		if inner, ok := in[k].(map[string]any); ok {
			flatten(prefix+k+".", inner, visit)
			continue
		}
		visit(prefix+k, in[k])
	}
}
