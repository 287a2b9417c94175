package training

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sort"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// EvaluateOptions are the choices of an evaluation. Nil means none.
type EvaluateOptions struct {
	Table    io.Writer                          // results for people; nil: none
	Curves   string                             // folder for reliability and coverage curves; "": none
	Lines    string                             // folder for the outcome of every line, which Compare reads; "": none
	Progress func(task string, done, total int) // called as lines are done; nil: never
}

// kinds says how each kind is run. A kind's function reads its files, runs the
// product over them and files metrics in e.result.
func kinds() map[Kind]func(ctx context.Context, e *evaluation) error {
	return map[Kind]func(ctx context.Context, e *evaluation) error{
		KindIntent:         evaluateIntent,
		KindRetrieval:      evaluateRetrieval,
		KindAnswer:         evaluateAnswer,
		KindSentiment:      evaluateSentiment,
		KindSatisfaction:   evaluateSatisfaction,
		KindHandoffRequest: evaluateHandoffRequest,
		KindFollowup:       evaluateFollowup,
		KindEscalation:     evaluateEscalation,
		KindRewrite:        evaluateRewrite,
	}
}

// evaluation is one task under way.
type evaluation struct {
	task     Task
	parts    Parts
	result   *Result
	progress func(done, total int)
	queries  []float64 // ms each
}

// Evaluate runs one task folder. Errors of the folder or its files are Invalid
// and name file, line and reason.
func Evaluate(ctx context.Context, dir string, parts Parts, opts *EvaluateOptions) (*Result, error) {
	task, err := ReadTask(dir)
	if err != nil {
		return nil, err
	}
	run, ok := kinds()[task.Kind]
	if !ok {
		return nil, fault.New(fault.Invalid, "%s: tasks of kind %s cannot be run by this build", filepath.Join(dir, "task.json"), task.Kind)
	}
	e := &evaluation{
		task:  task,
		parts: parts,
		result: &Result{
			Name: task.Name, Kind: task.Kind, Version: parts.Version,
			N: map[string]int{}, Metrics: map[string]float64{}, Bands: map[string][2]float64{},
			Intervals: map[string][2]float64{}, Slices: map[string]map[string]float64{},
			draws: map[string]metricDraws{},
		},
		progress: func(int, int) {},
	}
	if opts != nil && opts.Progress != nil {
		e.progress = func(done, total int) { opts.Progress(task.Name, done, total) }
	}
	resetPeak()
	if err := run(ctx, e); err != nil {
		return nil, err
	}
	sort.Float64s(e.queries)
	if len(e.queries) > 0 {
		e.result.Seconds.QueryP50ms, e.result.Seconds.QueryP99ms = quantile(e.queries, .5), quantile(e.queries, .99)
	}
	e.result.PeakRSSMB = peakMB()
	return e.result, nil
}

// EvaluateAll runs task folders one after the other and writes one JSON line a
// task to out. A task that cannot be read is reported in the joined error and
// does not keep the others from running.
func EvaluateAll(ctx context.Context, dirs []string, parts Parts, out io.Writer, opts *EvaluateOptions) error {
	if err := CheckParts(parts.Without); err != nil {
		return err
	}
	var failed []error
	for _, dir := range dirs {
		r, err := Evaluate(ctx, dir, parts, opts)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", dir, err))
			continue
		}
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if _, err := out.Write(append(line, '\n')); err != nil {
			return err
		}
		if opts == nil {
			continue
		}
		if opts.Table != nil {
			if err := r.WriteTable(opts.Table); err != nil {
				return err
			}
		}
		if opts.Lines != "" {
			if err := r.WriteLines(opts.Lines); err != nil {
				failed = append(failed, fmt.Errorf("%s: %w", dir, err))
			}
		}
		if opts.Curves != "" {
			if err := r.WriteCurves(opts.Curves); err != nil {
				failed = append(failed, fmt.Errorf("%s: %w", dir, err))
			}
		}
	}
	return errors.Join(failed...)
}

// query runs one query of the task and keeps how long it took.
func (e *evaluation) query(op func() error) error {
	start := time.Now()
	err := op()
	e.queries = append(e.queries, float64(time.Since(start).Microseconds())/1000)
	return err
}

// timed runs op and adds its seconds to where.
func timed(where *float64, op func() error) error {
	start := time.Now()
	err := op()
	*where += time.Since(start).Seconds()
	return err
}

// missing says that the wiring handed in no such part.
func missing(part string) error {
	return fault.New(fault.Unavailable, "this task needs the %s, which this program was built without", part)
}
